# SPDX-License-Identifier: MIT
"""Section 4.8: the statistics of the bus."""

from tests.lib import expect
from tests.lib.buses import config, start_bus
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement

STATS = "org.freedesktop.DBus.Debug.Stats"
UNIMPLEMENTED = "answers Failed; STAT-005"

BUS_KEYS = {"Serial", "ListMemPoolUsedBytes", "ListMemPoolCachedBytes", "ListMemPoolAllocatedBytes",
            "ActiveConnections", "IncompleteConnections", "MatchRules", "PeakMatchRules",
            "PeakMatchRulesPerConnection", "BusNames", "PeakBusNames", "PeakBusNamesPerConnection"}
CONNECTION_KEYS = {"Serial", "MatchRules", "PeakMatchRules", "BusNames", "PeakBusNames",
                   "UniqueName", "IncomingMessages", "IncomingBytes", "IncomingFDs",
                   "PeakIncomingBytes", "PeakIncomingFDs", "OutgoingMessages",
                   "OutgoingBytes", "OutgoingFDs", "PeakOutgoingBytes", "PeakOutgoingFDs"}


def stats(client, name=None):
    """The statistics of the bus, or of one connection."""
    table = client.bus("GetConnectionStats", "s", name, interface=STATS) if name else \
        client.bus("GetStats", interface=STATS)
    for key, value in table.items():
        wanted = "s" if key == "UniqueName" else "u"
        expect.true("." in key or value.signature == wanted, f"{key} is {value}")
    return {key: value.value for key, value in table.items()}


@requirement("STAT-001", "STAT-002")
@differs("dbus-broker", "has none of them; STAT-005")
def test_the_bus_has_all_its_figures(bus):
    with Client(bus.address) as c:
        found = stats(c)
        expect.equal(BUS_KEYS - set(found), set())
        expect.equal({x for x in set(found) - BUS_KEYS if "." not in x}, set())


@requirement("STAT-002")
@differs("dbus-broker", "counts otherwise")
def test_the_buss_figures_count_connections_rules_and_names_and_keep_the_highest(kind):
    with start_bus(kind) as bus, bus.client() as c:
        c.request_name("a.b")
        c.request_name("a.c")
        for _ in range(3):
            c.add_match("member='M'")
        with bus.client(), bus.client(stage="auth"):
            c.sync()
            most = stats(c)
        expect.equal([most[x] for x in ("ActiveConnections", "IncompleteConnections", "MatchRules",
                                        "BusNames")], [2, 1, 3, 4])
        for _ in range(2):
            c.remove_match("member='M'")
        c.release_name("a.b")
        c.release_name("a.c")
        least = stats(c)
        expect.equal([least[x] for x in ("MatchRules", "PeakMatchRules",
                                         "PeakMatchRulesPerConnection")], [1, 3, 3])
        expect.true(least["BusNames"] <= 2, f"{least['BusNames']} names")
        expect.equal((least["PeakBusNames"], least["PeakBusNamesPerConnection"]), (4, 3))


@requirement("STAT-003", "STAT-005")
@differs("dbus-broker", UNIMPLEMENTED)
def test_a_connection_has_all_its_figures(bus):
    with Client(bus.address) as judge, Client(bus.address) as c:
        c.request_name("org.example.Counted")
        c.add_match("member='M'")
        c.add_match("member='N'")
        c.remove_match("member='M'")
        for name in (c.name, "org.example.Counted"):
            found = stats(judge, name)
            expect.equal(CONNECTION_KEYS - set(found), set())
            expect.equal({x for x in set(found) - CONNECTION_KEYS if "." not in x}, set())
            expect.equal([found[x] for x in ("UniqueName", "MatchRules", "PeakMatchRules",
                                             "BusNames", "PeakBusNames")], [c.name, 1, 2, 2, 2])


@requirement("STAT-003")
@differs("dbus-broker", UNIMPLEMENTED)
@cases(("nobody", "org.example.Nobody", "NameHasNoOwner"),
       ("nobody unique", ":1.99999", "NameHasNoOwner"),
       ("the bus", BUS_NAME, "InvalidArgs"))
def test_only_connections_have_figures(bus, name, wanted):
    with Client(bus.address) as c:
        with expect.error(wanted):
            c.bus("GetConnectionStats", "s", name, interface=STATS)


@requirement("STAT-003")
@differs("dbus-broker", UNIMPLEMENTED)
def test_what_waits_for_a_connection_is_counted(bus):
    with Client(bus.address) as c, Client(bus.address) as slow:
        slow.add_match("interface='org.example.Waiting'")
        before = stats(c, slow.name)
        for _ in range(40):
            c.emit("/", "org.example.Waiting", "M", "ay", bytes(100000))
        found = stats(c, slow.name)
        expect.true(found["OutgoingMessages"] > before["OutgoingMessages"], "no more messages")
        expect.true(found["OutgoingBytes"] > 100000, f"{found['OutgoingBytes']} bytes")
        expect.true(found["PeakOutgoingBytes"] >= found["OutgoingBytes"], "more than the most")
        expect.equal(len(slow.signals("M")), 40)
        after = stats(c, slow.name)
        expect.true(after["OutgoingBytes"] < 100000, f"{after['OutgoingBytes']} bytes still")


@requirement("STAT-004", "STAT-005")
@differs("dbus-broker", UNIMPLEMENTED)
def test_all_match_rules_are_listed_in_canonical_form(bus):
    rules = ["type='signal',member='M'", "arg2='b',arg0='it'\\''s'", "",
             "path_namespace=/a,sender=a.b", "type='signal',member='M'"]
    with Client(bus.address) as judge, Client(bus.address) as c, Client(bus.address) as without:
        for rule in rules:
            c.add_match(rule)
        answer = judge.ask(driver_call("GetAllMatchRules", interface=STATS))
        expect.equal(answer.signature, "a{sas}")
        table = answer.args[0]
        listed = sorted(sorted(rule.split(",")) for rule in table[c.name])  # keys in any order
        expect.equal(listed, sorted([
            ["member='M'", "type='signal'"], ["member='M'", "type='signal'"], [""],
            ["arg0='it'\\''s'", "arg2='b'"], ["path_namespace='/a'", "sender='a.b'"]]))
        expect.equal(table.get(without.name, []), [])
        for rule in table[c.name]:
            c.remove_match(rule)


@requirement("STAT-001")
@differs("dbus-broker", UNIMPLEMENTED, case=("GetConnectionStats", "GetAllMatchRules"))
@cases(("GetStats", "GetStats", "", ()),
       ("GetConnectionStats", "GetConnectionStats", "s", (BUS_NAME,)),
       ("GetAllMatchRules", "GetAllMatchRules", "", ()))
def test_figures_are_for_those_whom_the_policy_lets_have_them(kind, member, signature, args):
    deny = f"""<policy context="default"><deny send_destination="{BUS_NAME}"
        send_interface="{STATS}"/></policy><policy user="root">
        <allow send_destination="{BUS_NAME}" send_interface="{STATS}"/></policy>"""
    text = config(extra=deny)
    with start_bus(kind, text) as bus, bus.client(uid=65534) as c, bus.client() as root:
        with expect.error("AccessDenied"):
            c.bus(member, signature, *args, interface=STATS)
        answer = root.ask(driver_call(member, signature, args, interface=STATS))
        expect.true(answer.error_name in (None, "org.freedesktop.DBus.Error.InvalidArgs"),
                    f"refused to root: {answer.args}")
