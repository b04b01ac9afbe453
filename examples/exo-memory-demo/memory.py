#!/usr/bin/env python3
"""Records the gateway's free memory, in MB, as the resource memory: every ten seconds, through the message queue."""

import os
import time

from exo.api import ExositeAPI
from exo.device import Device

INTERVAL = 10


def free_memory():
    with open("/proc/meminfo", encoding="ascii") as file:
        sizes = dict(line.split(":", 1) for line in file)
    return round(int(sizes["MemAvailable"].split()[0]) / 1024, 1)


# The gateway's identity: the engine obtains its key when the gateway is activated, and may obtain another one later.
gateway = Device("exo-memory-demo/1")
queue = ExositeAPI(url=os.environ.get("GMQ_URL", "http://127.0.0.1:8090"), user_agent="exo-memory-demo/1")
count = 0
while True:
    if not gateway.activated():
        print("waiting for the gateway to be activated")
        time.sleep(5)
        continue
    queue.cik = gateway.cik
    value = free_memory()
    response = queue.http_record("memory", {int(time.time()): value})
    count += response.success
    if not response.success:
        print("not taken by the queue:", response)
    elif count % 30 == 1:
        print(f"memory={value}, {count} values so far")
    time.sleep(INTERVAL)
