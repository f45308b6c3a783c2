# SPDX-License-Identifier: MIT
"""headway -H, through Debian's ssh and sshd, with keys that are made for one test.

Nothing listens: ssh starts sshd as inetd would and speaks to it through a pipe, and sshd takes the
test's key alone. What makes the machine behind it another one is its PATH, in which systemd's
bridge leads to the bus of the test.
"""

import contextlib
import getpass
import os

from tests.integration.companions import headway
from tests.integration.support import find, output, run
from tests.integration.verbs import documents, verb
from tests.lib import expect
from tests.lib.buses import temporary_directory, write_file

SSHD = "/usr/sbin/sshd"  # it insists on its whole path
HOST = "far.example"
SERVICE = "org.example.Far"

SSHD_CONFIG = """
HostKey @DIR@/host
AuthorizedKeysFile @DIR@/user.pub
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
SetEnv PATH=@DIR@/far:/usr/bin:/bin
"""

SSH_CONFIG = """
ProxyCommand {sshd} -i -e -f @DIR@/sshd_config
User {user}
IdentityFile @DIR@/user
IdentitiesOnly yes
UserKnownHostsFile @DIR@/known_hosts
GlobalKnownHostsFile none
BatchMode yes
"""

# Run by root, sshd wants an empty directory where a booted machine has one.
SSHD_AS_ROOT = """#!/bin/sh
mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec {sshd} "$@"
"""


def script(directory, name, text):
    write_file(directory, name, text)
    os.chmod(os.path.join(directory, name), 0o755)


def sshd_command(directory):
    expect.true(os.path.exists(SSHD), f"there is no {SSHD}; Debian's package openssh-server has it")
    if os.geteuid() != 0 or os.path.isdir("/run/sshd"):
        return SSHD
    script(directory, "sshd", SSHD_AS_ROOT.format(sshd=SSHD))
    return f"{find('unshare')} --mount {directory}/sshd"


@contextlib.contextmanager
def far_machine(bus, may_log_in=True):
    """The environment of `headway` in which there is a machine far.example with this bus."""
    with temporary_directory() as directory:
        for key in ("host", "user"):
            output("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{directory}/{key}")
        with open(f"{directory}/host.pub", encoding="ascii") as f:
            write_file(directory, "known_hosts", f"{HOST} {f.read()}")
        if not may_log_in:
            write_file(directory, "user.pub", "")
        write_file(directory, "sshd_config", SSHD_CONFIG)
        write_file(directory, "ssh_config",
                   SSH_CONFIG.format(sshd=sshd_command(directory), user=getpass.getuser()))
        script(directory, "far/systemd-stdio-bridge",
               f"#!/bin/sh\nexec {find('systemd-stdio-bridge')} \"$@\" -p '{bus.address}'\n")
        script(directory, "near/ssh",
               f"#!/bin/sh\nexec {find('ssh')} -F {directory}/ssh_config \"$@\"\n")
        yield {"PATH": f"{directory}/near:{os.environ['PATH']}"}


def test_a_bus_behind_sshd_is_that_of_the_other_machine(bus):
    with bus.client() as client, far_machine(bus) as env:
        client.request_name(SERVICE)
        found = {entry["name"]: entry for entry in documents("ls", "-H", HOST, env=env)}
        expect.equal(found[SERVICE]["owner"], client.name)
        expect.true("process" not in found[SERVICE], "a process of another machine")
        expect.equal(verb("call", "--host", HOST, "DBus", "NameHasOwner", SERVICE, env=env),
                     "true\n")


def test_who_may_not_log_in_is_told_so(bus):
    with far_machine(bus, may_log_in=False) as env:
        said = run(headway(), "ls", "-H", HOST, env=env, status=3).stderr
        expect.contains(said, "Permission denied (publickey)")
        expect.contains(said, f"cannot reach the system bus of {HOST}: ")
