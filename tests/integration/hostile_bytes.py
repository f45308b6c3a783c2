# SPDX-License-Identifier: MIT
"""Peers that send what is no message: RES-014 costs them the connection, and nobody else anything.
"""

import os
import random
import select
import socket
import struct

from tests.integration.attack import keeps_nothing, under_attack
from tests.lib import expect
from tests.lib.client import Client, Disconnected
from tests.lib.codec import CodecError, Variant, marshal
from tests.lib.message import SIGNATURE, Message, build, call, driver_call, signal
from tests.lib.runner import cases, requirement

SEEDS = (("seed 1", 1), ("seed 2", 2), ("seed 3", 3))
MUTANTS = 600


def models(destination):
    """Valid messages of many kinds."""
    yield call(destination, "/a/b", "org.example.I", "M", "su", ["text", 5], serial=7)
    yield signal("/a", "org.example.I", "S", "a{sv}(ybd)ax",
                 [{"k": Variant("as", ["x", "yy"]), "l": Variant("v", Variant("t", 1))},
                  (1, True, 0.5), [1, 2]], serial=8)
    yield driver_call("RequestName", "su", ["org.example.X", 4], serial=9)
    yield driver_call("AddMatch", "s", ["type='signal',arg0path='/a/',sender='org.example.A'"],
                      serial=10)
    yield build(2, "ay", [b"bytes"], reply_serial=77, destination=destination, serial=11)
    yield build(3, "s", ["no"], error_name="org.example.E", reply_serial=1,
                destination=destination, serial=12)
    yield signal("/", "a.b", "D", "asaa{ii}", [["x"] * 9, [{1: 2}]], destination=destination,
                 little=False, serial=13)


def mutate(data, rng):
    """Some bytes changed, removed, added, or exchanged."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(data))
        how = rng.randrange(6)
        if how == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif how == 1:
            data[at] = rng.choice((0, 1, 2, 3, 127, 128, 255, ord("a"), ord("("), ord("v")))
        elif how == 2 and at + 4 <= len(data):
            struct.pack_into(rng.choice("<>") + "I", data, at,
                             rng.choice((0, 1, 2**26, 2**26 + 1, 2**27, 2**31, 2**32 - 1)))
        elif how == 3:
            del data[at:at + rng.randrange(1, 9)]
        elif how == 4:
            data[at:at] = rng.randbytes(rng.randrange(1, 9))
        else:
            other = rng.randrange(len(data))
            data[at], data[other] = data[other], data[at]
    return bytes(data) or b"l"


def is_malformed(data):
    """True, if it is a message by its lengths that our strict parser refuses; None: it says
    nothing about that."""
    try:
        if len(data) < 16 or Message.size(data[:16]) != len(data):
            return None
        Message.parse(data)
    except (CodecError, UnicodeDecodeError):
        return True
    except (struct.error, RecursionError):
        return None
    return None


@requirement("RES-014", "RES-015", "WIRE-052")
@cases(*SEEDS)
def test_mutated_messages_harm_only_their_sender(kind, seed):
    rng = random.Random(seed)
    with under_attack(kind) as (bus, traffic), bus.client() as victim:
        originals = [m.pack() for m in models(victim.name)]
        for i in range(MUTANTS):
            data = mutate(rng.choice(originals), rng)
            with bus.client() as c:
                c.try_send(data)
                if is_malformed(data):
                    expect.true(c.disconnected(), f"still connected after {data!r}")
                    expect.equal([x for x in c.inbox if x.member != "NameAcquired"], [], data)
            if i % 50 == 0:
                victim.drain()  # which parses strictly whatever came through
                traffic.goes_on()
        victim.drain()


@requirement("RES-014", "AUTH-001", "AUTH-005")
@cases(*SEEDS)
def test_mutated_logins_harm_nobody(kind, seed):
    rng = random.Random(seed)
    uid = str(os.getuid()).encode().hex().encode()
    login = (b"\0AUTH EXTERNAL " + uid + b"\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"
             + driver_call("Hello", serial=1).pack())
    with under_attack(kind) as (bus, traffic):
        for i in range(MUTANTS):
            with bus.client(stage="socket") as c:
                c.try_send(mutate(login, rng))
            if i % 50 == 0:
                traffic.goes_on()


@requirement("RES-014", "AUTH-005")
@cases(("a line without end", b"A" * 4096, True), ("nothing but NUL", b"\0" * 4096, True),
       ("lines without sense", b"AUTH X\r\n" * 512, False),
       ("line ends", b"\r\n" * 2048, False))
def test_a_login_that_never_ends_is_not_kept(kind, piece, must_end):
    with under_attack(kind) as (bus, traffic), bus.client(stage="socket") as c:
        c.send(b"\0")
        ended = False
        for _ in range(64):
            try:
                c.send(piece)
                while select.select([c.sock], [], [], 0)[0] and c.sock.recv(1 << 16):
                    pass  # answers, which are of no interest
            except (Disconnected, ConnectionResetError):
                ended = True
                break
        traffic.goes_on()
        if must_end and not ended:
            expect.true(c.at_eof(), "still connected")


def variants(depth):
    data = b""
    for _ in range(depth):
        data += b"\1v\0"
    return data + b"\1y\0\5"


def nested(levels):
    msg = signal("/", "a.b", "M", serial=5)
    msg.with_field(SIGNATURE, "v")
    msg.body = variants(levels - 1)
    return msg


BOMBS = (
    ("65 variants", lambda: nested(65).pack()),
    ("many variants", lambda: nested(20000).pack()),
    ("header of 64 MiB", lambda: struct.pack("<cBBBIII", b"l", 4, 0, 1, 0, 1, (1 << 26) + 1)),
    ("body of 4 GiB", lambda: struct.pack("<cBBBIII", b"l", 4, 0, 1, 2**32 - 1, 1, 8)),
    ("lengths that overflow", lambda: struct.pack("<cBBBIII", b"l", 4, 0, 1, 2**32 - 8, 1,
                                                  2**32 - 8)),
    ("body over the limit", lambda: struct.pack("<cBBBIII", b"l", 4, 0, 1, 33554433, 1, 8)),
    ("10,000 header fields", lambda: signal_with_fields(10000).pack()),
    ("an array of nothing", lambda: raw("a()", b"\0" * 8).pack()),
    ("a deep signature", lambda: raw("a" * 40 + "y", b"\0" * 8).pack()),
    ("invalid UTF-8", lambda: raw("s", marshal("s", [b"x" * 65535 + b"\xe2\x28\xa1"])).pack()),
    ("half a character at the end",
     lambda: raw("s", marshal("s", [b"x" * 9 + b"\xe2\x82"])).pack()),
)


def raw(signature, body):
    msg = signal("/", "a.b", "M", serial=5)
    msg.with_field(SIGNATURE, signature)
    msg.body = body
    return msg


def signal_with_fields(count):
    msg = signal("/", "a.b", "M", serial=5)
    for _ in range(count):
        msg.with_field(1, "/")
    return msg


@requirement("RES-014", "WIRE-010", "WIRE-023", "WIRE-040", "WIRE-041", "LIM-005")
@cases(*BOMBS)
def test_a_bomb_costs_its_sender_the_connection_at_once(kind, make):
    with under_attack(kind) as (bus, traffic), bus.client() as c:
        c.drain()
        c.try_send(make())
        expect.equal(c.wait_disconnect(), [])
        traffic.goes_on()


@requirement("RES-015")
def test_who_sends_byte_by_byte_is_served(kind):
    with under_attack(kind) as (bus, traffic):
        uid = str(os.getuid()).encode().hex().encode()
        with bus.client(stage="socket") as c:
            c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            for byte in b"\0AUTH EXTERNAL " + uid + b"\r\n":
                c.send(bytes([byte]))
            expect.true(c.line().startswith("OK "), "not OK")
            for byte in b"BEGIN\r\n" + driver_call("Hello", serial=1).pack():
                c.send(bytes([byte]))
            c.serial = 1
            c.name = c.reply_to(1).args[0]
            traffic.goes_on()
            with bus.client() as other:
                for byte in signal("/", "a.b", "Slow", "s", ["x" * 2000], serial=2,
                                   destination=other.name).pack():
                    c.send(bytes([byte]))
                expect.equal(other.next_signal("Slow").args, ["x" * 2000])


@requirement("RES-015")
@cases(("in the head", 7), ("in the fields", 40), ("in the body", 5000))
def test_half_a_message_is_waited_for_and_forgotten_with_its_sender(kind, count):
    def attack(bus, traffic):
        crowd = []
        for _ in range(50):
            c = Client(bus.address)
            c.send(signal("/", "a.b", "M", "s", ["x" * 100000], serial=9).pack()[:count])
            crowd.append(c)
        traffic.goes_on()
        for c in crowd:
            c.close()

    keeps_nothing(kind, attack)


@requirement("RES-015", "WIRE-041")
def test_the_announcement_of_much_takes_no_memory(kind):
    """A head that promises 32 MiB, from a hundred peers, must not make the bus set them aside."""
    head = struct.pack("<cBBBIII", b"l", 4, 0, 1, 33000000, 1, 8)

    def attack(bus, traffic):
        crowd = [Client(bus.address) for _ in range(100)]
        for c in crowd:
            c.send(head)
        traffic.goes_on()
        for c in crowd:
            c.close()

    keeps_nothing(kind, attack, warmup=1, rounds=3)
