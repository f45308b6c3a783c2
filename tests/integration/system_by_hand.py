# SPDX-License-Identifier: MIT
"""A system bus on a machine without systemd: nobody hands it sockets, hears of its state or
collects its log. The machine is a set of namespaces with Debian's own configuration, init script
and tools, in which the bus lies where Debian's does."""

import contextlib
import json
import os
import pwd
import shutil
import subprocess

from tests.integration.support import (PYTHON, Program, as_user, children, disappears, environment,
                                       find, launch_helper, peer_text)
from tests.lib import expect
from tests.lib.buses import program, service_file, temporary_directory, write_file
from tests.lib.client import TIMEOUT
from tests.lib.runner import cases, requirement

PID_FILE = "/run/dbus/pid"
SOCKET = "/run/dbus/system_bus_socket"
SERVICES = "/usr/share/dbus-1"
HELPER = "/usr/lib/dbus-1.0/dbus-daemon-launch-helper"

# Process 1 of the machine, which goes with it. To ignore SIGCHLD is to have nobody remain a zombie.
INIT = """import signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print("ready", flush=True)
sys.stdin.read()"""

# sh -c SCRIPT DIRECTORY BUS HELPER COMMAND...
SCRIPT = f"""set -e
mount -t tmpfs -o mode=755 none /run
mkdir -p /run/lock /run/programs
cp "$1" /run/programs/bus
cp "$2" /run/programs/helper
chown root:messagebus /run/programs/helper
chmod 4750 /run/programs/helper
mount --bind /run/programs/bus /usr/bin/dbus-daemon
mount --bind /run/programs/helper {HELPER}
mount --bind "$0/dbus-1" {SERVICES}
mount -t tmpfs -o mode=755 none /var/lib/dbus
shift 2
exec "$@"
"""

# A policy that lets nobody own a name, and everybody call its owner.
POLICY = """<busconfig>
  <policy user="nobody"><allow own="{0}"/></policy>
  <policy context="default"><allow send_destination="{0}"/></policy>
</busconfig>
"""


class Machine:
    def __init__(self, init):
        self.init = str(init)

    def run(self, *command, user="root"):
        """Runs a command there to its end; the CompletedProcess."""
        inside = [find("nsenter"), "--target", self.init, "--mount", "--pid", "--"]
        return subprocess.run([*inside, *as_user(user), *command], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=TIMEOUT, check=False,
                              env=environment(NOTIFY_SOCKET=None))

    def output(self, *command, user="root"):
        done = self.run(*command, user=user)
        expect.equal(done.returncode, 0, f"{' '.join(command)}: {done.stderr}")
        return done.stdout

    def path(self, name):
        """Where a file of the machine can be seen from here."""
        return f"/proc/{self.init}/root{name}"

    def start_bus(self, how):
        if how == "by hand":
            self.output("install", "-d", "-o", "messagebus", "-g", "messagebus", "/run/dbus")
            expect.equal(self.output("/usr/bin/dbus-daemon", "--system"), "")
        else:
            self.output("/etc/init.d/dbus", "start")

    def stop_bus(self, how):
        if how == "by hand":
            self.output("sh", "-c", f"kill $(cat {PID_FILE})")
        else:
            self.output("/etc/init.d/dbus", "stop")

    def processes(self):
        """Those that run the bus's program."""
        done = self.run("pidof", "/usr/bin/dbus-daemon", "/run/programs/bus")
        return [int(word) for word in done.stdout.split()]

    def ask_bus(self, member, *arguments, user="root"):
        return self.output("dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.DBus",
                           "/org/freedesktop/DBus", f"org.freedesktop.DBus.{member}", *arguments,
                           user=user)

    def ask(self, name, user="root"):
        """Calls the service of peers/started.py."""
        return self.run("dbus-send", "--system", "--print-reply=literal", f"--dest={name}",
                        "--reply-timeout=600000", "/", "org.example.Started1.Facts", user=user)

    def write(self, name, text):
        write_file(self.path(SERVICES), name, text)


@contextlib.contextmanager
def machine(kind):
    expect.equal(os.geteuid(), 0, "only root can make another machine; uid")
    with temporary_directory() as place:
        shutil.copytree(SERVICES, place + "/dbus-1", symlinks=True)
        write_file(place, "dbus-1/started.py", peer_text("started.py"))
        for name in ("org.example.A", "org.example.B"):
            command = f"/usr/bin/python3 {SERVICES}/started.py {name} unix:path={SOCKET}"
            write_file(place, f"dbus-1/system-services/{name}.service",
                       service_file(name, command, User="nobody"))
        write_file(place, "dbus-1/system.d/a.conf", POLICY.format("org.example.A"))
        with Program("unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", SCRIPT,
                     place, program(kind), launch_helper(kind), PYTHON, "-c", INIT) as init:
            init.wait_for("ready\n")
            yield Machine(children(init.pid)[0])


@contextlib.contextmanager
def running(kind, how="by hand"):
    with machine(kind) as there:
        there.start_bus(how)
        yield there


BOTH_WAYS = cases(("by hand", "by hand"), ("by its init script", "script"))


@requirement("CONF-008", "CONF-013", "CONF-028", "CONF-030", "PROC-001", "PROC-002")
@BOTH_WAYS
def test_the_bus_goes_to_the_background_and_serves_everybody(kind, how):
    with running(kind, how) as there:
        with open(there.path(PID_FILE), encoding="ascii") as f:
            pid = int(f.read())
        expect.true(pid in there.processes(), "the pid file names another process")
        status = there.output("cat", f"/proc/{pid}/status")
        expect.contains(status, "\nPPid:\t1\n")
        uid = str(pwd.getpwnam("messagebus").pw_uid)
        expect.contains(status, "\nUid:\t" + "\t".join([uid] * 4))
        for user in ("root", "nobody"):
            expect.contains(there.ask_bus("ListNames", user=user), '"org.freedesktop.DBus"')
        expect.true(not os.path.exists(there.path("/run/systemd")), "it wants systemd")


@requirement("CONF-013", "PROC-005")
@BOTH_WAYS
def test_a_bus_that_is_stopped_leaves_nothing_behind(kind, how):
    with running(kind, how) as there:
        there.stop_bus(how)
        for path in (PID_FILE, SOCKET):
            expect.true(disappears(there.path(path)), f"{path} is still there")
        there.start_bus(how)
        expect.contains(there.ask_bus("ListNames"), '"org.freedesktop.DBus"')


@requirement("HELP-001", "HELP-006", "ACT-010")
def test_a_call_starts_a_service_as_its_user_through_the_helper(kind):
    with running(kind) as there:
        done = there.ask("org.example.A", user="nobody")
        expect.equal((done.returncode, done.stderr), (0, ""))
        facts = json.loads(done.stdout)
        expect.equal(facts["uids"], [pwd.getpwnam("nobody").pw_uid] * 3)
        expect.equal(facts["capabilities"], 0)
        expect.contains(there.ask_bus("ListNames"), '"org.example.A"')


@requirement("CONF-032", "CONF-034")
@BOTH_WAYS
def test_a_new_policy_file_takes_effect_with_a_reload(kind, how):
    with running(kind, how) as there:
        expect.contains(there.ask("org.example.B").stderr, "DBus.Error.AccessDenied")
        there.write("system.d/b.conf", POLICY.format("org.example.B"))
        if how == "by hand":
            there.ask_bus("ReloadConfig")
        else:
            there.output("/etc/init.d/dbus", "reload")
        expect.equal(there.ask("org.example.B").stderr, "")


@requirement("CONF-013")
def test_after_a_crash_the_init_script_starts_the_bus_again(kind):
    with running(kind, "script") as there:
        before = there.processes()
        there.output("sh", "-c", f"kill -9 $(cat {PID_FILE})")
        for pid in before:
            expect.true(disappears(there.path(f"/proc/{pid}")), "a process goes on")
        expect.true(os.path.exists(there.path(PID_FILE)), "nobody could remove it")
        there.start_bus("script")
        expect.contains(there.ask_bus("ListNames"), '"org.freedesktop.DBus"')
