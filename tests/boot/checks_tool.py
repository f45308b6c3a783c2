# SPDX-License-Identifier: MIT
"""The tool as docs/tool.md shows it, on a machine with systemd, logind and hostnamed."""

import json

from tests.boot.machine import USER
from tests.lib import expect
from tests.lib.runner import skip_on

without_tool = skip_on("dbus-daemon", "headway's packages are not installed")
REFUSED, NOT_FOUND = 1, 4


@without_tool
def test_ls_says_who_is_behind_a_name(machine):
    got = machine.output("headway", "ls", "login")
    row = dict(zip(*(line.split() for line in got.splitlines())))
    expect.equal((row["NAME"], row["USER"], row["PROCESS"], row["UNIT"]),
                 ("org.freedesktop.login1", "root", "systemd-logind", "systemd-logind.service"))
    return got


@without_tool
def test_short_names_find_the_method_of_a_manager(machine):
    got = machine.output("headway", "call", "-v", "systemd", "GetUnit", "dbus.service")
    path = "/org/freedesktop/systemd1/unit/dbus_2eservice"
    expect.equal(got.splitlines()[-1], path)
    expect.contains(got, "org.freedesktop.systemd1.Manager.GetUnit")
    state = machine.output("headway", "get", "systemd", path, "ActiveState")
    expect.equal(state, "active")
    return f"{got}\n{state}"


@without_tool
def test_structs_of_a_live_service_become_json(machine):
    said = json.loads(machine.output("headway", "call", "--json", "systemd", "ListUnits"))
    expect.equal(said["type"], "a(ssssssouso)")
    units = {unit[0]: unit for unit in said["data"][0]}
    expect.equal(units["systemd-logind.service"][2:5], ["loaded", "active", "running"])
    return f"{len(units)} units; {units['systemd-logind.service']}"


@without_tool
def test_get_starts_the_service_that_it_asks(machine):
    machine.run("systemctl", "stop", "systemd-hostnamed.service")
    got = machine.output("headway", "get", "hostname1", "Hostname")
    expect.equal(got, machine.output("hostname"))
    return got


@without_tool
def test_tree_has_every_unit_of_systemd(machine):
    got = machine.output("headway", "tree", "systemd").splitlines()
    expect.true(any("dbus_2eservice" in line for line in got), f"{len(got)} lines")
    return f"{len(got)} lines"


@without_tool
def test_wait_ends_with_a_signal_of_a_service(machine):
    waits = machine.background("headway", "wait", "--json", "-t", "50s",
                               "--signal=PropertiesChanged", "hostname1")
    before = machine.output("headway", "get", "hostname1", "PrettyHostname")
    try:
        # Nobody but the waiter knows when it listens: so there is something new again and again.
        for number in range(100):
            machine.run("hostnamectl", "set-hostname", "--pretty", f"machine {number}")
            if waits.poll() is not None:
                break
        said = json.loads(waits.stdout.readline())
    finally:
        machine.run("hostnamectl", "set-hostname", "--pretty", before)
        waits.kill()
        waits.wait()
        waits.stdout.close()
    expect.equal(said["data"][0], "org.freedesktop.hostname1")
    return json.dumps(said)


@without_tool
def test_status_says_what_a_peer_is(machine):
    got = machine.output("headway", "status", "login1")
    expect.contains(got, "systemd-logind.service")
    expect.contains(got, "org.freedesktop.login1")
    return got


@without_tool
def test_why_tells_of_a_refusal_and_its_rule(machine):
    done = machine.run("headway", "call", "--system", "DBus", "RequestName",
                       "org.freedesktop.login1", "0", user=USER, status=REFUSED)
    got = machine.output("headway", "why", "--system")
    expect.contains(got, "org.freedesktop.login1")
    return f"{done.stdout.strip()}\n{got.splitlines()[-1]}"


@without_tool
def test_a_user_is_told_what_systemd_refuses(machine):
    done = machine.run("headway", "call", "--system", "systemd", "StopUnit", "cron.service",
                       "replace", user=USER, status=REFUSED)
    expect.contains(done.stdout, "nteractive")
    nobody = machine.run("headway", "call", "--system", "nobody", "Do", user=USER, status=NOT_FOUND)
    return f"{done.stdout.strip()}\n{nobody.stdout.strip()}"
