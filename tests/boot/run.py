#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Debian 12 boots in a container with headway's packages installed, and what uses the buses works.

run.py [--bus headwayd|dbus-daemon] [-k SUBSTRING]

The tree is made of Debian's packages (kept in out/boot/) and of those in out/package/, which
./dev package builds. It boots with headway's packages beside Debian's; after they were purged; and
with headway-dbus, which leaves none of Debian's packages of D-Bus. With --bus dbus-daemon it boots
without any, and the checks themselves are tested. Where no container can be booted, that is said,
and nothing counts as shown.
"""

import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO))

# pylint: disable=wrong-import-position
from tests.boot import (checks_end, checks_packages, checks_reload,  # noqa: E402
                        checks_services, checks_system, checks_tool, checks_user, checks_whole,
                        root)
from tests.boot.machine import Machine, obstacle  # noqa: E402
from tests.lib import runner  # noqa: E402

OUT = REPO / "out/boot"
PACKAGES = REPO / "out/package"
CHECKS = (checks_system, checks_user, checks_services, checks_tool, checks_reload, checks_packages,
          checks_end)
PROGRAMS = ("mmdebstrap", "systemd-nspawn", "nsenter", "unshare", "tar")


class NotShown(Exception):
    """This machine does not let a container boot."""


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    def line(self, ok, name, text):
        self.passed += ok
        self.failed += not ok
        print(f"{'PASS' if ok else 'FAIL'}  {name}")
        print("      " + text.strip().replace("\n", "\n      "), flush=True)


def check(name, machine, modules, substring, report):
    for test in runner.collect(modules, substring):
        if test.mark("skips", machine.kind) is not None:
            continue
        differs = test.mark("differences", machine.kind)
        try:
            text, ok = test.function(machine, *test.arguments), True
        except Exception:  # pylint: disable=broad-except
            text, ok = traceback.format_exc(), False
        if differs is not None:
            text, ok = f"declared to differ: {differs}\n{text.splitlines()[-1]}", not ok
        report.line(ok, f"{name}: {test.name}", text)


def boot(tree, name, kind, modules, substring, report, last=()):
    """Boots, checks, runs the last command inside, and powers off."""
    print(f"\n== {name}: a machine whose bus is {kind}", flush=True)
    log = OUT / f"{name}.log"
    began = time.monotonic()
    with Machine(tree, log, kind) as machine:
        report.line(True, f"{name}: Debian boots", f"up after {time.monotonic() - began:.1f} s")
        try:
            check(name, machine, modules, substring, report)
        finally:
            journal = machine.run("journalctl", "--boot", "--no-pager", status=None).stdout
            log.with_suffix(".journal").write_text(journal)
        if last:
            done = machine.run(*last, status=None)
            report.line(done.returncode == 0, f"{name}: {' '.join(last)}",
                        done.stdout.strip().splitlines()[-1])


def check_host():
    if os.geteuid() != 0:
        raise NotShown("only root can boot a container")
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise NotShown(f"there is no {' and no '.join(missing)}")


def run(kind, substring, directory, report):
    tree = directory / "root"
    root.unpack(root.base(OUT), tree)
    reason = obstacle(tree)
    if reason:
        raise NotShown(reason)

    if kind == "dbus-daemon":
        boot(tree, kind, kind, CHECKS, substring, report)
        return
    packages = sorted(p for p in PACKAGES.glob("headway*.deb") if "-dbgsym_" not in p.name)
    if not packages:
        raise RuntimeError(f"no packages in {PACKAGES}; ./dev package builds them")
    beside = [package for package in packages if not package.name.startswith("headway-dbus_")]
    names = [package.name.split("_")[0] for package in beside]
    root.install(tree, beside)
    boot(tree, "headwayd", kind, CHECKS, substring, report,
         last=("apt-get", "purge", "--yes", *names))
    boot(tree, "purged", "dbus-daemon", (checks_system, checks_packages), substring, report)
    root.install(tree, packages)
    boot(tree, "whole", kind, (checks_system, checks_user, checks_whole), substring, report)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bus", choices=("headwayd", "dbus-daemon"), default="headwayd")
    parser.add_argument("-k", default="", metavar="SUBSTRING",
                        help="only checks whose name contains it")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the machine is powered off
    report = Report()
    skipped = ""
    try:
        check_host()
        OUT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="tree-", dir=OUT) as directory:
            run(options.bus, options.k, pathlib.Path(directory), report)
    except NotShown as e:
        count = len(runner.collect(CHECKS, options.k))
        print(f"\n*** NOT SHOWN: this machine boots no container, so {count} checks of a booted "
              f"Debian were not made:\n*** {e}")
        skipped = f", {count} skipped"
    except Exception:  # pylint: disable=broad-except
        report.line(False, f"{options.bus}: the run", traceback.format_exc())
    print(f"\n{report.passed} passed, {report.failed} failed{skipped}")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
