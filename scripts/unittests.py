#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""unittests.py MODULE...: run tests of the scripts; ends with "N passed, N failed"."""

import sys
import unittest


def main(modules):
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(
        unittest.defaultTestLoader.loadTestsFromNames(modules))
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed or not result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
