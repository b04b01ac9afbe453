"""Which network interface an address of this machine belongs to."""

from __future__ import annotations

import socket
import struct
import threading
import time
from typing import Dict

KEPT_S = 60.0

_RTM_NEWADDR, _RTM_GETADDR, _NLMSG_DONE, _NLMSG_ERROR = 20, 22, 3, 2
_NLM_F_REQUEST_DUMP = 0x301
_IFA_ADDRESS, _IFA_LOCAL = 1, 2


class InterfaceNames:
    """Asks the kernel once a minute, and when an address is not known yet: a modem may just have dialled."""

    def __init__(self, ask=None) -> None:
        self._ask = ask or interface_addresses
        self._lock = threading.Lock()
        self._known: Dict[str, str] = {}
        self._asked_at = float("-inf")

    def of(self, address: str) -> str:
        """Empty when there was no connection, `unknown` when no interface has the address any more."""
        if not address:
            return ""
        plain, _, zone = address.partition("%")
        if plain.lower().startswith("::ffff:") and "." in plain:
            plain = plain[7:]
        if plain == "::1" or plain.startswith("127."):
            return "lo"
        if zone:
            return zone
        with self._lock:
            age = time.monotonic() - self._asked_at
            if age >= KEPT_S or (plain not in self._known and age >= 1.0):
                try:
                    self._known = self._ask()
                except OSError:
                    self._known = {}  # No netlink here; the account then says `unknown`.
                self._asked_at = time.monotonic()
            return self._known.get(plain, "unknown")


def interface_addresses() -> Dict[str, str]:
    """Interface by address, IPv4 and IPv6, as rtnetlink(7) tells them. Raises OSError."""
    found: Dict[str, str] = {}
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.settimeout(1.0)
        header = struct.pack("=IHHII", 24, _RTM_GETADDR, _NLM_F_REQUEST_DUMP, 1, 0)
        netlink.sendto(header + struct.pack("=BBBBI", socket.AF_UNSPEC, 0, 0, 0, 0), (0, 0))
        while _read_addresses(netlink.recv(64 * 1024), found):
            pass
    return found


def _read_addresses(packet: bytes, found: Dict[str, str]) -> bool:
    """Takes the addresses of one packet; False when it was the last."""
    at = 0
    while at + 16 <= len(packet):
        length, kind = struct.unpack_from("=IH", packet, at)
        if kind in (_NLMSG_DONE, _NLMSG_ERROR) or length < 16:
            return False
        if kind == _RTM_NEWADDR:
            family, _, _, _, index = struct.unpack_from("=BBBBI", packet, at + 16)
            address = _address(packet[at + 24 : at + length], family)
            if address:
                found[address] = socket.if_indextoname(index)
        at += (length + 3) & ~3
    return True


def _address(attributes: bytes, family: int) -> str:
    """The machine's own end of an address message; on a point-to-point line IFA_ADDRESS is the other one."""
    values: Dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(attributes):
        length, kind = struct.unpack_from("=HH", attributes, at)
        if length < 4:
            break
        values[kind] = attributes[at + 4 : at + length]
        at += (length + 3) & ~3
    raw = values.get(_IFA_LOCAL, values.get(_IFA_ADDRESS))
    if raw is None or family not in (socket.AF_INET, socket.AF_INET6):
        return ""
    return socket.inet_ntop(family, raw)
