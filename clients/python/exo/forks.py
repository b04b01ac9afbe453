"""Locks, threads and connections that a forked child must not share with its parent."""

from __future__ import annotations

import os
import weakref
from typing import Callable, TypeVar

T = TypeVar("T")


def after_fork(owner: T, begin: Callable[[T], None]) -> None:
    """Calls `begin(owner)` in every child that is forked while `owner` is in use."""
    reference = weakref.ref(owner)

    def in_child() -> None:
        there = reference()
        if there is not None:
            begin(there)

    os.register_at_fork(after_in_child=in_child)
