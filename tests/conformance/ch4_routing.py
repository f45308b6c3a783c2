# SPDX-License-Identifier: MIT
"""Section 4.6: to whom a message goes, which replies are let through, and what a sender hears."""

from tests.lib import expect
from tests.lib.buses import config, start_bus
from tests.lib.pair import Pair
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement

NOBODY = "org.example.Nobody"
SILENT = "sends errors to those that expected a reply only; DIFF-018"
MUTE = "drops replies that nobody asked for without a word"


def others(client):
    """What arrived from other clients."""
    return [x for x in client.drain() if x.sender != BUS_NAME]


def asked(pair, **more):
    """A call from the sender as the receiver got it."""
    got = pair.relay(call(pair.r.name, "/", "a.b", "M", **more))
    expect.true(got is not None, "not delivered")
    return got


# Where a message goes


@requirement("ROUTE-001", "MATCH-022")
@cases(("call", lambda to: call(to, "/", "a.b", "M", flags=NO_REPLY)),
       ("signal", lambda to: signal("/", "a.b", "M", destination=to)))
def test_a_unicast_message_goes_to_the_owner_and_nobody_else(bus, make):
    with Pair(bus) as pair, Client(bus.address) as waiting, Client(bus.address) as curious:
        pair.r.request_name("org.example.Owner")
        waiting.request_name("org.example.Owner")
        for client in (waiting, curious, pair.s, pair.r):
            for rule in ("", "interface='a.b'", "destination='org.example.Owner'",
                         f"sender='{pair.s.name}'"):
                client.add_match(rule)
            client.drain()
        pair.s.post(make("org.example.Owner"))
        pair.s.post(make(pair.r.name))
        expect.equal(others(pair.s), [])
        expect.equal([x.destination for x in others(pair.r)], ["org.example.Owner", pair.r.name])
        expect.equal(others(waiting) + others(curious), [])


@requirement("ROUTE-001", "BUS-030")
def test_messages_follow_the_name(bus):
    with Pair(bus) as pair, Client(bus.address) as heir:
        pair.r.request_name("org.example.Moving")
        heir.request_name("org.example.Moving")
        pair.s.emit("/", "a.b", "First", destination="org.example.Moving")
        pair.s.sync()
        pair.r.release_name("org.example.Moving")
        pair.s.emit("/", "a.b", "Second", destination="org.example.Moving")
        pair.s.sync()
        expect.equal([x.member for x in others(pair.r)], ["First"])
        expect.equal([x.member for x in others(heir)], ["Second"])


@requirement("ROUTE-006", "MATCH-024")
def test_a_broadcast_reaches_everyone_with_a_rule_once_and_its_sender_too(bus):
    with Pair(bus) as pair, Client(bus.address) as without:
        for client in (pair.s, pair.r):
            for rule in ("interface='a.b'", "member='M'", "path='/'", "interface='a.b'"):
                client.add_match(rule)
        pair.s.emit("/", "a.b", "M", "s", "x")
        pair.s.sync()
        for client, count in ((pair.s, 1), (pair.r, 1), (without, 0)):
            expect.equal([(x.member, x.args, x.destination) for x in others(client)],
                         [("M", ["x"], None)] * count)


@requirement("ROUTE-007")
def test_a_signal_with_destination_needs_no_rule_and_comes_once_with_one(bus):
    with Pair(bus) as pair:
        for _ in range(2):
            pair.s.emit("/", "a.b", "M", destination=pair.r.name)
            pair.s.sync()
            expect.equal([x.member for x in others(pair.r)], ["M"])
            pair.r.add_match("interface='a.b'")


@requirement("ROUTE-015")
def test_a_client_may_call_itself_and_answer(bus):
    with Client(bus.address) as c:
        serial = c.post(call(c.name, "/", "a.b", "M", "s", ["x"]))
        request = c.next_call("M")
        expect.equal((request.sender, request.destination, request.args), (c.name, c.name, ["x"]))
        c.reply(request, "u", 7)
        answer = c.reply_to(serial)
        expect.equal((answer.args, answer.sender), ([7], c.name))


# Nobody there


@requirement("ROUTE-002", "ROUTE-003", "ROUTE-004", "ROUTE-005")
@cases(("well-known", NOBODY, 0, "ServiceUnknown"),
       ("well-known, no start", NOBODY, NO_AUTO_START, "NameHasNoOwner"),
       ("unique", ":1.999999", 0, "ServiceUnknown"),
       ("unique, no start", ":1.999999", NO_AUTO_START, "NameHasNoOwner"),
       ("one that left", None, 0, "ServiceUnknown"))
def test_a_call_to_nobody_fails(bus, destination, flags, wanted):
    with Client(bus.address) as c:
        if destination is None:
            with Client(bus.address) as gone:
                destination = gone.name
                c.add_match(f"member='NameOwnerChanged',arg0='{destination}'")
            c.next_signal()
        reply_ = c.ask(call(destination, "/", "a.b", "M", flags=flags))
        expect.is_error(reply_, wanted)
        expect.equal((reply_.sender, reply_.destination), (BUS_NAME, c.name))


@requirement("ROUTE-005", "ROUTE-002", "ROUTE-003")
@differs("dbus-broker", SILENT)
@cases(*((f"{name}{', no start' if flags & NO_AUTO_START else ''}", make, flags,
          "NameHasNoOwner" if flags & NO_AUTO_START else "ServiceUnknown")
         for flags in (0, NO_AUTO_START)
         for name, make in (
             ("signal", lambda **more: signal("/", "a.b", "M", **more)),
             ("return", lambda **more: build(RETURN, reply_serial=1, **more)),
             ("error", lambda **more: build(ERROR, reply_serial=1, error_name="a.b", **more)))))
def test_who_sends_a_signal_or_reply_to_nobody_is_told(bus, make, flags, wanted):
    with Client(bus.address) as c:
        for more in (0, NO_REPLY):
            serial = c.post(make(destination=NOBODY, flags=flags | more))
            expect.is_error(c.answer_to(serial), wanted)


@requirement("ROUTE-005")
@differs("dbus-daemon", "sends errors even to those that expect no reply; DIFF-018")
@cases(("nobody", lambda pair: call(NOBODY, "/", "a.b", "M", flags=NO_REPLY)),
       ("nobody, no start",
        lambda pair: call(NOBODY, "/", "a.b", "M", flags=NO_REPLY | NO_AUTO_START)),
       ("not allowed",
        lambda pair: call(pair.r.name, "/", "org.example.Denied", "M", flags=NO_REPLY)))
def test_who_expects_no_reply_hears_of_no_failure(kind, make):
    deny = '<policy context="mandatory"><deny send_interface="org.example.Denied"/></policy>'
    with start_bus(kind, config(extra=deny)) as bus, Pair(bus) as pair:
        pair.s.drain()
        pair.s.post(make(pair))
        expect.equal(pair.s.drain(), [])
        expect.equal(others(pair.r), [])


# Replies


@requirement("ROUTE-009", "ROUTE-010")
@cases(("return", lambda request: reply(request, "s", ["x"])),
       ("error", lambda request: error(request, "org.example.Error", "x")))
def test_a_reply_reaches_the_caller_and_a_second_one_does_not(bus, make):
    with Pair(bus) as pair:
        request = asked(pair)
        pair.r.post(make(request))
        answer = pair.s.reply_to(request.serial)
        expect.equal((answer.sender, answer.args), (pair.r.name, ["x"]))
        pair.r.post(make(request))
        pair.r.sync()
        expect.equal(pair.s.drain(), [])


UNREQUESTED = (
    ("second", lambda pair, request: (pair.r.reply(request), reply(request))[1]),
    ("second is an error", lambda pair, request: (pair.r.reply(request), error(request, "a.b"))[1]),
    ("another serial", lambda pair, request: reply(Message(serial=request.serial + 1),
                                                   destination=pair.s.name)),
    ("no call at all", lambda pair, request: error(Message(serial=99), "a.b",
                                                   destination=pair.s.name)),
)


@requirement("ROUTE-010", "ROUTE-011", "POL-055")
@differs("dbus-broker", MUTE)
@cases(*UNREQUESTED)
def test_a_reply_that_was_not_requested_is_refused(bus, make):
    with Pair(bus) as pair:
        request = asked(pair)
        msg = make(pair, request)
        pair.r.sync()
        pair.s.drain()
        serial = pair.r.post(msg)
        refused = pair.r.answer_to(serial)
        expect.is_error(refused, "AccessDenied")
        expect.equal((refused.sender, refused.destination), (BUS_NAME, pair.r.name))
        expect.equal(pair.s.drain(), [])


@requirement("ROUTE-011")
@differs("dbus-daemon", "delivers it under such a policy; DIFF-003")
@differs("dbus-broker", MUTE)
def test_no_policy_lets_an_unrequested_reply_through(kind):
    policy = """<policy context="default"><allow user="*"/><allow own="*"/>
        <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
        <allow send_requested_reply="false" send_type="method_return"/></policy>"""
    with start_bus(kind, config(policy=policy, bus_type="session")) as bus, Pair(bus) as pair:
        serial = pair.r.post(build(RETURN, reply_serial=9, destination=pair.s.name))
        expect.is_error(pair.r.answer_to(serial), "AccessDenied")
        expect.equal(others(pair.s), [])


@requirement("ROUTE-010")
def test_only_the_callee_may_reply(bus):
    with Pair(bus) as pair, Client(bus.address) as stranger:
        request = asked(pair)
        pair.s.drain()
        stranger.post(reply(request, "s", ["forged"]))
        stranger.post(reply(request, "s", ["forged"], sender=pair.r.name))
        stranger.sync()
        expect.equal(pair.s.drain(), [])
        pair.r.reply(request, "s", "genuine")
        expect.equal(pair.s.reply_to(request.serial).args, ["genuine"])


@requirement("ROUTE-010", "ROUTE-009")
def test_who_was_called_by_a_name_may_reply_after_losing_it(bus):
    with Pair(bus) as pair, Client(bus.address) as heir:
        pair.r.request_name("org.example.Lost")
        heir.request_name("org.example.Lost")
        request = pair.relay(call("org.example.Lost", "/", "a.b", "M"))
        pair.r.release_name("org.example.Lost")
        pair.s.drain()
        heir.post(reply(request, "s", ["heir"]))
        heir.sync()
        expect.equal(pair.s.drain(), [])
        pair.r.reply(request, "s", "callee")
        expect.equal(pair.s.reply_to(request.serial).args, ["callee"])


@requirement("ROUTE-010")
def test_replies_may_come_in_any_order(bus):
    with Pair(bus) as pair:
        requests = [asked(pair) for _ in range(10)]
        for request in reversed(requests):
            pair.r.reply(request, "u", request.serial)
        pair.r.sync()
        got = [(x.reply_serial, x.args) for x in others(pair.s)]
        expect.equal(got, [(x.serial, [x.serial]) for x in reversed(requests)])


@requirement("ROUTE-009")
def test_a_second_call_with_the_serial_of_one_that_waits_is_refused(bus):
    with Pair(bus) as pair:
        request = asked(pair, serial=500)
        pair.s.post(call(pair.r.name, "/", "a.b", "Again", serial=500))
        expect.is_error(pair.s.reply_to(500), "AccessDenied")
        expect.equal(others(pair.r), [])
        pair.r.reply(request)
        expect.equal(pair.s.reply_to(500).type, RETURN)
        expect.true(asked(pair, serial=500), "the serial cannot be used again")


@requirement("ROUTE-009")
def test_the_same_serial_may_wait_for_two_callees(bus):
    with Pair(bus) as pair, Client(bus.address) as second:
        for callee in (pair.r, second):
            pair.s.post(call(callee.name, "/", "a.b", "M", serial=600))
        pair.s.sync()
        for callee in (second, pair.r):
            callee.reply(callee.next_call(), "s", callee.name)
            expect.equal(pair.s.reply_to(600).args, [callee.name])


@requirement("ROUTE-012")
def test_when_a_callee_leaves_every_call_it_owes_a_reply_fails(bus):
    with Pair(bus) as pair, Client(bus.address) as second:
        serials = [asked(pair).serial for _ in range(3)]
        pair.r.reply(asked(pair, serial=77))
        pair.s.reply_to(77)
        pair.s.post(call(pair.r.name, "/", "a.b", "M", flags=NO_REPLY))
        waits = second.post(call(pair.r.name, "/", "a.b", "M"))
        second.sync()
        pair.r.close()
        failed = [pair.s.reply_to(serial) for serial in serials]
        for answer, client in ((second.reply_to(waits), second), *((x, pair.s) for x in failed)):
            expect.is_error(answer, "NoReply")
            expect.equal((answer.sender, answer.destination), (BUS_NAME, client.name))
        expect.equal(others(pair.s), [])


@requirement("ROUTE-012", "ROUTE-015")
def test_a_client_that_owes_itself_a_reply_may_leave(bus):
    with Client(bus.address) as judge:
        with Client(bus.address) as c:
            c.post(call(c.name, "/", "a.b", "M"))
            c.next_call()
            judge.add_match(f"arg0='{c.name}'")
        judge.next_signal("NameOwnerChanged")
        judge.sync()


@requirement("ROUTE-014")
@differs("dbus-broker", SILENT)
def test_a_reply_to_a_caller_that_left_finds_nobody(bus):
    with Pair(bus) as pair:
        request = asked(pair)
        pair.r.add_match(f"arg0='{pair.s.name}'")
        pair.s.close()
        pair.r.next_signal("NameOwnerChanged")
        expect.is_error(pair.r.answer_to(pair.r.reply(request)), "ServiceUnknown")


# Descriptors


@requirement("ROUTE-016")
@differs("dbus-broker", "says Failed; DIFF-020")
def test_descriptors_for_someone_who_takes_none_are_refused(bus):
    with Client(bus.address) as sender, Client(bus.address, fds=False) as receiver:
        serial = sender.post(call(receiver.name, "/", "a.b", "M", "h", [0], unix_fds=1), [0])
        expect.is_error(sender.answer_to(serial), "NotSupported")
        expect.equal(others(receiver), [])
        sender.emit("/", "a.b", "M", destination=receiver.name)
        sender.sync()
        expect.equal([x.member for x in others(receiver)], ["M"])


@requirement("ROUTE-016", "ROUTE-008")
@differs("dbus-broker", "disconnects the subscriber; DIFF-020")
def test_a_broadcast_with_descriptors_skips_those_who_take_none(bus):
    with Pair(bus) as pair, Client(bus.address, fds=False) as poor:
        for client in (pair.r, poor):
            client.add_match("interface='org.example.Fds'")
        pair.s.drain()
        pair.s.post(signal("/", "org.example.Fds", "M", "h", [0], unix_fds=1), [0])
        expect.equal(pair.s.drain(), [])
        got = others(pair.r)
        expect.equal([len(x.fds) for x in got], [1])
        close_fds(got[0])
        expect.equal(others(poor), [])
