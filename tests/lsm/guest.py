#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The first process of the machine that run.py starts: puts a security module in force, runs the
tests, and switches the machine off. main(MODULE, KINDS)"""

import os
import signal
import traceback

from tests.lib import runner
from tests.lsm import apparmor, machine, selinux

MOUNTS = (("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("tmpfs", "/tmp"))
POWER_OFF = 0x4321FEDC


def start_selinux():
    machine.mount("selinuxfs", machine.SELINUX)
    machine.associate({selinux.NAME: "name_t"})
    machine.load_policy("first")
    machine.set_enforcing(True)
    # Of whatever is executed from here on: the buses.
    machine.write("/proc/self/attr/exec", machine.context("bus_t"))


def start_apparmor():
    machine.mount("securityfs", "/sys/kernel/security")
    with open("/policy/profiles", "rb") as f:
        machine.write(f"{machine.APPARMOR}/.load", f.read())


def main(module, kinds):
    status = 1
    print("--- the tests begin", flush=True)
    try:
        for kind, target in MOUNTS:
            machine.mount(kind, target)
        os.chmod("/tmp", 0o1777)
        machine.write("/proc/sys/kernel/printk_ratelimit", "0")
        start, tests = {"selinux": (start_selinux, selinux),
                        "apparmor": (start_apparmor, apparmor)}[module]
        start()
        for sent in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sent, signal.SIG_IGN)
        status = runner.run(kinds, [tests], verbose=True)
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc()
    print(f"\nstatus {status}", flush=True)
    machine.LIBC.reboot(POWER_OFF)
