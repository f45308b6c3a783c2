#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A service written with python3-dbus (libdbus) on a GLib main loop: what the tools call.

service.py [NAME]: owns NAME (org.example.Service) and says `ready`; ends by the method Quit.
"""

import os
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

INTERFACE = "org.example.Service1"
PATH = "/org/example/Service"


class Refused(dbus.DBusException):
    _dbus_error_name = "org.example.Error.Refused"


class Service(dbus.service.Object):
    def __init__(self, bus, loop):
        super().__init__(bus, PATH)
        self.loop = loop
        self.level = dbus.Int32(7)

    @dbus.service.method(INTERFACE, in_signature="v", out_signature="v")
    def Echo(self, value):
        return value

    @dbus.service.method(INTERFACE, in_signature="ssa{sv}ad(iy)", out_signature="s")
    def Describe(self, first, second, options, numbers, pair):
        return repr((str(first), str(second), {str(k): str(v) for k, v in sorted(options.items())},
                     [float(x) for x in numbers], (int(pair[0]), int(pair[1]))))

    @dbus.service.method(INTERFACE, in_signature="", out_signature="")
    def Refuse(self):
        raise Refused("as it was asked to")

    @dbus.service.method(INTERFACE, in_signature="ay", out_signature="t", byte_arrays=True)
    def Count(self, data):
        return len(data)

    @dbus.service.method(INTERFACE, in_signature="u", out_signature="ay")
    def Make(self, count):
        return dbus.ByteArray(b"x" * count)

    @dbus.service.method(INTERFACE, in_signature="h", out_signature="s")
    def ReadAll(self, fd):
        with os.fdopen(fd.take(), "rb") as f:
            return f.read().decode()

    @dbus.service.method(INTERFACE, in_signature="s", out_signature="h")
    def PipeWith(self, text):
        readable, writable = os.pipe()
        with os.fdopen(writable, "wb") as f:
            f.write(text.encode())
        answer = dbus.types.UnixFd(readable)
        os.close(readable)
        return answer

    @dbus.service.method(INTERFACE, in_signature="su", out_signature="")
    def Shout(self, text, count):
        for i in range(count):
            self.Heard(text, i)

    @dbus.service.signal(INTERFACE, signature="su")
    def Heard(self, text, number):
        pass

    @dbus.service.method(INTERFACE, in_signature="", out_signature="s", sender_keyword="sender")
    def WhoAmI(self, sender):
        return sender

    @dbus.service.method(INTERFACE, in_signature="", out_signature="")
    def Quit(self):
        GLib.idle_add(self.loop.quit)

    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="ss", out_signature="v")
    def Get(self, _interface, _name):
        return self.level

    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="s", out_signature="a{sv}")
    def GetAll(self, _interface):
        return {"Level": self.level}

    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="ssv", out_signature="")
    def Set(self, interface, _name, value):
        self.level = value
        self.PropertiesChanged(interface, {"Level": value}, [])

    @dbus.service.signal(dbus.PROPERTIES_IFACE, signature="sa{sv}as")
    def PropertiesChanged(self, interface, changed, invalidated):
        pass


def main():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    loop = GLib.MainLoop()
    bus = dbus.SessionBus()
    name = dbus.service.BusName(sys.argv[1] if len(sys.argv) > 1 else "org.example.Service", bus,
                                do_not_queue=True)
    service = Service(bus, loop)
    bus.call_on_disconnection(lambda _: loop.quit())
    print("ready", flush=True)
    loop.run()
    return name and service and 0


if __name__ == "__main__":
    sys.exit(main())
