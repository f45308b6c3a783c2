# SPDX-License-Identifier: MIT
"""The companions of dbus-daemon, and what headway's packages leave behind when they go."""

from tests.boot.machine import USER
from tests.lib import expect
from tests.lib.runner import skip_on

OF_DEBIAN = ("dbus", "dbus-bin", "dbus-daemon", "dbus-system-bus-common", "dbus-user-session")


@skip_on("dbus-daemon", "has nothing to put in their place")
def test_the_companions_are_headways(machine):
    links = [path for path in machine.output("dpkg", "--listfiles", "headway-dbus-bin").splitlines()
             if path.startswith("/usr/bin/")]
    expect.contains(links, "/usr/bin/dbus-run-session")
    programs = {machine.output("readlink", "--canonicalize", link) for link in links}
    expect.equal(programs, {"/usr/bin/headway"})
    return " ".join(link.removeprefix("/usr/bin/") for link in links)


def test_dbus_run_session_gives_a_command_a_bus_of_its_own(machine):
    rows = machine.output("dbus-run-session", "--", "busctl", "--user", "list", "--acquired",
                          "--no-legend", user=USER).splitlines()
    expect.equal([row.split()[0] for row in rows], ["org.freedesktop.DBus"])
    return rows[0]


def test_dbus_send_reloads_the_system_bus(machine):
    # As Debian's dbus does when a package brings a policy.
    got = machine.output("dbus-send", "--print-reply", "--system", "--type=method_call",
                         "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.ReloadConfig")
    expect.contains(got, "method return")
    return got.splitlines()[0]


def test_dbus_uuidgen_knows_the_machine(machine):
    got = machine.output("dbus-uuidgen", "--get")
    expect.equal(got, machine.output("cat", "/etc/machine-id"))
    return got


def test_every_file_of_debians_bus_is_as_it_was_shipped(machine):
    # With headway's packages some lie elsewhere, where dpkg knows to look for them.
    expect.equal(machine.output("dpkg", "--verify", *OF_DEBIAN), "")
    return " ".join(OF_DEBIAN)


@skip_on("headwayd", "has its packages")
def test_nothing_of_headway_is_left(machine):
    for command in (("dpkg-divert", "--list"), ("dpkg-statoverride", "--list"),
                    ("dpkg-query", "--show", "--showformat=${Package}\\n")):
        left = [line for line in machine.output(*command).splitlines() if "headway" in line]
        expect.equal(left, [])
    found = machine.output("find", "/usr", "/etc", "/var/lib", "-name", "*headway*",
                           "-not", "-path", "/usr/local/*")
    expect.equal(found, "")
    return "no package, diversion, override or file"
