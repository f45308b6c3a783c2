#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""gdbus_peer.py client ADDRESS | server ADDRESS: GLib's D-Bus, without a bus.

As a client: calls what the test serves, and exits with 0 if every answer was right. As a server:
serves the same, prints its address once it listens, and goes on until it is ended.
"""

import os
import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

XML = """<node><interface name="org.example.Echo1">
  <method name="Echo"><arg type="s" direction="in"/><arg type="s" direction="out"/></method>
  <method name="WriteTo"><arg type="h" direction="in"/><arg type="u" direction="out"/></method>
  <signal name="Said"><arg type="s"/></signal>
</interface></node>"""
LARGE = "x" * 5_000_000


def call(peer, member, arguments, returns, fds=None):
    answer = peer.call_with_unix_fd_list_sync(
        None, "/echo", "org.example.Echo1", member, arguments, GLib.VariantType.new(returns),
        Gio.DBusCallFlags.NONE, 60_000, fds, None)
    return answer[0].unpack()[0]


def be_client(address):
    peer = Gio.DBusConnection.new_for_address_sync(
        address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT, None, None)
    heard = []
    peer.signal_subscribe(None, "org.example.Echo1", "Said", "/echo", None,
                          Gio.DBusSignalFlags.NONE, lambda *what: heard.append(what[5].unpack()))
    assert call(peer, "Echo", GLib.Variant("(s)", ["words"]), "(s)") == "words"
    assert call(peer, "Echo", GLib.Variant("(s)", [LARGE]), "(s)") == LARGE
    reader, writer = os.pipe()
    fds = Gio.UnixFDList.new_from_array([writer])
    assert call(peer, "WriteTo", GLib.Variant("(h)", [0]), "(u)", fds) == 1
    assert os.read(reader, 1) == b"x"
    while not heard:
        GLib.MainContext.default().iteration(True)
    assert heard[0] == ("news",), heard


def be_server(address):
    info = Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0]

    def on_call(peer, _sender, path, interface, method, arguments, invocation):
        if method == "Echo":
            peer.emit_signal(None, path, interface, "Said", GLib.Variant("(s)", ["news"]))
            return invocation.return_value(arguments)
        fds = invocation.get_message().get_unix_fd_list()
        written = os.write(fds.get(arguments.unpack()[0]), b"x")
        return invocation.return_value(GLib.Variant("(u)", [written]))

    kept = []

    def on_connection(_server, peer):
        kept.append(peer)
        peer.register_object("/echo", info, on_call, None, None)
        return True

    server = Gio.DBusServer.new_sync(address, Gio.DBusServerFlags.NONE, Gio.dbus_generate_guid(),
                                     None, None)
    server.connect("new-connection", on_connection)
    server.start()
    print(server.get_client_address(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    {"client": be_client, "server": be_server}[sys.argv[1]](sys.argv[2])
