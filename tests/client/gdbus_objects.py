#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""gdbus_objects.py ADDRESS NAME: follows the objects of NAME below /units as GDBus does, reports
what it sees to NAME itself (org.example.Report1 at /report)."""

import sys

from gi.repository import Gio, GLib


def main():
    address, name = sys.argv[1:]
    flags = (
        Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
        | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    )
    bus = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)

    def report(text):
        bus.call_sync(
            name,
            "/report",
            "org.example.Report1",
            "Report",
            GLib.Variant("(s)", (text,)),
            None,
            Gio.DBusCallFlags.NONE,
            -1,
            None,
        )

    def state_of(item):
        proxy = item.get_interface("org.example.Unit1")
        return proxy.get_cached_property("State").unpack()

    manager = Gio.DBusObjectManagerClient.new_sync(
        bus, Gio.DBusObjectManagerClientFlags.NONE, name, "/units", None, None, None
    )
    manager.connect(
        "object-added",
        lambda _, item: report(f"+{item.get_object_path()} {state_of(item)}"),
    )
    manager.connect("object-removed", lambda _, item: report(f"-{item.get_object_path()}"))
    manager.connect(
        "interface-proxy-properties-changed",
        lambda _, item, proxy, changed, gone: report(f"~{item.get_object_path()} {state_of(item)}"),
    )
    for item in manager.get_objects():
        report(f"={item.get_object_path()} {state_of(item)}")
    report("ready")
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
