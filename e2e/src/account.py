"""Accounts for requests one by one, as fast as the file takes them: account.py FILE COUNT"""

import sys

from exo.accounts_file import write_pending
from exo.pending import Entry, Pending

file, count = sys.argv[1:]
for _ in range(int(count)):
    pending = Pending()
    pending.add(Entry(0, "together", "eth0", "data", "write", "h", 2, 1, 204, 0))
    while write_pending(file, pending) is not None:
        pass
