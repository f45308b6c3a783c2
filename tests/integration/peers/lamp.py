#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A service for the verbs to find their way in: objects below each other, properties, all types.

lamp.py [NAME]: owns NAME (org.example.Lamp) and says `ready`, then each call it gets, in words.
"""

import os
import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

PATH = "/org/example/Lamp"
LAMP = """<node><interface name="org.example.Lamp1">
  <method name="Mix">
    <arg name="colors" direction="in" type="a(sd)"/>
    <arg name="options" direction="in" type="a{sv}"/>
    <arg name="name" direction="out" type="s"/><arg name="level" direction="out" type="u"/>
  </method>
  <method name="Echo"><arg direction="in" type="v"/><arg direction="out" type="v"/></method>
  <method name="Rows"><arg direction="out" type="a(su)"/></method>
  <method name="Read"><arg name="from" direction="in" type="h"/>
    <arg direction="out" type="s"/></method>
  <method name="Refuse"/>
  <method name="Never"/>
  <method name="Flash"><arg name="times" direction="in" type="u"/>
    <annotation name="org.freedesktop.DBus.Deprecated" value="true"/></method>
  <property name="Level" type="u" access="readwrite"/>
  <property name="Modes" type="as" access="read"/>
  <property name="Extra" type="a{sv}" access="read"/>
  <signal name="Flashed"><arg name="times" type="u"/><arg name="by" type="s"/></signal>
</interface></node>"""
BULB = """<node><interface name="org.example.Bulb1">
  <method name="Blink"/><property name="On" type="b" access="readwrite"/>
</interface></node>"""


class Lamp:
    def __init__(self, connection):
        self.connection = connection
        self.values = {"Level": GLib.Variant("u", 3), "Modes": GLib.Variant("as", ["day", "night"]),
                       "Extra": GLib.Variant("a{sv}", {"watts": GLib.Variant("d", 5.5)}),
                       "On": GLib.Variant("b", False)}
        self.held = []
        for path, xml in ((PATH, LAMP), (PATH + "/bulb/1", BULB), (PATH + "/bulb/2", BULB)):
            connection.register_object(path, Gio.DBusNodeInfo.new_for_xml(xml).interfaces[0],
                                       self.on_call, self.on_get, self.on_set)

    def on_call(self, _connection, _sender, path, _interface, method, values, invocation):
        print(path.removeprefix(PATH) + ":", method, values.print_(True), flush=True)
        if method == "Mix":
            invocation.return_value(GLib.Variant("(su)", ("mixed", len(values.unpack()[0]))))
        elif method == "Echo":
            invocation.return_value(values)
        elif method == "Rows":
            invocation.return_value(GLib.Variant("(a(su))", ([("one", 1), ("eleven", 11)],)))
        elif method == "Read":
            fds = invocation.get_message().get_unix_fd_list()
            with os.fdopen(fds.get(0), encoding="utf-8") as f:
                invocation.return_value(GLib.Variant("(s)", (f.read(),)))
        elif method == "Refuse":
            invocation.return_dbus_error("org.example.Error.Refused", "as it was asked to")
        elif method == "Never":
            self.held.append(invocation)
        elif method == "Flash":
            self.connection.emit_signal(None, PATH, "org.example.Lamp1", "Flashed",
                                        GLib.Variant("(us)", (values.unpack()[0], "hand")))
            invocation.return_value(None)
        else:
            invocation.return_value(None)

    def on_get(self, _connection, _sender, _path, _interface, name):
        return self.values[name]

    def on_set(self, connection, _sender, path, interface, name, value):
        print(path.removeprefix(PATH) + ":", "set", name, value.print_(True), flush=True)
        self.values[name] = value
        changed = GLib.Variant("(sa{sv}as)", (interface, {name: value}, []))
        connection.emit_signal(None, path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                               changed)
        return True


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else "org.example.Lamp"
    connection = Gio.bus_get_sync(Gio.BusType.SESSION)
    lamp = Lamp(connection)
    connection.call_sync("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "RequestName",
                         GLib.Variant("(su)", (name, 0)), None, 0, -1)
    print("ready", flush=True)
    GLib.MainLoop().run()
    del lamp


if __name__ == "__main__":
    main()
