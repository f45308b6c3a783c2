# SPDX-License-Identifier: MIT
"""Services that start on demand, and what is said of those that do not. Files are in files/."""

import contextlib
import json
import time

from tests.boot.machine import USER, WHO
from tests.lib import expect
from tests.lib.runner import cases, differs, requirement, skip_on

BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
START = ("busctl", "--timeout=50", "call", *BUS, "StartServiceByName", "su")
REFUSED = "0f09d076ce1a4a639eed40110d8fcfe0"  # docs/log.md

DBUS_HELPER = "/usr/lib/dbus-1.0/dbus-daemon-launch-helper"


def who(machine, name, **options):
    return machine.output("busctl", "call", name, *WHO, **options)


@requirement("SYSD-002", "SYSD-004")
def test_a_service_with_a_unit_starts_on_demand(machine):
    state = machine.run("systemctl", "is-active", "boot-unit.service", status=3).stdout
    expect.equal(state, "inactive\n")
    got = who(machine, "org.example.Unit")
    expect.contains(got, "user=root unit=boot-unit.service started-by=systemd")
    return got


@requirement("SYSD-001", "HELP-001", "HELP-002", "HELP-006")
def test_a_service_without_a_unit_is_started_as_its_user(machine):
    with contextlib.ExitStack() as stack:
        if machine.kind == "headwayd":
            # So that it can only be ours that starts it.
            machine.run("mv", DBUS_HELPER, DBUS_HELPER + ".away")
            stack.callback(machine.run, "mv", DBUS_HELPER + ".away", DBUS_HELPER)
        got = who(machine, "org.example.Plain")
    expect.contains(got, f"user={USER} unit=dbus.service started-by=system")
    return got


@requirement("SYSD-005")
def test_a_service_whose_unit_is_missing_is_refused(machine):
    got = machine.run(*START, "org.example.Missing", "0", status=1).stdout.strip()
    expect.contains(got, "boot-missing.service not found")
    return got


@requirement("SYSD-004")
@differs("dbus-daemon", "does not hear of it and waits until the start takes too long")
@cases(("at once", "org.example.Broken", "boot-broken.service", 'the result "failed"'),
       ("after its start", "org.example.Crash", "dbus-org.example.Crash.service", "it failed"))
def test_a_service_whose_unit_fails_is_refused(machine, name, unit, why):
    began = time.monotonic()
    got = machine.run(*START, name, "0", status=1).stdout.strip()
    machine.run("systemctl", "reset-failed", unit)
    expect.contains(got, unit)
    expect.contains(got, why)
    return f"after {time.monotonic() - began:.1f} s: {got}"


@requirement("POL-005")
@differs("dbus-daemon", "closes the connection of a user it cannot look up")
def test_a_dynamic_user_owns_the_name_its_policy_allows(machine):
    got = who(machine, "org.example.Dynamic")
    expect.contains(got, "user=boot-dynamic unit=boot-dynamic.service")
    return got


@differs("dbus-daemon", "closes the connection of a user it cannot look up")
def test_a_dynamic_user_gets_no_other_name(machine):
    done = machine.run("systemd-run", "--wait", "--pipe", "--quiet", "--collect",
                       "--property=DynamicUser=yes", "--property=User=boot-other",
                       "busctl", "call", *BUS, "RequestName", "su", "org.example.Dynamic", "0",
                       status=1)
    expect.contains(done.stdout, "Access denied")
    return done.stdout.strip()


@skip_on("dbus-daemon", "has no fields in its log")
def test_a_refusal_is_in_the_journal_with_its_rule(machine):
    name = "org.example.Forbidden"
    machine.run("busctl", "call", *BUS, "RequestName", "su", name, "0", status=1)
    machine.run("journalctl", "--sync")
    query = ("journalctl", "--boot", f"MESSAGE_ID={REFUSED}", f"HEADWAY_NAME={name}")
    entry = json.loads(machine.output(*query, "--output=json"))
    rule = tuple(entry[f"HEADWAY_RULE{part}"] for part in ("", "_FILE"))
    expect.equal(rule, ('<deny own="*"/>', "/usr/share/dbus-1/system.conf"))
    expect.equal(entry["_SYSTEMD_UNIT"], "dbus.service")
    expect.contains(machine.output(*query, "--catalog"), "Subject: The policy of the bus refused")
    return entry["MESSAGE"]


@skip_on("dbus-daemon", "cannot say why")
@requirement("POL-051")
def test_a_user_asks_the_bus_why_he_was_refused(machine):
    stats = ("busctl", "call", *BUS[:2], f"{BUS[0]}.Debug.Stats", "GetStats")
    machine.run(*stats, user=USER, status=1)
    got = machine.output("busctl", "--json=short", "call", *BUS[:2], "org.headway.Bus1",
                         "ListRefusals", "t", "0", user=USER)
    texts = [record["text"]["data"] for record in json.loads(got)["data"][0]]
    expect.true(any('member="GetStats"' in text for text in texts), texts)
    return texts[-1]


@differs("dbus-daemon", "the service of the dynamic user has failed")
def test_the_machine_has_no_failed_unit_after_that(machine):
    failed = machine.output("systemctl", "list-units", "--failed", "--no-legend", "--plain")
    expect.equal(failed, "")
    return "none"
