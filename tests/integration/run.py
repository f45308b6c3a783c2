#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The integration suite: programs as Debian ships them, and hostile peers, on one bus.

run.py [--bus headwayd|dbus-daemon] [--companions debian|headway] [-k SUBSTRING] [-v]

With --bus dbus-daemon the tests themselves are tested: whatever is not declared to differ must pass
there too. With --companions headway our dbus-send and its like are used in place of Debian's.
$HEADWAYD names another headwayd, $HEADWAY another headway.
"""

import argparse
import glob
import importlib
import os
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))

# pylint: disable=wrong-import-position
from tests.integration import companions  # noqa: E402
from tests.lib import runner  # noqa: E402

SUBJECTS = ("authority", "companions", "verbs", "machines", "programs", "process", "system",
            "size", "hostile")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bus", choices=("headwayd", "dbus-daemon"), default="headwayd")
    parser.add_argument("--companions", choices=("debian", "headway"), default="debian")
    parser.add_argument("-k", default="", metavar="SUBSTRING",
                        help="only tests whose module, name or requirement ids contain it")
    parser.add_argument("-v", action="store_true", help="one line per test")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended
    # Programs inherit what is ignored, as it is behind nohup; tests send them these.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Attacks run beside a thread that calls without pause: it must not keep the interpreter for
    # milliseconds while the attacker has something to do.
    sys.setswitchinterval(0.0002)
    if options.companions == "headway":
        companions.put_first_in_path()
    names = [os.path.basename(path)[:-3] for subject in SUBJECTS
             for path in sorted(glob.glob(os.path.join(HERE, f"{subject}_*.py")))]
    modules = [importlib.import_module(f"tests.integration.{name}") for name in names]
    return runner.run((options.bus,), modules, options.k, options.v)


if __name__ == "__main__":
    sys.exit(main())
