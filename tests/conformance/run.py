#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The conformance suite: the same expectations held against headwayd, dbus-daemon and dbus-broker.

run.py [--bus headwayd|dbus-daemon|dbus-broker|all] [-k SUBSTRING] [-v]

Exit status 0: headwayd passes everything, and each reference behaves as the tests declare it to.
"""

import argparse
import glob
import importlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))

from tests.lib import buses, runner  # noqa: E402 pylint: disable=wrong-import-position


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bus", choices=(*buses.KINDS, "all"), default="all")
    parser.add_argument("-k", default="", metavar="SUBSTRING",
                        help="only tests whose module, name or requirement ids contain it")
    parser.add_argument("-v", action="store_true", help="one line per test")
    options = parser.parse_args()
    names = sorted(os.path.basename(p)[:-3] for p in glob.glob(os.path.join(HERE, "ch*.py")))
    modules = [importlib.import_module(f"tests.conformance.{name}") for name in names]
    kinds = buses.KINDS if options.bus == "all" else (options.bus,)
    return runner.run(kinds, modules, options.k, options.v)


if __name__ == "__main__":
    sys.exit(main())
