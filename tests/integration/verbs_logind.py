# SPDX-License-Identifier: MIT
"""The verbs with a service as machines have it: logind, as python3-dbusmock has it."""

import contextlib

from tests.integration.support import PYTHON, Program
from tests.integration.verbs import documents, fault, verb
from tests.lib import expect
from tests.lib.buses import start_bus


@contextlib.contextmanager
def a_logind(kind):
    """A system bus with logind on it, where somebody is logged in; no session bus."""
    with start_bus(kind) as bus, \
            Program(PYTHON, "-m", "dbusmock", "--system", "--template", "logind", bus=bus):
        env = {"DBUS_SYSTEM_BUS_ADDRESS": bus.address, "XDG_RUNTIME_DIR": None}
        run_verb = {"env": env}
        verb("wait", "-t", "60s", "org.freedesktop.login1", **run_verb)
        # What makes it a mock it does not say of itself.
        verb("call", "-s", "ssusb", "logind", "/org/freedesktop/login1",
             "org.freedesktop.DBus.Mock.AddSession", "c1", "seat0", "500", "joe", "true",
             **run_verb)
        yield run_verb


def test_sessions_are_listed_by_the_short_name(kind):
    with a_logind(kind) as options:
        expect.equal(verb("call", "logind", "ListSessions", **options),
                     "c1  500  joe  seat0  /org/freedesktop/login1/session/c1\n")
        expect.equal(documents("call", "login1", "ListSessions", **options),
                     [{"type": "a(susso)", "data": [
                         [["c1", 500, "joe", "seat0", "/org/freedesktop/login1/session/c1"]]]}])


def test_properties_of_one_session_are_found(kind):
    with a_logind(kind) as options:
        expect.equal(verb("get", "logind", "/org/freedesktop/login1/session/c1", "Name", "Active",
                          **options), 'Name    "joe"\nActive  true\n')
        found = {entry["property"]: entry["data"] for entry in documents(
            "get", "logind", "/org/freedesktop/login1/session/c1", **options)}
        expect.equal((found["Name"], found["Active"]), ("joe", True))


def test_its_objects_are_a_tree(kind):
    with a_logind(kind) as options:
        paths = [entry["path"] for entry in documents("tree", "logind", **options)]
        expect.equal([path for path in paths if path.endswith("/c1")],
                     ["/org/freedesktop/login1/session/c1"])


def test_what_it_refuses_is_an_error_of_one_line(kind):
    with a_logind(kind) as options:
        expect.contains(fault(2, "call", "logind", "GetSession", **options),
                        "org.freedesktop.login1.Manager.GetSession takes 1 value")
