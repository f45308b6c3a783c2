# SPDX-License-Identifier: MIT
"""Crowds at the door: peers that never finish their login, or come and go."""

import contextlib
import errno
import os
import socket

from tests.integration.attack import keeps_nothing, under_attack
from tests.lib import expect
from tests.lib.client import Client, parse_address
from tests.lib.message import driver_call
from tests.lib.runner import cases, requirement

CROWD = 3000


def knock(bus, data=b""):
    """A socket that is connected, perhaps, and waits in the backlog if the bus does not accept;
    None if the backlog is full."""
    sock = socket.socket(socket.AF_UNIX)
    sock.setblocking(False)
    try:
        sock.connect(parse_address(bus.address)[1]["path"])
        if data:
            sock.send(data)
    except OSError as e:
        sock.close()
        if e.errno in (errno.EAGAIN, errno.EPIPE, errno.ECONNRESET):
            return None
        raise
    return sock


@requirement("LIM-011", "RES-015", "RES-020")
@cases(("say nothing", b""), ("say NUL", b"\0"), ("begin", b"\0AUTH EXTERNAL "),
       ("never begin", b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n"))
def test_a_crowd_of_half_open_logins_stops_nobody_who_is_in(kind, data):
    with under_attack(kind) as (bus, traffic):
        crowd = [knock(bus, data) for _ in range(CROWD)]
        traffic.goes_on(100)
        for sock in filter(None, crowd):
            sock.close()
        with bus.client() as late:
            late.sync()


@requirement("LIM-008", "LIM-011", "RES-014", "RES-020")
def test_who_waits_behind_a_crowd_gets_in_when_its_time_is_over(kind):
    limits = {"max_incomplete_connections": 10, "auth_timeout": 300}
    with under_attack(kind, limits) as (bus, traffic):
        crowd = [knock(bus, b"\0AUTH EXTERNAL ") for _ in range(40)]
        with bus.client() as late:
            late.sync()
        for sock in filter(None, crowd):
            sock.setblocking(True)
            with contextlib.suppress(ConnectionResetError):
                while sock.recv(4096):
                    pass
            sock.close()
        traffic.goes_on()


@requirement("RES-015", "PROC-005")
@cases(("before a word", "socket"), ("after the login", "auth"), ("after Hello", "hello"))
def test_who_comes_and_goes_leaves_nothing(kind, stage):
    def attack(bus, traffic):
        for _ in range(150):
            Client(bus.address, stage=stage).close()
        traffic.goes_on()

    keeps_nothing(kind, attack, rounds=4)


@requirement("RES-015")
def test_who_goes_without_reading_any_answer_leaves_nothing(kind):
    uid = str(os.getuid()).encode().hex().encode()
    everything = (b"\0AUTH EXTERNAL " + uid + b"\r\nBEGIN\r\n" + b"".join(
        driver_call(member, signature, args, serial=i + 1).pack() for i, (member, signature, args)
        in enumerate([("Hello", "", []), ("RequestName", "su", ["org.example.Hasty", 0]),
                      ("AddMatch", "s", ["member='NameOwnerChanged'"]), ("ListNames", "", [])])))

    def attack(bus, traffic):
        for _ in range(100):
            sock = knock(bus, everything)
            if sock:
                sock.close()
        traffic.goes_on()

    keeps_nothing(kind, attack, rounds=4)


@requirement("LIM-012")
def test_a_user_who_takes_all_connections_leaves_those_of_others(kind):
    limits = {"max_connections_per_user": 50, "max_completed_connections": 500}
    with under_attack(kind, limits) as (bus, traffic):
        crowd = [Client(bus.address, uid=65534, stage="auth") for _ in range(60)]
        answers = [c.ask(driver_call("Hello")) for c in crowd]
        refused = [x for x in answers if x.error_name]
        expect.equal(len(refused), 10)
        for answer in refused:
            expect.is_error(answer, "LimitsExceeded")
        with bus.client() as other:
            other.sync()
        traffic.goes_on()
        for c in crowd:
            c.close()
