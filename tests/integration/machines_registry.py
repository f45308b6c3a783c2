# SPDX-License-Identifier: MIT
"""Machines are registered, seen, and gone when their leader is: org.freedesktop.machine1, by hand
and with Debian's machinectl."""

import os
import select
import signal

from tests.integration.machines import MACHINE, NAME, PATH, machined, machined_path, process
from tests.integration.support import Program
from tests.lib import expect
from tests.lib.runner import cases

A = PATH + "/machine/a"
HOST = PATH + "/machine/_2ehost"
NOBODY = 65534


def test_the_host_is_always_there(kind):
    with machined(kind) as service:
        expect.equal(service.call("ListMachines"), [(".host", "host", "", HOST)])
        expect.equal(service.call("GetMachine", "s", ".host"), HOST)
        expect.equal(service.get(HOST, "Class"), "host")
        expect.equal(service.call("GetMachineUIDShift", "s", ".host"), 0)
        for member in ("TerminateMachine", "UnregisterMachine"):
            with expect.error("NotSupported"):
                service.call(member, "s", ".host")


def test_what_is_registered_is_told_and_shown(kind):
    with machined(kind) as service, process() as leader, service.bus.client() as listener:
        listener.add_match(f"sender='{NAME}'")
        path = service.call("RegisterMachineWithNetwork", "sayssusai", "a", bytes(range(16)),
                            "test", "container", leader.pid, "/srv/a", [1, 2])
        expect.equal(path, A)
        expect.equal(listener.next_signal("MachineNew").args, ["a", A])
        shown = {name: service.get(A, name) for name in (
            "Name", "Id", "Service", "Class", "Leader", "RootDirectory", "NetworkInterfaces",
            "State")}
        expect.equal(shown, {"Name": "a", "Id": bytes(range(16)), "Service": "test",
                             "Class": "container", "Leader": leader.pid, "RootDirectory": "/srv/a",
                             "NetworkInterfaces": [1, 2], "State": "running"})
        expect.equal(service.call("GetMachineByPID", "u", leader.pid), A)
        service.call("UnregisterMachine", "s", "a")
        expect.equal(listener.next_signal("MachineRemoved").args, ["a", A])
        expect.equal(service.names(), [".host"])
        expect.equal(leader.poll(), None)
        with expect.error("UnknownObject"):
            service.get(A, "Name")


def test_a_machine_goes_when_its_leader_ends(kind):
    with machined(kind) as service, process() as leader:
        service.client.add_match(f"sender='{NAME}',member='MachineRemoved'")
        service.register("a", leader.pid)
        leader.kill()
        expect.equal(service.client.next_signal("MachineRemoved").args, ["a", A])
        expect.equal(service.names(), [".host"])
        with expect.error(f"{NAME}.NoSuchMachine", 'there is no machine "a"'):
            service.call("GetMachine", "s", "a")


def test_who_registers_may_lead_it(kind):
    with machined(kind) as service:
        service.register("a", 0)
        expect.equal(service.get(A, "Leader"), os.getpid())
        expect.equal(service.call("GetMachineByPID", "u", 0), A)


@cases(("a path", "../a"), ("the host", ".host"), ("empty", ""), ("a space", "a b"),
       ("long", "x" * 65))
def test_names_that_are_none_are_refused(kind, name):
    with machined(kind) as service, process() as leader:
        with expect.error("InvalidArgs", "is not the name of a machine"):
            service.register(name, leader.pid)


def test_what_cannot_be_registered_is_refused(kind):
    with machined(kind) as service, process() as leader:
        service.register("a", leader.pid)
        with expect.error(f"{NAME}.MachineExists", 'there is a machine "a" already'):
            service.register("a", leader.pid)
        with expect.error("InvalidArgs", "leads the machine"):
            service.register("b", leader.pid)
        with expect.error("InvalidArgs", "process 1 leads the host"):
            service.register("b", 1)
        with expect.error("InvalidArgs", "there is no process"):
            service.register("b", 0x7fffffff)
        with expect.error("InvalidArgs", "there is no process"):
            service.register("b", 0xfffffffe)
        with expect.error("InvalidArgs", "is not a class"):
            service.register("b", 0, kind="host")
        with expect.error("InvalidArgs", "not an absolute path"):
            service.register("b", 0, root="srv")
        with expect.error("InvalidArgs", "the id has 3 bytes"):
            service.register("b", 0, machine_id=b"abc")
        expect.equal(service.names(), [".host", "a"])


def test_only_root_may_register_and_unregister(kind):
    with machined(kind) as service, process() as leader:
        service.register("a", leader.pid)
        with service.bus.client(uid=NOBODY) as nobody:
            expect.equal(service.call("GetMachine", "s", "a", client=nobody), A)
            with expect.error("AccessDenied"):
                service.call("RegisterMachine", "sayssus", "b", b"", "test", "container", 0, "/",
                             client=nobody)
            with expect.error("AccessDenied"):
                service.call("UnregisterMachine", "s", "a", client=nobody)
            for member, arguments in (("TerminateMachine", ("s", "a")),
                                      ("KillMachine", ("ssi", "a", "all", 9))):
                with expect.error("AccessDenied"):
                    service.call(member, *arguments, client=nobody)
        expect.equal(leader.poll(), None)


def test_a_process_of_no_machine_is_of_none(kind):
    with machined(kind) as service:
        with expect.error(f"{NAME}.NoMachineForPID"):
            service.call("GetMachineByPID", "u", os.getpid())


# Signals


def test_all_that_descends_from_the_leader_is_inside(kind):
    with machined(kind) as service, process("sh", "-c", "sleep infinity & wait") as leader:
        service.register("a", leader.pid)
        inside = children(leader.pid)
        expect.equal(service.call("GetMachineByPID", "u", inside), A)
        pidfd = os.pidfd_open(inside)
        service.client.call(NAME, A, MACHINE, "Terminate")
        expect.equal(leader.wait(), -signal.SIGKILL)
        wait_for_end(pidfd)


def test_the_leader_alone_can_be_signalled(kind):
    with machined(kind) as service, process() as leader:
        service.register("a", leader.pid)
        service.call("KillMachine", "ssi", "a", "leader", signal.SIGTERM)
        expect.equal(leader.wait(), -signal.SIGTERM)


def test_signals_that_are_none_are_refused(kind):
    with machined(kind) as service, process() as leader:
        service.register("a", leader.pid)
        for number in (0, -1, 65, 1 << 30):
            with expect.error("InvalidArgs", "is not the number of a signal"):
                service.call("KillMachine", "ssi", "a", "leader", number)
        with expect.error("InvalidArgs", "are not processes of a machine"):
            service.call("KillMachine", "ssi", "a", "everybody", 9)
        expect.equal(leader.poll(), None)


# What is found inside


def test_a_machine_says_its_system_and_addresses(kind):
    with machined(kind) as service, process() as leader, \
            process("unshare", "--net", "sleep", "infinity") as apart:
        wait_for_namespace(apart.pid, "net")
        service.register("a", leader.pid)
        service.register("b", apart.pid)
        for name in (".host", "a", "b"):
            expect.equal(service.call("GetMachineOSRelease", "s", name)["ID"], "debian")
        with expect.error(f"{NAME}.NoPrivateNetworking"):
            service.call("GetMachineAddresses", "s", "a")
        expect.equal(service.call("GetMachineAddresses", "s", "b"), [])


# Debian's machinectl


def test_machinectl_lists_shows_and_ends_machines(kind):
    with machined(kind) as service, process() as leader, process() as other:
        service.register("a", leader.pid)
        service.register("b", other.pid)
        listed = service.machinectl("list", "--all", "--no-legend").stdout
        expect.equal([line.split()[:5] for line in listed.splitlines()],
                     [[".host", "host", "-", "debian", "12"],
                      ["a", "container", "test", "debian", "12"],
                      ["b", "container", "test", "debian", "12"]])
        shown = service.machinectl("show", "a").stdout.splitlines()
        expect.true({"Name=a", "Class=container", "Service=test", f"Leader={leader.pid}",
                     "RootDirectory=/", "State=running"} <= set(shown), shown)
        expect.contains(service.machinectl("status", "a").stdout, f"Leader: {leader.pid} (sleep)")
        service.machinectl("kill", "--kill-whom=leader", "--signal=USR1", "b")
        expect.equal(other.wait(), -signal.SIGUSR1)
        service.machinectl("terminate", "a")
        expect.equal(leader.wait(), -signal.SIGKILL)
        expect.contains(service.machinectl("status", "c", status=1).stderr,
                        'there is no machine "c"')


def test_one_service_at_a_time(kind):
    with machined(kind) as service, \
            Program(machined_path("headway-machined"), bus=service.bus) as second:
        expect.equal(second.wait(), 1)
        expect.contains(second.err.text(), "is owned by another program")


def children(pid):
    """The one child that it has, once it has one."""
    while True:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            found = f.read().split()
        if found:
            return int(found[0])


def wait_for_end(pidfd):
    expect.true(select.select([pidfd], [], [], 60)[0], "it has not ended")
    os.close(pidfd)


def wait_for_namespace(pid, which):
    while os.readlink(f"/proc/{pid}/ns/{which}") == os.readlink(f"/proc/self/ns/{which}"):
        os.sched_yield()
