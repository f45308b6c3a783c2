# SPDX-License-Identifier: MIT
"""Debian's systemd-nspawn registers the machines that it runs. It needs no systemd here."""

import contextlib
import os
import select

from tests.boot.machine import obstacle
from tests.integration.machines import NAME, PATH, machined, small_root
from tests.integration.machines_authority import answer, asked, authority
from tests.integration.machines_shell import out_of, shell
from tests.integration.support import REPO, Program, find
from tests.lib import expect
from tests.lib.buses import temporary_directory
from tests.lib.runner import cases

MACHINE = f"headway-{os.getpid()}"  # its control group is known to the whole host
NSPAWN = (find("unshare"), "--mount", "--propagation", "private", f"{REPO}/tests/boot/nspawn.sh")


@contextlib.contextmanager
def container(service, name, *command, options=()):
    """The path of its object, once it is registered; None where no container can be run."""
    with temporary_directory() as directory:
        root = small_root(directory)
        why = obstacle(root)
        if why:
            print(f"no container can be run here: {why}")
            yield None
            return
        service.client.add_match(f"sender='{NAME}'")
        with Program(*NSPAWN, name, root, "--quiet", "--register=yes", *options, *command,
                     bus=service.bus) as program:
            yield service.client.next_signal("MachineNew").args[1]
            program.wait()


def test_nspawn_registers_what_it_runs(kind):
    with machined(kind) as service, \
            container(service, MACHINE, "/bin/sleep", "infinity") as path:
        if path is None:
            return
        expect.equal(path, f"{PATH}/machine/headway_2d{os.getpid()}")
        expect.equal(service.get(path, "Service"), "systemd-nspawn")
        expect.equal(service.get(path, "Class"), "container")
        expect.equal(service.call("GetMachineOSRelease", "s", MACHINE)["ID"], "small")
        expect.equal(service.call("GetMachineAddresses", "s", MACHINE), [])
        leader = service.get(path, "Leader")
        expect.equal(service.call("GetMachineByPID", "u", leader), path)
        service.machinectl("terminate", MACHINE)
        expect.equal(service.client.next_signal("MachineRemoved").args, [MACHINE, path])


PRIVATE_USERS = ("--private-users=1879048192:65536", "--private-users-ownership=chown")


@cases(("with the host's users", ()), ("with users of its own", PRIVATE_USERS))
def test_shells_are_opened_inside(kind, options):
    with machined(kind) as service, container(
            service, MACHINE, "/bin/sleep", "infinity", options=options) as path:
        if path is None:
            return
        ends = service.get(path, "Leader")
        got = out_of(service.client, "id -u; id -g; id -G; pwd; tty; hostname; echo $HOME $A; "
                     "ls /proc/self/fd | cat; cat /etc/os-release", machine=MACHINE,
                     user="ann", env=["A=1"])
        lines = got.splitlines()
        expect.equal(lines[:4], ["1234", "100", "100 77", "/tmp"])
        expect.contains(lines[4], "/dev/pts/")
        expect.equal(lines[5:12], [MACHINE, "/tmp 1", "0", "1", "2", "3", "ID=small"])
        with shell(service.client, machine=MACHINE, user="", path="") as terminal:
            terminal.write("echo $0 $(id -u) $USER; grep CapBnd /proc/self/status; exit\n")
            terminal.until("-sh 0 root")
            terminal.until(capability_bounds(ends))
            terminal.rest()
        for what, name, text in (({"user": "games"}, "InvalidArgs", 'has no user "games"'),
                                 ({"path": "/usr/bin/env"}, "FileNotFound", "cannot execute")):
            with expect.error(name, text):
                shell(service.client, **{"machine": MACHINE, "user": "ann", **what})
        with shell(service.client, machine=MACHINE, user="ann", path="/bin/cat") as terminal:
            terminal.write("x\n")
            terminal.until("x\r\nx\r\n")
            service.call("KillMachine", "ssi", MACHINE, "leader", 9)
            terminal.rest()
        wait_until_gone(ends)


def test_a_shell_inside_is_an_action_of_its_own(kind):
    with machined(kind, on_bus=authority) as service, service.bus.client(uid=5) as games, \
            container(service, MACHINE, "/bin/sleep", "infinity") as path:
        if path is None:
            return
        answer(service.more, "no")
        with expect.error("AccessDenied"):
            shell(games, machine=MACHINE, user="1234")
        question = asked(service.more)
        expect.equal(question["action"], f"{NAME}.shell")
        expect.equal([question["details"][key] for key in ("machine", "user", "uid")],
                     [MACHINE, "ann", "1234"])
        service.machinectl("terminate", MACHINE)


def capability_bounds(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(line.strip() for line in status if line.startswith("CapBnd:"))


def wait_until_gone(pid):
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    expect.true(select.select([pidfd], [], [], 60)[0], "it goes on")
    os.close(pidfd)
