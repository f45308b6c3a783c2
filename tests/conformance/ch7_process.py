# SPDX-License-Identifier: MIT
"""Sections 7.2, 7.5 and 7.6: the bus as a process, and what a reload changes."""

import contextlib
import os
import resource
import select
import signal as signals
import socket
import subprocess

from tests.lib import expect
from tests.lib.buses import (config, program, service_file, start_bus, start_failure,
                             temporary_directory, write_file)
from tests.lib.client import TIMEOUT
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement, skip_on

NOT_A_DAEMON = skip_on("dbus-broker", "leaves this to its service manager")
DENY_A = '<policy context="mandatory"><deny own="org.example.A"/></policy>'


def denied(c, name="org.example.A"):
    with expect.error("AccessDenied"):
        c.request_name(name)


@contextlib.contextmanager
def watcher(bus):
    """A client that hears of each reload by next_signal("ActivatableServicesChanged")."""
    with bus.client() as c:
        c.add_match("type='signal',member='ActivatableServicesChanged'")
        yield c


# Reload


@requirement("CONF-032", "CONF-034", "DRV-016")
def test_reload_config_applies_the_new_policy_to_old_connections_before_it_replies(kind):
    with start_bus(kind) as bus, bus.client() as c:
        expect.equal(c.request_name("org.example.A"), 1)
        c.release_name("org.example.A")
        bus.write("bus.conf", config(extra=DENY_A))
        bus.reload()
        denied(c)
        bus.write("bus.conf", config())
        bus.reload()
        expect.equal(c.request_name("org.example.A"), 1)


@requirement("CONF-032", "CONF-034", "DRV-020")
@skip_on("dbus-broker", "announces no reload")
def test_sighup_reloads_the_configuration(kind):
    with start_bus(kind) as bus, bus.client() as c, watcher(bus) as w:
        bus.write("bus.conf", config(extra=DENY_A))
        bus.hangup()
        w.next_signal("ActivatableServicesChanged")
        denied(c)
        bus.log.wait_for("Reloaded configuration")


@requirement("CONF-032", "CONF-033", "SEEN-08")
@skip_on("dbus-broker", "announces no reload")
@cases(("written", "d/new.conf", "write"), ("removed", "d/old.conf", "remove"),
       ("moved in", "d/in.conf", "rename"))
def test_a_change_in_a_directory_of_the_configuration_reloads_it(kind, name, how):
    policy = '<busconfig><policy context="mandatory"><{} own="org.example.A"/></policy></busconfig>'
    files = {"d/a.conf": "<busconfig/>", "x": policy.format("deny")}
    if how == "remove":
        files |= {"d/old.conf": policy.format("deny")}
    with start_bus(kind, config(extra="<includedir>d</includedir>"), files=files) as bus:
        with bus.client() as c, watcher(bus) as w:
            if how == "write":
                with open(bus.path(name), "w", encoding="ascii") as f:
                    f.write(policy.format("deny"))
            elif how == "remove":
                denied(c)
                os.remove(bus.path(name))
            else:
                os.rename(bus.path("x"), bus.path(name))
            w.next_signal("ActivatableServicesChanged")
            if how == "remove":
                expect.equal(c.request_name("org.example.A"), 1)
            else:
                denied(c)


@requirement("CONF-032", "CONF-033", "SEEN-08")
@skip_on("dbus-broker", "starts services by systemd only; DIFF-011")
def test_a_new_service_file_is_known_without_a_reload(kind):
    text = config(extra="<servicedir>@DIR@/s</servicedir>")
    with start_bus(kind, text, files={"s/x": ""}) as bus, bus.client() as c:
        with expect.error("ServiceUnknown"):
            c.bus("StartServiceByName", "su", "org.example.A", 0)
        bus.write("s/org.example.A.service",
                  service_file("org.example.A", "/bin/false"))
        with expect.error("Spawn.ChildExited"):
            c.bus("StartServiceByName", "su", "org.example.A", 0)


@requirement("CONF-034")
@skip_on("dbus-broker", "has quotas per user instead; DIFF-022")
def test_a_reload_changes_limits_and_service_directories(kind):
    files = {"s/org.example.A.service": service_file("org.example.A", "/x")}
    with start_bus(kind, files=files) as bus:
        with bus.client() as c:
            c.add_match("member='A'")
            expect.true("org.example.A" not in c.bus("ListActivatableNames"), "known too early")
            bus.write("bus.conf", config(limits={"max_match_rules_per_connection": 1},
                                         extra="<servicedir>@DIR@/s</servicedir>"))
            bus.reload()
            with expect.error("LimitsExceeded", "max_match_rules_per_connection=1"):
                c.add_match("member='B'")
            expect.true("org.example.A" in c.bus("ListActivatableNames"), "not known")


@requirement("CONF-035")
def test_a_reload_takes_away_neither_names_nor_matches(kind):
    with start_bus(kind) as bus, bus.client() as c, bus.client() as other:
        c.request_name("org.example.A")
        c.add_match("member='M'")
        bus.write("bus.conf", config(extra=DENY_A, limits={"max_match_rules_per_connection": 0}))
        bus.reload()
        expect.equal(other.bus("GetNameOwner", "s", "org.example.A"), c.name)
        other.emit("/", "a.b", "M")
        other.sync()
        expect.equal(len(c.signals("M")), 1)


@requirement("CONF-035")
@NOT_A_DAEMON
def test_a_reload_changes_neither_addresses_nor_mechanisms_nor_user(kind):
    with start_bus(kind) as bus:
        more = "<allow_anonymous/><user>65534</user><pidfile>@DIR@/p</pidfile>"
        bus.write("bus.conf", config(listen="<listen>unix:path=@DIR@/other</listen>",
                                     auth="ANONYMOUS", extra=more))
        bus.reload()
        with bus.client() as c:
            expect.equal(c.bus("GetConnectionUnixUser", "s", "org.freedesktop.DBus"), os.getuid())
        with bus.client(stage="socket") as c:
            c.send(b"\0")
            expect.equal(c.say("AUTH"), "REJECTED EXTERNAL")
        expect.true(not os.path.exists(bus.path("other")), "listens elsewhere too")
        expect.true(not os.path.exists(bus.path("p")), "wrote a pid file")


BROKEN = (("unknown element", config(extra=DENY_A + "<nonsense/>")), ("not XML", "<busconfig"),
          ("limit", config(extra=DENY_A + '<limit name="nonsense">1</limit>')),
          ("missing include", config(extra=DENY_A + "<include>no.conf</include>")))


@requirement("CONF-036", "DRV-016")
@differs("dbus-broker", "warns, drops the element and goes on; DIFF-006",
         case=("unknown element", "limit"))
@cases(*BROKEN)
def test_a_reload_of_a_bad_file_fails_and_changes_nothing(kind, text):
    good = config(limits={"max_match_rules_per_connection": 2})
    with start_bus(kind, good) as bus, bus.client() as c:
        bus.write("bus.conf", text)
        try:
            c.bus("ReloadConfig")
            raise AssertionError("ReloadConfig succeeded")
        except BusError as e:
            if kind == "headwayd":
                expect.contains(e.text, "bus.conf:")
        expect.equal(c.request_name("org.example.A"), 1)
        bus.write("bus.conf", config(extra=DENY_A))
        bus.reload()
        denied(bus.client())


@requirement("CONF-036")
@skip_on("dbus-broker", "announces no reload")
def test_sighup_with_a_bad_file_is_logged_and_survived(kind):
    with start_bus(kind) as bus, bus.client() as c:
        bus.write("bus.conf", "<busconfig><nonsense/>")
        bus.hangup()
        bus.log.wait_for("Unable to reload configuration")
        c.sync()
        expect.equal(c.request_name("org.example.A"), 1)


@requirement("DRV-017")
@differs("dbus-daemon", "lets everyone whom the policy lets")
@differs("dbus-broker", "lets everyone whom the policy lets")
def test_only_root_and_the_user_of_the_bus_reload_it(kind):
    with start_bus(kind, config(extra=f"<user>{65534}</user>" if kind == "headwayd"
                                else "")) as bus:
        os.chmod(bus.path("bus.conf"), 0o644)
        with bus.client(uid=1) as c:
            with expect.error("AccessDenied"):
                c.bus("ReloadConfig")
        with bus.client(uid=65534) as c:
            c.bus("ReloadConfig")
        bus.reload()


@requirement("CONF-037", "SEEN-02")
@skip_on("dbus-broker", "its launcher speaks for two processes")
def test_the_service_manager_is_told_of_start_reload_and_end(kind):
    with temporary_directory() as place, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sink:
        sink.bind(place + "/notify")
        sink.settimeout(TIMEOUT)

        def told(wanted):
            while True:
                lines = sink.recv(4096).decode().split("\n")
                if wanted in lines:
                    return
                expect.true(not any(x.split("=")[0] in ("READY", "RELOADING", "STOPPING")
                                    for x in lines),
                            f"got {lines}, wanted {wanted}")

        with start_bus(kind, env={"NOTIFY_SOCKET": place + "/notify"}) as bus:
            told("READY=1")
            bus.reload()
            told("RELOADING=1")
            told("READY=1")
            bus.hangup()
            told("RELOADING=1")
            told("READY=1")
            bus.stop()
            told("STOPPING=1")


# The process


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return dict(line.rstrip("\n").split(":", 1) for line in f)


@requirement("CONF-008", "CRED-006", "SEEN-03")
@NOT_A_DAEMON
@cases(("by number", "65534", 65534), ("by name", "nobody", 65534),
       ("the last one", "daemon</user><user>65534", 65534))
def test_the_bus_becomes_the_user_it_is_told_to(kind, user, uid):
    with start_bus(kind, config(extra=f"<user>{user}</user>")) as bus, bus.client() as c:
        expect.equal(c.bus("GetConnectionUnixUser", "s", "org.freedesktop.DBus"), uid)
        pid = c.bus("GetConnectionUnixProcessID", "s", "org.freedesktop.DBus")
        status = status_of(pid)
        expect.equal(status["Uid"].split(), [str(uid)] * 4)
        expect.equal(status["Groups"].split(), [])
        expect.true(int(status["CapEff"], 16) & ~(1 << 29) == 0, f"capabilities {status['CapEff']}")


@requirement("CONF-013")
@NOT_A_DAEMON
def test_the_last_pidfile_is_written_and_removed(kind):
    text = config(extra="<pidfile>@DIR@/one</pidfile><pidfile>@DIR@/two</pidfile>")
    with start_bus(kind, text, pidfile=True) as bus:
        bus.client().close()
        expect.true(not os.path.exists(bus.path("one")), "the first is there")
        with open(bus.path("two"), encoding="ascii") as f:
            expect.equal(int(f.read()), bus.pid)
        bus.stop()
        expect.true(not os.path.exists(bus.path("two")), "the file is still there")


@requirement("CONF-013", "PROC-001")
@NOT_A_DAEMON
def test_with_the_pidfile_of_another_the_bus_does_not_start(kind):
    text = config(extra="<pidfile>@DIR@/pid</pidfile>")
    start_failure(kind, text, files={"pid": "1\n"}, pidfile=True)
    with start_bus(kind, text, files={"pid": "1\n"}) as bus:
        bus.stop()
        with open(bus.path("pid"), encoding="ascii") as f:
            expect.equal(f.read(), "1\n")


@requirement("CONF-009", "PROC-001", "PROC-002", "PROC-003")
@NOT_A_DAEMON
@cases(("umask 022", "", 0o022), ("the umask as it was", "<keep_umask/>", 0o027))
def test_a_bus_that_forks_is_ready_when_its_parent_exits(kind, element, umask):
    with temporary_directory() as place:
        write_file(place, "bus.conf", config(extra="<fork/><pidfile>@DIR@/pid</pidfile>" + element))
        done = subprocess.run([program(kind), f"--config-file={place}/bus.conf", "--nosyslog",
                               "--print-address=1", "--print-pid=1"], stdin=subprocess.DEVNULL,
                               check=True,
                              capture_output=True, text=True, timeout=TIMEOUT, umask=0o027)
        address, pid = done.stdout.split()
        fd = os.pidfd_open(int(pid))
        try:
            with Client(address) as c:
                c.sync()
            with open(place + "/pid", encoding="ascii") as f:
                expect.equal(f.read().strip(), pid)
            status = status_of(pid)
            expect.equal(int(status["Umask"], 8), umask)
            expect.equal(os.readlink(f"/proc/{pid}/cwd"), "/")
            expect.equal(os.getsid(int(pid)), int(pid))
        finally:
            signals.pidfd_send_signal(fd, signals.SIGTERM)
            expect.true(select.select([fd], [], [], TIMEOUT)[0], "it goes on after SIGTERM")
            with contextlib.suppress(ChildProcessError):
                os.waitid(os.P_PIDFD, fd, os.WEXITED)
            os.close(fd)


@requirement("PROC-003", "PROC-004")
def test_the_bus_reads_no_input_and_may_open_many_files(kind):
    with start_bus(kind) as bus:
        bus.client().close()
        expect.equal(os.readlink(f"/proc/{bus.pid}/fd/0"), "/dev/null")
        with open(f"/proc/{bus.pid}/limits", encoding="ascii") as f:
            soft, hard = next(x for x in f if x.startswith("Max open files")).split()[3:5]
        expect.equal(soft, hard)


@requirement("PROC-003", "PROC-004", "SEEN-12")
@skip_on("dbus-broker", "starts services by systemd only; DIFF-011")
def test_services_inherit_neither_descriptors_nor_limits_of_the_bus(kind):
    text = config(extra="<servicedir>@DIR@/s</servicedir>")
    tell = "/bin/sh -c 'ls /proc/$$/fd > @DIR@/fds; ulimit -n > @DIR@/n; exit 1'"
    run = service_file("org.example.A", tell)
    with start_bus(kind, text, files={"s/org.example.A.service": run}) as bus, bus.client() as c:
        with expect.error("Spawn.ChildExited"):
            c.bus("StartServiceByName", "su", "org.example.A", 0)
        with open(bus.path("fds"), encoding="ascii") as f:
            expect.equal(set(f.read().split()) - {"10"}, {"0", "1", "2"})  # 10 is the shell's own
        with open(bus.path("n"), encoding="ascii") as f:
            expect.equal(f.read().strip(), str(resource.getrlimit(resource.RLIMIT_NOFILE)[0]))


@requirement("PROC-005")
@NOT_A_DAEMON
@differs("dbus-daemon", "leaves SIGINT at its default", case="SIGINT")
@cases(("SIGTERM", signals.SIGTERM), ("SIGINT", signals.SIGINT))
def test_a_signal_to_end_ends_the_bus_cleanly(kind, number):
    with start_bus(kind) as bus, bus.client() as c:
        bus.process.send_signal(number)
        c.wait_disconnect()
        expect.equal(bus.process.wait(TIMEOUT), 0)
        expect.true(not os.path.exists(bus.path("bus")), "the socket is still there")


@requirement("PROC-005")
def test_a_peer_that_goes_while_it_is_written_to_does_not_end_the_bus(kind):
    with start_bus(kind) as bus, bus.client() as judge:
        for _ in range(20):
            c = bus.client()
            for _ in range(50):
                c.post(driver_call("ListNames"))
            c.close()
        judge.sync()
        expect.true(bus.alive(), "it died")


@requirement("PROC-007")
@NOT_A_DAEMON
@cases(("system", "system", "[system] "), ("session", "session", "[session uid="))
def test_log_lines_say_which_bus_speaks(kind, bus_type, prefix):
    with start_bus(kind, config(bus_type=bus_type)) as bus:
        bus.client().close()
        bus.hangup()
        bus.log.wait_for("Reloaded configuration")
        expect.contains(bus.log.text(), prefix)


@requirement("ERR-002")
@skip_on("dbus-broker", "starts services by systemd only; DIFF-011")
@cases(("no program", "/no/such/program", "Spawn.ExecFailed"),
       ("exit", "/bin/false", "Spawn.ChildExited"),
       ("signal", "/bin/sh -c 'kill -9 $$'", "Spawn.ChildSignaled"))
def test_a_service_that_cannot_start_says_how_it_failed(kind, command, name):
    files = {"s/org.example.A.service": service_file("org.example.A", command)}
    with start_bus(kind, config(extra="<servicedir>@DIR@/s</servicedir>"), files=files) as bus:
        with bus.client() as c, expect.error(name):
            c.bus("StartServiceByName", "su", "org.example.A", 0)


@requirement("ADDR-028", "DRV-035")
def test_the_machine_id_is_that_of_the_machine(kind):
    for name in ("/var/lib/dbus/machine-id", "/etc/machine-id"):
        if os.path.exists(name):
            with open(name, encoding="ascii") as f:
                wanted = f.read().strip()
            break
    else:
        return
    with start_bus(kind) as bus, bus.client() as c:
        expect.equal(c.bus("GetMachineId", interface="org.freedesktop.DBus.Peer"), wanted)
