# SPDX-License-Identifier: MIT
"""Chapter 5: match rules, what they may say and which messages they select."""

from tests.lib import expect
from tests.lib.buses import OPEN, config, start_bus
from tests.lib.pair import Pair
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement, skip_on

NO_EAVESDROPPING = "knows no eavesdropping; DIFF-001"


def plain(signature="", args=(), **more):
    """A broadcast."""
    fields = {"path": "/a/b", "interface": "a.b", "member": "M", **more}
    return signal(signature=signature, args=args, **fields)


class Rules(Pair):
    """A sender and a receiver whose rules are tried."""

    def matches(self, rule, msg):
        """Whether a broadcast arrives by this rule alone; the rule is gone afterwards."""
        self.r.add_match(rule)
        msg.serial = 0
        self.s.post(msg)
        self.s.sync()
        got = [x for x in self.r.drain() if x.sender == self.s.name]
        expect.true(len(got) < 2, f"delivered {len(got)} times")
        self.r.remove_match(rule)
        return bool(got)

    def same(self, rule, other):
        """Both texts mean one rule: what one adds the other removes."""
        for added, removed in ((rule, other), (other, rule)):
            self.r.add_match(added)
            self.r.remove_match(removed)


def many(*rules):
    """Cases named by themselves."""
    return cases(*((repr(rule)[:60], rule) for rule in rules))


# Grammar


@requirement("MATCH-001", "MATCH-002", "MATCH-003", "MATCH-004", "MATCH-006")
@differs("dbus-broker", "takes '/' for the root alone", case=repr("path_namespace='/'"))
@many("", "type='signal'", "type=signal", "type=sig'nal'", "type='sig'nal,member=M", " type=signal",
      "\t\r\n type='signal',  member='M'", "type='signal',", "type='signal', ",
      "type='signal',\t\r\n", "type ='signal'", "type\t =signal", "member=''M''",
      "path='/a/b',interface=a.b",
      "type='signal',interface='a.b',member='M',path='/a/b'", "path_namespace='/'")
def test_a_rule_may_be_written_like_this(bus, rule):
    with Rules(bus) as pair:
        expect.true(pair.matches(rule, plain()), "does not match")


BAD = ("type='signal", "type='signal',member='M", "type", "type='signal',member", "nonsense='x'",
       "Type='signal'", "type='signal',type='signal'", "member=A,member=A", "sender=a.b,sender=a.b",
       "path=/a,path=/a", "arg0=a,arg0=a", ",", ",type='signal'", "type='signal',,member='M'",
       "type='signal',,", "type='signal' ,member='M'", "type= 'signal'", "type='signal';member='M'")
BAD_VALUES = ("type=''", "type='Signal'", "type='nonsense'", "type='1'", "sender=''", "sender='a'",
              "sender='a..b'", "sender=':'", "sender='/a'", "interface='a'", "interface=''",
              "interface='a.1'", "member='a.b'", "member=''", "member='1'", "member='a-b'",
              "path=''", "path='a'", "path='/a/'", "path='//'", "destination='a'", "destination=''",
              "path_namespace=''", "path_namespace='/a/'", "path_namespace='a'", "eavesdrop=''",
              "eavesdrop='yes'", "eavesdrop='TRUE'", "eavesdrop='1'",
              "path='/a',path_namespace='/a'", "path_namespace='/a',path='/a'",
              "path_namespace='/',path_namespace='/'")
BAD_ARGUMENTS = ("arg='x'", "argx='x'", "arg-1='x'", "arg64='x'", "arg100='x'", "arg4294967296='x'",
                 "arg0x='x'", "arg 0='x'", "arg0foo='x'", "argpath='x'", "arg64path='/'",
                 "arg1namespace='a.b'", "arg63namespace='a.b'", "arg0Namespace='a'",
                 "arg0namespace=''", "arg0namespace='.a'", "arg0namespace='a.'",
                 "arg0namespace='a..b'", "arg0namespace='a b'", "arg0='a',arg0path='/a'",
                 "arg0path='/a',arg0='a'", "arg0='a',arg0namespace='a'",
                 "arg0path='/a',arg0namespace='a'", "arg5='a',arg5='b'", "arg5path='/',arg5='/'")


@requirement("MATCH-005", "MATCH-006", "MATCH-002", "MATCH-010", "MATCH-011", "MATCH-012",
             "MATCH-013", "MATCH-014", "MATCH-015", "MATCH-016", "MATCH-017", "MATCH-028")
@differs("dbus-daemon", "takes a colon for a name", case=repr("sender=':'"))
@differs("dbus-broker", "takes it for argument 0", case=(repr("arg='x'"), repr("argpath='x'")))
@many(*BAD, *BAD_VALUES, *BAD_ARGUMENTS)
def test_a_rule_that_is_wrong_is_refused(bus, rule):
    with Client(bus.address) as c:
        for member in ("AddMatch", "RemoveMatch"):
            with expect.error("MatchRuleInvalid"):
                c.bus(member, "s", rule)


@requirement("MATCH-009", "MATCH-005")
@differs("dbus-daemon", "ends parsing at an empty key")
@differs("dbus-broker", "takes an empty key without value", case=repr("="))
@many("='x'", "type='signal',='x'", "=", "='x',member='N'")
def test_an_empty_key_is_refused(bus, rule):
    with Client(bus.address) as c:
        with expect.error("MatchRuleInvalid"):
            c.add_match(rule)


@requirement("MATCH-003", "MATCH-004", "MATCH-028")
@cases(("quoting", "type='signal',member='M'", "type=signal,member=M"),
       ("order", "type='signal',member='M'", "member='M',type='signal'"),
       ("white space", "type='signal',member='M'", " type\t='signal', member =M,"),
       ("pieces", "arg0='abc'", "arg0=a'b'c"), ("quote as text", "arg0='a'\\''b'", "arg0=a\\'b"),
       ("backslash in quotes", "arg0='a\\b'", "arg0=a\\b"),
       ("backslash at the end of quotes", "arg0='a\\'", "arg0=a\\"),
       ("two backslashes", "arg0='a\\\\b'", "arg0=a\\\\b"),
       ("empty", "arg0=''", "arg0="), ("number of an argument", "arg3path='/'", "arg3path=/"))
def test_rules_that_mean_the_same_are_equal(bus, one, other):
    with Rules(bus) as pair:
        pair.same(one, other)


@requirement("MATCH-003", "MATCH-004", "MATCH-002")
@cases(("comma", "arg0='a,b'", "a,b"), ("quote", "arg0='a'\\''b'", "a'b"),
       ("only a quote", "arg0=\\'", "'"),
       ("backslash in quotes", "arg0='a\\b'", "a\\b"), ("backslash", "arg0=a\\b", "a\\b"),
       ("space within", "arg0= a b ", " a b "), ("space after quotes", "arg0='a' ", "a "),
       ("equals sign", "arg0=a=b", "a=b"), ("UTF-8", "arg0='\u00e4\u20ac'", "\u00e4\u20ac"),
       ("line feed", "arg0='\n'", "\n"), ("empty", "arg0=''", ""), ("empty, unquoted", "arg0=", ""))
def test_a_value_is_taken_literally(bus, rule, value):
    with Rules(bus) as pair:
        expect.true(pair.matches(rule, plain("s", [value])), "does not match its value")
        expect.true(not pair.matches(rule, plain("s", [value + "x"])), "matches another value")


@requirement("MATCH-007")
@differs("dbus-broker", "says MatchRuleInvalid; DIFF-028", case=("1025", "4096"))
@cases(("1024", 1024, None), ("1025", 1025, "LimitsExceeded"), ("4096", 4096, "LimitsExceeded"))
def test_a_rule_may_have_1024_bytes(bus, size, wanted):
    rule = "arg0='" + "x" * (size - 7) + "'"
    with Client(bus.address) as c:
        if wanted is None:
            c.add_match(rule)
            return
        with expect.error(wanted):
            c.add_match(rule)


@requirement("MATCH-008")
@differs("dbus-daemon", "ignores all but 16 keys")
def test_all_keys_of_a_long_rule_count(bus):
    rule = ",".join(f"arg{i}=x" for i in range(64))
    with Rules(bus) as pair:
        expect.true(pair.matches(rule, plain("s" * 64, ["x"] * 64)), "does not match")
        for wrong in (0, 15, 16, 40, 63):
            args = ["y" if i == wrong else "x" for i in range(64)]
            expect.true(not pair.matches(rule, plain("s" * 64, args)), f"ignores arg{wrong}")


@requirement("MATCH-018")
@many("arg01='x'", "arg001='x'", "arg00000000000000000001='x'")
def test_a_leading_zero_is_refused_or_changes_nothing(bus, rule):
    with Rules(bus) as pair:
        try:
            pair.r.add_match(rule)
        except BusError as e:
            expect.equal(e.name, "org.freedesktop.DBus.Error.MatchRuleInvalid")
            return
        pair.r.remove_match("arg1='x'")


@requirement("MATCH-017")
@differs("dbus-broker", NO_EAVESDROPPING)
@many("eavesdrop='false'", "eavesdrop=true,eavesdrop=true,eavesdrop=false",
      "eavesdrop='false',eavesdrop='false'")
def test_eavesdrop_may_be_false_and_repeat(bus, rule):
    with Client(bus.address, uid=65534) as c:
        c.add_match(rule)
        c.remove_match(rule)


@requirement("MATCH-025", "MATCH-017")
@differs("dbus-broker", "says MatchRuleInvalid; DIFF-001")
@many("eavesdrop='true'", "eavesdrop=false,type='signal',eavesdrop=true")
def test_eavesdropping_is_for_the_privileged(bus, rule):
    with Client(bus.address, uid=65534) as c, expect.error("AccessDenied"):
        c.add_match(rule)


# Keys


@requirement("MATCH-010", "MATCH-011", "MATCH-012", "MATCH-019")
@differs("dbus-broker", "takes '/' for the root alone", case="root")
@cases(("type", "type='signal'", True), ("another type", "type='method_call'", False),
       ("error", "type='error'", False), ("return", "type='method_return'", False),
       ("interface", "interface='a.b'", True), ("another interface", "interface='a.c'", False),
       ("interface below", "interface='a.b.c'", False), ("member", "member='M'", True),
       ("another member", "member='m'", False), ("path", "path='/a/b'", True),
       ("path above", "path='/a'", False), ("path below", "path='/a/b/c'", False),
       ("namespace is the path", "path_namespace='/a/b'", True),
       ("above", "path_namespace='/a'", True),
       ("root", "path_namespace='/'", True), ("namespace below", "path_namespace='/a/b/c'", False),
       ("namespace beside", "path_namespace='/a/bc'", False),
       ("all of them", "type=signal,interface=a.b,member=M,path=/a/b", True),
       ("one of them is wrong", "type=signal,interface=a.b,member=N,path=/a/b", False))
def test_conditions_on_the_header(bus, rule, wanted):
    with Rules(bus) as pair:
        expect.equal(pair.matches(rule, plain()), wanted)


@requirement("MATCH-012")
def test_a_path_namespace_ends_at_an_element(bus):
    with Rules(bus) as pair:
        for path, wanted in (("/a", True), ("/a/b", True), ("/a/b/c", True), ("/ab", False),
                             ("/", False)):
            expect.equal(pair.matches("path_namespace='/a'", plain(path=path)), wanted, path)
        expect.true(pair.matches("path_namespace='/'", plain(path="/")), "the root")


@requirement("MATCH-013", "MATCH-019", "MATCH-026")
@cases(("equal", "arg0='x'", "s", ["x"], True), ("prefix", "arg0='x'", "s", ["xy"], False),
       ("empty", "arg0=''", "s", [""], True), ("empty is not absent", "arg0=''", "", [], False),
       ("too few", "arg1='x'", "s", ["x"], False), ("second", "arg1='x'", "us", [7, "x"], True),
       ("path", "arg0='/x'", "o", ["/x"], False), ("signature", "arg0='s'", "g", ["s"], False),
       ("number", "arg0='1'", "u", [1], False), ("in an array", "arg0='x'", "as", [["x"]], False),
       ("in a struct", "arg0='x'", "(s)", [("x",)], False),
       ("in a variant", "arg0='x'", "v", [Variant("s", "x")], False),
       ("in a dictionary", "arg0='x'", "a{ss}", [{"x": "x"}], False),
       ("behind containers", "arg5='x'", "ya{sv}v(yt)aats",
        [1, {"k": Variant("d", 1.5)}, Variant("as", ["q"]), (1, 2), [[1], []], "x"], True),
       ("last", "arg63='x'", "y" * 63 + "s", [0] * 63 + ["x"], True),
       ("beyond", "arg63='x'", "y" * 64 + "s", [0] * 64 + ["x"], False),
       ("two", "arg0='x',arg2='z'", "sss", ["x", "y", "z"], True),
       ("two, one wrong", "arg0='x',arg2='y'", "sss", ["x", "y", "z"], False))
@differs("dbus-broker", "looks no further than the first argument that is no string",
         case=("second", "behind containers", "last"))
def test_an_argument_is_compared_if_it_is_a_string_at_top_level(bus, rule, signature, args, wanted):
    with Rules(bus) as pair:
        for little in (True, False):
            expect.equal(pair.matches(rule, plain(signature, args, little=little)), wanted,
                         f"little endian: {little}")


@requirement("MATCH-014")
@cases(("equal", "/a/b", "s", "/a/b", True), ("object path", "/a/b", "o", "/a/b", True),
       ("below", "/a/", "s", "/a/b/c", True), ("object path below", "/a/", "o", "/a/b", True),
       ("the directory", "/a/", "s", "/a/", True), ("without its slash", "/a/", "s", "/a", False),
       ("no slash in the rule", "/a", "s", "/a/b", False), ("above", "/a/b", "s", "/a/", True),
       ("above, a path", "/a/b", "o", "/a", False), ("root", "/a/b", "s", "/", True),
       ("root, a path", "/a/b", "o", "/", True), ("beside", "/a/", "s", "/ab", False),
       ("root in the rule", "/", "o", "/a/b", True), ("no path", "x/", "s", "x/y", True),
       ("empty", "", "s", "", True),
       ("number", "/", "u", 1, False), ("signature", "/", "g", "s", False))
@differs("dbus-broker", "looks below only", case=("above", "root", "root, a path"))
@differs("dbus-broker", "looks no further than the first argument that is no string", case="empty")
def test_an_argument_path_matches_if_either_is_below_the_other(bus, value, signature, arg, wanted):
    with Rules(bus) as pair:
        for rule, msg in ((f"arg0path='{value}'", plain(signature, [arg])),
                          (f"arg2path='{value}'", plain("ay" + "u" + signature, [b"x", 1, arg]))):
            expect.equal(pair.matches(rule, msg), wanted)


@requirement("MATCH-015")
@cases(("equal", "a.b", "s", "a.b", True), ("below", "a.b", "s", "a.b.c.d", True),
       ("beside", "a.b", "s", "a.bc", False), ("above", "a.b", "s", "a", False),
       ("one element", "a", "s", "a.b", True), ("one element, equal", "a", "s", "a", True),
       ("dot only", "a.b", "s", "a.b.", True), ("path", "a", "o", "/a", False),
       ("dashes", "a-b", "s", "a-b.c", True))
def test_an_argument_namespace_is_a_name_and_all_below_it(bus, value, signature, arg, wanted):
    with Rules(bus) as pair:
        expect.equal(pair.matches(f"arg0namespace='{value}'", plain(signature, [arg])), wanted)


# Senders and destinations


@requirement("MATCH-020", "MATCH-019")
def test_a_sender_is_the_unique_name_or_what_it_owns_first(bus):
    with Rules(bus) as pair, Client(bus.address) as owner:
        owner.request_name("org.example.First")
        pair.s.request_name("org.example.First")
        pair.s.request_name("org.example.Own")
        for sender, wanted in ((pair.s.name, True), ("org.example.Own", True), (pair.r.name, False),
                               ("org.example.First", False), ("org.example", False),
                               (BUS_NAME, False)):
            expect.equal(pair.matches(f"sender='{sender}'", plain()), wanted, sender)


@requirement("MATCH-021", "MATCH-020", "MATCH-032")
def test_a_sender_rule_follows_the_name(bus):
    with Rules(bus) as pair, Client(bus.address) as other:
        pair.r.add_match("sender='org.example.Later',member='M'")
        pair.s.post(plain("s", ["unowned"]))
        pair.s.request_name("org.example.Later")
        pair.s.post(plain("s", ["owned"]))
        pair.s.release_name("org.example.Later")
        pair.s.post(plain("s", ["released"]))
        other.request_name("org.example.Later")
        pair.s.post(plain("s", ["another's"]))
        other.post(plain("s", ["the other"]))
        pair.s.sync()
        other.sync()
        expect.equal([x.args[0] for x in pair.r.signals("M")], ["owned", "the other"])


@requirement("MATCH-020")
def test_the_bus_is_a_sender(bus):
    with Rules(bus) as pair:
        pair.r.add_match("sender='org.freedesktop.DBus',arg0='org.example.Signals'")
        pair.s.request_name("org.example.Signals")
        pair.s.emit("/", BUS_NAME, "NameOwnerChanged", "sss", "org.example.Signals", "", "forged")
        pair.s.sync()
        expect.equal([(x.sender, x.args) for x in pair.r.signals()],
                     [(BUS_NAME, ["org.example.Signals", "", pair.s.name])])


@requirement("MATCH-023", "MATCH-019")
@differs("dbus-broker", "ignores destinations; DIFF-028")
def test_a_broadcast_has_no_destination_to_match(bus):
    with Rules(bus) as pair:
        expect.true(not pair.matches(f"destination='{pair.r.name}'", plain()), "it matches")
        expect.true(not pair.matches("destination='org.example.Nobody'", plain()), "it matches")


@requirement("MATCH-022")
@many("", "type='signal'", "member='M'", "destination='{other}'", "sender='{sender}'")
def test_no_rule_yields_a_copy_of_what_is_addressed_to_another(bus, rule):
    with Rules(bus) as pair, Client(bus.address) as other:
        pair.r.add_match(rule.format(other=other.name, sender=pair.s.name))
        pair.s.post(plain(destination=other.name))
        pair.s.post(call(other.name, "/a/b", "a.b", "M", serial=900))
        other.reply(other.next_call())
        pair.s.reply_to(900)
        expect.equal([x for x in pair.r.drain() if x.sender != BUS_NAME], [])


EAVESDROPPERS = config(policy="""<policy context="default"><allow user="*"/><allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/></policy>""")


@requirement("MATCH-025", "MATCH-023", "POL-040", "ROUTE-001")
@skip_on("dbus-broker", NO_EAVESDROPPING)
@cases(("all", "eavesdrop='true'", "call return signal"), ("false", "eavesdrop='false'", ""),
       ("type", "eavesdrop=true,type=method_return", "return"),
       ("destination", "eavesdrop=true,destination={other},member=M", "call signal"),
       ("well-known destination", "eavesdrop=true,destination=a.b", "call signal"),
       ("sender", "eavesdrop=true,sender={other}", "return"),
       ("last counts", "eavesdrop=true,eavesdrop=false", ""))
def test_an_eavesdropper_gets_what_its_rule_selects(kind, rule, wanted):
    with start_bus(kind, EAVESDROPPERS) as bus, Rules(bus) as pair, bus.client() as other:
        other.request_name("a.b")
        pair.r.add_match(rule.format(other=other.name))
        pair.r.add_match(rule.format(other=other.name))
        pair.s.post(call("a.b", "/a/b", "a.b", "M", serial=900))
        other.reply(other.next_call())
        pair.s.reply_to(900)
        pair.s.post(plain(destination=other.name))
        pair.s.sync()
        names = {CALL: "call", RETURN: "return", SIGNAL: "signal"}
        got = [x for x in pair.r.drain() if BUS_NAME not in (x.sender, x.destination)]
        expect.equal(" ".join(names[x.type] for x in got), wanted)


@requirement("MATCH-025", "POL-040")
@skip_on("dbus-broker", NO_EAVESDROPPING)
def test_eavesdropping_needs_a_policy_that_allows_it_and_broadcasts_do_not(kind):
    with start_bus(kind, config(policy=OPEN)) as bus, Rules(bus) as pair, bus.client() as other:
        pair.r.add_match("eavesdrop='true'")
        pair.s.post(plain(destination=other.name))
        pair.s.post(plain(member="Broadcast"))
        pair.s.sync()
        expect.equal([x.member for x in pair.r.drain() if x.sender == pair.s.name], ["Broadcast"])
        expect.equal([x.member for x in other.drain() if x.sender == pair.s.name], ["M"])


# Adding and removing


@requirement("MATCH-024", "MATCH-027", "MATCH-028")
def test_a_rule_added_twice_delivers_once_and_must_be_removed_twice(bus):
    with Rules(bus) as pair:
        def arrives():
            pair.s.post(plain())
            pair.s.sync()
            return len(pair.r.signals("M"))
        pair.r.add_match("member='M'")
        pair.r.add_match("member=M")
        expect.equal(arrives(), 1)
        pair.r.remove_match("member='M'")
        expect.equal(arrives(), 1)
        pair.r.remove_match("member='M'")
        expect.equal(arrives(), 0)
        with expect.error("MatchRuleNotFound"):
            pair.r.remove_match("member='M'")


@requirement("MATCH-028")
@cases(("never added", "member='M'", "member='N'"), ("wider", "member='M'", ""),
       ("narrower", "", "member='M'"),
       ("a condition less", "type='signal',member='M'", "member='M'"),
       ("path for namespace", "path='/a'", "path_namespace='/a'"),
       ("argument for path", "arg0='/a'", "arg0path='/a'"),
       ("another argument", "arg1='a'", "arg2='a'"))
def test_only_an_equal_rule_is_removed(bus, added, removed):
    with Client(bus.address) as c:
        c.add_match(added)
        with expect.error("MatchRuleNotFound"):
            c.remove_match(removed)
        c.remove_match(added)


@requirement("MATCH-028", "MATCH-030")
def test_rules_belong_to_their_connection(bus):
    with Client(bus.address) as c:
        with Client(bus.address) as other:
            other.add_match("member='Theirs'")
            with expect.error("MatchRuleNotFound"):
                c.remove_match("member='Theirs'")
        c.sync()
        with expect.error("MatchRuleNotFound"):
            c.remove_match("member='Theirs'")


@requirement("MATCH-030")
@differs("dbus-broker", "keeps them; DIFF-029", case=("sender", "destination", "no rules"))
@differs("dbus-daemon", "keeps them if the leaving one had no rules itself", case="no rules")
@cases(("sender", "sender='{gone}',member='M'", True, "MatchRuleNotFound"),
       ("destination", "destination='{gone}'", True, "MatchRuleNotFound"),
       ("no rules", "sender='{gone}'", False, "MatchRuleNotFound"),
       ("argument", "arg0='{gone}'", True, None))
def test_rules_that_name_a_unique_name_vanish_with_it(bus, rule, has_rules, wanted):
    with Client(bus.address) as c:
        with Client(bus.address) as gone:
            if has_rules:
                gone.add_match("member='Any'")
            rule = rule.format(gone=gone.name)
            c.add_match(rule)
            c.add_match(f"member='NameOwnerChanged',arg0='{gone.name}'")
        c.next_signal("NameOwnerChanged")
        if wanted is None:
            c.remove_match(rule)
            return
        with expect.error(wanted):
            c.remove_match(rule)


@requirement("MATCH-031")
def test_a_rule_counts_from_its_reply_on(bus):
    with Rules(bus) as pair:
        for i in range(20):
            pair.r.add_match(f"member='M{i}'")
            pair.s.post(plain(member=f"M{i}"))
            expect.equal(pair.r.next_signal(f"M{i}").member, f"M{i}")


@requirement("MATCH-031", "BUS-011")
def test_a_rule_ends_with_its_removal(bus):
    with Rules(bus) as pair:
        pair.r.add_match("member='M'")
        pair.r.drain()
        pair.s.post(plain())
        pair.s.sync()
        pair.r.remove_match("member='M'")
        pair.s.post(plain())
        pair.s.sync()
        expect.equal(len(pair.r.signals("M")), 1)


@requirement("MATCH-032", "RES-022", "RES-015")
@skip_on("dbus-broker", "has quotas per user instead; DIFF-022")
def test_5000_rules_on_one_connection_deliver_what_they_select(kind):
    text = config(limits={"max_match_rules_per_connection": 6000})
    with start_bus(kind, text) as bus, bus.client() as c, bus.client() as other:
        for i in range(5000):
            rule = f"type='signal',member='NameOwnerChanged',arg0='org.example.N{i}'"
            c.send(driver_call("AddMatch", "s", [rule], flags=NO_REPLY, serial=9).pack())
        c.sync()
        for i in (0, 17, 4999, 5000):
            other.request_name(f"org.example.N{i}")
        expect.equal([x.args[0] for x in c.signals("NameOwnerChanged")],
                     [f"org.example.N{i}" for i in (0, 17, 4999)])
        c.remove_match("type='signal',member='NameOwnerChanged',arg0='org.example.N17'")
        other.release_name("org.example.N17")
        other.release_name("org.example.N0")
        expect.equal([x.args[0] for x in c.signals("NameOwnerChanged")], ["org.example.N0"])
