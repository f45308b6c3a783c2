# SPDX-License-Identifier: MIT
"""Section 10.3: dbus-monitor beside Debian's, on the same traffic."""

import contextlib
import difflib
import os
import re
import socket
import struct
import subprocess
import tempfile

from tests.integration.companions import Case, debians, ours, run_both, without_chance
from tests.integration.support import Program, environment, run, until
from tests.lib import expect
from tests.lib import message as m
from tests.lib.buses import OPEN, config, start_bus
from tests.lib.client import TIMEOUT
from tests.lib.codec import Variant
from tests.lib.message import Message
from tests.lib.runner import cases, requirement

IFACE = "org.example.I"
DEEP = Variant("v", Variant("v", Variant("a{sv}", {"k": Variant("ay", bytes(100))})))
BODIES = (
    ("",), ("s", "line\n\ttab \x1b[31m"), ("nqiuxtdyb", -5, 5, -5, 5, -5, 5, 1 / 3, 7, True),
    ("d", 1e100), ("d", float("nan")), ("gog", "ii", "/a", ""), ("v", DEEP),
    ("a{sv}", {"k": Variant("u", 1), "l": Variant("as", ["q"])}), ("a{si}", {}), ("ai", []),
    ("(i(ss)ay)", (1, ("a", "b"), bytes(range(100)))), ("a(iay)", [(1, bytes(range(130)))]),
    ("aay", [b"a", b"b\0", b"", b"\x01\x02"]), ("aaaaay", [[[[bytes(range(100, 200))]]]]),
    ("a{oa{sa{sv}}}", {"/x": {"i": {"p": Variant("d", 0.1)}}}),
    ("av", [Variant("i", 1), Variant("av", [Variant("s", "x")])]),
)


def talk(bus, stack):
    """Some of everything, between the signals Begin and End. Descriptors stay open for as long as
    the stack: a socket without its peer looks different."""
    with bus.client() as a, bus.client() as b:
        a.emit("/", IFACE, "Begin")
        for body in BODIES:
            a.emit("/x", IFACE, "Body", *body)
        a.post(m.signal("/x", IFACE, "Body", "uv", (5, Variant("x", -3)), little=False))
        for fd in descriptors(stack):
            a.post(m.signal("/x", IFACE, "Descriptor", "h", [0]), fds=[fd])
        two = [os.dup(1), os.dup(2)]
        a.post(m.signal("/x", IFACE, "Descriptors", "ah", [[0, 1]]), fds=two)
        for fd in two:
            os.close(fd)
        a.post(m.build(m.CALL, path="/x", member="NoInterface", destination=b.name))
        b.post(m.error(b.next_call(), "org.example.Error", "why"))
        a.post(m.call(b.name, "/x", IFACE, "M"))
        b.reply(b.next_call())
        a.post(m.call(b.name, "/x", IFACE, "M", flags=m.NO_REPLY | m.NO_AUTO_START))
        b.next_call()
        a.ask(m.call("org.example.Nobody", "/x", IFACE, "M"))
        a.emit("/x", IFACE, "ToOne", "s", "b", destination=b.name)
        a.sync()
        a.emit("/", IFACE, "End")
        a.sync()


def descriptors(stack):
    """One of each kind of file."""
    def kept(sock):
        stack.callback(sock.close)
        return sock.fileno()

    inet = socket.create_server(("127.0.0.1", 0))
    pair = socket.socketpair()
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("\0headway-" + os.urandom(8).hex())
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
    yield kept(inet)
    yield kept(socket.create_connection(inet.getsockname()))
    yield kept(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
    yield from (kept(pair[0]), kept(pair[1]), kept(abstract), kept(netlink))
    yield kept(socket.socket(socket.AF_UNIX))
    yield kept(stack.enter_context(tempfile.TemporaryFile()))
    for path in ("/dev/null", "/etc"):
        fd = os.open(path, os.O_RDONLY)
        stack.callback(os.close, fd)
        yield fd
    for fd in os.pipe():
        stack.callback(os.close, fd)
        yield fd


@contextlib.contextmanager
def both(bus, *arguments):
    """Both programs, watching."""
    with contextlib.ExitStack() as stack:
        programs = []
        for path in (ours("dbus-monitor"), debians("dbus-monitor")):
            program = stack.enter_context(Program(path, "--address", bus.address, *arguments,
                                                  bus=bus))
            program.wait_for("NameLost")
            programs.append(program)
        yield programs


def same_text(got, wanted):
    difference = difflib.unified_diff(wanted.splitlines(), got.splitlines(), "Debian's", "ours",
                                      lineterm="", n=2)
    expect.true(got == wanted, "\n".join(difference))


def between(text, first, last):
    """From the line with `first` on, to the end of the line with `last`."""
    start = text.rindex("\n", 0, text.index(first)) + 1
    return text[start:text.index("\n", text.index(last))]


@requirement("TOOL-016", "TOOL-018", "TOOL-019", "TOOL-020", "TOOL-021")
@cases(("everything",), ("signals", "type='signal'"),
       ("two rules", "type='error'", "type='signal'"), ("another form first", "--profile",
                                                        "--monitor", "--"))
def test_messages_are_shown_as_debians_shows_them(bus, *arguments):
    with both(bus, *arguments) as programs, contextlib.ExitStack() as stack:
        talk(bus, stack)
        shown = []
        for program in programs:
            program.wait_for("member=End\n")
            shown.append(without_chance(between(program.out.text(), "member=Begin",
                                                "member=End")))
    same_text(*shown)
    expect.true(len(shown[0].splitlines()) > 150, shown[0])


@requirement("TOOL-022")
def test_profiles_are_those_of_debians(bus):
    with both(bus, "--profile") as programs, contextlib.ExitStack() as stack:
        talk(bus, stack)
        rows = []
        for program in programs:
            program.wait_for("\tEnd\n")
            text = program.out.text()
            rows.append("\n".join(text.splitlines()[:2]) + re.sub(
                r"\d{10}\.\d{6}", "(time)", between(text, "\tBegin", "\tEnd")))
    same_text(*rows)


def split(data):
    """Whole messages, back to back."""
    while len(data) >= 16 and len(data) >= Message.size(data[:16]):
        size = Message.size(data[:16])
        yield data[:size]
        data = data[size:]


def split_pcap(data):
    """The messages of a pcap file."""
    data = data[24:]
    while len(data) >= 16:
        _, _, kept, length = struct.unpack("=IIII", data[:16])
        expect.equal(kept, length)
        if len(data) < 16 + kept:
            return
        yield data[16:16 + kept]
        data = data[16 + kept:]


def cut(messages):
    """Those from Begin to End."""
    members = [Message.parse(one).member for one in messages]
    return messages[members.index("Begin"):members.index("End") + 1]


@requirement("TOOL-023")
@cases(("binary", "--binary", split), ("pcap", "--pcap", split_pcap))
def test_bytes_are_those_of_debians(bus, form, split_):
    with both(bus, form) as programs, contextlib.ExitStack() as stack:
        talk(bus, stack)
        for program in programs:
            program.wait_for("End\0")
        got, wanted = (cut(list(split_(bytes(program.raw)))) for program in programs)
        if form == "--pcap":
            expect.equal(programs[0].raw[:24], programs[1].raw[:24])
    expect.equal(got, wanted)


@requirement("TOOL-024")
@cases(("text", (), "member=Disconnected\n"), ("profile", ("--profile",), "\tDisconnected\n"))
def test_the_end_of_the_bus_is_shown_as_debians_shows_it(kind, arguments, end):
    with start_bus(kind) as bus, both(bus, *arguments) as programs:
        bus.stop()
        lines = []
        for program in programs:
            expect.equal(program.wait(), 0)
            text = program.out.text()
            expect.true(text.endswith(end), text)
            lines.append(re.sub(r"\d{10}\.\d{6}", "(time)", text.splitlines()[-1]))
    expect.equal(lines[0], lines[1])


@requirement("TOOL-023")
def test_nothing_is_written_that_was_no_message(kind):
    # Debian's adds the end of the connection, as a message with the serial 0.
    with start_bus(kind) as bus:
        with Program(ours("dbus-monitor"), "--binary", "--address", bus.address,
                     bus=bus) as program:
            program.wait_for("NameLost")
            bus.stop()
            expect.equal(program.wait(), 0)
            data = bytes(program.raw)
    expect.equal(b"".join(split(data)), data)
    expect.true(all(Message.parse(one).serial for one in split(data)), data)


NO_MONITORS = config(policy=OPEN + '<policy context="mandatory">'
                     '<deny send_interface="org.freedesktop.DBus.Monitoring"/></policy>')


@requirement("TOOL-017")
@cases(("all",), ("a rule", "type='signal',member='End'"))
def test_without_monitors_it_eavesdrops(kind, *rules):
    with start_bus(kind, NO_MONITORS) as bus, contextlib.ExitStack() as stack:
        said = []
        for path in (ours("dbus-monitor"), debians("dbus-monitor")):
            program = stack.enter_context(Program(path, "--address", bus.address, *rules, bus=bus))
            with bus.client() as c:
                def shown(program=program, c=c):
                    c.emit("/", IFACE, "End", "s", "x")
                    return "member=End" in program.out.text()
                until(shown, "no signal is shown", c)
            program.err.wait_for("Falling back to eavesdropping.\n")
            said.append(re.sub(r'(?<=AccessDenied: ).*(?=\. Falling)', "(text)",
                               program.err.text()))
    expect.equal(said[0], said[1])


def wrong(*arguments, **more):
    return Case(arguments, **{"status": 1, "shown": without_chance, **more})


@requirement("TOOL-016", "TOOL-017")
@cases(
    ("two buses", wrong("--session", "--system")),
    ("one bus twice", wrong("--session", "--session")),
    ("an address and a bus", wrong("--address", "@BUS@", "--system")),
    ("two addresses", wrong("--address", "@BUS@", "--address", "@BUS@")),
    ("no address", wrong("--address")),
    ("an address in one word", wrong("--address=@BUS@")),
    ("an address that is none", wrong("--address", "x")),
    ("an empty address", wrong("--address", "")),
    ("an address of nobody", wrong("--address", "unix:path=/nonexistent")),
    ("no session bus", wrong(env={"DBUS_SESSION_BUS_ADDRESS": None,
                                  "XDG_RUNTIME_DIR": "/nonexistent"})),
    ("another option", wrong("--bogus")),
    ("a dash", wrong("-")),
    ("no version", wrong("--version")),
    ("help", wrong("--help", "x", status=0)),
    ("help behind a rule", wrong("x", "--help", status=0)),
    ("a rule that is none", wrong("bogus")),
    ("a rule with another key", wrong("bogus='x'")),
    ("one good rule and one bad", wrong("type='signal'", "bogus")),
    ("a rule behind dashes", wrong("--", "bogus")),
)
def test_dbus_monitor_refuses_what_debians_refuses(bus, case):
    run_both("dbus-monitor", case, bus)


@requirement("TOOL-024")
def test_it_ends_when_nobody_reads_it(bus):
    # Debian's notices with the next message only.
    reader, writer = os.pipe()
    try:
        monitor = subprocess.Popen([ours("dbus-monitor"), "--address", bus.address], stdout=writer,
                                   stderr=subprocess.PIPE, env=environment(bus))
    finally:
        os.close(writer)
    with monitor:
        os.read(reader, 1)
        os.close(reader)
        expect.true(monitor.wait(TIMEOUT) not in (0, None), "it ended well")


@requirement("TOOL-024")
def test_it_does_not_take_its_connection_for_stdout(bus):
    done = run("sh", "-c", '"$0" --address "$1" >&-', ours("dbus-monitor"), bus.address, bus=bus,
               status=1)
    expect.contains(done.stderr, "cannot write to stdout: Bad file descriptor")


@requirement("TOOL-024")
def test_it_ends_when_it_cannot_write(bus):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([ours("dbus-monitor"), "--address", bus.address], stdout=full,
                              stderr=subprocess.PIPE, env=environment(bus), check=False,
                              timeout=TIMEOUT)
    expect.equal(done.returncode, 1)
    expect.contains(done.stderr, b"cannot write to stdout: No space left on device")


@requirement("TOOL-024")
def test_it_keeps_up(bus):
    count = 20_000
    with bus.client() as c, Program(ours("dbus-monitor"), "--address", bus.address,
                                    f"interface='{IFACE}'", bus=bus) as monitor:
        monitor.wait_for("NameLost")
        for number in range(count):
            c.emit("/", IFACE, "Many", "is", number, "x" * 100)
            if number % 200 == 0:
                c.sync()
        c.emit("/", IFACE, "End")
        monitor.wait_for("member=End")
        expect.equal([int(n) for n in re.findall(r"int32 (\d+)", monitor.out.text())],
                     list(range(count)))
