# SPDX-License-Identifier: MIT
"""What every test with a hostile peer holds: meanwhile others are served, afterwards nothing is
kept."""

import contextlib
import os
import threading

from tests.integration.support import (broker_pid, descriptors, has_sanitizer, resident_kib, until)
from tests.lib import expect
from tests.lib.buses import REPO, config, headwayd_path, program, start_bus
from tests.lib.client import TIMEOUT, Client
from tests.lib.message import CALL, RETURN, SIGNAL, call, reply, signal

GROWTH_KIB_MAX = 16 * 1024  # an allocator may keep this much for later
IN_FLIGHT = 4


class Traffic:
    """A well-behaved pair, busy in a thread: a few calls in flight, a signal before every reply.
    All must arrive, in order."""

    def __init__(self, bus):
        self.caller, self.server = Client(bus.address), Client(bus.address)
        self.caller.add_match(f"sender='{self.server.name}'")
        self.done = 0
        self._changed = threading.Condition()
        self._stop = False
        self._failure = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            while not self._stop:
                self._round()
        except Exception as e:  # pylint: disable=broad-except
            self._failure = e
        with self._changed:
            self._changed.notify_all()

    def _round(self):
        sent = [self.caller.post(call(self.server.name, "/o", "org.example.Traffic", "M", "us",
                                      [self.done + i, "x" * 100])) for i in range(IN_FLIGHT)]
        for i, serial in enumerate(sent):
            request = self._next(self.server)
            expect.equal((request.type, request.serial, request.args[0]),
                         (CALL, serial, self.done + i))
            self.server.post(signal("/o", "org.example.Traffic", "S", "u", [self.done + i]))
            self.server.post(reply(request, "u", [self.done + i]))
        for i, serial in enumerate(sent):
            news, answer = self._next(self.caller), self._next(self.caller)
            expect.equal((news.type, news.args), (SIGNAL, [self.done + i]))
            expect.equal((answer.type, answer.reply_serial, answer.args),
                         (RETURN, serial, [self.done + i]))
        with self._changed:
            self.done += IN_FLIGHT
            self._changed.notify_all()

    @staticmethod
    def _next(client):
        while True:
            msg = client.receive()
            if msg.interface != "org.freedesktop.DBus":
                return msg

    def goes_on(self, calls=IN_FLIGHT * 2):
        """Waits until so many more calls have been answered."""
        with self._changed:
            goal = self.done + calls
            moved = self._changed.wait_for(lambda: self.done >= goal or self._failure, TIMEOUT)
        if self._failure:
            raise AssertionError(f"others suffer: {self._failure!r}") from self._failure
        expect.true(moved, f"others stand still after {self.done} calls")

    def stop(self):
        self.goes_on()
        self._stop = True
        self._thread.join(TIMEOUT)
        expect.true(not self._thread.is_alive() and not self._failure,
                    f"others suffer: {self._failure!r}")
        self.caller.close()
        self.server.close()


@contextlib.contextmanager
def under_attack(kind, limits=None, text=None):
    """A bus with a busy pair on it: (bus, traffic). At the end both must be well, and the bus must
    hold no more descriptors than before."""
    with start_bus(kind, text or config(limits=limits), env=sanitizer_options()) as bus:
        traffic = Traffic(bus)
        with bus.client() as judge:
            traffic.goes_on()
            pid = broker_pid(bus)
            before = descriptors(pid)
            yield bus, traffic
            traffic.goes_on()
            until(lambda: descriptors(pid) <= before,
                  lambda: f"{descriptors(pid)} descriptors are open, {before} were before", judge)
        traffic.stop()
        expect.true(bus.alive(), "the bus died")
        expect.equal(bus.stop(), 0, "exit status of the bus")
        expect.true("ERROR: " not in bus.log.text() and "runtime error" not in bus.log.text(),
                    bus.log.text())


def sanitizer_options():
    """Freed memory shall be found, but not kept forever."""
    return {"ASAN_OPTIONS": "quarantine_size_mb=8:" + os.environ.get("ASAN_OPTIONS", "")}


@contextlib.contextmanager
def release_build():
    """Instead of a headwayd with sanitizers the release build, if there is one: for what is about
    memory, size, or the lack of descriptors (without any, UBSan takes all memory for unreadable).
    """
    before = os.environ.get("HEADWAYD")
    candidates = [os.path.join(REPO, path) for path in ("out/release/src/daemon/headwayd",
                                                        "out/bin/headwayd")]
    built = next((path for path in candidates if os.access(path, os.X_OK)), None)
    if built and (not os.access(headwayd_path(), os.X_OK) or has_sanitizer(headwayd_path())):
        os.environ["HEADWAYD"] = built
    try:
        yield
    finally:
        os.environ.pop("HEADWAYD", None)
        if before is not None:
            os.environ["HEADWAYD"] = before


def keeps_nothing(kind, attack, *, limits=None, warmup=2, rounds=6):
    """Runs attack(bus, traffic) again and again on one bus: its memory must stop growing."""
    with release_build(), under_attack(kind, limits) as (bus, traffic):
        pid = broker_pid(bus)
        for _ in range(warmup):
            attack(bus, traffic)
            traffic.goes_on()
        before = resident_kib(pid)
        for _ in range(rounds):
            attack(bus, traffic)
            traffic.goes_on()
        after = resident_kib(pid)
        if not has_sanitizer(program(kind)):
            expect.true(after - before < GROWTH_KIB_MAX,
                        f"{before} KiB before {rounds} rounds, {after} KiB after them")
