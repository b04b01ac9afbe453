"""A device's own INI file, of the form of `Gateway.cfg`: section `[device]`, unset is two quote characters."""

from __future__ import annotations

import configparser
import os
import re
import tempfile
from typing import Dict, NamedTuple, Optional

UNSET = "''"
_OPTIONS = ("cik", "model", "vendor", "uuid", "iface")


class DeviceFileError(ValueError):
    """The file cannot be read, or does not say who the device is."""


class Identity(NamedTuple):
    """None where an option is not set."""

    cik: Optional[str]
    model: Optional[str]
    vendor: Optional[str]
    uuid: Optional[str]
    iface: Optional[str]


def read_device_file(path: str) -> Identity:
    found = read_section(path, "device")
    if found is None:
        raise DeviceFileError(f"{path} does not exist, or has no section [device]")
    return Identity(*(found.get(option) for option in _OPTIONS))


def read_section(path: str, section: str) -> Optional[Dict[str, str]]:
    """
    The options that are set in a section; None when there is no such section or file. Examples of device files have no
    heading at all: then their options are taken to be those of `[device]`.
    """
    parser = configparser.RawConfigParser(strict=False)
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        parser.read_string(text if _has_heading(text) else f"[device]\n{text}", source=path)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise DeviceFileError(f"cannot read {path}: {' '.join(str(error).split())}") from error
    if not parser.has_section(section):
        return None
    return {name: value for name, value in parser.items(section) if value not in ("", UNSET, None)}


def set_cik(path: str, cik: str) -> None:
    """Writes the key into the file, durably, and keeps every other line. Only the owner may read it afterwards."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    at = _section_start(lines)
    end = next((n for n in range(at, len(lines)) if lines[n].lstrip().startswith("[")), len(lines))
    old = [n for n in range(at, end) if re.match(r"cik\s*[=:]", lines[n], re.IGNORECASE)]
    for n in old:
        lines[n] = f"cik = {cik}"
    if not old:
        lines.insert(at, f"cik = {cik}")
    _write_durably(path, "\n".join(lines) + "\n")


def check_writable(path: str) -> None:
    """Writes the file as it is: an activation cannot be done again, so the key must have a place. Raises OSError."""
    with open(path, encoding="utf-8") as file:
        _write_durably(path, file.read())


def mac_address(iface: str) -> str:
    """In upper case with colons, as a serial number. Raises DeviceFileError."""
    try:
        with open(os.path.join("/sys/class/net", os.path.basename(iface), "address"), encoding="ascii") as file:
            return file.read().strip().upper()
    except (OSError, UnicodeDecodeError) as error:
        raise DeviceFileError(f"there is no MAC address of the interface {iface!r}: {error}") from error


def _has_heading(text: str) -> bool:
    return any(line.lstrip().startswith("[") for line in text.splitlines())


def _section_start(lines) -> int:
    return next((n + 1 for n, line in enumerate(lines) if line.strip() == "[device]"), 0)


def _write_durably(path: str, text: str) -> None:
    folder = os.path.dirname(os.path.abspath(path))
    # Made with mode 0600.
    handle, unfinished = tempfile.mkstemp(dir=folder, prefix=f".{os.path.basename(path)}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
