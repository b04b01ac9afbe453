"""An event listener that notes what it is told.

listener.py FILE [RESULT...]: appends each event to FILE as header, payload and an end line. Answers with the RESULTs
in turn, with OK when there are none left. The result DIE is to end instead, at the very first event in FILE only.
"""
import os
import sys

path, *results = sys.argv[1:]
while True:
    os.write(1, b"READY\n")
    header = sys.stdin.buffer.readline().decode()
    if not header:
        sys.exit(0)
    fields = dict(field.split(":", 1) for field in header.split())
    # Characters, as Supervisor counts them.
    payload = ""
    while len(payload) < int(fields["len"]):
        data = sys.stdin.buffer.read(1)
        while True:
            try:
                payload += data.decode()
                break
            except UnicodeDecodeError:
                data += sys.stdin.buffer.read(1)
    with open(path, "a") as file:
        file.write(header + payload + "\n=== end\n")
    result = results.pop(0).encode() if results else b"OK"
    if result == b"DIE":
        if open(path).read().count("=== end") == 1:
            sys.exit(1)
        result = b"OK"
    os.write(1, b"RESULT %d\n%s" % (len(result), result))
