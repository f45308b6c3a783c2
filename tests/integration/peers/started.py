#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A service that tells what it was started as.

started.py NAME ADDRESS: owns NAME on the bus at ADDRESS; Facts() answers with JSON. Needs nothing
of this repository, so that a copy of it can be run by users who may not read that.
"""

import json
import os
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib


def status(key):
    with open("/proc/self/status", encoding="ascii") as f:
        return next(line.split(":")[1].strip() for line in f if line.startswith(key + ":"))


def facts():
    with open("/proc/self/environ", encoding="utf-8") as f:
        environment = [entry for entry in f.read().split("\0") if entry]
    umask = os.umask(0o77)
    python_ignores = 1 << 12 | 1 << 24  # SIGPIPE and SIGXFSZ
    return {"uids": os.getresuid(), "gids": os.getresgid(), "groups": sorted(os.getgroups()),
            "capabilities": int(status("CapEff"), 16), "environment": sorted(environment),
            "descriptors": sorted(int(fd) for fd in os.listdir("/proc/self/fd")
                                  if os.path.exists(f"/proc/self/fd/{fd}")),
            "stdin": os.readlink("/proc/self/fd/0"), "umask": umask, "directory": os.getcwd(),
            "blocked": int(status("SigBlk"), 16),
            "ignored": int(status("SigIgn"), 16) & ~python_ignores, "arguments": sys.argv[1:]}


class Service(dbus.service.Object):
    def __init__(self, bus, told):
        super().__init__(bus, "/")
        self.told = told

    @dbus.service.method("org.example.Started1", in_signature="", out_signature="s")
    def Facts(self):
        return self.told


def main():
    told = json.dumps(facts())
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(sys.argv[2])
    bus.set_exit_on_disconnect(True)
    service = Service(bus, told)
    bus.request_name(sys.argv[1])
    GLib.MainLoop().run()
    del service


if __name__ == "__main__":
    main()
