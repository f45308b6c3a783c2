# SPDX-License-Identifier: MIT
"""Peers that do not read what they are sent."""

import select

from tests.integration.attack import keeps_nothing, under_attack
from tests.lib import expect
from tests.lib.client import Client
from tests.lib.message import RETURN, build, call, driver_call, signal
from tests.lib.runner import cases, differs, requirement, skip_on

SMALL = {"max_outgoing_bytes": 1 << 20, "max_replies_per_connection": 100000}
BIG = "x" * 50000


@requirement("LIM-003", "RES-010", "RES-015")
def test_calls_to_one_who_never_reads_are_refused_in_the_end(kind):
    def attack(bus, traffic):
        with Client(bus.address) as sleeper, Client(bus.address) as c:
            refused = 0
            for _ in range(100):
                got = c.answer_to(c.post(call(sleeper.name, "/", "a.b", "M", "s", [BIG])))
                if got:
                    expect.is_error(got, "LimitsExceeded")
                    refused += 1
            expect.true(50 < refused < 100, f"{refused} of 100 calls were refused")
            traffic.goes_on()

    keeps_nothing(kind, attack, limits=SMALL)


@requirement("LIM-003", "RES-008", "RES-014")
@differs("dbus-daemon", "drops broadcasts for it; DIFF-021")
def test_who_lets_broadcasts_fill_its_queue_is_disconnected_and_others_get_them_all(kind):
    with under_attack(kind, SMALL) as (bus, traffic):
        with Client(bus.address) as sleeper, Client(bus.address) as reader, \
                Client(bus.address) as c:
            for client in (sleeper, reader):
                client.add_match("interface='org.example.News'")
            for i in range(100):
                c.emit("/", "org.example.News", "M", "us", i, BIG)
                expect.equal(reader.next_signal("M").args[0], i)
            traffic.goes_on()
            expect.true(sleeper.disconnected(), "still connected")


@requirement("LIM-003", "RES-012")
def test_who_asks_the_bus_and_never_reads_is_not_answered_forever(kind):
    """A few hundred MiB of answers are asked for; the bus may not keep them, nor stop others."""
    def attack(bus, traffic):
        with Client(bus.address) as sleeper:
            sleeper.sock.setblocking(False)
            data = b"".join(driver_call("Introspect",
                                        interface="org.freedesktop.DBus.Introspectable",
                                        serial=i + 10).pack() for i in range(100))
            rest = b""
            for _ in range(400):
                rest = rest or data
                try:
                    rest = rest[sleeper.sock.send(rest):]
                except BlockingIOError:
                    traffic.goes_on()
                    if not select.select([], [sleeper.sock], [], 0)[1]:
                        break  # the bus reads no more, which is an answer too
                except (BrokenPipeError, ConnectionResetError):
                    break
            traffic.goes_on()

    keeps_nothing(kind, attack, limits=SMALL, warmup=1, rounds=2)


@requirement("MON-001", "RES-015")
@skip_on("dbus-daemon", "lets the queue of a monitor grow; DIFF-024")
def test_a_monitor_that_does_not_read_is_disconnected(kind):
    with under_attack(kind, SMALL) as (bus, traffic):
        with Client(bus.address) as monitor, Client(bus.address) as c:
            monitor.bus("BecomeMonitor", "asu", [], 0,
                        interface="org.freedesktop.DBus.Monitoring")
            for i in range(100):
                c.emit("/", "org.example.News", "M", "us", i, BIG)
                c.sync()
            traffic.goes_on()
            got = monitor.wait_disconnect()
            expect.true(len([x for x in got if x.member == "M"]) < 100, "nothing was dropped")


@requirement("LIM-001", "RES-011", "RES-015")
@cases(("calls", call), ("signals", None))
def test_a_flood_of_one_does_not_stop_another(kind, how):
    with under_attack(kind, SMALL) as (bus, traffic):
        with Client(bus.address) as target, Client(bus.address) as c:
            c.sock.setblocking(False)
            make = how and (lambda: call(target.name, "/", "a.b", "M", "s", ["x" * 1000], serial=9,
                                         flags=1)) or (
                lambda: signal("/", "a.b", "M", "s", ["x" * 1000], serial=9))
            data, sent = make().pack() * 50, 0
            for _ in range(300):
                try:
                    done = c.sock.send(data[sent:])
                    sent = (sent + done) % len(data)
                except BlockingIOError:
                    traffic.goes_on()
                except (BrokenPipeError, ConnectionResetError):
                    break
            traffic.goes_on(50)


@requirement("RES-015", "RES-020")
def test_a_service_that_never_answers_costs_its_callers_no_more_than_their_limit(kind):
    limits = {"max_replies_per_connection": 200}

    def attack(bus, traffic):
        with Client(bus.address) as silent, Client(bus.address) as c:
            serials = [c.post(call(silent.name, "/", "a.b", "M")) for _ in range(300)]
            answers = [x for x in c.drain() if x.reply_serial in serials]
            expect.equal(len(answers), 100)
            for answer in answers:
                expect.is_error(answer, "LimitsExceeded")
            traffic.goes_on()
            silent.close()
            # RES-020: two hundred callers' hopes end at once, and in order.
            lost = [c.reply_to(serial) for serial in serials[:200]]
            for answer in lost:
                expect.is_error(answer, "NoReply")

    keeps_nothing(kind, attack, limits=limits)


@requirement("RES-015")
def test_replies_that_nobody_asked_for_reach_nobody(kind):
    with under_attack(kind) as (bus, traffic):
        with Client(bus.address) as c:
            for victim in (traffic.caller.name, traffic.server.name):
                for i in range(300):
                    c.post(build(RETURN, "u", [i], reply_serial=i + 1, destination=victim))
                    c.post(build(3, "s", ["forged"], reply_serial=i + 1, destination=victim,
                                 error_name="org.freedesktop.DBus.Error.NoReply"))
            c.sync()
            traffic.goes_on(50)
