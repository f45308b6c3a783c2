# SPDX-License-Identifier: MIT
"""Sections 4.3 and 4.4: what the bus answers when it is called itself."""

import xml.etree.ElementTree as ET

from tests.lib import expect
from tests.lib.buses import OPEN, config, start_bus
from tests.lib.pair import Pair
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement, skip_on

PEER = "org.freedesktop.DBus.Peer"
PROPERTIES = "org.freedesktop.DBus.Properties"
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
MONITORING = "org.freedesktop.DBus.Monitoring"
STATS = "org.freedesktop.DBus.Debug.Stats"
USER = 65534  # dbus-daemon wants users to have accounts

# Names


@requirement("DRV-005")
@cases(("the bus", BUS_NAME, True), ("nobody", "org.example.Nobody", False),
       ("a unique name of nobody", ":1.999999", False))
def test_name_has_owner_tells_whether_it_is_owned(bus, name, wanted):
    with Client(bus.address) as c:
        expect.equal(c.bus("NameHasOwner", "s", name), wanted)


@requirement("DRV-005")
def test_name_has_owner_follows_the_owner(bus):
    with Client(bus.address) as c:
        expect.equal(c.bus("NameHasOwner", "s", c.name), True)
        c.request_name("org.example.Owned")
        expect.equal(c.bus("NameHasOwner", "s", "org.example.Owned"), True)
        c.release_name("org.example.Owned")
        expect.equal(c.bus("NameHasOwner", "s", "org.example.Owned"), False)


@requirement("DRV-005")
@cases(("empty", ""), ("one element", "a"), ("a path", "/a/b"), ("colon", ":"))
def test_nobody_owns_an_invalid_name(bus, name):
    with Client(bus.address) as c:
        expect.equal(c.bus("NameHasOwner", "s", name), False)


@requirement("DRV-006")
def test_list_names_has_the_bus_first_and_then_every_name(kind):
    with start_bus(kind) as bus, bus.client() as a, bus.client() as b:
        a.request_name("org.example.A")
        b.request_name("org.example.A")
        b.request_name("org.example.B")
        names = a.bus("ListNames")
        expect.equal(names[0], BUS_NAME)
        expect.equal(sorted(names[1:]), sorted([a.name, b.name, "org.example.A", "org.example.B"]))


@requirement("DRV-007")
@skip_on("dbus-broker", "knows the services of a user bus, wherever they are")
def test_without_service_files_only_the_bus_is_activatable(bus):
    with Client(bus.address) as c:
        expect.equal(c.bus("ListActivatableNames"), [BUS_NAME])


@requirement("DRV-009", "DRV-010")
def test_owner_and_queue_of_the_bus_are_its_name_and_a_unique_name_is_its_own(bus):
    with Client(bus.address) as c:
        expect.equal(c.bus("GetNameOwner", "s", BUS_NAME), BUS_NAME)
        expect.equal(c.bus("ListQueuedOwners", "s", BUS_NAME), [BUS_NAME])
        expect.equal(c.bus("GetNameOwner", "s", c.name), c.name)
        expect.equal(c.bus("ListQueuedOwners", "s", c.name), [c.name])


ABOUT_NAME = ("GetNameOwner", "ListQueuedOwners", "GetConnectionUnixUser",
              "GetConnectionUnixProcessID", "GetAdtAuditSessionData",
              "GetConnectionSELinuxSecurityContext", "GetConnectionCredentials")


@requirement("DRV-009", "DRV-010", "DRV-011", "DRV-013", "DRV-014", "DRV-015")
@cases(*((member, member) for member in ABOUT_NAME))
def test_asking_about_a_name_that_nobody_owns_fails(bus, member):
    with Client(bus.address) as c:
        for name in ("org.example.Nobody", ":1.999999"):
            with expect.error("NameHasNoOwner"):
                c.bus(member, "s", name)


@requirement("DRV-003")
@cases(("nobody's", "org.example.Nobody", 0), ("owned", "org.example.Owned", 0),
       ("with flags", "org.example.Nobody", 0xffffffff))
def test_a_service_without_file_cannot_be_started_even_if_its_name_is_owned(bus, name, flags):
    with Client(bus.address) as c:
        c.request_name("org.example.Owned")
        with expect.error("ServiceUnknown"):
            c.bus("StartServiceByName", "su", name, flags)


# The activation environment


@requirement("DRV-004", "DRV-022", "DRV-028")
@cases(("another user", {"uid": USER}, BUS_PATH), ("another path", {}, "/org/freedesktop"))
def test_the_activation_environment_is_changed_by_the_privileged_at_the_right_path(bus, who, path):
    with Client(bus.address, **who) as c:
        with expect.error("AccessDenied"):
            c.bus("UpdateActivationEnvironment", "a{ss}", {"A": "b"}, path=path)


@requirement("DRV-004", "DRV-025")
def test_the_activation_environment_must_be_a_dictionary(bus):
    with Client(bus.address) as c:
        for signature, value in (("s", "x"), ("a{sv}", {}), ("as", [])):
            with expect.error("InvalidArgs"):
                c.bus("UpdateActivationEnvironment", signature, value)


@requirement("DRV-004")
@skip_on("dbus-broker", "asks systemd to do it")
def test_the_activation_environment_of_a_session_can_be_changed(kind):
    with start_bus(kind, config(bus_type="session")) as bus, bus.client() as c:
        expect.equal(c.bus("UpdateActivationEnvironment", "a{ss}", {"A": "b"}), None)


# ReloadConfig and the bus's id


def denying(name):
    return config(extra=f'<policy context="mandatory"><deny own="{name}"/></policy>')


@requirement("DRV-016", "POL-008")
def test_after_reload_config_the_new_policy_counts_for_those_already_connected(kind):
    with start_bus(kind) as bus, bus.client() as c:
        expect.equal(c.request_name("a.b"), 1)
        c.release_name("a.b")
        bus.write("bus.conf", denying("a.b"))
        expect.equal(c.bus("ReloadConfig"), None)
        with expect.error("AccessDenied"):
            c.request_name("a.b")


@requirement("DRV-016")
@cases(("not XML", "nonsense"), ("unknown element", config(extra="<nonsense/>")), ("no file", None))
@differs("dbus-broker", "warns and goes on; DIFF-006", case="unknown element")
def test_a_configuration_that_is_wrong_is_not_loaded_and_the_old_one_stays(kind, text):
    with start_bus(kind, denying("a.b")) as bus, bus.client() as c:
        bus.write("bus.conf" if text else "other", text or "")
        if text is None:
            bus.write("bus.conf", "<busconfig><include>@DIR@/none</include></busconfig>")
        expect.is_error(c.ask(driver_call("ReloadConfig")), "Failed") if kind == "headwayd" else \
            expect.equal(c.ask(driver_call("ReloadConfig")).type, ERROR)
        with expect.error("AccessDenied"):
            c.request_name("a.b")
        expect.equal(c.request_name("a.c"), 1)


@requirement("DRV-017")
@differs("dbus-daemon", "asks only the policy")
@differs("dbus-broker", "asks only the policy")
def test_reload_config_is_for_the_privileged(bus):
    with Client(bus.address, uid=USER) as c:
        with expect.error("AccessDenied"):
            c.bus("ReloadConfig")


@requirement("DRV-020", "DRV-033")
@differs("dbus-broker", "has no such signal; DRV-020")
@cases(("good", config(), RETURN), ("bad", "nonsense", ERROR))
def test_a_reload_causes_activatable_services_changed_and_then_the_reply(kind, text, wanted):
    with start_bus(kind) as bus, bus.client() as c:
        c.add_match("member='ActivatableServicesChanged'")
        c.drain()
        bus.write("bus.conf", text)
        serial = c.post(driver_call("ReloadConfig"))
        answer = c.reply_to(serial)
        expect.equal(len(c.inbox), 1, "messages before the reply")
        told, = c.inbox
        expect.equal((told.type, told.member, told.signature),
                     (SIGNAL, "ActivatableServicesChanged", ""))
        expect.equal((told.path, told.interface, told.sender, told.destination),
                     (BUS_PATH, BUS_NAME, BUS_NAME, None))
        expect.equal((answer.type, answer.reply_serial), (wanted, serial))


@requirement("DRV-018")
def test_the_id_is_32_hex_digits_and_another_for_every_run(kind):
    ids = []
    for _ in range(2):
        with start_bus(kind) as bus, bus.client() as a, bus.client(uid=USER) as b:
            ids += [a.bus("GetId")]
            expect.equal(ids[-1], b.bus("GetId"))
    for text in ids:
        expect.true(len(text) == 32 and not set(text) - set("0123456789abcdef"), f"id {text!r}")
    expect.true(ids[0] != ids[1], "the same id twice")


# Where what is found

ANYWHERE = (("GetId", BUS_NAME, "GetId"), ("Ping", PEER, "Ping"),
            ("GetMachineId", PEER, "GetMachineId"), ("Introspect", INTROSPECTABLE, "Introspect"))
ELSEWHERE = ("/", "/org", "/org/freedesktop/DBus/x", "/any/thing")


@requirement("DRV-021", "DRV-035")
@cases(*ANYWHERE)
def test_some_interfaces_answer_at_any_path(bus, interface, member):
    with Client(bus.address) as c:
        for path in (BUS_PATH, *ELSEWHERE):
            c.bus(member, path=path, interface=interface)


CANONICAL = (("Properties", PROPERTIES, "GetAll", "s", (BUS_NAME,)),
             ("Monitoring", MONITORING, "BecomeMonitor", "asu", ([], 0)),
             ("Debug.Stats", STATS, "GetStats", "", ()))


@requirement("DRV-021", "DRV-022", "MON-001", "STAT-001")
@cases(*CANONICAL)
@differs("dbus-broker", "calls it AccessDenied")
def test_other_interfaces_exist_at_the_buss_path_only(bus, interface, member, signature, args):
    with Client(bus.address) as c:
        for path in ELSEWHERE:
            with expect.error("UnknownInterface"):
                c.bus(member, signature, *args, path=path, interface=interface)
            with expect.error("UnknownMethod"):
                c.bus(member, signature, *args, path=path, interface=None)


@requirement("DRV-023")
@cases(("GetId", "GetId", "", ()), ("Ping", "Ping", "", ()), ("Introspect", "Introspect", "", ()),
       ("Properties", "GetAll", "s", (BUS_NAME,)), ("ListNames", "ListNames", "", ()))
def test_without_interface_every_method_is_found(bus, member, signature, args):
    with Client(bus.address) as c:
        c.bus(member, signature, *args, interface=None)


@requirement("DRV-024")
@cases(("no interface", {"interface": "org.example.I"}, "GetId", "UnknownInterface"),
       ("no interface of the bus", {"interface": "org.freedesktop.DBus.Containers9"}, "X",
        "UnknownInterface"),
       ("no method", {}, "Nonsense", "UnknownMethod"),
       ("another interface's method", {"interface": PEER}, "GetId", "UnknownMethod"),
       ("neither", {"interface": None}, "Nonsense", "UnknownMethod"),
       ("a signal's name", {}, "NameLost", "UnknownMethod"))
def test_what_the_bus_does_not_have_is_named(bus, fields, member, wanted):
    with Client(bus.address) as c:
        with expect.error(wanted):
            c.bus(member, **fields)


@requirement("DRV-025")
@cases(*((f"{member}({signature})", member, signature, args) for member, signature, args in (
    ("GetId", "s", ["x"]), ("ListNames", "u", [1]), ("NameHasOwner", "", []),
    ("NameHasOwner", "o", ["/"]), ("NameHasOwner", "ss", ["a", "b"]), ("RequestName", "s", ["a.b"]),
    ("RequestName", "si", ["a.b", 0]), ("RequestName", "us", [0, "a.b"]),
    ("ReleaseName", "v", [Variant("s", "a.b")]), ("AddMatch", "as", [[]]),
    ("RemoveMatch", "", []), ("GetNameOwner", "g", ["s"]), ("GetConnectionCredentials", "", []),
    ("StartServiceByName", "s", ["a.b"]), ("ReloadConfig", "s", ["x"]), ("Hello", "s", ["x"]))))
def test_arguments_of_the_wrong_types_are_refused(bus, member, signature, args):
    with Client(bus.address) as c:
        with expect.error("InvalidArgs"):
            c.bus(member, signature, *args)


@requirement("DRV-025", "DRV-028", "MON-001")
@cases(("method before privilege", {}, MONITORING, "Nonsense", BUS_PATH, "UnknownMethod"),
       ("interface before privilege", {}, MONITORING, "BecomeMonitor", "/", "UnknownInterface"),
       ("privilege before arguments", {}, MONITORING, "BecomeMonitor", BUS_PATH, "AccessDenied"),
       ("privilege first", {}, BUS_NAME, "UpdateActivationEnvironment", BUS_PATH, "AccessDenied"),
       ("path before arguments", {"uid": 0}, BUS_NAME, "UpdateActivationEnvironment", "/",
        "AccessDenied"))
@differs("dbus-broker", "checks arguments first",
         case=("privilege before arguments", "privilege first"))
@differs("dbus-broker", "says AccessDenied", case="interface before privilege")
def test_a_call_is_checked_in_order(bus, who, interface, member, path, wanted):
    with Client(bus.address, **{"uid": USER, **who}) as c:
        with expect.error(wanted):
            c.bus(member, "s", "x", interface=interface, path=path)


@requirement("DRV-025", "POL-050")
def test_policy_is_asked_before_the_method_is_looked_up(kind):
    deny = f"""<policy context="mandatory"><deny send_destination="{BUS_NAME}"
        send_interface="{BUS_NAME}" send_member="Nonsense"/></policy>"""
    with start_bus(kind, config(extra=deny)) as bus, bus.client() as c:
        with expect.error("AccessDenied"):
            c.bus("Nonsense")
        with expect.error("UnknownMethod"):
            c.bus("Nonsense2")


# Messages that are no ordinary calls


@requirement("DRV-026")
@cases(("signal", signal("/", "a.b", "M", destination=BUS_NAME)),
       ("return", build(RETURN, reply_serial=1, destination=BUS_NAME)),
       ("error", build(ERROR, reply_serial=1, error_name="a.b", destination=BUS_NAME)),
       ("long return", build(RETURN, "s", ["x"], reply_serial=0xffffffff, destination=BUS_NAME)))
@differs("dbus-daemon", "asks the policy about replies that were not requested",
         case=("return", "error", "long return"))
def test_what_is_no_call_is_ignored_by_the_bus(bus, msg):
    with Client(bus.address) as c:
        c.drain()
        c.post(msg)
        c.sync()
        expect.equal(c.inbox, [])


SILENT = (("no value", "AddMatch", "s", ("member='Silent'",)), ("a value", "GetId", "", ()),
          ("an error", "Nonsense", "", ()), ("wrong arguments", "RequestName", "", ()),
          ("a bad name", "RequestName", "su", ("x", 0)))


@requirement("DRV-027", "ROUTE-005")
@differs("dbus-daemon", "sends values and errors all the same",
         case=("a value", "an error", "wrong arguments", "a bad name"))
@cases(*SILENT)
def test_the_bus_answers_nothing_to_a_call_that_expects_no_reply(bus, member, signature, args):
    with Client(bus.address) as c:
        c.drain()
        c.post(driver_call(member, signature, args, flags=NO_REPLY))
        c.sync()
        expect.equal(c.inbox, [])


@requirement("DRV-027")
def test_a_call_that_expects_no_reply_has_its_effect(bus):
    with Client(bus.address) as c:
        c.post(driver_call("RequestName", "su", ["org.example.Silent", 0], flags=NO_REPLY))
        expect.equal(c.bus("GetNameOwner", "s", "org.example.Silent"), c.name)


@requirement("DRV-028")
@skip_on("dbus-broker", "its user is given by who starts it")
def test_the_buss_own_user_is_privileged(kind):
    extra = "<user>messagebus</user>"
    with start_bus(kind, config(extra=extra)) as bus, bus.client() as root:
        own = root.bus("GetConnectionUnixUser", "s", BUS_NAME)
        expect.true(own != 0, "the bus still is root")
        with bus.client(uid=own) as c, bus.client(uid=USER) as stranger:
            for client in (c, root):
                client.bus("BecomeMonitor", "asu", [], 0, interface=MONITORING)
            with expect.error("AccessDenied"):
                stranger.bus("BecomeMonitor", "asu", [], 0, interface=MONITORING)


@requirement("DRV-029")
def test_descriptors_sent_to_the_bus_do_no_harm(bus):
    with Client(bus.address) as c:
        expect.equal(c.ask(driver_call("GetId"), [0, 1]).type, RETURN)
        expect.is_error(c.ask(driver_call("GetId", "h", [0]), [0]), "InvalidArgs")


@requirement("DRV-036", "DRV-035")
@cases(("Ping", "Ping", ""), ("GetMachineId", "GetMachineId", "s"))
def test_peer_calls_without_destination_are_for_the_bus(bus, member, signature):
    with Client(bus.address) as c:
        for path in (BUS_PATH, "/", "/any/thing"):
            answer = c.ask(call(None, path, PEER, member))
            expect.equal((answer.type, answer.signature), (RETURN, signature))


@requirement("DRV-036")
@differs("dbus-daemon", "answers it, knowing nothing of the bus", case="Introspect")
@cases(("GetId", BUS_NAME, "GetId"), ("another", "a.b", "M"), ("no interface", None, "GetId"),
       ("Introspect", INTROSPECTABLE, "Introspect"), ("Nonsense", PEER, "Nonsense"))
def test_other_calls_without_destination_are_unknown(bus, interface, member):
    with Client(bus.address) as c:
        expect.is_error(c.ask(call(None, BUS_PATH, interface, member)), "UnknownMethod")


@requirement("DRV-037")
@cases(("return", build(RETURN, reply_serial=1)),
       ("error", build(ERROR, reply_serial=1, error_name="a.b")))
def test_replies_without_destination_are_ignored(bus, msg):
    with Pair(bus) as pair:
        pair.s.drain()
        pair.s.post(msg)
        pair.s.sync()
        expect.equal(pair.s.inbox, [])
        expect.equal(pair.r.drain(), [])


# Peer, Properties, Introspectable


@requirement("DRV-035")
def test_the_machine_id_is_the_files(bus):
    with Client(bus.address) as c, open("/etc/machine-id", encoding="ascii") as f:
        expect.equal(c.bus("GetMachineId", interface=PEER), f.read().strip())


def get(client, interface, name):
    return client.bus("Get", "ss", interface, name, interface=PROPERTIES)


@requirement("DRV-033")
@differs("dbus-broker", "has no features but SELinux; DIFF-015")
def test_features_are_sorted_and_known(bus):
    known = {"ActivatableServicesChanged", "AppArmor", "HeaderFiltering", "SELinux",
             "SystemdActivation"}
    with Client(bus.address) as c:
        value = get(c, BUS_NAME, "Features")
        expect.equal(value.signature, "as")
        expect.equal(value.value, sorted(set(value.value)))
        expect.true(set(value.value) <= known, f"features {value.value}")
        expect.true({"ActivatableServicesChanged", "HeaderFiltering"} <= set(value.value),
                    f"features {value.value}")


@requirement("DRV-034", "CONT-001", "STAT-006")
@differs("dbus-broker", "names Monitoring only; DIFF-015")
def test_interfaces_names_the_optional_ones(bus):
    with Client(bus.address) as c:
        value = get(c, BUS_NAME, "Interfaces")
        expect.equal(value.signature, "as")
        standard = {x for x in value.value if x.startswith("org.freedesktop.DBus.")}
        expect.equal(sorted(standard - {"org.freedesktop.DBus.Containers1"}), [STATS, MONITORING])


@requirement("CONT-001", "STAT-006")
@cases(("Verbose", "org.freedesktop.DBus.Verbose", "EnableVerbose"),
       ("Containers1", "org.freedesktop.DBus.Containers1", "RequestHeader"))
def test_an_optional_interface_that_is_not_offered_is_unknown(bus, interface, member):
    with Client(bus.address) as c:
        expect.true(interface not in get(c, BUS_NAME, "Interfaces").value, "it is offered")
        with expect.error("UnknownInterface"):
            c.bus(member, interface=interface)


@requirement("DRV-032")
def test_get_all_has_what_get_has(bus):
    with Client(bus.address) as c:
        everything = c.bus("GetAll", "s", BUS_NAME, interface=PROPERTIES)
        expect.equal(everything,
                     {name: get(c, BUS_NAME, name) for name in ("Features", "Interfaces")})


@requirement("DRV-032")
@cases(("Get, no interface", "Get", "ss", ("org.example.I", "Features"), "UnknownInterface"),
       ("Get, no property", "Get", "ss", (BUS_NAME, "Nonsense"), "UnknownProperty"),
       ("Get, an interface without any", "Get", "ss", (PEER, "Features"), "UnknownProperty"),
       ("GetAll, no interface", "GetAll", "s", ("org.example.I",), "UnknownInterface"),
       ("Set", "Set", "ssv", (BUS_NAME, "Features", Variant("as", [])), "PropertyReadOnly"),
       ("Set, no interface", "Set", "ssv", ("a.b", "F", Variant("s", "")), "UnknownInterface"),
       ("Set, no property", "Set", "ssv", (BUS_NAME, "F", Variant("s", "")), "UnknownProperty"))
@differs("dbus-broker", "spells it UnkonwnProperty", case=("Get, no property", "Set, no property"))
@differs("dbus-broker", "says UnknownInterface", case="Get, an interface without any")
def test_properties_that_cannot_be_had_are_refused(bus, member, signature, args, wanted):
    with Client(bus.address) as c:
        with expect.error(wanted):
            c.bus(member, signature, *args, interface=PROPERTIES)


@requirement("DRV-032")
@differs("dbus-broker", "calls it UnknownInterface")
@cases(("Peer", PEER), ("Introspectable", INTROSPECTABLE), ("Properties", PROPERTIES),
       ("Stats", STATS))
def test_get_all_of_an_interface_without_properties_is_empty(bus, interface):
    with Client(bus.address) as c:
        expect.equal(c.bus("GetAll", "s", interface, interface=PROPERTIES), {})


def introspect(client, path=BUS_PATH):
    text = client.bus("Introspect", interface=INTROSPECTABLE, path=path)
    doctype = '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"'
    expect.true(text.startswith(doctype), f"it begins with {text[:80]!r}")
    return ET.fromstring(text)


def members(interface, what):
    """{name: (in signature, out signature)}"""
    rows = {}
    for member in interface.findall(what):
        arg = {"in": "", "out": ""}
        for x in member.findall("arg"):
            arg[x.get("direction", "in" if what == "method" else "out")] += x.get("type")
        rows[member.get("name")] = (arg["in"], arg["out"])
    return rows


METHODS = {
    "Hello": ("", "s"), "RequestName": ("su", "u"), "ReleaseName": ("s", "u"),
    "StartServiceByName": ("su", "u"), "UpdateActivationEnvironment": ("a{ss}", ""),
    "NameHasOwner": ("s", "b"), "ListNames": ("", "as"), "ListActivatableNames": ("", "as"),
    "AddMatch": ("s", ""), "RemoveMatch": ("s", ""), "GetNameOwner": ("s", "s"),
    "ListQueuedOwners": ("s", "as"), "GetConnectionUnixUser": ("s", "u"),
    "GetConnectionUnixProcessID": ("s", "u"), "GetAdtAuditSessionData": ("s", "ay"),
    "GetConnectionSELinuxSecurityContext": ("s", "ay"), "GetConnectionCredentials": ("s", "a{sv}"),
    "ReloadConfig": ("", ""), "GetId": ("", "s")}
SIGNALS = {"NameOwnerChanged": "sss", "NameLost": "s", "NameAcquired": "s",
           "ActivatableServicesChanged": ""}


@requirement("DRV-019", "DRV-030", "DRV-001", "DRV-008")
@differs("dbus-broker", "has no ActivatableServicesChanged")
def test_introspection_shows_every_method_and_signal(bus):
    with Client(bus.address) as c:
        own = introspect(c).find(f"interface[@name='{BUS_NAME}']")
        expect.equal(members(own, "method"), METHODS)
        expect.equal({k: v[1] for k, v in members(own, "signal").items()}, SIGNALS)
        for interface, wanted in ((PEER, {"Ping": ("", ""), "GetMachineId": ("", "s")}),
                                  (INTROSPECTABLE, {"Introspect": ("", "s")}),
                                  (PROPERTIES, {"Get": ("ss", "v"), "GetAll": ("s", "a{sv}"),
                                                "Set": ("ssv", "")}),
                                  (MONITORING, {"BecomeMonitor": ("asu", "")})):
            found = introspect(c).find(f"interface[@name='{interface}']")
            expect.true(found is not None, f"{interface} is not shown")
            expect.equal(members(found, "method"), wanted)


@requirement("DRV-031", "DRV-030")
def test_properties_are_shown_as_constant(bus):
    with Client(bus.address) as c:
        own = introspect(c).find(f"interface[@name='{BUS_NAME}']")
        const = own.find("annotation[@name='org.freedesktop.DBus.Property.EmitsChangedSignal']")
        for name in ("Features", "Interfaces"):
            prop = own.find(f"property[@name='{name}']")
            note = prop.find("annotation") if prop.find("annotation") is not None else const
            expect.equal((prop.get("type"), prop.get("access")), ("as", "read"))
            expect.equal((note.get("name"), note.get("value")),
                         ("org.freedesktop.DBus.Property.EmitsChangedSignal", "const"))


@requirement("DRV-030", "DRV-021")
@differs("dbus-broker", "shows less; DIFF-031")
@cases(("/", "/", ["org/freedesktop/DBus"]), ("/org", "/org", ["freedesktop/DBus"]),
       ("/org/freedesktop", "/org/freedesktop", ["DBus"]), ("elsewhere", "/a/b", []),
       ("below", BUS_PATH + "/x", []))
def test_introspection_elsewhere_shows_what_answers_there_and_the_way(bus, path, children):
    with Client(bus.address) as c:
        node = introspect(c, path)
        expect.equal([x.get("name") for x in node.findall("node")], children)
        expect.equal(sorted(x.get("name") for x in node.findall("interface")),
                     sorted([BUS_NAME, INTROSPECTABLE, PEER]))
        expect.equal(introspect(c).findall("node"), [])


@requirement("DRV-016", "DRV-017", "POL-008")
def test_a_reload_that_takes_the_right_to_speak_counts_at_once(kind):
    with start_bus(kind) as bus, bus.client(uid=USER) as c, bus.client() as root:
        bus.write("bus.conf", config(policy=OPEN, extra=f"""<policy user="{USER}">
            <deny send_interface="org.example.I"/></policy>"""))
        root.bus("ReloadConfig")
        expect.is_error(c.ask(call(root.name, "/", "org.example.I", "M")), "AccessDenied")
