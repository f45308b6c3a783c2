# SPDX-License-Identifier: MIT
"""What becomes of everybody else when a process is killed: a service, either process of the bus, or
both. docs/operations.md tells administrators the same."""

import os
import signal
import socket

from tests.integration.support import PEERS, PYTHON, broker_pid, children, ends, peer, until
from tests.lib import expect
from tests.lib.buses import config, service_file, start_bus, start_failure
from tests.lib.client import TIMEOUT, Client
from tests.lib.message import ERROR, call
from tests.lib.runner import cases, differs, requirement, skip_on

NAME = "org.example.Service"
OBJECT = ("/org/example/Service", "org.example.Service1")
ONE_PROCESS = skip_on("dbus-daemon", "is one process")
SETTINGS = config(bus_type="session", extra="<servicedir>@DIR@/services</servicedir>",
                  limits={"service_start_timeout": 600000})  # two processors for everybody
FILES = {"services/a.service": service_file(NAME, f"{PYTHON} {PEERS}/service.py")}


def pid_of(client, name):
    return client.bus("GetConnectionUnixProcessID", "s", name)


def watch(*pids):
    return [os.pidfd_open(pid) for pid in pids]


def wait_gone(processes):
    for fd in processes:
        expect.true(ends(fd), "a process goes on")
        os.close(fd)


def kill(pid):
    """SIGKILL; returns when the process is gone."""
    processes = watch(pid)
    os.kill(pid, signal.SIGKILL)
    wait_gone(processes)


def in_place_of(bus):
    """The text of a configuration with the same socket and pid file as that bus."""
    return config(listen=f"<listen>unix:path={bus.dir}/bus</listen>",
                  extra=f"<pidfile>{bus.dir}/pid</pidfile>")


# A service


@requirement("ROUTE-012", "BUS-013", "ACT-010")
@cases(("in its socket", 10), ("in the bus", 300000))
def test_who_waits_for_a_killed_service_is_told_and_the_next_call_starts_it_again(kind, size):
    with start_bus(kind, SETTINGS, files=FILES) as bus, bus.client() as c, bus.client() as other:
        expect.equal(c.call(NAME, *OBJECT, "WhoAmI"), c.name)
        first, owner = pid_of(c, NAME), c.bus("GetNameOwner", "s", NAME)
        c.add_match(f"member='NameOwnerChanged',arg0='{NAME}'")
        os.kill(first, signal.SIGSTOP)
        waiting = [(client, client.post(call(NAME, *OBJECT, "Count", "ay", [bytes(size)])))
                   for client in (c, other) for _ in range(5)]
        c.sync()
        other.sync()
        kill(first)
        for client, serial in waiting:
            expect.is_error(client.reply_to(serial), "NoReply")
        expect.equal(c.next_signal("NameOwnerChanged").args, [NAME, owner, ""])
        expect.equal(c.call(NAME, *OBJECT, "WhoAmI"), c.name)
        expect.true(pid_of(c, NAME) != first, "it is the same process")
        until(lambda: first not in children(bus.pid), "it stays a zombie", c)


@requirement("BUS-013", "BUS-030")
def test_who_waits_for_the_name_of_a_killed_service_gets_it(bus):
    with peer("service.py", bus=bus) as service, bus.client() as c:
        c.request_name(NAME)
        kill(service.pid)
        c.next_matching(lambda x: x.member == "NameAcquired" and x.args == [NAME])
        expect.equal(pid_of(c, NAME), os.getpid())


# The bus


@ONE_PROCESS
@cases(("SIGKILL", signal.SIGKILL), ("SIGSYS", signal.SIGSYS))
def test_the_bus_fails_and_says_so_when_its_broker_process_dies(kind, number):
    with start_bus(kind) as bus, bus.client() as c:
        os.kill(broker_pid(bus), number)
        c.wait_disconnect()
        expect.equal(bus.process.wait(TIMEOUT), 1)
        bus.log.wait_for(f"killed by signal {int(number)}")


@requirement("CONF-013")
@differs("dbus-daemon", "does not start while there is a pid file")
@cases(("the first process", "first"), ("the broker process", "broker"), ("both", "both"))
def test_a_killed_bus_ends_whole_and_another_can_take_its_place(kind, which):
    text = config(extra="<pidfile>@DIR@/pid</pidfile>")
    with start_bus(kind, text, pidfile=True) as bus, bus.client() as c:
        first, broker = bus.pid, broker_pid(bus)
        processes = watch(first, broker)
        for pid in {"first": [first], "broker": [broker], "both": [broker, first]}[which]:
            os.kill(pid, signal.SIGKILL)
        c.wait_disconnect()
        bus.process.wait(TIMEOUT)
        wait_gone(processes)
        left = {"bus.conf"} if which == "broker" else {"bus.conf", "bus", "pid"}
        expect.equal(set(os.listdir(bus.dir)), left)
        with start_bus(kind, in_place_of(bus), pidfile=True) as second:
            with Client(bus.address) as c:
                expect.equal(c.bus("ListNames"), ["org.freedesktop.DBus", c.name])
            with open(bus.path("pid"), encoding="ascii") as f:
                expect.equal(int(f.read()), second.pid)
            second.stop()
        expect.equal(set(os.listdir(bus.dir)), {"bus.conf"})


@requirement("CONF-013", "PROC-001")
def test_a_bus_that_runs_keeps_its_place(kind):
    text = config(extra="<pidfile>@DIR@/pid</pidfile>")
    with start_bus(kind, text, pidfile=True) as bus:
        failure = start_failure(kind, in_place_of(bus), pidfile=True)
        expect.contains(failure.log, f"{bus.dir}/pid")
        with bus.client() as c:
            expect.equal(pid_of(c, "org.freedesktop.DBus"), bus.pid)


@requirement("ADDR-018")
@cases(("the first process", "first"), ("the broker process", "broker"))
def test_who_connects_to_a_socket_that_an_init_keeps_waits_for_the_next_bus(kind, which):
    text = config(listen="<listen>systemd:</listen>")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("")  # a name of the kernel's choice
        listener.listen()
        address = "unix:abstract=" + listener.getsockname()[1:].decode()
        with start_bus(kind, text, listen_fds=[listener]) as bus, Client(address) as c:
            kill(bus.pid if which == "first" else broker_pid(bus))
            c.wait_disconnect()
            bus.process.wait(TIMEOUT)
        with Client(address, stage="socket") as early, \
                start_bus(kind, text, listen_fds=[listener]):
            early.authenticate()
            early.hello()


@requirement("ACT-020")
def test_services_see_the_end_of_a_killed_bus(kind):
    with start_bus(kind, SETTINGS, files=FILES) as bus, bus.client() as c:
        c.call(NAME, *OBJECT, "WhoAmI")
        processes = watch(pid_of(c, NAME), broker_pid(bus))
        kill(bus.pid)
        wait_gone(processes)
