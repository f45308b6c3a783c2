# SPDX-License-Identifier: MIT
"""What a bus does where AppArmor is. Debian's kernel does not mediate D-Bus by it; a file that says
that it does is laid over what it says. Runs on the machine of run.py only."""

import os

from tests.lib import expect
from tests.lib.buses import config, start_bus, start_failure
from tests.lib.runner import differs, requirement, skip_on
from tests.lsm.machine import APPARMOR, mount, run_unit_tests, unmount

FEATURES = f"{APPARMOR}/features"
REQUIRED = config(extra='<apparmor mode="required"/>')


class Mediating:
    """The kernel as one that mediates D-Bus, to judge by what it says of itself."""

    def __enter__(self):
        mount("tmpfs", FEATURES)
        os.mkdir(f"{FEATURES}/dbus")
        with open(f"{FEATURES}/dbus/mask", "w", encoding="ascii") as f:
            f.write("acquire send receive")

    def __exit__(self, *_):
        unmount(FEATURES)


def features(bus):
    with bus.client() as c:
        return c.call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                      "org.freedesktop.DBus.Properties", "Get", "ss", "org.freedesktop.DBus",
                      "Features").value


@requirement("LSM-012")
@differs("dbus-daemon", "is content with an AppArmor that it cannot ask")
def test_apparmor_that_is_required_and_does_not_mediate_keeps_the_bus_from_starting(kind):
    failure = start_failure(kind, REQUIRED)
    expect.contains(failure.log, f"{FEATURES}/dbus/mask")


@requirement("LSM-022")
def test_apparmor_that_does_not_mediate_is_not_asked(kind):
    with start_bus(kind, config(extra="<apparmor/>")) as bus:
        expect.true("AppArmor" not in features(bus), "AppArmor is among the features")


@requirement("LSM-012", "LSM-013")
@differs("dbus-daemon", "ends the connection before it can")
def test_who_has_no_label_may_not_say_hello_where_apparmor_mediates(kind):
    with Mediating(), start_bus(kind, REQUIRED) as bus, bus.client(stage="auth") as c:
        with expect.error("AccessDenied", "An AppArmor policy prevents this sender"):
            c.hello()
        expect.true("runs without" not in bus.log.text(), bus.log.text())


@requirement("LSM-012")
def test_apparmor_that_is_switched_off_is_not_asked(kind):
    with Mediating(), start_bus(kind, config(extra='<apparmor mode="disabled"/>')) as bus:
        expect.true("AppArmor" not in features(bus), "AppArmor is among the features")


@requirement("LSM-014", "LSM-015")
@skip_on("dbus-daemon", "is not made of what is tested")
def test_the_kernel_answers_what_is_asked_of_its_profiles(_):
    run_unit_tests("lsm_test", "ApparmorKernelTest.*")
