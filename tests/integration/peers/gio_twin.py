#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""gio_twin.py serve | use: the twin of headway_twin.cc with GDBus."""

import os
import sys

import gi
gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402 pylint: disable=wrong-import-position

NAME, PATH, INTERFACE = "org.example.Twin", "/org/example/Twin", "org.example.Twin1"
ERROR = "org.example.Error.OutOfRange"
PROPERTIES = "org.freedesktop.DBus.Properties"


class Service:
    def __init__(self, bus, xml):
        self.bus, self.current, self.unit = bus, 20.0, "C"
        info = Gio.DBusNodeInfo.new_for_xml(xml).interfaces[0]
        bus.register_object(PATH, info, self.call, self.get, self.set)

    def call(self, _bus, _sender, _path, _interface, method, arguments, call):
        if method == "SetTarget":
            self.set_target(arguments.unpack()[0][0], call)
        elif method == "Pass":
            fds = call.get_message().get_unix_fd_list()
            call.return_value_with_unix_fd_list(arguments, fds)
        elif method != "Never":
            call.return_value(arguments)

    def set_target(self, degrees, call):
        if degrees > 35:
            call.return_dbus_error(ERROR, "above 35")
            return
        was, self.current = self.current, degrees
        changed = GLib.Variant("(sa{sv}as)", (INTERFACE, {"Current": GLib.Variant("d", degrees)},
                                              []))
        self.bus.emit_signal(None, PATH, PROPERTIES, "PropertiesChanged", changed)
        if degrees > 30:
            self.bus.emit_signal(None, PATH, INTERFACE, "Overheated",
                                 GLib.Variant("(ds)", (degrees, "hall")))
        call.return_value(GLib.Variant("(d)", (was,)))

    def get(self, _bus, _sender, _path, _interface, name):
        if name == "Current":
            return GLib.Variant("d", self.current)
        return GLib.Variant("s", self.unit)

    def set(self, _bus, _sender, _path, _interface, _name, value):
        self.unit = value.unpack()
        return True


def say(text, is_so=True):
    print(text if is_so else f"{text}: not so", flush=True)


def use(bus):
    def call(method, arguments, timeout=20000, interface=INTERFACE):
        return bus.call_sync(NAME, PATH, interface, method, arguments, None,
                             Gio.DBusCallFlags.NONE, timeout, None)

    heard = []

    def on_signal(_bus, _sender, _path, _interface, member, arguments, *_):
        if member == "Overheated" and arguments.unpack() == (31.0, "hall"):
            heard.append("overheated")
        elif member == "PropertiesChanged" and arguments.unpack()[1].get("Current") == 31.0:
            heard.append("current")

    for interface in (INTERFACE, PROPERTIES):
        bus.signal_subscribe(NAME, interface, None, PATH, None, Gio.DBusSignalFlags.NONE,
                             on_signal)
    target = GLib.Variant("((ds))", ((31.0, "C"),))
    say("was", call("SetTarget", target).unpack() == (20.0,))
    while len(heard) < 2:  # GDBus hands signals out in its loop
        GLib.MainContext.default().iteration(True)
    say("heard", sorted(heard) == ["current", "overheated"])
    current = call("Get", GLib.Variant("(ss)", (INTERFACE, "Current")), interface=PROPERTIES)
    say("current", current.unpack() == (31.0,))
    say("refused", error_of(call, "SetTarget", GLib.Variant("((ds))", ((40.0, "C"),))) == ERROR)
    call("Set", GLib.Variant("(ssv)", (INTERFACE, "Unit", GLib.Variant("s", "K"))),
         interface=PROPERTIES)
    unit = call("Get", GLib.Variant("(ss)", (INTERFACE, "Unit")), interface=PROPERTIES)
    say("unit", unit.unpack() == ("K",))
    use_values(bus, call)
    say("late", error_of(call, "Never", None, 50) == "timed out")


def use_values(bus, call):
    values = GLib.Variant("(ybnqiuxtdsog)", (255, True, -2, 3, -4, 5, -6, 1 << 63, 0.5, "Grüße",
                                             "/a/b", "a{sv}"))
    say("echo", call("Echo", values).equal(values))
    facts = {"list": GLib.Variant("as", ["a", "b"]), "number": GLib.Variant("u", 7)}
    nest = GLib.Variant("(a{sv}a(ia{sai}))", (facts, [(0, {}), (-1, {"k": [1, 2, 3]})]))
    say("nest", call("Nest", nest).equal(nest))
    readable, writable = os.pipe()
    fds = Gio.UnixFDList.new()
    fds.append(writable)
    _, passed = bus.call_with_unix_fd_list_sync(
        NAME, PATH, INTERFACE, "Pass", GLib.Variant("(h)", (0,)), None, Gio.DBusCallFlags.NONE,
        20000, fds, None)
    os.write(passed.get(0), b"x")
    say("pass", os.read(readable, 1) == b"x")
    data = GLib.Variant.new_tuple(GLib.Variant.new_from_bytes(
        GLib.VariantType("ay"), GLib.Bytes.new(b"*" * (4 << 20)), True))
    say("big", call("Big", data).equal(data))


def error_of(call, *arguments):
    try:
        call(*arguments)
    except GLib.Error as e:
        if e.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT):
            return "timed out"
        return Gio.DBusError.get_remote_error(e)
    return None


def main():
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    if sys.argv[1] == "use":
        use(bus)
        return
    with open(sys.argv[2], encoding="utf-8") as f:
        service = Service(bus, f.read())
    Gio.bus_own_name_on_connection(bus, NAME, Gio.BusNameOwnerFlags.NONE,
                                   lambda *_: print("ready", flush=True), None)
    GLib.MainLoop().run()
    del service


main()
