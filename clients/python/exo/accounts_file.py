"""
The file `ifaces.db`, in which all programs on the gateway account for their requests, whatever language they are
written in. The schema is a contract with them.
"""

from __future__ import annotations

import os
import sqlite3
from typing import Optional

from .pending import Pending

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
_BUSY_MS = 500


def write_pending(file: str, pending: Pending) -> Optional[str]:
    """Adds what is pending in one transaction. Tells what is wrong when that could not be done."""
    opened = _inode(file)
    try:
        database = sqlite3.connect(file, timeout=_BUSY_MS / 1000, isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            _write(database, pending)
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


def _write(database: sqlite3.Connection, pending: Pending) -> None:
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
            pending.requests,
        )
        database.executemany(
            "INSERT INTO total (day, interface, program, class, method, tot_rx, max_rx, tot_tx, max_tx, num)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (day, interface, program, class, method) DO UPDATE SET"
            " tot_rx = tot_rx + excluded.tot_rx, max_rx = max(max_rx, excluded.max_rx),"
            " tot_tx = tot_tx + excluded.tot_tx, max_tx = max(max_tx, excluded.max_tx), num = num + excluded.num",
            [(*key, *sum_) for key, sum_ in pending.sums.items()],
        )
        _prune(database)
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


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
