# SPDX-License-Identifier: MIT
"""Section 10.4: dbus-update-activation-environment beside Debian's."""

import contextlib
import os
import threading

from tests.integration.companions import Case, debians, ours, run_both
from tests.integration.support import run
from tests.lib import expect
from tests.lib import message as m
from tests.lib.buses import config, start_bus, temporary_directory
from tests.lib.runner import cases, requirement

NAME = "dbus-update-activation-environment"
CONFIG = config(bus_type="session")
BAD = os.fsdecode(b"\xff")
# Where no systemd of the user's is.
NO_SYSTEMD = {"XDG_RUNTIME_DIR": "@DIR@"}


def update(*arguments, **more):
    return Case(arguments, **{"env": NO_SYSTEMD, **more})


@requirement("TOOL-031")
@cases(
    ("a variable", update("A")),
    ("a value", update("A=1", "B=2")),
    ("nothing", update()),
    ("all", update("--all")),
    ("systemd where none is", update("--systemd", "A=1")),
    ("told where none is", update("--verbose", "--systemd", "A=1")),
    ("told", update("--verbose", "A=ü", "B=x=y", "C=", "D D=5", "NOT_SET")),
    ("no UTF-8", update("A=" + BAD)),
    ("no UTF-8 as name", update(BAD)),
    ("no UTF-8 inside", update("A", env={**NO_SYSTEMD, "A": BAD})),
    ("options behind a name", update("A=1", "--bogus", "--all")),
    ("dashes", update("--", "--all")),
    ("all and a name", update("--all", "A", status=64)),
    ("another option", update("--bogus", status=64)),
    ("a dash", update("-", status=64)),
    ("help", update("--help", status=64)),
    ("nobody there", update("A=1", env={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"},
                            status=71)),
    ("no address", update("A=1", env={"DBUS_SESSION_BUS_ADDRESS": "x"}, status=71)),
    ("wrong and nobody there", update("-x", env={"DBUS_SESSION_BUS_ADDRESS": "x"}, status=64)),
)
def test_the_environment_is_updated_as_by_debians(bus, case):
    run_both(NAME, case, bus)


@requirement("TOOL-031")
@cases(("all", "--all"), ("chosen", "A", "NOT_SET", "B=2", "B=3", "C=", "D=" + BAD))
def test_the_same_is_said_on_stderr(bus, *arguments):
    got, wanted = (run(program, "--verbose", *arguments, bus=bus, env={"A": "1", "Z": BAD}).stderr
                   for program in (ours(NAME), debians(NAME)))
    expect.equal(got, wanted)


@contextlib.contextmanager
def systemd(bus, answer):
    """The user's systemd, which answers SetEnvironment; the arguments of the calls."""
    calls = []
    with bus.client() as c:
        c.request_name("org.freedesktop.systemd1")

        def serve():
            while (call := c.next_call()).member != "End":
                calls.append((call.path, call.interface, call.member, call.args))
                answer(c, call)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield calls
        finally:
            with bus.client() as other:
                other.post(m.call(c.name, "/", "org.example.I", "End", flags=m.NO_REPLY))
                thread.join()


@requirement("TOOL-031")
@cases(("chosen", "A", "NOT_SET", "B=2", "B=3", "C=", "D=" + BAD), ("none",))
def test_the_bus_and_systemd_are_told_what_debians_tells_them(bus, *arguments):
    with temporary_directory() as place, systemd(bus, lambda c, call: c.reply(call)) as calls, \
            bus.client() as monitor:
        os.mkdir(place + "/systemd")
        monitor.bus("BecomeMonitor", "asu", ["member='UpdateActivationEnvironment'"], 0,
                    interface="org.freedesktop.DBus.Monitoring")
        told = []
        for program in (ours(NAME), debians(NAME)):
            run(program, "--systemd", *arguments, bus=bus,
                env={"A": "1", "XDG_RUNTIME_DIR": place})
            told.append((monitor.next_call("UpdateActivationEnvironment").body, calls.pop()))
        expect.equal(told[0], told[1])
        expect.equal(calls, [])


@requirement("TOOL-031")
def test_a_refusal_by_systemd_is_only_a_warning(bus):
    def refuse(c, call):
        c.post(m.error(call, "org.example.Refused", "no"))

    with temporary_directory() as place, systemd(bus, refuse):
        os.mkdir(place + "/systemd")
        got, wanted = (run(program, "--systemd", "A=1", bus=bus,
                           env={"XDG_RUNTIME_DIR": place}).stderr
                       for program in (ours(NAME), debians(NAME)))
    expect.equal(got, wanted)
    expect.contains(got, "org.example.Refused: no")


@requirement("TOOL-031")
def test_a_refusal_by_the_bus_is_an_error(kind):
    policy = CONFIG.replace("</busconfig>", '<policy context="mandatory"><deny send_interface='
                            '"org.freedesktop.DBus" send_member="UpdateActivationEnvironment"/>'
                            "</policy></busconfig>")
    with start_bus(kind, policy) as bus:
        for program in (ours(NAME), debians(NAME)):
            done = run(program, "A=1", bus=bus, status=69)
            expect.contains(done.stderr, "org.freedesktop.DBus.Error.AccessDenied")
