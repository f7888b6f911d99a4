"""After whatever happened to a connection, the next request is answered, within five seconds."""

import sys
import time

sys.dont_write_bytecode = True
from daemon import Daemon, check  # noqa: E402

RECOVERY_SECONDS = 5


def garbage(daemon):
    with daemon.client() as client:
        client.send("this is no request\n")
        check(client.receive()["error"]["code"], -32700, "garbage is answered with an error")
        check(client.call("ping")["pong"], True, "the same connection goes on")


def half_a_request(daemon):
    with daemon.client() as leaves:
        leaves.send('{"jsonrpc": "2.0", "method": "pi')


def unread_replies(daemon):
    with daemon.client() as leaves:
        leaves.send('{"jsonrpc": "2.0", "id": 1, "method": "list_methods"}\n' * 1000)


def half_a_header(daemon):
    with daemon.client() as leaves:
        leaves.send("\0" * 7)


def death_of_the_worker(daemon):
    with daemon.client() as client:
        client.call("ping")
        daemon.kill_worker()
        try:
            client.call("ping")
            raise SystemExit("FAILED: the worker lives")
        except OSError:
            print("OK: the connection ended with the worker")


with Daemon() as daemon:
    for fault in (garbage, half_a_request, unread_replies, half_a_header, death_of_the_worker):
        fault(daemon)
        begun = time.monotonic()
        with daemon.client() as client:
            client.call("ping")
        in_time = time.monotonic() - begun < RECOVERY_SECONDS
        check(in_time, True, f"after {fault.__name__} a new connection is served in time")
