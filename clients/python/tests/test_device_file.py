import os
import stat
import unittest.mock

from exo.device_file import DeviceFileError, read_device_file, set_cik
from support import KEY, FolderTest, answer


class DeviceFile(FolderTest):
    def write(self, text, name="own.cfg"):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def read(self, path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    def test_two_quotes_and_nothing_are_both_unset(self):
        identity = read_device_file(self.write("[device]\ncik = ''\nmodel =\nvendor = v\nuuid: a b%c\n"))
        self.assertEqual(identity, (None, None, "v", "a b%c", None))

    def test_a_file_without_a_heading_is_read_and_keeps_its_lines(self):
        path = self.write("# the sensor\ncik = ''\nvendor = v\n")
        self.assertEqual(read_device_file(path).vendor, "v")
        set_cik(path, KEY)
        self.assertEqual(self.read(path), f"# the sensor\ncik = {KEY}\nvendor = v\n")

    def test_a_key_is_written_for_its_owner_only_and_every_other_line_stays(self):
        path = self.write("; mine\n[device]\nvendor = v\n\n[other]\ncik = untouched\n")
        set_cik(path, KEY)
        self.assertEqual(self.read(path), f"; mine\n[device]\ncik = {KEY}\nvendor = v\n\n[other]\ncik = untouched\n")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(os.listdir(self.folder), ["own.cfg"])

    def test_what_cannot_be_read_is_said_with_the_path(self):
        for path in (f"{self.folder}/none.cfg", self.write("[device\n"), self.write("[other]\na = b\n")):
            with self.assertRaisesRegex(DeviceFileError, path):
                read_device_file(path)

    def test_activation_keeps_the_key_in_the_file(self):
        path = self.write("[device]\ncik = ''\nvendor = p\nmodel = p\nuuid = s 1\n")
        server = self.serve(answer(200, KEY.encode()))
        device = self.device(path, server)
        self.assertFalse(device.activated())
        self.assertTrue(device.activate().success)
        self.assertTrue(device.activated())
        self.assertIn(b"vendor=p&model=p&sn=s%201", server.requests[0])
        self.assertNotIn(b"X-Exosite-CIK", server.requests[0])
        self.assertEqual(read_device_file(path).cik, KEY)

    def test_a_refused_activation_leaves_the_file_alone(self):
        text = "[device]\ncik = ''\nvendor = p\nmodel = p\nuuid = s\n"
        path = self.write(text)
        server = self.serve(answer(409))
        self.assertEqual(self.device(path, server).activate().code, 409)
        self.assertEqual(self.read(path), text)

    def test_no_activation_is_spent_when_the_key_would_have_no_place(self):
        path = self.write("[device]\nvendor = p\nmodel = p\nuuid = s\n")
        server = self.serve(answer(200, KEY.encode()))
        device = self.device(path, server)
        with unittest.mock.patch("exo.device_file.os.replace", side_effect=OSError("read-only")):
            self.assertRaises(OSError, device.activate)
        self.assertEqual((server.requests, os.listdir(self.folder)), ([], ["own.cfg"]))

    def test_the_serial_number_is_the_mac_address_when_there_is_no_uuid(self):
        path = self.write("[device]\nvendor = p\nmodel = p\niface = lo\n")
        server = self.serve(answer(404))
        self.device(path, server).activate()
        self.assertIn(b"sn=00%3A00%3A00%3A00%3A00%3A00", server.requests[0])

    def test_a_key_that_another_program_renewed_is_taken_up_within_the_call(self):
        path = self.write(f"[device]\ncik = {'f' * 40}\nvendor = p\nmodel = p\n")
        server = self.serve(answer(401), answer(204))
        device = self.device(path, server)
        set_cik(path, KEY)
        self.assertTrue(device.http_write("a", 1).success)
        self.assertIn(KEY.encode(), server.requests[1])

    def test_beside_a_gateway_cfg_the_address_of_the_engine_counts(self):
        path = self.write("[device]\nvendor = p\n", "Gateway.cfg")
        self.write("[engine]\nserver = http://127.0.0.1:8080\n", "Engine.config")
        self.assertEqual(self.device(path).server, "http://127.0.0.1:8080")
