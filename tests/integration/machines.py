# SPDX-License-Identifier: MIT
"""What the tests of headway-machined share: the program on a bus of its own, processes to register
as machines, and Debian's machinectl."""

import contextlib
import os
import shutil
import subprocess

from tests.integration.support import Program, find, run
from tests.lib import expect
from tests.lib.buses import headwayd_path, start_bus

NAME = "org.freedesktop.machine1"
PATH = "/org/freedesktop/machine1"
MANAGER = NAME + ".Manager"
MACHINE = NAME + ".Machine"
# Debian's tools use the system bus only where systemd is the first process, by this directory.
BOOTED = (find("unshare"), "--mount", "sh", "-c",
          'mount -t tmpfs none /run && mkdir -p /run/systemd/system && exec "$@"', "--")


def machined_path(name):
    """A program of src/machined, beside the headwayd that is tested."""
    place = os.path.dirname(headwayd_path())
    places = (place, os.path.join(os.path.dirname(place), "machined"))
    return next(path for path in (os.path.join(x, name) for x in places) if os.path.exists(path))


class Machined:
    """The service on a bus, and a client of root's."""

    def __init__(self, bus, client, program):
        self.bus, self.client, self.program = bus, client, program

    def call(self, member, signature="", *args, client=None):
        return (client or self.client).call(NAME, PATH, MANAGER, member, signature, *args)

    def register(self, name, leader, *, kind="container", root="/", machine_id=bytes(16)):
        return self.call("RegisterMachine", "sayssus", name, machine_id, "test", kind, leader, root)

    def names(self):
        return [machine[0] for machine in self.call("ListMachines")]

    def get(self, path, name):
        return self.client.call(NAME, path, "org.freedesktop.DBus.Properties", "Get", "ss",
                                MACHINE, name)[1]

    def machinectl(self, *arguments, **options):
        """Debian's machinectl, run to its end."""
        return run(*BOOTED, "machinectl", "--no-pager", *arguments, bus=self.bus, **options)


@contextlib.contextmanager
def machined(kind, config=None, *, on_bus=None, **options):
    """The service on a bus of this kind, which `on_bus` may have things started on before."""
    with start_bus(kind, config) as bus, (on_bus or contextlib.nullcontext)(bus) as more:
        with serving(bus, more, **options) as service:
            yield service


@contextlib.contextmanager
def serving(bus, more=None, *, arguments=(), env=None):
    with bus.client() as client:
        client.add_match(f"sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='{NAME}'")
        program = Program(machined_path("headway-machined"),
                          f"--helper={machined_path('headway-machine-helper')}", *arguments,
                          bus=bus, env=env)
        with program:
            wait_for_name(client, program)
            service = Machined(bus, client, program)
            service.more = more
            yield service


def wait_for_name(client, program):
    changed = client.next_signal("NameOwnerChanged")
    expect.true(changed.args[2], f"the name has no owner: {changed.args} {program.err.text()}")


@contextlib.contextmanager
def process(*command):
    """A process to be registered; by default one that does nothing."""
    with subprocess.Popen(command or ("sleep", "infinity"), stdin=subprocess.DEVNULL) as popen:
        try:
            yield popen
        finally:
            popen.kill()


def small_root(directory):
    """The root directory of a machine that is busybox; its path."""
    root = os.path.join(directory, "root")
    for name in ("bin", "dev", "etc", "proc", "root", "run", "sys", "tmp", "usr/lib"):
        os.makedirs(os.path.join(root, name))
    shutil.copy(find("busybox"), os.path.join(root, "bin"))
    for name in ("cat", "echo", "grep", "hostname", "id", "ls", "pwd", "sh", "sleep", "true",
                 "tty"):
        os.symlink("busybox", os.path.join(root, "bin", name))
    with open(os.path.join(root, "etc/os-release"), "w", encoding="utf-8") as f:
        f.write('ID=small\nPRETTY_NAME="A small one"\n')
    with open(os.path.join(root, "etc/passwd"), "w", encoding="utf-8") as f:
        f.write("root:x:0:0::/root:/bin/sh\nann:x:1234:100::/tmp:/bin/sh\n")
    with open(os.path.join(root, "etc/group"), "w", encoding="utf-8") as f:
        f.write("root:x:0:\ntty:x:5:\nusers:x:100:\nmore:x:77:ann\n")
    return root
