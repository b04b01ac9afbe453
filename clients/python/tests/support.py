"""A server and a relay for the tests; real sockets, the answers made by hand."""

import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

from exo.api import ExositeAPI
from exo.device import Device

KEY = "0123456789abcdef0123456789abcdef01234567"


def start(work, *args):
    threading.Thread(target=work, args=args, daemon=True).start()


class Listener:
    """Listens at a port of its own until it is closed."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        start(self._accept)

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._accepted(connection)


class ScriptedServer(Listener):
    """Answers each request with the next of these bytes; None, or none left, closes the connection."""

    def __init__(self, answers, context=None):
        self.requests = []
        self.connections = 0
        self._answers = list(answers)
        self._context = context
        super().__init__()

    def _accepted(self, connection):
        self.connections += 1
        start(self._serve, connection)

    def _serve(self, connection):
        with connection:
            try:
                stream = self._context.wrap_socket(connection, server_side=True) if self._context else connection
            except ssl.SSLError:
                return  # The client did not like the certificate.
            with stream:
                self._answer(stream, stream.makefile("rb"))

    def _answer(self, stream, reader):
        with reader:
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = reader.readline()
                    if not line:
                        return
                    head += line
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
                self.requests.append(head + reader.read(int(fields.get(b"content-length", 0))))
                answer = self._answers.pop(0) if self._answers else None
                if answer is None:
                    return
                stream.sendall(answer)
                if b"Connection: close" in answer:
                    return


def answer(status, body=b"", *headers):
    lines = [f"HTTP/1.1 {status} X", "Date: Sun, 22 Nov 2026 05:55:20 GMT", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Relay(Listener):
    """Passes bytes on and counts them: what is really on the line."""

    def __init__(self, port):
        self.up = self.down = 0
        self._target = port
        super().__init__()

    def _accepted(self, near):
        far = socket.create_connection(("127.0.0.1", self._target))
        start(self._pass_on, near, far, "up")
        start(self._pass_on, far, near, "down")

    def _pass_on(self, source, target, way):
        try:
            for piece in iter(lambda: source.recv(65536), b""):
                setattr(self, way, getattr(self, way) + len(piece))
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # One side is gone, and with it the connection.


class FolderTest(unittest.TestCase):
    """Each test has a folder of its own."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="exo-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def serve(self, *answers, context=None):
        server = ScriptedServer(answers, context)
        self.addCleanup(server.close)
        return server

    def api(self, address, **options):
        """A client of a scripted server, or of an address."""
        url = address if isinstance(address, str) else f"http://127.0.0.1:{address.port}"
        api = ExositeAPI(KEY, url, **{"accounting": False, **options})
        self.addCleanup(api.close)
        return api

    def device(self, path, server=None):
        url = f"http://127.0.0.1:{server.port}" if server else None
        device = Device("test", path, url, accounting=False)
        self.addCleanup(device.close)
        return device

    def relay(self, port):
        relay = Relay(port)
        self.addCleanup(relay.close)
        return relay

    def certificate(self):
        """Key and certificate of a server that calls itself localhost, in one file."""
        path = f"{self.folder}/server.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-keyout", f"{path}.key", "-out", path, "-days", "2", "-subj", "/CN=localhost"]
            + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
            check=True,
            capture_output=True,
        )
        return path, f"{path}.key"
