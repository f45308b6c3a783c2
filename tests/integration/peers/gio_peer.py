#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A service and its client, both GDBus through python3-gi. Ends with 0 if all went as it should.

gio_peer.py meet: on the session bus, two connections: names owned and watched, an object served and
called, signals, properties, descriptors. gio_peer.py testdbus: the same on a bus of GTestDBus.
"""

import os
import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

XML = """<node><interface name="org.example.Gio1">
  <method name="Echo"><arg direction="in" type="(sv)"/><arg direction="out" type="(sv)"/></method>
  <method name="Refuse"/>
  <method name="Take"><arg direction="in" type="ah"/><arg direction="out" type="h"/></method>
  <signal name="Changed"><arg type="a{sv}"/></signal>
  <property name="Level" type="i" access="readwrite"/>
</interface></node>"""
PATH = "/org/example/Gio"
NAME = "org.example.Gio"
INTERFACE = "org.example.Gio1"
FLAGS = (Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
         | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
SECONDS = 30


def check(got, wanted):
    if got != wanted:
        raise SystemExit(f"got {got!r}, wanted {wanted!r}")


def spin(condition):
    """Runs the main loop until the condition holds."""
    late = []
    timer = GLib.timeout_add_seconds(SECONDS, lambda: late.append(True))
    while not condition():
        GLib.MainContext.default().iteration(True)
        if late:
            raise SystemExit(f"never: {condition.__doc__ or condition}")
    GLib.source_remove(timer)


class Service:
    def __init__(self, connection):
        self.connection = connection
        self.level = 7
        info = Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0]
        self.id = connection.register_object(PATH, info, self.on_call, self.on_get, self.on_set)

    def on_call(self, _connection, _sender, _path, _interface, method, parameters, invocation):
        if method == "Echo":
            invocation.return_value(parameters)
        elif method == "Refuse":
            invocation.return_dbus_error("org.example.Error.Refused", "as it was asked to")
        elif method == "Take":
            # Every descriptor is read to its end; what was read goes back through a pipe.
            fds = invocation.get_message().get_unix_fd_list()
            text = b""
            for index in parameters.unpack()[0]:
                with os.fdopen(fds.get(index), "rb") as f:
                    text += f.read()
            readable, writable = os.pipe()
            os.write(writable, text)
            os.close(writable)
            answer = Gio.UnixFDList.new()
            answer.append(readable)
            os.close(readable)
            invocation.return_value_with_unix_fd_list(GLib.Variant("(h)", (0,)), answer)

    def on_get(self, *_):
        return GLib.Variant("i", self.level)

    def on_set(self, _connection, _sender, _path, interface, name, value):
        self.level = value.unpack()
        changed = GLib.Variant("(sa{sv}as)", (interface, {name: value}, []))
        self.connection.emit_signal(None, PATH, "org.freedesktop.DBus.Properties",
                                    "PropertiesChanged", changed)
        return True


def call(connection, method, parameters, interface=INTERFACE, fds=None):
    """Calls without stopping the main loop, in which the service lives."""
    results = []
    connection.call_with_unix_fd_list(
        NAME, PATH, interface, method, parameters, None, Gio.DBusCallFlags.NONE, SECONDS * 1000,
        fds, None, lambda c, r: results.append(finish(c, r)))
    spin(lambda: results)
    return results[0]


def finish(connection, result):
    try:
        value, fds = connection.call_with_unix_fd_list_finish(result)
        return value.unpack(), fds
    except GLib.Error as e:
        return e, None


def connect(address):
    return Gio.DBusConnection.new_for_address_sync(address, FLAGS, None, None)


def pipe_with(text):
    readable, writable = os.pipe()
    os.write(writable, text)
    os.close(writable)
    return readable


def use(client):
    check(call(client, "Echo", GLib.Variant("((sv))", (("ü", GLib.Variant("ai", [1, 2])),)))[0],
          (("ü", [1, 2]),))
    refused = call(client, "Refuse", None)[0]
    check(Gio.DBusError.get_remote_error(refused), "org.example.Error.Refused")
    fds = Gio.UnixFDList.new()
    for text in (b"one ", b"two ", b"three"):
        fd = pipe_with(text)
        fds.append(fd)
        os.close(fd)
    value, back = call(client, "Take", GLib.Variant("(ah)", ([0, 1, 2],)), fds=fds)
    with os.fdopen(back.get(value[0]), "rb") as f:
        check(f.read(), b"one two three")


def use_properties(client):
    proxies = []
    Gio.DBusProxy.new(client, Gio.DBusProxyFlags.NONE, None, NAME, PATH, INTERFACE, None,
                      lambda _, r: proxies.append(Gio.DBusProxy.new_finish(r)))
    spin(lambda: proxies)
    check(proxies[0].get_cached_property("Level").unpack(), 7)
    call(client, "Set", GLib.Variant("(ssv)", (INTERFACE, "Level", GLib.Variant("i", 12))),
         "org.freedesktop.DBus.Properties")
    check(proxies[0].get_cached_property("Level").unpack(), 12)
    check(proxies[0].get_name_owner()[0], ":")


def meet(address):
    server, client = connect(address), connect(address)
    seen = []
    watch = Gio.bus_watch_name_on_connection(
        client, NAME, Gio.BusNameWatcherFlags.NONE, lambda _c, _n, owner: seen.append(owner),
        lambda _c, _n: seen.append(None))
    spin(lambda: seen == [None])
    service = Service(server)
    events = []
    owner = Gio.bus_own_name_on_connection(server, NAME, Gio.BusNameOwnerFlags.NONE,
                                           lambda *_: events.append("acquired"),
                                           lambda *_: events.append("lost"))
    spin(lambda: events == ["acquired"] and seen == [None, server.get_unique_name()])

    use(client)
    use_properties(client)

    signals = []
    client.signal_subscribe(NAME, INTERFACE, "Changed", PATH, None, Gio.DBusSignalFlags.NONE,
                            lambda *a: signals.append(a[5].unpack()))
    call(client, "Echo", GLib.Variant("((sv))", (("", GLib.Variant("b", True)),)))
    for i in range(100):
        server.emit_signal(None, PATH, INTERFACE, "Changed",
                           GLib.Variant("(a{sv})", ({"n": GLib.Variant("i", i)},)))
    spin(lambda: len(signals) == 100)
    check([x[0]["n"] for x in signals], list(range(100)))

    Gio.bus_unown_name(owner)
    spin(lambda: seen[-1] is None and len(seen) == 3)
    Gio.bus_unwatch_name(watch)
    server.unregister_object(service.id)
    server.close_sync(None)
    client.close_sync(None)


def main():
    if sys.argv[1] == "testdbus":
        bus = Gio.TestDBus.new(Gio.TestDBusFlags.NONE)
        bus.up()
        meet(bus.get_bus_address())
        pid = connect(bus.get_bus_address()).call_sync(
            "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetConnectionUnixProcessID",
            GLib.Variant("(s)", ("org.freedesktop.DBus",)), None, 0, -1, None).unpack()[0]
        print(os.readlink(f"/proc/{pid}/exe"))
        bus.stop()
    else:
        meet(os.environ["DBUS_SESSION_BUS_ADDRESS"])
    print("met")


if __name__ == "__main__":
    main()
