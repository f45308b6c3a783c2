# SPDX-License-Identifier: MIT
"""xdg-dbus-proxy, through which sandboxed programs see the bus."""

import contextlib
import os

from tests.integration.support import Program, output, peer, run, run_peer
from tests.lib import expect
from tests.lib.buses import temporary_directory
from tests.lib.runner import requirement

SERVICE = ("--dest=org.example.Service", "/org/example/Service")


@contextlib.contextmanager
def proxied(bus, *options):
    """The address of a proxy in front of the bus."""
    with temporary_directory() as place:
        readable, writable = os.pipe()
        with Program("xdg-dbus-proxy", f"--fd={writable}", bus.address, place + "/proxy", *options,
                     pass_fds=[writable]):
            os.close(writable)
            expect.equal(os.read(readable, 1), b"x", "the proxy's readiness")
            yield "unix:path=" + place + "/proxy"
            os.close(readable)


def names_at(address):
    # Not by busctl: this proxy is disconcerted by sd-bus, which sends its login in one piece.
    return output("gdbus", "call", "--address", address, "--dest", "org.freedesktop.DBus",
                  "--object-path", "/", "--method", "org.freedesktop.DBus.ListNames")


@requirement("TEST-016")
def test_clients_work_through_a_proxy(bus):
    with peer("service.py", bus=bus), proxied(bus) as address:
        expect.equal(run_peer("dbus_python_client.py", bus=address), "served")
        expect.contains(names_at(address), "org.example.Service")


@requirement("TEST-016")
def test_services_work_through_a_proxy(bus):
    with proxied(bus) as address, peer("service.py", bus=address):
        expect.equal(run_peer("dbus_python_client.py", bus=bus), "served")


@requirement("TEST-016")
def test_a_filtering_proxy_shows_only_what_it_may(bus):
    with peer("service.py", bus=bus), bus.client() as hidden:
        hidden.request_name("org.example.Hidden")
        with proxied(bus, "--filter", "--talk=org.example.Service",
                     "--own=org.example.Mine.*") as address:
            names = names_at(address)
            expect.contains(names, "org.example.Service")
            expect.true("org.example.Hidden" not in names, names)
            got = run("dbus-send", "--session", "--print-reply", *SERVICE,
                      "org.example.Service1.Echo", "variant:int32:5", bus=address).stdout
            expect.contains(got, "int32 5")
            done = run("dbus-send", "--session", "--print-reply", "--dest=org.example.Hidden", "/",
                       "a.b.C", bus=address, status=1)
            expect.contains(done.stderr, "org.freedesktop.DBus.Error.ServiceUnknown")
            run("dbus-send", "--session", "--sender=org.example.Mine.One", "/", "a.b.C",
                bus=address)
            run("dbus-send", "--session", "--sender=org.example.Other", "/", "a.b.C",
                bus=address, status=1)
