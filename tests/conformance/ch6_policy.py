# SPDX-License-Identifier: MIT
"""Sections 6.1, 6.3, 6.4, 6.6: which rule decides, what it applies to, what a refusal says."""

from tests.lib import expect
from tests.lib.buses import OPEN, config, start_bus
from tests.lib.pair import Pair
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement, skip_on

USER = 65534  # dbus-daemon wants users to have accounts
SYSTEM_USER = 1
GROUP = 60  # any that has a name
DENIED = "org.freedesktop.DBus.Error.AccessDenied"
NO_REPLY_RULES = "lets replies through if, and only if, they were requested; DIFF-002"
ABSENT = "takes absent fields for no match; DIFF-004"


def section(attribute, *rules):
    """A policy section: section('user="root"', '<deny own="*"/>')."""
    return "\n".join((f"<policy {attribute}>",) + rules + ("</policy>",))


CONNECT = '<allow user="*"/>'
DRIVER = (f'<allow send_destination="{BUS_NAME}"/>', f'<allow receive_sender="{BUS_NAME}"/>')


def mandatory(*rules):
    """All is allowed but for these, which are not for the bus."""
    return config(extra=section('context="mandatory"', *rules, *DRIVER))


def deny(start="", **attributes):
    """`start` is text to begin with."""
    return rule(f"deny {start}".strip(), attributes)


def allow(**attributes):
    return rule("allow", attributes)


def rule(verdict, attributes):
    return f"<{verdict} " + " ".join(f'{k}="{v}"' for k, v in attributes.items()) + "/>"


def a_call(pair, **more):
    """A call from the sender to the receiver."""
    fields = {"path": "/o", "interface": "a.b", "member": "M", "flags": NO_REPLY, **more}
    return call(fields.pop("destination", pair.r.name), fields.pop("path"), fields.pop("interface"),
                fields.pop("member"), **fields)


def passes(kind, text, make, count=0, setup=None):
    """Whether what `make(pair)` returns reaches the receiver."""
    with start_bus(kind, text) as bus, Pair(bus) as pair:
        if setup:
            setup(pair)
        pair.r.drain()
        got = pair.relay(make(pair), [0] * count)
        if got:
            close_fds(got)
        return got is not None


# 6.1 Which rule decides


@requirement("POL-004")
@cases(("last allow", [deny(own="a.b"), allow(own="a.b")], 1),
       ("last deny", [allow(own="a.b"), deny(own="a.b")], None),
       ("wider last", [deny(own="a.b"), allow(own="*")], 1),
       ("narrower first", [allow(own="a.b"), deny(own="*")], None),
       ("another name", [deny(own="a.c")], 1))
def test_the_last_matching_rule_decides(kind, rules, wanted):
    with start_bus(kind, mandatory(*rules)) as bus, bus.client() as c:
        if wanted:
            expect.equal(c.request_name("a.b"), wanted)
            return
        with expect.error("AccessDenied"):
            c.request_name("a.b")


@requirement("POL-004", "POL-044")
@cases(("send", ['<allow receive_type="method_call"/>']),
       ("receive", ['<allow send_type="method_call"/>']),
       ("own", []))
def test_what_no_rule_matches_is_denied(kind, rules):
    text = config(policy=section('context="default"', CONNECT, *DRIVER, *rules))
    with start_bus(kind, text) as bus, Pair(bus) as pair:
        if rules:
            serial = pair.s.post(a_call(pair, flags=0))
            expect.is_error(pair.s.answer_to(serial), "AccessDenied")
            expect.equal([x for x in pair.r.drain() if x.sender == pair.s.name], [])
        else:
            with expect.error("AccessDenied"):
                pair.s.request_name("a.b")


def verdicts(*sections):
    return "\n".join(section(attribute, rule(verdict, {"own": "a.b"}))
                     for attribute, verdict in sections)


DEFAULT, MANDATORY = 'context="default"', 'context="mandatory"'
BY_USER, BY_GROUP = f'user="{USER}"', f'group="{GROUP}"'
CONSOLE, NO_CONSOLE = 'at_console="true"', 'at_console="false"'


@requirement("POL-003", "POL-005", "POL-006", "POL-007")
@differs("dbus-broker", "takes ordinary users to be at the console; DIFF-007",
         case=("never at console", "away from the console over user"))
@cases(("group over default", [(BY_GROUP, "allow"), (DEFAULT, "deny")], True),
       ("user over group", [(BY_USER, "allow"), (BY_GROUP, "deny")], True),
       ("user over later default", [(BY_USER, "deny"), (DEFAULT, "allow")], False),
       ("mandatory over user", [(MANDATORY, "allow"), (BY_USER, "deny")], True),
       ("mandatory over all", [(MANDATORY, "deny"), (BY_USER, "allow"), (BY_GROUP, "allow"),
                               (DEFAULT, "allow"), (NO_CONSOLE, "allow")], False),
       ("never at console", [(CONSOLE, "allow"), (DEFAULT, "deny")], False),
       ("away from the console over user", [(NO_CONSOLE, "allow"), (BY_USER, "deny")], True),
       ("later default", [(DEFAULT, "deny"), (DEFAULT, "allow")], True),
       ("later section of the user", [(BY_USER, "allow"), (BY_USER, "deny")], False),
       ("another user", [(DEFAULT, "deny"), ('user="root"', "allow")], False),
       ("another group", [(DEFAULT, "deny"), ('group="tty"', "allow")], False),
       ("name of a user", [(DEFAULT, "deny"), ('user="nobody"', "allow")], True),
       ("primary group", [(DEFAULT, "deny"), (f'group="{USER}"', "allow")], True),
       ("name of a group", [(DEFAULT, "deny"), ('group="games"', "allow")], True))
def test_sections_count_by_kind_and_then_in_order(kind, sections, wanted):
    text = config(extra=verdicts(*sections))
    with start_bus(kind, text) as bus, bus.client(uid=USER, gids=[USER, GROUP]) as c:
        answer = c.ask(driver_call("RequestName", "su", ["a.b", 0]))
        expect.equal(answer.error_name, None if wanted else DENIED)


@requirement("POL-007")
def test_system_users_are_not_at_the_console(kind):
    text = config(extra=verdicts((CONSOLE, "allow"), (NO_CONSOLE, "deny")))
    with start_bus(kind, text) as bus, bus.client(uid=SYSTEM_USER) as c:
        with expect.error("AccessDenied"):
            c.request_name("a.b")


@requirement("POL-003", "POL-005")
def test_sections_of_included_files_count_by_kind_too(kind):
    text = config(extra=verdicts((BY_USER, "allow")) + "<include>more.conf</include>")
    files = {"more.conf": "<busconfig>" + verdicts((DEFAULT, "deny")) + "</busconfig>"}
    with start_bus(kind, text, files=files) as bus, bus.client(uid=USER) as c, bus.client() as root:
        expect.equal(c.request_name("a.b"), 1)
        with expect.error("AccessDenied"):
            root.request_name("a.b")


@requirement("POL-002")
@cases(("user", section('user="no-such-user"', deny(own="*"))),
       ("group", section('group="no-such-group"', deny(own="*"))),
       ("rule for a user", section(DEFAULT, deny(user="no-such-user"))),
       ("rule for a group", section(DEFAULT, deny(group="no-such-group"))))
@skip_on("dbus-broker", "says nothing of it")
def test_what_is_for_an_unknown_user_or_group_is_ignored_with_a_warning(kind, extra):
    with start_bus(kind, config(extra=extra)) as bus, bus.client() as c:
        expect.equal(c.request_name("a.b"), 1)
        bus.log.wait_for("no-such-")


@requirement("POL-006", "POL-046")
@differs("dbus-daemon", "wants users to have accounts")
def test_a_user_without_account_is_like_any_other(kind):
    text = config(extra=verdicts((DEFAULT, "deny"), (BY_GROUP, "allow")))
    with start_bus(kind, text) as bus, bus.client(uid=64001, gids=[64001, GROUP]) as c, \
            bus.client(uid=64002) as other:
        expect.equal(c.request_name("a.b"), 1)
        with expect.error("AccessDenied"):
            other.request_name("a.b")


# 6.3 What send rules apply to


def owns(*names):
    return lambda pair: [pair.r.request_name(name) for name in names]


def queues(pair):
    """The receiver waits for a name of the sender's."""
    pair.s.request_name("org.example.Taken")
    expect.equal(pair.r.request_name("org.example.Taken"), 2)


SIGNALS = deny(send_type="signal")
SEND = (
    ("type", [deny(send_type="method_call")], {}, False), ("another type", [SIGNALS], {}, True),
    ("any type", [deny(send_type="*", send_interface="a.b")], {}, False),
    ("interface", [deny(send_interface="a.b")], {}, False),
    ("another interface", [deny(send_interface="a.c")], {}, True),
    ("interface, none in the message", [deny(send_interface="a.b")], {"interface": None}, False),
    ("only an interface, none in the message",
     [deny(send_type="method_call"), allow(send_interface="a.b")], {"interface": None}, False),
    ("only an interface", [deny(send_type="method_call"), allow(send_interface="a.b")], {}, True),
    ("member", [deny(send_interface="a.b", send_member="M")], {}, False),
    ("another member", [deny(send_interface="a.b", send_member="N")], {}, True),
    ("member of another interface", [deny(send_interface="a.c", send_member="M")], {}, True),
    ("path", [deny(send_path="/o")], {}, False), ("another path", [deny(send_path="/")], {}, True),
    ("no path at all", [deny(send_path="bad")], {}, True),
    ("capitals", [deny(send_interface="A.B")], {}, True),
    ("spaces", [deny(send_path=" /o ")], {}, True),
    ("any interface", [deny(send_interface="*")], {}, False),
    ("any path and member", [deny(send_path="*", send_member="*")], {}, False),
    ("broadcasts only", [deny(send_broadcast="true")], {}, True),
    ("no broadcasts", [deny(send_broadcast="false", send_interface="a.b")], {}, False),
    ("error", [deny(send_error="a.b", send_type="error")], {}, True),
    ("eavesdrop", [deny(send_interface="a.b", eavesdrop="true")], {}, False),
    ("log", [deny(send_interface="a.b"), allow(send_interface="a.b", log="true")], {}, True),
)


@requirement("POL-009", "POL-021", "POL-024", "POL-026", "POL-028", "POL-029", "POL-030", "POL-037",
             "POL-038", "POL-025")
@differs("dbus-broker", ABSENT, case="interface, none in the message")
@differs("dbus-broker", "ignores rules that eavesdrop", case="eavesdrop")
@differs("dbus-daemon", "forgets the rules before one that limits nothing else; POL-056",
         case="broadcasts only")
@cases(*SEND)
def test_a_send_rule_applies_to_calls_by_their_header(kind, rules, fields, wanted):
    expect.equal(passes(kind, mandatory(*rules), lambda pair: a_call(pair, **fields)), wanted)


DESTINATIONS = (
    ("owned", "send_destination", "org.example.A", owns("org.example.A"), False),
    ("one of two", "send_destination", "org.example.A", owns("org.example.B", "org.example.A"),
     False),
    ("not owned", "send_destination", "org.example.A", owns("org.example.B"), True),
    ("waited for", "send_destination", "org.example.Taken", queues, False),
    ("unique", "send_destination", ":1.1", None, False),
    ("any", "send_destination", "*", None, False),
    ("prefix", "send_destination_prefix", "org.example", owns("org.example.A"), False),
    ("prefix is all", "send_destination_prefix", "org.example.A", owns("org.example.A"), False),
    ("prefix of an element", "send_destination_prefix", "org.exam", owns("org.example.A"), True),
    ("prefix of what is waited for", "send_destination_prefix", "org.example", queues, False),
    ("a star is no prefix", "send_destination_prefix", "*", owns("org.example.A"), True),
)


@requirement("POL-031", "POL-034", "POL-009", "POL-021")
@differs("dbus-broker", "knows no such attribute; DIFF-005",
         case=("prefix of an element", "a star is no prefix"))
@differs("dbus-broker", "counts clients otherwise", case="unique")
@cases(*DESTINATIONS)
def test_a_destination_is_any_name_the_receiver_has(kind, attribute, name, setup, wanted):
    text = mandatory(rule("deny", {attribute: name, "send_interface": "a.b"}))
    expect.equal(passes(kind, text, a_call, setup=setup), wanted)


@requirement("POL-032", "POL-034", "POL-025")
@cases(("name", "send_destination", BUS_NAME, False),
       ("prefix", "send_destination_prefix", "org", False),
       ("prefix is all", "send_destination_prefix", BUS_NAME, False),
       ("another", "send_destination", "org.example.A", True))
def test_for_the_bus_the_destination_is_its_name(kind, attribute, name, wanted):
    text = config(extra=section(MANDATORY, rule("deny", {
        attribute: name, "send_interface": BUS_NAME, "send_member": "ListNames"})))
    with start_bus(kind, text) as bus, bus.client() as c:
        answer = c.ask(driver_call("ListNames"))
        expect.equal(answer.error_name, None if wanted else DENIED)


@requirement("POL-030", "POL-035", "POL-025", "ROUTE-008", "POL-052")
@differs("dbus-broker", "knows no such attribute; DIFF-005", case="destination by prefix")
@cases(("broadcasts", deny(send_broadcast="true", send_interface="a.b"), False),
       ("no broadcasts", deny(send_broadcast="false", send_interface="a.b"), True),
       ("destination", deny(send_destination="org.example.A"), False),
       ("destination by prefix", deny(send_destination_prefix="org.example"), False),
       ("interface", deny(send_interface="a.b"), False), ("path", deny(send_path="/other"), True))
def test_a_broadcast_is_checked_for_each_receiver_and_its_sender_never_told(kind, text, wanted):
    with start_bus(kind, mandatory(text)) as bus, Pair(bus) as pair, bus.client() as plain:
        pair.r.request_name("org.example.A")
        for client in (pair.r, plain):
            client.add_match("interface='a.b'")
        pair.s.drain()
        pair.s.emit("/o", "a.b", "M")
        expect.equal(pair.s.drain(), [])
        expect.equal([x.member for x in pair.r.signals("M")], ["M"] * wanted)
        everyone = "org.example" not in text and not wanted
        expect.equal([x.member for x in plain.signals("M")], [] if everyone else ["M"])


@requirement("POL-036", "POL-011", "POL-020")
@cases(("fewer", "min_fds", 2, 1, True), ("as many", "min_fds", 2, 2, False),
       ("not more", "max_fds", 2, 2, False), ("more", "max_fds", 2, 3, True),
       ("none", "max_fds", 0, 0, False), ("one", "max_fds", 0, 1, True))
def test_a_rule_may_count_descriptors(kind, attribute, limit, count, wanted):
    text = mandatory(rule("deny", {"send_interface": "a.b", attribute: limit}))
    received = mandatory(rule("deny", {"receive_interface": "a.b", attribute: limit}))
    for config_ in (text, received):
        expect.equal(passes(kind, config_, a_call, count), wanted)


@requirement("POL-056")
@differs("dbus-daemon", "forgets the rules before such a one")
@cases(("send fds", deny(send_destination="*", min_fds="2")),
       ("send_broadcast", deny(send_broadcast="true")),
       ("receive fds", deny(receive_sender="*", min_fds="2")))
def test_a_rule_that_applies_to_something_else_leaves_the_earlier_ones_alone(kind, text):
    expect.true(passes(kind, mandatory(text), a_call), "denied")


# Replies

REPLY = 'send_type="method_return"'


def reply_passes(kind, rules, kind_of_reply="return", requested=True):
    """Whether a reply to a call gets through."""
    with start_bus(kind, mandatory(*rules)) as bus, Pair(bus) as pair:
        request = pair.relay(a_call(pair, flags=0))
        if not requested:
            request.serial += 1
        msg = reply(request) if kind_of_reply == "return" else error(request, "org.example.Error")
        pair.r.post(msg)
        pair.r.sync()
        return any(x.sender == pair.r.name for x in pair.s.drain())


@requirement("POL-027", "POL-028", "POL-041", "ROUTE-011")
@differs("dbus-broker", NO_REPLY_RULES, case=(
    "requested denied", "receive requested denied", "absent path", "absent member",
    "absent interface"))
@cases(("requested denied", [deny(REPLY, send_requested_reply="true")], False),
       ("unrequested denied", [deny(REPLY, send_requested_reply="false")], True),
       ("type denied by default for unrequested", [deny(send_type="method_return")], True),
       ("receive requested denied", [deny(receive_type="method_return",
                                          receive_requested_reply="true")], False),
       ("receive unrequested denied", [deny(receive_type="method_return")], True),
       ("absent path", [deny(REPLY, send_path="/o", send_requested_reply="true")], False),
       ("absent member", [deny(REPLY, send_path="*", send_member="M", send_requested_reply="true")],
        False),
       ("absent interface", [deny(REPLY, send_interface="a.b", send_requested_reply="true")],
        False),
       ("error of a return", [deny(send_error="org.example.Error", send_type="error",
                                   send_requested_reply="true")], True))
def test_rules_for_requested_replies(kind, rules, wanted):
    expect.equal(reply_passes(kind, rules), wanted)


@requirement("POL-028", "POL-009", "POL-010", "POL-041")
@differs("dbus-broker", NO_REPLY_RULES, case=("named", "received"))
@cases(("named", deny(send_type="error", send_error="org.example.Error",
                      send_requested_reply="true"), False),
       ("another", deny(send_type="error", send_error="org.example.Other",
                        send_requested_reply="true"), True),
       ("received", deny(receive_type="error", receive_error="org.example.Error",
                         receive_requested_reply="true"), False),
       ("another received", deny(receive_type="error", receive_error="a.b",
                                 receive_requested_reply="true"), True))
def test_rules_for_errors_by_name(kind, text, wanted):
    expect.equal(reply_passes(kind, [text], "error"), wanted)


@requirement("POL-027", "ROUTE-011")
@differs("dbus-daemon", "lets the policy allow it; DIFF-003", case="send and receive")
@cases(("send", [allow(send_type="method_return", send_requested_reply="false")]),
       ("send and receive", [allow(send_type="method_return", send_requested_reply="false"),
                             allow(receive_type="method_return", receive_requested_reply="false")]))
def test_no_rule_lets_a_reply_through_that_was_not_requested(kind, rules):
    text = config(policy=section(DEFAULT, CONNECT, *DRIVER, allow(send_type="method_call"),
                                 allow(receive_type="method_call"), *rules))
    with start_bus(kind, text) as bus, Pair(bus) as pair:
        pair.r.post(build(RETURN, reply_serial=5, destination=pair.s.name))
        pair.r.sync()
        expect.equal([x for x in pair.s.drain() if x.sender == pair.r.name], [])


@requirement("POL-055", "ROUTE-010")
@differs("dbus-broker", NO_REPLY_RULES)
def test_who_may_not_reply_is_told_with_the_serial_of_the_reply(kind):
    rules = deny(send_type="method_return", send_requested_reply="true")
    with start_bus(kind, mandatory(rules)) as bus, Pair(bus) as pair:
        request = pair.relay(a_call(pair, flags=0))
        serial = pair.r.post(reply(request))
        expect.is_error(pair.r.answer_to(serial), "AccessDenied")
        expect.equal([x for x in pair.s.drain() if x.sender == pair.r.name], [])


# 6.4 What receive rules apply to

RECEIVE = (
    ("type", [deny(receive_type="method_call")], {}, False),
    ("another type", [deny(receive_type="signal")], {}, True),
    ("interface", [deny(receive_interface="a.b")], {}, False),
    ("another interface", [deny(receive_interface="a.c")], {}, True),
    ("interface, none in the message", [deny(receive_interface="a.b")], {"interface": None}, False),
    ("only an interface, none in the message",
     [deny(receive_type="method_call"), allow(receive_interface="a.b")], {"interface": None},
     False),
    ("member", [deny(receive_interface="a.b", receive_member="M")], {}, False),
    ("another member", [deny(receive_interface="a.b", receive_member="N")], {}, True),
    ("path", [deny(receive_path="/o")], {}, False),
    ("another path", [deny(receive_path="/")], {}, True),
    ("sender", [deny(receive_sender="org.example.S")], {}, False),
    ("waiting sender", [deny(receive_sender="org.example.Q")], {}, False),
    ("another sender", [deny(receive_sender="org.example.R")], {}, True),
    ("the bus as sender", [deny(receive_sender=BUS_NAME, receive_type="signal")], {}, True),
    ("eavesdropped only", [deny(receive_interface="a.b", eavesdrop="true")], {}, True),
    ("eavesdrop alone", [deny(eavesdrop="true")], {}, True),
    ("not eavesdropped", [deny(receive_interface="a.b", eavesdrop="false")], {}, False),
)


@requirement("POL-010", "POL-022", "POL-039", "POL-040", "POL-041", "POL-042")
@differs("dbus-broker", ABSENT, case="interface, none in the message")
@differs("dbus-daemon", "forgets the rules before one that limits nothing else; POL-056",
         case="eavesdrop alone")
@cases(*RECEIVE)
def test_a_receive_rule_applies_to_calls_by_header_and_sender(kind, rules, fields, wanted):
    def names(pair):
        pair.s.request_name("org.example.S")
        pair.r.request_name("org.example.Q")
        pair.s.request_name("org.example.Q")
    text = mandatory(*rules)
    expect.equal(passes(kind, text, lambda pair: a_call(pair, **fields), setup=names), wanted)


@requirement("POL-039")
@differs("dbus-broker", "delivers what the bus says to one client", case="signal")
@cases(("signal", "NameAcquired", True), ("broadcast", "NameOwnerChanged", True))
def test_messages_of_the_bus_may_be_denied_to_a_receiver(kind, member, denied):
    text = config(extra=section(BY_USER, deny(receive_sender=BUS_NAME, receive_interface=BUS_NAME,
                                              receive_member=member, receive_type="signal")))
    with start_bus(kind, text) as bus, bus.client(uid=USER) as c, bus.client() as root:
        for client, wanted in ((c, not denied), (root, True)):
            client.add_match("arg0='a.b'")
            client.drain()
            client.request_name("a.b")
            client.release_name("a.b")
            expect.equal(member in [x.member for x in client.drain()], wanted)


@requirement("POL-039")
@differs("dbus-broker", "delivers what the bus says to one client")
def test_without_any_receive_rule_even_the_reply_to_hello_is_withheld(kind):
    text = config(policy=section(DEFAULT, CONNECT, allow(send_destination=BUS_NAME))
                  + section('user="root"', allow(receive_sender=BUS_NAME)))
    with start_bus(kind, text) as bus, bus.client() as judge:
        judge.add_match("member='NameOwnerChanged'")
        with bus.client(uid=USER, stage="auth") as c:
            c.post(driver_call("Hello"))
            judge.next_signal("NameOwnerChanged")
            judge.sync()
            expect.true(not c.readable_now(), "something came")


@requirement("POL-040", "MATCH-025")
@skip_on("dbus-broker", "knows no eavesdropping; DIFF-001")
@cases(("allowed", "", ["M", "N"]), ("one denied", deny(receive_member="M", receive_interface="a.b",
                                                        eavesdrop="true"), ["N"]),
       ("all denied", deny(receive_interface="a.b", eavesdrop="true"), []),
       ("allowed to the addressed", allow(receive_interface="a.b"), ["M", "N"]))
def test_eavesdropping_may_be_denied_alone(kind, text, wanted):
    text = config(extra=section(DEFAULT, allow(eavesdrop="true"), text))
    with start_bus(kind, text) as bus, Pair(bus) as pair, bus.client() as ear:
        ear.add_match("eavesdrop='true'")
        for member in "MN":
            pair.s.post(a_call(pair, member=member))
        pair.s.sync()
        expect.equal([x.member for x in ear.drain() if x.sender == pair.s.name
                      and x.destination != BUS_NAME], wanted)
        expect.equal([x.member for x in pair.r.drain() if x.sender == pair.s.name], ["M", "N"])


# 6.6 What a refusal says


@requirement("POL-051", "POL-043", "POL-050")
@differs("dbus-daemon", "tells the message, not the rule")
@differs("dbus-broker", "has short fixed texts")
@cases(("send", 1, lambda pair: a_call(pair, interface="org.example.S", flags=0)),
       ("receive", 2, lambda pair: a_call(pair, interface="org.example.R", flags=0)),
       ("both", 4, lambda pair: a_call(pair, interface="org.example.B", flags=0)),
       ("the bus", 5, lambda pair: driver_call("ListNames")),
       ("own", 6, lambda pair: driver_call("RequestName", "su", ["org.example.N", 0])))
def test_a_refusal_names_the_place_of_the_rule(kind, line, make):
    text = config(extra=section(
        MANDATORY, deny(send_interface="org.example.S"), deny(receive_interface="org.example.R"),
        deny(receive_interface="org.example.B"), deny(send_interface="org.example.B"),
        deny(send_interface=BUS_NAME, send_member="ListNames"), deny(own="org.example.N")))
    first = text[:text.index("org.example.S")].count("\n") + 1
    with start_bus(kind, text) as bus, Pair(bus) as pair:
        with expect.error("AccessDenied", f"bus.conf:{first + line - 1}"):
            result(pair.s.ask(make(pair)))


@requirement("POL-051")
@differs("dbus-broker", "has short fixed texts")
def test_a_refusal_names_the_message_and_both_sides(kind):
    with start_bus(kind, mandatory(deny(send_interface="org.example.S"))) as bus, Pair(bus) as pair:
        with expect.error("AccessDenied"):
            pair.s.call(pair.r.name, "/", "org.example.S", "Refused")
        answer = pair.s.ask(call(pair.r.name, "/", "org.example.S", "Refused"))
        for part in ("org.example.S", "Refused", pair.s.name, pair.r.name):
            expect.contains(answer.args[0], part)


@requirement("POL-053")
@cases(("send", "org.example.S"), ("receive", "org.example.R"))
def test_a_refusal_to_an_addressed_receiver_is_logged(kind, interface):
    text = mandatory(deny(send_interface="org.example.S"), deny(receive_interface="org.example.R"))
    with start_bus(kind, text) as bus, Pair(bus) as pair:
        with expect.error("AccessDenied"):
            pair.s.call(pair.r.name, "/", interface, "Refused")
        bus.log.wait_for(interface)


@requirement("POL-038")
@skip_on("dbus-broker", "ignores the attribute; POL-038")
def test_an_allowing_rule_may_log(kind):
    text = mandatory(allow(send_interface="org.example.Logged", log="true"))
    with start_bus(kind, text) as bus, Pair(bus) as pair:
        expect.true(pair.relay(a_call(pair, interface="org.example.Logged")), "not delivered")
        bus.log.wait_for("org.example.Logged")


@requirement("POL-054", "LIM-003")
def test_one_message_may_be_larger_than_the_queue_of_its_receiver(kind):
    with start_bus(kind, config(policy=OPEN, limits={"max_outgoing_bytes": 2000})) as bus:
        with Pair(bus) as pair:
            expect.true(pair.relay(pair.signal("ay", [bytes(100000)])), "not delivered")
