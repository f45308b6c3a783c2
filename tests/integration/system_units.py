# SPDX-License-Identifier: MIT
"""Section 8.5: services that are units of systemd, which is played by a client of the bus here.
What the real one makes of it is seen in tests/boot."""

import contextlib
import threading

from tests.lib import expect
from tests.lib.buses import config, service_file, start_bus
from tests.lib.client import TIMEOUT, Disconnected, result
from tests.lib.codec import Variant
from tests.lib.message import CALL, SIGNAL, call
from tests.lib.runner import cases, differs, requirement

MANAGER = ("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
UNIT = "/org/freedesktop/systemd1/unit/real_2eservice"
ALIAS = "/org/freedesktop/systemd1/unit/dbus_2da_2eservice"
JOB = (7, "/org/freedesktop/systemd1/job/7")
REQUESTS = ("type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
            "interface='org.freedesktop.systemd1.Activator',member='ActivationRequest'")
FILES = {"s/org.example.A.service": service_file("org.example.A", "/bin/false", User="root",
                                                 SystemdService="dbus-a.service")}
PROPERTY = {str: "ActiveState", bool: "ConditionResult"}
WAITS = differs("dbus-daemon", "hears nothing of units and waits for its time-out")


class Systemd:
    """Starts dbus-a.service, whose true name is real.service, by job 7. `job_result` is how that
    ends (None: not at all), `states` the answers to what is asked after that: states of the unit in
    turn, and whether its conditions held. Tells only what a subscriber may know."""

    def __init__(self, bus, job_result, states):
        self.client = bus.client()
        self.job_result = job_result
        self.states = list(states)
        self.subscribed = False
        self.requested = threading.Event()
        self.at_end = threading.Event()  # it has said all
        self.heard = []  # from the bus, about units
        self.client.add_match(REQUESTS)
        self.client.request_name("org.freedesktop.systemd1")
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        with contextlib.suppress(Disconnected, OSError):
            while True:
                self.handle(self.client.receive())

    def handle(self, message):
        if message.type == SIGNAL and message.member == "ActivationRequest":
            expect.equal(message.args, ["dbus-a.service"])
            self.requested.set()
        elif message.type == CALL and message.member == "Subscribe":
            # It keeps track of subscribers, which its library cannot of the bus by its name.
            self.subscribed = message.sender.startswith(":") and \
                self.client.bus("GetNameOwner", "s", message.sender) == message.sender
        elif message.type == CALL and message.member == "Get":
            self.heard.append((message.path, message.args[1]))
            self.answer(message, message.args[1])

    def answer(self, question, name):
        if name == "Job":
            self.client.reply(question, "v", Variant("(uo)", JOB))
            if self.job_result and self.subscribed:
                self.client.emit(*MANAGER, "JobRemoved", "uoss", 6, JOB[1], "real.service",
                                 "canceled")  # another one, in the way of the first
                self.client.emit(*MANAGER, "JobRemoved", "uoss", *JOB, "real.service",
                                 self.job_result)
        else:
            state = self.states.pop(0)
            expect.equal(name, PROPERTY[type(state)])
            kind = "b" if name == "ConditionResult" else "s"
            self.client.reply(question, "v", Variant(kind, state))
            if self.states and isinstance(self.states[0], str):
                self.client.emit(UNIT, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                 "sa{sv}as", "org.freedesktop.systemd1.Unit", {}, [])
        if not self.states:
            self.at_end.set()

    def wait_for(self, event):
        expect.true(event.wait(TIMEOUT), f"the bus has only asked for {self.heard}")

    def close(self):
        self.client.sock.shutdown(2)
        self.thread.join()
        self.client.close()


@contextlib.contextmanager
def systemd_bus(kind, job_result=None, states=(), patience=600000):
    text = config(limits={"service_start_timeout": patience},
                  extra="<servicedir>@DIR@/s</servicedir>")
    with start_bus(kind, text, files=FILES, args=("--systemd-activation",)) as bus:
        systemd = Systemd(bus, job_result, states)
        try:
            yield bus, systemd
        finally:
            systemd.close()


@requirement("SYSD-004")
@WAITS
@cases(("its start fails", "failed", (), '"failed"'),
       ("its start takes too long", "timeout", (), '"timeout"'),
       ("what it needs fails", "dependency", (), '"dependency"'),
       ("it crashes after its start", "done", ("active", "failed"), "it failed"),
       ("it crashes again and again", "done", ("active", "activating", "failed"), "it failed"),
       ("a condition does not hold", "done", ("inactive", False), "conditions"),
       ("it was there, and crashes", "skipped", ("active", "failed"), "it failed"))
def test_a_unit_that_starts_and_fails_is_reported_at_once(kind, job_result, states, text):
    patience = {"dbus-daemon": 500}.get(kind, 600000)
    with systemd_bus(kind, job_result, states, patience) as (bus, systemd), bus.client() as c:
        start = c.post(call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                            "org.freedesktop.DBus", "StartServiceByName", "su",
                            ("org.example.A", 0)))
        asked = c.post(call("org.example.A", "/", "org.example.A1", "Do"))
        for serial in (start, asked):
            with expect.error("Spawn.Failed", "dbus-a.service"):
                result(c.reply_to(serial))
        bus.log.wait_for(text)
        expect.contains(bus.log.text(), "dbus-a.service")
        expect.equal(systemd.heard, [(ALIAS, "Job"), *((UNIT, PROPERTY[type(state)])
                                                       for state in states)])


@requirement("SYSD-004")
@cases(("that takes its time", None, ()), ("that was started", "done", ("active",)),
       ("that is started again after a crash", "done", ("activating", "active")),
       ("that comes when the unit has ended", "done", ("active", "inactive", True)))
def test_a_unit_brings_its_service(kind, job_result, states):
    with systemd_bus(kind, job_result, states) as (bus, systemd), bus.client() as c:
        asked = c.post(call("org.example.A", "/", "org.example.A1", "Do"))
        systemd.wait_for(systemd.at_end if kind == "headwayd" else systemd.requested)
        with bus.client() as service:
            service.request_name("org.example.A")
            service.reply(service.next_call("Do"))
            expect.equal(result(c.reply_to(asked)), None)


@requirement("SYSD-005")
@cases(("another user", 65534), ("root", None))
def test_nobody_else_can_say_that_a_unit_failed(kind, uid):
    with systemd_bus(kind) as (bus, systemd), bus.client() as c:
        asked = c.post(call("org.example.A", "/", "org.example.A1", "Do"))
        systemd.wait_for(systemd.at_end if kind == "headwayd" else systemd.requested)
        with bus.client(uid=uid) as forger:
            forger.emit(*MANAGER, "JobRemoved", "uoss", *JOB, "dbus-a.service", "failed")
            forger.sync()
        with bus.client() as service:
            service.request_name("org.example.A")
            service.reply(service.next_call("Do"))
            expect.equal(result(c.reply_to(asked)), None)
