"""Accounts for every request of the program in the background."""

from __future__ import annotations

import atexit
import functools
import logging
import os
import stat
import sys
import threading
import time
import unicodedata
from typing import Optional, Union

from .accounts_file import write_pending
from .forks import after_fork
from .pending import Entry, Pending

CLASSES = ("control", "data", "update", "log")

_GROUP_S = 1.0
_log = logging.getLogger("exo.ifaces")


class TrafficLog:
    """
    Writes in the background, in groups. It never raises and no request waits for it: while the file cannot be written,
    what is there waits, bounded, and `problem` says why.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.problem: Optional[str] = None
        self._begin()
        after_fork(self, TrafficLog._begin)
        atexit.register(self.close)

    def _begin(self) -> None:
        """Also in a forked child: what is pending is written by the parent, and its thread and locks stay there."""
        self._changed = threading.Condition()
        self._pending = Pending()
        self._writer: Optional[threading.Thread] = None
        self._ending = False

    @property
    def dropped(self) -> int:
        """Requests that were not accounted for in full, since the file could not be written for too long."""
        return self._pending.dropped

    def append(self, entry: Entry) -> None:
        with self._changed:
            self._pending.add(entry)
            self._ensure_writer()

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Waits until all is written; False when it is not within this time."""
        end = time.monotonic() + timeout_s
        with self._changed:
            self._ending = True
            self._changed.notify_all()
            while self._writer is not None and time.monotonic() < end:
                self._changed.wait(max(0.0, end - time.monotonic()))
            self._ending = False
            if self._pending and self._writer is None:
                # The writer gave up, or there are no threads any more: once more, here.
                self.problem = write_pending(self.file, self._pending)
                if self.problem is None:
                    self._pending.take()
            return self._writer is None and not self._pending

    def close(self) -> None:
        """At the end of the program: writes what is left, for two seconds at most."""
        self.flush(2.0)
        atexit.unregister(self.close)

    def _ensure_writer(self) -> None:
        if self._writer is not None or not self._pending:
            return
        writer = threading.Thread(target=self._write_all, name="exo-ifaces", daemon=True)
        self._writer = writer
        try:
            writer.start()
        except RuntimeError as error:
            # No more threads, or the interpreter ends. The next entry tries again.
            self._writer, self.problem = None, str(error)

    def _write_all(self) -> None:
        """Runs until there is nothing to write; the next entry starts another one."""
        failures = 0
        while True:
            with self._changed:
                if not self._pending or (self._ending and failures > 0):
                    self._writer = None
                    self._changed.notify_all()
                    return
                pause = min(_GROUP_S * 2 ** min(failures, 6), 60.0)
                self._changed.wait_for(lambda: self._ending, pause)
                taken = self._pending.take()
            problem = write_pending(self.file, taken)
            with self._changed:
                if problem is None:
                    failures = 0
                else:
                    if failures == 0 and self.problem is None:
                        _log.warning("cannot account for traffic in %s: %s", self.file, problem)
                    failures += 1
                    self._pending.put_back(taken)
                self.problem = problem


@functools.cache
def shared_log(file: str) -> TrafficLog:
    """One for all clients of the process."""
    return TrafficLog(file)


def traffic_file(option: Union[str, bool, None], shared: str = "/tmp") -> Optional[str]:
    """
    Where accounting goes: the option, else GWE_TRAFFIC_DB, else the gateway's home, else /tmp. False and an empty text
    mean nowhere: None.
    """
    if option is False:
        return None
    named = option if isinstance(option, str) else os.environ.get("GWE_TRAFFIC_DB")
    if named is not None:
        return named or None
    home = os.environ.get("GWE_HOME")
    if home:
        return os.path.join(home, "var", "ifaces.db")
    # In a folder of all users, a name that is a link or somebody else's is never followed.
    for name in ("ifaces.db", f"ifaces-{os.getuid()}.db"):
        file = os.path.join(shared, name)
        if all(_free_or_own(file + suffix) for suffix in ("", "-wal", "-shm")):
            return file
    return None


def program_name() -> str:
    """Of the running script, without the extension; of the interpreter when there is none."""
    path = sys.argv[0] if sys.argv and sys.argv[0] not in ("", "-", "-c") else sys.executable or ""
    return printable(os.path.splitext(os.path.basename(path))[0]) or "unknown"


def printable(name: str) -> str:
    """A name as it is stored: one line, not too long."""
    kept = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in name)
    return " ".join(kept.split())[:60]


def _free_or_own(path: str) -> bool:
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid()
