"""A daemon of its own for one script, and clients that speak a line at a time.

The program is $GOXEL_DAEMON_BINARY, or else built and run by cargo.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# A build may come first.
STARTUP_SECONDS = 600
PATIENCE_SECONDS = 60


class Daemon:
    """Runs from the beginning of a `with` block to its end."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="goxel-")
        self.socket = os.path.join(self.folder.name, "goxel.sock")
        built = os.environ.get("GOXEL_DAEMON_BINARY")
        program = [built] if built else ["cargo", "run", "--quiet", "-p", "goxel-daemon", "--"]
        options = ["--socket", self.socket, "--log-level", "error"]
        environment = os.environ | {"XDG_STATE_HOME": self.folder.name}
        self.process = subprocess.Popen(program + options, cwd=ROOT, env=environment)
        try:
            connected(self.socket, STARTUP_SECONDS, self.process).close()
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()

    def client(self):
        return Client(self.socket)

    def kill_worker(self):
        """The process that serves dies as of a bug; its supervisor is left."""
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)


class Client:
    """One connection."""

    def __init__(self, path):
        self.socket = connected(path, PATIENCE_SECONDS)
        self.replies = self.socket.makefile("r")
        self.last_id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.replies.close()
        self.socket.close()

    def call(self, method, **params):
        """The result of a request; an error of the daemon is one of ours."""
        self.last_id += 1
        request = {"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}
        self.send(json.dumps(request) + "\n")
        reply = self.receive()
        if reply.get("id") != self.last_id or "result" not in reply:
            raise AssertionError(f"{request} was answered by {reply}")
        return reply["result"]

    def send(self, text):
        self.socket.sendall(text.encode())

    def receive(self):
        line = self.replies.readline()
        if not line:
            raise ConnectionError("the daemon closed the connection")
        return json.loads(line)


def connected(path, seconds, process=None):
    """A socket, as soon as somebody listens there."""
    deadline = time.monotonic() + seconds
    while True:
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stream.settimeout(PATIENCE_SECONDS)
        try:
            stream.connect(path)
            return stream
        except OSError:
            stream.close()
            ended = process is not None and process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise
        time.sleep(0.005)


def check(found, expected, what):
    if found != expected:
        raise SystemExit(f"FAILED: {what}: {found}, not {expected}")
    print(f"OK: {what}")
