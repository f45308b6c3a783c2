#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A service inside the machine. peer.py NAME: owns NAME on the bus that started it, and answers
every call with who it is: `user=USER unit=UNIT started-by=BUS`."""

import contextlib
import os
import pwd
import sys

from tests.lib.client import Client, Disconnected

SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket"


def address():
    starter = os.environ.get("DBUS_STARTER_ADDRESS")
    if starter is not None:
        return starter
    # A unit: of a user's systemd if there is a session bus, else of the system's.
    return os.environ.get("DBUS_SESSION_BUS_ADDRESS", SYSTEM_BUS)


def main():
    with open("/proc/self/cgroup", encoding="ascii") as f:
        unit = f.read().strip().rsplit("/", 1)[-1]
    who = (f"user={pwd.getpwuid(os.getuid()).pw_name} unit={unit} "
           f"started-by={os.environ.get('DBUS_STARTER_BUS_TYPE', 'systemd')}")
    client = Client(address())
    client.sock.settimeout(None)
    client.request_name(sys.argv[1])
    with contextlib.suppress(Disconnected):  # when the bus ends, so does the service
        while True:
            client.reply(client.next_call(), "s", who)


if __name__ == "__main__":
    main()
