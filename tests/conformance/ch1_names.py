# SPDX-License-Identifier: MIT
"""Sections 1.5 and 1.6: the grammars of names, and the names of errors."""

from tests.lib import expect
from tests.lib.buses import start_bus
from tests.lib.pair import Pair
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement

LONG = "a." + "b" * 253  # 255 bytes
INTERFACES = (("two elements", "a.b"), ("many", "org.example.A1.b_2._"), ("255 bytes", LONG),
              ("capitals", "A.B"), ("underscores", "_._"))
NOT_INTERFACES = (("one element", "a"), ("empty", ""), ("dot first", ".a.b"), ("dot last", "a.b."),
                  ("two dots", "a..b"), ("dot", "."), ("hyphen", "a.b-c"), ("digit first", "a.1b"),
                  ("digit first of all", "1a.b"), ("colon", ":a.b"), ("blank", "a.b c"),
                  ("slash", "a/b.c"),
                  ("not ASCII", "a.\u00e4"), ("256 bytes", LONG + "c"))
MEMBERS = (("one letter", "a"), ("underscore", "_"), ("digits", "A1_2"), ("255 bytes", "m" * 255))
NOT_MEMBERS = (("empty", ""), ("dot", "a.b"), ("digit first", "1a"), ("hyphen", "a-b"),
               ("blank", "a b"),
               ("not ASCII", "\u00e4"), ("256 bytes", "m" * 256))
BUS_NAMES = (("two elements", "org.example"), ("hyphens", "-.-a-"), ("digits inside", "a1.b2"),
             ("underscores", "_._"), ("255 bytes", LONG))
NOT_BUS_NAMES = (("one element", "example"), ("empty", ""), ("dot first", ".org.example"),
                 ("dot last", "org.example."), ("two dots", "org..example"),
                 ("digit first", "org.1ex"),
                 ("digit first of all", "1.example"), ("slash", "org/ex.a"),
                 ("colon inside", "org.ex:a"),
                 ("not ASCII", "org.\u00e4"), ("256 bytes", LONG + "c"))
UNIQUE = (("of a bus", ":1.42"), ("letters", ":a.b"), ("hyphens", ":-.-"),
          ("many elements", ":1.2.3.4"))
NOT_UNIQUE = (("dot last", ":1."), ("two dots", ":1..2"), ("bad character", ":1.$"),
              ("second colon", "::1.1"),
              ("256 bytes", ":1." + "1" * 253))


@requirement("NAME-001", "NAME-002")
@cases(*INTERFACES)
def test_a_valid_interface_passes(bus, name):
    with Pair(bus) as pair:
        expect.equal(pair.passes(pair.signal(interface=name)).interface, name)


@requirement("NAME-001", "NAME-002")
@cases(*NOT_INTERFACES)
def test_an_invalid_interface_disconnects(bus, name):
    with Pair(bus) as pair:
        pair.is_fatal(pair.signal(interface=name))


@requirement("NAME-001", "NAME-003")
@cases(*INTERFACES)
def test_a_valid_error_name_passes(bus, name):
    with Pair(bus) as pair:
        request = pair.relay(call(pair.r.name, "/", None, "M"))
        pair.r.post(error(request, name, "text"))
        expect.equal(pair.s.reply_to(request.serial).error_name, name)


@requirement("NAME-001", "NAME-003")
@cases(*NOT_INTERFACES)
def test_an_invalid_error_name_disconnects(bus, name):
    with Pair(bus) as pair:
        pair.is_fatal(build(ERROR, error_name=name, reply_serial=1, destination=pair.r.name))


@requirement("NAME-001", "NAME-004")
@cases(*MEMBERS)
def test_a_valid_member_passes(bus, name):
    with Pair(bus) as pair:
        expect.equal(pair.passes(pair.signal(member=name)).member, name)


@requirement("NAME-001", "NAME-004")
@cases(*NOT_MEMBERS)
def test_an_invalid_member_disconnects(bus, name):
    with Pair(bus) as pair:
        pair.is_fatal(pair.signal(member=name))


@requirement("NAME-001", "NAME-005")
@cases(*BUS_NAMES)
def test_a_valid_bus_name_can_be_owned_and_addressed(bus, name):
    with Pair(bus) as pair:
        expect.equal(pair.r.request_name(name), 1)
        expect.equal(pair.passes(pair.signal(destination=name)).destination, name)


@requirement("NAME-001", "NAME-005", "BUS-019")
@cases(*NOT_BUS_NAMES)
def test_an_invalid_bus_name_cannot_be_requested_and_disconnects_in_a_header(bus, name):
    with Pair(bus) as pair:
        with expect.error("InvalidArgs"):
            pair.r.request_name(name)
        pair.is_fatal(pair.signal(destination=name))
    with Pair(bus) as pair:
        pair.is_fatal(pair.signal(sender=name))


@requirement("NAME-006")
@cases(*UNIQUE)
def test_a_valid_unique_name_may_be_addressed(bus, name):
    with Client(bus.address) as c:
        with expect.error("ServiceUnknown"):
            c.call(name, "/", None, "M")


@requirement("NAME-006")
@cases(*NOT_UNIQUE)
def test_an_invalid_unique_name_disconnects(bus, name):
    with Pair(bus) as pair:
        pair.is_fatal(pair.signal(destination=name))


@requirement("NAME-006")
@cases(("colon alone", ":"), ("no dot", ":1"), ("dot first", ":.1"))
@differs("dbus-daemon", "accepts these")
def test_a_unique_name_has_two_elements(bus, name):
    with Pair(bus) as pair:
        pair.is_fatal(pair.signal(destination=name))


@requirement("NAME-008", "MATCH-015")
@cases(("one element", "com"), ("two", "com.example"), ("hyphen", "a-b"))
def test_a_namespace_may_have_one_element(bus, name):
    with Client(bus.address) as c:
        c.add_match(f"arg0namespace='{name}'")


@requirement("NAME-008", "MATCH-015")
@cases(("empty", ""), ("dot last", "com."), ("dot first", ".com"), ("digit first", "1com"),
       ("slash", "a/b"))
def test_an_invalid_namespace_makes_no_match_rule(bus, name):
    with Client(bus.address) as c:
        with expect.error("MatchRuleInvalid"):
            c.add_match(f"arg0namespace='{name}'")


@requirement("NAME-009")
def test_nobody_requests_or_releases_the_name_of_the_bus(bus):
    with Client(bus.address) as c:
        with expect.error("InvalidArgs"):
            c.request_name("org.freedesktop.DBus")
        with expect.error("InvalidArgs"):
            c.release_name("org.freedesktop.DBus")


@requirement("NAME-010")
def test_names_below_that_of_the_bus_are_ordinary(bus):
    with Pair(bus) as pair:
        expect.equal(pair.r.request_name("org.freedesktop.DBus.Example"), 1)
        pair.passes(pair.signal(interface="org.freedesktop.DBus.Example",
                                path="/org/freedesktop/DBus",
                                destination="org.freedesktop.DBus.Example"))


@requirement("NAME-011", "NAME-012", "DRV-018")
def test_the_ids_of_a_bus_are_32_lower_case_hex_digits_and_of_no_other_bus(kind):
    seen = set()
    for _ in range(2):
        with start_bus(kind) as bus, Client(bus.address) as c:
            for text in (c.guid, c.bus("GetId")):
                expect.true(len(text) == 32 and set(text) <= set("0123456789abcdef"),
                            f"id is {text!r}")
                expect.true(text != "0" * 32, "id is nil")
            expect.true(not seen & {c.guid, c.bus("GetId")}, "an id came twice")
            seen |= {c.guid, c.bus("GetId")}


DRIVER_ERRORS = (
    ("ServiceUnknown", "StartServiceByName", "su", ("a.b", 0)),
    ("NameHasNoOwner", "GetNameOwner", "s", ("a.b",)),
    ("InvalidArgs", "RequestName", "su", ("bad", 0)), ("InvalidArgs", "GetNameOwner", "u", (1,)),
    ("UnknownMethod", "Nonsense", "", ()), ("MatchRuleInvalid", "AddMatch", "s", ("nonsense",)),
    ("MatchRuleNotFound", "RemoveMatch", "s", ("member='X'",)), ("Failed", "Hello", "", ()),
    ("AdtAuditDataUnknown", "GetAdtAuditSessionData", "s", ("org.freedesktop.DBus",)),
)


@requirement("ERR-001", "ERR-003", "ERR-004")
@cases(*((f"{error} from {member}", error, member, signature, args)
         for error, member, signature, args in DRIVER_ERRORS))
def test_an_error_of_the_bus_has_its_name_and_a_text(bus, name, member, signature, args):
    with Client(bus.address) as c:
        got = c.ask_driver(driver_call(member, signature, args))
        expect.is_error(got, name)
        expect.equal(got.signature, "s")
        expect.true(got.args[0], "the text is empty")


@requirement("ERR-004")
@cases(("no argument", "", ()), ("a number", "u", (1,)), ("a path first", "os", ("/", "s")))
def test_an_error_need_not_begin_with_a_text(bus, signature, args):
    with Pair(bus) as pair:
        request = pair.relay(call(pair.r.name, "/", None, "M"))
        pair.r.post(build(ERROR, signature, args, error_name="a.b", reply_serial=request.serial,
                          destination=pair.s.name))
        expect.equal(pair.s.reply_to(request.serial).args, list(args))
