"""Requests over kept-alive connections, with what each cost."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from typing import Callable, List, Optional, Set

from .connection import Answer, Connection, Request, SinkError, Traffic
from .forks import after_fork
from .server import Server


class TransportError(Exception):
    """There was no answer, or none that can be understood."""


class Transport:
    """Safe to use from several threads: each request has a connection to itself."""

    def __init__(
        self,
        server: Server,
        timeout_s: float,
        context: Optional[ssl.SSLContext],
        on_traffic: Callable[[Traffic, object], None],
    ) -> None:
        self.server = server
        self._timeout_s = timeout_s
        self._context = context
        self._on_traffic = on_traffic
        self._begin()
        after_fork(self, Transport._begin)

    def _begin(self) -> None:
        """Also in a forked child, where the connections are still the parent's."""
        self._lock = threading.Lock()
        self._idle: List[Connection] = []
        self._busy: Set[Connection] = set()

    def request(self, request: Request, tag: object = None) -> Answer:
        """Raises TransportError. `tag` is handed on with the traffic of each try."""
        for again in (request.repeatable, False):
            connection = self._take()
            started = time.monotonic()
            status: Optional[int] = None
            try:
                answer = connection.exchange(request, self._timeout_s)
                status = answer.status
                self._give_back(connection)
                return answer
            except SinkError as error:
                status = connection.status
                connection.abandon()
                raise error.failure from None
            except (OSError, http.client.HTTPException) as error:
                status = connection.status
                connection.abandon()
                if not (again and connection.went_stale):
                    raise TransportError(self._describe(error)) from error
            finally:
                with self._lock:
                    self._busy.discard(connection)
                self._on_traffic(connection.traffic(status, time.monotonic() - started), tag)
            # The others are as old as the one that had been closed.
            self._forget_idle()
        raise AssertionError("unreachable: the second try returns or raises")

    def close(self) -> None:
        """Ends all connections. Those in use are cut, and closed by the threads that use them."""
        self._forget_idle()
        with self._lock:
            busy = list(self._busy)
        for connection in busy:
            connection.cut()

    def _take(self) -> Connection:
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        if kept is not None and not kept.usable():
            kept.abandon()
            kept = None
        connection = kept or Connection(self.server, self._context)
        with self._lock:
            self._busy.add(connection)
        return connection

    def _give_back(self, connection: Connection) -> None:
        if not connection.open:
            return
        with self._lock:
            if len(self._idle) < 4:
                self._idle.append(connection)
                return
        connection.abandon()

    def _forget_idle(self) -> None:
        with self._lock:
            connections, self._idle = self._idle, []
        for connection in connections:
            connection.abandon()

    def _describe(self, error: Exception) -> str:
        said = str(error) or type(error).__name__
        if isinstance(error, socket.timeout):
            said = "nothing moved for too long"
        return f"no answer from {self.server.base}: {said}"
