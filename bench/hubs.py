# SPDX-License-Identifier: MIT
"""Starts the hubs that bench/run.py sets beside each other, each with the same configuration.

A hub is started afresh for every measurement and ended by its process id. Everything lives in one
temporary directory, which goes with the Workshop.
"""
import contextlib
import getpass
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import sys
import threading
import time
import xml.etree.ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.join(ROOT, "scripts"))
import session_bus  # noqa: E402  (what the line above makes known)

START_S = 10
END_S = 3
FILES_MAX = 65536
LOG_SINK = "/run/systemd/journal/socket"
SYSTEM_CONF = "/usr/share/dbus-1/system.conf"

SERVICE_POLICY = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <policy user="{user}">
    <allow own="{name}"/>
    <allow send_destination="{name}"/>
  </policy>
  <policy context="default">
    <deny send_destination="{name}"/>
    <allow send_destination="{name}" send_interface="org.freedesktop.DBus.Introspectable"/>
    <allow send_destination="{name}" send_interface="org.freedesktop.DBus.Properties"/>
    <allow send_destination="{name}" send_interface="{name}.Manager"/>
  </policy>
</busconfig>
"""

# dbus-broker-launch wants its listener as descriptor 3 and a journal to log to. In a mount
# namespace of its own the sink can stand where the journal would, and nobody else sees it.
LAUNCH = ('read -r _ && LISTEN_FDS=1 LISTEN_PID=$$ exec '
          'dbus-broker-launch --scope user --config-file="$2" 3<&"$1" </dev/null')
LAUNCH_APART = ('mount -t tmpfs none /run && mkdir -p /run/systemd/journal && : >' + LOG_SINK +
                ' && mount --bind "$3" ' + LOG_SINK + ' && ' + LAUNCH)


# Every hub waits for a line before it starts, so that its start can be timed from its exec on.
WAIT_THEN = ["sh", "-c", 'read -r _ && exec "$@" </dev/null', "sh"]


class HubError(Exception):
    """A hub that cannot be started, and why."""


def children_of(pid):
    found = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += [int(child) for child in file.read().split()]
    return found + [grandchild for child in found for grandchild in children_of(child)]


def runs(pid):
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    return False


class Process:
    """A child that waits for a line, then runs, and is ended by its own id, politely and then not;
    and its children after it."""

    def __init__(self, command, log, **options):
        self.log_path = log
        with open(log, "w") as out:
            self.popen = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out,
                                          stderr=subprocess.STDOUT, **options)

    def go(self):
        os.write(self.popen.stdin.fileno(), b"\n")

    def end(self):
        self.popen.stdin.close()
        children = children_of(self.popen.pid)
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(END_S)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        self.popen.wait()
        deadline = time.monotonic() + END_S
        while any(map(runs, children)) and time.monotonic() < deadline:
            time.sleep(0.005)
        for child in filter(runs, children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def last_words(self):
        with open(self.log_path, errors="replace") as log:
            return " / ".join(log.read().split("\n")[-4:]).strip(" /")[-300:]


class Sink:
    """A datagram socket that swallows what dbus-broker logs."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self):
        with contextlib.suppress(OSError):
            while self.socket.recv(65536):
                pass

    def close(self):
        self.socket.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)


def raise_fd_limit():
    """For hubs and loads with thousands of peers; as far as we may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (FILES_MAX, hard):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, max(limit, hard)))
            return


def system_configuration(socket_path, file=SYSTEM_CONF):
    """Debian's configuration of the system bus, for a bus that listens elsewhere and runs as whom
    it was started by."""
    try:
        root = xml.etree.ElementTree.parse(file).getroot()
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        raise HubError(f"cannot read the system bus's configuration: {error}") from error
    for child in list(root):
        if child.tag in ("user", "fork", "pidfile", "listen", "syslog"):
            root.remove(child)
        elif child.tag in ("include", "includedir") and "selinux_root_relative" not in child.attrib:
            child.text = os.path.join(os.path.dirname(file), child.text)
    xml.etree.ElementTree.SubElement(root, "listen").text = f"unix:path={socket_path}"
    return session_bus.DOCTYPE + xml.etree.ElementTree.tostring(root, encoding="unicode")


class Workshop:
    """The temporary directory, and what hubs need around them."""

    def __init__(self, floor, headwayd):
        self.floor = floor
        self.headwayd = headwayd
        raise_fd_limit()
        self.dir = tempfile.mkdtemp(prefix="headway-bench-")
        self.sinks = []
        self.user_bus = None
        self.count = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.user_bus:
            self.user_bus.end()
        for sink in self.sinks:
            sink.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def why_not(self, hub):
        """Why this hub cannot be started here, or None."""
        needed = {"floor": [self.floor], "headwayd": [self.headwayd],
                  "dbus-daemon": ["dbus-daemon"],
                  "dbus-broker": ["dbus-broker-launch", "dbus-broker", "dbus-daemon"]}[hub]
        missing = [program for program in needed if not shutil.which(program)]
        return f"{', '.join(missing)} not found" if missing else None

    @contextlib.contextmanager
    def running(self, hub, policy_services=0, system=False, held=False):
        """A fresh hub; gives its process and the path of its socket. It has the policy of that many
        services, or Debian's configuration of the system bus. If held, it waits for its line."""
        self.count += 1
        place = os.path.join(self.dir, str(self.count))
        os.mkdir(place)
        path = os.path.join(place, "bus")
        process = None
        try:
            config = self._write_config(place, path, policy_services, system)
            process = self._start(hub, place, path, config)
            if not held:
                process.go()
                self._await(process, path)
            yield process, path
        finally:
            if process:
                process.end()
            shutil.rmtree(place, ignore_errors=True)

    def _write_config(self, place, path, policy_services, system):
        more = ""
        if policy_services:
            more = "<includedir>policy.d</includedir>"
            os.mkdir(os.path.join(place, "policy.d"))
            for i in range(policy_services):
                with open(os.path.join(place, "policy.d", f"service{i}.conf"), "w") as file:
                    file.write(SERVICE_POLICY.format(name=f"org.headway.bench.Service{i}",
                                                     user=getpass.getuser()))
        config = os.path.join(place, "bus.conf")
        with open(config, "w") as file:
            file.write(system_configuration(path) if system
                       else session_bus.configuration(path, more))
        return config

    def _start(self, hub, place, path, config):
        log = os.path.join(place, "log")
        if hub == "floor":
            return Process([*WAIT_THEN, self.floor, path], log)
        if hub == "dbus-broker":
            return self._start_broker(path, config, log)
        program = self.headwayd if hub == "headwayd" else "dbus-daemon"
        return Process([*WAIT_THEN, program, f"--config-file={config}", "--nofork", "--nopidfile",
                        "--nosyslog", "--print-address"], log)

    def _start_broker(self, path, config, log):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(path)
            listener.listen(4096)
            environment = dict(os.environ, DBUS_SESSION_BUS_ADDRESS=self._user_bus_address())
            script, apart = self._log_sink()
            command = ["sh", "-c", script, "sh", str(listener.fileno()), config, self.sinks[0].path]
            return Process((["unshare", "--mount"] if apart else []) + command, log,
                           env=environment, pass_fds=[listener.fileno()])

    def _user_bus_address(self):
        """dbus-broker-launch asks a user bus to start services; none will be asked for here."""
        path = os.path.join(self.dir, "user-bus")
        if not self.user_bus:
            config = os.path.join(self.dir, "user-bus.conf")
            with open(config, "w") as file:
                file.write(session_bus.configuration(path))
            self.user_bus = Process([*WAIT_THEN, "dbus-daemon", f"--config-file={config}",
                                     "--nofork", "--nopidfile", "--nosyslog"],
                                    os.path.join(self.dir, "user-bus.log"))
            self.user_bus.go()
            self._await(self.user_bus, path)
        return f"unix:path={path}"

    def _log_sink(self):
        """The script that launches with a log to write to, and whether in a mount namespace."""
        if not self.sinks:
            self.sinks.append(Sink(os.path.join(self.dir, "log-sink")))
        if os.path.exists(LOG_SINK):
            return LAUNCH, False
        can = not self.dir.startswith("/run/") and subprocess.run(
            ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/run"],
            capture_output=True).returncode == 0
        if can:
            return LAUNCH_APART, True
        try:
            os.makedirs(os.path.dirname(LOG_SINK), exist_ok=True)
            self.sinks.append(Sink(LOG_SINK))
        except OSError as error:
            raise HubError(f"dbus-broker needs a datagram socket at {LOG_SINK}: {error}") from error
        return LAUNCH, False

    @staticmethod
    def _await(process, path):
        """Until the socket takes connections; whether the bus answers, bench-bus finds out."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if process.popen.poll() is not None:
                raise HubError(f"ended at once: {process.last_words()}")
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                with contextlib.suppress(OSError):
                    probe.connect(path)
                    return
            time.sleep(0.005)
        raise HubError(f"does not listen on its socket: {process.last_words()}")
