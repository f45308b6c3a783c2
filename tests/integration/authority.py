# SPDX-License-Identifier: MIT
"""Running headway-authority on a bus, and asking it."""

import contextlib
import os

from tests.integration.support import Program
from tests.lib.buses import config, headwayd_path, start_bus
from tests.lib.client import BusError, Client
from tests.lib.codec import Variant

NAME = "org.freedesktop.PolicyKit1"
PATH = "/org/freedesktop/PolicyKit1/Authority"
INTERFACE = "org.freedesktop.PolicyKit1.Authority"
SUBJECT = "(sa{sv})"
ERROR = "org.freedesktop.PolicyKit1.Error."

INTERACTIVE = 1


def policy(*actions):
    """The text of an action file."""
    return "<policyconfig>" + "".join(actions) + "</policyconfig>"


def action(name, default="no", **annotations):
    """An action whose defaults are all the same."""
    defaults = "".join(f"<allow_{who}>{default}</allow_{who}>"
                       for who in ("any", "inactive", "active"))
    annotated = "".join(f'<annotate key="org.freedesktop.policykit.{key}">{value}</annotate>'
                        for key, value in annotations.items())
    return (f'<action id="{name}"><description>D of {name}</description>'
            f"<message>M of {name}</message><defaults>{defaults}</defaults>{annotated}</action>")


ACTIONS = policy(
    action("org.example.yes", "yes"), action("org.example.no", "no"),
    action("org.example.self", "auth_self"), action("org.example.keep", "auth_self_keep"),
    action("org.example.admin", "auth_admin_keep"),
    action("org.example.owned", "yes", owner="unix-user:1001 unix-user:4000000000"))


def authority_path():
    """$HEADWAY_AUTHORITY, or what was built with headwayd."""
    if "HEADWAY_AUTHORITY" in os.environ:
        return os.environ["HEADWAY_AUTHORITY"]
    place = os.path.dirname(headwayd_path())
    places = (os.path.join(os.path.dirname(place), "authority"), place)
    return next(path for path in (os.path.join(x, "headway-authority") for x in places)
                if os.path.exists(path))


@contextlib.contextmanager
def authority(kind="headwayd", actions=ACTIONS, rules=None, options=()):
    """A bus with an authority on it that has these actions, and rules {name: text}. The bus, with
    `authority`, the Program."""
    files = {"actions/test.policy": actions, "rules/empty": ""}
    files |= {f"rules/{name}": text for name, text in (rules or {}).items()}
    with start_bus(kind, config(), files=files) as bus, on(bus, options) as program:
        bus.authority = program
        yield bus


@contextlib.contextmanager
def on(bus, options=()):
    """The authority alone; it serves when this begins."""
    with Program(authority_path(), "--address", bus.address, "--actions", bus.path("actions"),
                 "--rules", bus.path("rules"), *options, bus=bus) as program:
        program.err.wait_for("serving org.freedesktop.PolicyKit1")
        yield program


def process(pid, uid=None, start=0):
    details = {"pid": Variant("u", pid), "start-time": Variant("t", start)}
    if uid is not None:
        details["uid"] = Variant("i", uid - (1 << 32) if uid > 0x7fffffff else uid)
    return ("unix-process", details)


def bus_name(name):
    return ("system-bus-name", {"name": Variant("s", name)})


def session(name):
    return ("unix-session", {"session-id": Variant("s", name)})


def start_time(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
        return int(f.read().rpartition(")")[2].split()[19])


def ask(client, member, signature="", *args, **more):
    return client.call(NAME, PATH, INTERFACE, member, signature, *args, **more)


def check(client, subject, name, details=None, flags=0, cancellation=""):
    """(authorized, challenge, details)"""
    return ask(client, "CheckAuthorization", SUBJECT + "sa{ss}us", subject, name, details or {},
               flags, cancellation)


def verdict(client, subject, name, **more):
    """"yes", "no" or "challenge"; or the error's name, without what all have in common."""
    try:
        authorized, challenge, _ = check(client, subject, name, **more)
    except BusError as e:
        return e.name.removeprefix(ERROR)
    return "yes" if authorized else "challenge" if challenge else "no"


def user(bus, uid):
    """A client of this user."""
    return Client(bus.address, uid=uid)
