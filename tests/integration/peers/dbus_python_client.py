#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A client written with python3-dbus, of service.py. Ends with 0 if all went as it should."""

import os

import dbus
import dbus.mainloop.glib
from gi.repository import GLib

INTERFACE = "org.example.Service1"
SECONDS = 30


def check(got, wanted):
    if got != wanted:
        raise SystemExit(f"got {got!r}, wanted {wanted!r}")


def types(service):
    for value in (dbus.Byte(255), dbus.Boolean(True), dbus.Int16(-7), dbus.UInt64(2**64 - 1),
                  dbus.Double(2.5), dbus.String("Grüße"), dbus.ObjectPath("/a/b"),
                  dbus.Signature("a{sv}"), dbus.Array([1, 2], "i"), dbus.Array([], "(ss)"),
                  dbus.Struct((1, "x")), dbus.Dictionary({"k": dbus.Array(["v"], "s")}, "sv")):
        got = service.Echo(value, dbus_interface=INTERFACE)
        check((type(got), got), (type(value), value))


def descriptors(service):
    readable, writable = os.pipe()
    os.write(writable, b"through a pipe")
    os.close(writable)
    check(service.ReadAll(dbus.types.UnixFd(readable), dbus_interface=INTERFACE), "through a pipe")
    os.close(readable)
    with os.fdopen(service.PipeWith("and back", dbus_interface=INTERFACE).take(), "rb") as f:
        check(f.read(), b"and back")


def main():
    loop = GLib.MainLoop()
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    service = bus.get_object("org.example.Service", "/org/example/Service")
    types(service)
    descriptors(service)
    check(service.WhoAmI(dbus_interface=INTERFACE), bus.get_unique_name())
    check(service.Get(INTERFACE, "Level", dbus_interface=dbus.PROPERTIES_IFACE), 7)
    try:
        service.Refuse(dbus_interface=INTERFACE)
        raise SystemExit("Refuse succeeded")
    except dbus.DBusException as e:
        check(e.get_dbus_name(), "org.example.Error.Refused")
    try:
        bus.get_object("org.example.Nobody", "/")
        raise SystemExit("Nobody is there")
    except dbus.DBusException as e:
        check(e.get_dbus_name(), "org.freedesktop.DBus.Error.ServiceUnknown")

    heard = []

    def on_heard(text, number):
        heard.append((str(text), int(number)))
        if number == 99:
            loop.quit()

    service.connect_to_signal("Heard", on_heard, dbus_interface=INTERFACE)
    service.Shout("hey", 100, dbus_interface=INTERFACE, reply_handler=lambda: None,
                  error_handler=lambda e: loop.quit())
    GLib.timeout_add_seconds(SECONDS, loop.quit)
    loop.run()
    check(heard, [("hey", i) for i in range(100)])
    print("served")


if __name__ == "__main__":
    main()
