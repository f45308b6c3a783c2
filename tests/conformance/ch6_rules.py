# SPDX-License-Identifier: MIT
"""Sections 6.2, 6.5 and 6.7: which rules are valid, owning and connecting, the shipped policies."""

import os

from tests.lib import expect
from tests.lib.buses import OPEN, config, start_bus, start_failure
from tests.lib.pair import Pair
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement, skip_on

USER = 65534  # dbus-daemon wants users to have accounts
OTHER = 1
TOLERANT = "warns and goes on; DIFF-006"
MONITORING = "org.freedesktop.DBus.Monitoring"
STATS = "org.freedesktop.DBus.Debug.Stats"
PROPERTIES = "org.freedesktop.DBus.Properties"
PEER = "org.freedesktop.DBus.Peer"


def policy(attribute, *rules):
    return "\n".join((f"<policy {attribute}>",) + rules + ("</policy>",))


def default(*rules):
    return policy('context="default"', *rules)


# 6.1 and 6.2 What may stand in a policy

BAD_SECTIONS = ("", 'context="other"', 'context=""', 'at_console="yes"', 'at_console=""',
                'name="x"', 'context="default" user="root"', 'user="root" group="root"',
                'group="root" at_console="true"', 'CONTEXT="default"')


@requirement("POL-001")
@differs("dbus-broker", TOLERANT)
@cases(*((repr(attribute), attribute) for attribute in BAD_SECTIONS))
def test_a_section_has_one_attribute_of_four(kind, attribute):
    text = config(extra=policy(attribute, '<allow own="*"/>'))
    failure = start_failure(kind, text)
    expect.true(failure.status not in (0, None), f"exit status {failure.status}")


BAD_RULES = (
    ("POL-012", ['unknown="x"', 'own="a.b" unknown="x"', 'send_sender="a.b"', 'Own="a.b"',
                 'receive_destination="a.b"', 'receive_broadcast="true"']),
    ("POL-012, twice", ['own="a.b" own="a.c"', 'send_path="/" send_path="/"']),
    ("POL-013", ["", 'min_fds="1"', 'max_fds="1"', 'log="true"',
                 'min_fds="1" max_fds="2" log="true"']),
    ("POL-014", ['own="a.b" own_prefix="a"', 'own="a.b" user="root"', 'user="root" group="root"',
                 'own="a.b" send_path="/"', 'own_prefix="a" receive_type="signal"',
                 'user="root" send_type="signal"', 'group="root" receive_path="/"']),
    ("POL-015", ['send_path="/" receive_path="/"', 'send_type="signal" receive_sender="a.b"',
                 'send_destination="a.b" receive_interface="a.b"']),
    ("POL-016", ['send_error="a.b" send_interface="a.b"',
                 'receive_error="a.b" receive_interface="a.b"',
                 'send_error="a.b" send_member="M" send_path="/"']),
    ("POL-017", ['send_member="M"', 'receive_member="M"',
                 'send_member="M" send_destination="a.b"']),
    ("POL-018", ['send_destination="a.b" send_destination_prefix="a"',
                 'send_broadcast="true" send_destination="a.b"']),
    ("POL-019", ['eavesdrop="yes"', 'send_broadcast="1"', 'send_requested_reply="TRUE"',
                 'receive_requested_reply=""', 'send_path="/" log="maybe"', 'send_type="call"',
                 'receive_type="Signal"', 'send_type=""']),
    ("POL-020", ['send_path="/" min_fds="-1"', 'send_path="/" max_fds="33554433"',
                 'send_path="/" min_fds="x"', 'send_path="/" max_fds=""',
                 'send_path="/" min_fds="1x"']),
)


@requirement("POL-009", "POL-010", "POL-011", "POL-012", "POL-013", "POL-014", "POL-015", "POL-016",
             "POL-017", "POL-018", "POL-019", "POL-020")
@cases(*((f"{name}: {rule}", rule) for name, rules in BAD_RULES for rule in rules))
@differs("dbus-daemon", "reads the number at the start",
         case='POL-020: send_path="/" min_fds="1x"')
@differs("dbus-daemon", "takes any other word for false",
         case='POL-019: send_path="/" log="maybe"')
@skip_on("dbus-broker", TOLERANT)
def test_a_rule_that_makes_no_sense_is_fatal(kind, rule):
    for verdict in ("allow", "deny"):
        text = config(extra=default(f"<{verdict} {rule}/>"))
        failure = start_failure(kind, text)
        expect.true(failure.status not in (0, None), f"exit status {failure.status}")
        if kind == "headwayd":
            expect.contains(failure.log, f"bus.conf:{line_of(text, verdict, rule)}")


def line_of(text, verdict, rule):
    return text[:text.index(f"<{verdict} {rule}/>")].count("\n") + 1


GOOD_RULES = (
    'send_requested_reply="true"', 'receive_requested_reply="false"', 'send_broadcast="true"',
    'send_broadcast="false" send_destination="a.b"', 'eavesdrop="true"',
    'send_destination="bad name"',
    'send_broadcast="true" send_destination_prefix="a"',
    'send_destination_prefix="a" send_type="signal"',
    'send_path="bad"', 'send_interface="*" send_member="*"', 'own="*"', 'own_prefix="*"',
    'user="*"', 'group="*"', 'send_type="*"', 'receive_type="*"', 'own="a.b" log="false"',
    'send_path="/" min_fds="0" max_fds="33554432"', 'receive_sender="a.b" min_fds="1"',
    'send_error="a.b" send_destination="c.d"', 'receive_error="a.b" receive_path="/"',
    'send_interface="a.b" send_member="M" send_path="/" send_type="method_call" '
    'send_destination="c.d" send_requested_reply="true" eavesdrop="false" log="true"',
    'receive_interface="a.b" receive_member="M" receive_path="/" receive_type="signal" '
    'receive_sender="c.d" receive_requested_reply="true" eavesdrop="true"')


@requirement("POL-009", "POL-010", "POL-011", "POL-013", "POL-018", "POL-020", "POL-021", "POL-024")
@cases(*((rule[:70], rule) for rule in GOOD_RULES))
def test_a_rule_may_be_like_this(kind, rule):
    text = config(policy=default(f"<allow {rule}/>") + OPEN)
    with start_bus(kind, text) as bus, bus.client() as c:
        c.sync()


@requirement("POL-023")
@differs("dbus-broker", TOLERANT, case=("user", "group"))
@cases(("user", 'user="root"', True), ("group", 'group="root"', True),
       ("at_console", 'at_console="true"', False), ("mandatory", 'context="mandatory"', False))
def test_connect_rules_belong_into_the_default_and_mandatory_contexts(kind, attribute, fatal):
    for rule in ('<allow user="root"/>', '<allow group="root"/>'):
        text = config(extra=policy(attribute, rule))
        if fatal:
            start_failure(kind, text)
        else:
            with start_bus(kind, text) as bus, bus.client() as c:
                c.sync()


# 6.5 Owning and connecting


@requirement("POL-044", "POL-045", "POL-021", "BUS-019")
@differs("dbus-broker", "lets it own all below, too", case="exact, below")
@cases(("exact", 'own="org.example.A"', "org.example.A", True),
       ("exact, below", 'own="org.example.A"', "org.example.A.B", False),
       ("exact, beside", 'own="org.example.A"', "org.example.AB", False),
       ("case counts", 'own="org.example.a"', "org.example.A", False),
       ("any", 'own="*"', "org.example.A", True),
       ("prefix itself", 'own_prefix="org.example.A"', "org.example.A", True),
       ("below prefix", 'own_prefix="org.example"', "org.example.A.B", True),
       ("beside prefix", 'own_prefix="org.example"', "org.examples", False),
       ("part of a prefix", 'own_prefix="org.exam"', "org.example", False),
       ("star is no prefix", 'own_prefix="*"', "org.example.A", False))
def test_a_name_may_be_owned_if_a_rule_allows_it(kind, rule, name, wanted):
    text = config(policy=default('<allow user="*"/>', '<allow send_destination="*"/>',
                                 '<allow receive_sender="*"/>', f"<allow {rule}/>"))
    with start_bus(kind, text) as bus, bus.client() as c:
        answer = c.ask(driver_call("RequestName", "su", [name, 0]))
        expect.equal(answer.error_name,
                     None if wanted else "org.freedesktop.DBus.Error.AccessDenied")


def may_connect(bus, uid):
    try:
        bus.client(uid=uid).close()
        return True
    except (Disconnected, ConnectionError):
        return False


NOT_USER = f'<deny user="{USER}"/>'


@requirement("POL-046", "POL-047", "POL-048", "RES-014", "POL-003")
@differs("dbus-broker", "goes by the user alone", case="by primary group")
@cases(("no rule at all", "", "", False), ("anybody", '<allow user="*"/>', "", True),
       ("any group", '<allow group="*"/>', "", True), ("user", f'<allow user="{USER}"/>', "", True),
       ("another user", f'<allow user="{OTHER}"/>', "", False),
       ("by name", '<allow user="nobody"/>', "", True),
       ("by primary group", f'<allow group="{USER}"/>', "", True),
       ("not by another group", '<allow group="tty"/>', "", False),
       ("last denies", '<allow user="*"/>' + NOT_USER, "", False),
       ("last allows", NOT_USER + '<allow user="*"/>', "", True),
       ("mandatory", '<allow user="*"/>', NOT_USER, False))
def test_the_last_rule_for_a_user_decides_whether_it_may_connect(kind, rules, last, wanted):
    extra = policy('context="mandatory"', last) if last else ""
    everything = OPEN.replace('<allow user="*"/>', '<allow user="root"/>' + rules)
    with start_bus(kind, config(policy=everything, extra=extra)) as bus:
        expect.equal(may_connect(bus, USER), wanted)


@requirement("POL-046")
def test_without_rules_the_buss_own_user_may_connect(kind):
    text = config(policy=OPEN.replace('<allow user="*"/>', ""))
    with start_bus(kind, text) as bus:
        expect.true(may_connect(bus, None), "the bus's own user may not")
        expect.true(not may_connect(bus, USER), "another user may")


@requirement("POL-046")
@skip_on("dbus-broker", "needs the launcher's user to connect")
def test_root_may_be_denied_like_anybody(kind):
    with start_bus(kind, config(extra=default('<deny user="root"/>'))) as bus:
        expect.true(not may_connect(bus, None), "root may")
        expect.true(may_connect(bus, USER), "others may not")


@requirement("POL-048")
@differs("dbus-broker", "closes at accept; DIFF-026")
def test_who_may_not_connect_is_told_so_by_silence_after_the_handshake(kind):
    with start_bus(kind, config(extra=default(NOT_USER))) as bus:
        with bus.client(uid=USER, stage="auth") as c:
            c.try_send(driver_call("Hello", serial=1).pack())
            expect.equal(c.wait_disconnect(), [])


# 6.7 The shipped policies

SYSTEM = """<policy context="default">
  <allow user="*"/> <deny own="*"/> <deny send_type="method_call"/> <allow send_type="signal"/>
  <allow send_requested_reply="true" send_type="method_return"/>
  <allow send_requested_reply="true" send_type="error"/>
  <allow receive_type="method_call"/> <allow receive_type="method_return"/>
  <allow receive_type="error"/> <allow receive_type="signal"/>
  <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
  <allow send_destination="org.freedesktop.DBus"
         send_interface="org.freedesktop.DBus.Introspectable"/>
  <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Properties"/>
  <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Containers1"/>
  <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"
        send_member="UpdateActivationEnvironment"/>
  <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Debug.Stats"/>
  <deny send_destination="org.freedesktop.DBus"
        send_interface="org.freedesktop.systemd1.Activator"/>
</policy>
<policy user="root">
  <allow send_destination="org.freedesktop.DBus"
         send_interface="org.freedesktop.systemd1.Activator"/>
  <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Monitoring"/>
  <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Debug.Stats"/>
</policy>
<policy user="nobody"><allow own="org.example.Service"/></policy>
<policy context="default"><allow send_destination="org.example.Service"/></policy>"""
SESSION = """<policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy>"""
CONFIG = config(policy=SYSTEM)

ENVIRONMENT = driver_call("UpdateActivationEnvironment", "a{ss}", [{}])
BECOME = driver_call("BecomeMonitor", "asu", [[], 0], interface=MONITORING)
ON_THE_SYSTEM_BUS = (
    ("own", USER, driver_call("RequestName", "su", ["org.example.Any", 0]), "AccessDenied"),
    ("own, root", 0, driver_call("RequestName", "su", ["org.example.Any", 0]), "AccessDenied"),
    ("own one's own", USER, driver_call("RequestName", "su", ["org.example.Service", 0]), None),
    ("list names", USER, driver_call("ListNames"), None),
    ("properties", USER, driver_call("GetAll", "s", [BUS_NAME], interface=PROPERTIES), None),
    ("introspect", USER,
     driver_call("Introspect", interface="org.freedesktop.DBus.Introspectable"), None),
    ("environment", USER, ENVIRONMENT, "AccessDenied"),
    ("environment, root", 0, ENVIRONMENT, "AccessDenied"),
    ("statistics", USER, driver_call("GetStats", interface=STATS), "AccessDenied"),
    ("statistics, root", 0, driver_call("GetStats", interface=STATS), None),
    ("monitor", USER, BECOME, "AccessDenied"),
    ("monitor, root", 0, BECOME, None),
    ("ping", USER, driver_call("Ping", interface=PEER), "AccessDenied"),
    ("ping, root", 0, driver_call("Ping", interface=PEER), "AccessDenied"),
    ("ping without destination", USER, call(None, "/", PEER, "Ping"), None),
    ("no interface", USER, driver_call("ListNames", interface=None), "AccessDenied"),
)


@requirement("POL-057", "POL-058", "POL-059", "POL-029", "DRV-028")
@cases(*ON_THE_SYSTEM_BUS)
def test_the_system_bus_lets_users_do_this(bus, uid, msg, wanted):
    with Client(bus.address, uid=uid) as c:
        msg.serial = 0
        answer = c.ask(msg)
        expect.equal(answer.error_name, "org.freedesktop.DBus.Error." + wanted if wanted else None)


@requirement("POL-057", "ROUTE-011", "ROUTE-001")
def test_on_the_system_bus_only_services_with_a_rule_can_be_called(bus):
    with Client(bus.address) as c, Client(bus.address, uid=USER) as service:
        serial = c.post(call(service.name, "/", "a.b", "M"))
        expect.is_error(c.answer_to(serial), "AccessDenied")
        service.request_name("org.example.Service")
        for name in ("org.example.Service", service.name):
            serial = c.post(call(name, "/", "a.b", "M"))
            service.reply(service.next_call(), "s", "done")
            expect.equal(c.reply_to(serial).args, ["done"])
        serial = service.post(call(c.name, "/", "a.b", "M"))
        expect.is_error(service.answer_to(serial), "AccessDenied")
        c.emit("/", "a.b", "M", destination=service.name)
        expect.equal(service.next_signal("M").sender, c.name)


@requirement("POL-060")
def test_the_session_bus_allows_everything(kind):
    with start_bus(kind, config(policy=SESSION, bus_type="session")) as bus, Pair(bus) as pair:
        expect.equal(pair.r.request_name("org.example.Any"), 1)
        request = pair.relay(call("org.example.Any", "/", None, "M"))
        pair.r.reply(request)
        expect.equal(pair.s.reply_to(request.serial).type, RETURN)
        expect.true(pair.relay(pair.signal()), "no signal")
        pair.s.bus("Ping", interface=PEER)
        expect.true(not may_connect(bus, USER), "another user may connect")


INSTALLED = "/usr/share/dbus-1/system.d"


@requirement("POL-061", "POL-057")
def test_installed_policies_load_and_count(kind):
    expect.true(os.listdir(INSTALLED), "there is none")
    extra = f"<includedir>{INSTALLED}</includedir>"
    with start_bus(kind, config(policy=SYSTEM, extra=extra)) as bus, bus.client() as root:
        expect.equal(root.request_name("org.freedesktop.hostname1"), 1)
        with bus.client(uid=USER) as c:
            with expect.error("AccessDenied"):
                c.request_name("org.freedesktop.hostname1")
            serial = c.post(call("org.freedesktop.hostname1", "/", "a.b", "M"))
            root.reply(root.next_call())
            expect.equal(c.reply_to(serial).type, RETURN)
