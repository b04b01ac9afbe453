"""
Accounts for every request in `ifaces.db`, the database that all programs on the gateway share, whatever language they
are written in. The schema is a contract with them.
"""

from __future__ import annotations

import atexit
import functools
import logging
import os
import sqlite3
import stat
import sys
import threading
import time
import unicodedata
from typing import Dict, List, NamedTuple, Optional, Tuple, Union

from .forks import after_fork

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE request (
  id INTEGER PRIMARY KEY, time INTEGER NOT NULL, program TEXT NOT NULL, interface TEXT NOT NULL,
  class TEXT NOT NULL, method TEXT NOT NULL, host TEXT NOT NULL, sent INTEGER NOT NULL, received INTEGER NOT NULL,
  status INTEGER, duration INTEGER NOT NULL
);
CREATE TABLE total (
  day TEXT NOT NULL, interface TEXT NOT NULL, program TEXT NOT NULL, class TEXT NOT NULL, method TEXT NOT NULL,
  tot_rx INTEGER NOT NULL, max_rx INTEGER NOT NULL, tot_tx INTEGER NOT NULL, max_tx INTEGER NOT NULL,
  num INTEGER NOT NULL,
  PRIMARY KEY (day, interface, program, class, method)
);
"""
# What the file keeps; older rows go.
REQUESTS, DAYS, TOTALS = 10_000, 400, 20_000
CLASSES = ("control", "data", "update", "log")

_PENDING = 2_000
_GROUP_S = 1.0
_BUSY_MS = 500
_log = logging.getLogger("exo.ifaces")


class Entry(NamedTuple):
    """Bytes are those on the TCP connection. `interface` is empty when there was none; then no total counts it."""

    time_ms: int
    program: str
    interface: str
    traffic_class: str
    method: str
    host: str
    sent: int
    received: int
    status: Optional[int]
    duration_ms: int


class TrafficLog:
    """
    Writes in the background, in groups. It never raises and no request waits for it: what cannot be written for long is
    given up, oldest first, and counted in `dropped`; `problem` says why.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.dropped = 0
        self.problem: Optional[str] = None
        self._begin()
        after_fork(self, TrafficLog._begin)
        atexit.register(self.close)

    def _begin(self) -> None:
        """Also in a forked child: what is pending is written by the parent, and its thread and locks stay there."""
        self._changed = threading.Condition()
        self._pending: List[Entry] = []
        self._writer: Optional[threading.Thread] = None
        self._ending = False

    def append(self, entry: Entry) -> None:
        with self._changed:
            self._pending.append(entry)
            if len(self._pending) > _PENDING:
                self.dropped += len(self._pending) - _PENDING
                del self._pending[:-_PENDING]
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
                self.problem = _try_to_write(self.file, self._pending)
                if self.problem is None:
                    self._pending = []
            return not self._pending

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
                group = list(self._pending)
                lost_before = self.dropped
            problem = _try_to_write(self.file, group)
            with self._changed:
                if problem is None:
                    # Entries that were given up meanwhile were the oldest of this group.
                    gone = self.dropped - lost_before
                    self.dropped -= min(gone, len(group))
                    del self._pending[: max(0, len(group) - gone)]
                    failures = 0
                elif failures == 0 and self.problem is None:
                    _log.warning("cannot account for traffic in %s: %s", self.file, problem)
                failures += 0 if problem is None else 1
                self.problem = problem


@functools.lru_cache(maxsize=None)
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


def _try_to_write(file: str, group: List[Entry]) -> Optional[str]:
    """What is wrong, when the group could not be written."""
    opened = _inode(file)
    try:
        database = sqlite3.connect(file, timeout=_BUSY_MS / 1000, isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            _write(database, group)
        finally:
            database.close()
    except sqlite3.OperationalError as error:
        return str(error)
    except sqlite3.DatabaseError as error:
        # Damaged, or no database: set aside, so that accounts go on.
        damaged = "malformed" in str(error) or "not a database" in str(error)
        # Unless another process has just begun a new one.
        return _set_aside(file, error) if damaged and opened == _inode(file) else str(error)
    return None


def _inode(file: str) -> Optional[int]:
    try:
        return os.stat(file).st_ino
    except OSError:
        return None


def _set_aside(file: str, error: Exception) -> str:
    try:
        for suffix in ("-wal", "-shm"):
            if os.path.exists(file + suffix):
                os.unlink(file + suffix)
        os.replace(file, file + ".damaged")
    except OSError as failure:
        return f"{error}; setting it aside failed: {failure}"
    return f"{error}; it is set aside as {file}.damaged"


def _write(database: sqlite3.Connection, group: List[Entry]) -> None:
    database.execute("BEGIN IMMEDIATE")
    try:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in SCHEMA.strip().split(";\n"):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif version > SCHEMA_VERSION:
            raise sqlite3.OperationalError(f"the file is of version {version}, known is {SCHEMA_VERSION}")
        database.executemany(
            "INSERT INTO request (time, program, interface, class, method, host, sent, received, status, duration)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            group,
        )
        database.executemany(
            "INSERT INTO total (day, interface, program, class, method, tot_rx, max_rx, tot_tx, max_tx, num)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (day, interface, program, class, method) DO UPDATE SET"
            " tot_rx = tot_rx + excluded.tot_rx, max_rx = max(max_rx, excluded.max_rx),"
            " tot_tx = tot_tx + excluded.tot_tx, max_tx = max(max_tx, excluded.max_tx), num = num + excluded.num",
            _sums(group),
        )
        _prune(database)
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _sums(group: List[Entry]) -> List[Tuple]:
    sums: Dict[Tuple, List[int]] = {}
    for entry in group:
        if entry.interface == "":
            continue
        key = (_day(entry.time_ms), entry.interface, entry.program, entry.traffic_class, entry.method)
        sum_ = sums.setdefault(key, [0, 0, 0, 0, 0])
        sum_[0] += entry.received
        sum_[1] = max(sum_[1], entry.received)
        sum_[2] += entry.sent
        sum_[3] = max(sum_[3], entry.sent)
        sum_[4] += 1
    return [(*key, *sum_) for key, sum_ in sums.items()]


def _day(time_ms: int) -> str:
    """UTC day; a time beyond the calendar counts as the first day."""
    try:
        moment = time.gmtime(time_ms / 1000)
    except (OverflowError, ValueError, OSError):
        return "1970-01-01"
    return time.strftime("%Y-%m-%d", moment) if 1970 <= moment.tm_year <= 9999 else "1970-01-01"


def _prune(database: sqlite3.Connection) -> None:
    """Days are counted among those in the file: a clock that jumps ahead for a moment must not delete a year."""
    database.execute("DELETE FROM request WHERE id <= (SELECT max(id) FROM request) - ?", (REQUESTS,))
    database.execute(
        "DELETE FROM total WHERE day < (SELECT DISTINCT day FROM total ORDER BY day DESC LIMIT 1 OFFSET ?)",
        (DAYS - 1,),
    )
    (count,) = database.execute("SELECT count(*) FROM total").fetchone()
    if count > TOTALS:
        database.execute(
            "DELETE FROM total WHERE rowid IN (SELECT rowid FROM total ORDER BY day, num LIMIT ?)", (count - TOTALS,)
        )
