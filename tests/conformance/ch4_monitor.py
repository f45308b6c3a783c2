# SPDX-License-Identifier: MIT
"""Section 4.7: connections that see what others say."""

import os

from tests.lib import expect
from tests.lib.buses import config, start_bus
from tests.lib.pair import Pair
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement, skip_on

MONITORING = "org.freedesktop.DBus.Monitoring"
MARK = "org.example.Mark"
NAME = "org.example.Watched"
USER = 65534
LAST = "loses the unique name last; DIFF-024"


def become(rules=(), flags=0):
    return driver_call("BecomeMonitor", "asu", [list(rules), flags], interface=MONITORING)


class Monitor:
    """A monitor of these rules (default: of everything), which also sees marks."""

    def __init__(self, bus, *rules, **options):
        self.client = Client(bus.address, **options)
        self.name = self.client.name
        result(self.client.ask(become([*rules, f"interface='{MARK}'"] if rules else [])))
        self.own = self.client.next_matching(
            lambda x: x.member == "NameLost" and x.args == [self.name])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def seen(self, by):
        """What it saw before the mark that client `by` now makes."""
        by.emit("/", MARK, "Mark")
        self.client.next_signal("Mark")
        taken, self.client.inbox = self.client.inbox, []
        return taken


def brief(msgs):
    """(type, member or error name, sender, destination) of each."""
    return [(x.type, x.member or (x.error_name or "").split(".")[-1], x.sender, x.destination)
            for x in msgs]


# BecomeMonitor


@requirement("MON-001", "DRV-028")
@cases(("another user", {"uid": USER}, [], 0, "AccessDenied"), ("flags", {}, [], 1, "InvalidArgs"),
       ("high flags", {}, ["type='signal'"], 1 << 31, "InvalidArgs"),
       ("a bad rule", {}, ["nonsense"], 0, "MatchRuleInvalid"),
       ("a bad rule behind a good one", {}, ["type='signal'", "path='x'"], 0, "MatchRuleInvalid"))
def test_who_may_not_become_a_monitor_stays_what_it_was(bus, who, rules, flags, wanted):
    with Client(bus.address, **who) as c, Client(bus.address) as other:
        c.request_name(NAME)
        c.add_match("member='Still'")
        expect.is_error(c.ask(become(rules, flags)), wanted)
        expect.equal(c.bus("GetNameOwner", "s", NAME), c.name)
        other.emit("/", "a.b", "Still")
        other.emit("/", "a.b", "Gone")
        other.sync()
        expect.equal([x.member for x in c.signals() if x.sender == other.name], ["Still"])


@requirement("MON-003", "BUS-037")
@differs("dbus-broker", LAST)
def test_a_new_monitor_gets_the_reply_and_then_loses_its_names_the_unique_one_first(bus):
    names = [f"org.example.Lost.{x}" for x in "BAC"]
    with Client(bus.address) as c, Client(bus.address) as judge:
        for name in names:
            c.request_name(name)
        judge.add_match("member='NameOwnerChanged'")
        c.drain()
        serial = c.post(become(["member='Nothing'"]))
        got = [c.receive() for _ in range(5)]
        expect.equal((got[0].type, got[0].reply_serial), (RETURN, serial))
        expect.equal([(x.member, *x.args) for x in got[1:]],
                     [("NameLost", x) for x in [c.name, *names]])
        changes = [x.args for x in judge.signals() if x.args[0] in (c.name, *names)]
        expect.equal(changes, [[x, c.name, ""] for x in [c.name, *names]])


@requirement("MON-004")
def test_a_monitor_is_nobody(bus):
    with Client(bus.address) as judge:
        c = Client(bus.address)
        c.request_name(NAME)
        with c:
            result(c.ask(become(["member='Nothing'"])))
            for name in (c.name, NAME):
                with expect.error("NameHasNoOwner"):
                    judge.bus("GetNameOwner", "s", name)
                expect.equal(judge.bus("NameHasOwner", "s", name), False)
                with expect.error("ServiceUnknown"):
                    judge.call(name, "/", "a.b", "M")
            expect.true(c.name not in judge.bus("ListNames"), "still listed")


@requirement("MON-004", "BUS-030")
def test_a_monitors_names_go_to_who_waited(bus):
    with Client(bus.address) as judge, Client(bus.address) as c:
        c.request_name(NAME)
        judge.request_name(NAME)
        result(c.ask(become(["member='Nothing'"])))
        expect.equal(judge.bus("GetNameOwner", "s", NAME), judge.name)


@requirement("MON-004")
def test_a_monitors_earlier_rules_no_longer_count(bus):
    with Client(bus.address) as judge, Client(bus.address) as c:
        c.add_match("interface='org.example.Before'")
        result(c.ask(become([f"interface='{MARK}'"])))
        for interface in ("org.example.Before", MARK):
            judge.emit("/", interface, "M")
        got = c.next_matching(lambda x: x.sender == judge.name)
        expect.equal(got.interface, MARK)


@requirement("MON-004", "ROUTE-012")
def test_calls_from_and_to_a_new_monitor_are_forgotten_or_fail(bus):
    with Pair(bus) as pair:
        request = pair.relay(call(pair.r.name, "/", "a.b", "FromIt"))
        serial = pair.r.post(call(pair.s.name, "/", "a.b", "ToIt"))
        pair.r.sync()
        result(pair.s.ask(become(["member='Nothing'"])))
        expect.is_error(pair.r.reply_to(serial), "NoReply")
        pair.r.reply(request)
        pair.r.sync()
        pair.r.emit("/", "a.b", "Nothing")
        pair.s.next_signal("Nothing")
        expect.equal([x for x in pair.s.inbox if x.reply_serial == request.serial], [])


@requirement("MON-005", "RES-014")
@cases(("call of the bus", driver_call("GetId")), ("signal", signal("/", "a.b", "M")),
       ("call", call("org.example.Nobody", "/", "a.b", "M")),
       ("no destination", call(None, "/", "a.b", "Ping")))
def test_a_monitor_that_speaks_is_disconnected(bus, msg):
    with Monitor(bus, "member='Nothing'") as monitor, Client(bus.address) as judge:
        judge.add_match("interface='a.b'")
        monitor.client.post(msg)
        expect.equal([x for x in monitor.client.wait_disconnect() if x.type != SIGNAL], [])
        expect.equal(judge.drain(), [])


# What it sees


@requirement("MON-002", "MON-006", "MON-008")
@cases(("no rule", []), ("an empty rule", [""]), ("two rules", ["", ""]))
def test_a_monitor_of_everything_sees_a_conversation_once_and_in_order(bus, rules):
    with Client(bus.address) as m, Pair(bus) as pair:
        pair.r.add_match("interface='a.b'")
        result(m.ask(become(rules)))
        pair.s.emit("/", "a.b", "Broadcast")
        pair.s.post(call(pair.r.name, "/", "a.b", "Call", serial=50))
        request = pair.r.next_call()
        pair.r.reply(request)
        pair.s.reply_to(50)
        pair.s.emit("/", "a.b", "Unicast", destination=pair.r.name)
        pair.s.emit("/", MARK, "Mark")
        m.next_signal("Mark")
        s, r = pair.s.name, pair.r.name
        expect.equal([x for x in brief(m.inbox) if x[2] in (s, r)],
                     [(SIGNAL, "Broadcast", s, None), (CALL, "Call", s, r), (RETURN, "", r, s),
                      (SIGNAL, "Unicast", s, r)])


@requirement("MON-006", "MON-008", "BUS-031")
def test_a_monitor_sees_a_call_of_the_bus_before_all_that_comes_of_it(bus):
    with Monitor(bus) as monitor, Client(bus.address) as c:
        monitor.seen(c)
        c.request_name(NAME)
        me = c.name
        expect.equal(brief(monitor.seen(c)), [
            (CALL, "RequestName", me, BUS_NAME), (SIGNAL, "NameOwnerChanged", BUS_NAME, None),
            (SIGNAL, "NameAcquired", BUS_NAME, me), (RETURN, "", BUS_NAME, me)])


@requirement("MON-006", "MON-008")
@cases(("nobody", "org.example.Nobody", "ServiceUnknown"),
       ("no such method", BUS_NAME, "UnknownMethod"))
def test_a_monitor_sees_a_failing_call_and_then_the_error(bus, destination, name):
    with Monitor(bus) as monitor, Client(bus.address) as c:
        monitor.seen(c)
        serial = c.post(call(destination, "/", BUS_NAME, "Nonsense"))
        got = monitor.seen(c)
        expect.equal(brief(got), [(CALL, "Nonsense", c.name, destination),
                                  (ERROR, name, BUS_NAME, c.name)])
        expect.equal([got[0].serial, got[1].reply_serial], [serial, serial])


DENY = config(extra="""<policy context="mandatory"><deny send_interface="org.example.Unsent"/>
    <deny receive_interface="org.example.Unheard"/></policy>""")


@requirement("MON-006", "MON-009", "POL-052", "POL-039", "RES-021")
@cases(("not to be sent", "org.example.Unsent"), ("not to be received", "org.example.Unheard"))
def test_a_monitor_sees_what_policy_denies_and_the_error(kind, interface):
    with start_bus(kind, DENY) as bus, Monitor(bus) as monitor, Pair(bus) as pair:
        pair.r.add_match("")
        monitor.seen(pair.s)
        pair.s.post(call(pair.r.name, "/", interface, "Denied"))
        pair.s.emit("/", interface, "Denied")
        got = brief(monitor.seen(pair.s))
        expect.equal(got[:3], [(CALL, "Denied", pair.s.name, pair.r.name),
                               (ERROR, "AccessDenied", BUS_NAME, pair.s.name),
                               (SIGNAL, "Denied", pair.s.name, None)])
        expect.equal([x for x in pair.r.drain() if x.member == "Denied"], [])


UNTOLD = config(extra="""<policy context="mandatory">
    <deny receive_interface="org.freedesktop.DBus" receive_member="NameAcquired"/></policy>""")


@requirement("MON-006", "MON-008", "POL-039")
@differs("dbus-broker", "shows no refusal")
def test_a_monitor_sees_that_policy_keeps_a_signal_of_the_bus_from_its_receiver(kind):
    with start_bus(kind, UNTOLD) as bus, Monitor(bus) as monitor, Client(bus.address) as c:
        monitor.seen(c)
        c.request_name(NAME)
        got = monitor.seen(c)
        expect.equal(brief(got)[2:], [
            (SIGNAL, "NameAcquired", BUS_NAME, c.name), (ERROR, "AccessDenied", BUS_NAME, BUS_NAME),
            (RETURN, "", BUS_NAME, c.name)])
        expect.equal(got[3].reply_serial, got[2].serial)
        expect.equal(c.drain(), [])


@requirement("MON-006", "BUS-013")
def test_a_monitor_sees_the_loss_of_names_that_the_one_who_left_does_not(bus):
    with Monitor(bus) as monitor, Client(bus.address) as judge, Client(bus.address) as c:
        c.request_name(NAME)
        judge.add_match(f"arg0='{c.name}'")
        monitor.seen(judge)
        c.close()
        judge.next_signal("NameOwnerChanged")
        got = [(x.member, x.destination, *x.args) for x in monitor.seen(judge) if x.type == SIGNAL]
        expect.equal([x for x in got if x[0] != "NameOwnerChanged"],
                     [("NameLost", c.name, NAME), ("NameLost", c.name, c.name)])
        expect.equal([x for x in got if x[0] == "NameOwnerChanged"],
                     [("NameOwnerChanged", None, NAME, c.name, ""),
                      ("NameOwnerChanged", None, c.name, c.name, "")])


@requirement("MON-007")
@cases(("little", True), ("big", False))
def test_a_captured_message_is_an_exact_copy_with_the_right_sender(bus, little):
    with Monitor(bus) as monitor, Pair(bus) as pair:
        pair.r.request_name(NAME)
        monitor.seen(pair.s)
        msg = call(NAME, "/o", "a.b", "M", "tv", [1 << 50, Variant("n", -2)], little=little,
                   serial=0x20304, flags=NO_REPLY, sender=pair.r.name)
        pair.s.post(msg)
        got, = [x for x in monitor.seen(pair.s) if x.sender == pair.s.name]
        expect.equal((got.little, got.type, got.serial, got.flags, got.body, got.destination),
                     (little, CALL, 0x20304, NO_REPLY, msg.body, NAME))
        expect.equal((got.path, got.interface, got.member, got.signature), ("/o", "a.b", "M", "tv"))


@requirement("MON-007", "BUS-004")
def test_a_captured_hello_shows_the_name_it_led_to(bus):
    with Monitor(bus) as monitor, Client(bus.address) as c:
        monitor.seen(c)
        with Client(bus.address) as new:
            expect.equal(brief(monitor.seen(c)), [
                (CALL, "Hello", new.name, BUS_NAME), (RETURN, "", BUS_NAME, new.name),
                (SIGNAL, "NameOwnerChanged", BUS_NAME, None),
                (SIGNAL, "NameAcquired", BUS_NAME, new.name)])


@requirement("MON-007", "RES-021")
@differs("dbus-broker", "does not show them")
def test_who_has_no_name_yet_is_shown_as_not_active(bus):
    with Monitor(bus) as monitor, Client(bus.address) as c:
        monitor.seen(c)
        with Client(bus.address, stage="auth") as early:
            expect.is_error(early.ask(driver_call("GetId", serial=1)), "AccessDenied")
            expect.equal(brief(monitor.seen(c)), [
                (CALL, "GetId", ":not.active.yet", BUS_NAME),
                (ERROR, "AccessDenied", BUS_NAME, ":not.active.yet")])


@requirement("MON-007")
def test_a_monitor_gets_descriptors_if_it_takes_them(bus):
    out, into = os.pipe()
    try:
        with Monitor(bus) as rich, Pair(bus) as pair:
            rich.seen(pair.s)
            pair.s.post(pair.signal("h", [0]), [into])
            got, = [x for x in rich.seen(pair.s) if x.member == "M"]
            os.write(got.fds[0], b"?")
            expect.equal(os.read(out, 1), b"?")
            close_fds(got)
            got = pair.r.next_signal("M")
            close_fds(got)
    finally:
        os.close(out)
        os.close(into)


@requirement("MON-007", "ROUTE-016")
@skip_on("dbus-broker", "disconnects such a monitor")
def test_a_monitor_without_descriptors_does_not_stop_those_of_others(bus):
    with Monitor(bus, fds=False) as poor, Pair(bus) as pair:
        got = pair.relay(pair.signal("h", [0]), [0])
        expect.equal(len(got.fds), 1)
        close_fds(got)
        expect.true(all(not x.fds for x in poor.seen(pair.s)), "descriptors came")


@requirement("MON-002", "MON-009", "MATCH-023")
@cases(("member", "member='A'", "A"), ("sender", "sender='org.example.S'", "AB"),
       ("destination", "destination='org.example.R'", "AB"),
       ("destination elsewhere", "destination='org.example.S'", ""),
       ("eavesdrop", "eavesdrop='true',member='B'", "B"),
       ("no eavesdrop", "eavesdrop=false,member=B", "B"),
       ("type", "type='method_call',interface='a.b'", "B"), ("argument", "arg0='b'", "B"))
@differs("dbus-broker", "ignores destinations; DIFF-028", case="destination elsewhere")
def test_a_monitor_sees_what_one_of_its_rules_selects(bus, rule, wanted):
    with Pair(bus) as pair:
        pair.s.request_name("org.example.S")
        pair.r.request_name("org.example.R")
        with Monitor(bus, rule, "member='Never'") as monitor:
            monitor.seen(pair.s)
            pair.s.emit("/", "a.b", "A", "s", "a", destination=pair.r.name)
            pair.s.post(call("org.example.R", "/", "a.b", "B", "s", ["b"], flags=NO_REPLY))
            expect.equal("".join(x.member for x in monitor.seen(pair.s)), wanted)


@requirement("MON-009", "BUS-011")
def test_monitors_change_nothing_for_others(bus):
    with Monitor(bus), Monitor(bus), Pair(bus) as pair:
        for i in range(30):
            pair.s.post(pair.signal("u", [i]))
        pair.s.sync()
        expect.equal([x.args for x in pair.r.drain()], [[i] for i in range(30)])
        pair.s.drain()
        pair.s.emit("/", "a.b", "NobodyWants")
        expect.is_error(pair.s.ask(call("org.example.Nobody", "/", "a.b", "M")), "ServiceUnknown")
        expect.equal(pair.s.drain(), [])


@requirement("MON-006")
def test_two_monitors_see_the_same(bus):
    with Monitor(bus) as one, Monitor(bus, "") as two, Client(bus.address) as c:
        one.seen(c)
        two.seen(c)
        c.request_name(NAME)
        c.emit("/", MARK, "Mark")
        got = []
        for monitor in (one, two):
            monitor.client.next_signal("Mark")
            got.append(brief(x for x in monitor.client.inbox if x.member != "Mark"))
        expect.equal(got[0][-4:], got[1][-4:])


@requirement("MON-010", "RES-009")
@differs("dbus-daemon", "bounds no monitor's queue; DIFF-024")
@skip_on("dbus-broker", "disconnects it at its quota per user, which is much larger")
def test_a_monitor_that_does_not_read_is_disconnected_and_holds_up_nobody(kind):
    text = config(limits={"max_outgoing_bytes": 200000})
    with start_bus(kind, text) as bus, Monitor(bus) as monitor, Pair(bus) as pair:
        for i in range(100):
            got = pair.relay(pair.signal("us", [i, "x" * 20000]))
            expect.equal(got.args[0], i)
        pair.s.emit("/", MARK, "Mark")
        pair.s.sync()
        while True:
            try:
                expect.true(monitor.client.receive().member != "Mark", "it got everything")
            except Disconnected:
                break


@requirement("MON-011")
@differs("dbus-broker", "has quotas per user instead; DIFF-022")
def test_a_monitor_counts_as_a_connection(kind):
    with start_bus(kind, config(limits={"max_completed_connections": 2})) as bus, Monitor(bus):
        with bus.client(), bus.client(stage="auth") as third, expect.error("LimitsExceeded"):
            third.hello()
