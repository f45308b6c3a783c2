# SPDX-License-Identifier: MIT
"""What a bus does where SELinux decides. Runs on the machine of run.py only."""

import os
import sys

from tests.lib import expect
from tests.lib import message as m
from tests.lib.buses import config, start_bus
from tests.lib.client import BusError
from tests.lib.runner import differs, requirement, skip_on
from tests.lsm.machine import (KernelLog, associate, children, context, eventually, load_policy,
                               peer, run_unit_tests, set_enforcing, status)

USER_AVC, POLICY_LOAD, STATUS = 1107, 2310, 2313
AUDIT_WRITE = 1 << 29  # as a bit of a set of capabilities
NAME = "org.example.Name"  # has a context of its own
INCLUDE = ('<include if_selinux_enabled="yes" selinux_root_relative="yes">'
           'contexts/dbus_contexts</include>')
CONFIG = config(extra=f"<user>messagebus</user>{INCLUDE}")


def call_to(receiver):
    return m.call(receiver.name, "/path", "org.example.I", "Do")


def refused(sender, receiver):
    """A call of this sender is, by SELinux."""
    with expect.error("AccessDenied", "An SELinux policy prevents this sender from sending this "
                                      "message to this recipient"):
        sender.call(receiver.name, "/path", "org.example.I", "Do")


def is_delivered(sender, receiver):
    sender.post(call_to(receiver))
    sender.sync()
    receiver.sync()
    return any(msg.member == "Do" for msg in receiver.drain())


def may_own(client, name):
    try:
        client.request_name(name)
    except BusError as error:
        expect.contains(error.text, "SELinux")
        return False
    client.release_name(name)
    return True


@requirement("LSM-001")
def test_the_bus_says_that_selinux_decides(bus):
    with peer(bus, "caller_t") as c:
        features = c.call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus.Properties", "Get", "ss", "org.freedesktop.DBus",
                          "Features")
    expect.contains(features.value, "SELinux")


def has_context(bus, name, kind):
    """`name` None: of the connection that asks."""
    wanted = context(kind).encode()
    with peer(bus, "caller_t") as c:
        name = name or c.name
        expect.equal(bytes(c.bus("GetConnectionSELinuxSecurityContext", "s", name)), wanted)
        credentials = c.bus("GetConnectionCredentials", "s", name)
        expect.equal(bytes(credentials["LinuxSecurityLabel"].value), wanted + b"\0")


@requirement("LSM-005", "DRV-014", "CRED-003")
def test_a_connections_context_can_be_asked_for(bus):
    has_context(bus, None, "caller_t")


@requirement("LSM-005", "CRED-006")
@differs("dbus-daemon", "gives no label among its own credentials")
def test_the_buss_own_context_can_be_asked_for(bus):
    has_context(bus, "org.freedesktop.DBus", "bus_t")


@requirement("LSM-003", "LSM-007")
def test_a_call_needs_send_msg_to_its_receivers_context(bus):
    with peer(bus, "caller_t") as c, peer(bus, "service_t") as s, peer(bus, "stranger_t") as other:
        serial = c.post(call_to(s))
        s.reply(s.next_call("Do"))
        c.reply_to(serial)
        refused(c, other)
        other.sync()
        expect.equal([msg for msg in other.drain() if msg.member == "Do"], [])


@requirement("LSM-003")
def test_a_reply_needs_send_msg_as_well(bus):
    with peer(bus, "mute_t") as c, peer(bus, "service_t") as s:
        serial = c.post(call_to(s))
        s.reply(s.next_call("Do"))
        s.sync()
        c.sync()
        expect.equal([msg for msg in c.drain() if msg.reply_serial == serial], [])


@requirement("LSM-003")
def test_a_broadcast_reaches_those_whom_its_sender_may_send_to(bus):
    with peer(bus, "caller_t") as c, peer(bus, "service_t") as s, peer(bus, "stranger_t") as other:
        for listener in (s, other):
            listener.add_match("interface='org.example.I'")
        c.emit("/path", "org.example.I", "Changed")
        c.sync()
        s.next_signal("Changed")
        other.sync()
        expect.equal([msg for msg in other.drain() if msg.member == "Changed"], [])


@requirement("LSM-003")
def test_who_may_not_talk_to_the_bus_cannot_say_hello(bus):
    with peer(bus, "outlaw_t", stage="auth") as c:
        with expect.error("AccessDenied", "SELinux"):
            c.hello()


@requirement("LSM-004", "LSM-007")
def test_a_name_needs_acquire_svc_on_its_context(bus):
    with peer(bus, "caller_t") as c, peer(bus, "service_t") as s:
        expect.equal(c.request_name("org.example.Other"), 1)
        with expect.error("AccessDenied", f'is not allowed to own the service "{NAME}" due to '
                                          "SELinux policy"):
            c.request_name(NAME)
        expect.equal(s.request_name(NAME), 1)


@requirement("LSM-008", "LSM-009")
def test_a_denial_is_in_the_audit_log(bus):
    with KernelLog() as log, peer(bus, "caller_t") as c, peer(bus, "stranger_t") as other:
        refused(c, other)
        log.wait_for(USER_AVC, "{ send_msg }", "denied", "msgtype=method_call",
                     "interface=org.example.I member=Do", f"dest={other.name}",
                     f"spid={os.getpid()} tpid={os.getpid()}",
                     f"scontext={context('caller_t')} tcontext={context('stranger_t')} tclass=dbus",
                     "permissive=0", f" uid={status(bus.pid)['Uid'].split()[0]} ")
        expect.true(not may_own(c, NAME), "it may own the name")
        log.wait_for(USER_AVC, "{ acquire_svc }", "denied", f"service={NAME}",
                     f"tcontext={context('name_t')}")


@requirement("LSM-009")
def test_policy_says_what_is_recorded(bus):
    with KernelLog() as log, peer(bus, "stranger_t") as c, peer(bus, "caller_t") as other, \
            peer(bus, "service_t") as s:
        refused(c, other)
        s.request_name(NAME)
        log.wait_for(USER_AVC, "granted", "{ acquire_svc }", f"service={NAME}")
        expect.equal(log.count(f"scontext={context('stranger_t')}"), 0)


@requirement("LSM-011")
def test_a_permissive_domain_is_recorded_once_and_forbidden_nothing(bus):
    with KernelLog() as log, peer(bus, "trial_t") as c, peer(bus, "stranger_t") as other:
        for _ in range(5):
            expect.true(is_delivered(c, other), "a call was held back")
        pair = f"scontext={context('trial_t')} tcontext={context('stranger_t')} tclass=dbus"
        log.wait_for(USER_AVC, pair, "permissive=1")
        expect.equal(log.count(pair), 1)


@requirement("LSM-009", "LSM-011")
def test_nothing_is_forbidden_while_nothing_is_enforced(bus):
    with KernelLog() as log, peer(bus, "caller_t") as c, peer(bus, "stranger_t") as other:
        refused(c, other)
        set_enforcing(False)
        try:
            log.wait_for(STATUS, "enforcing=0")
            expect.true(is_delivered(c, other), "a call was held back")
            log.wait_for(USER_AVC, "{ send_msg }", "permissive=1")
        finally:
            set_enforcing(True)
        log.wait_for(STATUS, "enforcing=1")
        refused(c, other)


@requirement("LSM-009", "LSM-010")
def test_a_new_policy_holds_and_reloads_the_configuration(bus):
    with KernelLog() as log, peer(bus, "caller_t") as c, peer(bus, "stranger_t") as other:
        refused(c, other)
        associate({"org.example.Late": "name_t"})
        load_policy("later")
        try:
            log.wait_for(POLICY_LOAD, "avc:", "seqno=")
            expect.true(is_delivered(c, other), "a call was held back")
            eventually("the name has its context", lambda: not may_own(c, "org.example.Late"))
            expect.true(may_own(c, NAME), "a name has the context it had before")
        finally:
            associate({NAME: "name_t"})
            load_policy("first")
        eventually("the first policy is back", lambda: not may_own(c, NAME))
        refused(c, other)


@requirement("LSM-002")
def test_what_the_policy_does_not_know_is_allowed_if_it_says_so(bus):
    with peer(bus, "caller_t") as c, peer(bus, "stranger_t") as other:
        load_policy("old")  # without acquire_svc
        try:
            eventually("acquire_svc is not known", lambda: may_own(c, NAME))
            refused(c, other)
        finally:
            load_policy("first")
        eventually("acquire_svc is known", lambda: not may_own(c, NAME))


@requirement("LSM-009")
@skip_on("dbus-daemon", "has them in syslog, where there is nobody to read it")
def test_without_the_right_to_audit_records_are_in_the_log(kind):
    become = "import os, sys; os.setresuid(1000, 1000, 1000); os.execv(sys.argv[1], sys.argv[1:])"
    with start_bus(kind, config(bus_type="session", listen="<listen>unix:dir=/tmp</listen>"),
                   inside=(sys.executable, "-c", become)) as bus:
        with peer(bus, "caller_t", uid=1000) as c, peer(bus, "stranger_t", uid=1000) as other:
            refused(c, other)
        bus.log.wait_for("{ send_msg }")


@requirement("LSM-009")
@skip_on("dbus-daemon", "is one process")
def test_each_process_has_the_rights_that_it_needs_and_no_more(bus):
    supervisor = status(bus.pid)
    broker = status(children(bus.pid)[0])
    expect.true(supervisor["Uid"].split()[0] != "0", "the supervisor is root")
    for key, wanted in (("CapEff", AUDIT_WRITE), ("CapPrm", AUDIT_WRITE), ("CapInh", 0)):
        expect.equal(int(supervisor[key], 16), wanted, key)
    for key, wanted in (("CapEff", 0), ("CapPrm", 0), ("NoNewPrivs", 1), ("Seccomp", 2)):
        expect.equal(int(broker[key], 16), wanted, key)
    expect.true("runs without" not in bus.log.text(), bus.log.text())


@skip_on("dbus-daemon", "is not made of what is tested")
def test_landlock_and_seccomp_hold_where_both_are_there(_):
    run_unit_tests("daemon_test", "Sandbox.*")
