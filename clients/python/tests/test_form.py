import random
import unittest

from exo.form import csv_lines, decode_form, encode_form, encode_text, http_date


class Form(unittest.TestCase):
    def test_any_text_comes_back_as_it_was(self):
        signs = [chr(n) for n in range(0x20)] + list("aZ09-_.~ &=+%;?#/\"'{}\\") + ["ü", "€", "🌊", "\u2028", "\ufeff"]
        chance = random.Random(4)
        for _ in range(500):
            value = "".join(chance.choices(signs, k=chance.randrange(20)))
            self.assertEqual(decode_form(encode_form([("a b", value), ("c", "")])), {"a b": value, "c": ""})

    def test_only_unreserved_characters_go_unencoded(self):
        self.assertEqual(encode_text("aZ09-_.~"), "aZ09-_.~")
        self.assertEqual(encode_text(" +\r\né"), "%20%2B%0D%0A%C3%A9")

    def test_numbers_and_bytes_are_values_too(self):
        self.assertEqual(encode_form([("a", 1), ("b", 2.5), ("c", b"x y")]), "a=1&b=2.5&c=x%20y")

    def test_text_that_is_not_utf8_is_refused(self):
        with self.assertRaises(ValueError):
            decode_form("a=%FF")

    def test_a_field_with_a_comma_is_one_field(self):
        self.assertEqual(csv_lines('text/plain,3,7,"a, b"\r\n'), [["text/plain", "3", "7", "a, b"]])

    def test_an_http_date_is_seconds_and_anything_else_is_none(self):
        self.assertEqual(http_date("Thu, 01 Jan 1970 00:01:00 GMT"), 60)
        for text in (None, "", "yesterday", "Thu, 99 Foo 1970 00:01:00 GMT"):
            self.assertIsNone(http_date(text))
