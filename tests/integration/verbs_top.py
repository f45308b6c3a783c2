# SPDX-License-Identifier: MIT
"""headway top: who sends how much, and whose calls wait."""

import json
import os

from tests.integration.verbs import documents, fault, on_terminal, verb
from tests.integration.verbs_monitor import CLOCK, IFACE, monitoring
from tests.lib import expect
from tests.lib import message as m
from tests.lib.runner import cases


def counting(bus, *arguments):
    """`headway top`, which counts from now on."""
    return monitoring(bus, "--json", "--interval", "20ms", *arguments, name="top")


def intervals(program):
    """What it prints, interval by interval: the peers by their names."""
    for number in range(1, 1 << 30):
        program.wait_for("\n", number)
        yield {peer["name"]: peer
               for peer in json.loads(program.out.text().splitlines()[number - 1])["peers"]}


def test_what_each_peer_sends_is_counted_once(bus):
    with bus.client() as clock, counting(bus) as program:
        clock.request_name(CLOCK)
        size = 0
        for _ in range(50):
            size += len(m.signal("/", IFACE, "Ticked", "s", ["x" * 100], sender=clock.name).pack())
            clock.emit("/", IFACE, "Ticked", "s", "x" * 100)
        sent = [0, 0]
        for peers in intervals(program):
            peer = peers.get(clock.name, {"messages": 0, "bytes": 0})
            sent = [sent[0] + peer["messages"], sent[1] + peer["bytes"]]
            if sent[0] >= 51:  # with the call that requests the name
                break
        expect.equal(sent[0], 51)
        expect.true(sent[1] > size, f"{sent[1]} bytes are less than {size}")
        expect.equal({key: peer[key] for key in ("names", "pid", "uid", "executable")},
                     {"names": [CLOCK], "pid": os.getpid(), "uid": os.getuid(),
                      "executable": os.readlink("/proc/self/exe")})


def test_calls_wait_until_they_are_answered(bus):
    with bus.client() as clock, bus.client() as caller, counting(bus) as program:
        clock.request_name(CLOCK)
        caller.post(m.call(CLOCK, "/", IFACE, "Set"))
        asked = caller.post(m.call(clock.name, "/", IFACE, "Set"))
        seen = intervals(program)
        wait_for(seen, {caller.name: (2, 0), clock.name: (0, 2)})
        # What waits is told of each time.
        wait_for(seen, {caller.name: (2, 0), clock.name: (0, 2)})
        clock.reply(clock.next_call())
        wait_for(seen, {caller.name: (1, 0), clock.name: (0, 1)})
        clock.close()  # the bus answers for it
        caller.reply_to(asked)
        wait_for(seen, {})


def wait_for(seen, wanted):
    """Waits for an interval at whose end so many calls wait, and are owed answers."""
    for peers in seen:
        if {name: (peer["waiting"], peer["owed"]) for name, peer in peers.items()
                if peer["waiting"] or peer["owed"]} == wanted:
            return


def test_it_ends_after_as_many_intervals_as_are_wanted(bus):
    expect.equal(len(documents("top", "-n", "3", "-i", "1ms", bus=bus)), 3)
    expect.equal(len(documents("top", "--once", "-i", "1ms", bus=bus)), 1)


@cases(("by messages", "messages", ["many", "large", "waits"]),
       ("by bytes", "bytes", ["large", "many", "waits"]),
       ("by calls", "waiting", ["waits", "many", "large"]))
def test_who_comes_first_can_be_chosen(bus, key, wanted):
    with bus.client() as many, bus.client() as large, bus.client() as waits, \
            counting(bus, "--sort", key) as program:
        names = {many.name: "many", large.name: "large", waits.name: "waits"}
        waits.post(m.call(large.name, "/", IFACE, "Wait"))
        for peers in intervals(program):
            # Until all of this falls into one interval.
            counts = {names[x]: peers[x]["messages"] for x in peers if x in names}
            if counts.get("waits") == 0 and counts.get("many") == 20 * counts.get("large", 0) > 0:
                break
            large.emit("/", IFACE, "Large", "s", "x" * 20000)
            for _ in range(20):
                many.emit("/", IFACE, "Small")
        expect.equal([names[x] for x in peers if x in names], wanted)


def test_people_are_shown_a_table(bus):
    with bus.client() as clock:
        clock.request_name(CLOCK)
        first, head = verb("top", "--once", "-i", "1ms", bus=bus).splitlines()[:2]
        expect.contains(first, " messages/s, ")
        expect.equal(head.split(), ["MSG/S", "BYTES/S", "WAITING", "OWED", "PEER", "PID", "PROGRAM",
                                    "NAMES"])


def test_a_terminal_is_refreshed(bus):
    text = on_terminal("top", "-n", "2", "-i", "1ms", bus=bus)
    expect.equal(text.count("\033[H"), 2)
    expect.true("\033[H" not in verb("top", "--once", "-i", "1ms", bus=bus), "not elsewhere")


def test_what_cannot_be_is_said(bus):
    expect.equal(fault(2, "top", "--interval", "0", bus=bus), "--interval is at least 1ms")
    expect.contains(fault(3, "top", "--address", "unix:path=/nonexistent"), "cannot reach")
