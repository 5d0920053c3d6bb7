#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of what judges figures: timeline.py, trials.py, tables.py and the tables' sense."""
import struct
import unittest

import counts
import measure
import sockmem
import tables
import timeline
import trials
import wakeups
from cases import BARS, CASES, Bar, least


def result(**peers):
    """One case; a peer's figures by name."""
    return {"runs": [{"peer": peer, "test": "x", "figures": f} for peer, f in peers.items()]}


class Timeline(unittest.TestCase):
    # two links of 100 in 10 ms bins: one second, a hole, one link, both again
    BINS = [200] * 100 + [0] * 20 + [100] * 180 + [200] * 200

    def test_a_rate_is_there_when_it_stays(self):
        # 8 of 10 bins of 100 are 80 %: the window may begin 2 bins early
        self.assertEqual(timeline.settled(self.BINS, 10, 1000, 5000, 80), 180)
        self.assertEqual(timeline.settled(self.BINS, 10, 900, 5000, 80), 280)

    def test_a_burst_does_not_count(self):
        bins = [200] * 100 + [0] * 20 + [2000] + [0] * 20 + [100] * 100
        self.assertEqual(timeline.settled(bins, 10, 1000, 2400, 80), 390)

    def test_no_stall(self):
        self.assertEqual(timeline.settled(self.BINS, 10, 1500, 5000, 80), 0)

    def test_within_a_bin(self):
        self.assertEqual(timeline.settled([100] * 100, 10, 55, 1000, 80), 5)

    def test_never(self):
        self.assertIsNone(timeline.settled(self.BINS, 10, 1000, 5000, 300))
        self.assertIsNone(timeline.settled(self.BINS, 10, 1000, 3000, 150))

    def test_nothing_to_look_at(self):
        self.assertIsNone(timeline.settled([200] * 100, 10, 950, 1000, 80))

    def test_reuse(self):
        figures = timeline.failover(self.BINS, 10, 1000, 3000, 5000, 100)
        self.assertEqual(figures["reuse ms"], 0)
        self.assertEqual(figures["stall ms"], 180)
        self.assertEqual(figures["rate after"], 200)

    def test_a_link_that_is_used_again_late(self):
        bins = [200] * 100 + [100] * 300 + [200] * 100
        self.assertEqual(timeline.failover(bins, 10, 1000, 3000, 5000, 100)["reuse ms"], 950)

    def test_a_link_that_is_not_used_again(self):
        figures = timeline.failover([200] * 100 + [100] * 400, 10, 1000, 3000, 5000, 100)
        self.assertIsNone(figures["reuse ms"])


class Paced(unittest.TestCase):
    ROW = {"start_s": 100.0, "rtt_median_us": 10, "rtt_p99_us": 11, "rtt_max_us": 900,
           "rtt_us": [900] + [10] * 300 + [30] + [10] * 100}

    def test_an_event_is_judged_from_its_time_on(self):
        self.assertEqual(measure.figures_of_paced(self.ROW, [103.01, 104])["extra us"], 20)
        self.assertEqual(measure.figures_of_paced(self.ROW, [103.5, 104])["extra us"], 0)

    def test_without_an_event_all_counts(self):
        self.assertEqual(measure.figures_of_paced(self.ROW)["extra us"], 890)


class Operations(unittest.TestCase):
    def test_what_is_less_is_better(self):
        row = {"size": 8, "mbit_per_s": 0.4, "rtt_median_us": 160, "rtt_p99_us": 170}
        figures = measure.figures_of_operations({"test": "write", "results": [row]})
        self.assertEqual(figures, {"write 8": 0.4, "rtt write 8": 160, "p99 write 8": 170})
        self.assertEqual([tables.lower_is_better(name) for name in figures], [False, True, True])


    def test_copies_are_of_what_was_written(self):
        # of three operations one is the READ that looks
        here = {"HpsAskCompleted": 3, "HpsCopiedOctets": 300}
        there = {"HpsCopiedOctets": 300}
        self.assertEqual(measure.copies(here, there, 100), {"copies here": 1, "copies there": 1})
        here["HpsCopiedOctets"] = 150
        self.assertEqual(measure.copies(here, there, 100)["copies here"], 0.25)

    def test_a_row_says_how_long_it_took(self):
        self.assertEqual(measure.duration({"operations": 500, "operations_per_s": 1000.0}), 0.5)

    def test_a_rate_is_that_of_the_operations_or_of_the_stream(self):
        self.assertEqual(measure.bulk_rate({"results": [{"mbit_per_s": 7}]}), 7)
        self.assertEqual(measure.bulk_rate({"steady_mbit_per_s": 8}), 8)


class Streams(unittest.TestCase):
    def test_instructions_are_counted_where_the_processor_is_busy(self):
        report = {"steady_mbit_per_s": 4000}
        self.assertEqual(measure.figures_of_stream(report, True), {"stream": 4000, "instr/B": 2})
        self.assertEqual(measure.figures_of_stream(report, False), {"stream": 4000})
        self.assertEqual(measure.figures_of_stream({"steady_mbit_per_s": None}, True), {"stream": None})


class Wakeups(unittest.TestCase):
    HEAD = "# tracer: nop\n#\n# entries-in-buffer/entries-written: {}/{}   #P:2\n#\n"
    TRACE = """\
          <idle>-0       [001] dNs5.    12.000100: sched_wakeup: comm=hpsperf pid=31 prio=120 target_cpu=001
         hpsperf-30      [000] d.s2.    12.500000: sched_wakeup: comm=hpsperf pid=30 prio=120 target_cpu=000
         hpsperf-30      [000] d.s2.    13.000000: sched_wakeup: comm=hpsperf pid=32 prio=120 target_cpu=000
"""
    EVENTS = [(12.0001, 31), (12.5, 30), (13.0, 32)]

    def test_a_trace_is_read(self):
        self.assertEqual(wakeups.parse(self.HEAD.format(3, 3) + self.TRACE), self.EVENTS)
        self.assertEqual(wakeups.parse(self.HEAD.format(0, 0)), [])

    def test_a_trace_that_lost_some_is_none(self):
        with self.assertRaises(wakeups.Failed):
            wakeups.parse(self.HEAD.format(3, 4) + self.TRACE)

    def test_the_client_does_not_count(self):
        self.assertEqual(wakeups.count(self.EVENTS, 12.2, 12.9), (1, 2))
        self.assertEqual(wakeups.count(self.EVENTS, 12.2, 12.9, without=(30,)), (0, 2))
        self.assertEqual(wakeups.count(self.EVENTS, 12, 13, without=(30,)), (2, 0))


class Memory(unittest.TestCase):
    @staticmethod
    def attribute(kind, payload):
        return struct.pack("HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)

    def test_messages_are_told_apart(self):
        datagram = b"".join(struct.pack("IHHII", 16 + size, kind, 2, 1, 0) + bytes(size + -size % 4)
                            for kind, size in ((20, 72), (20, 5), (3, 4)))
        self.assertEqual([(kind, len(payload)) for kind, payload in sockmem.messages(datagram)],
                         [(20, 72), (20, 5), (3, 4)])
        self.assertEqual(list(sockmem.messages(b"short")), [])

    def test_memory_of_a_port(self):
        head = bytearray(sockmem.INET_MSG)
        struct.pack_into("!H", head, 4, 18522)
        message = (bytes(head) + self.attribute(2, b"other") +
                   self.attribute(sockmem.SKMEMINFO, struct.pack("9I", 4711, *range(8))))
        self.assertEqual(sockmem.inet_memory(message, 18522), 4711)
        self.assertEqual(sockmem.inet_memory(message, 18521), 0)
        self.assertEqual(sockmem.inet_memory(bytes(head), 18522), 0)

    def test_memory_of_hps(self):
        info = bytearray(192)
        struct.pack_into("I", info, sockmem.RCV_COST, 128)
        message = bytes(sockmem.HPS_MSG) + self.attribute(sockmem.HPS_INFO, bytes(info))
        self.assertEqual(sockmem.hps_memory(message), 128)
        self.assertEqual(sockmem.hps_memory(bytes(sockmem.HPS_MSG)), 0)

    def test_a_request_has_the_size_that_the_kernel_wants(self):
        self.assertEqual(len(sockmem.inet_request(2, sockmem.MPTCP)), 56 + 8)


class Trials(unittest.TestCase):
    GOOD = {"gap ms": 10, "stall ms": 20, "reuse ms": 30}

    def test_a_seed_repeats_itself(self):
        many, few = list(trials.draw(7, 50)), list(trials.draw(7, 5))
        self.assertEqual(many[:5], few)
        self.assertNotEqual(few, list(trials.draw(8, 5)))

    def test_all_that_can_happen_does(self):
        drawn = list(trials.draw(1, 200))
        self.assertEqual({trial.kind for trial in drawn}, set(trials.KINDS))
        self.assertEqual({trial.kind for trial in drawn}, set(measure.Event.ENDS))
        self.assertEqual({trial.link for trial in drawn}, {1, 2})
        for trial in drawn:
            self.assertTrue(1 < trial.lost < trial.back < trial.end)

    def test_bars_are_those_of_the_case(self):
        told, silent = (trials.Trial(kind, 1, 2, 3, 4) for kind in ("down", "mute"))
        self.assertEqual(trials.missed(told, self.GOOD), [])
        self.assertEqual(trials.missed(told, {**self.GOOD, "gap ms": 50}), ["gap ms"])
        self.assertEqual(trials.missed(silent, {**self.GOOD, "gap ms": 50}), [])
        self.assertEqual(trials.missed(silent, {**self.GOOD, "reuse ms": None}), ["reuse ms"])
        self.assertEqual(trials.missed(told, {}), list(trials.FIGURES))

    def test_summary(self):
        trial = trials.Trial("down", 1, 2, 3, 4)
        rows = trials.summary([(trial, {**self.GOOD, "reuse ms": ms}) for ms in (1, 9, 5)] +
                              [(trial, {})])
        self.assertEqual((rows["trials"], rows["out of bounds"]), (4, 1))
        self.assertEqual(rows["reuse ms carrier median"], 9)
        self.assertIsNone(rows["reuse ms carrier max"])
        self.assertNotIn("reuse ms blackhole max", rows)


class Counts(unittest.TestCase):
    TABLE = counts.symbols([
        "ffffffff81000000 T first", "ffffffff81000000 t another_name", "ffffffff81000020 d data",
        "ffffffff81000040 t second", "ffffffffc0000000 t send\t[hps]"])

    def test_blocks_belong_to_the_function_before_them(self):
        functions = counts.by_function(self.TABLE, [
            "ffffffff81000000 5 10", "ffffffff81000030 2 3", "ffffffff81000040 1 7",
            "ffffffffc0000010 4 2", "401000 9 1", "10 1 1"])
        self.assertEqual(functions, {"first": [56, 10], "second": [7, 7], "send [hps]": [8, 0],
                                     "(programs)": [10, 0]})

    def test_report_is_per_event(self):
        lines = list(counts.report({"send [hps]": [100, 4], "first": [300, 2]}, 2, 1))
        self.assertEqual(lines[0].split(), ["200.0", "instructions,", "50.0", "of", "them", "in", "hps"])
        self.assertEqual([line.split() for line in lines[1:]], [["150.0", "1.00", "first"]])


class Judging(unittest.TestCase):
    def verdict(self, bar, results):
        return tables.judge(bar, results)["verdict"]

    def test_number(self):
        bar = Bar(3, "even-2", "stream", ">=", 190)
        self.assertEqual(self.verdict(bar, {"even-2": result(hps={"stream": 190})}), "OK")
        self.assertEqual(self.verdict(bar, {"even-2": result(hps={"stream": 189.9})}), "MISS")

    def test_multiple_of_a_peer(self):
        bar = Bar(3, "even-2", "rtt 4", "<=", 1.1, "tcp")
        good = {"even-2": result(tcp={"rtt 4": 100}, hps={"rtt 4": 110})}
        bad = {"even-2": result(tcp={"rtt 4": 100}, hps={"rtt 4": 111})}
        self.assertEqual(self.verdict(bar, good), "OK")
        self.assertEqual(self.verdict(bar, bad), "MISS")

    def test_peer_of_another_case(self):
        bar = Bar(3, "lossy", "p99 us", "<", 1.1, "hps@clean", peer="hpsdup")
        both = {"clean": result(hps={"p99 us": 100}), "lossy": result(hpsdup={"p99 us": 109})}
        self.assertEqual(self.verdict(bar, both), "OK")
        self.assertEqual(self.verdict(bar, {"lossy": both["lossy"]}), "not measured")

    def test_a_run_that_failed_is_a_miss(self):
        bar = Bar(3, "even-2", "stream", ">=", 190)
        self.assertTrue(self.verdict(bar, {"even-2": result(tcp={"stream": 1})}).startswith("MISS"))
        self.assertEqual(self.verdict(bar, {}), "not measured")

    def test_less_memory_is_better(self):
        results = {"idle": result(tcp={"octets each": 8000}, hps={"octets each": 9000}),
                   "opens": result(tcp={"opens/s": 3000}, hps={"opens/s": 3500})}
        self.assertEqual([figure for _, figure, *_ in tables.losses(results)], ["octets each"])

    def test_every_loss_is_shown(self):
        results = {"even-2": result(
            tcp={"rtt 4": 100, "stream": 95, "p99 4": 100}, mptcp={"stream": 187, "rtt 4": 90},
            hps={"rtt 4": 110, "stream": 190, "p99 4": 100.5})}
        self.assertEqual([(c.name, figure, best, other) for c, figure, _, best, other
                          in tables.losses(results)], [("even-2", "rtt 4", "mptcp", 90)])

    def test_what_hps_does_never_is_a_loss(self):
        results = {"carrier": result(bond={"reuse ms": 0, "gap ms": 5},
                                     hps={"reuse ms": None, "gap ms": 2})}
        self.assertEqual([figure for _, figure, *_ in tables.losses(results)], ["reuse ms"])


class Tables(unittest.TestCase):
    def test_every_bar_is_of_a_case_and_peer_that_are_measured(self):
        cases = {case.name: case for case in CASES}
        for bar in BARS:
            self.assertIn(bar.peer, cases[bar.case].peers)
            if bar.of:
                peer, _, case = bar.of.partition("@")
                self.assertIn(peer, cases[case or bar.case].peers)

    def test_no_size_is_slower_than_on_one_link(self):
        judged = {(bar.case, bar.figure) for bar in BARS if bar.of == "hps1"}
        sizes = {(case.name, f"rate {size}") for case in CASES if "hps1" in case.peers and not case.by_name
                 for name, options in case.tests if name == "pingpong" for size in options["sizes"]}
        self.assertEqual(sizes - judged, set())

    def test_names_are_unique_and_tests_exist(self):
        self.assertEqual(len({case.name for case in CASES}), len(CASES))
        for case in CASES:
            for name, _ in case.tests:
                self.assertIn(name, measure.TESTS)

    def test_sizes_in_names(self):
        self.assertEqual([bar.figure for bar in least(3, "x", stream=1, rate_64k=1, rate_16m=1)],
                         ["stream", "rate 65536", "rate 16777216"])
        self.assertEqual(tables.figure_title("rate 65536"), "ping-pong of 64 KB, Mbit/s")
        self.assertEqual(tables.figure_title("reuse ms"), "reuse ms")
        self.assertEqual([bar.figure for bar in least(4, "x", write_1m=1, read_8=1)],
                         ["write 1048576", "read 8"])
        self.assertEqual(tables.figure_title("read 1048576"), "RDMA READ of 1 MB, Mbit/s")
        self.assertEqual(tables.figure_title("rtt write 8"), "rtt write 8, us")
        self.assertEqual(tables.figure_title("held"), "octets held above TCP, mean")
        self.assertEqual(tables.figure_title("held 61440"), "octets held by TCP, 60 KB")


if __name__ == "__main__":
    unittest.main()
