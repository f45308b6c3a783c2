# SPDX-License-Identifier: MIT
"""What counts as passed in the Test Anything Protocol, and as the end of it."""

import unittest

from tests.lib import tap


class Tap(unittest.TestCase):
    def test_cases_are_found_by_name_with_their_verdicts(self):
        report = tap.parse("# a note\n1..4\nok 1 /a/b\nnot ok 2 - c d\nok 3\n"
                           "ok 4 /e # SKIP not here\n    ok 5 of a subtest\n")
        self.assertEqual(report.verdicts,
                         {"/a/b": "ok", "c d": "not ok", "3": "ok", "/e": "skip"})
        self.assertEqual(report.reasons, {"/e": "not here"})
        self.assertTrue(report.is_whole)

    def test_cases_of_the_same_name_are_all_kept(self):
        self.assertEqual(tap.parse("ok 1 x\nnot ok 2 x\n1..2\n").verdicts,
                         {"x": "ok", "x (2)": "not ok"})

    def test_a_program_may_skip_everything(self):
        report = tap.parse("1..0 # SKIP - no such module\n")
        self.assertEqual((report.verdicts, report.reasons, report.is_whole),
                         ({"everything": "skip"}, {"everything": "no such module"}, True))

    def test_nothing_less_than_the_plan_is_whole(self):
        for text in ("", "ok 1 a\n", "1..2\nok 1 a\n", "1..1\nok 1 a\nok 2 b\n",
                     "1..1\nok 1 a\nBail out! no\n"):
            self.assertFalse(tap.parse(text).is_whole, text)


if __name__ == "__main__":
    unittest.main()
