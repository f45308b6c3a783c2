# SPDX-License-Identifier: MIT
"""headway tree, show, call, get, set and emit: transcripts with a service written with GDBus."""

import contextlib
import json
import os
import shlex

from tests.integration.companions import headway
from tests.integration.support import peer, run
from tests.integration.verbs import documents, fault, on_terminal, verb
from tests.lib import expect
from tests.lib.buses import start_bus
from tests.lib.runner import cases

TREE = """\
/
└─ /org
   └─ /org/example
      └─ /org/example/Lamp  org.example.Lamp1
         └─ /org/example/Lamp/bulb
            ├─ /org/example/Lamp/bulb/1  org.example.Bulb1
            └─ /org/example/Lamp/bulb/2  org.example.Bulb1
"""
SHOWN = """\
/org/example/Lamp of org.example.Lamp

org.example.Lamp1
  method  Mix      (colors a(sd), options a{sv}) -> (name s, level u)
  method  Echo     (arg_0 v) -> (arg_1 v)
  method  Rows     () -> (arg_0 a(su))
  method  Read     (from h) -> (arg_1 s)
  method  Refuse   ()
  method  Never    ()
  method  Flash    (times u)  (deprecated)
  signal  Flashed  (times u, by s)
  property  Level  rw  u      3
  property  Modes  r   as     ["day", "night"]
  property  Extra  r   a{sv}  {"watts": 5.5}
"""


@contextlib.contextmanager
def a_lamp(kind):
    with start_bus(kind) as bus, peer("lamp.py", bus=bus) as lamp:
        yield bus, lamp


def heard(lamp, command, bus):
    """What the service says it got by this command."""
    lamp.out.wait_for("ready\n")
    before = len(lamp.out.text())
    verb(*shlex.split(command), bus=bus)
    lamp.out.wait_for("\n", lamp.out.text()[:before].count("\n") + 1)
    return lamp.out.text()[before:].rstrip("\n")


@cases(
    ("tree", "tree Lamp", TREE),
    ("a part of a tree", "tree Lamp /org/example/Lamp/bulb", "/org/example/Lamp/bulb\n"
     "├─ /org/example/Lamp/bulb/1  org.example.Bulb1\n"
     "└─ /org/example/Lamp/bulb/2  org.example.Bulb1\n"),
    ("a part of a tree by the end of its path", "tree Lamp bulb/2",
     "/org/example/Lamp/bulb/2  org.example.Bulb1\n"),
    ("show", "show Lamp /org/example/Lamp", SHOWN),
    ("show by the end of a path", "show Lamp Lamp", SHOWN),
    ("a reply as expected", "call Lamp Mix '' '' --expect '(mixed, 0)'", "mixed\n0\n"),
    ("a value as expected", "call DBus NameHasOwner org.example.Lamp -e yes", "true\n"),
    ("one property", "get Lamp Level", "3\n"),
    ("an array", "get Lamp Modes", "day\nnight\n"),
    ("a dictionary", "get Lamp Extra", "watts  5.5\n"),
    ("several properties", "get Lamp Level Modes", 'Level  3\nModes  ["day", "night"]\n'),
    ("all properties", "get Lamp", "org.example.Lamp1\n  Level  3\n"
     '  Modes  ["day", "night"]\n  Extra  {"watts": 5.5}\n'),
    ("a property of a whole name", "get org.example.Lamp /org/example/Lamp/bulb/1 "
     "org.example.Bulb1.On", "false\n"),
    ("a reply of two values", "call Lamp Mix '[[red, 0.5], (blue, 1)]' level=u:5", "mixed\n2\n"),
    ("a reply in rows", "call Lamp rows", "one     1\neleven  11\n"),
    ("a variant back", "call Lamp Echo '{a: [1, 2], b: {c: x}}'", 'a  [1, 2]\nb  {"c": "x"}\n'),
    ("a file", "call Lamp Read @/proc/sys/kernel/ostype", "Linux\n\n"),
    ("a method of one object among several", "call Lamp /org/example/Lamp/bulb/1 Blink", ""),
    ("a method of every object", "call Lamp Ping", ""),
    ("a signature", "call -s v org.example.Lamp /org/example/Lamp org.example.Lamp1.Echo y:7",
     "7\n"),
    ("no reply", "call --no-reply Lamp Never", ""),
)
def test_the_verbs_print(kind, command, wanted):
    with a_lamp(kind) as (bus, _):
        expect.equal(verb(*shlex.split(command), bus=bus), wanted)


@cases(
    ("values", "call Lamp Mix 'red=1' ''", None),
    ("structs", "call Lamp Mix '(red, 1),[green, 0.5]' '{level: u:5, names: [a, b], on: true}'",
     ": Mix ([('red', 1.0), ('green', 0.5)], {'level': <uint32 5>, 'names': <['a', 'b']>, "
     "'on': <true>})"),
    ("nothing in containers", "call Lamp Mix '' ''", ": Mix (@a(sd) [], @a{sv} {})"),
    ("json", """call Lamp Mix '[]' '{"x": {"type": "y", "data": 7}}'""",
     ": Mix (@a(sd) [], {'x': <byte 0x07>})"),
    ("a property", "set Lamp Level 0x10", ": set Level uint32 16"),
    ("a property with its type", "set -s u org.example.Lamp /org/example/Lamp "
     "org.example.Lamp1.Level 9", ": set Level uint32 9"),
    ("a property of an object", "set Lamp /org/example/Lamp/bulb/2 On yes",
     "/bulb/2: set On true"),
)
def test_values_arrive_as_they_are_written(kind, command, wanted):
    with a_lamp(kind) as (bus, lamp):
        if wanted is None:
            expect.contains(fault(2, *shlex.split(command), bus=bus),
                            'value 1 (colors), of type a(sd): "[" is expected where "red=1" stands')
        else:
            expect.equal(heard(lamp, command, bus), wanted)


def test_several_properties_are_set_or_none(kind):
    with a_lamp(kind) as (bus, _):
        verb("set", "Lamp", "Level", "5", "Lamp1.Level", "6", bus=bus)
        expect.equal(verb("get", "Lamp", "Level", bus=bus), "6\n")
        expect.equal(fault(2, "set", "Lamp", "Level", "7", "Level", "x", bus=bus),
                     'Level, of type u: "x" is no whole number from 0 to 4294967295')
        expect.equal(verb("get", "Lamp", "Level", bus=bus), "6\n")


@cases(
    ("an error", 1, "call Lamp Refuse", "org.example.Error.Refused: as it was asked to"),
    ("a value missing", 2, "call Lamp Flash",
     "org.example.Lamp1.Flash takes 1 value (times u), not 0"),
    ("a wrong value", 2, "call Lamp Flash many",
     'value 1 (times), of type u: "many" is no whole number from 0 to 4294967295'),
    ("no method", 2, "call Lamp /org/example/Lamp", "METHOD is missing; see: headway help call"),
    ("an unknown method", 4, "call Lamp Explode", 'no object of org.example.Lamp has a method '
     '"Explode"; `headway tree org.example.Lamp` lists them'),
    ("an unknown method of an object", 4, "call Lamp /org/example/Lamp Explode",
     '/org/example/Lamp of org.example.Lamp has no method "Explode"; '
     '`headway show org.example.Lamp /org/example/Lamp` lists them'),
    ("an unknown service", 4, "call Lantern Light", 'no service on BUSES is called like "Lantern"; '
     '`headway ls` lists them'),
    ("a service among several", 4, "call org Light", '"org" could be any of: org.example.Lamp, '
     'org.freedesktop.DBus; write more of the name'),
    ("a property among several", 4, "get Lamp On", 'property "On" could be any of: '
     'org.example.Bulb1.On of /org/example/Lamp/bulb/1, org.example.Bulb1.On of '
     '/org/example/Lamp/bulb/2; name the object or the interface'),
    ("an unknown property", 4, "get Lamp Weight", 'no object of org.example.Lamp has a property '
     '"Weight"; `headway tree org.example.Lamp` lists them'),
    ("no reply in time", 5, "call -t 10ms -s '' org.example.Lamp /org/example/Lamp "
     "org.example.Lamp1.Never", None),
    ("no signature", 2, "call -s zz Lamp Never", "--signature=zz: that is none, such as sa{sv}"),
    ("a property without value", 2, "set Lamp Level", "VALUE is missing; see: headway help set"),
    ("a path that is none", 2, "tree Lamp o-rg",
     '"o-rg" is no object path, such as /org, nor the end of one'),
    ("an end of no path", 4, "show Lamp ulb/1", 'no object of org.example.Lamp ends in /ulb/1; '
     '`headway tree org.example.Lamp` lists them'),
    ("another reply", 1, "call Lamp Mix '' '' -e mixed,7",
     'the reply is ["mixed",0], not ["mixed",7]'),
    ("another value", 1, "call Lamp Echo x -e y",
     'the reply is {"type":"s","data":"x"}, not {"type":"s","data":"y"}'),
    ("no value that the reply can have", 2, "call Lamp Mix '' '' -e mixed",
     '--expect, of type (su): "," is missing at the end'),
    ("a reply without value", 1, "call Lamp /org/example/Lamp/bulb/1 Blink -e 1",
     "the reply has no value; --expect wants one"),
    ("a reply that is not waited for", 2, "call --no-reply Lamp Never -e 1",
     "--expect needs the reply that --no-reply refuses"),
)
def test_what_goes_wrong_is_said_in_one_line(kind, status, command, wanted):
    with a_lamp(kind) as (bus, _):
        said = fault(status, *shlex.split(command), bus=bus)
        if wanted is None:
            expect.contains(said, "NoReply")
            expect.contains(said, "--timeout sets how long to wait")
        else:
            expect.equal(said, wanted.replace("BUSES", "the session bus or the system bus"))


def test_verbose_says_what_short_names_mean(kind):
    with a_lamp(kind) as (bus, _):
        done = run(headway(), "call", "-v", "lamp", "rows", bus=bus)
        expect.equal(done.stdout, "one     1\neleven  11\n")
        expect.equal(done.stderr, "headway: org.example.Lamp on the session bus\n"
                     "headway: org.example.Lamp1.Rows of /org/example/Lamp\n")


def test_the_system_bus_is_looked_at_when_the_session_bus_has_no_such_service(kind):
    with a_lamp(kind) as (bus, _), start_bus(kind) as session:
        env = {"DBUS_SESSION_BUS_ADDRESS": session.address, "DBUS_SYSTEM_BUS_ADDRESS": bus.address}
        expect.equal(verb("get", "Lamp", "Level", env=env), "3\n")
        expect.equal(fault(4, "get", "--session", "Lamp", "Level", env=env),
                     'no service on the session bus is called like "Lamp"; `headway ls` lists them')


def test_a_service_is_shown_with_its_process_and_objects(kind):
    with a_lamp(kind) as (bus, lamp):
        text = verb("show", "Lamp", bus=bus)
        expect.equal(text[text.index("\n\n") + 2:], TREE)
        facts = dict(line.split(maxsplit=1) for line in text.split("\n\n")[0].splitlines()[1:])
        expect.equal(facts["process"].split()[0], str(lamp.pid))
        expect.equal(facts["executable"], os.readlink(f"/proc/{lamp.pid}/exe"))
        document, = documents("show", "Lamp", bus=bus)
        expect.equal((document["service"], document["pid"]), ("org.example.Lamp", lamp.pid))
        expect.contains(document["objects"], "/org/example/Lamp/bulb/2")


def test_json_has_everything_in_fixed_places(kind):
    with a_lamp(kind) as (bus, _):
        expect.equal(documents("call", "Lamp", "Mix", "[]", "{}", bus=bus),
                     [{"type": "su", "data": ["mixed", 0]}])
        expect.equal(documents("get", "Lamp", "Extra", bus=bus),
                     [{"path": "/org/example/Lamp", "interface": "org.example.Lamp1",
                       "property": "Extra", "type": "a{sv}",
                       "data": {"watts": {"type": "d", "data": 5.5}}}])
        expect.equal([found["property"] for found in documents("get", "Lamp", bus=bus)],
                     ["Level", "Modes", "Extra"])
        expect.equal(documents("tree", "Lamp", "/org/example/Lamp/bulb/1", bus=bus),
                     [{"path": "/org/example/Lamp/bulb/1", "interfaces": ["org.example.Bulb1"]}])
        shown, = documents("show", "-I", "Bulb", "Lamp", "/org/example/Lamp/bulb/1", bus=bus)
        expect.equal(shown, {"service": "org.example.Lamp", "path": "/org/example/Lamp/bulb/1",
                             "interfaces": [{"name": "org.example.Bulb1", "methods": [
                                 {"name": "Blink", "in": [], "out": []}], "signals": [],
                                 "properties": [{"name": "On", "type": "b", "access": "rw",
                                                 "data": False}]}]})


def test_what_json_prints_can_be_written_again(kind):
    with a_lamp(kind) as (bus, _):
        value = '{"a":{"type":"ai","data":[1,2]},"b":{"type":"(sy)","data":["x",7]}}'
        first = json.loads(verb("call", "--json", "Lamp", "Echo", value, bus=bus))
        again = json.loads(verb("call", "--json", "Lamp", "Echo",
                                json.dumps(first["data"][0]), bus=bus))
        expect.equal(first, again)
        expect.equal(json.dumps(first["data"][0]["data"], separators=(",", ":")), value)


def test_colors_are_no_part_of_what_is_aligned(kind):
    with a_lamp(kind) as (bus, _):
        text = on_terminal("get", "Lamp", "Extra", bus=bus)
        expect.equal(text, "\033[36mwatts\033[0m  5.5\n")


@cases(
    ("guessed", ["/a", "org.example.I.S", "x", "5", "u:5", "[a]"], "siuas", ["x", 5, 5, ["a"]]),
    ("typed", ["-s", "ya{ss}", "/a", "org.example.I.S", "7", "k=v"], "ya{ss}", [7, {"k": "v"}]),
    ("nothing", ["/a", "org.example.I.S"], "", []),
)
def test_emit_sends_a_signal(bus, arguments, signature, values):
    with bus.client() as listener:
        listener.add_match("interface='org.example.I'")
        verb("emit", "--name=org.example.Emitter", *arguments, bus=bus)
        got = listener.next_signal("S")
        expect.equal((got.path, got.interface, got.signature, got.args),
                     ("/a", "org.example.I", signature, values))


@cases(
    ("a member alone", ["/a", "S"], '"/a S" is no object path and signal, such as /org/example '
     'org.example.Interface.Member'),
    ("a value that does not fit", ["-s", "u", "/a", "a.b.C", "x"],
     'value 1, of type u: "x" is no whole number from 0 to 4294967295'),
    ("a name that is none", ["--name=x", "/a", "a.b.C"],
     "--name=x: that is no name, such as org.example"),
)
def test_emit_refuses(bus, arguments, wanted):
    expect.equal(fault(2, "emit", *arguments, bus=bus), wanted)
