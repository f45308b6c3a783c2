# SPDX-License-Identifier: MIT
"""New configuration takes effect while the bus runs."""

from tests.boot.checks_system import main_pid
from tests.lib import expect
from tests.lib.runner import requirement

POLICY = "/etc/dbus-1/system.d/org.example.Late.conf"
PACKAGE = "/var/tmp/late"
REQUEST = ("busctl", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus",
           "org.freedesktop.DBus", "RequestName", "su")
ALLOW = """<?xml version="1.0" encoding="UTF-8"?>
<busconfig>
  <policy user="root"><allow own="{}"/></policy>
</busconfig>
"""


def may_own(machine, name):
    done = machine.run(*REQUEST, name, "0", status=None)
    expect.true(done.returncode == 0 or "Access denied" in done.stdout, done.stdout)
    return done.returncode == 0


@requirement("CONF-034")
def test_systemctl_reload_keeps_the_bus_and_its_clients(machine):
    before = main_pid(machine), machine.output("busctl", "list", "--unique", "--no-legend")
    machine.run("systemctl", "reload", "dbus.service")
    after = main_pid(machine), machine.output("busctl", "list", "--unique", "--no-legend")
    expect.equal(after[0], before[0])
    kept = [line.split()[:2] for line in before[1].splitlines() if "busctl" not in line]
    there = [line.split()[:2] for line in after[1].splitlines()]
    expect.equal([row for row in kept if row not in there], [])
    return f"still process {after[0]}, {len(kept)} connections kept"


@requirement("CONF-032")
def test_a_new_policy_file_takes_effect_by_itself(machine):
    expect.true(not may_own(machine, "org.example.Late"), "the name could be owned before")
    machine.write(POLICY, ALLOW.format("org.example.Late"))
    machine.eventually("the policy allows", lambda: may_own(machine, "org.example.Late"))
    machine.remove(POLICY)
    machine.eventually("the policy refuses", lambda: not may_own(machine, "org.example.Late"))
    return f"{POLICY}: allowed when there, refused when gone"


def test_a_policy_with_an_error_is_left_out_and_the_rest_holds(machine):
    machine.write(POLICY, "<busconfig><policy user=")
    machine.run("systemctl", "reload", "dbus.service")
    refused = not may_own(machine, "org.example.Late")
    allowed = may_own(machine, "org.example.Unit")
    machine.remove(POLICY)
    expect.true(refused and allowed, f"refused={refused} allowed={allowed}")
    return "reload succeeds; the other policy files hold"


def test_a_package_with_a_policy_takes_effect_when_installed(machine):
    expect.true(not may_own(machine, "org.example.Packaged"), "the name could be owned before")
    machine.write(f"{PACKAGE}/DEBIAN/control",
                  "Package: late\nVersion: 1\nArchitecture: all\n"
                  "Maintainer: nobody <nobody@localhost>\n"
                  "Description: a policy for the system bus\n")
    machine.write(f"{PACKAGE}/usr/share/dbus-1/system.d/org.example.Packaged.conf",
                  ALLOW.format("org.example.Packaged"))
    machine.run("dpkg-deb", "--root-owner-group", "--build", PACKAGE)
    machine.run("dpkg", "--install", PACKAGE + ".deb")
    machine.eventually("the package's policy allows",
                       lambda: may_own(machine, "org.example.Packaged"))
    machine.run("dpkg", "--purge", "late")
    machine.eventually("the policy is gone", lambda: not may_own(machine, "org.example.Packaged"))
    return "allowed after dpkg --install, refused after dpkg --purge"
