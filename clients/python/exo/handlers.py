"""What a call gives back: a response handler. Calls do not raise because of the network or the platform."""

from __future__ import annotations

import re
from typing import Any, Dict, Optional


class ResponseHandler:
    """
    `success`   whether the platform answered as documented for a call that worked
    `code`      HTTP status; 0 when there was no answer, `error` then says why
    `body`      body of the answer as text: '' when it is empty or there was none
    `values`    values by alias, of a call that reads
    `modified`  time of the value that a long poll gave, seconds since 1970
    `date`      the platform's clock, seconds since 1970
    `result`    what the answer means, of calls on content and of http_timestamp
    """

    def __init__(self, success: bool, code: int, body: str = "", error: Optional[str] = None) -> None:
        self.success = success
        self.code = code
        self.body = body
        self.error = error
        self.values: Dict[str, str] = {}
        self.modified: Optional[int] = None
        self.date: Optional[int] = None
        self.result: Any = None

    def __str__(self) -> str:
        text = f"Response code: {self.code}, Response body: {masked(self.body)!r}, success: {self.success}"
        return text if self.error is None else f"{text}, error: {self.error}"

    __repr__ = __str__


def masked(text: str) -> str:
    """The text without keys: eight digits of each stay, so that a person can tell which one it was."""
    return re.sub(r"(?<![0-9a-f])([0-9a-f]{8})[0-9a-f]{32}(?![0-9a-f])", lambda key: key.group(1) + "*" * 32, text)
