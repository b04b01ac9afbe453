"""What is not in the accounts yet, bounded."""

from __future__ import annotations

import time
from typing import Dict, List, NamedTuple, Optional, Tuple

REQUESTS, SUMS = 2_000, 500


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


class Pending:
    """
    When the file cannot be written for long, the oldest single requests are given up first, while the sums go on and
    stay true.
    """

    def __init__(self) -> None:
        self.requests: List[Entry] = []
        # By day, interface, program, class, method: received in all and at most, sent in all and at most, number.
        self.sums: Dict[Tuple[str, str, str, str, str], List[int]] = {}
        # Requests that are in no row, or in no sum, since there was no room for them.
        self.dropped = 0

    def add(self, entry: Entry) -> None:
        self.requests.append(entry)
        self._give_up_oldest()
        if entry.interface:
            key = (_day(entry.time_ms), entry.interface, entry.program, entry.traffic_class, entry.method)
            self._add_sum(key, [entry.received, entry.received, entry.sent, entry.sent, 1])

    def take(self) -> Pending:
        """What there is, to be written; nothing stays."""
        taken = Pending()
        taken.requests, taken.sums = self.requests, self.sums
        self.requests, self.sums = [], {}
        return taken

    def put_back(self, taken: Pending) -> None:
        """What could not be written, and is older than what has come meanwhile."""
        self.requests[:0] = taken.requests
        self._give_up_oldest()
        for key, sum_ in taken.sums.items():
            self._add_sum(key, sum_)

    def __bool__(self) -> bool:
        return bool(self.requests or self.sums)

    def _give_up_oldest(self) -> None:
        surplus = len(self.requests) - REQUESTS
        if surplus > 0:
            del self.requests[:surplus]
            self.dropped += surplus

    def _add_sum(self, key: Tuple[str, str, str, str, str], more: List[int]) -> None:
        sum_ = self.sums.get(key)
        if sum_ is None:
            if len(self.sums) >= SUMS:
                self.dropped += more[4]
                return
            self.sums[key] = list(more)
            return
        sum_[0] += more[0]
        sum_[1] = max(sum_[1], more[1])
        sum_[2] += more[2]
        sum_[3] = max(sum_[3], more[3])
        sum_[4] += more[4]


def _day(time_ms: int) -> str:
    """UTC day; a time beyond the calendar counts as the first day."""
    try:
        moment = time.gmtime(time_ms / 1000)
    except (OverflowError, ValueError, OSError):
        return "1970-01-01"
    return time.strftime("%Y-%m-%d", moment) if 1970 <= moment.tm_year <= 9999 else "1970-01-01"
