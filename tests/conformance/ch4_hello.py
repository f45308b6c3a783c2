# SPDX-License-Identifier: MIT
"""Section 4.1: a connection's life, from Hello to its end, and what the bus stamps on messages."""

import re
import socket

from tests.lib import expect
from tests.lib.buses import config, start_bus
from tests.lib.pair import Pair
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement

PEER = "org.freedesktop.DBus.Peer"
UNKNOWN = "org.example.Nobody"


def hello_call(**more):
    return driver_call("Hello", **more)


def number(name):
    expect.true(re.fullmatch(r":1\.[0-9]+", name), f"unique name {name!r}")
    return int(name[3:])


def owner_changes(msgs, *names):
    """The arguments of NameOwnerChanged about these names."""
    return [x.args for x in msgs if x.member == "NameOwnerChanged" and x.args[0] in names]


# Unique names


@requirement("BUS-001")
def test_unique_names_grow_and_are_never_given_again(bus):
    seen = []
    for _ in range(5):
        with Client(bus.address) as first, Client(bus.address) as second:
            seen += [number(first.name), number(second.name)]
    expect.equal(seen, sorted(set(seen)))


@requirement("BUS-001")
@differs("dbus-broker", "counts connections that never said Hello, too")
def test_the_first_unique_name_is_number_0(kind):
    with start_bus(kind) as bus, bus.client() as c:
        expect.equal(c.name, ":1.0")


# Before Hello


@requirement("BUS-002", "BUS-003")
@cases(("GetId", driver_call("GetId")), ("ListNames", driver_call("ListNames")),
       ("RequestName", driver_call("RequestName", "su", ["a.b", 0])),
       ("AddMatch", driver_call("AddMatch", "s", [""])),
       ("BecomeMonitor", driver_call("BecomeMonitor", "asu", [[], 0],
                                     interface="org.freedesktop.DBus.Monitoring")),
       ("Ping", driver_call("Ping", interface=PEER)), ("no such method", driver_call("Nonsense")),
       ("no such interface", driver_call("Hello", interface="a.b")),
       ("Introspect", driver_call("Introspect", interface="org.freedesktop.DBus.Introspectable")))
def test_before_hello_another_call_of_the_bus_is_refused_and_hello_still_works(bus, msg):
    with Client(bus.address, stage="auth") as c:
        msg.serial = 7
        expect.is_error(c.ask(msg), "AccessDenied")
        number(c.bus("Hello", serial=8))


@requirement("BUS-002", "BUS-003")
@differs("dbus-broker", "disconnects")
@cases(("Ping", "Ping", ""), ("GetMachineId", "GetMachineId", "s"))
def test_before_hello_peer_calls_without_destination_are_answered(bus, member, signature):
    with Client(bus.address, stage="auth") as c:
        answer = c.ask(call(None, "/", PEER, member))
        expect.equal((answer.type, answer.signature), (RETURN, signature))
        c.hello()


STRANGERS = (
    ("call", lambda to: call(to, "/", "a.b", "M")),
    ("call without reply", lambda to: call(to, "/", "a.b", "M", flags=NO_REPLY)),
    ("Hello to another", lambda to: call(to, BUS_PATH, BUS_NAME, "Hello")),
    ("signal", lambda to: signal("/", "a.b", "M", destination=to)),
    ("return", lambda to: build(RETURN, reply_serial=1, destination=to)),
    ("error", lambda to: build(ERROR, reply_serial=1, error_name="a.b", destination=to)),
)


@requirement("BUS-002", "BUS-003", "RES-014")
@cases(*STRANGERS)
def test_before_hello_a_message_to_another_client_disconnects(bus, make):
    with Client(bus.address) as other, Client(bus.address, stage="auth") as c:
        c.post(make(other.name))
        expect.equal(c.wait_disconnect(), [])
        expect.equal([x for x in other.drain() if x.sender != BUS_NAME], [])


@requirement("BUS-003", "RES-014")
@cases(*STRANGERS)
def test_before_hello_a_message_to_nobody_disconnects(bus, make):
    with Client(bus.address, stage="auth") as c:
        c.post(make(UNKNOWN))
        expect.equal(c.wait_disconnect(), [])


@requirement("BUS-002", "BUS-003", "RES-014")
def test_before_hello_a_broadcast_disconnects_and_is_not_delivered(bus):
    with Client(bus.address) as other, Client(bus.address, stage="auth") as c:
        other.add_match("interface='org.example.Early'")
        c.emit("/", "org.example.Early", "M")
        expect.equal(c.wait_disconnect(), [])
        expect.equal(other.signals("M"), [])


@requirement("BUS-003")
def test_hello_may_leave_out_its_interface(bus):
    with Client(bus.address, stage="auth") as c:
        number(result(c.ask(hello_call(interface=None))))


@requirement("BUS-002", "DRV-025")
def test_hello_with_arguments_is_refused(bus):
    with Client(bus.address, stage="auth") as c:
        expect.is_error(c.ask(driver_call("Hello", "s", ["x"])), "InvalidArgs")


# Hello


@requirement("BUS-004", "DRV-001", "BUS-035")
def test_hello_returns_the_unique_name_and_then_name_acquired_comes(bus):
    with Client(bus.address, stage="auth") as c:
        serial = c.post(hello_call())
        answer, acquired = c.receive(), c.receive()
        name = answer.args[0]
        expect.equal((answer.type, answer.reply_serial, answer.signature), (RETURN, serial, "s"))
        expect.equal((answer.sender, answer.destination), (BUS_NAME, name))
        expect.equal((acquired.type, acquired.member, acquired.args),
                     (SIGNAL, "NameAcquired", [name]))
        expect.equal((acquired.sender, acquired.destination), (BUS_NAME, name))
        c.sync()
        expect.equal(c.inbox, [])


@requirement("BUS-005", "BUS-036")
def test_others_hear_of_a_new_connection(bus):
    with Client(bus.address) as watcher:
        watcher.add_match("member='NameOwnerChanged'")
        with Client(bus.address) as c:
            expect.equal(owner_changes(watcher.drain(), c.name), [[c.name, "", c.name]])


@requirement("BUS-006")
def test_a_second_hello_fails_and_the_connection_stays(bus):
    with Client(bus.address) as c:
        with expect.error("Failed"):
            c.bus("Hello")
        expect.equal(c.bus("GetNameOwner", "s", c.name), c.name)


@requirement("BUS-007")
@differs("dbus-broker", "has quotas per user instead; DIFF-022")
def test_a_connection_whose_hello_is_refused_stays_without_name(kind):
    with start_bus(kind, config(limits={"max_completed_connections": 1})) as bus:
        with bus.client() as first, bus.client(stage="auth") as c:
            first.add_match("member='NameOwnerChanged'")
            with expect.error("LimitsExceeded"):
                c.hello()
            with expect.error("AccessDenied"):
                c.bus("GetId")
            expect.equal(first.signals(), [])
            expect.equal(len([x for x in first.bus("ListNames") if x[0] == ":"]), 1)


# What the bus stamps


@requirement("BUS-008")
@cases(("another's", lambda pair: pair.r.name), ("the bus's", lambda pair: BUS_NAME),
       ("one that never was", lambda pair: ":1.4294967296"), ("well-known", lambda pair: "a.b"),
       ("its own", lambda pair: pair.s.name))
def test_a_forged_sender_is_replaced(bus, forged):
    with Pair(bus) as pair:
        got = pair.relay(pair.signal("s", ["x"], sender=forged(pair)))
        expect.equal([v.value for code, v in got.fields if code == SENDER], [pair.s.name])
        pair.r.add_match("interface='a.b'")
        pair.s.post(signal("/", "a.b", "B", sender=forged(pair)))
        pair.s.sync()
        expect.equal([x.sender for x in pair.r.signals("B")], [pair.s.name])


@requirement("BUS-009")
@differs("dbus-broker", "keeps unknown fields; DIFF-016")
@cases(("10", 10, Variant("o", "/x")), ("127", 127, Variant("a{sv}", {"x": Variant("u", 1)})),
       ("255", 255, Variant("s", "x")))
def test_unknown_header_fields_are_removed(bus, code, value):
    with Pair(bus) as pair:
        msg = pair.signal("s", ["x"])
        msg.fields[1:1] = [(code, value)]
        got = pair.relay(msg)
        expect.equal(got.get(code), None)
        expect.equal((got.path, got.member, got.args), ("/o", "M", ["x"]))


@requirement("BUS-010")
@cases(("little", True), ("big", False))
def test_a_well_known_destination_stays_as_it_was_written(bus, little):
    with Pair(bus) as pair:
        pair.r.request_name("org.example.Written")
        msg = call("org.example.Written", "/o", "a.b", "M", "tv", [1 << 40, Variant("n", -2)],
                   little=little, serial=0x10203, flags=NO_AUTO_START)
        got = pair.relay(msg)
        expect.equal((got.little, got.type, got.serial, got.flags, got.body),
                     (little, CALL, 0x10203, NO_AUTO_START, msg.body))
        expect.equal((got.destination, got.path, got.interface, got.member, got.signature),
                     ("org.example.Written", "/o", "a.b", "M", "tv"))
        pair.r.release_name("org.example.Written")


@requirement("BUS-015", "BUS-016")
def test_the_bus_speaks_in_its_own_name_with_a_serial_and_expects_no_reply(bus):
    with Client(bus.address) as c:
        c.add_match("member='NameOwnerChanged',arg0='org.example.Stamps'")
        serials = [c.post(driver_call("RequestName", "su", ["org.example.Stamps", 0])),
                   c.post(driver_call("Nonsense"))]
        c.sync()
        told = [x for x in c.inbox if x.member != "NameAcquired" or x.args != [c.name]]
        expect.equal([(x.type, x.member, x.reply_serial) for x in told],
                     [(SIGNAL, "NameOwnerChanged", None), (SIGNAL, "NameAcquired", None),
                      (RETURN, None, serials[0]), (ERROR, None, serials[1])])
        expect.equal([x.destination for x in told], [None, c.name, c.name, c.name])
        for msg in told:
            expect.equal((msg.sender, msg.flags & NO_REPLY), (BUS_NAME, NO_REPLY))
            expect.true(msg.serial != 0, "serial 0")
        for msg in told[:2]:
            expect.equal((msg.path, msg.interface), (BUS_PATH, BUS_NAME))


# Order


@requirement("BUS-011")
def test_a_senders_messages_arrive_in_order_whatever_their_kind(bus):
    with Pair(bus) as pair:
        pair.r.add_match("interface='org.example.Order'")
        pair.r.request_name("org.example.Order")
        wanted = []
        for i in range(100):
            to = (None, pair.r.name, "org.example.Order")[i % 3]
            if i % 2 and to:
                pair.s.post(call(to, "/", "org.example.Order", f"M{i}", flags=NO_REPLY))
            else:
                pair.s.emit("/", "org.example.Order", f"M{i}", destination=to)
            wanted.append(f"M{i}")
        pair.s.sync()
        expect.equal([x.member for x in pair.r.drain() if x.sender == pair.s.name], wanted)
        pair.r.release_name("org.example.Order")


@requirement("BUS-011")
def test_the_buss_answers_come_in_order_with_other_messages(bus):
    with Client(bus.address) as c:
        c.drain()
        wanted = []
        for i in range(20):
            wanted.append(c.post(call(c.name, "/", "a.b", "M", flags=NO_REPLY)))
            wanted.append(-c.post(driver_call(("GetId", "Nonsense")[i % 2])))
        c.sync()
        expect.equal([-x.reply_serial if x.reply_serial else x.serial for x in c.inbox], wanted)


@requirement("BUS-011")
def test_broadcasts_of_many_senders_reach_all_receivers_in_one_order(bus):
    with Pair(bus) as one, Pair(bus) as two:
        for receiver in (one.r, two.r):
            receiver.add_match("interface='org.example.Race'")
        for i in range(50):
            one.s.emit("/", "org.example.Race", f"A{i}")
            two.s.emit("/", "org.example.Race", f"B{i}")
        one.s.sync()
        two.s.sync()
        first = [x.member for x in one.r.signals()]
        expect.equal(len(first), 100)
        expect.equal(first, [x.member for x in two.r.signals()])


# The end


@requirement("BUS-012", "BUS-013", "ROUTE-012")
@differs("dbus-broker", "releases names in no particular order")
def test_who_leaves_loses_the_latest_name_first_the_unique_name_last_and_then_its_calls_fail(bus):
    with Client(bus.address) as watcher, Client(bus.address) as c:
        names = [f"org.example.Leaver.{letter}" for letter in "BCAD"]
        for name in names:
            c.request_name(name)
        watcher.add_match("member='NameOwnerChanged'")
        serial = watcher.post(call(c.name, "/", "a.b", "M"))
        watcher.drain()
        c.close()
        answer = watcher.reply_to(serial)
        expect.is_error(answer, "NoReply")
        expect.equal(owner_changes(watcher.inbox, c.name, *names),
                     [[name, c.name, ""] for name in [*reversed(names), c.name]])


@requirement("BUS-012", "BUS-030")
def test_who_leaves_makes_room_for_the_next_in_the_queue(bus):
    with Client(bus.address) as heir, Client(bus.address) as c:
        c.request_name("org.example.Heritage")
        expect.equal(heir.request_name("org.example.Heritage"), 2)
        heir.add_match("arg0='org.example.Heritage'")
        c.close()
        change, acquired = heir.next_signal(), heir.next_signal()
        expect.equal(change.args, ["org.example.Heritage", c.name, heir.name])
        expect.equal((acquired.member, acquired.args), ("NameAcquired", ["org.example.Heritage"]))


@requirement("BUS-013", "BUS-001")
def test_a_vanished_unique_name_has_no_owner_any_more(bus):
    with Client(bus.address) as watcher:
        with Client(bus.address) as c:
            watcher.add_match(f"member='NameOwnerChanged',arg0='{c.name}'")
        expect.equal(watcher.next_signal().args, [c.name, c.name, ""])
        expect.equal(watcher.bus("NameHasOwner", "s", c.name), False)
        expect.true(c.name not in watcher.bus("ListNames"), "still listed")


@requirement("BUS-014")
def test_what_was_sent_before_half_closing_is_processed_and_then_the_connection_ends(bus):
    with Pair(bus) as pair:
        for i in range(50):
            pair.s.post(pair.signal("u", [i]))
        pair.s.sock.shutdown(socket.SHUT_WR)
        pair.s.wait_disconnect()
        expect.equal([x.args for x in pair.r.drain() if x.sender == pair.s.name],
                     [[i] for i in range(50)])


@requirement("BUS-014", "RES-014")
def test_a_client_that_is_disconnected_gets_nothing_that_was_still_to_come(bus):
    with Client(bus.address) as c:
        c.drain()
        bad = bytearray(driver_call("GetId", serial=9).pack())
        bad[1] = 0
        c.try_send(bytes(bad) + driver_call("GetId", serial=10).pack())
        expect.equal(c.wait_disconnect(), [])
