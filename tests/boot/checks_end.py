# SPDX-License-Identifier: MIT
"""The system bus is killed: the machine has one again, and its services are on it. Last, because
not everything on a machine survives that."""

from tests.boot.checks_system import main_pid, processes
from tests.boot.machine import WHO
from tests.lib import expect
from tests.lib.runner import skip_on

EXAMPLE = "/usr/share/doc/headway-system-bus/examples/hardening.conf"
RESTRICTED = "/etc/systemd/system/dbus.service.d/hardening.conf"
ON_THE_BUS = ("org.freedesktop.systemd1", "org.freedesktop.login1")


def killed(machine, which):
    """Kills one process of the bus; what becomes of the machine."""
    before = main_pid(machine)
    victim = processes(machine, before)[which][0]
    machine.run("kill", "-KILL", victim)
    machine.eventually("the bus of before ended", lambda: main_pid(machine) != before)
    machine.eventually("systemd and logind are on the bus", lambda: all(
        machine.run("busctl", "status", name, status=None).returncode == 0 for name in ON_THE_BUS))
    after = main_pid(machine)
    expect.true(after not in ("0", before), f"main process {after}")
    state = machine.run("systemctl", "is-system-running", "--wait", status=None).stdout.strip()
    failed = machine.output("systemctl", "list-units", "--failed", "--no-legend", "--plain")
    return (f"process {victim} killed; dbus.service: {before} -> {after}; "
            f"{' '.join(ON_THE_BUS)} are back; machine {state}, "
            f"failed units: {failed.split()[0] if failed else 'none'}")


def test_the_machine_has_a_bus_again_after_the_main_process_is_killed(machine):
    return killed(machine, 0)


def test_the_machine_has_a_bus_again_after_the_last_process_is_killed(machine):
    return killed(machine, -1)


@skip_on("dbus-daemon", "is what headway's package says of headwayd")
def test_the_bus_works_with_the_restrictions_of_the_example(machine):
    machine.run("install", "-D", "-m", "644", EXAMPLE, RESTRICTED)
    machine.run("systemctl", "daemon-reload")
    text = killed(machine, 0)
    expect.equal(machine.output("systemctl", "show", "--property=NoNewPrivileges", "dbus.service"),
                 "NoNewPrivileges=yes")
    machine.run("systemctl", "stop", "boot-unit.service")
    expect.contains(machine.output("busctl", "call", "org.example.Unit", *WHO),
                    "unit=boot-unit.service")
    machine.run("systemctl", "reload", "dbus.service")
    machine.remove(RESTRICTED)
    return text
