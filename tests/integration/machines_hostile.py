# SPDX-License-Identifier: MIT
"""Callers that leave, lie and flood: the others are served, and nothing of them is kept."""

import os
import time

from tests.integration.machines import MANAGER, NAME, PATH, machined
from tests.integration.machines_authority import answer, asked, authority
from tests.integration.machines_shell import call_shell, out_of, shell
from tests.integration.support import descriptors
from tests.lib import expect
from tests.lib import message as m
from tests.lib.client import TIMEOUT

GAMES = 5


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return f.read().split()


def wait_for_descriptors(service, count):
    """Until the service has no more of them than before."""
    end = time.monotonic() + TIMEOUT
    while descriptors(service.program.pid) > count:
        expect.true(time.monotonic() < end,
                    f"{descriptors(service.program.pid)} descriptors, {count} before")
        time.sleep(0.05)


def test_callers_that_leave_at_once_leave_nothing(kind):
    with machined(kind) as service:
        out_of(service.client, "true")
        before = descriptors(service.program.pid)
        for _ in range(20):
            with service.bus.client() as hasty:
                hasty.post(m.call(NAME, PATH, MANAGER, "OpenMachineShell", "sssasas",
                                  [".host", "games", "/bin/cat", [], []]))
        expect.equal(out_of(service.client, "echo on"), "on\n")
        wait_for_descriptors(service, before)


def test_shells_that_fail_leave_nothing(kind):
    with machined(kind) as service:
        out_of(service.client, "true")
        before = descriptors(service.program.pid)
        for what in ({"path": "/no/such"}, {"user": "nobody-is-so"}, {"env": ["="]}) * 7:
            expect.equal(call_shell(service.client, **what).type, m.ERROR)
        wait_for_descriptors(service, before)
        expect.equal(children(service.program.pid), [])


def test_many_shells_at_once_are_all_served(kind):
    with machined(kind) as service:
        serials = [service.client.post(m.call(
            NAME, PATH, MANAGER, "OpenMachineShell", "sssasas",
            [".host", "games", "/bin/echo", ["echo", str(i)], []])) for i in range(12)]
        for serial in serials:
            reply = service.client.reply_to(serial)
            expect.equal((reply.type, reply.signature), (m.RETURN, "hs"))
            os.close(reply.fds[0])


def test_who_waits_for_the_authority_holds_nobody_up(kind):
    with machined(kind, on_bus=authority) as service, service.bus.client(uid=GAMES) as games:
        games.post(m.call(NAME, PATH, MANAGER, "OpenMachineShell", "sssasas",
                          [".host", "root", "", [], []]))
        asked(service.more)
        expect.equal(service.names(), [".host"])
        expect.equal(out_of(service.client, "echo mine"), "mine\n")
        answer(service.more, "no")


def test_what_cannot_be_text_for_a_program_never_arrives(kind):
    with machined(kind) as service:
        for what in ({"user": "a\nb"}, {"user": "x" * 300}, {"path": "/" + "a" * 20000},
                     {"env": ["A=" + "x" * 20000]}, {"env": ["A=1"] * 5000}):
            with expect.error("InvalidArgs"):
                shell(service.client, **what)
        with expect.error(f"{NAME}.NoSuchMachine"):
            shell(service.client, machine="../.host")
