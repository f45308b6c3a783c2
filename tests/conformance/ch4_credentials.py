# SPDX-License-Identifier: MIT
"""Section 4.5: what the bus tells of who is at the other end of a connection."""

import os
import select
import socket

from tests.lib import expect
from tests.lib.buses import config, start_bus
from tests.lib.client import TIMEOUT
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement, skip_on

USER = 65534  # dbus-daemon wants users to have accounts
KEYS = {"UnixUserID": "u", "UnixGroupIDs": "au", "ProcessID": "u", "ProcessFD": "h",
        "LinuxSecurityLabel": "ay"}


def credentials(client, name):
    """The dictionary's values, and the descriptors that came with them."""
    answer = client.ask(driver_call("GetConnectionCredentials", "s", [name]))
    if answer.type == ERROR:
        raise BusError(answer)
    expect.equal(answer.signature, "a{sv}")
    table = answer.args[0]
    for key, value in table.items():
        expect.true("." in key or KEYS.get(key) == value.signature, f"{key} is {value}")
    return {key: value.value for key, value in table.items()}, answer.fds


@requirement("CRED-001", "DRV-015", "DRV-011")
def test_user_and_process_are_the_connections(bus):
    with Client(bus.address) as judge, Client(bus.address, uid=USER) as c:
        for client, uid in ((judge, 0), (c, USER)):
            found, fds = credentials(judge, client.name)
            expect.equal(found["UnixUserID"], uid)
            expect.equal(judge.bus("GetConnectionUnixUser", "s", client.name), uid)
            expect.equal(judge.bus("GetConnectionUnixProcessID", "s", client.name),
                         found["ProcessID"])
            for fd in fds:
                os.close(fd)
        expect.equal(judge.bus("GetConnectionUnixProcessID", "s", judge.name), os.getpid())


@requirement("CRED-002")
@differs("dbus-daemon", "keeps duplicates that the kernel has", case="among them")
@differs("dbus-broker", "has one group twice")
@cases(("apart", [5, 64009, 64002, 64100]), ("among them", [64009, 64002, 64009]),
       ("alone", [64009]))
def test_groups_are_sorted_complete_and_without_duplicates(bus, gids):
    with Client(bus.address) as judge, Client(bus.address, uid=USER, gids=gids, fds=False) as c:
        found, _ = credentials(c, c.name)
        expect.equal(found["UnixGroupIDs"], sorted(set(gids)))
        expect.equal(credentials(c, judge.name)[0]["UnixGroupIDs"],
                     sorted({os.getgid(), *os.getgroups()}))


@requirement("CRED-002", "CRED-005")
@differs("dbus-broker", "has one group twice")
def test_groups_need_no_entry_in_the_group_database(kind):
    with start_bus(kind) as bus, bus.client(uid=USER, gids=[64300, 64200], fds=False) as c:
        expect.equal(credentials(c, c.name)[0]["UnixGroupIDs"], [64200, 64300])


@requirement("CRED-003")
def test_a_security_label_ends_in_its_only_nul(bus):
    with Client(bus.address) as c:
        label = credentials(c, c.name)[0].get("LinuxSecurityLabel")
        own = socket_label()
        expect.equal(label, own.rstrip(b"\0") + b"\0" if own else None)


def socket_label():
    """What the kernel says of a peer of ours; None without security modules."""
    a, b = socket.socketpair()
    with a, b:
        try:
            return a.getsockopt(socket.SOL_SOCKET, 31, 4096)  # SO_PEERSEC
        except OSError:
            return None


def peer_pidfd():
    """Whether this kernel has SO_PEERPIDFD."""
    a, b = socket.socketpair()
    with a, b:
        try:
            os.close(int.from_bytes(a.getsockopt(socket.SOL_SOCKET, 77, 4), "little"))
            return True
        except OSError:
            return False


@requirement("CRED-004", "CRED-001")
@differs("dbus-daemon", "has no ProcessFD; DIFF-017")
@differs("dbus-broker", "does not know it in this version")
def test_the_process_comes_as_a_descriptor_that_tells_its_end(bus):
    expect.true(peer_pidfd(), "this kernel has no SO_PEERPIDFD")
    with Client(bus.address) as judge, Client(bus.address, uid=USER) as c:
        found, fds = credentials(judge, judge.name)
        expect.equal((found["ProcessFD"], len(fds)), (0, 1))
        with open(f"/proc/self/fdinfo/{fds[0]}", encoding="ascii") as f:
            expect.contains(f.read(), f"Pid:\t{os.getpid()}\n")
        expect.equal(select.select([fds[0]], [], [], 0)[0], [])
        os.close(fds[0])
        # The process that connected for `c` has ended.
        _, fds = credentials(judge, c.name)
        expect.equal(select.select(fds, [], [], TIMEOUT)[0], fds)
        os.close(fds[0])


@requirement("CRED-004")
def test_who_takes_no_descriptors_gets_none(bus):
    with Client(bus.address, fds=False) as c:
        found, fds = credentials(c, c.name)
        expect.equal((fds, "ProcessFD" in found), ([], False))


@requirement("CRED-005", "CRED-007")
def test_credentials_are_those_of_who_connected_not_of_who_speaks(bus):
    # The descriptor of `c` was made by a child process of another user that is gone.
    with Client(bus.address) as judge, Client(bus.address, uid=USER, gids=[64001]) as c:
        found, fds = credentials(judge, c.name)
        expect.equal((found["UnixUserID"], found["UnixGroupIDs"][0]), (USER, 64001))
        expect.true(found["ProcessID"] != os.getpid(), "the speaker's pid")
        for fd in fds:
            os.close(fd)


@requirement("CRED-006", "DRV-011")
def test_the_bus_tells_its_own_user_and_process(kind):
    with start_bus(kind) as bus, bus.client() as c:
        found, fds = credentials(c, BUS_NAME)
        expect.equal(found["UnixUserID"], 0)
        expect.equal(c.bus("GetConnectionUnixUser", "s", BUS_NAME), 0)
        pid = c.bus("GetConnectionUnixProcessID", "s", BUS_NAME)
        expect.equal(found["ProcessID"], pid)
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in f)
        expect.true(str(bus.pid) in (str(pid), status["PPid"]), "neither the bus nor its child")
        for fd in fds:
            os.close(fd)


@requirement("CRED-001", "DRV-015", "DRV-011")
def test_a_well_known_name_stands_for_its_owner(bus):
    with Client(bus.address) as judge, Client(bus.address, uid=USER, fds=False) as c:
        c.request_name("org.example.Who")
        expect.equal(credentials(c, "org.example.Who"), credentials(c, c.name))
        expect.equal(judge.bus("GetConnectionUnixUser", "s", "org.example.Who"), USER)
        expect.equal(judge.bus("GetConnectionUnixProcessID", "s", "org.example.Who"),
                     judge.bus("GetConnectionUnixProcessID", "s", c.name))


@requirement("DRV-013")
def test_there_is_no_audit_data(bus):
    with Client(bus.address) as c:
        for name in (c.name, BUS_NAME):
            with expect.error("AdtAuditDataUnknown"):
                c.bus("GetAdtAuditSessionData", "s", name)


@requirement("DRV-014")
def test_without_selinux_there_is_no_context(bus):
    with Client(bus.address) as c:
        with expect.error("SELinuxSecurityContextUnknown"):
            c.bus("GetConnectionSELinuxSecurityContext", "s", c.name)


@requirement("DRV-012", "DRV-011", "CRED-001")
@differs("dbus-daemon", "says process 0")
@skip_on("dbus-broker", "has neither TCP nor ANONYMOUS; DIFF-025, DIFF-027")
def test_of_an_anonymous_connection_nothing_is_known(kind):
    text = config(listen="<listen>tcp:host=127.0.0.1</listen>", auth="ANONYMOUS",
                  extra="<allow_anonymous/>")
    with start_bus(kind, text) as bus, bus.client(stage="socket") as c:
        c.send(b"\0")
        expect.true(c.say("AUTH ANONYMOUS 61").startswith("OK "), "not authenticated")
        c.send(b"BEGIN\r\n")
        c.hello()
        with expect.error("Failed"):
            c.bus("GetConnectionUnixUser", "s", c.name)
        with expect.error("UnixProcessIdUnknown"):
            c.bus("GetConnectionUnixProcessID", "s", c.name)
        expect.equal(set(credentials(c, c.name)[0]) - {"LinuxSecurityLabel"}, set())
