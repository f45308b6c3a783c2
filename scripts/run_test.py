# SPDX-License-Identifier: MIT
"""`./dev run` ends as its command ends, and leaves nothing behind. $HEADWAYD may be the bus."""

import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
RUN = str(ROOT / "scripts/run.py")
BUS = os.environ.get("HEADWAYD", str(ROOT / "out/release/src/daemon/headwayd"))
SECONDS = 30

# Prints the address and who listens there, then does as its arguments say.
REPORT = """
import os, socket, struct, sys
address = os.environ["DBUS_SESSION_BUS_ADDRESS"]
path = address.partition("unix:path=")[2].partition(",")[0]
bus = socket.socket(socket.AF_UNIX)
bus.connect(path)
pid = struct.unpack("3i", bus.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
print(path, pid, flush=True)
"""
WAIT = REPORT + "sys.stdin.read()\n"


def run(*command, bus=BUS, environment=None, **options):
    return subprocess.run([sys.executable, RUN, bus, *command], check=False, timeout=SECONDS,
                          capture_output=True, text=True, env=environment, **options)


def start(program):
    """A run whose command has reported: the process, the socket's path, a pidfd of the bus."""
    process = subprocess.Popen([sys.executable, RUN, BUS, sys.executable, "-c", program],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    path, pid = process.stdout.readline().split()
    return process, path, os.pidfd_open(int(pid))


def ends(pidfd):
    ended = bool(select.select([pidfd], [], [], SECONDS)[0])
    os.close(pidfd)
    return ended


class Run(unittest.TestCase):
    def finish(self, process):
        process.communicate(timeout=SECONDS)
        return process.returncode

    def test_the_status_of_the_command_is_passed_on(self):
        self.assertEqual(run("true").returncode, 0)
        self.assertEqual(run("sh", "-c", "exit 7").returncode, 7)
        self.assertEqual(run("sh", "-c", "kill -KILL $$").returncode, 128 + signal.SIGKILL)

    def test_the_verb_takes_a_command_with_and_without_dashes(self):
        for dashes in ([], ["--"]):
            command = [str(ROOT / "dev"), "run", *dashes, "sh", "-c", "exit $1", "--", "9"]
            self.assertEqual(subprocess.run(command, check=False, timeout=SECONDS).returncode, 9)

    def test_what_cannot_start_is_127(self):
        self.assertEqual(run("/nonexistent/command").returncode, 127)
        self.assertEqual(run("true", bus="/nonexistent/bus").returncode, 127)
        self.assertEqual(run("true", bus="/bin/false").returncode, 127)

    def test_the_command_has_our_streams_and_directory(self):
        result = run("sh", "-c", "cat; pwd; echo noise >&2", input="text\n", cwd="/usr/share")
        self.assertEqual(result.stdout, "text\n/usr/share\n")
        self.assertIn("noise\n", result.stderr)

    def test_no_other_bus_shows_through(self):
        names = ("SESSION_BUS_ADDRESS", "SESSION_BUS_PID", "SESSION_BUS_WINDOWID",
                 "STARTER_ADDRESS", "STARTER_BUS_TYPE")
        environment = {**os.environ, **{f"DBUS_{name}": "from-outside" for name in names}}
        output = run("env", environment=environment).stdout
        self.assertNotIn("from-outside", output)
        self.assertIn("DBUS_SESSION_BUS_ADDRESS=unix:", output)

    def test_the_bus_answers(self):
        result = run("busctl", "--user", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus",
                     "org.freedesktop.DBus", "NameHasOwner", "s", "org.freedesktop.DBus")
        self.assertEqual((result.stdout, result.returncode), ("b true\n", 0), result.stderr)

    def test_nothing_is_left_when_the_command_ends(self):
        process, path, bus = start(WAIT)
        self.assertEqual(self.finish(process), 0)
        self.assertTrue(ends(bus))
        self.assertFalse(os.path.exists(os.path.dirname(path)))

    def test_a_signal_reaches_the_command_and_nothing_is_left(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            program = f"import signal; signal.signal({int(number)}, signal.SIG_DFL)\n" + WAIT
            process, path, bus = start(program)
            process.send_signal(number)
            # Before its input ends: the signal alone must end it.
            self.assertEqual(process.wait(SECONDS), 128 + number)
            self.finish(process)
            self.assertTrue(ends(bus))
            self.assertFalse(os.path.exists(os.path.dirname(path)))

    def test_the_bus_does_not_outlive_a_run_that_is_killed(self):
        process, path, bus = start(WAIT)
        process.kill()
        self.finish(process)
        self.assertTrue(ends(bus))
        shutil.rmtree(os.path.dirname(path))

    def test_two_runs_do_not_meet(self):
        first, first_path, first_bus = start(WAIT)
        second, second_path, second_bus = start(WAIT)
        self.assertNotEqual(first_path, second_path)
        for process, bus in ((first, first_bus), (second, second_bus)):
            self.assertEqual(self.finish(process), 0)
            self.assertTrue(ends(bus))

    def test_an_interrupt_at_the_terminal_arrives_once_and_spares_the_bus(self):
        program = REPORT + """
import signal
seen = []
signal.signal(signal.SIGINT, lambda *_: seen.append(1))
print("ready", flush=True)
sys.stdin.readline()
bus.sendall(b"\\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\\r\\n")
print("interrupts", len(seen), bus.recv(100)[:2].decode(), flush=True)
"""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(sys.executable, [sys.executable, RUN, BUS, sys.executable, "-c", program])
        shown = self.read_until(terminal, b"ready")
        os.write(terminal, b"\x03")
        shown = self.read_until(terminal, b"^C")
        os.write(terminal, b"\n")
        shown = self.read_until(terminal, b"interrupts")
        self.assertIn(b"interrupts 1 OK", shown)
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)

    def read_until(self, terminal, words):
        shown = b""
        while words not in shown or not shown.endswith(b"\n") and words != b"^C":
            self.assertTrue(select.select([terminal], [], [], SECONDS)[0], shown)
            shown += os.read(terminal, 4096)
        return shown
