# SPDX-License-Identifier: MIT
"""Starting and stopping a bus of any kind from a configuration text.

    with start_bus("headwayd", config(policy=OPEN, limits={"max_names_per_connection": 3})) as bus:
        client = Client(bus.address)

In a configuration text `@DIR@` stands for the bus's own temporary directory (bus.dir), where
`files` are written too, and `@LISTEN@` for a <listen> element on `@DIR@/bus`. The text itself
becomes `@DIR@/bus.conf`. Everything goes away with the `with` block. No test should touch a process
by anything but bus.pid.
"""

import contextlib
import ctypes
import fcntl
import os
import select
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading

from tests.lib.client import TIMEOUT, Client, Disconnected

KINDS = ("headwayd", "dbus-daemon", "dbus-broker")
REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

DOCTYPE = ('<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"\n'
           ' "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">\n')

#: A policy under which everybody may do everything.
OPEN = """<policy context="default">
  <allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
  <allow send_requested_reply="true" send_type="method_return"/>
  <allow send_requested_reply="true" send_type="error"/>
  <allow receive_type="method_call"/><allow receive_type="method_return"/>
  <allow receive_type="error"/><allow receive_type="signal"/>
</policy>"""


def config(*, policy=OPEN, limits=None, extra="", listen="@LISTEN@", bus_type="system",
           auth="EXTERNAL"):
    """A configuration text; `extra` goes after the limits, so it may override them. `auth` may be
    several words or None."""
    lines = [DOCTYPE + "<busconfig>", f"<type>{bus_type}</type>" if bus_type else "", listen]
    lines += [f"<auth>{word}</auth>" for word in (auth or "").split()]
    lines += [policy]
    lines += [f'<limit name="{name}">{value}</limit>' for name, value in (limits or {}).items()]
    return "\n".join(lines + [extra, "</busconfig>\n"])


def service_file(name, command, **keys):
    """The text of a .service file; `keys` are more entries (User="root")."""
    more = "".join(f"{key}={value}\n" for key, value in keys.items())
    return f"[D-BUS Service]\nName={name}\nExec={command}\n{more}"


class BusDidNotStart(Exception):
    """The bus process ended instead of serving. `log` is what it said, `status` its exit status."""

    def __init__(self, kind, status, log):
        self.status = status
        self.log = log
        super().__init__(f"{kind} exited with {status}:\n{log}")


class NotInstalled(Exception):
    """There is no such bus on this machine."""


class Log:
    """Collects text from a stream in a thread; lets tests wait for a text to appear."""

    def __init__(self):
        self._text = ""
        self._closed = False
        self._changed = threading.Condition()

    def follow(self, read):
        """Starts to append read() until it returns empty bytes."""
        def run():
            while data := read():
                with self._changed:
                    self._text += data.decode("utf-8", "replace")
                    self._changed.notify_all()
            with self._changed:
                self._closed = True
                self._changed.notify_all()
        threading.Thread(target=run, daemon=True).start()

    def text(self):
        with self._changed:
            return self._text

    def wait_closed(self):
        with self._changed:
            self._changed.wait_for(lambda: self._closed, TIMEOUT)

    def wait_for(self, text, count=1):
        """Waits until `text` has appeared `count` times; AssertionError after the time bound."""
        with self._changed:
            if not self._changed.wait_for(
                    lambda: self._text.count(text) >= count or self._closed, TIMEOUT) \
                    or self._text.count(text) < count:
                raise AssertionError(f"the log never said {text!r}; it says:\n{self._text}")


class Bus:
    """A running bus. Attributes: kind, dir, config_path, address (the first one it listens on),
    addresses (as printed, with guid; None for dbus-broker), pid (the process that got the command
    line), log (a Log of its stderr or journal)."""

    def __init__(self, kind, directory, process, log):
        self.kind = kind
        self.dir = directory
        self.process = process
        self.pid = process.pid
        self.log = log
        self.config_path = os.path.join(directory, "bus.conf")
        self.addresses = None
        self.address = "unix:path=" + os.path.join(directory, "bus")

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        """Writes a file in the bus's directory, `@DIR@` and `@LISTEN@` replaced; atomically."""
        write_file(self.dir, name, text)

    def client(self, **options):
        """A Client of this bus."""
        return Client(self.address, **options)

    def reload(self):
        """ReloadConfig as the tests' own user; returns when the new configuration is in effect."""
        with self.client() as c:
            c.bus("ReloadConfig")

    def hangup(self):
        """SIGHUP. Waiting for the effect is the caller's: log.wait_for() or polling by calls."""
        self.process.send_signal(signal.SIGHUP)

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        """SIGTERM; returns the exit status once the process is gone, and with it all that it had
        started and left."""
        heirs = list(_pidfds(_descendants(self.pid)))
        if self.alive():
            self.process.terminate()
        try:
            self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for fd in heirs:
            _end(fd)
        return self.process.returncode


def _descendants(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            children = [int(word) for word in f.read().split()]
    except FileNotFoundError:
        return []
    return children + [heir for child in children for heir in _descendants(child)]


def _pidfds(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            yield os.pidfd_open(pid)


def _end(pidfd):
    """Waits for the process to end, after making it."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    select.select([pidfd], [], [], TIMEOUT)
    with contextlib.suppress(ChildProcessError):
        os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
    os.close(pidfd)


def write_file(directory, name, text):
    path = os.path.join(directory, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    text = text.replace("@LISTEN@", "<listen>unix:path=@DIR@/bus</listen>")
    with open(path + "~", "w", encoding="utf-8") as f:
        f.write(text.replace("@DIR@", directory))
    os.rename(path + "~", path)


def headwayd_path():
    """$HEADWAYD, or what `./dev build` left."""
    if "HEADWAYD" in os.environ:
        return os.environ["HEADWAYD"]
    development = os.path.join(REPO, "out/dev/src/daemon/headwayd")
    return development if os.path.exists(development) else os.path.join(REPO, "out/bin/headwayd")


def program(kind):
    """The path of the bus's program; NotInstalled if there is none."""
    path = headwayd_path() if kind == "headwayd" else \
        shutil.which("dbus-broker-launch" if kind == "dbus-broker" else kind)
    if not path or not os.access(path, os.X_OK):
        raise NotInstalled(f"{kind}: no program{' at ' + path if path else ''}")
    return path


@contextlib.contextmanager
def start_bus(kind, text=None, *, files=None, args=(), env=None, listen_fds=(),
              pidfile=False, inside=()):
    """Runs a bus of `kind` with the configuration `text` (default config()); `files` are more files
    for its directory, {relative name: text}; `args` more arguments, `listen_fds` sockets handed
    over as an init system does, `pidfile` whether to write one, `inside` the start of a command
    line that executes the rest, `@DIR@` replaced (none of these for dbus-broker); `env` more
    environment, where None unsets. Yields a Bus; raises BusDidNotStart if it exits instead."""
    executable = program(kind)
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans are ours to bury
    with temporary_directory() as directory:
        for name, content in {**(files or {}), "bus.conf": config() if text is None
                              else text}.items():
            write_file(directory, name, content)
        environment = {k: v for k, v in {**os.environ, **(env or {})}.items() if v is not None}
        args = [*([] if pidfile else ["--nopidfile"]), *args]
        inside = [word.replace("@DIR@", directory) for word in inside]
        start = _start_broker if kind == "dbus-broker" else _start_daemon
        with start([*inside, executable], directory, args, environment, listen_fds, kind) as bus:
            try:
                yield bus
            finally:
                bus.stop()


@contextlib.contextmanager
def temporary_directory():
    """A directory that other users may enter."""
    with tempfile.TemporaryDirectory(prefix="bus-") as directory:
        os.chmod(directory,
                 stat.S_IRWXU | stat.S_IXGRP | stat.S_IXOTH | stat.S_IRGRP | stat.S_IROTH)
        yield directory


def start_failure(kind, text, **more):
    """Starts a bus that must refuse to start; returns its BusDidNotStart. AssertionError if it
    starts."""
    try:
        with start_bus(kind, text, **more) as bus:
            raise AssertionError(f"the bus started; it says:\n{bus.log.text()}")
    except BusDidNotStart as failure:
        return failure


@contextlib.contextmanager
def _start_daemon(program_line, directory, args, env, listen_fds, kind):
    command = [*program_line, f"--config-file={directory}/bus.conf", "--nofork", "--nosyslog",
               *args, "--print-address"]
    more = {}
    if listen_fds:
        more = {"preexec_fn": lambda: _hand_over(command, env, listen_fds), "close_fds": False}
    # pylint: disable-next=consider-using-with
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=env, start_new_session=True, **more)
    log = Log()
    log.follow(lambda: os.read(process.stderr.fileno(), 1 << 16))
    bus = Bus(kind, directory, process, log)
    try:
        printed = process.stdout.readline().decode().strip()
        if not printed:
            process.wait(TIMEOUT)
            log.wait_closed()
            raise BusDidNotStart(kind, process.returncode, log.text())
        bus.addresses = printed.split(";")
        bus.address = bus.addresses[0].split(",guid=")[0]
        yield bus
    finally:
        bus.stop()
        log.wait_closed()
        process.stdout.close()
        process.stderr.close()


@contextlib.contextmanager
def _start_broker(program_line, directory, args, env, listen_fds, kind):
    """dbus-broker-launch wants a journal and a user bus, and takes its listener as descriptor 3.
    The journal is a datagram socket of ours, at the expected place in its own mount namespace."""
    assert args == ["--nopidfile"] and not listen_fds and len(program_line) == 1, \
        "dbus-broker-launch takes no such arguments"
    with contextlib.ExitStack() as stack:
        helper = stack.enter_context(start_bus("dbus-daemon", config(bus_type="session")))
        journal = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        journal.bind(os.path.join(directory, "journal"))
        os.chmod(os.path.join(directory, "journal"), 0o777)
        log = Log()
        log.follow(lambda: _journal_text(journal))
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.path.join(directory, "bus"))
        os.chmod(os.path.join(directory, "bus"), 0o777)
        listener.listen(4096)
        env = {**env, "DBUS_SESSION_BUS_ADDRESS": helper.address}

        def prepare():
            private_journal(os.path.join(directory, "journal"))
            _hand_over(command, env, [listener])

        command = [*program_line, "--scope=user", f"--config-file={directory}/bus.conf"]
        # pylint: disable-next=consider-using-with,subprocess-popen-preexec-fn
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, preexec_fn=prepare, close_fds=False,
                                   start_new_session=True)
        listener.close()
        bus = Bus(kind, directory, process, log)
        try:
            _first_contact(bus)
            yield bus
        finally:
            bus.stop()
            journal.shutdown(socket.SHUT_RDWR)
            log.wait_closed()


def _hand_over(command, env, sockets):
    """In the child: becomes the command, which inherits `sockets` as descriptors 3, 4 ... """
    high = [fcntl.fcntl(sock.fileno(), fcntl.F_DUPFD_CLOEXEC, 100) for sock in sockets]
    for i, fd in enumerate(high):
        os.dup2(fd, 3 + i)
    os.execve(command[0], command, {**env, "LISTEN_PID": str(os.getpid()),
                                    "LISTEN_FDS": str(len(sockets))})


def _first_contact(bus):
    """A connection made before the launcher is ready waits in the backlog; if the launcher exits,
    it is closed."""
    try:
        Client(bus.address, stage="auth").close()
    except (Disconnected, OSError) as e:
        bus.process.wait(TIMEOUT)
        raise BusDidNotStart(bus.kind, bus.process.returncode, bus.log.text()) from e


def _journal_text(sock):
    """The MESSAGE field of the next journal entry as a line; empty at shutdown."""
    data = sock.recv(1 << 18)
    if not data:
        return b""
    for line in data.split(b"\n"):
        if line.startswith(b"MESSAGE="):
            return line[8:] + b"\n"
    return b"(an entry without text)\n"


MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 1 << 18


def _mount(source, target, kind=None, flags=0):
    libc = ctypes.CDLL(None, use_errno=True)
    words = [word and os.fsencode(word) for word in (source, target, kind)]
    if libc.mount(*words, flags, None):
        raise OSError(ctypes.get_errno(), f"cannot mount {target}")


def private_journal(path):
    """In this process, /run/systemd/journal/socket shall be `path` (needs to be root)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x20000):  # CLONE_NEWNS
        raise OSError(ctypes.get_errno(), "cannot have a mount namespace of its own")
    _mount("none", "/", flags=MS_REC | MS_PRIVATE)
    _mount("none", "/run", "tmpfs")
    os.makedirs("/run/systemd/journal")
    os.symlink(path, "/run/systemd/journal/socket")


def private_syslog(path, scratch):
    """In this process, /dev/log shall be `path`; after private_journal(). `scratch` is an empty
    directory."""
    _mount("/dev", scratch, flags=MS_BIND | MS_REC)
    _mount("none", "/dev", "tmpfs")
    for name in ("null", "zero", "full", "random", "urandom"):
        with open(f"/dev/{name}", "wb"):
            _mount(f"{scratch}/{name}", f"/dev/{name}", flags=MS_BIND)
    os.symlink("/proc/self/fd", "/dev/fd")
    os.symlink(path, "/dev/log")
