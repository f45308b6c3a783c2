# SPDX-License-Identifier: MIT
"""Large messages, many connections, names and rules, with limits that allow them."""

import resource

from tests.integration.attack import release_build
from tests.integration.hostile_floods import ask_many
from tests.integration.programs_cpp import echo
from tests.integration.support import broker_pid, peer, resident_kib, run, until
from tests.lib import expect
from tests.lib.buses import config, start_bus
from tests.lib.client import Client
from tests.lib.message import NO_REPLY, call, driver_call
from tests.lib.runner import cases, requirement

MIB = 1 << 20
LARGE = {"max_message_size": 128 * MIB, "max_incoming_bytes": 1000 * MIB,
         "max_outgoing_bytes": 1000 * MIB}
MANY = {"max_connections_per_user": 100000, "max_completed_connections": 100000,
        "max_incomplete_connections": 10000, "max_names_per_connection": 50000,
        "max_match_rules_per_connection": 200000, "max_replies_per_connection": 50000}


@requirement("WIRE-039", "LIM-005", "RES-015")
@cases(("64 MiB in one array", "ay", lambda: [b"x" * (64 * MIB)]),
       ("100 MiB in two arrays", "ayay", lambda: [b"x" * (60 * MIB), b"y" * (40 * MIB)]))
def test_a_large_message_goes_through_libdbus_and_back(kind, signature, make):
    with release_build(), start_bus(kind, config(limits=LARGE)) as bus, echo(bus), \
            bus.client() as c:
        values = make()
        got = c.ask(call("org.example.Echo", "/", "a.b", "M", signature, values))
        expect.equal(got.signature, signature)
        expect.true(got.args == values, "other bytes came back")


@requirement("WIRE-039", "LIM-005")
def test_large_messages_leave_no_memory_behind_and_others_are_served(kind):
    with release_build(), start_bus(kind, config(limits=LARGE)) as bus, bus.client() as judge:
        judge.sync()
        before = resident_kib(broker_pid(bus))
        for _ in range(3):
            with bus.client() as a, bus.client() as b:
                data = call(b.name, "/", "a.b", "M", "ay", [b"x" * (50 * MIB)], serial=9,
                            flags=1).pack()
                a.send(data[:30 * MIB])
                judge.sync()
                a.send(data[30 * MIB:])
                judge.sync()
                expect.equal(len(b.next_call("M").args[0]), 50 * MIB)
        until(lambda: resident_kib(broker_pid(bus)) < before + 40 * 1024, lambda:
              f"{before} KiB before, {resident_kib(broker_pid(bus))} KiB after", judge)


@requirement("WIRE-039")
def test_python_dbus_sends_and_receives_much(kind):
    with release_build(), start_bus(kind, config(limits=LARGE)) as bus, \
            peer("service.py", bus=bus), bus.client() as c:
        address = ("org.example.Service", "/org/example/Service", "org.example.Service1")
        expect.equal(c.call(*address, "Count", "ay", b"x" * (20 * MIB)), 20 * MIB)
        expect.equal(len(c.call(*address, "Make", "u", 20 * MIB)), 20 * MIB)


@requirement("LIM-010", "LIM-012", "RES-015", "RES-022")
def test_five_thousand_connections_are_served(kind):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    expect.true(hard >= 6000, f"this test needs 6,000 descriptors, the limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with release_build(), start_bus(kind, config(limits=MANY)) as bus:
            crowd = [Client(bus.address) for _ in range(5000)]
            expect.equal(len({c.name for c in crowd}), 5000)
            names = crowd[0].bus("ListNames")
            expect.equal(len(names), 5001)
            for c in crowd[::50]:
                c.add_match("member='News'")
            crowd[0].emit("/", "org.example.I", "News")
            for c in crowd[::50]:
                c.next_signal("News")
            for c in crowd[:-1]:
                c.close()
            last = crowd[-1]
            until(lambda: len(last.bus("ListNames")) == 2, "some are still listed", last)
            last.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@requirement("LIM-014", "RES-022")
def test_ten_thousand_names_of_one_connection(kind):
    with release_build(), start_bus(kind, config(limits=MANY)) as bus:
        with bus.client() as c, bus.client() as other:
            names = [f"org.example.N{i}" for i in range(10000)]
            got = ask_many(c, (driver_call("RequestName", "su", [name, 0]) for name in names))
            expect.equal([x.args for x in got], [[1]] * 10000)
            owners = ask_many(other, (driver_call("GetNameOwner", "s", [n]) for n in names[::10]))
            expect.equal({x.args[0] for x in owners}, {c.name})
            listed = run("busctl", f"--address={bus.address}", "list", "--acquired",
                         "--no-legend").stdout
            expect.equal(listed.count("org.example.N"), 10000)
            c.close()
            until(lambda: len(other.bus("ListNames")) == 2, "names outlive their owner", other)


@requirement("LIM-015", "RES-022")
def test_a_hundred_thousand_match_rules(kind):
    count = 100000 if kind == "headwayd" else 2000  # dbus-daemon finds a rule by looking at all
    with release_build(), start_bus(kind, config(limits=MANY)) as bus:
        with bus.client() as c, bus.client() as other:
            shapes = ("member='M{0}',interface='a.b'", "path='/p/{0}'", "arg0='x{0}'",
                      "arg0namespace='org.n{0}'", "path_namespace='/q/{0}'")
            rules = [shapes[i % 5].format(i) for i in range(count)]
            for rule in rules[:-1]:
                c.post(driver_call("AddMatch", "s", [rule], flags=NO_REPLY))
            c.add_match(rules[-1])
            probes = (0, count // 2, count - 5)
            for i in probes:
                other.emit("/o", "a.b", f"M{i}")
                other.emit(f"/p/{i + 1}", "a.b", "P")
                other.emit("/o", "a.b", "A", "s", f"x{i + 2}")
                other.emit("/o", "a.b", "N", "s", f"org.n{i + 3}.deeper")
                other.emit(f"/q/{i + 4}/deeper", "a.b", "Q")
                other.emit("/none", "a.b", "None")
            other.sync()
            expect.equal([x.member for x in c.signals()],
                         [m for i in probes for m in (f"M{i}", "P", "A", "N", "Q")])
            for rule in rules[1:]:
                c.post(driver_call("RemoveMatch", "s", [rule], flags=NO_REPLY))
            c.drain()
            other.emit("/p/1", "a.b", "P")
            other.emit("/o", "a.b", "M0")
            other.sync()
            expect.equal([x.member for x in c.signals()], ["M0"])
            expect.is_error(c.ask(driver_call("RemoveMatch", "s", [rules[1]])),
                            "MatchRuleNotFound")
