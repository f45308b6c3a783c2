# SPDX-License-Identifier: MIT
"""The bus as a service of a machine: what the service manager is told, and what the processes keep
of the rights they were started with."""

import contextlib
import os
import socket
import time

from tests.integration.attack import release_build
from tests.integration.support import broker_pid, descriptors, find, run
from tests.lib import expect
from tests.lib.buses import config, service_file, start_bus, temporary_directory
from tests.lib.client import TIMEOUT, Client
from tests.lib.runner import cases, differs, requirement, skip_on

NO_STATUS = skip_on("dbus-daemon", "tells no status")
NOBODY = 65534
AUDIT_WRITE = 1 << 29  # CAP_AUDIT_WRITE
PRIVATE_RUN = ("unshare", "--mount", "sh", "-c",
               "mount -t tmpfs none /run && mkdir /run/systemd && "
               'ln -s "$0" /run/systemd/dynamic-uid && exec "$@"')
DENY_A = '<policy context="mandatory"><deny own="org.example.A"/></policy>'


class Manager:
    """What a service manager is told: NOTIFY_SOCKET."""

    def __init__(self, directory):
        self.path = directory + "/notify"
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        os.chmod(self.path, 0o777)
        self.sock.settimeout(TIMEOUT)

    def next(self, name):
        """The next message that has this variable, as a dictionary."""
        while True:
            lines = self.sock.recv(1 << 16).decode().split("\n")
            told = dict(line.split("=", 1) for line in lines)
            if name in told:
                return told

    def status(self, part):
        """The next status that contains `part`."""
        while True:
            status = self.next("STATUS")["STATUS"]
            if part in status:
                return status


@contextlib.contextmanager
def managed(kind, text=None, **more):
    """A bus under a Manager, which has been told that it is ready: (bus, manager)."""
    with temporary_directory() as place:
        manager = Manager(place)
        with manager.sock, start_bus(kind, text, env={"NOTIFY_SOCKET": manager.path},
                                     **more) as bus:
            manager.next("READY")
            yield bus, manager


# What it tells


@requirement("CONF-037", "CONF-034", "SEEN-02")
@skip_on("dbus-daemon", "does not say when it began")
def test_a_reload_is_told_when_it_began_and_over_only_when_it_holds(kind):
    with managed(kind) as (bus, manager), bus.client() as c:
        bus.write("bus.conf", config(extra=DENY_A))
        before = time.monotonic_ns() // 1000
        bus.hangup()
        began = int(manager.next("RELOADING")["MONOTONIC_USEC"])
        expect.equal(manager.next("READY")["READY"], "1")
        expect.true(before <= began <= time.monotonic_ns() // 1000, (before, began))
        with expect.error("AccessDenied"):
            c.request_name("org.example.A")


@NO_STATUS
@requirement("CONF-037")
def test_the_status_says_how_many_are_served(kind):
    with managed(kind) as (bus, manager), bus.client():
        expect.equal(manager.status("1 "), "Serving 1 connection")


@NO_STATUS
@requirement("CONF-036", "CONF-037")
def test_the_status_says_which_error_keeps_the_old_configuration_until_it_is_gone(kind):
    with managed(kind) as (bus, manager):
        bus.write("bus.conf", "<busconfig>\n<nonsense/>")
        bus.hangup()
        status = manager.status("old configuration")
        expect.contains(status, "bus.conf:2: unknown element <nonsense>")
        bus.write("bus.conf", config())
        bus.hangup()
        expect.equal(manager.status("Serving"), "Serving 0 connections")


@NO_STATUS
@requirement("LIM-011")
def test_the_status_says_that_too_many_are_logging_in(kind):
    with managed(kind, config(limits={"max_incomplete_connections": 1})) as (bus, manager):
        with bus.client(stage="socket"):
            manager.status("max_incomplete_connections are logging in")


@NO_STATUS
@requirement("RES-016")
def test_the_status_and_the_log_say_that_descriptors_are_out(kind):
    limits = {"max_connections_per_user": 1000, "max_incomplete_connections": 1000}
    with release_build(), managed(kind, config(limits=limits)) as (bus, manager):
        pid = broker_pid(bus)
        run("prlimit", f"--pid={pid}", f"--nofile={descriptors(pid) + 5}")
        crowd = [Client(bus.address, stage="socket") for _ in range(10)]
        manager.status("no file descriptors left")
        bus.log.wait_for("Cannot accept connections until others end: accept: Too many open files")
        for c in crowd:
            c.close()
        expect.equal(manager.status("Serving 0 connections"), "Serving 0 connections")


# What it keeps


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return {line.split(":")[0]: line.split(":", 1)[1].split() for line in f}


@requirement("CONF-008", "PROC-001", "SEEN-03")
def test_both_processes_give_up_all_rights_of_root_for_the_configured_user(kind):
    with release_build(), start_bus(kind, config(extra=f"<user>{NOBODY}</user>")) as bus:
        bus.client().close()
        for pid, kept in {bus.pid: AUDIT_WRITE, broker_pid(bus):
                          0 if kind == "headwayd" else AUDIT_WRITE}.items():
            status = status_of(pid)
            expect.equal((status["Uid"], status["Gid"]), ([str(NOBODY)] * 4, [str(NOBODY)] * 4))
            expect.equal(status["Groups"], [])
            for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                expect.equal(int(status[name][0], 16) & ~kept, 0, f"{name} of {pid}")
        if kind == "headwayd":
            status = status_of(broker_pid(bus))
            expect.equal((status["NoNewPrivs"], status["Seccomp"]), (["1"], ["2"]))


@requirement("PROC-004", "ACT-023")
@differs("dbus-daemon", "raises nothing if root may not have 65536")
def test_the_bus_takes_all_descriptors_it_may_have_and_services_get_what_was_there(kind):
    tell = "/bin/sh -c 'echo $(ulimit -Sn) $(ulimit -Hn) > @DIR@/limits; exit 1'"
    text = config(extra=f"<user>{NOBODY}</user><servicedir>@DIR@/s</servicedir>")
    files = {"s/org.example.A.service": service_file("org.example.A", tell)}
    inside = (find("prlimit"), "--nofile=512:4096")
    with start_bus(kind, text, files=files, inside=inside) as bus:
        os.chmod(bus.dir, 0o777)
        for pid in (bus.pid, broker_pid(bus)):
            soft, most = limits_of(pid)
            expect.equal(soft, most)
            expect.true(soft >= 4096, f"{soft} descriptors")
        with bus.client() as c, expect.error("Spawn.ChildExited"):
            c.bus("StartServiceByName", "su", "org.example.A", 0)
        with open(bus.path("limits"), encoding="ascii") as f:
            expect.equal(f.read().split(), ["512", "4096"])


def limits_of(pid):
    with open(f"/proc/{pid}/limits", encoding="ascii") as f:
        words = next(line for line in f if line.startswith("Max open files")).split()
    return int(words[3]), int(words[4])


# Whom it serves


@requirement("POL-002", "POL-006")
@skip_on("dbus-daemon", "lets nobody connect who has no account")
@cases(("known before", True), ("turns up later", False))
def test_policy_for_a_dynamic_user_holds_as_soon_as_systemd_has_made_it(kind, before):
    text = config(extra='<policy context="default"><deny own="*"/></policy>'
                  '<policy user="made-up-user"><allow own="org.example.A"/></policy>')
    with temporary_directory() as users:
        def make():
            os.symlink("made-up-user", f"{users}/direct:64123")

        if before:
            make()
        with start_bus(kind, text, inside=(*PRIVATE_RUN, users)) as bus:
            with bus.client(uid=64124) as c, expect.error("AccessDenied"):
                c.request_name("org.example.A")
            if not before:
                make()
            with bus.client(uid=64123) as c:
                expect.equal(c.request_name("org.example.A"), 1)
