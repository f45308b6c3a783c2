# SPDX-License-Identifier: MIT
"""Services that machines have, as python-dbusmock plays them, used through headers that headway gen
makes of what they say."""

import contextlib
import os

from tests.integration.library import compile_with_library
from tests.integration.support import PEERS, PYTHON, Program, output
from tests.integration.verbs import verb
from tests.lib import expect
from tests.lib.buses import temporary_directory

MOCK = "org.freedesktop.DBus.Mock"
# The template of python-dbusmock, the name that it takes, the object that controls it, a call that
# makes it have an object of each kind, and the namespace that its header gets.
SERVICES = (
    ("logind", "org.freedesktop.login1", "/org/freedesktop/login1",
     ("AddSession", "ssusb", "c1", "seat0", 500, "joe", True), "login1"),
    ("upower", "org.freedesktop.UPower", "/org/freedesktop/UPower",
     ("AddChargingBattery", "ssdx", "first", "Model", 10.0, 60), "upower"),
    ("polkitd", "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
     ("AllowUnknown", "b", False), "policykit"),
    ("networkmanager", "org.freedesktop.NetworkManager", "/org/freedesktop",
     ("AddEthernetDevice", "ssi", "eth0", "eth0", 30), "network"),
)
SAID = """\
logind lists sessions
logind has a user of a session
logind hands out descriptors
upower tells of devices
upower tells of changes
upower lists devices
polkit has properties
polkit decides
NetworkManager tells of objects
NetworkManager has them all
NetworkManager lists devices"""


def wait_for_name(client, name):
    """Until somebody owns it."""
    client.bus("AddMatch", "s", f"member='NameOwnerChanged',arg0='{name}'")
    if not client.bus("NameHasOwner", "s", name):
        while client.receive().member != "NameOwnerChanged":
            pass


def test_services_that_machines_have_are_used_through_their_own_words(bus):
    with temporary_directory() as place, contextlib.ExitStack() as stack, bus.client() as client:
        for template, name, path, first, space in SERVICES:
            stack.enter_context(Program(PYTHON, "-m", "dbusmock", "-t", template, bus=bus))
            wait_for_name(client, name)
            member, signature, *values = first
            client.call(name, path, MOCK, member, signature, *values)
            verb("gen", "-s", name, "-i", "org.freedesktop.*", "-n", space,
                 "-o", os.path.join(place, f"{space}.h"), bus=bus)
        program = os.path.join(place, "mocks_user")
        compile_with_library(os.path.join(PEERS, "mocks_user.cc"), program, place)
        expect.equal(output(program, bus=bus), SAID)
