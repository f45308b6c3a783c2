# SPDX-License-Identifier: MIT
"""Section 10.2: dbus-send beside Debian's."""

import contextlib
import os
import threading

from tests.integration.companions import Case, debians, ours, run_both, without_chance
from tests.integration.support import run
from tests.lib import expect
from tests.lib import message as m
from tests.lib.codec import Variant
from tests.lib.runner import cases, requirement

DRIVER = ("--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetId")
SIGNAL = ("/p", "org.example.I.S")
ABORTS = "Debian's aborts, as after a bug of its own"


def send(*arguments, **more):
    return Case(arguments, shown=without_chance, **more)


def wrong(*arguments, **more):
    return send(*arguments, status=1, **more)


@requirement("TOOL-010", "TOOL-011", "TOOL-014", "TOOL-015")
@cases(
    ("a signal", send(*SIGNAL)),
    ("a call", send("--type=method_call", *DRIVER)),
    ("a reply", send("--print-reply", *DRIVER)),
    ("a literal reply", send("--print-reply=literal", *DRIVER)),
    ("a reply to a typed call", send("--type=method_call", "--print-reply", *DRIVER)),
    ("options behind the path", send(DRIVER[0], "/", "--print-reply", DRIVER[2])),
    ("session", send("--session", "--print-reply", *DRIVER)),
    ("system", send("--system", "--print-reply", *DRIVER)),
    ("two buses", send("--system", "--session", "--print-reply", *DRIVER)),
    ("an address", send("--bus=@BUS@", "--print-reply", *DRIVER)),
    ("a peer", send("--peer=@BUS@", "--print-reply", DRIVER[0], "/",
                    "org.freedesktop.DBus.Hello")),
    ("a peer of old", send("--address=@BUS@", "--print-reply", DRIVER[0], "/",
                           "org.freedesktop.DBus.Hello")),
    ("a peer that is a bus", wrong("--peer=@BUS@", "--print-reply", *DRIVER)),
    ("two addresses", send("--bus=unix:path=/nonexistent", "--bus=@BUS@", "--print-reply",
                           *DRIVER)),
    ("a time limit", send("--reply-timeout=20000", "--print-reply", *DRIVER)),
    ("a large time limit", send("--reply-timeout=99999999999", "--print-reply", *DRIVER)),
    ("a time limit with rest", send("--reply-timeout=20000x", "--print-reply", *DRIVER)),
    ("a name", send("--sender=org.example.Sender", "--print-reply", DRIVER[0], "/",
                    "org.freedesktop.DBus.NameHasOwner", "string:org.example.Sender")),
    ("an error", wrong("--print-reply", "--dest=org.example.Nobody", "/", "a.b.C")),
    ("nobody to answer", wrong("--print-reply", "/p", "org.example.I.M")),
    ("a name that is not ours to own", wrong("--sender=org.freedesktop.DBus", *SIGNAL)),
    ("a unique name to own", wrong("--sender=:1.999", *SIGNAL)),
    ("nothing", wrong()),
    ("only a path", wrong("/")),
    ("no path", wrong("p", "a.b.C")),
    ("an empty path", wrong("", "a.b.C")),
    ("no interface", wrong("/", "C")),
    ("a short interface", wrong("/", "b.C")),
    ("an empty interface", wrong("/", ".C")),
    ("no member", wrong("/", "a.b.")),
    ("a wrong member", wrong("/", "a.b.C-")),
    ("another type", wrong("--type=method_return", *SIGNAL)),
    ("no type", wrong("--type", *SIGNAL)),
    ("another way to print", wrong("--print-reply=x", *DRIVER)),
    ("a wrong destination", wrong("--dest=x", *SIGNAL)),
    ("an empty destination", wrong("--dest=", *SIGNAL)),
    ("a wrong sender", wrong("--sender=x", *SIGNAL)),
    ("no time", wrong("--reply-timeout=0", "--print-reply", *DRIVER)),
    ("a time that is none", wrong("--reply-timeout=x", "--print-reply", *DRIVER)),
    ("no address", wrong("--bus=", *SIGNAL)),
    ("an address that is none", wrong("--bus=x", *SIGNAL)),
    ("an address of nobody", wrong("--bus=unix:path=/nonexistent", *SIGNAL)),
    ("an address and a bus", wrong("--bus=@BUS@", "--session", *SIGNAL)),
    ("a sender without bus", wrong("--peer=@BUS@", "--sender=org.example.S", *SIGNAL)),
    ("another option", wrong("--bogus", *SIGNAL)),
    ("dashes", wrong("--", *SIGNAL)),
    ("options behind the name", wrong(*DRIVER, "--print-reply")),
    ("help", send("--help", "--bogus")),
    ("no version", wrong("--version")),
    ("no session bus", wrong(*SIGNAL, env={"DBUS_SESSION_BUS_ADDRESS": None,
                                           "XDG_RUNTIME_DIR": "/nonexistent"})),
)
def test_dbus_send_does_what_debians_does(bus, case):
    run_both("dbus-send", case, bus)


@requirement("TOOL-011")
def test_a_reply_to_a_signal_is_not_waited_for(bus):
    # Debian's waits for it until the time is over.
    for arguments in (("--print-reply", "--type=signal"), ("--type=signal", "--print-reply")):
        done = run(ours("dbus-send"), *arguments, *DRIVER, bus=bus, status=1)
        expect.contains(done.stderr, "nobody replies to it")


@requirement("TOOL-015")
def test_no_reply_in_time_is_an_error(bus):
    with bus.client() as silent:
        call = ("--print-reply", "--reply-timeout=1", f"--dest={silent.name}", *SIGNAL)
        for program in (ours("dbus-send"), debians("dbus-send")):
            expect.contains(run(program, *call, bus=bus, status=1).stderr,
                            "Error org.freedesktop.DBus.Error.NoReply: ")


# What is sent


CONTENTS = (
    "string:x", "string:", "string:a:b,c", ":text", "string:Grüße \"q\" \\ x", "string:a\nb",
    "int16:5", "int16:0x10", "int16:010", "int16:-1", "int16:40000", "int16:70000", "int16:x",
    "int16:", "int16:5x", "uint16:-1", "uint16:70000", "int32:99999999999", "int32:-2147483649",
    "uint32:-1", "uint32:4294967296", "uint32:99999999999999999999", "int64:9223372036854775808",
    "int64:-9223372036854775809", "int64:x", "uint64:-1", "uint64:18446744073709551616",
    "uint64:0xff", "double:1.5", "double:x", "double:1e400", "double:inf", "double:0x10",
    "double:-0", "double:1e-7", "double:", "byte:255", "byte:256", "byte:-1", "byte:0x41",
    "boolean:true", "boolean:false", "objpath:/", "objpath:/a", "variant:string:x",
    "variant:int32:5", "variant:string:", "variant::x", "array:int32:1,2,3", "array:string:a,b",
    "array:string:", "array::a,b", "array:int32:", "array:int32:x", "array:int32:1,,2",
    "array:string:,a,", "array:boolean:true,false", "array:double:1,2.5", "array:byte:65,66,67",
    "array:byte:", "array:objpath:/a,/b", "dict:string:int32:a,1,b,2", "dict:string:int32:",
    "dict:int32:string:1,a", "dict::int32:a,1", "dict:double:boolean:1.5,true",
    "dict:objpath:string:/a,b",
    ("string:a", "int32:5", "array:string:x,y", "variant:byte:1", "string:z"),
)


@requirement("TOOL-012", "TOOL-013")
def test_dbus_send_sends_the_bytes_that_debians_sends(bus):
    with bus.client() as c:
        c.add_match("interface='org.example.I'")
        for contents in CONTENTS:
            words = contents if isinstance(contents, tuple) else (contents,)
            sent = []
            for program in (ours("dbus-send"), debians("dbus-send")):
                run(program, *SIGNAL, *words, bus=bus)
                got = c.next_signal("S")
                sent.append((got.flags, got.path, got.signature, got.body))
            expect.equal(sent[0], sent[1], str(words))


@requirement("TOOL-012", "TOOL-013")
@cases(*[(item or "(empty)", wrong(*SIGNAL, item)) for item in (
    "string", "", "foo:bar", "boolean:1", "boolean:", "boolean:TRUE", "signature:s", "variant:",
    "variant:x", "variant:array:int32:1", "variant:boolean:x", "array", "array:", "array:string",
    "array:foo:1", "array:foo:", "array:boolean:maybe", "array:variant:int32:1",
    "array:array:int32:1", "dict:string:int32:a", "dict:string:int32:a,1,b", "dict:string:int32",
    "dict:string", "dict:", "dict", "dict:string:variant:a,b", "dict:foo:string:a,b",
    "dict:string:string:,a", "struct:x", "-5")],
       *[(item, wrong(*SIGNAL, item, differs=ABORTS)) for item in (
           "objpath:a", "objpath:", "array:objpath:a", "string:" + os.fsdecode(b"\xff"))],
       ("dict:string::a,b", send(*SIGNAL, "dict:string::a,b",
                                 differs="an empty type is string everywhere else")))
def test_dbus_send_refuses_what_debians_refuses(bus, case):
    run_both("dbus-send", case, bus)


# What comes back


DEEP = ("v", Variant("v", Variant("v", Variant("a{sv}", {"k": Variant("ay", bytes(100))}))))
REPLIES = (
    ("",), ("s", "x"), ("ss", "x", "y\n"), ("o", "/a"), ("g", "ii"), ("is", 5, "x"), ("si", "x", 5),
    ("nqiuxtdyb", -5, 5, -5, 5, -5, 5, 0.5, 7, True), ("d", 1 / 3), ("d", 1e100),
    ("as", ["a", "b"]), ("as", []), ("ay", b"abc"), ("ay", b"abc\0"), ("ay", b"\0"), ("ay", b""),
    ("ay", b"\x01abc"), ("ay", bytes(range(130))),
    ("a{sv}", {"k": Variant("s", "v"), "l": Variant("i", 5)}),
    ("(i(ss)ay)", (1, ("a", "b"), bytes(range(100)))), ("v", Variant("s", "x")), DEEP,
    ("aa{sv}", [{"k": Variant("s", "v")}]), ("aay", [b"a", b"b\0", b"", b"\x01\x02"]),
    ("aaaaay", [[[[bytes(range(100, 200))]]]]), ("s", "\x1b[31m"),
)


@contextlib.contextmanager
def answering(bus, answer):
    """Somebody on the bus who answers each method call by `answer(client, call)`; its name."""
    with bus.client() as c:
        def serve():
            while (call := c.next_call()).member != "End":
                answer(c, call)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield c.name
        finally:
            with bus.client() as other:
                other.post(m.call(c.name, "/", "org.example.I", "End", flags=m.NO_REPLY))
                thread.join()


@requirement("TOOL-015", "TOOL-019", "TOOL-020", "TOOL-021")
def test_replies_are_printed_as_debians_prints_them(bus):
    def answer(c, call):
        c.reply(call, *REPLIES[int(call.member[1:])])

    with answering(bus, answer) as name:
        for number, reply in enumerate(REPLIES):
            for how in ("--print-reply", "--print-reply=literal"):
                got, wanted = (run(program, how, f"--dest={name}", "/", f"org.example.I.M{number}",
                                   bus=bus).stdout
                               for program in (ours("dbus-send"), debians("dbus-send")))
                expect.equal(without_chance(got), without_chance(wanted), f"{how} {reply}")


ERRORS = (("", ()), ("s", ("text",)), ("i", (5,)), ("si", ("text", 5)))


@requirement("TOOL-015")
def test_errors_are_printed_as_debians_prints_them(bus):
    def answer(c, call):
        signature, values = ERRORS[int(call.member[1:])]
        c.post(m.build(m.ERROR, signature, values, error_name="org.example.Error",
                       reply_serial=call.serial, destination=call.sender))

    with answering(bus, answer) as name:
        for number, (signature, values) in enumerate(ERRORS):
            got, wanted = (run(program, "--print-reply", f"--dest={name}", "/",
                               f"org.example.I.M{number}", bus=bus, status=1)
                           for program in (ours("dbus-send"), debians("dbus-send")))
            expect.equal((got.stdout, got.stderr), (wanted.stdout, wanted.stderr),
                         f"{signature} {values}")
