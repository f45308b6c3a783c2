# SPDX-License-Identifier: MIT
"""GLib's implementation: gdbus, and GDBus itself as client, as service and as a test's bus."""

import os
import re

from tests.integration.support import Program, daemon_in_path, output, peer, run, run_peer
from tests.lib import expect
from tests.lib.buses import program, temporary_directory
from tests.lib.runner import cases, requirement

SERVICE = ("--dest", "org.example.Service", "--object-path", "/org/example/Service")
IFACE = "org.example.Service1"


def gdbus(bus, verb, *arguments, **more):
    return output("gdbus", verb, "--address", bus.address, *arguments, **more)


@requirement("TOOL-048", "TOOL-050")
def test_gdbus_introspects_the_bus(bus):
    got = gdbus(bus, "introspect", "--dest", "org.freedesktop.DBus", "--object-path",
                "/org/freedesktop/DBus")
    expect.contains(got, "interface org.freedesktop.DBus {")
    expect.true(re.search(r"RequestName\(in  s \w+,\s+in  u \w+,\s+out u \w+\);", got), got)
    expect.true(re.search(r"NameOwnerChanged\(s \w+,\s+s \w+,\s+s \w+\);", got), got)
    expect.contains(got, "readonly as Features = [")


@requirement("TOOL-050")
@cases(("as XML", "--xml", "<method name=\"Echo\">"), ("recursively", "--recurse", "Echo(in  v"))
def test_gdbus_introspects_a_service(bus, option, wanted):
    with peer("service.py", bus=bus):
        expect.contains(gdbus(bus, "introspect", *SERVICE, option), wanted)


@requirement("TOOL-049")
def test_gdbus_calls(bus):
    with peer("service.py", bus=bus):
        got = gdbus(bus, "call", *SERVICE, "--method", IFACE + ".Describe", "a b", "Ü",
                    "{'k': <'v'>, 'n': <uint32 5>}", "[0.5, 2]", "(7, byte 255)")
        expect.contains(got, "('a b', 'Ü', {'k': 'v', 'n': '5'}, [0.5, 2.0], (7, 255))")
        done = run("gdbus", "call", "--address", bus.address, *SERVICE, "--method",
                   IFACE + ".Refuse", status=1)
        expect.contains(done.stderr, "org.example.Error.Refused: as it was asked to")
    got = gdbus(bus, "call", "--dest", "org.freedesktop.DBus", "--object-path", "/", "--method",
                "org.freedesktop.DBus.GetConnectionUnixUser", "org.freedesktop.DBus")
    expect.true(re.fullmatch(r"\(uint32 \d+,\)", got), got)


def stats(bus, method, *arguments):
    return gdbus(bus, "call", "--dest", "org.freedesktop.DBus", "--object-path",
                 "/org/freedesktop/DBus", "--method", "org.freedesktop.DBus.Debug.Stats." + method,
                 *arguments)


@requirement("TOOL-049", "STAT-001", "STAT-002", "STAT-003", "STAT-004")
def test_gdbus_reads_the_statistics(bus):
    with bus.client() as c:
        c.request_name("org.example.Counted")
        c.add_match("type='signal',member='A'")
        c.add_match("member='B'")
        whole = dict(re.findall(r"'(\w+)': <(?:uint32 )?(\d+)>", stats(bus, "GetStats")))
        expect.true({"Serial", "ActiveConnections", "BusNames", "MatchRules"} <= set(whole), whole)
        expect.true(int(whole["ActiveConnections"]) >= 2, whole)
        for name in (c.name, "org.example.Counted"):
            got = stats(bus, "GetConnectionStats", name)
            expect.contains(got, f"'UniqueName': <'{c.name}'>")
            for key, value in (("MatchRules", 2), ("BusNames", 2), ("OutgoingBytes", 0)):
                expect.true(re.search(rf"'{key}': <(uint32 )?{value}>", got), got)
        got = stats(bus, "GetAllMatchRules")
        rules = re.search(rf"'{c.name}': \[([^]]*)\]", got)
        expect.true(rules, got)
        expect.true("member='A'" in rules[1] and "member='B'" in rules[1], got)


@requirement("TOOL-049", "WIRE-027")
def test_gdbus_passes_a_descriptor(bus):
    with peer("service.py", bus=bus), temporary_directory() as place:
        with open(place + "/file", "w+", encoding="ascii") as f:
            f.write("what is in the file")
            f.seek(0)
            got = gdbus(bus, "call", *SERVICE, "--method", IFACE + ".ReadAll", str(f.fileno()),
                        pass_fds=[f.fileno()])
    expect.equal(got, "('what is in the file',)")


@requirement("TOOL-050")
def test_gdbus_emits(bus):
    with bus.client() as c:
        c.add_match("interface='org.example.I'")
        # Not by --address: then it takes the bus for a peer, and never says Hello.
        emit = ("gdbus", "emit", "--session", "--object-path", "/o", "--signal")
        run(*emit, "org.example.I.All", "uint32 5", "'text'", bus=bus)
        expect.equal(c.next_signal("All").args, [5, "text"])
        run(*emit, "org.example.I.One", "--dest", c.name, bus=bus)
        expect.equal(c.next_signal("One").destination, c.name)


@requirement("TOOL-050")
def test_gdbus_monitors_a_service_through_its_life(bus):
    with Program("gdbus", "monitor", "--address", bus.address, "--dest",
                 "org.example.Service") as m:
        m.wait_for("does not have an owner")
        with peer("service.py", bus=bus), bus.client() as c:
            m.wait_for("is owned by")
            c.call("org.example.Service", "/org/example/Service", IFACE, "Shout", "su", "hey", 3)
            m.wait_for("Heard ('hey', uint32 2)")
        m.wait_for("does not have an owner", 2)


@requirement("TOOL-050")
def test_gdbus_waits_for_a_name(bus):
    with Program("gdbus", "wait", "--address", bus.address, "--timeout", "30",
                 "org.example.Awaited") as waiting, bus.client() as c:
        c.request_name("org.example.Awaited")
        expect.equal(waiting.wait(), 0)
    run("gdbus", "wait", "--address", bus.address, "--timeout", "1", "org.example.Never", status=1)


@requirement("TEST-016")
def test_gdbus_services_and_clients_meet(bus):
    expect.equal(run_peer("gio_peer.py", "meet", bus=bus), "met")


@requirement("TEST-016", "TOOL-003")
def test_gtestdbus_runs_us_as_its_bus(kind):
    with temporary_directory() as place:
        path = daemon_in_path(place, program(kind))
        executable, told = run_peer("gio_peer.py", "testdbus", env={"PATH": path}).split("\n")
        expect.equal(told, "met")
        expect.equal(executable, os.path.realpath(program(kind)))
