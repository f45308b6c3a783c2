# SPDX-License-Identifier: MIT
"""Section 8.3: services that systemd starts for the bus, and what the bus tells it."""

from tests.lib import expect
from tests.lib.buses import config, service_file, start_bus
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, requirement, skip_on

SYSTEMD = "org.freedesktop.systemd1"
ACTIVATOR = "org.freedesktop.systemd1.Activator"
MANAGER = "org.freedesktop.systemd1.Manager"
SERVICES = [f"org.example.Unit{i}" for i in range(3)]
SETTINGS = config(extra="<servicedir>@DIR@/services</servicedir>")
FILES = {f"services/{name}.service": service_file(name, "/bin/false", User="root",
                                                  SystemdService=f"{name}.unit")
         for name in SERVICES}
LAUNCHER = "its launcher asks systemd for the unit itself"


def start(kind):
    return start_bus(kind, SETTINGS, files=FILES, args=["--systemd-activation"])


def systemd(bus):
    """A client that owns systemd's name."""
    client = bus.client()
    client.request_name(SYSTEMD)
    return client


def monitor(bus):
    client = bus.client()
    result(client.ask(driver_call("BecomeMonitor", "asu", [[], 0],
                                  interface="org.freedesktop.DBus.Monitoring")))
    client.next_signal("NameLost")
    return client


def shown(client, by):
    """What this monitor saw before the mark that client `by` now makes, with what it asks."""
    by.emit("/", "org.example.Mark", "Mark")
    client.next_signal("Mark")
    taken, client.inbox = client.inbox, []
    return [(x.member or x.error_name, x.sender, x.destination) for x in taken
            if x.type != RETURN and x.member != "GetId"]


@requirement("SYSD-002", "SYSD-003", "SYSD-006", "SYSD-007")
@skip_on("dbus-broker", LAUNCHER)
def test_what_waits_for_systemd_reaches_it_in_order_once_it_is_there(kind):
    with start(kind) as bus, bus.client() as c:
        c.post(call(SERVICES[0], "/", "a.b", "M", flags=NO_REPLY))
        c.bus("UpdateActivationEnvironment", "a{ss}", {"A": "b"})
        c.post(call(SYSTEMD, "/", "a.b", "FromPeer", flags=NO_REPLY))
        c.emit("/", "a.b", "M", destination=SERVICES[1])
        c.sync()
        with systemd(bus) as s:
            expect.equal([(x.member, x.sender, x.destination, x.args) for x in s.drain()
                          if x.member != "NameAcquired"],
                         [("ActivationRequest", BUS_NAME, SYSTEMD, [f"{SERVICES[0]}.unit"]),
                          ("SetEnvironment", BUS_NAME, SYSTEMD, [["A=b"]]),
                          ("FromPeer", c.name, SYSTEMD, []),
                          ("ActivationRequest", BUS_NAME, SYSTEMD, [f"{SERVICES[1]}.unit"])])


@requirement("SYSD-002", "SYSD-006")
@skip_on("dbus-broker", LAUNCHER)
def test_a_systemd_that_is_there_is_asked_for_units_by_its_name_and_called_by_its_unique_one(kind):
    with start(kind) as bus, bus.client() as c, systemd(bus) as s:
        c.post(call(SERVICES[0], "/", "a.b", "M", flags=NO_REPLY))
        got = s.next_signal("ActivationRequest")
        expect.equal((got.destination, got.path, got.interface, got.args),
                     (SYSTEMD, BUS_PATH, ACTIVATOR, [f"{SERVICES[0]}.unit"]))
        c.bus("UpdateActivationEnvironment", "a{ss}", {"A": "b", "C": ""})
        got = s.next_call("SetEnvironment")
        expect.equal((got.destination, got.path, got.interface, got.signature, got.flags),
                     (s.name, "/org/freedesktop/systemd1", MANAGER, "as", NO_REPLY))
        expect.equal(sorted(got.args[0]), ["A=b", "C="])


@requirement("SYSD-006", "ENV-004")
@skip_on("dbus-broker", LAUNCHER)
@cases(("there", True), ("awaited", False))
def test_systemd_is_told_of_an_update_that_changes_nothing(kind, is_there):
    with start(kind) as bus, bus.client() as c:
        early = systemd(bus) if is_there else None
        c.bus("UpdateActivationEnvironment", "a{ss}", {})
        with early or systemd(bus) as s:
            expect.equal(s.next_call("SetEnvironment").args, [[]])


@requirement("MON-006", "SYSD-003")
@skip_on("dbus-broker", LAUNCHER)
@cases(("there", True), ("awaited", False))
def test_a_monitor_sees_the_request_for_a_unit_before_the_message_that_needs_it(kind, is_there):
    with start(kind) as bus, bus.client() as c, monitor(bus) as m:
        early = systemd(bus) if is_there else None
        shown(m, c)
        c.post(call(SERVICES[0], "/", "a.b", "First", flags=NO_REPLY))
        c.emit("/", "a.b", "Second", destination=SERVICES[0])
        expect.equal(shown(m, c), [("ActivationRequest", BUS_NAME, SYSTEMD),
                                   ("First", c.name, SERVICES[0]),
                                   ("Second", c.name, SERVICES[0])])
        with early or systemd(bus) as s:
            s.next_signal("ActivationRequest")
            expect.true("ActivationRequest" not in [x[0] for x in shown(m, c)], "shown twice")


@requirement("MON-006", "SYSD-005")
@skip_on("dbus-broker", LAUNCHER)
def test_a_monitor_sees_the_errors_of_a_failed_unit_before_the_failure(kind):
    with start(kind) as bus, bus.client() as c, systemd(bus) as s, monitor(bus) as m:
        c.post(call(SERVICES[0], "/", "a.b", "M"))
        s.next_signal("ActivationRequest")
        shown(m, c)
        s.emit(BUS_PATH, ACTIVATOR, "ActivationFailure", "sss", f"{SERVICES[0]}.unit",
               "org.example.Error.No", "text", destination=BUS_NAME)
        s.sync()
        expect.equal(shown(m, c), [("org.example.Error.No", BUS_NAME, c.name),
                                   ("ActivationFailure", s.name, BUS_NAME)])
