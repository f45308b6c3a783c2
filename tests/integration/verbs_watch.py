# SPDX-License-Identifier: MIT
"""headway watch: what services tell everybody, in words."""

import contextlib
import json
import re

from tests.integration.companions import headway
from tests.integration.support import Program
from tests.integration.verbs import fault
from tests.lib import expect
from tests.lib.codec import Variant
from tests.lib.runner import cases

NAME = "org.example.Thermostat"
PATH = "/org/example/Thermostat"
IFACE = "org.example.Thermostat1"
PROPERTIES = "org.freedesktop.DBus.Properties"
MANAGER = "org.freedesktop.DBus.ObjectManager"
XML = f"""<node><interface name="{IFACE}"><property name="Current" type="i" access="read"/>
</interface></node>"""


@contextlib.contextmanager
def thermostat(bus, name=NAME):
    with bus.client() as client:
        client.request_name(name)
        yield client


def answer_questions(client, value=20):
    """What it is asked before anything happens: of which interfaces it is, and their values."""
    client.reply(client.next_call("Introspect"), "s", XML)
    client.reply(client.next_call("GetAll"), "a{sv}", {"Current": Variant("i", value)})


def change(client, value, path=PATH, interface=IFACE, invalidated=()):
    client.emit(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", interface,
                {} if value is None else {"Current": Variant("i", value)}, list(invalidated))
    client.sync()


@contextlib.contextmanager
def watching(bus, *arguments):
    with Program(headway(), "watch", "--address", bus.address, *arguments, bus=bus) as program:
        yield program


def lines(program):
    """Without the times."""
    return [re.sub(r"^\d\d:\d\d:\d\d\.\d{6} ", "", line)
            for line in program.out.text().splitlines()]


def test_values_are_shown_with_those_before(bus):
    with thermostat(bus) as client, watching(bus, NAME, PATH) as program:
        answer_questions(client)
        change(client, 31)
        client.emit(PATH, IFACE, "Overheated", "is", 31, "C")
        change(client, 32)
        program.wait_for("31 -> 32\n")
        expect.equal(lines(program), [f"{NAME} {PATH}: Current 20 -> 31",
                                      f'{NAME} {PATH}: Overheated(31, "C")',
                                      f"{NAME} {PATH}: Current 31 -> 32"])


def test_a_value_that_is_not_told_is_asked_for(bus):
    with thermostat(bus) as client, watching(bus, NAME, PATH) as program:
        answer_questions(client)
        change(client, None, invalidated=["Current"])
        question = client.next_call("Get")
        expect.equal(question.args, [IFACE, "Current"])
        client.reply(question, "v", Variant("i", 25))
        program.wait_for("20 -> 25\n")


def test_a_short_name_is_enough(bus):
    with thermostat(bus) as client, watching(bus, "thermostat", PATH) as program:
        answer_questions(client)
        change(client, 31)
        program.wait_for(f"{NAME} {PATH}: Current 20 -> 31\n")


def test_the_service_is_followed_when_it_starts_anew(bus):
    with thermostat(bus) as client, watching(bus, NAME, PATH) as program:
        answer_questions(client)
        client.release_name(NAME)
        program.wait_for(f"{NAME}: vanished\n")
        change(client, 1)  # of somebody else, by now
        with thermostat(bus) as other:
            answer_questions(other, 40)
            change(other, 41)
            program.wait_for("40 -> 41\n")
            expect.equal(lines(program), [f"{NAME}: vanished",
                                          f"{NAME}: appeared as {other.name}",
                                          f"{NAME} {PATH}: Current 40 -> 41"])


def test_objects_come_and_go_below_their_manager(bus):
    with thermostat(bus) as client, watching(bus, NAME, PATH) as program:
        answer_questions(client)
        for path in ("/elsewhere", PATH + "/1"):
            client.emit("/", MANAGER, "InterfacesAdded", "oa{sa{sv}}", path,
                        {IFACE: {"Current": Variant("i", 7)}})
        change(client, 8, path=PATH + "/1")
        client.emit("/", MANAGER, "InterfacesRemoved", "oas", PATH + "/1", [IFACE])
        client.sync()
        program.wait_for("vanished\n")
        expect.equal(lines(program), [f"{NAME} {PATH}/1: appeared with {IFACE}",
                                      f"{NAME} {PATH}/1: Current 7 -> 8",
                                      f"{NAME} {PATH}/1: {IFACE} vanished"])


@cases(("the interface", (PATH, IFACE), [f"{NAME} {PATH}: Overheated()",
                                         f"{NAME} {PATH}: Current 20 -> 21"]),
       ("another interface", (PATH, "org.example.Other"), [f"{NAME} {PATH}: Last()"]))
def test_an_interface_is_chosen(bus, arguments, wanted):
    with thermostat(bus) as client, watching(bus, NAME, *arguments) as program:
        client.reply(client.next_call("Introspect"), "s", XML)
        if IFACE in arguments:
            client.reply(client.next_call("GetAll"), "a{sv}", {"Current": Variant("i", 20)})
        client.emit(PATH, IFACE, "Overheated")
        change(client, 1, interface="org.example.Third")
        client.emit(PATH, "org.example.Other", "Last")
        change(client, 21)
        program.wait_for(wanted[-1].rpartition(": ")[2])
        expect.equal(lines(program), wanted)


def test_without_a_service_everything_is_watched(bus):
    with watching(bus) as program, thermostat(bus) as client:
        while "Ready" not in program.out.text():
            client.emit("/", IFACE, "Ready")
            client.sync()
        with thermostat(bus, "org.example.Other") as other:
            change(other, 1)
            program.wait_for(f"org.example.Other {PATH}: Current = 1\n")
            expect.contains(lines(program), f"org.example.Other: appeared as {other.name}")
        program.wait_for("org.example.Other: vanished\n")
        expect.contains(lines(program), f"{NAME} /: Ready()")


def test_changes_are_objects_for_programs(bus):
    with thermostat(bus) as client, watching(bus, NAME, PATH, "--json") as program:
        answer_questions(client)
        change(client, 31)
        program.wait_for("\n")
        document = json.loads(program.out.text())
        del document["time_usec"]
        expect.equal(document, {"kind": "property", "sender": client.name, "path": PATH,
                                "interface": IFACE, "property": "Current",
                                "before": {"type": "i", "data": 20},
                                "value": {"type": "i", "data": 31}})


def test_its_end_is_that_of_the_time_or_the_bus(bus):
    with thermostat(bus) as client, watching(bus, NAME, PATH, "-d", "1ms") as program:
        answer_questions(client)
        expect.equal(program.wait(), 0)


def test_a_service_that_is_nowhere_cannot_be_watched(bus):
    fault(4, "watch", "org.example.Nowhere", bus=bus)
