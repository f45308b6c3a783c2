# SPDX-License-Identifier: MIT
"""headway status and headway why: who is on a bus and what they hold, and why they were refused."""

import os

from tests.integration.support import run
from tests.integration.companions import headway
from tests.integration.verbs import documents, fault, verb
from tests.lib import expect
from tests.lib.buses import config, start_bus
from tests.lib.runner import cases, requirement, skip_on

NAME = "org.example.Held"
DENY = '<policy context="mandatory"><deny send_interface="a.b" send_member="No"/></policy>'
CONFIG = config(extra=DENY)
OURS = skip_on("dbus-daemon", "cannot say why")


def test_a_peer_is_what_the_bus_and_the_machine_say_of_it(bus):
    with bus.client() as client, bus.client(uid=1) as waiting:
        client.request_name(NAME)
        waiting.request_name(NAME)
        client.add_match("type='signal',interface='org.example.I'")
        for name in (NAME, "Held", client.name, client.name.removeprefix(":1.")):
            sheet, = documents("status", name, bus=bus)
            wanted = {"unique_name": client.name, "names": [NAME], "pid": os.getpid(),
                      "uid": os.getuid(), "executable": os.readlink("/proc/self/exe"),
                      "match_rules": 1, "bus_names": 2, "outgoing_bytes": 0,
                      "rules": ["type='signal',interface='org.example.I'"]}
            expect.equal({key: sheet.get(key) for key in wanted}, wanted)
        with open("/proc/self/cmdline", encoding="utf-8") as f:
            expect.equal(sheet["command"], f.read().strip("\0").replace("\0", " "))
        sheet, = documents("status", waiting.name, bus=bus)
        expect.equal((sheet["waits_for"], sheet["uid"], sheet.get("names")), ([NAME], 1, None))


def test_people_get_two_columns(bus):
    with bus.client() as client:
        client.request_name(NAME)
        lines = verb("status", NAME, bus=bus).splitlines()
        expect.equal(lines[0].split(), ["unique", "name", client.name])
        expect.equal(lines[1].split(), ["names", NAME])
        expect.contains([line.split() for line in lines], ["uid", "0", "(root)"])


def test_the_bus_is_a_peer_too(bus):
    sheet, = documents("status", bus=bus)
    expect.equal(sheet["pid"], bus.pid)
    expect.equal(len(sheet["id"]), 32)
    expect.contains(sheet["interfaces"], "org.freedesktop.DBus.Monitoring")
    expect.true(sheet["match_rules"] >= 0 and sheet["names"] >= 1, sheet)


def test_who_may_not_ask_for_statistics_is_told_so(kind):
    refuse = '<policy user="daemon"><deny send_interface="org.freedesktop.DBus.Debug.Stats"/>'
    with start_bus(kind, config(extra=refuse + "</policy>")) as bus:
        sheet, = [x for x in documents("status", bus=bus, user=1, group=1)]
        expect.contains(sheet["statistics"], "not told: ")


@cases(("a name that nobody has", "org.example.Nobody", "called like"),
       ("a connection that is gone", ":1.99999", "has the name :1.99999 now"),
       ("a number", "99999", "has the name :1.99999 now"))
def test_who_is_not_there_has_no_status(bus, name, wanted):
    expect.contains(fault(4, "status", name, bus=bus), wanted)


def refuse_one(bus, sender, receiver):
    with expect.error("AccessDenied"):
        sender.call(receiver.name, "/", "a.b", "No")
    return f"{bus.config_path}:"


@OURS
@requirement("POL-051")
def test_refusals_are_listed_with_the_rule_that_decided(kind):
    with start_bus(kind, CONFIG) as bus, bus.client() as receiver, bus.client(uid=1) as sender:
        expect.contains(verb("why", bus=bus), "has refused nothing")
        place = refuse_one(bus, sender, receiver)
        refuse_one(bus, sender, receiver)
        text = verb("why", bus=bus)
        expect.equal(text.count(" send policy\n"), 2)
        expect.contains(text, f'    rule       {place}')
        expect.contains(text, '<deny send_interface="a.b" send_member="No"/>\n    overrides  ')
        expect.equal(verb("why", "--last", "1", bus=bus).count(" send policy\n"), 1)
        first, second = documents("why", bus=bus)
        expect.equal((first["number"], second["number"], first["sender"], first["layer"]),
                     (1, 2, sender.name, "send policy"))


@OURS
@requirement("POL-051")
def test_what_would_be_refused_can_be_asked(bus):
    with bus.client() as receiver, bus.client(uid=1) as sender:
        question = ("why", "--sender", sender.name, "--to", receiver.name, "-i", "a.b", "-m")
        text = run(headway(), *question, "No", bus=bus, status=1).stdout
        expect.contains(text, "send policy refuses it\n")
        expect.contains(text, f'{bus.config_path}:')
        text = verb(*question, "Yes", bus=bus)
        expect.equal([line for line in text.splitlines() if not line.startswith(" ")],
                     ["send policy allows it", "receive policy allows it"])
        expect.equal([x["allowed"] for x in documents("why", "--own", "x.y", bus=bus)], [True])
        # Nothing was sent, and nothing is remembered of it.
        expect.contains(verb("why", bus=bus), "has refused nothing")


@OURS
def test_questions_that_are_none_are_refused(bus):
    expect.contains(fault(2, "why", "-m", "M", bus=bus), "--to")
    expect.contains(fault(2, "why", "--own", "a.b", "--to", "a.b", bus=bus), "--own")
    expect.contains(fault(2, "why", "--last", "many", bus=bus), "no number")
    fault(4, "why", "--to", "a.b", "-s", "org.example.Nobody", bus=bus)


def test_another_bus_cannot_say_why(_kind):
    with start_bus("dbus-daemon") as bus:
        expect.contains(fault(1, "why", bus=bus), "is no headwayd, and cannot say why")
        sheet, = documents("status", bus=bus)
        expect.equal(sheet["process"], "dbus-daemon")
