"""A TCP connection that counts what goes over it, TLS and all, and that gives up when nothing moves."""

from __future__ import annotations

import functools
import io
import socket
import ssl
import time
from typing import Optional

# Pieces small enough for a slow line to be told from a dead one.
PIECE = 64 * 1024


class Wire:
    """
    Looks like a socket to http.client. TLS runs in memory on top of the counted bytes, since a socket wrapped by
    `ssl` only tells what is inside the encryption.
    """

    def __init__(self, plain: socket.socket, idle_s: float) -> None:
        self.sent = 0
        self.received = 0
        self.local_address: str = plain.getsockname()[0]
        self._socket = plain
        self._idle_s = idle_s
        self._deadline = 0.0
        self._tls: Optional[ssl.SSLObject] = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._readers = 0
        self._closed = False

    def limit(self, idle_s: float, whole_s: Optional[float]) -> None:
        """Time limits from now on: without progress, and for everything (None: no limit)."""
        self._idle_s = idle_s
        self._deadline = 0.0 if whole_s is None else time.monotonic() + whole_s

    def start_tls(self, context: ssl.SSLContext, name: str) -> None:
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._carry(self._tls.do_handshake)

    def ended(self) -> bool:
        """Whether the other side has closed, or sent something that nobody asked for, while nothing was going on."""
        self._socket.settimeout(0)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
            if self._tls is None or not self._take_in():
                return True
            # Between two answers, TLS may still send tickets; they are no content.
            self._tls.read(1)
            return True
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        for start in range(0, len(view), PIECE):
            piece = view[start : start + PIECE]
            if self._tls is None:
                self._send(piece)
            else:
                self._carry(functools.partial(self._tls.write, piece))

    def recv_into(self, buffer: memoryview) -> int:
        if self._tls is None:
            return self._receive_into(buffer)
        try:
            return self._carry(lambda: self._tls.read(len(buffer), buffer))
        except ssl.SSLZeroReturnError:
            return 0

    def makefile(self, mode: str = "rb", *_: object) -> io.BufferedReader:
        self._readers += 1
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """As with a socket, what was made by `makefile` can still be read."""
        self._closed = True
        self._close_when_unused()

    def reader_closed(self) -> None:
        self._readers -= 1
        self._close_when_unused()

    def cut(self) -> None:
        """Ends the connection under the feet of whoever waits on it in another thread, and then closes it."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # It was not connected any more, which is what was wanted.

    def abandon(self) -> None:
        """Closes at once, whoever still has a reader."""
        self._closed = True
        self._socket.close()

    def _close_when_unused(self) -> None:
        if self._closed and self._readers == 0:
            self._socket.close()

    def _carry(self, step):
        """Repeats a step of TLS until it needs no more bytes from the other side."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._send(self._outgoing.read())
                self._take_in()
            except ssl.SSLError:
                self._send(self._outgoing.read())  # The alert that tells the other side.
                raise
            else:
                self._send(self._outgoing.read())
                return result

    def _take_in(self) -> bool:
        buffer = bytearray(PIECE)
        count = self._receive_into(memoryview(buffer))
        if count == 0:
            self._incoming.write_eof()
        else:
            self._incoming.write(buffer[:count])
        return count > 0

    def _send(self, data) -> None:
        view = memoryview(data)
        while len(view) > 0:
            self._socket.settimeout(self._patience())
            count = self._socket.send(view)
            self.sent += count
            view = view[count:]

    def _receive_into(self, buffer: memoryview) -> int:
        self._socket.settimeout(self._patience())
        count = self._socket.recv_into(buffer)
        self.received += count
        return count

    def _patience(self) -> float:
        if self._deadline == 0.0:
            return self._idle_s
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout("the call took too long")
        return min(left, self._idle_s)


class _Reader(io.RawIOBase):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        return self._wire.recv_into(memoryview(buffer).cast("B"))

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._wire.reader_closed()
