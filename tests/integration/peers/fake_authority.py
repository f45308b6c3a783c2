#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An authority whose answers tests decide: each check is printed as one line of JSON, and answered
by the next line of stdin: "yes", "no", "challenge", "error", or "wait" for never."""

import json
import sys

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

NAME = "org.freedesktop.PolicyKit1"
VERDICTS = {"yes": (True, False), "no": (False, False), "challenge": (False, True)}


class Authority(dbus.service.Object):
    @dbus.service.method(NAME + ".Authority", in_signature="(sa{sv})sa{ss}us",
                         out_signature="(bba{ss})", async_callbacks=("reply", "fail"))
    # pylint: disable-next=too-many-arguments
    def CheckAuthorization(self, subject, action, details, flags, cancellation, reply, fail):
        print(json.dumps({"kind": subject[0], "name": subject[1].get("name"), "action": action,
                          "details": details, "flags": flags}), flush=True)
        answer = sys.stdin.readline().strip()
        if answer in VERDICTS:
            reply((*VERDICTS[answer], {}))
        elif answer == "error":
            fail(dbus.DBusException("out of order", name=NAME + ".Error.Failed"))

    @dbus.service.method(NAME + ".Authority", in_signature="s")
    def CancelCheckAuthorization(self, cancellation):
        print(json.dumps({"cancelled": cancellation}), flush=True)


def main():
    DBusGMainLoop(set_as_default=True)
    bus = dbus.SystemBus()
    Authority(bus, "/org/freedesktop/PolicyKit1/Authority")
    bus.request_name(NAME)
    print("ready", flush=True)
    GLib.MainLoop().run()


main()
