"""More than a hundred clients at once, each with a project of its own: each finds its own voxels."""

import sys
import threading

sys.dont_write_bytecode = True
from daemon import Daemon, check  # noqa: E402

CLIENTS = 120
OPERATIONS = 50

together = threading.Barrier(CLIENTS, timeout=60)
counts = [None] * CLIENTS


def work(daemon, number):
    with daemon.client() as client:
        together.wait()
        project = f"client-{number}"
        client.call("create_project", name=project, project_id=project)
        for x in range(OPERATIONS):
            client.call("add_voxel", position=[x, number, 0], color=[255, number, 0], project_id=project)
        counts[number] = client.call("get_project_info", project_id=project)["total_voxels"]
        client.call("close_project", project_id=project)


with Daemon() as daemon:
    threads = [threading.Thread(target=work, args=(daemon, number)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(counts, [OPERATIONS] * CLIENTS, f"{CLIENTS} clients at once found their own {OPERATIONS} voxels")
