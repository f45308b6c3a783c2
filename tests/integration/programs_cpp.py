# SPDX-License-Identifier: MIT
"""Programs that are compiled here: libdbus and sdbus-c++; and Qt's qdbus."""

import contextlib
import os

from tests.integration.support import Program, compile_peer, output, run
from tests.lib import expect
from tests.lib.buses import start_bus, temporary_directory
from tests.lib.client import close_fds
from tests.lib.codec import Variant
from tests.lib.message import call
from tests.lib.runner import cases, requirement


@contextlib.contextmanager
def echo(bus):
    """The libdbus echo service on the bus."""
    with temporary_directory() as place:
        program = compile_peer(place, "libdbus_service.c", "dbus-1")
        with Program(program, bus=bus) as service:
            service.wait_for("ready\n")
            yield service


BODIES = (("s", ["Grüße"]), ("ybnqiuxtd", [255, True, -7, 7, -7, 7, -7, 2**64 - 1, 2.5]),
          ("sog", ["", "/a/b", "a{sv}"]), ("aiad", [[1, -2], []]), ("a(sv)", [[]]),
          ("a{sv}(y(x))", [{"k": Variant("as", ["v"])}, (1, (2,))]),
          ("v", [Variant("v", Variant("a{u(ss)}", {5: ("a", "b")}))]), ("", []))


@requirement("WIRE-031")
def test_libdbus_understands_both_byte_orders_through_the_bus(bus):
    with echo(bus), bus.client() as c:
        for little in (True, False):
            for signature, values in BODIES:
                got = c.ask(call("org.example.Echo", "/", "org.example.I", "M", signature, values,
                                 little=little))
                expect.equal((got.signature, got.args), (signature, values))


@requirement("WIRE-053", "WIRE-055", "LIM-006")
@cases(("one", 1), ("as many as a message may have", 16))
def test_descriptors_go_through_libdbus_and_back(bus, count):
    with echo(bus), bus.client() as c:
        ends = [os.pipe() for _ in range(count)]
        request = call("org.example.Echo", "/", "org.example.I", "M", "ah", [list(range(count))])
        got = c.ask(request, [readable for readable, _ in ends])
        expect.equal(len(got.fds), count)
        for index, (readable, writable) in enumerate(ends):
            os.write(writable, b"%d" % index)
            expect.equal(os.read(got.fds[got.args[0][index]], 10), b"%d" % index)
            os.close(readable)
            os.close(writable)
        close_fds(got)


@requirement("RES-025")
def test_libdbus_is_told_of_the_end_of_the_bus(kind):
    with start_bus(kind) as bus, echo(bus) as service:
        bus.stop()
        expect.equal(service.wait(), 0)


@requirement("TEST-016")
def test_sdbus_cpp_services_and_clients_meet(bus):
    with temporary_directory() as place:
        program = compile_peer(place, "sdbus_peer.cc", "sdbus-c++")
        expect.equal(output(program, bus=bus), "met")


@requirement("TEST-016")
def test_qdbus_lists_and_calls(bus):
    driver = "org.freedesktop.DBus"
    with bus.client() as c:
        c.request_name("org.example.Qt")
        names = [line.strip() for line in output("qdbus", bus=bus).splitlines()]
        expect.true({c.name, "org.example.Qt", driver} <= set(names), names)
        expect.contains(output("qdbus", driver, bus=bus), "/org/freedesktop/DBus")
        for option in ([], ["--system"]):
            expect.equal(output("qdbus", *option, driver, "/", driver + ".GetNameOwner",
                                "org.example.Qt", bus=bus), c.name)
    done = run("qdbus", "org.example.Nobody", "/", "a.b.C", bus=bus, status=None)
    expect.true(done.returncode != 0, "success")
