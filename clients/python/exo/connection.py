"""One connection: a request after the other, and what each cost."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from typing import BinaryIO, Callable, List, NamedTuple, Optional, Tuple

from .server import Proxy, Server, proxy_for
from .wire import Wire

# A body of 1 MiB may grow threefold by percent-encoding.
LARGEST_ANSWER = 4 * 1024 * 1024
# The platform and many others end connections that are idle for longer.
KEEP_IDLE_S = 60.0


class SinkError(Exception):
    """What a body was written to failed; `failure` says how."""

    def __init__(self, failure: Exception) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Traffic(NamedTuple):
    """What one request cost, in bytes on the TCP connection: TLS and headers included."""

    host: str
    status: Optional[int]
    sent: int
    received: int
    duration_s: float
    local_address: str


class Request(NamedTuple):
    verb: str
    path: str
    headers: List[Tuple[str, str]]
    body: Optional[bytes] = None
    # Safe to arrive twice, so it is sent again when a kept connection turns out to be closed.
    repeatable: bool = False
    # Time that the platform takes on purpose.
    wait_s: float = 0.0
    # Told status and length of the answer, it gives a file for the body, or None to have it in the answer.
    sink: Optional[Callable[[int, http.client.HTTPMessage], Optional[BinaryIO]]] = None


class Connection(http.client.HTTPConnection):
    def __init__(self, server: Server, context: Optional[ssl.SSLContext]) -> None:
        super().__init__(server.name, server.port)
        self._server = server
        self._context = context
        self._counted = (0, 0)
        self._last_used = 0.0
        self._wire: Optional[Wire] = None
        self._limits = (30.0, 300.0)
        self.status: Optional[int] = None
        self.went_stale = False
        self._proxy = proxy_for(server)

    @property
    def open(self) -> bool:
        return self.sock is not None

    def usable(self) -> bool:
        if self.sock is None or time.monotonic() - self._last_used > KEEP_IDLE_S:
            return False
        self._wire.limit(*self._limits)
        return not self._wire.ended()

    def connect(self) -> None:
        idle_s, whole_s = self._limits
        target = (self._proxy.name, self._proxy.port) if self._proxy else (self._server.name, self._server.port)
        plain = socket.create_connection(target, timeout=min(idle_s, 15.0))
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self._wire = Wire(plain, idle_s)
            self._wire.limit(idle_s, whole_s)
            if self._server.secure:
                if self._proxy:
                    self._open_tunnel(self._proxy)
                self._wire.start_tls(self._context, self._server.name)
        except BaseException:
            plain.close()
            raise
        self.sock = self._wire

    def exchange(self, request: Request, timeout_s: float) -> Answer:
        reused = self.sock is not None
        self.status = None
        idle_s = timeout_s + request.wait_s
        self._limits = (idle_s, None if request.sink else 10 * timeout_s + request.wait_s)
        if reused:
            self._wire.limit(*self._limits)
        before = self._wire.received if reused else 0
        try:
            response = self._ask(request)
        except (OSError, http.client.HTTPException) as error:
            closed = isinstance(error, (ConnectionError, http.client.BadStatusLine, ssl.SSLError))
            self.went_stale = reused and closed and self._wire.received == before
            raise
        self.status = response.status
        body = self._read(request, response)
        self._last_used = time.monotonic()
        return Answer(response.status, response.headers, body)

    def traffic(self, status: Optional[int], duration_s: float) -> Traffic:
        """Of the last exchange. What came since the one before belongs to it."""
        if self._wire is None:
            return Traffic(self._server.host, status, 0, 0, duration_s, "")
        sent, received = self._wire.sent, self._wire.received
        taken = (sent - self._counted[0], received - self._counted[1])
        self._counted = (sent, received)
        return Traffic(self._server.host, status, *taken, duration_s, self._wire.local_address)

    def cut(self) -> None:
        if self._wire is not None:
            self._wire.cut()

    def abandon(self) -> None:
        if self._wire is not None:
            self._wire.abandon()
        self.close()

    def _ask(self, request: Request) -> http.client.HTTPResponse:
        plain_proxy = self._proxy if not self._server.secure else None
        path = self._server.base + request.path if plain_proxy else request.path
        self.putrequest(request.verb, path, skip_host=True, skip_accept_encoding=True)
        self.putheader("Host", self._server.host)
        if plain_proxy and plain_proxy.authorization:
            self.putheader("Proxy-Authorization", plain_proxy.authorization)
        for name, value in request.headers:
            self.putheader(name, value)
        if request.body is not None:
            self.putheader("Content-Length", str(len(request.body)))
        self.endheaders(request.body)
        return self.getresponse()

    def _read(self, request: Request, response: http.client.HTTPResponse) -> bytes:
        sink = request.sink(response.status, response.headers) if request.sink else None
        if sink is not None:
            left = response.length
            for piece in iter(lambda: response.read(64 * 1024), b""):
                try:
                    sink.write(piece)
                except Exception as error:
                    raise SinkError(error) from error
                left = None if left is None else left - len(piece)
            if left:
                raise http.client.IncompleteRead(b"", left)
            return b""
        body = response.read(LARGEST_ANSWER + 1)
        if len(body) > LARGEST_ANSWER:
            raise http.client.HTTPException(f"the answer has more than {LARGEST_ANSWER} bytes")
        if response.length:
            raise http.client.IncompleteRead(body, response.length)
        response.close()
        return body

    def _open_tunnel(self, proxy: Proxy) -> None:
        name = f"[{self._server.name}]" if ":" in self._server.name else self._server.name
        target = f"{name}:{self._server.port}"
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        if proxy.authorization:
            lines.append(f"Proxy-Authorization: {proxy.authorization}")
        self._wire.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        head = b""
        byte = memoryview(bytearray(1))
        # Byte by byte, so that nothing of what follows is taken.
        while not head.endswith(b"\r\n\r\n") and len(head) < 16 * 1024:
            if self._wire.recv_into(byte) == 0:
                break
            head += bytes(byte)
        status = head.split(b"\r\n")[0].split(b" ")
        if len(status) < 2 or status[1] != b"200":
            said = head.split(b"\r\n")[0].decode("latin-1")[:80]
            raise ConnectionError(f"the proxy at {proxy.name}:{proxy.port} opened no way to {target}: {said!r}")
