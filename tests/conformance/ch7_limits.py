# SPDX-License-Identifier: MIT
"""Section 7.3: limits, and what happens beyond them."""

from tests.lib import expect
from tests.lib.buses import config, service_file, start_bus
from tests.lib.pair import Pair
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement, skip_on

QUOTAS = "has quotas per user instead; DIFF-022"
NO_SERVICES = "starts services by systemd only; DIFF-011"


def limited(kind, **limits):
    return start_bus(kind, config(limits=limits))


def sleeper(name):
    """A service that never takes its name."""
    return service_file(name, "/bin/sleep 1000")


@requirement("LIM-001", "RES-011")
def test_max_incoming_bytes_only_slows_a_sender(kind):
    with limited(kind, max_incoming_bytes=4096) as bus, Pair(bus) as pair:
        for _ in range(40):  # all of which fit into the receiver's socket
            pair.s.post(pair.signal("s", ["x" * 2000]))
        pair.s.sync()
        expect.equal(len(pair.r.drain()), 40)


@requirement("LIM-002", "RES-011")
def test_max_incoming_unix_fds_only_slows_a_sender(kind):
    with limited(kind, max_incoming_unix_fds=4, max_message_unix_fds=4) as bus, Pair(bus) as pair:
        for _ in range(20):
            pair.s.post(pair.signal("h", [0]), [0, 0])
        pair.s.sync()
        got = pair.r.drain()
        expect.equal([len(x.fds) for x in got], [2] * 20)
        for msg in got:
            close_fds(msg)


def calls_until_refused(pair, request, fds=(), most=100):
    """Calls the receiver, which does not read, until the bus refuses with LimitsExceeded. Then the
    receiver reads what was accepted, all of it, and is served again; how many that were."""
    for accepted in range(most):
        request.serial = 0
        refusal = pair.s.answer_to(pair.s.post(request, fds))
        if refusal:
            break
    else:
        raise AssertionError("never refused")
    expect.is_error(refusal, "LimitsExceeded")
    for _ in range(accepted):
        close_fds(pair.r.next_call("M"))
    expect.true(pair.relay(pair.signal()), "the receiver read all and still gets nothing")
    return accepted


@requirement("LIM-003", "RES-005", "RES-006", "RES-010", "LIM-019")
@differs("dbus-broker", QUOTAS)
def test_beyond_max_outgoing_bytes_calls_to_a_slow_receiver_are_refused(kind):
    limits = {"max_outgoing_bytes": 200000, "max_replies_per_connection": 10000}
    with limited(kind, **limits) as bus, Pair(bus) as pair:
        request = call(pair.r.name, "/", "a.b", "M", "s", ["x" * 20000])
        expect.true(calls_until_refused(pair, request) >= 9, "fewer than the limit allows")


@requirement("LIM-004")
@differs("dbus-broker", QUOTAS)
def test_beyond_max_outgoing_unix_fds_calls_to_a_slow_receiver_are_refused(kind):
    limits = {"max_outgoing_unix_fds": 32, "max_replies_per_connection": 10000}
    with limited(kind, **limits) as bus, Pair(bus) as pair:
        request = call(pair.r.name, "/", "a.b", "M", "s", ["x" * 20000], unix_fds=8)
        expect.true(calls_until_refused(pair, request, [0] * 8) >= 4, "fewer than the limit allows")


@requirement("LIM-003", "RES-008")
@skip_on("dbus-daemon", "drops broadcasts and answers for it; DIFF-021")
@skip_on("dbus-broker", "disconnects it at its quota per user, which is much larger")
def test_a_receiver_that_lets_broadcasts_fill_its_queue_is_disconnected(kind):
    with limited(kind, max_outgoing_bytes=200000) as bus, Pair(bus) as pair:
        pair.r.add_match("interface='a.b'")
        for _ in range(200):
            pair.s.emit("/", "a.b", "M", "s", "x" * 20000)
            pair.s.sync()
        expect.true(pair.r.disconnected(), "still connected")
        expect.true(len(pair.r.inbox) < 200, "nothing was dropped")
        pair.s.sync()


@requirement("LIM-007", "ERR-005")
@skip_on("dbus-broker", NO_SERVICES)
def test_a_service_that_does_not_start_in_time_fails_with_timed_out(kind):
    text = config(limits={"service_start_timeout": 50}, extra="<servicedir>@DIR@/s</servicedir>")
    with start_bus(kind, text, files={"s/org.example.A.service": sleeper("org.example.A")}) as bus:
        with bus.client() as c:
            with expect.error("TimedOut"):
                c.bus("StartServiceByName", "su", "org.example.A", 0)
            with expect.error("TimedOut"):
                c.call("org.example.A", "/", "a.b", "M")


@requirement("LIM-009", "RES-014", "RES-019")
@skip_on("dbus-broker", "has no pending_fd_timeout")
def test_who_holds_descriptors_of_an_unfinished_message_too_long_is_disconnected(kind):
    with limited(kind, pending_fd_timeout=50) as bus, bus.client() as c:
        c.drain()
        c.send(signal("/", "a.b", "M", "h", [0], unix_fds=1, serial=9).pack()[:-1], [0])
        expect.equal(c.wait_disconnect(), [])


@requirement("LIM-010", "BUS-007", "LIM-019")
@differs("dbus-broker", QUOTAS)
def test_hello_beyond_max_completed_connections_is_refused(kind):
    with limited(kind, max_completed_connections=2) as bus, bus.client(), bus.client() as second:
        with bus.client(stage="auth") as third:
            with expect.error("LimitsExceeded"):
                third.hello()
            second.close()
            while True:  # the bus has yet to see that the second one went
                try:
                    third.hello()
                    break
                except BusError as e:
                    expect.equal(e.name, "org.freedesktop.DBus.Error.LimitsExceeded")


@requirement("LIM-011")
@skip_on("dbus-broker", "has no such limit")
def test_beyond_max_incomplete_connections_the_next_one_waits(kind):
    with limited(kind, max_incomplete_connections=2) as bus, bus.client() as judge:
        first, second, third = (Client(bus.address, stage="socket") for _ in range(3))
        with first, second, third:
            for c in (first, second, third):
                c.send(b"\0AUTH\r\n")
            for c in (first, second):
                expect.true(c.line().startswith("REJECTED"), "no answer to the first two")
            judge.sync()
            expect.true(not third.readable_now(), "the third was answered")
            first.close()
            expect.true(third.line().startswith("REJECTED"), "no answer after one went")


@requirement("LIM-012", "BUS-007", "LIM-019")
@differs("dbus-broker", QUOTAS)
def test_hello_beyond_max_connections_per_user_is_refused_to_that_user(kind):
    with limited(kind,
                 max_connections_per_user=2) as bus, bus.client(uid=65534), bus.client(uid=65534):
        with bus.client(uid=65534, stage="auth") as third:
            with expect.error("LimitsExceeded"):
                third.hello()
        bus.client(uid=1).close()


@requirement("LIM-013")
@skip_on("dbus-broker", NO_SERVICES)
def test_beyond_max_pending_service_starts_activation_is_refused(kind):
    text = config(limits={"max_pending_service_starts": 1},
                  extra="<servicedir>@DIR@/s</servicedir>")
    files = {f"s/org.example.{x}.service": sleeper(f"org.example.{x}") for x in "AB"}
    with start_bus(kind, text, files=files) as bus, bus.client() as c:
        c.post(driver_call("StartServiceByName", "su", ["org.example.A", 0]))
        with expect.error("LimitsExceeded"):
            c.bus("StartServiceByName", "su", "org.example.B", 0)


@requirement("LIM-014", "LIM-019", "BUS-020")
@differs("dbus-broker", QUOTAS)
def test_max_names_per_connection_counts_the_unique_name(kind):
    with limited(kind, max_names_per_connection=3) as bus, bus.client() as c, bus.client() as other:
        expect.equal([c.request_name("a.a"), c.request_name("a.b")], [1, 1])
        with expect.error("LimitsExceeded", "max_names_per_connection=3"):
            c.request_name("a.c")
        expect.equal(other.request_name("a.c"), 1)
        c.release_name("a.a")
        expect.equal(c.request_name("a.d"), 1)


@requirement("LIM-015", "LIM-019", "MATCH-029")
@differs("dbus-broker", QUOTAS)
def test_add_match_beyond_max_match_rules_per_connection_is_refused(kind):
    with limited(kind, max_match_rules_per_connection=2) as bus, bus.client() as c:
        c.add_match("member='A'")
        c.add_match("member='A'")
        with expect.error("LimitsExceeded", "max_match_rules_per_connection=2"):
            c.add_match("member='B'")
        c.remove_match("member='A'")
        c.add_match("member='B'")


@requirement("LIM-016")
@differs("dbus-broker", QUOTAS)
def test_a_call_beyond_max_replies_per_connection_is_refused(kind):
    with limited(kind, max_replies_per_connection=2) as bus, Pair(bus) as pair:
        requests = [pair.relay(call(pair.r.name, "/", "a.b", "M")) for _ in range(2)]
        refused = pair.s.post(call(pair.r.name, "/", "a.b", "M"))
        expect.is_error(pair.s.answer_to(refused), "LimitsExceeded")
        pair.relay(call(pair.r.name, "/", "a.b", "M", flags=NO_REPLY))
        pair.r.reply(requests[0])
        pair.s.reply_to(requests[0].serial)
        expect.true(pair.relay(call(pair.r.name, "/", "a.b", "M")), "no room after a reply")


@requirement("LIM-017")
@skip_on("dbus-broker", "has no reply_timeout")
def test_a_call_that_is_not_answered_within_reply_timeout_fails_with_no_reply(kind):
    with limited(kind, reply_timeout=50) as bus, Pair(bus) as pair:
        with expect.error("NoReply"):
            pair.s.call(pair.r.name, "/", "a.b", "M")
        late = pair.r.next_call("M")
        refused = pair.r.reply(late)
        expect.is_error(pair.r.answer_to(refused), "AccessDenied")
        expect.equal(pair.s.drain(), [])


@requirement("CONF-027", "LIM-014", "LIM-015", "LIM-016")
@differs("dbus-broker", QUOTAS, case=("max_names_per_connection", "max_replies_per_connection"))
@cases(("max_match_rules_per_connection", "max_match_rules_per_connection",
        lambda c: c.add_match("member='A'")),
       ("max_names_per_connection", "max_names_per_connection", lambda c: c.request_name("a.b")),
       ("max_replies_per_connection", "max_replies_per_connection",
        lambda c: result(c.answer_to(c.post(call(c.name, "/", "a.b", "M"))))))
def test_a_limit_may_be_0(kind, name, act):
    with limited(kind, **{name: 0}) as bus, bus.client() as c:
        with expect.error("LimitsExceeded"):
            act(c)


@requirement("LIM-014", "LIM-015")
@skip_on("dbus-broker", QUOTAS)
def test_the_default_limits_are_those_of_a_system_bus(bus):
    with Client(bus.address) as c:
        for i in range(512):
            c.add_match(f"member='M{i}'")
        with expect.error("LimitsExceeded", "max_match_rules_per_connection=512"):
            c.add_match("member='N'")
        for i in range(511):
            c.request_name(f"a.b{i}")
        with expect.error("LimitsExceeded", "max_names_per_connection=512"):
            c.request_name("a.c")


@requirement("LIM-016", "RES-020")
@skip_on("dbus-broker", QUOTAS)
def test_128_calls_may_wait_for_replies_by_default(bus):
    with Pair(bus) as pair:
        for _ in range(128):
            pair.s.post(call(pair.r.name, "/", "a.b", "M"))
        refused = pair.s.post(call(pair.r.name, "/", "a.b", "M"))
        expect.is_error(pair.s.answer_to(refused), "LimitsExceeded")
        expect.equal(len(pair.r.drain()), 128)


@requirement("LIM-005")
@skip_on("dbus-broker", "takes 128 MiB whatever the limit")
def test_a_message_of_32_mib_is_the_largest_by_default(bus):
    with Pair(bus) as pair:
        room = (32 << 20) - len(pair.signal("ay", [b""]).pack())
        too_large = pair.signal("ay", [b""], serial=1).pack(body_length=room + 5)
        with Client(bus.address) as c:
            c.send(too_large[:16])
            c.wait_disconnect()
        expect.equal(len(pair.relay(pair.signal("ay", [bytes(room)])).body), room + 4)
