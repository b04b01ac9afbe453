#!/usr/bin/env python3
"""Records every ten seconds how many processes the gateway has, as the resource processes.

It posts to the gateway's message queue, which has a value on disk when it answers 204, and delivers it when there is a
network. Nothing but the standard library is needed; Python 3.9 or later.
"""

import os
import re
import subprocess
import time
import urllib.parse
import urllib.request

QUEUE = os.environ.get("GMQ_URL", "http://127.0.0.1:8090")
INTERVAL = 10


def gateway_key():
    """The gateway's key, or None until it is activated. The engine may obtain another one later."""
    printed = subprocess.run(["gwe", "-C"], check=True, capture_output=True, text=True).stdout.strip()
    return printed if re.fullmatch("[0-9a-f]{40}", printed) else None


def record(alias, value, when):
    """Gives the queue a value; says whether it was taken."""
    key = gateway_key()
    if key is None:
        print("waiting for the gateway to be activated")
        return False
    body = urllib.parse.urlencode([("alias", alias), (when, value)]).encode()
    request = urllib.request.Request(QUEUE + "/onep:v1/stack/record", body, {"X-Exosite-CIK": key})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status == 204
    except OSError as error:
        print(f"{alias}={value} was not taken by the queue at {QUEUE}: {error}")
        return False


def processes():
    return sum(name.isdigit() for name in os.listdir("/proc"))


count = 0
while True:
    value, now = processes(), int(time.time())
    while not record("processes", value, now):
        time.sleep(2)
    count += 1
    if count % 30 == 1:
        print(f"processes={value}, {count} values so far")
    time.sleep(INTERVAL)
