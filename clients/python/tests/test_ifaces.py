import os
import random
import sqlite3
import subprocess
import sys
import unittest
import unittest.mock

from exo.ifaces import TrafficLog, printable, program_name, traffic_file
from exo.interfaces import InterfaceNames, interface_addresses
from exo.pending import Entry, Pending
from support import FolderTest, answer

DAY = 86_400_000


def entry(time_ms=DAY, interface="eth0", sent=10, received=20, **changes):
    return Entry(time_ms, "p", interface, "data", "write", "h", sent, received, 204, 3)._replace(**changes)


class Accounts(FolderTest):
    def log(self, name="ifaces.db"):
        log = TrafficLog(os.path.join(self.folder, name))
        self.addCleanup(log.close)
        return log

    def rows(self, query, name="ifaces.db"):
        database = sqlite3.connect(os.path.join(self.folder, name))
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()

    def test_requests_are_kept_and_summed_by_day_interface_program_class_and_method(self):
        log = self.log()
        for sent, received in ((10, 20), (30, 5)):
            log.append(entry(sent=sent, received=received))
        log.append(entry(2 * DAY, method="read", status=None))
        self.assertTrue(log.flush())
        self.assertEqual(
            self.rows("SELECT * FROM total"),
            [
                ("1970-01-02", "eth0", "p", "data", "write", 25, 20, 40, 30, 2),
                ("1970-01-03", "eth0", "p", "data", "read", 20, 20, 10, 10, 1),
            ],
        )
        self.assertEqual(
            self.rows("SELECT id, method, status FROM request"),
            [(1, "write", 204), (2, "write", 204), (3, "read", None)],
        )
        self.assertEqual(self.rows("PRAGMA user_version"), [(1,)])

    def test_a_request_without_a_connection_is_in_no_total(self):
        log = self.log()
        log.append(entry(interface="", sent=0, received=0, status=None))
        self.assertTrue(log.flush())
        self.assertEqual((self.rows("SELECT count(*) FROM request"), self.rows("SELECT * FROM total")), ([(1,)], []))

    def test_old_requests_and_days_go(self):
        log = self.log()
        with unittest.mock.patch.multiple("exo.accounts_file", REQUESTS=3, DAYS=2, TOTALS=100):
            for day in range(5):
                log.append(entry(day * DAY))
            self.assertTrue(log.flush())
        self.assertEqual(self.rows("SELECT id FROM request"), [(3,), (4,), (5,)])
        self.assertEqual(self.rows("SELECT day FROM total"), [("1970-01-04",), ("1970-01-05",)])

    def test_a_time_beyond_the_calendar_is_no_obstacle(self):
        log = self.log()
        log.append(entry(10**19 // 1000))
        self.assertTrue(log.flush())
        self.assertEqual(self.rows("SELECT day FROM total"), [("1970-01-01",)])

    def test_many_processes_write_to_one_file_and_nothing_is_lost(self):
        program = (
            "import sys\n"
            "from exo.pending import Entry\n"
            "from exo.ifaces import TrafficLog\n"
            "log = TrafficLog(sys.argv[1])\n"
            "for n in range(200): log.append(Entry(0, 'p', 'eth0', 'data', 'write', 'h', 1, 2, 204, 0))"
        )
        file = os.path.join(self.folder, "ifaces.db")
        writers = [subprocess.Popen([sys.executable, "-c", program, file]) for _ in range(5)]
        self.assertEqual([writer.wait() for writer in writers], [0] * 5)
        self.assertEqual(self.rows("SELECT tot_rx, tot_tx, num FROM total"), [(2000, 1000, 1000)])
        self.assertEqual(self.rows("SELECT count(*) FROM request"), [(1000,)])

    def test_a_file_that_cannot_be_written_costs_single_requests_and_no_sum(self):
        log = self.log("missing/ifaces.db")
        with self.assertLogs("exo.ifaces", "WARNING"):
            for _ in range(2_100):
                log.append(entry())
            self.assertFalse(log.flush())
        self.assertEqual(log.dropped, 100)
        self.assertIn("unable to open", log.problem)
        os.mkdir(os.path.join(self.folder, "missing"))
        self.assertTrue(log.flush())
        self.assertEqual(self.rows("SELECT num FROM total", "missing/ifaces.db"), [(2100,)])
        self.assertEqual(self.rows("SELECT count(*) FROM request", "missing/ifaces.db"), [(2000,)])

    def test_a_damaged_file_is_set_aside_and_accounts_go_on(self):
        path = os.path.join(self.folder, "ifaces.db")
        with open(path, "wb") as file:
            file.write(b"no database " * 1000)
        log = self.log()
        with self.assertLogs("exo.ifaces", "WARNING"):
            log.append(entry())
            self.assertTrue(log.flush())
        self.assertEqual(self.rows("SELECT num FROM total"), [(1,)])
        self.assertTrue(os.path.exists(path + ".damaged"))

    def test_a_file_of_a_later_version_is_left_alone(self):
        self.rows("PRAGMA user_version = 2")
        log = self.log()
        log.append(entry())
        with self.assertLogs("exo.ifaces", "WARNING"):
            self.assertFalse(log.flush())
        self.assertEqual(self.rows("SELECT count(*) FROM sqlite_master"), [(0,)])

    def test_a_forked_child_accounts_for_its_own_requests_only(self):
        log = self.log()
        log.append(entry())
        child = os.fork()
        if child == 0:
            log.append(entry(received=1000))
            os._exit(0 if log.flush() else 1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertTrue(log.flush())
        self.assertEqual(self.rows("SELECT num, tot_rx FROM total"), [(2, 1020)])

    def test_a_client_accounts_for_its_requests_in_the_background(self):
        file = os.path.join(self.folder, "ifaces.db")
        api = self.api(self.serve(answer(204)), accounting=file, program="my\nprogram", traffic_class="log")
        api.http_write("a", 1)
        self.assertTrue(api.traffic_log.flush())
        (row,) = self.rows("SELECT program, interface, class, method, status, sent > 100, received FROM request")
        self.assertEqual(row, ("my program", "lo", "log", "write", 204, 1, len(answer(204))))


class Waiting(unittest.TestCase):
    def test_whatever_is_taken_and_put_back_the_sums_are_those_of_all_requests(self):
        chance = random.Random(3)
        for _ in range(50):
            pending, entries, taken = Pending(), [], None
            for _ in range(60):
                step = chance.random()
                if step < 0.8:
                    entries.append(entry(chance.randrange(3) * DAY, sent=chance.randrange(9), received=1))
                    pending.add(entries[-1])
                elif taken is None:
                    taken = pending.take()
                else:
                    pending.put_back(taken)
                    taken = None
            if taken is not None:
                pending.put_back(taken)
            self.assertEqual(pending.requests, entries)
            self.assertEqual(sum(sum_[4] for sum_ in pending.sums.values()), len(entries))
            self.assertEqual(sum(sum_[2] for sum_ in pending.sums.values()), sum(each.sent for each in entries))
            self.assertEqual(pending.dropped, 0)


class Places(FolderTest):
    def test_the_option_counts_then_the_environment_then_the_home_then_the_shared_folder(self):
        with unittest.mock.patch.dict("os.environ", {"GWE_TRAFFIC_DB": "/e.db", "GWE_HOME": "/home/g"}):
            self.assertEqual(traffic_file("/o.db"), "/o.db")
            self.assertIsNone(traffic_file(False))
            self.assertEqual(traffic_file(None), "/e.db")
            os.environ["GWE_TRAFFIC_DB"] = ""
            self.assertIsNone(traffic_file(None))
            del os.environ["GWE_TRAFFIC_DB"]
            self.assertEqual(traffic_file(None), "/home/g/var/ifaces.db")
            del os.environ["GWE_HOME"]
            self.assertEqual(traffic_file(None, self.folder), f"{self.folder}/ifaces.db")

    def test_a_name_in_the_shared_folder_that_is_a_link_is_not_followed(self):
        with unittest.mock.patch.dict("os.environ"):
            for name in ("GWE_TRAFFIC_DB", "GWE_HOME"):
                os.environ.pop(name, None)
            os.symlink("/etc/passwd", f"{self.folder}/ifaces.db")
            self.assertEqual(traffic_file(None, self.folder), f"{self.folder}/ifaces-{os.getuid()}.db")
            os.symlink("/etc/passwd", f"{self.folder}/ifaces-{os.getuid()}.db-wal")
            self.assertIsNone(traffic_file(None, self.folder))

    def test_a_program_is_named_after_its_script(self):
        with unittest.mock.patch.object(sys, "argv", ["/opt/app/report.py", "x"]):
            self.assertEqual(program_name(), "report")
        self.assertEqual(printable(" a\tb\0c" + "d" * 100), "a b c" + "d" * 55)


class Interfaces(FolderTest):
    def test_every_address_of_the_machine_has_its_interface(self):
        addresses = interface_addresses()
        self.assertEqual(addresses["127.0.0.1"], "lo")
        self.assertTrue(set(addresses.values()) <= set(os.listdir("/sys/class/net")))

    def test_an_address_that_is_new_is_asked_for_and_one_that_is_gone_is_unknown(self):
        names = InterfaceNames(lambda: {"10.0.0.1": "ppp0"})
        addresses = ("10.0.0.1", "::ffff:10.0.0.1", "10.0.0.2", "127.0.0.9", "::1", "fe80::1%eth1", "")
        self.assertEqual(
            [names.of(address) for address in addresses], ["ppp0", "ppp0", "unknown", "lo", "lo", "eth1", ""]
        )
