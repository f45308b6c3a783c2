#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The programs of Debian's package dbus-tests, each on dbus-daemon and then on headwayd.

run.py [-v] [PROGRAM...]

What passes on dbus-daemon must pass on headwayd, case by case. Root runs every program twice, as
itself and as `nobody`, for some cases are for the one and some for the other. $HEADWAYD and
$HEADWAY name others than those of out/bin.
"""

import argparse
import contextlib
import ctypes
import dataclasses
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, REPO)

from tests.integration import companions  # noqa: E402 pylint: disable=wrong-import-position
from tests.integration.support import children  # noqa: E402 pylint: disable=wrong-import-position
from tests.lib import buses, tap  # noqa: E402 pylint: disable=wrong-import-position

INSTALLED = "/usr/lib/dbus-1.0/installed-tests/dbus"
# For one run of one program. The longest takes 8 if the machine is quiet.
SECONDS_MAX = 120
# The programs' own patience, a minute and less, in multiples of it: it must not end before ours.
PATIENCE = 4
LINES_SHOWN = 40


@dataclasses.dataclass(frozen=True)
class Program:
    """One program of the package that starts a bus, or talks to one."""
    path: str  # in INSTALLED
    on_session_bus: bool = False  # wants one at $XDG_RUNTIME_DIR/bus


PROGRAMS = (
    Program("test-containers"),
    Program("test-dbus-daemon"),
    Program("test-dbus-daemon-eavesdrop"),
    Program("test-dbus-daemon-fork.sh"),
    Program("test-header-fields"),
    Program("test-monitor"),
    Program("test-sd-activation"),
    Program("test-uid-permissions"),
    Program("integration/transient-services.sh", on_session_bus=True),
)

# The others, and why they are not run.
LIBRARY = "tests the library libdbus, and starts no bus"
NOT_RUN = {
    **dict.fromkeys((
        "test-assertions", "test-atomic", "test-corrupt", "test-desktop-file", "test-fdpass",
        "test-hash", "test-loopback", "test-marshal", "test-message", "test-misc-internals",
        "test-printf", "test-refs", "test-relay", "test-server-oom", "test-shell", "test-syntax",
        "test-sysdeps", "test-syslog", "test-userdb", "test-variant"), LIBRARY),
    "test-apparmor-activation": "needs profiles in the kernel of the machine it runs on",
    "test-apparmor-activation.sh": "puts profiles into the kernel of the machine it runs on",
    "test-service": "no test, but a service for tests to start",
    "test-sleep-forever": "no test, but a program for tests to start",
}

# Cases that pass on dbus-daemon and need not pass on headwayd: {(program, case): reason}.
EXCEPTIONS = {}


def bus_programs(directory):
    """What each bus's run finds in its environment; with headwayd, also our dbus-send and its like,
    in PATH and where the tests look for them. All of it is where any user may execute it."""
    ours = os.path.join(directory, "ours")
    os.mkdir(ours)
    os.chmod(ours, 0o755)
    for name in ("headwayd", "headway"):
        shutil.copy(os.environ.get(name.upper(), os.path.join(REPO, "out/bin", name)), ours)
        os.chmod(os.path.join(ours, name), 0o755)
    for name in companions.NAMES:
        os.symlink("headway", os.path.join(ours, name))
    return {"dbus-daemon": {"DBUS_TEST_DAEMON": buses.program("dbus-daemon")},
            "headwayd": {"DBUS_TEST_DAEMON": os.path.join(ours, "headwayd"),
                         "DBUS_TEST_DBUS_SEND": os.path.join(ours, "dbus-send"),
                         "PATH": f"{ours}:{os.environ.get('PATH', os.defpath)}"}}


def users():
    """Who runs the programs."""
    return ["root", "nobody"] if os.geteuid() == 0 else [pwd.getpwuid(os.geteuid()).pw_name]


class Runner:
    """Runs programs on both buses and counts cases."""

    def __init__(self, directory, verbose):
        self.directory = directory
        self.verbose = verbose
        self.buses = bus_programs(directory)
        self.passed = self.failed = self.skipped = 0

    def compare(self, program, user):
        began = time.monotonic()
        reference, subject = (self.run(program, user, bus) for bus in ("dbus-daemon", "headwayd"))
        title = f"{program.path} as {user}"
        if not reference.report.is_whole or reference.status != 0:
            self.fail(title, f"dbus-daemon itself did not get through: {reference.ending()}",
                      reference)
            return
        lost = 0
        for case, verdict in reference.report.verdicts.items():
            if verdict == "ok":
                lost += not self.judge(title, (program.path, case), subject)
                continue
            self.skipped += 1
            if self.verbose:
                why = reference.report.reasons.get(case, "fails")
                print(f"    not there on dbus-daemon: {case}: {why}")
        if lost:
            show(f"    {subject.ending()}; it said at the end:", subject)
        elif subject.status != 0:
            self.fail(title, f"all cases passed, but then: {subject.ending()}", subject)
        print(f"{title}: {len(reference.report.verdicts)} cases, "
              f"{time.monotonic() - began:.1f} s", flush=True)

    def judge(self, title, key, subject):
        """Whether this case is as it must be."""
        verdict = subject.report.verdicts.get(key[1], "never came")
        if (verdict == "ok") == (key not in EXCEPTIONS):
            self.passed += 1
            if self.verbose:
                print(f"    {verdict}: {title}: {key[1]}")
            return True
        self.failed += 1
        print(f"FAILED {title}: {key[1]}: {verdict}"
              f"{', though declared to differ' if key in EXCEPTIONS else ''}")
        return False

    def fail(self, title, why, output=None):
        self.failed += 1
        show(f"FAILED {title}: {why}", output)

    def run(self, program, user, bus):
        place = os.path.join(self.directory, f"{os.path.basename(program.path)}-{user}-{bus}")
        os.mkdir(place, 0o700)
        login = pwd.getpwnam(user)
        os.chown(place, login.pw_uid, login.pw_gid)
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8",
                       "HOME": place, "USER": user, "LOGNAME": user, "XDG_RUNTIME_DIR": place,
                       "DBUS_TEST_EXEC": INSTALLED, "DBUS_TEST_DATA": f"{INSTALLED}/data",
                       "DBUS_TEST_TIMEOUT_MULTIPLIER": str(PATIENCE), **self.buses[bus]}
        options = {"env": environment, "cwd": place, "stdin": subprocess.DEVNULL,
                   "start_new_session": True}
        if os.geteuid() == 0:
            options |= {"user": login.pw_uid, "group": login.pw_gid, "extra_groups": []}
        command = [os.path.join(INSTALLED, program.path), "--tap"]
        try:
            with session_bus(options) if program.on_session_bus else contextlib.nullcontext():
                return execute(command, options)
        finally:
            end_orphans()


@contextlib.contextmanager
def session_bus(options):
    """The session bus of a user, where systemd's would be."""
    environment = options["env"]
    command = [environment["DBUS_TEST_DAEMON"], "--session", "--nofork", "--print-address",
               f"--address=unix:path={environment['XDG_RUNTIME_DIR']}/bus"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          **options) as bus:
        try:
            bus.stdout.readline()
            yield
        finally:
            bus.terminate()


@dataclasses.dataclass
class Output:
    """What came of one run. `status` is None if it took too long."""
    status: int | None
    text: str  # of both streams, stdout first
    report: tap.Report

    def ending(self):
        return f"killed after {SECONDS_MAX} s" if self.status is None else \
            f"exit status {self.status}"


def show(text, output):
    print(text)
    for line in output.text.splitlines()[-LINES_SHOWN:] if output else ():
        print("    | " + line)


def execute(command, options):
    """Runs a command to its end. Its output goes to files: daemons that it leaves behind would keep
    pipes open."""
    paths = [os.path.join(options["cwd"], name) for name in ("stdout", "stderr")]
    with open(paths[0], "wb") as out, open(paths[1], "wb") as err, \
            subprocess.Popen(command, stdout=out, stderr=err, **options) as process:
        try:
            status = process.wait(SECONDS_MAX)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    texts = []
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as f:
            texts.append(f.read())
    return Output(status, "".join(texts), tap.parse(texts[0]))


def end_orphans():
    """Ends what a program started and left: by now, all our children are such, and theirs become
    ours."""
    while pids := children(os.getpid()):
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def unknown_programs():
    """What the package has and no table of ours knows."""
    known = {program.path for program in PROGRAMS} | set(NOT_RUN)
    found = glob.glob(f"{INSTALLED}/test-*") + glob.glob(f"{INSTALLED}/integration/*")
    return sorted({os.path.relpath(path, INSTALLED) for path in found} - known)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-v", action="store_true", help="one line per case")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="default: all")
    options = parser.parse_args()
    names = [program.path for program in PROGRAMS]
    if unknown := [name for name in options.programs if name not in names]:
        parser.error(f"no such program: {' '.join(unknown)}; there are: {' '.join(names)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans are ours to end
    with buses.temporary_directory() as directory:
        runner = Runner(directory, options.v)
        for path in unknown_programs():
            runner.fail(path, "is in no table of this file")
        for program in PROGRAMS:
            if program.path in (options.programs or names):
                for user in users():
                    runner.compare(program, user)
    print(f"\n{runner.passed} passed, {runner.failed} failed, {runner.skipped} skipped")
    return 1 if runner.failed else 0


if __name__ == "__main__":
    sys.exit(main())
