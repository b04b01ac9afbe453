"""A device that knows who it is from a file of its own."""

from __future__ import annotations

import os
from typing import Any, Optional

from .api import ExositeAPI
from .device_file import DeviceFileError, Identity, check_writable, mac_address, read_device_file, read_section, set_cik
from .handlers import ResponseHandler


class Device(ExositeAPI):
    """
    `user_agent` names the program, `cfg_file` is an INI file of the form of `Gateway.cfg`; without it, the gateway's
    own is used. Further options are those of ExositeAPI.

    Without `url`, the address is GDC_SERVER of the environment; else, beside a gateway's `Gateway.cfg`, that in its
    `Engine.config`; else the vendor's on the original platform.

    Raises DeviceFileError when the file cannot be read.
    """

    def __init__(self, user_agent: str, cfg_file: Optional[str] = None, url: Optional[str] = None, **options: Any):
        self.cfg_file = cfg_file or gateway_cfg()
        self.identity: Identity = read_device_file(self.cfg_file)
        address = url or os.environ.get("GDC_SERVER") or _engine_server(self.cfg_file)
        super().__init__(self.identity.cik, address, vendor=self.identity.vendor, user_agent=user_agent, **options)

    def activated(self) -> bool:
        """Whether there is a key. The file is read again: another program, such as the engine, may have got one."""
        self._take_up_file()
        return self.cik is not None

    def activate(self) -> ResponseHandler:
        """
        Activates the identity in the file and keeps the key there. The serial number is `uuid`, else the MAC address of
        `iface`. Code 409: it was activated before, or is not enabled on the platform.

        Raises DeviceFileError or OSError before anything is sent when the file names no identity or cannot be written.
        """
        identity = self.identity = read_device_file(self.cfg_file)
        if not identity.vendor or not identity.model:
            raise DeviceFileError(f"{self.cfg_file} does not name vendor and model")
        if not identity.uuid and not identity.iface:
            raise DeviceFileError(f"{self.cfg_file} names neither uuid nor iface, so there is no serial number")
        serial = identity.uuid or mac_address(identity.iface or "")
        check_writable(self.cfg_file)
        handler = self.http_activate(identity.vendor, identity.model, serial)
        if handler.success and self.cik:
            set_cik(self.cfg_file, self.cik)
            self.identity = identity._replace(cik=self.cik)
        return handler

    def _call(self, *args: Any, **options: Any) -> ResponseHandler:
        handler = super()._call(*args, **options)
        # The key may have been renewed by somebody else; nothing was done with the request, so it can be sent again.
        if handler.code == 401 and options.get("with_key", True) and self._take_up_file():
            handler = super()._call(*args, **options)
        return handler

    def _take_up_file(self) -> bool:
        """Takes a key that is new in the file; whether there was one."""
        before = self.cik
        try:
            self.identity = read_device_file(self.cfg_file)
        except DeviceFileError:
            return False  # The key that is known stays good.
        self.cik = self.identity.cik or before
        return self.cik != before


def gateway_cfg() -> str:
    """The gateway's own `Gateway.cfg`."""
    home = os.environ.get("GWE_HOME")
    if not home:
        home = "/opt/gateway-engine" if os.geteuid() == 0 else os.path.expanduser("~/.gateway-engine")
    return os.path.join(home, "etc", "Gateway.cfg")


def _engine_server(cfg_file: str) -> Optional[str]:
    """Where the engine that a `Gateway.cfg` belongs to finds its platform; its configuration stands beside."""
    if os.path.basename(cfg_file) != "Gateway.cfg":
        return None
    found = read_section(os.path.join(os.path.dirname(cfg_file), "Engine.config"), "engine")
    return found.get("server") if found else None
