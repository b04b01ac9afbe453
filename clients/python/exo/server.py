"""Where the platform is, and how to get there."""

from __future__ import annotations

import base64
import re
from typing import NamedTuple, Optional
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment


class Server(NamedTuple):
    secure: bool
    name: str
    port: int

    @property
    def host(self) -> str:
        """For the header `Host`: without the port where it goes without saying."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port == (443 if self.secure else 80) else f"{name}:{self.port}"

    @property
    def base(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.host}"


class Proxy(NamedTuple):
    name: str
    port: int
    authorization: Optional[str]


def default_server(vendor: Optional[str]) -> str:
    """The original platform's own address: of a vendor, or for programs that have only a key."""
    if not vendor:
        return "https://m2.exosite.com"
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", vendor):
        raise ValueError(f"vendor {vendor!r} cannot be part of a host name; give url")
    return f"https://{vendor.lower()}.m2.exosite.com"


def parse_server(url: str) -> Server:
    """Reads `HOST[:PORT]`, which means HTTPS, or `http(s)://HOST[:PORT]`."""
    wanted = "expected HOST[:PORT], http://HOST[:PORT] or https://HOST[:PORT]"
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if parts.username or parts.password:
        raise ValueError(f"the url holds a password: {wanted}")
    try:
        port = parts.port
    except ValueError:
        port = -1
    bare = parts.path in ("", "/") and not parts.query and not parts.fragment
    if parts.scheme not in ("http", "https") or not parts.hostname or not bare or port == -1:
        raise ValueError(f"{url!r} is no server address: {wanted}")
    secure = parts.scheme == "https"
    return Server(secure, parts.hostname, port or (443 if secure else 80))


def proxy_for(server: Server) -> Optional[Proxy]:
    """
    The proxy that the environment names for this server: `https_proxy`, `http_proxy`, `no_proxy`. This machine itself
    is never reached by a proxy.
    """
    if server.name in ("localhost", "::1") or server.name.startswith("127."):
        return None
    proxies = getproxies_environment()
    address = proxies.get("https" if server.secure else "http") or proxies.get("all")
    if not address or proxy_bypass_environment(f"{server.name}:{server.port}", proxies):
        return None
    parts = urlsplit(address if "://" in address else f"http://{address}")
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("the environment names a proxy that is not http://HOST:PORT")
    authorization = None
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + base64.b64encode(login.encode()).decode()
    return Proxy(parts.hostname, parts.port or 80, authorization)
