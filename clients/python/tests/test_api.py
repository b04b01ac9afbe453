import io
import random
import ssl
import threading
import time
import unittest
import unittest.mock

from exo.api import ExositeAPI
from exo.server import parse_server, proxy_for
from support import KEY, FolderTest, answer


class Calls(FolderTest):
    def test_a_write_is_a_form_with_the_key(self):
        server = self.serve(answer(204))
        handler = self.api(server).http_write({"a b": "x&y=z", "n": 1.5})
        self.assertEqual((handler.success, handler.code, handler.body), (True, 204, ""))
        self.assertEqual(str(handler), "Response code: 204, Response body: '', success: True")
        head, body = server.requests[0].split(b"\r\n\r\n")
        self.assertEqual(body, b"a%20b=x%26y%3Dz&n=1.5")
        self.assertIn(f"X-Exosite-CIK: {KEY}".encode(), head)
        self.assertTrue(head.startswith(b"POST /onep:v1/stack/alias HTTP/1.1\r\n"))

    def test_a_record_of_several_aliases_is_one_request(self):
        server = self.serve(answer(204))
        self.assertTrue(self.api(server).http_record({"a": {1: "x", 2: "y"}, "b": [(-3, 4)]}).success)
        self.assertTrue(server.requests[0].endswith(b"\r\n\r\nalias=a&1=x&2=y&alias=b&-3=4"))

    def test_a_read_gives_values_and_the_body_as_it_came(self):
        handler = self.api(self.serve(answer(200, b"b=2%20%2B&a="))).http_read(["a", "b"])
        self.assertEqual((handler.body, handler.values), ("b=2%20%2B&a=", {"a": "", "b": "2 +"}))

    def test_a_long_poll_without_a_point_is_a_success_without_values(self):
        server = self.serve(answer(304), answer(200, b"a=1", "Last-Modified: Thu, 01 Jan 1970 00:01:00 GMT"))
        api = self.api(server)
        handler = api.http_long_poll("a", 5)
        self.assertEqual((handler.success, handler.code, handler.values), (True, 304, {}))
        handler = api.http_long_poll("a", since=59)
        self.assertEqual((handler.values, handler.modified), ({"a": "1"}, 60))
        self.assertIn(b"If-Modified-Since: 59\r\n", server.requests[1])
        self.assertIn(b"Request-Timeout: 300000\r\n", server.requests[1])

    def test_refusals_and_dead_servers_are_told_and_not_raised(self):
        server = self.serve(answer(400, b"HTTP/1.1 400 Bad Request\r\n"), None)
        api = self.api(server)
        handler = api.http_write("a", 1)
        self.assertEqual((handler.success, handler.code), (False, 400))
        handler = api.http_write("a", 1)
        self.assertEqual((handler.success, handler.code), (False, 0))
        self.assertIn("no answer from http://127.0.0.1", str(handler))

    def test_keys_in_answers_are_masked_when_shown(self):
        handler = self.api(self.serve(answer(200, KEY.encode()))).http_activate("v", "m", "s")
        self.assertEqual(handler.body, KEY)
        self.assertIn("01234567" + "*" * 32, str(handler))
        self.assertNotIn(KEY, str(handler))

    def test_only_calls_that_may_arrive_twice_are_sent_again_on_a_connection_that_went_stale(self):
        server = self.serve(answer(204), None, answer(204), answer(204), None)
        api = self.api(server)
        self.assertTrue(api.http_record("a", {1: 1}).success)
        self.assertTrue(api.http_record("a", {2: 2}).success)
        self.assertTrue(api.http_write("a", 3).success)
        self.assertFalse(api.http_write("a", 4).success)
        self.assertEqual((len(server.requests), server.connections), (5, 2))

    def test_a_connection_that_the_server_closed_meanwhile_is_not_used(self):
        server = self.serve(answer(204, b"", "Connection: close"), answer(204))
        api = self.api(server)
        self.assertTrue(api.http_write("a", 1).success)
        self.assertTrue(api.http_write("a", 2).success)
        self.assertEqual(server.connections, 2)

    def test_an_answer_that_is_cut_short_is_none(self):
        cut = answer(200, b"a=123", "Connection: close").replace(b"Length: 5", b"Length: 9")
        handler = self.api(self.serve(cut)).http_read("a")
        self.assertEqual((handler.success, handler.code), (False, 0))

    def test_a_download_goes_to_a_file_in_parts_too(self):
        whole, part = answer(200, b"0123456789"), answer(206, b"56789", "Content-Range: bytes 5-9/10")
        api = self.api(self.serve(whole, part, answer(200, b"0123456789"), answer(404, b"HTTP/1.1 404 Not Found\r\n")))
        for start, expected in ((0, b"0123456789"), (5, b"56789"), (5, b"56789")):
            file = io.BytesIO()
            handler = api.http_download("v", "m", "f.bin", file, start)
            self.assertEqual((handler.success, handler.result, file.getvalue()), (True, len(expected), expected))
        file = io.BytesIO()
        handler = api.http_download("v", "m", "g.bin", file)
        self.assertEqual((handler.success, handler.code, file.getvalue()), (False, 404, b""))

    def test_a_file_that_cannot_be_written_is_the_callers_to_hear(self):
        closed = io.BytesIO()
        closed.close()
        with self.assertRaises(ValueError):
            self.api(self.serve(answer(200, b"0123"))).http_download("v", "m", "f", closed)

    def test_content_is_listed_and_described(self):
        server = self.serve(answer(200, b"a.tar.gz\r\nb"), answer(204), answer(200, b'text/plain,3,7,"a, b"'))
        api = self.api(server)
        self.assertEqual(api.http_list_content("v", "m").result, ["a.tar.gz", "b"])
        self.assertEqual(api.http_list_content("v", "m").result, [])
        info = api.http_content_info("v", "m", "b").result
        self.assertEqual(info, {"content_type": "text/plain", "size": 3, "updated": 7, "meta": "a, b"})
        self.assertIn(b"GET /provision/download?vendor=v&model=m&id=b&info=true ", server.requests[2])

    def test_a_server_that_falls_silent_is_given_up(self):
        handler = self.api(self.serve(answer(200, b"a=123")[:-1]), timeout=0.2).http_read("a")
        self.assertEqual((handler.success, handler.code), (False, 0))
        self.assertIn("nothing moved for too long", handler.error)

    def test_whatever_a_server_answers_is_told_and_not_raised(self):
        chance = random.Random(8)
        pieces = [b"HTTP/1.1 ", b"200", b" OK", b"\r\n", b"\r\n\r\n", b"Content-Length: ", b"5", b"-1", b"99999999999"]
        pieces += [
            b"Transfer-Encoding: chunked",
            b"zz",
            b"a=%FF",
            b"Date: ",
            b"\0",
            b"\xff",
            b"Last-Modified: x",
            b"100",
        ]
        answers = [b"".join(chance.choices(pieces, k=chance.randrange(12))) for _ in range(150)]
        answers += [b"HTTP/1.1 200 OK\r\n" + each for each in answers]
        server = self.serve(*[each + b"Connection: close" for each in answers])
        api = self.api(server, timeout=5)
        for _ in answers:
            self.assertIn(api.http_read("a").success, (True, False))
            self.assertIn(api.http_long_poll("a").success, (True, False))

    def test_one_client_serves_many_threads(self):
        server = self.serve(*[answer(204)] * 400)
        api = self.api(server)
        codes = []

        def record():
            codes.extend(api.http_record("a", {1: 1}).code for _ in range(50))

        threads = [threading.Thread(target=record) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        self.assertEqual((len(codes), set(codes)), (400, {204}))

    def test_close_ends_a_call_that_waits(self):
        server = self.serve(b"")
        api = self.api(server)
        result = []
        waiting = threading.Thread(target=lambda: result.append(api.http_long_poll("a", 60_000)))
        waiting.start()
        while not server.requests:
            time.sleep(0.01)
        api.close()
        waiting.join(10)
        self.assertEqual(result[0].code, 0)

    def test_mistakes_in_a_call_are_raised(self):
        api = self.api(self.serve())
        for mistake in (lambda: api.http_read([]), lambda: api.http_write("a"), lambda: api.http_record("a")):
            self.assertRaises(ValueError, mistake)
        for url in ("ftp://a", "http://u:p@a", "a/b", "a:99999"):
            self.assertRaises(ValueError, ExositeAPI, KEY, url)


class Tls(FolderTest):
    def test_bytes_are_those_on_the_line_and_a_connection_is_kept(self):
        certificate, key = self.certificate()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        server = self.serve(answer(204), answer(200, b"a=1"), context=context)
        relay = self.relay(server.port)
        api = self.api(f"localhost:{relay.port}", cafile=certificate)
        seen = []
        api._transport._on_traffic = lambda traffic, method: seen.append(traffic)
        self.assertEqual(api.http_write("a", "x" * 100_000).code, 204)
        self.assertEqual(api.http_read("a").values, {"a": "1"})
        self.assertEqual(server.connections, 1)
        self.assertEqual((sum(t.sent for t in seen), sum(t.received for t in seen)), (relay.up, relay.down))
        self.assertGreater(seen[0].sent, 100_000)
        self.assertEqual({t.local_address for t in seen}, {"127.0.0.1"})

    def test_a_certificate_that_nobody_vouches_for_is_refused(self):
        certificate, key = self.certificate()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        server = self.serve(context=context)
        handler = self.api(f"localhost:{server.port}").http_write("a", 1)
        self.assertEqual((handler.code, server.requests), (0, []))
        self.assertIn("CERTIFICATE_VERIFY_FAILED", handler.error)


class Proxies(FolderTest):
    def environment(self, **variables):
        patched = unittest.mock.patch.dict("os.environ", variables)
        patched.start()
        self.addCleanup(patched.stop)

    def test_a_plain_request_goes_to_the_proxy_of_the_environment_with_the_whole_address(self):
        proxy = self.serve(answer(204))
        self.environment(http_proxy=f"http://me:secret@127.0.0.1:{proxy.port}", no_proxy="")
        self.assertTrue(self.api("http://platform.example").http_write("a", 1).success)
        head = proxy.requests[0]
        self.assertTrue(head.startswith(b"POST http://platform.example/onep:v1/stack/alias HTTP/1.1\r\n"))
        self.assertIn(b"Host: platform.example\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n", head)

    def test_a_refused_tunnel_is_told(self):
        proxy = self.serve(answer(407))
        self.environment(https_proxy=f"http://127.0.0.1:{proxy.port}", no_proxy="")
        handler = self.api("https://platform.example").http_write("a", 1)
        self.assertIn("opened no way to platform.example:443", handler.error)
        self.assertTrue(proxy.requests[0].startswith(b"CONNECT platform.example:443 HTTP/1.1\r\n"))

    def test_no_proxy_is_heeded(self):
        self.environment(http_proxy="http://127.0.0.1:1", no_proxy="platform.example")
        self.assertIsNone(proxy_for(parse_server("http://platform.example:8080")))
        self.assertIsNotNone(proxy_for(parse_server("http://other.example")))

    def test_this_machine_is_not_reached_by_a_proxy(self):
        server = self.serve(answer(204))
        self.environment(http_proxy="http://127.0.0.1:1", no_proxy="")
        self.assertTrue(self.api(server).http_write("a", 1).success)
