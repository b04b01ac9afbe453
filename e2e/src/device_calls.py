"""What device-calls.ts does, with the Python client: device_calls.py SERVER PRODUCT SERIAL CONTENT [CA_FILE]"""

import io
import json
import sys
import time

from exo.api import ExositeAPI

server, product, serial, content, *ca_file = sys.argv[1:]
with ExositeAPI(url=server, user_agent="device-calls", cafile=ca_file[0] if ca_file else None) as api:
    api.http_activate(product, product, serial)
    again = api.http_activate(product, product, serial)
    now = api.http_timestamp().result
    written = api.http_write("text", "a&b=c +% ü 🌊")
    recorded = api.http_record("test", {now - 20: 1.5, now - 10: 2.5})
    read = api.http_read(["text", "test", "nope"])
    both = api.http_write_read({"text": "second"}, ["text"])
    polled = api.http_long_poll("test", 20_000, since=now - 20)
    missed = api.http_long_poll("test", 50)
    file = io.BytesIO()
    api.http_download(product, product, content, file, start=4)
    results = {
        "again": again.code,
        "clock": abs(now - time.time()) < 60,
        "written": written.code,
        "recorded": recorded.code,
        "read": read.values,
        "both": both.values,
        "polled": {"value": polled.values["test"], "after": polled.modified - now},
        "missed": missed.values.get("test"),
        "listed": api.http_list_content(product, product).result,
        "size": api.http_content_info(product, product, content).result["size"],
        "downloaded": file.getvalue().decode(),
    }
print(json.dumps(results))
