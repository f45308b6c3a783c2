# SPDX-License-Identifier: MIT
"""The runner of `./dev test` counts what ran, and lets nothing that did not run pass."""

import contextlib
import io
import os
import pathlib
import sys
import tempfile
import unittest
import unittest.mock

import stages
from stages import Stage

UNIT_REPORT = """<?xml version="1.0"?><testsuite>
<testcase name="wire" status="run"><system-out>
[==========] 3 tests from 1 test suite ran.
[  PASSED  ] 3 tests.</system-out></testcase>
<testcase name="broker" status="fail"><system-out>
[  PASSED  ] 4 tests.
[  SKIPPED ] 1 test, listed below:
[  FAILED  ] Names.AreUnique (0 ms)
[  FAILED  ] Names/Are.Short/0, where GetParam() = 3 (12 ms)
[  FAILED  ] 2 tests, listed below:</system-out></testcase>
<testcase name="crashes" status="fail"><system-out>terminated</system-out></testcase>
<testcase name="corpus" status="run"><system-out>no counts</system-out></testcase>
</testsuite>"""


def shell(name, script, minutes=1.0, needs=()):
    return Stage(name, ("sh", "-c", script), minutes, needs)


class Stages(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.logs = pathlib.Path(temporary.name)
        for name, value in (("LOGS", self.logs), ("ROOT", self.logs.parent),
                            ("UNIT_REPORT", self.logs / "unit.xml"), ("HEARTBEAT_SECONDS", 0.1)):
            patch = unittest.mock.patch.object(stages, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.addCleanup(os.chdir, os.getcwd())

    def outcome(self, *chosen):
        """The exit status, the last line, and all that was printed."""
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = stages.run_stages(chosen)
        return status, output.getvalue().splitlines()[-1], output.getvalue()

    def test_counts_of_suites_and_single_checks_are_added(self):
        status, summary, _ = self.outcome(shell("a", "echo '7 passed, 0 failed'"),
                                          shell("b", "true"))
        self.assertEqual((status, summary), (0, "8 passed, 0 failed"))

    def test_a_suite_that_fails_without_saying_so_has_failed(self):
        status, summary, text = self.outcome(shell("a", "echo '7 passed, 0 failed'; exit 3"))
        self.assertEqual((status, summary), (1, "7 passed, 1 failed"))
        self.assertIn("status 3", text)

    def test_a_suite_that_counts_failures_but_exits_with_0_has_failed(self):
        status, summary, _ = self.outcome(shell("a", "echo '7 passed, 2 failed'"))
        self.assertEqual((status, summary), (1, "7 passed, 2 failed"))

    def test_a_missing_program_has_failed(self):
        status, summary, text = self.outcome(Stage("a", (sys.executable, "tests/none.py"), 1))
        self.assertEqual((status, summary), (1, "0 passed, 1 failed"))
        self.assertIn("there is no tests/none.py", text)

    def test_what_needs_a_failed_stage_has_failed(self):
        status, summary, text = self.outcome(shell("a", "false"), shell("b", "true", needs=("a",)))
        self.assertEqual((status, summary), (1, "0 passed, 2 failed"))
        self.assertIn("not run, because a failed", text)

    def test_a_stage_over_its_time_is_killed_with_what_it_started(self):
        status, summary, _ = self.outcome(
            shell("a", f"sleep 1000 & echo $! >{self.logs}/pid; wait", minutes=0.01))
        self.assertEqual((status, summary), (1, "0 passed, 1 failed"))
        pid = int((self.logs / "pid").read_text())
        state = pathlib.Path(f"/proc/{pid}/stat")
        self.assertTrue(not state.exists() or state.read_text().split()[2] == "Z")

    def test_the_end_of_a_failed_stage_is_shown(self):
        _, _, text = self.outcome(shell("a", "seq 1000; exit 1"))
        self.assertIn("| 1000", text)
        self.assertNotIn("| 100\n", text)

    def test_unit_tests_are_counted_by_case(self):
        (self.logs / "unit.xml").write_text(UNIT_REPORT)
        counted = stages.count_unit_tests()
        self.assertEqual((counted.passed, counted.failed, counted.skipped), (8, 3, 1))

    def test_unit_tests_without_report_have_failed(self):
        status, summary, _ = self.outcome(shell("unit", "exit 8"))
        self.assertEqual((status, summary), (1, "0 passed, 1 failed"))


class Table(unittest.TestCase):
    def test_needs_are_known_and_come_first(self):
        seen = []
        for stage in stages.STAGES:
            self.assertLessEqual(set(stage.needs), set(seen), stage.name)
            seen.append(stage.name)

    def test_a_stage_brings_what_it_needs(self):
        self.assertEqual([s.name for s in stages.with_needs(["unit"])], ["build", "unit"])
