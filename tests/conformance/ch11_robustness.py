# SPDX-License-Identifier: MIT
"""Chapter 11: quotas, and clients that are slow, greedy, broken or many."""

import os
import resource
import socket
import time

from tests.lib import expect
from tests.lib.buses import config, program, start_bus
from tests.lib.client import TIMEOUT
from tests.lib.pair import Pair
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement, skip_on

QUOTAS = "has quotas per user instead; DIFF-022"
SMALL = {"max_outgoing_bytes": 200000, "max_replies_per_connection": 10000}


def limited(kind, **limits):
    return start_bus(kind, config(limits=limits))


def processes(bus):
    """The bus's processes."""
    pids = [bus.pid]
    for pid in pids:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            pids += [int(word) for word in f.read().split()]
    return pids


def descriptors(bus):
    """How many descriptors the bus has open."""
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in processes(bus))


def eventually(judge, condition, what):
    """Asks again and again, with a question to the bus in between."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        expect.true(time.monotonic() < deadline, what)
        judge.sync()


# Refusals for a quota


def fill(pair):
    """Calls the receiver, which does not read, until the bus refuses."""
    for _ in range(100):
        request = call(pair.r.name, "/", "a.b", "M", "ay", [bytes(20000)])
        got = pair.s.answer_to(pair.s.post(request))
        if got:
            return got
    raise AssertionError("never refused")


def outgoing(bus):
    with Pair(bus) as pair:
        return fill(pair), pair.r.name


def names(bus):
    with bus.client() as c:
        c.request_name("a.b")
        return c.ask(driver_call("RequestName", "su", ["a.c", 0])), c.name


def rules(bus):
    with bus.client() as c:
        c.add_match("member='A'")
        return c.ask(driver_call("AddMatch", "s", ["member='B'"])), c.name


def replies(bus):
    with Pair(bus) as pair:
        pair.s.post(call(pair.r.name, "/", "a.b", "M"))
        return pair.s.answer_to(pair.s.post(call(pair.r.name, "/", "a.b", "M"))), pair.s.name


def users(bus):
    with bus.client(uid=65534), bus.client(uid=65534, stage="auth") as second:
        return second.ask(driver_call("Hello")), "65534"


@requirement("LIM-019", "RES-009", "RES-002")
@differs("dbus-broker", QUOTAS)
@differs("dbus-daemon", "does not tell the limit",
         case=("max_outgoing_bytes", "max_replies_per_connection", "max_connections_per_user"))
@cases(("max_outgoing_bytes", "max_outgoing_bytes", 200000, outgoing),
       ("max_names_per_connection", "max_names_per_connection", 2, names),
       ("max_match_rules_per_connection", "max_match_rules_per_connection", 1, rules),
       ("max_replies_per_connection", "max_replies_per_connection", 1, replies),
       ("max_connections_per_user", "max_connections_per_user", 1, users))
def test_a_refusal_for_a_limit_names_it_its_value_and_who_holds_it(kind, name, value, act):
    limits = {**({"max_replies_per_connection": 1000} if act is outgoing else {}), name: value}
    with limited(kind, **limits) as bus:
        answer, holder = act(bus)
        expect.is_error(answer, "LimitsExceeded")
        expect.contains(answer.args[0], f"{name}={value}")
        expect.contains(answer.args[0], holder)


# Slow receivers


@requirement("RES-010", "RES-006", "RES-005", "POL-054", "LIM-003")
@differs("dbus-broker", QUOTAS)
def test_a_slow_receiver_of_calls_stays_and_gets_what_was_accepted(kind):
    with limited(kind, **SMALL) as bus, Pair(bus) as pair, bus.client() as other:
        refused = fill(pair)
        expect.is_error(refused, "LimitsExceeded")
        expect.is_error(other.ask(call(pair.r.name, "/", "a.b", "Other")), "LimitsExceeded")
        serial = pair.s.post(signal("/", "a.b", "S", destination=pair.r.name))
        expect.is_error(pair.s.answer_to(serial), "LimitsExceeded")
        # Between two calls `fill` asks the bus something, which takes a serial, too.
        accepted = [pair.r.next_call().serial for _ in range(10)]
        while accepted[-1] < refused.reply_serial - 2:
            accepted.append(pair.r.next_call().serial)
        expect.equal(accepted, list(range(accepted[0], refused.reply_serial, 2)))
        expect.true(pair.relay(pair.signal()), "it gets nothing any more")


@requirement("RES-008", "RES-009", "ROUTE-008")
@differs("dbus-daemon", "drops broadcasts for it; DIFF-021")
@skip_on("dbus-broker", "disconnects it at its quota per user, which is much larger")
def test_a_slow_receiver_of_broadcasts_is_disconnected_and_others_get_them_all(kind):
    with limited(kind, **SMALL) as bus, Pair(bus) as pair, bus.client() as slow:
        for client in (pair.r, slow):
            client.add_match("interface='a.b'")
        pair.s.add_match(f"member='NameOwnerChanged',arg0='{slow.name}'")
        for i in range(100):
            pair.s.emit("/", "a.b", f"M{i}", "ay", bytes(20000))
            pair.s.sync()
            expect.equal(pair.r.next_signal().member, f"M{i}")
        expect.equal([x.args for x in pair.s.inbox if x.member == "NameOwnerChanged"],
                     [[slow.name, slow.name, ""]])


@requirement("RES-015", "RES-012", "RES-006")
@cases(("ListNames", driver_call("ListNames")), ("errors", driver_call("Nonsense")),
       ("nobody", call("org.example.Nobody", "/", "a.b", "M")),
       ("itself", call("org.example.Flood", "/", "a.b", "M", "ay", [bytes(1000)])))
def test_who_asks_and_never_reads_harms_nobody(kind, msg):
    with limited(kind, **SMALL) as bus, Pair(bus) as pair, bus.client() as flood:
        flood.request_name("org.example.Flood")
        msg.serial = 1
        data = msg.pack() * 100
        flood.sock.setblocking(False)
        sent = 0
        try:
            while sent < 4 << 20:
                sent += flood.sock.send(data)  # what is cut off is no message, but only at the end
                if sent % len(data):
                    break
        except OSError:  # full, or disconnected
            pass
        for _ in range(20):
            expect.true(pair.relay(pair.signal()), "not delivered")
        flood.close()
        eventually(pair.s, lambda: not pair.s.bus("NameHasOwner", "s", "org.example.Flood"),
                   "the name is still owned")


@requirement("RES-015", "RES-014", "RES-011")
def test_a_flood_of_one_client_does_not_keep_others_from_being_served(kind):
    with limited(kind, **SMALL) as bus, Pair(bus) as pair, bus.client() as flood:
        flood.sock.setblocking(False)
        data = signal("/", "a.b", "Unwanted", "ay", [bytes(500)], serial=1).pack() * 50
        rest = b""
        for i in range(200):
            rest = rest or data
            try:
                rest = rest[flood.sock.send(rest):]
            except BlockingIOError:
                pass
            if i % 10 == 0:
                expect.true(pair.relay(pair.signal()), "not delivered")


# Many of something


@requirement("RES-015", "RES-022", "BUS-025")
def test_300_connections_wait_for_one_name_and_get_it_in_turn(kind):
    limits = {"max_connections_per_user": 1000}
    with limited(kind, **limits) as bus, bus.client() as owner:
        owner.request_name("org.example.Crowded")
        crowd = [bus.client() for _ in range(300)]
        try:
            for c in crowd:
                expect.equal(c.request_name("org.example.Crowded"), 2)
            queue = owner.bus("ListQueuedOwners", "s", "org.example.Crowded")
            expect.equal(queue, [owner.name, *(c.name for c in crowd)])
            for c in crowd[1::2]:
                c.release_name("org.example.Crowded")
            owner.release_name("org.example.Crowded")
            for c in crowd[0::2]:
                expect.equal(owner.bus("GetNameOwner", "s", "org.example.Crowded"), c.name)
                c.release_name("org.example.Crowded")
        finally:
            for c in crowd:
                c.close()


@requirement("RES-015", "RES-022")
@skip_on("dbus-broker", QUOTAS)
def test_5000_names_of_one_connection_are_kept_and_released(kind):
    limits = {"max_names_per_connection": 20000}
    with limited(kind, **limits) as bus, bus.client() as c, bus.client() as judge:
        for i in range(5000):
            c.send(driver_call("RequestName", "su", [f"org.example.N{i}", 0], flags=NO_REPLY,
                               serial=9).pack())
            if i % 1000 == 0:
                c.drain()
        c.drain()
        expect.equal(len(judge.bus("ListNames")), 5003)
        expect.equal(judge.bus("GetNameOwner", "s", "org.example.N4999"), c.name)
        judge.add_match(f"arg0='{c.name}'")
        c.close()
        judge.next_signal("NameOwnerChanged")
        expect.equal(judge.bus("ListNames"), [BUS_NAME, judge.name])


@requirement("RES-020", "RES-022", "ROUTE-012")
@skip_on("dbus-broker", QUOTAS)
def test_3000_calls_wait_for_replies_and_fail_together(kind):
    with limited(kind, max_replies_per_connection=5000) as bus, Pair(bus) as pair:
        for _ in range(3000):
            pair.s.post(call(pair.r.name, "/", "a.b", "M"))
        first, last = pair.s.serial - 2999, pair.s.serial
        pair.s.sync()
        pair.r.close()
        expect.is_error(pair.s.reply_to(last), "NoReply")
        pair.s.sync()
        failed = [x.reply_serial for x in pair.s.inbox if x.type == ERROR]
        expect.equal(sorted(failed), list(range(first, last)))


# Strange messages


def survives(pair, data, whole=True):
    """Whatever becomes of the sender, the bus goes on; a sender that stays can speak."""
    pair.s.try_send(data)
    if whole and not pair.s.disconnected():
        pair.s.sync()
    with Client(pair.address) as judge:
        judge.sync()


@requirement("RES-015", "RES-020")
@skip_on("dbus-daemon", "takes minutes to remove them", case="many unknown fields")
@cases(("many unknown fields", [(200, Variant("y", 1))] * 20000, True),
       ("one huge unknown field", [(200, Variant("ay", bytes(4 << 20)))], True),
       ("deep unknown field", [(200, Variant("v", ("v", ("v", ("v", ("v", ("s", "x")))))))], True),
       ("the same field often", [(6, Variant("s", "a.b"))] * 5000, None))
def test_huge_headers_are_taken_or_cost_the_sender_its_connection(bus, fields, whole):
    with Pair(bus) as pair:
        pair.address = bus.address
        msg = pair.signal("s", ["x"], serial=9)
        msg.fields += fields
        survives(pair, msg.pack(), whole is not None)
        expect.true(len([x for x in pair.r.drain() if x.member == "M"]) <= 1, "delivered twice")


@requirement("RES-015", "RES-014")
@cases(("cut", b"\xe2\x82"), ("overlong", b"\xc0\xaf"), ("surrogate", b"\xed\xa0\x80"),
       ("beyond", b"\xf4\x90\x80\x80"), ("lone", b"\x80"))
def test_invalid_utf_8_that_comes_in_pieces_disconnects(bus, bad):
    with Pair(bus) as pair:
        filler = b"x" * 70000
        text = filler + bad
        body = len(text).to_bytes(4, "little") + text + b"\0"
        data = pair.raw("s", body, serial=9).pack()
        cut = data.index(bad, len(data) - len(bad) - 1)
        pair.s.drain()
        pair.s.send(data[:cut + 1])
        pair.r.sync()
        pair.s.try_send(data[cut + 1:])
        expect.true(pair.s.disconnected(), "still connected")
        expect.equal([x for x in pair.r.drain() if x.member == "M"], [])


@requirement("RES-015")
def test_valid_utf_8_may_be_cut_anywhere(bus):
    with Pair(bus) as pair:
        data = pair.signal("s", ["\u20ac\U0001f600" * 3], serial=9).pack()
        for i in range(len(data) - 24, len(data)):
            pair.s.send(data[:i])
            pair.r.sync()
            pair.s.send(data[i:])
            pair.s.sync()
            expect.equal(pair.r.next_signal("M").args, ["\u20ac\U0001f600" * 3])


@requirement("RES-020", "DRV-026", "DRV-028")
@differs("dbus-daemon", "refuses it aloud", case="another user")
@cases(("root", None), ("another user", 65534))
def test_a_forged_activation_failure_is_ignored(bus, uid):
    with Client(bus.address, uid=uid) as c:
        c.drain()
        c.emit("/org/freedesktop/DBus", "org.freedesktop.systemd1.Activator", "ActivationFailure",
               "sss", "org.example.Nobody", "org.example.Error", "forged", destination=BUS_NAME)
        c.sync()
        expect.equal(c.inbox, [])


# Descriptors of the bus


@requirement("RES-015", "RES-020")
def test_whoever_came_and_went_the_bus_keeps_no_descriptor(kind):
    with start_bus(kind) as bus, bus.client() as judge:
        judge.sync()
        before = descriptors(bus)
        for stage in ("socket", "auth", "hello") * 5:
            bus.client(stage=stage).close()
        for _ in range(5):
            with bus.client(stage="socket") as c:
                c.try_send(b"nonsense\r\n" * 100)
            with Pair(bus) as pair:
                pair.s.post(pair.signal("h", [0], unix_fds=1), [0])
                pair.s.send(pair.signal("h", [0], unix_fds=1, serial=99).pack()[:-1], [0])
                pair.s.post(driver_call("AddMatch", "s", ["member='x'"]))
            with Pair(bus) as pair:
                pair.s.post(call(pair.r.name, "/", "a.b", "M", "h", [0], unix_fds=1), [0])
        # One may be the log, opened when there was something to say.
        eventually(judge, lambda: descriptors(bus) <= before + 1, "some are left")


def is_sanitized(path):
    """Such a program takes its objects for invalid when no descriptor is left to examine them."""
    with open(path, "rb") as f:
        return b"__ubsan" in f.read()


@requirement("RES-016")
@skip_on("dbus-broker", "ends when no descriptor is left, though not every time")
def test_a_bus_that_is_out_of_descriptors_serves_whom_it_has_and_recovers(kind):
    if is_sanitized(program(kind)):
        return
    with start_bus(kind) as bus, bus.client() as judge:
        for pid in processes(bus):
            used = max(int(fd) for fd in os.listdir(f"/proc/{pid}/fd"))
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 6, used + 6))
        waiting = [Client(bus.address, stage="socket") for _ in range(20)]
        try:
            for c in waiting:
                c.try_send(b"\0AUTH EXTERNAL 30\r\nBEGIN\r\n")
                c.try_send(driver_call("Hello", serial=1).pack())
            for _ in range(50):
                judge.sync()
            expect.true(bus.alive(), "the bus ended")
        finally:
            for c in waiting:
                c.close()
        eventually(judge, lambda: can_connect(bus), "nobody can connect any more")


def can_connect(bus):
    try:
        with bus.client() as c:
            return c.name is not None
    except (Disconnected, OSError):
        return False


@requirement("RES-014", "RES-015")
def test_a_client_that_vanishes_in_the_middle_of_anything_is_forgotten(kind):
    with start_bus(kind) as bus, bus.client() as judge:
        data = signal("/", "a.b", "M", "s", ["x" * 50], serial=9).pack()
        for cut in range(0, len(data), 7):
            c = bus.client()
            c.request_name("org.example.Vanishing")
            c.send(data[:cut])
            c.sock.shutdown(socket.SHUT_RDWR)
            c.close()
        eventually(judge, lambda: len(judge.bus("ListNames")) == 2, "somebody is still there")


@requirement("RES-007", "LIM-019")
@differs("dbus-daemon", "logs each refusal")
@skip_on("dbus-broker", QUOTAS)
def test_repeated_refusals_do_not_fill_the_log(kind):
    with limited(kind, **SMALL) as bus, Pair(bus) as pair:
        fill(pair)
        for _ in range(300):
            pair.s.post(call(pair.r.name, "/", "a.b", "M", "ay", [bytes(20000)]))
            pair.s.drain()
        bus.stop()
        bus.log.wait_closed()
        count = len(bus.log.text().splitlines())
        expect.true(1 <= count <= 30, f"{count} lines")
