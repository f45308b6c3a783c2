# SPDX-License-Identifier: MIT
"""headway monitor: what it shows of the messages that go through a bus."""

import contextlib
import json
import os
import signal
import struct
import tempfile

from tests.integration.companions import headway
from tests.integration.support import Program, output, run
from tests.integration.verbs import fault, verb
from tests.lib import expect
from tests.lib import message as m
from tests.lib.buses import config, start_bus
from tests.lib.codec import Variant
from tests.lib.runner import cases, requirement, skip_on

CLOCK = "org.example.Clock"
IFACE = "org.example.Clock1"


@contextlib.contextmanager
def monitoring(bus, *arguments, name="monitor", **options):
    """`headway monitor`, or another verb, which sees everything from now on."""
    with bus.client() as witness:
        witness.add_match("type='signal',member='NameOwnerChanged'")
        with Program(headway(), name, "--address", bus.address, *arguments, bus=bus,
                     **options) as program:
            # Who becomes a monitor loses its name.
            while witness.next_signal("NameOwnerChanged").args[2] != "":
                pass
            yield program


@contextlib.contextmanager
def talking(bus):
    """Somebody calls a clock by its name, and both stay; the names of both."""
    with bus.client() as clock, bus.client() as caller:
        clock.request_name(CLOCK)
        asked = caller.post(m.call(CLOCK, "/org/example/Clock", IFACE, "Set", "sa{sv}",
                                   ["noon", {"zone": Variant("i", 1)}]))
        clock.reply(clock.next_call(), "b", True)
        caller.reply_to(asked)
        caller.post(m.call(CLOCK, "/org/example/Clock/hand", IFACE, "Break"))
        clock.post(m.error(clock.next_call(), "org.example.Error.Stuck", "too old"))
        clock.emit("/org/example/Clock", IFACE, "Ticked", "u", 5)
        caller.emit("/", "org.example.End", "End")
        caller.sync()
        clock.sync()
        yield clock.name, caller.name


def talk(bus):
    """The same, and both leave: perhaps before anybody can ask who they were."""
    with talking(bus) as names:
        return names


def documents_of(program):
    whole = program.out.text().rpartition("\n")[0]
    return [json.loads(line) for line in whole.splitlines()]


def until_end(bus, *arguments):
    """What it prints, as objects, of what talking() says; a filter shows the signal End."""
    with monitoring(bus, "--json", *arguments) as program, talking(bus) as names:
        program.wait_for('"member":"End"')
        return documents_of(program), *names


def kinds(documents):
    """Of our two: the types, with members."""
    return [(x["type"], x.get("member") or x.get("call", {}).get("member")) for x in documents
            if IFACE in (x.get("interface"), x.get("call", {}).get("interface"))]


ALL = [("call", "Set"), ("return", "Set"), ("call", "Break"), ("error", "Break"),
       ("signal", "Ticked")]


def test_every_message_is_an_object_that_says_what_it_is(bus):
    documents, clock, caller = until_end(bus)
    expect.equal(kinds(documents), ALL)
    ours = [x for x in documents if kinds([x])]
    call, answer, _, error, ticked = ours
    wanted = {"sender": caller, "sender_pid": os.getpid(), "sender_uid": os.getuid(),
              "sender_executable": os.readlink("/proc/self/exe"), "destination": CLOCK,
              "path": "/org/example/Clock", "interface": IFACE,
              "body": {"type": "sa{sv}",
                       "data": ["noon", {"zone": {"type": "i", "data": 1}}]}}
    expect.equal({key: call.get(key) for key in wanted}, wanted)
    wanted = {"sender": clock, "sender_names": [CLOCK], "destination": caller,
              "reply_serial": call["serial"],
              "call": {"destination": CLOCK, "path": "/org/example/Clock", "interface": IFACE,
                       "member": "Set"}}
    expect.equal({key: answer.get(key) for key in wanted}, wanted)
    # Times are cut to whole microseconds.
    expect.true(abs(answer["time_usec"] - call["time_usec"] - answer["latency_usec"]) <= 1, answer)
    expect.equal((error["error"], error["body"]["data"]), ("org.example.Error.Stuck", ["too old"]))
    expect.true("destination" not in ticked, ticked)


def test_its_own_questions_are_not_shown(bus):
    documents, _, _ = until_end(bus)
    expect.equal([x for x in documents if x.get("member") == "GetConnectionCredentials"], [])


@cases(
    ("everything", (), ALL),
    ("a name, answers too", ("--name", CLOCK), ALL),
    ("names by a pattern", ("-n", "org.example.C*"), ALL),
    ("a name that others have", ("-n", "org.example.Cl"), []),
    ("an interface, answers too", ("-i", IFACE), ALL),
    ("a member", ("--member", "Set"), ALL[:2]),
    ("one of two members", ("-m", "Set", "-m", "T*"), [*ALL[:2], ALL[4]]),
    ("a path", ("-p", "/org/example/Clock/hand"), ALL[2:4]),
    ("a path and all below", ("--path-namespace", "/org/example/Clock"), ALL),
    ("a type", ("--type", "signal"), [ALL[4]]),
    ("answers to a member", ("--type", "return", "--type", "error", "-m", "Break"), [ALL[3]]),
    ("a path and a member", ("-p", "/org/example/Clock", "-m", "Break"), []),
)
def test_filters_choose(bus, arguments, wanted):
    with monitoring(bus, "--pcap", "-") as program:
        talk(bus)
        program.wait_for("End\0")
        program.kill(signal.SIGTERM)
        program.wait()
        done = run(headway(), "monitor", "--read", "-", "--json", *arguments, status=None,
                   input=bytes(program.raw), text=False, errors=None)
    expect.equal(kinds([json.loads(line) for line in done.stdout.splitlines()]), wanted)


@cases(("signals, by rules of the bus", "signal"), ("calls", "call"))
def test_filters_hold_for_a_live_bus(bus, kind):
    with monitoring(bus, "--json", "--type", kind, "-n", CLOCK, "-i", IFACE) as program:
        talk(bus)
        talk(bus)
        program.wait_for('"member"', 2 * len([x for x in ALL if x[0] == kind]))
        expect.equal(kinds(documents_of(program)), 2 * [x for x in ALL if x[0] == kind])


def test_the_sender_is_chosen_by_its_process(bus):
    ours = ("-e", os.path.basename(os.readlink("/proc/self/exe")), "--pid", str(os.getpid()))
    documents, _, _ = until_end(bus, *ours)
    expect.equal(kinds(documents), ALL)
    with monitoring(bus, "--json", "--uid", "1", "-i", IFACE) as program, \
            bus.client() as root, bus.client(uid=1) as other:
        root.emit("/", IFACE, "FromRoot")
        root.sync()
        other.emit("/", IFACE, "FromOther")
        other.sync()
        program.wait_for("FromOther")
        expect.equal([x["member"] for x in documents_of(program)], ["FromOther"])


def test_a_name_is_followed_from_owner_to_owner(bus):
    with monitoring(bus, "--json", "--name", CLOCK) as program, bus.client() as one, \
            bus.client() as two:
        one.emit("/", IFACE, "Before")
        one.request_name(CLOCK)
        one.emit("/", IFACE, "First")
        two.request_name(CLOCK)
        two.emit("/", IFACE, "Waiting")
        two.sync()
        one.release_name(CLOCK)
        two.emit("/", IFACE, "Second")
        one.emit("/", IFACE, "After")
        one.sync()
        program.wait_for("Second")
        signals = [x["member"] for x in documents_of(program)
                   if x["type"] == "signal" and x.get("interface") == IFACE]
        expect.equal(signals, ["First", "Second"])


def test_people_get_a_line_each(bus):
    with monitoring(bus, "-i", IFACE) as program:
        talk(bus)
        program.wait_for("Ticked(5)")
        lines = program.out.text().splitlines()
    expect.equal(len(lines), 5)
    words = [line.split() for line in lines]
    expect.equal([w[1] for w in words], ["call", "return", "call", "error", "signal"])
    expect.contains(lines[0], f'/org/example/Clock {IFACE}.Set("noon", {{"zone": 1}})')
    expect.contains(lines[1], "Set(true)  ")
    expect.true(lines[1].endswith((" us", " ms", " s")), lines[1])
    expect.contains(lines[3], 'Break: org.example.Error.Stuck("too old")')
    expect.equal(words[4][2:5], [CLOCK, ">", "(all)"])
    expect.equal({line.index(" > ") for line in lines}, {lines[0].index(" > ")})


def test_verbose_shows_all_values(bus):
    long = "x" * 5000
    with monitoring(bus, "-i", IFACE, "-v") as program, bus.client() as client:
        client.emit("/", IFACE, "Long", "su", long, 5)
        client.sync()
        program.wait_for(f"{IFACE}.Long\n    {long}\n    5\n")


def test_it_ends_after_so_many_messages_or_so_long(bus):
    with monitoring(bus, "-i", IFACE, "--count", "2") as program:
        talk(bus)
        expect.equal(program.wait(), 0)
        expect.equal(len(program.out.text().splitlines()), 2)
    expect.equal(verb("monitor", "--duration", "1ms", "--uid", "12345", bus=bus), "")


@requirement("TOOL-023")
def test_captures_are_read_by_wireshark_and_by_itself(bus):
    with tempfile.TemporaryDirectory() as place:
        capture = os.path.join(place, "bus.pcap")
        with monitoring(bus, "--pcap", capture, "-i", IFACE, "--count", "5") as program:
            clock, caller = talk(bus)
            expect.equal((program.wait(), program.out.text()), (0, ""))
        with open(capture, "rb") as f:
            head = f.read(24)
        expect.equal(struct.unpack("=I", head[20:]), (231,))

        documents = [json.loads(line) for line in
                     verb("monitor", "--read", capture, "--json").splitlines()]
        expect.equal(kinds(documents), ALL)
        expect.equal(documents[1]["sender_names"], [CLOCK])
        some = verb("monitor", "--read", capture, "--type", "error", "--name", caller)
        expect.contains(some, "Break: org.example.Error.Stuck")
        expect.equal(some.count("\n"), 1)

        rows = output("tshark", "-r", capture, "-T", "fields", "-e", "dbus.sender", "-e",
                      "dbus.member", env={"HOME": place}).splitlines()
        expect.equal([row.split("\t") for row in rows],
                     [[caller, "Set"], [clock, ""], [caller, "Break"], [clock, ""],
                      [clock, "Ticked"]])


def test_captures_pass_through_pipes(bus):
    with monitoring(bus, "--pcap", "-", "-i", IFACE, "--count", "5") as program:
        talk(bus)
        program.wait()
        done = run(headway(), "monitor", "--read", "-", "--json", input=bytes(program.raw),
                   text=False, errors=None)
    expect.equal(kinds([json.loads(line) for line in done.stdout.splitlines()]), ALL)


def test_what_cannot_be_is_said(bus):
    expect.contains(fault(1, "monitor", "--read", "/nonexistent"), "No such file")
    expect.contains(fault(1, "monitor", "--read", "/etc/passwd"), "no pcap file")
    expect.contains(fault(2, "monitor", "--read", "x", "--pid", "1"), "which process")
    expect.contains(fault(2, "monitor", "--uid", "me"), "no number")
    expect.contains(fault(1, "monitor", "--pcap", "/nonexistent/x", bus=bus), "cannot write")


def test_who_may_not_watch_is_told_what_he_may(kind):
    with start_bus(kind, config()) as bus:
        os.chmod(os.path.dirname(bus.address.partition("path=")[2].partition(",")[0]), 0o755)
        text = fault(1, "monitor", bus=bus, user=1, group=1)
        expect.contains(text, "headway watch")


def test_the_end_of_the_bus_is_told(kind):
    with start_bus(kind) as bus, monitoring(bus) as program:
        with bus.client() as client:
            client.emit("/", IFACE, "Last")
            client.sync()
        program.wait_for("Last()")
        bus.stop()
        expect.equal(program.wait(), 3)
        expect.contains(program.err.text(), "has ended")


@skip_on("dbus-daemon", "drops messages for it instead")
def test_a_monitor_that_is_too_slow_is_dropped_and_says_so(kind):
    limits = '<limit name="max_outgoing_bytes">1000000</limit>'
    with start_bus(kind, config(extra=limits)) as bus, bus.client() as client:
        with monitoring(bus, "-v", "-i", IFACE) as program:
            program.kill(signal.SIGSTOP)
            body = "x" * 100_000
            for _ in range(100):
                client.emit("/", IFACE, "Flood", "s", body)
                client.sync()
            program.kill(signal.SIGCONT)
            expect.equal(program.wait(), 3)
            expect.contains(program.err.text(), "has dropped this monitor")
