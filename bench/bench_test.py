# SPDX-License-Identifier: MIT
"""What the bench makes of its samples: verdicts, configurations, pictures."""

import argparse
import contextlib
import io
import os
import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree

sys.path.append(str(pathlib.Path(__file__).resolve().parent))
import curves  # noqa: E402  (what the line above makes known)
import draw  # noqa: E402
import hubs  # noqa: E402
import library  # noqa: E402
import measure  # noqa: E402
import report  # noqa: E402
import session_bus  # noqa: E402
import svg  # noqa: E402
import table  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


def results_of(figures):
    """Results from {(row, hub): [cost or None, ...]}."""
    results = report.Results()
    for (row, hub), costs in figures.items():
        for cost in costs:
            results.add(row, hub, {"error": "lost"} if cost is None else {row.figure: cost})
    return results


class Library(unittest.TestCase):
    def test_a_library_is_compared_in_the_same_round(self):
        own = [library.Cost(1, 0, 0), library.Cost(20, 0, 0), library.Cost(3, 0, 0)]
        other = [library.Cost(4, 0, 0), library.Cost(80, 0, 0), "lost"]
        results = {("text", "caller", "headway"): own, ("text", "caller", "sd-bus"): other}
        self.assertEqual(library.ratios(results, "text", "caller", "sd-bus"), [0.25, 0.25])

    def test_what_is_missing_is_counted_and_said(self):
        results = {("text", "caller", "headway"): [library.Cost(1, 2, 3)],
                   ("text", "caller", "sd-bus"): ["no such thing"]}
        with contextlib.redirect_stdout(io.StringIO()) as said:
            missing = library.show_end(results, "text", "caller", ["headway", "sd-bus"])
        self.assertEqual(missing, 1)
        self.assertIn("sd-bus             n/a: no such thing", said.getvalue())

    def test_slow_libraries_make_fewer_calls(self):
        options = argparse.Namespace(calls=1000)
        self.assertEqual(library.calls_of(options, "headway", "GDBus", "dict"), 100)
        self.assertEqual(library.calls_of(options, "headway", "headway", library.BUDGET_SHAPE),
                         1000 * library.BUDGET_CALLS)


class Verdicts(unittest.TestCase):
    def test_a_budget_is_held_against_the_same_round_of_the_rival(self):
        row = table.Row("a", "a", "floor", 2)
        slow_machine_later = {(row, "floor"): [1, 10, 100], (row, "headwayd"): [1.9, 19, 190]}
        self.assertEqual(report.budget(row, [row], results_of(slow_machine_later)),
                         ("2 x floor", "met"))
        too_much = {(row, "floor"): [1, 10, 100], (row, "headwayd"): [3, 30, 300]}
        self.assertEqual(report.budget(row, [row], results_of(too_much))[1], "MISSED by 50 %")

    def test_a_round_that_failed_compares_with_nothing(self):
        row = table.Row("a", "a", "floor", 2)
        results = results_of({(row, "floor"): [1, None, 1], (row, "headwayd"): [1, 1, None]})
        self.assertEqual(results.compare((row, "headwayd"), (row, "floor")), [1])
        nothing = results_of({(row, "floor"): [None], (row, "headwayd"): [1]})
        self.assertEqual(report.budget(row, [row], nothing)[1], "-")
        self.assertEqual(nothing.problems, {("a", "floor"): "lost"})

    def test_surroundings_are_held_against_the_row_without_them(self):
        base, ratio = table.Row("a", "a"), table.Row("b", "b", without="a", factor=1.05)
        results = results_of({(base, "headwayd"): [1.0], (ratio, "headwayd"): [1.1]})
        self.assertEqual(report.budget(ratio, [base, ratio], results),
                         ("1.05 x a", "MISSED by 5 %"))
        added = table.Row("c", "c", without="a", added=2)
        results = results_of({(base, "headwayd"): [1.0], (added, "headwayd"): [2.5]})
        self.assertEqual(report.budget(added, [base, added], results), ("'a' + 2 us", "met"))

    def test_a_row_is_chosen_with_the_row_it_is_compared_with(self):
        self.assertEqual([row.id for row in table.choose("signal-20000")],
                         ["signal", "signal-20000"])
        self.assertEqual(table.choose("no such row"), [])

    def test_every_row_has_a_unit_and_what_it_compares_with(self):
        ids = [row.id for row in table.ROWS]
        self.assertEqual(len(ids), len(set(ids)))
        for row in table.ROWS:
            self.assertIn(row.unit, ("us", "ms", "KiB"))
            self.assertIn(row.without, (None, *ids))
            self.assertEqual(row.load.id, row.id)

    def test_the_tables_show_growth_and_what_is_missing(self):
        row = table.Row("a", "a load", also=(("p50_us", "p50, us"),))
        results = report.Results()
        results.add(row, "headwayd", {"cpu_us": 2, "wall_us": 3, "p50_us": 4, "peak_kib": 1234,
                                      "kept_kib": 5})
        results.add(row, "dbus-broker", {"error": "it was not there"})
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            report.report([row], ["dbus-broker", "headwayd"], results, 1)
        self.assertRegex(out.getvalue(), r"a load +n/a +2\.00\n")
        self.assertRegex(out.getvalue(), r"a: p50, us +n/a +4\.00\n")
        self.assertRegex(out.getvalue(), r"a load +- +1,234/5\n")
        self.assertIn("n/a: dbus-broker: it was not there (a)", out.getvalue())


class Configurations(unittest.TestCase):
    def test_a_session_bus_listens_where_it_is_told_and_nowhere_else(self):
        root = xml.etree.ElementTree.fromstring(session_bus.configuration("/tmp/a & b", "<x/>"))
        self.assertEqual([child.tag for child in root], ["listen", "include", "x"])
        self.assertEqual(root.findtext("listen"), "unix:path=/tmp/a & b")
        included = xml.etree.ElementTree.parse(root.findtext("include")).getroot()
        self.assertIsNone(included.find("listen"))
        self.assertEqual(included.findtext("type"), "session")

    def test_the_system_bus_keeps_its_policy_but_not_its_place(self):
        text = ("<busconfig><user>other</user><fork/><pidfile>/run/x</pidfile><syslog/>"
                "<listen>unix:path=/run/x</listen><policy context='default'/>"
                "<includedir>system.d</includedir><includedir>/etc/d</includedir></busconfig>")
        with tempfile.TemporaryDirectory() as place:
            file = os.path.join(place, "system.conf")
            pathlib.Path(file).write_text(text, encoding="utf-8")
            root = xml.etree.ElementTree.fromstring(hubs.system_configuration("/tmp/bus", file))
            self.assertEqual([(child.tag, child.text) for child in root],
                             [("policy", None), ("includedir", f"{place}/system.d"),
                              ("includedir", "/etc/d"), ("listen", "unix:path=/tmp/bus")])
            with self.assertRaisesRegex(hubs.HubError, "cannot read"):
                hubs.system_configuration("/tmp/bus", file + ".absent")


class Measuring(unittest.TestCase):
    def test_hubs_take_turns(self):
        self.assertEqual(measure.in_turn(["a", "b", "c"], 4), ["b", "c", "a"])

    def test_the_processor_is_named_or_said_to_be_unknown(self):
        self.assertEqual(measure.cpu_model("processor\t: 0\nmodel name\t: A: 1\n"), "A: 1")
        self.assertEqual(measure.cpu_model("processor\t: 0\n"), "unknown")

    def test_only_the_policy_curve_changes_the_policy(self):
        policies = {curve.id: curve.load(10).policy_services for curve in curves.CURVES}
        self.assertEqual({name for name, services in policies.items() if services}, {"policy"})
        for curve in curves.CURVES:
            self.assertEqual(list(curve.points), sorted(curve.points))


class Pictures(unittest.TestCase):
    FACTS = {"cpu": "A <fast> one", "cores": 2, "kernel": "6", "date": "today", "rounds": 3}

    def test_a_logarithmic_scale_keeps_order_and_finds_a_place_for_nothing(self):
        scale = svg.LogScale([0, 1, 10, 1000], 0, 100)
        places = [scale(value) for value in (0, 1, 10, 1000)]
        self.assertEqual(places, sorted(places))
        self.assertEqual((places[0], places[-1]), (0, 100))
        self.assertAlmostEqual(places[3] - places[2], 2 * (places[2] - places[1]))
        self.assertEqual(scale.ticks(), [1, 10, 100, 1000])
        self.assertEqual(svg.LogScale([3, 40], 0, 1, whole_decades=True).ticks(),
                         [1, 2, 5, 10, 20, 50, 100])

    def test_one_value_alone_has_a_place(self):
        self.assertEqual(svg.LogScale([7], 0, 100)(7), 0)

    def test_numbers_on_axes_are_short(self):
        self.assertEqual([svg.short(n) for n in (0, 0.5, 30, 1000, 2e6)],
                         ["0", "0.5", "30", "1k", "2M"])
        self.assertEqual([svg.short_bytes(n) for n in (16, 8192, 64 << 20)],
                         ["16 B", "8 KiB", "64 MiB"])

    def test_bars_are_as_long_as_their_figures(self):
        costs = {"floor": {"median": 1.0}, "headwayd": {"median": 2.0},
                 "dbus-broker": {"median": None}, "dbus-daemon": {"median": 8.0}}
        data = {"kind": "bench", **self.FACTS,
                "rows": [{"id": "a", "title": "a & b", "unit": "us", "hubs": costs}]}
        root = xml.etree.ElementTree.fromstring(draw.draw(data))
        longest = {}
        for bar in root.iter(f"{SVG}rect"):
            width = float(bar.get("width"))
            longest[bar.get("class")] = max(longest.get(bar.get("class"), 0), width)
        self.assertAlmostEqual(longest["dbus-daemon"] / longest["headwayd"], 4, places=1)
        self.assertAlmostEqual(longest["dbus-daemon"] / longest["floor"], 8, places=1)
        words = [text.text for text in root.iter(f"{SVG}text")]
        self.assertIn("a & b", words)
        self.assertIn("8.00 us", words)
        self.assertEqual(len([word for word in words if word.endswith(" us")]), 3)

    def test_labels_keep_their_distance_and_the_ends_have_theirs(self):
        ticks = [(0, "a"), (10, "b"), (40, "c"), (90, "d"), (100, "e")]
        self.assertEqual([word for _, word in draw.spaced(ticks, 30)], ["a", "c", "e"])
        self.assertEqual(draw.spaced(ticks[:1], 30), ticks[:1])

    def test_a_point_without_samples_is_left_out_of_its_line(self):
        points = [{"n": 1, "hubs": {"headwayd": [1.0, 3.0, 2.0], "dbus-broker": [4.0]}},
                  {"n": 10, "hubs": {"headwayd": [None], "dbus-broker": [5.0, None]}}]
        data = {"kind": "curves", **self.FACTS,
                "curves": [{"id": "a", "title": "a", "axis": "n", "unit": "", "points": points}]}
        root = xml.etree.ElementTree.fromstring(draw.draw(data))
        dots = [dot.get("class") for dot in root.iter(f"{SVG}circle")]
        self.assertEqual(sorted(dots), ["dbus-broker", "dbus-broker", "headwayd"])


if __name__ == "__main__":
    unittest.main()
