# SPDX-License-Identifier: MIT
"""Running other programs on a bus, and waiting for what they say."""

import contextlib
import os
import pwd
import select
import shutil
import signal
import subprocess
import time

from tests.lib import expect
from tests.lib.buses import Log, headwayd_path
from tests.lib.client import TIMEOUT

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "peers")
REPO = os.path.dirname(os.path.dirname(HERE))
PYTHON = "/usr/bin/python3"  # Debian's, which sees Debian's python3-dbus and python3-gi
COMPILE_SECONDS = 300

MORE_PATH = "/usr/lib/qt5/bin:"  # where qdbus is even if Qt's chooser points nowhere

# Debian packages of programs that may be missing: what to say then.
PACKAGES = {"busctl": "systemd", "busybox": "busybox-static", "dbus-launch": "dbus-x11",
            "dbus-monitor": "dbus-bin", "machinectl": "systemd-container",
            "dbus-run-session": "dbus-daemon", "dbus-send": "dbus-bin",
            "dbus-test-tool": "dbus-tests", "gdbus": "libglib2.0-bin", "nsenter": "util-linux",
            "pkaction": "polkitd", "pkcheck": "polkitd", "pkttyagent": "polkitd",
            "prlimit": "util-linux", "qdbus": "qdbus-qt5", "setpriv": "util-linux",
            "ssh": "openssh-client", "ssh-keygen": "openssh-client",
            "unshare": "util-linux",
            "xdg-dbus-proxy": "xdg-dbus-proxy"}


def find(name):
    """The path of a program that must be there."""
    path = shutil.which(name, path=MORE_PATH + os.environ.get("PATH", os.defpath))
    expect.true(path is not None,
                f"there is no program {name}; Debian's package {PACKAGES.get(name, name)} has it")
    return path


def environment(bus=None, **more):
    """Ours, with `bus` as session, system and starter bus; None unsets."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("DBUS_")}
    env["LC_ALL"] = "C.UTF-8"
    if bus is not None:
        address = bus if isinstance(bus, str) else bus.address
        env |= {"DBUS_SESSION_BUS_ADDRESS": address, "DBUS_SYSTEM_BUS_ADDRESS": address}
    env |= {k: v for k, v in more.items() if v is not None}
    return {k: v for k, v in env.items() if k not in more or more[k] is not None}


def run(*command, bus=None, env=None, status=0, timeout=TIMEOUT, **options):
    """Runs a command to its end; the CompletedProcess with text output. `status` is what it must
    exit with (None: anything)."""
    command = [find(command[0]), *map(str, command[1:])]
    options.setdefault("stdin", subprocess.DEVNULL if "input" not in options else None)
    done = subprocess.run(command, env=environment(bus, **(env or {})), timeout=timeout,
                          check=False, capture_output=True,
                          **{"text": True, "errors": "replace", **options})
    if status is not None and done.returncode != status:
        raise AssertionError(f"{' '.join(command)}: exit status {done.returncode}, wanted {status}"
                             f"\n{done.stdout}\n{done.stderr}")
    return done


def output(*command, **options):
    """What a command prints on stdout, without the last newline."""
    return run(*command, **options).stdout.rstrip("\n")


class Program:
    """A program that goes on until told to end. `out` and `err` are Logs."""

    def __init__(self, *command, bus=None, env=None, **options):
        self.command = [find(command[0]), *map(str, command[1:])]
        options.setdefault("stdin", subprocess.PIPE)
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(self.command, env=environment(bus, **(env or {})),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.pid = self.process.pid
        self.out, self.err = Log(), Log()
        self.raw = bytearray()  # of stdout
        self.out.follow(self._read_out)
        self.err.follow(lambda: os.read(self.process.stderr.fileno(), 1 << 16))

    def _read_out(self):
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        self.raw += data
        return data

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def wait_for(self, text, count=1):
        """Waits until it has printed `text`."""
        try:
            self.out.wait_for(text, count)
        except AssertionError as e:
            raise AssertionError(f"{self.command[0]}: {e}\nstderr: {self.err.text()}") from e

    def wait(self):
        """Waits for its end; the exit status."""
        status = self.process.wait(TIMEOUT)
        self.out.wait_closed()
        self.err.wait_closed()
        return status

    def kill(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        """Ends it; the exit status."""
        with contextlib.suppress(BrokenPipeError):
            if self.process.stdin:
                self.process.stdin.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.out.wait_closed()
        self.err.wait_closed()
        self.process.stdout.close()
        self.process.stderr.close()
        return self.process.returncode


def peer(name, *arguments, bus=None, **options):
    """A Python program of peers/ that goes on; it has printed `ready` when this returns."""
    program = Program(PYTHON, "-u", os.path.join(PEERS, name), *arguments, bus=bus, **options)
    try:
        program.wait_for("ready\n")
    except AssertionError:
        program.stop()
        raise
    return program


def run_peer(name, *arguments, **options):
    """A Python program of peers/, run to its end; what it printed."""
    return output(PYTHON, os.path.join(PEERS, name), *arguments, **options)


def flags(*packages):
    done = run("pkg-config", "--cflags", "--libs", *packages)
    return done.stdout.split()


def compile_peer(directory, source, *packages):
    """Compiles a program of peers/ into `directory`; its path."""
    program = os.path.join(directory, source.rsplit(".", 1)[0])
    compiler = ["gcc"] if source.endswith(".c") else ["g++", "-std=c++17"]
    if shutil.which("ccache"):
        compiler.insert(0, "ccache")
    obj = program + ".o"
    # In two steps, for ccache caches no linking; by relative names, as they are part of its key.
    run(*compiler, "-Wall", "-Werror", "-c", source, "-o", obj,
        *[x for x in flags(*packages) if not x.startswith("-l")], cwd=PEERS,
        timeout=COMPILE_SECONDS)
    run(compiler[-1] if source.endswith(".c") else "g++", obj, "-o", program,
        *[x for x in flags(*packages) if x.startswith(("-l", "-L"))], timeout=COMPILE_SECONDS)
    return program


def daemon_in_path(directory, program):
    """PATH in which `dbus-daemon` is `program`."""
    place = os.path.join(directory, "first-in-path")
    os.makedirs(place)
    os.symlink(program, os.path.join(place, "dbus-daemon"))
    return place + ":" + os.environ["PATH"]


def launch_helper(kind):
    """The path of the set-user-ID helper that is installed, or built, with the bus."""
    if kind == "dbus-daemon":
        return "/usr/lib/dbus-1.0/dbus-daemon-launch-helper"
    place = os.path.dirname(headwayd_path())
    places = (place, os.path.join(os.path.dirname(place), "launch"))
    return next(path for path in (os.path.join(x, "headway-launch-helper") for x in places)
                if os.path.exists(path))


def peer_text(name):
    """A program of peers/, for copies where other users may read it."""
    with open(os.path.join(PEERS, name), encoding="utf-8") as f:
        return f.read()


def as_user(name, group_of=None):
    """The start of a command line that is executed by this user, in the group of another."""
    return [find("setpriv"), f"--reuid={pwd.getpwnam(name).pw_uid}",
            f"--regid={pwd.getpwnam(group_of or name).pw_gid}", "--clear-groups"]


def in_place_of_dbus_daemon(program):
    """The start of a command line, for which Debian's dbus-daemon is `program`; for what runs it by
    its full path. Only in a mount namespace of its own."""
    script = 'mount --bind "$0" "$1" && shift && exec "$@"'
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--mount", *rights, "sh", "-c", script, os.path.realpath(program),
            os.path.realpath(find("dbus-daemon"))]


def is_process_of(pid, program):
    """Whether the process runs this very program, by whatever path it was started."""
    return os.path.samestat(os.stat(f"/proc/{pid}/exe"), os.stat(program))


def ends(pidfd):
    """Whether the process ends (it is waited for)."""
    return bool(select.select([pidfd], [], [], TIMEOUT)[0])


def disappears(path):
    """Whether a file goes: what a process removes on its way out, which nobody waits for."""
    deadline = time.monotonic() + TIMEOUT
    while os.path.exists(path):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(word) for word in f.read().split()]


def broker_pid(bus):
    """The process that holds the clients' sockets."""
    return children(bus.pid)[0] if bus.kind == "headwayd" else bus.pid


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(next(line for line in f if line.startswith("VmRSS")).split()[1])


def has_sanitizer(program):
    """Whether memory of this program says little: freed blocks stay in quarantine."""
    with open(program, "rb") as f:
        return b"__asan_init" in f.read()


def until(condition, what, judge):
    """Waits for a condition that the bus brings about on its own, asking it something each time."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        judge.sync()
        expect.true(time.monotonic() < deadline, what() if callable(what) else what)

