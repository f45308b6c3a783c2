# SPDX-License-Identifier: MIT
"""headway-dbus: nothing of Debian's packages of D-Bus is left, and nothing is missing."""

from tests.boot.checks_packages import OF_DEBIAN
from tests.boot.machine import USER, WHO
from tests.lib import expect


def test_debians_packages_are_gone_and_no_dependency_is_broken(machine):
    rows = machine.output("dpkg-query", "--show", "--showformat=${db:Status-Status} ${Package}\\n")
    installed = {row.split()[1] for row in rows.splitlines() if row.startswith("installed ")}
    expect.equal(installed & {*OF_DEBIAN, "dbus-session-bus-common"}, set())
    machine.run("apt-get", "check")
    return " ".join(sorted(name for name in installed if name.startswith("headway")))


def test_the_helper_named_by_the_configuration_starts_a_service(machine):
    got = machine.output("busctl", "call", "org.example.Plain", *WHO)
    expect.contains(got, f"user={USER} unit=dbus.service started-by=system")
    return got


def test_dbus_daemon_is_headwayd(machine):
    got = machine.output("dbus-daemon", "--version")
    expect.true(got.startswith("headwayd "), got)
    return got
