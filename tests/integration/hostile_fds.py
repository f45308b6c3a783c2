# SPDX-License-Identifier: MIT
"""Peers that misuse descriptors: none may be kept, lost, or given to the wrong one."""

import array
import contextlib
import os
import select
import socket

from tests.integration.attack import keeps_nothing, under_attack
from tests.integration.support import broker_pid, descriptors, until
from tests.lib import expect
from tests.lib.client import Client, Disconnected, close_fds
from tests.lib.message import call, signal
from tests.lib.runner import cases, differs, requirement


@contextlib.contextmanager
def null_fds(count):
    fds = [os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC) for _ in range(count)]
    try:
        yield fds
    finally:
        for fd in fds:
            os.close(fd)


def send_piece(c, piece, fds):
    """One sendmsg with these descriptors; whether the bus still listens."""
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
    try:
        while piece:
            piece = piece[c.sock.sendmsg([piece], rights):]
            rights = []
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


@requirement("WIRE-054", "RES-015")
@differs("dbus-daemon", "loses those that do not come with the first bytes")
def test_descriptors_may_come_with_any_byte_of_their_message(kind):
    with under_attack(kind) as (bus, _), bus.client() as c, bus.client() as other:
        with null_fds(8) as fds:
            msg = signal("/", "a.b", "M", "ah", [list(range(8))], destination=other.name,
                         unix_fds=8, serial=5)
            data = msg.pack()
            step = len(data) // 8
            for i, fd in enumerate(fds):
                end = len(data) if i == 7 else (i + 1) * step
                expect.true(send_piece(c, data[i * step:end], [fd]), "disconnected")
            c.serial = 5
            c.sync()
            got = other.next_signal("M")
            expect.equal(len(got.fds), 8)
            close_fds(got)


@requirement("RES-015", "RES-020", "WIRE-059")
@cases(("undeclared", 0), ("some declared", 4), ("all that may be declared", 16))
def test_descriptors_with_every_byte_are_not_kept(kind, declared):
    def attack(bus, traffic):
        with null_fds(1) as fds, Client(bus.address) as c:
            for i in range(20):
                more = {"unix_fds": declared} if declared else {}
                data = signal("/", "a.b", "M", "s", ["x" * 20], serial=100 + i, **more).pack()
                if not all(send_piece(c, data[j:j + 1], fds) for j in range(len(data))):
                    break
            traffic.goes_on()

    keeps_nothing(kind, attack, warmup=1, rounds=4)


@requirement("RES-014", "RES-019", "LIM-006", "WIRE-055", "SEEN-04")
@cases(("more than the limit", 17, 17), ("many more", 253, 253), ("fewer than declared", 4, 5),
       ("declared and none", 0, 1), ("more declared than can be", 1, 2**32 - 1))
def test_a_wrong_number_of_descriptors_costs_the_connection(kind, attached, declared):
    with under_attack(kind) as (bus, traffic), bus.client() as victim, null_fds(attached) as fds:
        for _ in range(20):
            with bus.client() as c:
                c.drain()
                data = signal("/", "a.b", "M", serial=5, unix_fds=declared,
                              destination=victim.name).pack()
                if fds:
                    send_piece(c, data, fds)
                else:
                    c.try_send(data)
                expect.true(c.disconnected(), "still connected")
        traffic.goes_on()
        expect.equal(victim.signals("M"), [])


@requirement("RES-014", "WIRE-053")
def test_descriptors_without_negotiation_cost_the_connection(kind):
    with under_attack(kind) as (bus, traffic), null_fds(2) as fds:
        for _ in range(20):
            with bus.client(fds=False) as c:
                c.drain()
                send_piece(c, signal("/", "a.b", "M", serial=5, unix_fds=2).pack(), fds)
                expect.true(c.disconnected(), "still connected")
        traffic.goes_on()


@requirement("RES-015")
@cases(("with the NUL", 0), ("with every line", 1))
def test_descriptors_during_the_login_are_not_kept(kind, how):
    def attack(bus, traffic):
        with null_fds(10) as fds:
            uid = str(os.getuid()).encode().hex().encode()
            lines = [b"\0", b"AUTH EXTERNAL " + uid + b"\r\n", b"NEGOTIATE_UNIX_FD\r\n"]
            for _ in range(20):
                with Client(bus.address, stage="socket") as c:
                    for line in lines[:1] if how == 0 else lines:
                        if not send_piece(c, line, fds):
                            break
            traffic.goes_on()

    keeps_nothing(kind, attack, warmup=1, rounds=3)


@requirement("RES-019", "LIM-009")
def test_descriptors_of_an_unfinished_message_go_when_their_time_is_over(kind):
    with under_attack(kind, {"pending_fd_timeout": 200}) as (bus, traffic), null_fds(10) as fds:
        crowd = [bus.client() for _ in range(20)]
        for c in crowd:
            send_piece(c, signal("/", "a.b", "M", serial=5, unix_fds=10).pack()[:-1], fds)
        traffic.goes_on()
        for c in crowd:
            c.wait_disconnect()
            c.close()


@requirement("RES-020", "WIRE-054")
def test_descriptors_of_quick_messages_stay_with_their_own(kind):
    with under_attack(kind) as (bus, _), bus.client() as c, bus.client() as other:
        for i in range(100):
            readable, writable = os.pipe()
            os.write(writable, b"%d" % i)
            os.close(writable)
            c.post(signal("/", "a.b", "Quick", "uh", [i, 0], destination=other.name), [readable])
            os.close(readable)
        for i in range(100):
            got = other.next_signal("Quick")
            expect.equal(got.args[0], i)
            expect.equal(os.read(got.fds[0], 10), b"%d" % i)
            close_fds(got)


@requirement("LIM-004", "RES-010", "RES-015")
def test_descriptors_for_one_who_never_reads_are_bounded_and_go_with_it(kind):
    limits = {"max_outgoing_unix_fds": 64, "max_replies_per_connection": 100000,
              "max_incoming_unix_fds": 1000}

    def attack(bus, traffic):
        with Client(bus.address) as sleeper, Client(bus.address) as c, null_fds(16) as fds:
            refused = 0
            for _ in range(200):
                request = call(sleeper.name, "/", "a.b", "M", "s", ["x" * 5000])
                got = c.answer_to(c.post(request, fds))
                if got:
                    expect.is_error(got, "LimitsExceeded")
                    refused += 1
            expect.true(refused > 100, f"only {refused} of 200 calls were refused")
            traffic.goes_on()

    keeps_nothing(kind, attack, limits=limits, warmup=1, rounds=2)


@requirement("RES-020", "LIM-009")
def test_thousands_of_descriptors_do_not_exhaust_the_bus(kind):
    """Two hundred peers hold what they may in unfinished messages; with their end it is free."""
    with under_attack(kind, {"max_connections_per_user": 300}) as (bus, traffic):
        with null_fds(16) as fds, bus.client() as judge:
            pid = broker_pid(bus)
            before = descriptors(pid)
            crowd = [bus.client() for _ in range(200)]
            for c in crowd:
                send_piece(c, signal("/", "a.b", "M", serial=5, unix_fds=16).pack()[:-1], fds)
            traffic.goes_on()
            each = (descriptors(pid) - before) / len(crowd)
            expect.true(each <= 16 + 2, f"{each} descriptors are open for each peer")
            for c in crowd:
                c.close()
            until(lambda: descriptors(pid) <= before, "some were kept", judge)


@requirement("RES-014")
def test_a_socket_that_is_sent_to_the_bus_itself_does_not_confuse_it(kind):
    """The bus's own clients' sockets, and epoll descriptors, as attachments."""
    with under_attack(kind) as (bus, traffic), bus.client() as c, bus.client() as other:
        epoll = select.epoll()
        msg = signal("/", "a.b", "M", "ahs", [[0, 1, 2], "x"], destination=other.name)
        with contextlib.suppress(Disconnected):
            c.post(msg, [c.sock.fileno(), other.sock.fileno(), epoll.fileno()])
        got = other.next_signal("M")
        close_fds(got)
        epoll.close()
        traffic.goes_on()
