# SPDX-License-Identifier: MIT
"""Debian's systemd-nspawn registers the machines that it runs. It needs no systemd here."""

import contextlib
import os

from tests.boot.machine import obstacle
from tests.integration.machines import NAME, PATH, machined, small_root
from tests.integration.support import REPO, Program, find
from tests.lib import expect
from tests.lib.buses import temporary_directory

MACHINE = f"headway-{os.getpid()}"  # its control group is known to the whole host
NSPAWN = (find("unshare"), "--mount", "--propagation", "private", f"{REPO}/tests/boot/nspawn.sh")


@contextlib.contextmanager
def container(service, name, *command):
    """The path of its object, once it is registered; None where no container can be run."""
    with temporary_directory() as directory:
        root = small_root(directory)
        why = obstacle(root)
        if why:
            print(f"no container can be run here: {why}")
            yield None
            return
        service.client.add_match(f"sender='{NAME}'")
        with Program(*NSPAWN, name, root, "--quiet", "--register=yes", *command,
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
