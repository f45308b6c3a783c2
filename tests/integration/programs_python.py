# SPDX-License-Identifier: MIT
"""python3-dbus, and what is built on it: the services that python3-dbusmock imitates."""

from tests.integration.support import PYTHON, Program, output, peer, run_peer
from tests.lib import expect
from tests.lib.runner import cases, requirement
from tests.integration.programs_dbus import own


@requirement("TEST-016")
def test_python_dbus_services_and_clients_meet(bus):
    with peer("service.py", bus=bus):
        expect.equal(run_peer("dbus_python_client.py", bus=bus), "served")


@requirement("TEST-016")
def test_a_second_owner_of_a_name_is_refused_and_takes_it_when_it_is_free(bus):
    with peer("service.py", bus=bus) as first:
        with Program(PYTHON, "-u", "-c", SECOND, bus=bus) as second:
            second.wait_for("not yet\n")
            first.kill(9)
            second.wait_for("mine\n")


SECOND = """
import dbus, dbus.mainloop.glib
from gi.repository import GLib
dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
bus.add_signal_receiver(lambda name: print("mine", flush=True), "NameAcquired",
                        arg0="org.example.Service")
try:
    dbus.service.BusName("org.example.Service", bus, do_not_queue=True)
    print("stolen")
except dbus.exceptions.NameExistsException:
    bus.request_name("org.example.Service", 0)
    print("not yet", flush=True)
GLib.MainLoop().run()
""".replace("import dbus, dbus", "import dbus.service, dbus", 1)

# Template, name, and a call that it answers.
MOCKS = (
    ("upower", "org.freedesktop.UPower",
     ("/org/freedesktop/UPower", "org.freedesktop.UPower", "EnumerateDevices"), "ao 0"),
    ("networkmanager", "org.freedesktop.NetworkManager",
     ("/org/freedesktop/NetworkManager", "org.freedesktop.NetworkManager", "GetDevices"), "ao 0"),
    ("logind", "org.freedesktop.login1",
     ("/org/freedesktop/login1", "org.freedesktop.login1.Manager", "CanPowerOff"), 's "yes"'),
)


@requirement("TEST-016")
@cases(*MOCKS)
def test_dbusmock_imitates_a_service(bus, name, request, wanted):
    template = next(mock[0] for mock in MOCKS if mock[1] == name)
    with Program(PYTHON, "-m", "dbusmock", "--system", "--template", template, bus=bus) as mock:
        own(bus, name)
        address = f"--address={bus.address}"
        expect.equal(output("busctl", address, "call", name, *request), wanted)
        expect.contains(output("busctl", address, "tree", "--list", name), request[0])
        expect.contains(output("busctl", address, "introspect", name, request[0]), request[1])
        expect.true(mock.process.poll() is None, mock.err.text())


@requirement("TEST-016")
def test_a_mock_emits_what_it_is_told_to(bus):
    name, path = "org.freedesktop.UPower", "/org/freedesktop/UPower"
    with Program(PYTHON, "-m", "dbusmock", "--system", "--template", "upower", bus=bus), \
            bus.client() as c:
        own(bus, name)
        c.add_match(f"sender='{name}',interface='{name}'")
        device = c.call(name, path, "org.freedesktop.DBus.Mock", "AddAC", "ss", "ac", "Mains")
        expect.equal(c.next_signal("DeviceAdded").args, [device])
        expect.equal(c.call(name, path, name, "EnumerateDevices"), [device])
