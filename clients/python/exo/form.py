"""Forms of the device API (application/x-www-form-urlencoded) and the other small texts that it answers with."""

from __future__ import annotations

import csv
import io
from email.utils import parsedate_to_datetime
from typing import Dict, Iterable, List, Optional, Tuple
from urllib.parse import quote, unquote_to_bytes

FORM_TYPE = "application/x-www-form-urlencoded; charset=utf-8"


def text_of(value: object) -> str:
    """A value as the text that goes over the wire."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8")
    return str(value)


def encode_text(text: str) -> str:
    """Every byte but `A-Z a-z 0-9 - _ . ~` as %XX; a blank as %20, since some readers do not translate `+`."""
    return quote(text, safe="")


def encode_form(pairs: Iterable[Tuple[str, object]]) -> str:
    return "&".join(f"{encode_text(name)}={encode_text(text_of(value))}" for name, value in pairs)


def decode_form(text: str) -> Dict[str, str]:
    """Names and values; of a name given twice the last counts. Raises ValueError when it is not UTF-8."""
    values = {}
    for part in text.rstrip("\0\r\n").split("&"):
        name, equals, value = part.partition("=")
        if equals:
            values[_decode(name)] = _decode(value)
    return values


def csv_lines(text: str) -> List[List[str]]:
    return [fields for fields in csv.reader(io.StringIO(text, newline="")) if fields]


def http_date(text: Optional[str]) -> Optional[int]:
    """Seconds since 1970 of an HTTP date; None when it is none."""
    if not text:
        return None
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _decode(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
