# SPDX-License-Identifier: MIT
"""Sections 1.3 and 1.4: the header, and descriptors that travel with a message."""

import os
import select
import socket
import struct

from tests.lib import expect
from tests.lib.buses import config, start_bus
from tests.lib.client import TIMEOUT
from tests.lib.pair import Pair
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement, skip_on

MIB = 1 << 20


@requirement("WIRE-031")
@cases(("NUL", b"\0"), ("L", b"L"), ("b", b"b"), ("X", b"X"), ("FF", b"\xff"))
def test_a_byte_order_mark_other_than_l_and_B_disconnects(bus, mark):
    with Pair(bus) as pair:
        msg = pair.signal(serial=9)
        pair.is_fatal(msg.pack(mark=mark))


@requirement("WIRE-030", "WIRE-032")
def test_message_type_0_disconnects(bus):
    with Pair(bus) as pair:
        msg = pair.signal()
        msg.type = 0
        pair.is_fatal(msg)


@requirement("WIRE-032", "WIRE-033")
@cases(("5", 5), ("128", 128), ("255", 255))
@differs("dbus-broker", "disconnects the sender")
def test_a_message_of_unknown_type_is_refused_and_not_forwarded(bus, kind):
    with Pair(bus) as pair:
        msg = pair.signal("s", ["x"])
        msg.type = kind
        serial = pair.s.post(msg)
        expect.is_error(pair.s.answer_to(serial), "AccessDenied")
        expect.equal(pair.r.drain(), [])


@requirement("WIRE-034", "WIRE-036", "BUS-010")
@cases(("none", 0), ("NO_REPLY_EXPECTED", 1), ("NO_AUTO_START", 2), ("interactive", 4),
       ("unknown", 0xf8),
       ("all", 0xff))
def test_flags_known_or_not_survive_forwarding(bus, flags):
    with Pair(bus) as pair:
        pair.passes(pair.signal(flags=flags))
        msg = call(pair.r.name, "/", "org.example.I", "M", flags=flags)
        pair.passes(msg)


@requirement("WIRE-035")
@differs("dbus-broker", "gives no reason to the sender of the reply")
def test_a_reply_to_a_call_that_expects_none_is_refused_as_unrequested(bus):
    with Pair(bus) as pair:
        request = pair.relay(call(pair.r.name, "/", "org.example.I", "M", flags=NO_REPLY))
        serial = pair.r.reply(request, "s", "nobody asked")
        expect.is_error(pair.r.answer_to(serial), "AccessDenied")
        expect.equal(pair.s.drain(), [])


@requirement("WIRE-037")
@cases(("0", 0), ("2", 2), ("255", 255))
def test_a_protocol_version_other_than_1_disconnects(bus, version):
    with Pair(bus) as pair:
        msg = pair.signal()
        msg.version = version
        pair.is_fatal(msg)


@requirement("WIRE-038")
def test_serial_0_disconnects(bus):
    with Pair(bus) as pair:
        msg = pair.signal(serial=5)
        pair.is_fatal(msg.pack()[:8] + bytes(4) + msg.pack()[12:])


@requirement("WIRE-038")
def test_serials_may_repeat_fall_and_be_as_large_as_they_can(bus):
    with Pair(bus) as pair:
        for serial in (0xffffffff, 0x80000000, 900, 900, 800):
            pair.s.send(pair.signal(serial=serial).pack())
        pair.s.sync()
        expect.equal([x.serial for x in pair.r.drain()], [0xffffffff, 0x80000000, 900, 900, 800])


@requirement("WIRE-039", "WIRE-040", "WIRE-041")
@cases(("body of 128 MiB", 0, 1 << 27), ("body of 2^32-1", 0, 0xffffffff),
       ("fields of 2^32-1", 0xffffffff, 0),
       ("fields over 64 MiB", (1 << 26) + 1, 0), ("a sum over 2^32", 0xfffffff8, 0xfffffff8),
       ("a sum of 2^32 + 8", 0xffffff00, 0x100), ("fields and body over 128 MiB", 1 << 26, 1 << 26))
@skip_on("dbus-broker", "limits only their sum with the body", case="fields over 64 MiB")
def test_a_length_beyond_the_limits_disconnects_after_16_bytes(bus, fields, body):
    with Client(bus.address) as c:
        c.drain()
        c.try_send(struct.pack("<cBBBIII", b"l", SIGNAL, 0, 1, body, 7, fields))
        expect.equal(c.wait_disconnect(), [])


@requirement("WIRE-039", "WIRE-041", "LIM-005")
@differs("dbus-broker", "ignores max_message_size")
def test_max_message_size_counts_header_padding_and_body_and_is_known_after_16_bytes(kind):
    with start_bus(kind, config(limits={"max_message_size": 10000})) as bus, Pair(bus) as pair:
        room = 10000 - len(pair.signal("ay", [b""], serial=1).pack())
        pair.passes(pair.signal("ay", [b"x" * room]))
        too_large = pair.signal("ay", [b"x" * (room + 1)], serial=1)
        pair.is_fatal(too_large)
        with Client(bus.address) as c:
            c.send(too_large.pack()[:16])
            c.wait_disconnect()


FIELDS = ((PATH, "/x"), (INTERFACE, "a.b"), (MEMBER, "m"), (ERROR_NAME, "a.e"), (REPLY_SERIAL, 1),
          (DESTINATION, "a.d"), (SENDER, ":1.1"), (SIGNATURE, ""), (UNIX_FDS, 0))
NAMES = {PATH: "PATH", INTERFACE: "INTERFACE", MEMBER: "MEMBER", ERROR_NAME: "ERROR_NAME",
         REPLY_SERIAL: "REPLY_SERIAL", DESTINATION: "DESTINATION", SENDER: "SENDER",
         SIGNATURE: "SIGNATURE", UNIX_FDS: "UNIX_FDS"}


@requirement("WIRE-042")
def test_header_field_0_disconnects(bus):
    with Pair(bus) as pair:
        pair.is_fatal(pair.signal().with_field(0, 1, "u"))


@requirement("WIRE-042", "WIRE-046")
@cases(*((NAMES[code], code, value) for code, value in FIELDS))
def test_a_known_field_of_another_type_disconnects(bus, code, value):
    wrong = ("v", Variant("y", 1)) if code not in (REPLY_SERIAL, UNIX_FDS) else ("i", value)
    with Pair(bus) as pair:
        pair.is_fatal(pair.signal().without(code).with_field(code, wrong[1], wrong[0]))
    near = {PATH: "s", SIGNATURE: "s", REPLY_SERIAL: "t", UNIX_FDS: "q"}.get(code, "o")
    with Pair(bus) as pair:
        text = "/x" if near == "o" else value
        pair.is_fatal(pair.signal().without(code).with_field(code, text, near))


@requirement("WIRE-046")
@cases(*((NAMES[code], code, value) for code, value in FIELDS))
def test_a_known_field_given_twice_disconnects(bus, code, value):
    with Pair(bus) as pair:
        pair.is_fatal(pair.signal().without(code).with_field(code, value).with_field(code, value))


@requirement("WIRE-046")
@cases(("REPLY_SERIAL 0", REPLY_SERIAL, 0), ("PATH", PATH, "x"), ("INTERFACE", INTERFACE, "a"),
       ("MEMBER", MEMBER, "a.b"), ("ERROR_NAME", ERROR_NAME, "a"),
       ("DESTINATION", DESTINATION, "a"),
       ("SENDER", SENDER, "a"), ("SIGNATURE", SIGNATURE, "()"))
def test_a_known_field_with_an_impossible_value_disconnects_even_where_it_means_nothing(bus, code,
                                                                                        value):
    with Pair(bus) as pair:
        pair.is_fatal(pair.signal().without(code).with_field(code, value))


@requirement("WIRE-043", "WIRE-047", "BUS-009")
@cases(("10", 10, "o", "/c"), ("11", 11, "u", 1), ("100", 100, "a{sv}",
                                                   {"k": Variant("v", Variant("y", 1))}),
       ("255", 255, "(ys)", (1, "s")))
@differs("dbus-broker", "forwards it; DIFF-016")
def test_an_unknown_header_field_is_accepted_and_stripped(bus, code, signature, value):
    with Pair(bus) as pair:
        msg = pair.signal("s", ["body"]).with_field(code, value, signature)
        msg.fields.insert(0, msg.fields.pop())
        got = pair.relay(msg)
        expect.equal(got.args, ["body"])
        expect.equal([c for c, _ in got.fields if c == code], [])


@requirement("WIRE-047")
def test_an_unknown_header_field_may_come_twice(bus):
    with Pair(bus) as pair:
        got = pair.relay(pair.signal().with_field(77, 1, "u").with_field(77, "x", "s"))
        expect.equal(got.member, "M")


@requirement("WIRE-047")
@cases(("boolean 3", "b", b"\3\0\0\0"), ("no signature", "r", b"\0\0\0\0"),
       ("two types", "yy", b"\0\0\0\0"))
def test_an_unknown_header_field_must_hold_a_valid_value(bus, signature, value):
    with Pair(bus) as pair:
        data = bytearray(pair.signal(serial=3).pack())
        field = b"\x4d" + bytes([len(signature)]) + signature.encode() + b"\0"
        field += bytes(-len(field) % 4) + value
        struct.pack_into("<I", data, 12, len(data) - 16 + len(field))
        data += field
        pair.is_fatal(bytes(data) + bytes(-len(data) % 8))


@requirement("WIRE-047")
def test_a_known_field_that_means_nothing_here_is_ignored(bus):
    with Pair(bus) as pair:
        got = pair.relay(pair.signal().with_field(ERROR_NAME, "a.b"))
        expect.equal(got.member, "M")
        request = pair.relay(call(pair.r.name, "/", "a.b", "M"))
        pair.r.post(reply(request, path="/x", interface="a.b", member="c", error_name="a.b"))
        expect.equal(pair.s.reply_to(request.serial).type, RETURN)


REQUIRED = {CALL: (PATH, MEMBER), RETURN: (REPLY_SERIAL,), ERROR: (ERROR_NAME, REPLY_SERIAL),
            SIGNAL: (PATH, INTERFACE, MEMBER)}


@requirement("WIRE-044")
@cases(*((f"type {kind} without {NAMES[code]}", kind, code) for kind, codes in REQUIRED.items()
         for code in codes))
def test_a_message_without_a_required_field_disconnects(bus, kind, code):
    with Pair(bus) as pair:
        msg = build(kind, path="/", interface="a.b", member="m", error_name="a.e", reply_serial=1,
                    destination=pair.r.name)
        pair.is_fatal(msg.without(code))


@requirement("WIRE-045")
def test_what_is_not_required_may_be_missing(bus):
    with Pair(bus) as pair:
        got = pair.passes(call(pair.r.name, "/", None, "M"))
        expect.equal((got.interface, got.signature, got.unix_fds), (None, "", 0))
        expect.equal(got.sender, pair.s.name)


@requirement("WIRE-049", "RES-014")
@cases(("path", {"path": "/org/freedesktop/DBus/Local"}),
       ("interface", {"interface": "org.freedesktop.DBus.Local"}),
       ("both", {"path": "/org/freedesktop/DBus/Local", "interface": "org.freedesktop.DBus.Local"}))
def test_the_reserved_local_path_and_interface_disconnect(bus, fields):
    with Pair(bus) as pair:
        pair.is_fatal(pair.signal(**fields))
    with Pair(bus) as pair:
        pair.is_fatal(build(CALL, **{"path": "/", "member": "M", "destination": pair.r.name,
                                     **fields}))


@requirement("WIRE-051")
def test_header_fields_come_in_any_order(bus):
    with Pair(bus) as pair:
        msg = pair.signal("s", ["x"])
        for turn in range(len(msg.fields)):
            msg.fields = msg.fields[1:] + msg.fields[:1]
            msg.serial = 100 + turn
            got = pair.relay(msg)
            expect.equal((got.member, got.args), ("M", ["x"]))
        msg.fields.reverse()
        msg.serial = 0
        pair.passes(msg)


@requirement("WIRE-015", "WIRE-030", "WIRE-051")
def test_padding_in_the_header_must_be_zero(bus):
    for serial in range(1, 4):
        with Pair(bus) as pair:
            msg = pair.signal(member="M" * serial, serial=serial)
            data = msg.pack()
            end = 16 + struct.unpack_from("<I", data, 12)[0]
            if end % 8:
                pair.is_fatal(data[:end] + b"\1" * (len(data) - end))
    with Pair(bus) as pair:
        data = bytearray(pair.signal(path="/abc", serial=1).pack())
        at = data.index(b"/abc\0") + 5
        expect.equal(data[at:at + 3], b"\0\0\0")
        data[at] = 1
        pair.is_fatal(bytes(data))


@requirement("WIRE-030", "WIRE-040")
def test_a_fields_length_that_cuts_a_field_disconnects(bus):
    with Pair(bus) as pair:
        msg = pair.signal(serial=1)
        right = struct.unpack_from("<I", msg.pack(), 12)[0]
        pair.is_fatal(msg.pack(fields_length=right - 1))


@requirement("WIRE-052", "RES-014")
def test_messages_before_an_invalid_one_count_and_it_gets_no_answer(bus):
    with Pair(bus) as pair:
        good = pair.signal("s", ["good"], serial=1).pack()
        bad = pair.raw("b", b"\2\0\0\0", serial=2).pack()
        after = pair.signal("s", ["after"], serial=3).pack()
        pair.s.send(good + bad + after)
        left = [x for x in pair.s.wait_disconnect() if x.member != "NameAcquired"]
        expect.equal(left, [])
        expect.equal([x.args for x in pair.r.drain()], [["good"]])


@requirement("WIRE-041", "RES-015")
def test_a_message_may_arrive_byte_by_byte(bus):
    with Pair(bus) as pair:
        for byte in pair.signal("s", ["slow"], serial=3).pack():
            pair.s.send(bytes([byte]))
        pair.s.sync()
        expect.equal([x.args for x in pair.r.drain()], [["slow"]])


# 1.4 Descriptors


class Pipe:
    """A pipe whose write end is given away; ends() says when the last copy is closed."""

    def __init__(self):
        self.out, self.into = os.pipe()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.out)
        if self.into is not None:
            os.close(self.into)

    def close_own(self):
        os.close(self.into)
        self.into = None

    def ends(self):
        """Waits until nobody holds the write end any more."""
        expect.true(select.select([self.out], [], [], TIMEOUT)[0], "a descriptor was never closed")
        expect.equal(os.read(self.out, 1), b"")


def text_through(fd, pipe):
    """Whether `fd` is the pipe's write end, or a copy of it."""
    os.write(fd, b"?")
    return select.select([pipe.out], [], [], 0)[0] and os.read(pipe.out, 1) == b"?"


@requirement("WIRE-053", "WIRE-054", "WIRE-059")
def test_descriptors_arrive_close_on_exec_and_in_order(bus):
    with Pair(bus) as pair, Pipe() as a, Pipe() as b:
        got = pair.relay(pair.signal("hsh", [0, "x", 1]), [a.into, b.into])
        expect.equal((got.unix_fds, len(got.fds), got.args), (2, 2, [0, "x", 1]))
        expect.true(text_through(got.fds[0], a) and text_through(got.fds[1], b), "order changed")
        close_fds(got)
        a.close_own()
        a.ends()


@requirement("WIRE-053", "AUTH-020", "RES-014")
def test_descriptors_without_negotiation_disconnect(bus):
    with Pair(bus, fds=False) as pair, Pipe() as pipe:
        pair.is_fatal(pair.signal("h", [0], unix_fds=1), [pipe.into])
    with Pair(bus, fds=False) as pair:
        pair.is_fatal(pair.signal("h", [0], unix_fds=1))


@requirement("WIRE-054", "RES-015")
@cases(("first", 0), ("second", 1), ("sixteenth", 15), ("of the body", -4), ("last", -1))
def test_descriptors_may_come_with_any_byte_of_their_message(bus, at):
    with Pair(bus) as pair, Pipe() as pipe:
        data = pair.signal("hu", [0, 7], unix_fds=1, serial=1).pack()
        at %= len(data)
        if at:
            pair.s.send(data[:at])
        pair.s.send(data[at:at + 1], [pipe.into])
        pair.s.send(data[at + 1:])
        pair.s.sync()
        got = pair.r.next_signal("M")
        expect.true(text_through(got.fds[0], pipe), "another descriptor")
        close_fds(got)


@requirement("WIRE-054", "RES-015")
def test_descriptors_that_come_in_parts_arrive_all_or_cost_the_connection_and_are_never_kept(bus):
    # Both references disconnect: a message's descriptors come in one part or not at all.
    with Pair(bus) as pair, Pipe() as a, Pipe() as b:
        data = pair.signal("hh", [0, 1], unix_fds=2, serial=1).pack()
        for i, byte in enumerate(data):
            pair.s.try_send(bytes([byte]), {3: [a.into], 40: [b.into]}.get(i, ()))
        gone = pair.s.disconnected()
        got = pair.r.drain()
        expect.equal([len(x.fds) for x in got], [] if gone else [2])
        for msg in got:
            expect.true(all(text_through(fd, p) for fd, p in zip(msg.fds, (a, b))), "order changed")
            close_fds(msg)
        for pipe in (a, b):
            pipe.close_own()
            pipe.ends()


@requirement("WIRE-054", "RES-020")
def test_descriptors_of_quick_messages_stay_with_their_own(bus):
    with Pair(bus) as pair, Pipe() as a, Pipe() as b:
        for i in range(20):
            pair.s.post(pair.signal("h", [0]), [a.into if i % 2 else b.into])
            pair.s.post(pair.signal("u", [i]))
        pair.s.sync()
        got = pair.r.drain()
        expect.equal([len(x.fds) for x in got], [1, 0] * 20)
        for i, msg in enumerate(got[::2]):
            expect.true(text_through(msg.fds[0], a if i % 2 else b), f"wrong descriptor in {i}")
        for msg in got:
            close_fds(msg)


@requirement("WIRE-055", "RES-014")
@cases(("1 of 0", 1, 0), ("2 of 1", 2, 1), ("2^32-1 of 1", 0xffffffff, 1))
def test_fewer_descriptors_than_declared_disconnect(bus, declared, sent):
    with Pair(bus) as pair, Pipe() as pipe:
        pair.is_fatal(pair.signal("h", [0], unix_fds=declared), [pipe.into] * sent)
        pipe.close_own()
        pipe.ends()


@requirement("WIRE-056")
def test_descriptors_need_no_handle(bus):
    with Pair(bus) as pair, Pipe() as pipe:
        got = pair.relay(pair.signal(unix_fds=2), [pipe.into, pipe.into])
        expect.equal((got.unix_fds, len(got.fds), got.body), (2, 2, b""))
        close_fds(got)


@requirement("WIRE-057")
@differs("dbus-daemon", "keeps them for the next message")
@cases(("undeclared", 0), ("one declared", 1))
def test_descriptors_beyond_the_declared_ones_are_closed_at_the_messages_end(bus, declared):
    with Pair(bus) as pair, Pipe() as a, Pipe() as b:
        first = pair.signal("u", [1], **({"unix_fds": declared} if declared else {}), serial=1)
        pair.s.send(first.pack(), [a.into] * declared + [b.into, b.into])
        pair.s.sync()
        got = pair.r.next_signal("M")
        expect.equal((got.unix_fds, len(got.fds)), (declared, declared))
        close_fds(got)
        got = pair.relay(pair.signal("h", [0]), [a.into])
        expect.true(text_through(got.fds[0], a), "the surplus went to the next message")
        close_fds(got)
        b.close_own()
        b.ends()


@requirement("WIRE-058", "LIM-006", "RES-019", "SEEN-04")
@differs("dbus-broker", "takes 253, whatever the limit")
def test_17_descriptors_are_too_many_by_default_and_16_are_not(bus):
    with Pair(bus) as pair, Pipe() as pipe:
        got = pair.relay(pair.signal(unix_fds=16), [pipe.into] * 16)
        expect.equal(len(got.fds), 16)
        close_fds(got)
        pair.is_fatal(pair.signal(unix_fds=17), [pipe.into] * 17)
        pipe.close_own()
        pipe.ends()


@requirement("WIRE-058", "LIM-006")
def test_with_the_limit_raised_a_message_carries_as_many_as_the_kernel_passes_at_once(kind):
    limits = {"max_message_unix_fds": 253, "max_incoming_unix_fds": 600,
              "max_outgoing_unix_fds": 600}
    with start_bus(kind, config(limits=limits)) as bus, Pair(bus) as pair, Pipe() as pipe:
        got = pair.relay(pair.signal(unix_fds=253), [pipe.into] * 253)
        expect.equal(len(got.fds), 253)
        close_fds(got)


@requirement("WIRE-059", "DRV-029")
@cases(("nobody", "org.example.Nobody"), ("a broadcast nobody wants", None))
def test_descriptors_of_a_message_that_is_dropped_are_closed(bus, destination):
    with Client(bus.address) as c, Pipe() as pipe:
        c.post(signal("/", "a.b", "M", "h", [0], destination=destination), [pipe.into])
        pipe.close_own()
        pipe.ends()
        c.sync()


@requirement("WIRE-059", "RES-014")
def test_descriptors_of_an_unfinished_message_are_closed_when_its_sender_goes(bus):
    with Client(bus.address) as c, Pipe() as pipe:
        c.send(signal("/", "a.b", "M", "h", [0], unix_fds=1, serial=9).pack()[:-1], [pipe.into])
        pipe.close_own()
        c.sock.shutdown(socket.SHUT_RDWR)
        pipe.ends()
