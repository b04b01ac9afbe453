"""The device side of the platform's HTTP device API."""

from __future__ import annotations

import logging
import os
import ssl
import time
from typing import Any, BinaryIO, Iterable, List, Mapping, Optional, Tuple, Union

from . import __version__
from .connection import Request, Traffic
from .form import FORM_TYPE, csv_lines, decode_form, encode_form, encode_text, http_date
from .handlers import ResponseHandler, masked
from .ifaces import CLASSES, TrafficLog, printable, program_name, shared_log, traffic_file
from .interfaces import InterfaceNames
from .pending import Entry
from .server import default_server, parse_server
from .transport import Transport, TransportError

Points = Union[Mapping[int, object], Iterable[Tuple[int, object]]]

LONGEST_WAIT_MS = 300_000
_log = logging.getLogger("exo")


class ExositeAPI:
    """
    Calls give a ResponseHandler and raise only for mistakes in the call itself (ValueError, TypeError): what the
    network and the platform do is in the handler.

    `url`           `HOST[:PORT]` (HTTPS) or `http(s)://HOST[:PORT]`; without it GDC_SERVER of the environment, else the
                    original platform's
    `timeout`       longest time without progress, seconds
    `cafile`        PEM file of certificates to trust besides the system's
    `certificate`   client certificate: PEM file with certificate and key, or a pair of files
    `accounting`    file of the traffic accounts; False for none; see ifaces.traffic_file for the default
    `traffic_class` what the traffic is for: control, data, update or log
    `program`       name in the accounts; by default that of the running script
    """

    def __init__(
        self,
        cik: Optional[str] = None,
        url: Optional[str] = None,
        *,
        vendor: Optional[str] = None,
        user_agent: Optional[str] = None,
        timeout: float = 30.0,
        cafile: Optional[str] = None,
        certificate: Union[str, Tuple[str, str], None] = None,
        accounting: Union[str, bool, None] = None,
        traffic_class: str = "data",
        program: Optional[str] = None,
    ) -> None:
        if traffic_class not in CLASSES:
            raise ValueError(f"traffic_class {traffic_class!r} is none of {', '.join(CLASSES)}")
        server = parse_server(url or os.environ.get("GDC_SERVER") or default_server(vendor))
        self._cik = cik or None
        self._user_agent = user_agent or f"exo-python/{__version__}"
        self._class = traffic_class
        self._program = printable(program) if program else program_name()
        self._interfaces = InterfaceNames()
        file = traffic_file(accounting)
        self.traffic_log: Optional[TrafficLog] = shared_log(file) if file else None
        context = _tls(cafile, certificate) if server.secure else None
        self._transport = Transport(server, timeout, context, self._account)

    @property
    def cik(self) -> Optional[str]:
        return self._cik

    @cik.setter
    def cik(self, cik: Optional[str]) -> None:
        self._cik = cik or None

    @property
    def server(self) -> str:
        return self._transport.server.base

    def http_write(self, alias: Union[str, Mapping[str, object]], value: object = None) -> ResponseHandler:
        """Writes one value, or several: `http_write({'a': 1, 'b': 2})`. The platform stamps them at receipt."""
        pairs = _pairs(alias, value)
        return self._call("write", "POST", _ALIAS, encode_form(pairs), success=(204,))

    def http_read(self, aliases: Union[str, Iterable[str]]) -> ResponseHandler:
        """The newest values; aliases that are unknown or without data are missing in `values`."""
        path = f"{_ALIAS}?{_query(aliases)}"
        return _with_values(self._call("read", "GET", path, success=(200, 204), repeatable=True))

    def http_write_read(self, values: Mapping[str, object], aliases: Union[str, Iterable[str]]) -> ResponseHandler:
        """Writes, then reads, in one request."""
        path = f"{_ALIAS}?{_query(aliases)}"
        return _with_values(self._call("write", "POST", path, encode_form(_pairs(values)), success=(200, 204)))

    def http_record(self, alias: Union[str, Mapping[str, Points]], points: Optional[Points] = None) -> ResponseHandler:
        """
        Stores points with times in whole seconds since 1970, a negative one back from now:
        `http_record('a', {ts: value})` or, several aliases in one request, `http_record({'a': {ts: value}, ...})`.
        """
        body = encode_form(_record_pairs(alias, points))
        return self._call("record", "POST", _RECORD, body, success=(204,), repeatable=True)

    def http_long_poll(
        self, alias: str, timeout_ms: int = LONGEST_WAIT_MS, since: Optional[int] = None
    ) -> ResponseHandler:
        """
        Waits on the platform until the alias gets a point: the oldest one later than `since`, or one that comes after
        the request. Code 304: none came. Pass `modified` of one answer as `since` of the next to see each point once.
        """
        wait_ms = min(max(1, int(timeout_ms)), LONGEST_WAIT_MS)
        headers = [("Request-Timeout", str(wait_ms))]
        if since is not None:
            headers.append(("If-Modified-Since", str(int(since))))
        handler = self._call(
            "longpoll",
            "GET",
            f"{_ALIAS}?{encode_text(alias)}",
            success=(200, 204, 304),
            headers=headers,
            # Without a start, points between two tries would be missed unseen.
            repeatable=since is not None,
            wait_s=wait_ms / 1000,
        )
        return _with_values(handler)

    def http_activate(self, vendor: str, model: str, sn: str) -> ResponseHandler:
        """Obtains the key of an identity and takes it over. A device can do this once; 409 when it has."""
        form = encode_form([("vendor", vendor), ("model", model), ("sn", sn)])
        handler = self._call("activate", "POST", "/provision/activate", form, success=(200,), with_key=False)
        if handler.success:
            if not _is_key(handler.body.strip()):
                return _failed(handler, "the answer holds no key")
            self._cik = handler.body.strip()
        return handler

    def http_list_content(self, vendor: str, model: str) -> ResponseHandler:
        """`result`: the ids of the product's content."""
        handler = self._content(vendor, model, [], (200, 204))
        handler.result = [line[0] for line in csv_lines(handler.body)] if handler.success else None
        return handler

    def http_content_info(self, vendor: str, model: str, content_id: str) -> ResponseHandler:
        """`result`: a dictionary with content_type, size, updated (seconds since 1970) and meta."""
        handler = self._content(vendor, model, [("id", content_id), ("info", "true")], (200,))
        if not handler.success:
            return handler
        line = (csv_lines(handler.body) or [[]])[0]
        if len(line) < 3 or not (line[1].isdigit() and line[2].isdigit()):
            return _failed(handler, "the answer is not type, size, time, meta")
        meta = line[3] if len(line) > 3 else ""
        handler.result = {"content_type": line[0], "size": int(line[1]), "updated": int(line[2]), "meta": meta}
        return handler

    def http_download(
        self, vendor: str, model: str, content_id: str, file: BinaryIO, start: int = 0
    ) -> ResponseHandler:
        """Writes the content's bytes from position `start` on to an open file. `result`: how many they were."""
        if start < 0:
            raise ValueError("a download starts at a whole number")
        sink = _Sink(file, start)
        handler = self._call(
            "download",
            "GET",
            _download(vendor, model, [("id", content_id)]),
            success=(200, 206) if start else (200,),
            headers=[("Range", f"bytes={start}-")] if start else [],
            sink=sink,
        )
        handler.result = sink.written
        return handler

    def http_timestamp(self) -> ResponseHandler:
        """`result`: the platform's time, seconds since 1970."""
        handler = self._call("timestamp", "GET", "/timestamp", success=(200,), repeatable=True, with_key=False)
        if handler.success:
            if not handler.body.strip().isdigit():
                return _failed(handler, "the answer is no number")
            handler.result = int(handler.body)
        return handler

    def close(self) -> None:
        """Ends all connections; a call that waits in another thread ends without an answer."""
        self._transport.close()

    def __enter__(self) -> ExositeAPI:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _content(
        self, vendor: str, model: str, query: List[Tuple[str, str]], success: Tuple[int, ...]
    ) -> ResponseHandler:
        return self._call("content", "GET", _download(vendor, model, query), success=success, repeatable=True)

    def _call(
        self,
        method: str,
        verb: str,
        path: str,
        form: Optional[str] = None,
        *,
        success: Tuple[int, ...],
        headers: Iterable[Tuple[str, str]] = (),
        repeatable: bool = False,
        with_key: bool = True,
        wait_s: float = 0.0,
        sink: Optional[_Sink] = None,
    ) -> ResponseHandler:
        sent = [("User-Agent", self._user_agent), *headers]
        if with_key and self._cik:
            sent.append(("X-Exosite-CIK", self._cik))
        if form is not None:
            sent.append(("Content-Type", FORM_TYPE))
        body = None if form is None else form.encode("ascii")
        request = Request(verb, path, sent, body, repeatable, wait_s, sink.open if sink else None)
        try:
            answer = self._transport.request(request, method)
        except TransportError as error:
            handler = ResponseHandler(False, 0, error=str(error))
        else:
            text = answer.body.decode("utf-8", "replace")
            handler = ResponseHandler(answer.status in success, answer.status, text)
            handler.date = http_date(answer.headers.get("Date"))
            handler.modified = http_date(answer.headers.get("Last-Modified"))
        _log.debug("%s %s: %s", verb, masked(path.split("?")[0]), handler)
        return handler

    def _account(self, traffic: Traffic, method: object) -> None:
        if self.traffic_log is None:
            return
        self.traffic_log.append(
            Entry(
                int(time.time() * 1000),
                self._program,
                self._interfaces.of(traffic.local_address),
                self._class,
                str(method),
                traffic.host,
                traffic.sent,
                traffic.received,
                traffic.status,
                round(traffic.duration_s * 1000),
            )
        )


_ALIAS = "/onep:v1/stack/alias"
_RECORD = "/onep:v1/stack/record"


class _Sink:
    """Takes the body of a successful download; that of a refusal stays in the answer."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self.written = 0
        self._file = file
        self._start = start
        self._skip = 0

    def open(self, status: int, headers: Any) -> Optional[_Sink]:
        if status == 206:
            said = (headers.get("Content-Range") or "").replace("=", " ")
            if not said.startswith(f"bytes {self._start}-"):
                raise OSError(f"asked for bytes from {self._start} on, got {said!r}")
            return self
        if status == 200:
            # This server gives no parts.
            self._skip = self._start
            return self
        return None

    def write(self, piece: bytes) -> None:
        skipped = min(self._skip, len(piece))
        self._skip -= skipped
        self._file.write(piece[skipped:])
        self.written += len(piece) - skipped


def _tls(cafile: Optional[str], certificate: Union[str, Tuple[str, str], None]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if cafile:
        context.load_verify_locations(cafile=cafile)
    if certificate:
        context.load_cert_chain(*([certificate] if isinstance(certificate, str) else certificate))
    return context


def _query(aliases: Union[str, Iterable[str]]) -> str:
    names = [aliases] if isinstance(aliases, str) else list(aliases)
    if not names:
        raise ValueError("name at least one alias to read")
    return "&".join(encode_text(name) for name in names)


def _pairs(alias: Union[str, Mapping[str, object]], value: object = None) -> List[Tuple[str, object]]:
    pairs = list(alias.items()) if isinstance(alias, Mapping) else [(alias, value)]
    for name, each in pairs:
        if each is None:
            raise ValueError(f"no value for {name!r}; '' clears it")
    return pairs


def _record_pairs(alias: Union[str, Mapping[str, Points]], points: Optional[Points]) -> List[Tuple[str, object]]:
    groups = list(alias.items()) if isinstance(alias, Mapping) else [(alias, points)]
    pairs: List[Tuple[str, object]] = []
    for name, group in groups:
        if group is None:
            raise ValueError(f"no points for {name!r}")
        pairs.append(("alias", name))
        for ts, value in group.items() if isinstance(group, Mapping) else group:
            pairs.append((str(int(ts)), value))
    return pairs


def _download(vendor: str, model: str, query: List[Tuple[str, str]]) -> str:
    return f"/provision/download?{encode_form([('vendor', vendor), ('model', model), *query])}"


def _with_values(handler: ResponseHandler) -> ResponseHandler:
    if handler.code == 200:
        try:
            handler.values = decode_form(handler.body)
        except ValueError:
            return _failed(handler, "the answer is no form")
    return handler


def _failed(handler: ResponseHandler, error: str) -> ResponseHandler:
    handler.success, handler.error = False, error
    return handler


def _is_key(text: str) -> bool:
    return len(text) == 40 and all(digit in "0123456789abcdef" for digit in text)
