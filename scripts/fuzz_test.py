# SPDX-License-Identifier: MIT
"""A crash, a hang and a success of a fuzz target are told apart, and a crash names its input."""

import os
import pathlib
import tempfile
import unittest
import unittest.mock

import fuzz

# A target that crashes: libFuzzer writes the input where -artifact_prefix says.
CRASHES = """for word; do case $word in -artifact_prefix=*) prefix=${word#*=};; esac; done
echo 'heap-buffer-overflow'; echo x >"${prefix}crash-1"; exit 77"""
SUCCEEDS = "echo 'stat::number_of_executed_units: 42'; touch $1/new"


class Fuzz(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = pathlib.Path(temporary.name)
        for name, value in (("PROGRAMS", self.root), ("WORK", self.root / "work"),
                            ("CORPUS", self.root / "corpus"), ("GRACE_SECONDS", 1)):
            patch = unittest.mock.patch.object(fuzz, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def run_target(self, script):
        program = self.root / "thing_fuzz"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return fuzz.run("thing", seconds=0)

    def test_programs_by_suffix_are_the_targets(self):
        self.run_target("true")
        (self.root / "thing_fuzz.d").write_text("")
        self.assertEqual(fuzz.targets(), ["thing"])

    def test_success_says_what_was_done(self):
        self.assertEqual(self.run_target(SUCCEEDS),
                         (True, "thing: 42 inputs, 1 with new coverage"))

    def test_a_crash_fails_and_names_its_input(self):
        passed, text = self.run_target(CRASHES)
        self.assertFalse(passed)
        self.assertIn("heap-buffer-overflow", text)
        self.assertIn(f"thing_fuzz {self.root}/work/thing/crash-1", text)

    def test_a_target_that_does_not_end_fails(self):
        passed, text = self.run_target("exec sleep 1000")
        self.assertFalse(passed)
        self.assertIn("did not end", text)

    def test_the_corpus_is_read_and_not_written(self):
        corpus = self.root / "corpus/thing"
        corpus.mkdir(parents=True)
        passed, _ = self.run_target('[ "$2" = "$(dirname "$0")/corpus/thing" ] && touch $1/new')
        self.assertTrue(passed)
        self.assertEqual(os.listdir(corpus), [])
