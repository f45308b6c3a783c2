# SPDX-License-Identifier: MIT
"""What the tests do to the machine that run.py started. Its policy is policy.conf."""

import contextlib
import ctypes
import os
import subprocess
import time

from tests.lib.client import TIMEOUT, Client

LIBC = ctypes.CDLL(None, use_errno=True)
SELINUX = "/sys/fs/selinux"
APPARMOR = "/sys/kernel/security/apparmor"
POLICIES = "/policy"
CONTEXTS = "/etc/selinux/test/contexts/dbus_contexts"


def write(path, data):
    with open(path, "wb", buffering=0) as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def mount(kind, target):
    os.makedirs(target, exist_ok=True)
    if LIBC.mount(kind.encode(), target.encode(), kind.encode(), 0, None):
        raise OSError(ctypes.get_errno(), f"cannot mount {target}")


def unmount(target):
    if LIBC.umount2(target.encode(), 0):
        raise OSError(ctypes.get_errno(), f"cannot unmount {target}")


def run_unit_tests(program, which):
    """Those whose names match; none of them may skip itself."""
    done = subprocess.run([f"/headway/{program}", f"--gtest_filter={which}"], check=False,
                          text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode or "SKIPPED" in done.stdout or "0 tests from 0" in done.stdout:
        raise AssertionError(done.stdout)


def load_policy(name):
    with open(os.path.join(POLICIES, name), "rb") as f:
        write(f"{SELINUX}/load", f.read())


def set_enforcing(on):
    write(f"{SELINUX}/enforce", "1" if on else "0")


def associate(names):
    """What the bus's configuration includes from the policy's directory: {name: type}."""
    lines = "".join(f'<associate own="{name}" context="{context(kind)}"/>'
                    for name, kind in names.items())
    os.makedirs(os.path.dirname(CONTEXTS), exist_ok=True)
    write(CONTEXTS, f"<busconfig><selinux>{lines}</selinux></busconfig>")


def context(kind):
    return f"u:r:{kind}"


def peer(bus, kind, **options):
    """A Client whose socket is one of a process of that type."""
    write("/proc/self/attr/sockcreate", context(kind))
    try:
        return Client(bus.address, **options)
    finally:
        write("/proc/self/attr/sockcreate", b"\n")


class KernelLog:
    """What the kernel logs, audit records among it, from now on."""

    def __init__(self):
        self._fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self._fd, 0, os.SEEK_END)
        self.lines = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._fd)

    def _read(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.lines.append(os.read(self._fd, 8192).decode(errors="replace"))

    def wait_for(self, record, *parts):
        """The first line of an audit record of this type with all `parts` in it."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            self._read()
            for line in self.lines:
                if f"audit: type={record} " in line and all(part in line for part in parts):
                    return line
            if time.monotonic() > deadline:
                raise AssertionError(f"no record {record} with {parts} in:\n{''.join(self.lines)}")
            time.sleep(0.01)

    def count(self, *parts):
        self._read()
        return sum(all(part in line for part in parts) for line in self.lines)


def eventually(what, condition):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {TIMEOUT} s: {what}")
        time.sleep(0.01)


def status(pid):
    """{key: value} of a process's status."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(word) for word in f.read().split()]
