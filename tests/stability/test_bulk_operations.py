"""Thousands of operations on one connection: all answered, the last as fast as the first."""

import statistics
import sys
import time

sys.dont_write_bytecode = True
from daemon import Daemon, check  # noqa: E402

OPERATIONS = 5000
EACH_END = 1000
# The middle of a thousand: a busy machine delays some of them, not most.
SLOWER_AT_MOST = 10


def add(client, number):
    begun = time.perf_counter()
    at = [number % 100, number // 100, 0]
    client.call("add_voxel", position=at, color=[number % 256, 0, 0, 255])
    return time.perf_counter() - begun


with Daemon() as daemon, daemon.client() as client:
    client.call("create_project", name="bulk")
    times = [add(client, number) for number in range(OPERATIONS)]
    check(client.call("get_project_info")["total_voxels"], OPERATIONS, f"{OPERATIONS} voxels are there")
    first, last = statistics.median(times[:EACH_END]), statistics.median(times[-EACH_END:])
    print(f"median of the first {EACH_END}: {first * 1e6:.0f} us, of the last: {last * 1e6:.0f} us")
    check(last < first * SLOWER_AT_MOST, True, "the last are as fast as the first")
    voxels = [{"position": [x, y, 1], "color": [0, 255, 0, 255]} for x in range(100) for y in range(100)]
    check(client.call("add_voxel_batch", voxels=voxels)["added"], len(voxels), "a batch of 10,000 is added")
    client.call("remove_voxels", box={"min": [0, 0, 0], "max": [99, 99, 1]})
    check(client.call("get_project_info")["total_voxels"], 0, "a box removes them all")
