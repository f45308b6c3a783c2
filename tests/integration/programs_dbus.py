# SPDX-License-Identifier: MIT
"""Debian's dbus tools: dbus-send, dbus-monitor, dbus-test-tool, dbus-run-session, dbus-launch."""

import contextlib
import os
import re
import signal
import struct
import subprocess

from tests.integration.support import (PYTHON, Program, disappears, ends, environment, find,
                                       in_place_of_dbus_daemon, is_process_of, output, peer, run)
from tests.lib import expect
from tests.lib.buses import config, program, start_bus, temporary_directory, write_file
from tests.lib.client import TIMEOUT, Client
from tests.lib.message import Message, call
from tests.lib.runner import cases, requirement

DRIVER = "--dest=org.freedesktop.DBus"
SERVICE = ("--dest=org.example.Service", "/org/example/Service")
IFACE = "org.example.Service1"


def send(bus, *arguments, **more):
    return run("dbus-send", f"--bus={bus.address}", *arguments, bus=bus, **more)


# dbus-send


@requirement("TOOL-010", "TOOL-011", "TOOL-015")
def test_dbus_send_calls_the_bus(bus):
    got = send(bus, "--print-reply", DRIVER, "/", "org.freedesktop.DBus.ListNames").stdout
    expect.true(re.match(r"method return time=\d+\.\d{6} sender=org.freedesktop.DBus -> "
                         r"destination=:1\.\d+ serial=\d+ reply_serial=2\n   array \[\n", got), got)
    expect.contains(got, '      string "org.freedesktop.DBus"\n')
    got = send(bus, "--print-reply=literal", DRIVER, "/", "org.freedesktop.DBus.GetNameOwner",
               "string:org.freedesktop.DBus").stdout
    expect.equal(got.strip(), "org.freedesktop.DBus")


@requirement("TOOL-010")
@cases(("session", "--session"), ("system", "--system"), ("default", None))
def test_dbus_send_finds_the_bus_by_its_variable(bus, option):
    got = run("dbus-send", *([option] if option else []), "--print-reply", DRIVER, "/",
              "org.freedesktop.DBus.GetId", bus=bus).stdout
    with bus.client() as c:
        expect.contains(got, f'string "{c.bus("GetId")}"')


@requirement("TOOL-015")
def test_dbus_send_shows_errors_of_the_bus(bus):
    done = send(bus, "--print-reply", "--dest=org.example.Nobody", "/", "a.b.C", status=1)
    expect.contains(done.stderr, "Error org.freedesktop.DBus.Error.ServiceUnknown: ")


VALUES = (("string", "string:Grüße", 'string "Grüße"'), ("int16", "int16:-7", "int16 -7"),
          ("uint64", "uint64:18446744073709551615", "uint64 18446744073709551615"),
          ("double", "double:2.5", "double 2.5"), ("byte", "byte:255", "byte 255"),
          ("boolean", "boolean:true", "boolean true"),
          ("objpath", "objpath:/a/b", 'object path "/a/b"'),
          ("array", "array:int32:1,2,3", "array ["),
          ("dict", "dict:string:uint32:one,1,two,2", "dict entry("))


@requirement("TOOL-012", "TOOL-013")
def test_every_type_that_dbus_send_knows_comes_back_from_a_service(bus):
    with peer("service.py", bus=bus):
        for _, value, wanted in VALUES:
            container = value.startswith(("array", "dict"))
            with bus.client() as c:
                c.add_match("interface='org.example.I'")
                send(bus, "/o", "org.example.I.S", value)
                c.next_signal("S")
            if not container:
                got = send(bus, "--print-reply", *SERVICE, IFACE + ".Echo",
                           "variant:" + value).stdout
                expect.true(re.search("variant +" + re.escape(wanted), got), got)


@requirement("TOOL-014")
def test_dbus_send_takes_a_name_for_its_sender(bus):
    with bus.client() as c:
        c.add_match("interface='org.example.I'")
        send(bus, "--sender=org.example.Sender", "/o", "org.example.I.S")
        c.next_signal("S")
        c.request_name("org.example.Sender")
        send(bus, "--sender=org.example.Sender", "/o", "org.example.I.S", status=1)


# dbus-monitor


@contextlib.contextmanager
def monitor(bus, *arguments, begun="NameLost"):
    """A dbus-monitor that watches already; `begun` is what it prints first."""
    with Program("dbus-monitor", "--address", bus.address, *arguments, bus=bus) as program_:
        if begun:
            program_.wait_for(begun)
        yield program_


def talk(bus):
    """One call, its reply, one error, one signal."""
    with bus.client() as a, bus.client() as b:
        serial = a.post(_call(b.name))
        request = b.next_call("Method")
        b.reply(request, "sasv", "text", ["x", "y"], ("u", 7))
        a.reply_to(serial)
        a.ask_driver(_call("org.example.Nobody"))
        a.emit("/path", "org.example.I", "Last", "s", "end")
        a.sync()
        return a.name, b.name


def _call(destination):
    return call(destination, "/path", "org.example.I", "Method", "ay(bd)", [b"ab\0", (True, 0.5)])


@requirement("TOOL-016", "TOOL-018", "TOOL-019", "TOOL-020", "TOOL-021")
def test_dbus_monitor_shows_every_message_in_full(bus):
    with monitor(bus, "--monitor") as m:
        a, b = talk(bus)
        m.wait_for("member=Last\n   string \"end\"")
        text = m.out.text()
    expect.true(re.search(rf"method call time=\S+ sender={a} -> destination={b} serial=\d+ "
                          r'path=/path; interface=org.example.I; member=Method\n'
                          r'   array of bytes "ab" \+ \\0\n   struct \{\n      boolean true\n'
                          r"      double 0.5\n   \}\n", text), text)
    expect.true(re.search(rf"method return time=\S+ sender={b} -> destination={a} serial=\d+ "
                          r'reply_serial=\d+\n   string "text"\n   array \[\n      string "x"\n'
                          r'      string "y"\n   \]\n   variant +uint32 7\n', text), text)
    expect.true(re.search(rf"error time=\S+ sender=org.freedesktop.DBus -> destination={a} "
                          r"error_name=org.freedesktop.DBus.Error.ServiceUnknown reply_serial=",
                          text), text)
    expect.contains(text, "member=NameOwnerChanged")
    expect.contains(text, "member=Hello")


@requirement("TOOL-016")
def test_dbus_monitor_shows_only_what_its_rules_match(bus):
    with monitor(bus, "type='signal',member='Last'", "member='Other'") as m:
        talk(bus)
        m.wait_for("member=Last")
        expect.true("member=Method" not in m.out.text(), m.out.text())


@requirement("TOOL-022")
def test_dbus_monitor_profiles(bus):
    with monitor(bus, "--profile") as m:
        a, b = talk(bus)
        m.wait_for("\tLast\n")
        rows = [line.split("\t") for line in m.out.text().splitlines()]
    expect.true(["mc", a, b, "/path", "org.example.I", "Method"] in
                [[r[0], *r[3:]] for r in rows], rows)
    expect.true(["mr", b, a] in [[r[0], *r[3:5]] for r in rows], rows)
    expect.true(["err", "org.freedesktop.DBus", a] in [[r[0], *r[3:5]] for r in rows], rows)


def messages(data):
    """Parses messages back to back, strictly. Of the last one there may be only a part so far."""
    data = bytes(data)
    while len(data) >= 16 and len(data) >= Message.size(data[:16]):
        size = Message.size(data[:16])
        yield Message.parse(data[:size])
        data = data[size:]


@requirement("TOOL-023")
def test_dbus_monitor_writes_the_bytes_of_messages(bus):
    with monitor(bus, "--binary") as m:
        talk(bus)
        m.wait_for("Last")
        m.wait_for("end\0")
        got = [x.member or x.type for x in messages(m.raw)]
    at = got.index("Method")
    expect.equal(got[at:at + 4], ["Method", 2, "Method", 3])
    expect.equal(got.count("Last"), 1)


@requirement("TOOL-023")
def test_dbus_monitor_writes_pcap(bus):
    with monitor(bus, "--pcap") as m:
        talk(bus)
        m.wait_for("end\0")
        data = bytes(m.raw)
    magic, major, minor, _, _, snap, link = struct.unpack("IHHIIII", data[:24])
    expect.equal((magic, major, minor, snap, link), (0xa1b2c3d4, 2, 4, 134217728, 231))
    position, members = 24, []
    while position + 16 <= len(data):
        _, _, kept, length = struct.unpack("IIII", data[position:position + 16])
        expect.equal(kept, length)
        if position + 16 + kept > len(data):
            break  # still being written
        members.append(Message.parse(data[position + 16:position + 16 + kept]).member)
        position += 16 + kept
    expect.true("Method" in members and "Last" in members, members)


@requirement("TOOL-024")
def test_dbus_monitor_ends_well_with_the_bus(kind):
    with start_bus(kind) as bus:
        with monitor(bus) as m:
            bus.stop()
            expect.equal(m.wait(), 0)


# dbus-test-tool


@requirement("TOOL-033")
@cases(("string", "--string"), ("bytes", "--bytes"), ("empty", "--empty"),
       ("sizes", "--random-size"), ("several connections", "--messages-per-conn=50"))
def test_dbus_test_tool_spams_an_echo(bus, how):
    with Program("dbus-test-tool", "echo", "--session", "--name=org.example.Echo", bus=bus):
        own(bus, "org.example.Echo")
        run("dbus-test-tool", "spam", "--session", "--dest=org.example.Echo", "--count=300",
            "--queue=20", "--seed=1", how, input="10 2000 100000 0\n", bus=bus)


@requirement("TOOL-033", "RES-015")
def test_a_black_hole_that_does_not_read_takes_nothing_from_others(kind):
    with start_bus(kind, config(limits={"max_outgoing_bytes": 1 << 20})) as bus:
        hole = Program("dbus-test-tool", "black-hole", "--session", "--no-read",
                       "--name=org.example.Hole", bus=bus)
        with hole:
            own(bus, "org.example.Hole")
            run("dbus-test-tool", "spam", "--session", "--dest=org.example.Hole", "--count=4000",
                "--flood", "--no-reply", "--payload=" + "x" * 1000, "--ignore-errors", bus=bus)
            with bus.client() as c:
                c.sync()


def own(bus, name):
    """Waits until somebody owns `name`."""
    with bus.client() as c:
        c.add_match(f"member='NameOwnerChanged',arg0='{name}'")
        if not c.bus("NameHasOwner", "s", name):
            c.next_signal("NameOwnerChanged")


# Programs that start a bus


def leaves_no_socket(kind, place):
    # dbus-daemon prints its address before it is prepared for SIGTERM, and dies of an early one.
    expect.true(kind == "dbus-daemon" or disappears(place + "/bus"), "the socket is still there")


REPORT = "dbus-send --print-reply=literal --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetId"


@requirement("TOOL-025", "TOOL-026")
@cases(("ends with 7", f"{REPORT} && exit 7", 7), ("killed", "kill -KILL $$", 128 + 9))
def test_dbus_run_session_starts_the_bus_and_ends_as_its_program(kind, script, status):
    with temporary_directory() as place:
        write_file(place, "bus.conf", config(bus_type="session"))
        run("dbus-run-session", f"--config-file={place}/bus.conf",
            f"--dbus-daemon={program(kind)}", "--", "sh", "-c", script, status=status)
        leaves_no_socket(kind, place)


@requirement("TOOL-025", "TOOL-007")
def test_dbus_run_session_works_with_the_session_configuration_of_debian(kind):
    got = output("dbus-run-session", f"--dbus-daemon={program(kind)}", "--", "sh", "-c", REPORT)
    expect.true(re.fullmatch(r"[0-9a-f]{32}", got.strip()), got)


@requirement("TOOL-026")
def test_dbus_run_session_says_127_when_the_bus_cannot_start(kind):
    with temporary_directory() as place:
        write_file(place, "bus.conf", "<busconfig>")
        run("dbus-run-session", f"--config-file={place}/bus.conf",
            f"--dbus-daemon={program(kind)}", "--", "true", status=127)


@requirement("TOOL-027", "TOOL-028", "PROC-002", "SEEN-13")
def test_dbus_launch_starts_a_bus_and_says_where(kind):
    with temporary_directory() as place:
        write_file(place, "bus.conf", config(bus_type="session"))
        got = output(*in_place_of_dbus_daemon(program(kind)), "dbus-launch", "--sh-syntax",
                     f"--config-file={place}/bus.conf", env={"DISPLAY": None})
        words = dict(re.findall(r"^(DBUS_\w+)='?([^';]*)'?;$", got, re.MULTILINE))
        with launched(kind, int(words["DBUS_SESSION_BUS_PID"])):
            with Client(words["DBUS_SESSION_BUS_ADDRESS"]) as c:
                c.sync()
            expect.contains(got, "export DBUS_SESSION_BUS_ADDRESS;")
        expect.true(not os.path.exists(place + "/bus"), "the socket is still there")


@requirement("TOOL-027", "TOOL-029", "CONF-013")
def test_dbus_launch_runs_a_program_with_a_bus(kind):
    with temporary_directory() as place:
        write_file(place, "bus.conf", config(bus_type="session",
                                             extra="<pidfile>@DIR@/pid</pidfile>"))
        got = output(*in_place_of_dbus_daemon(program(kind)), "dbus-launch",
                     f"--config-file={place}/bus.conf", "sh", "-c", REPORT, env={"DISPLAY": None})
        with open(place + "/pid", encoding="ascii") as f:
            pid = int(f.read())
        with launched(kind, pid):
            expect.true(re.fullmatch(r"[0-9a-f]{32}", got.strip()), got)
        expect.true(not os.path.exists(place + "/bus"), "the socket is still there")


@contextlib.contextmanager
def launched(kind, pid):
    """Checks that the process is a bus of this kind, and ends it."""
    fd = os.pidfd_open(pid)
    try:
        expect.true(is_process_of(pid, program(kind)), "another program was started")
        yield
    finally:
        signal.pidfd_send_signal(fd, signal.SIGTERM)
        expect.true(ends(fd), "the bus goes on after SIGTERM")
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PIDFD, fd, os.WEXITED)
        os.close(fd)


# ./dev run


@requirement("TOOL-026")
@cases(("a status", ("sh", "-c", "exit 5"), 5), ("a signal", ("sh", "-c", "kill -9 $$"), 137),
       ("nothing to run", ("/nonexistent",), 127),
       ("a real client", ("sh", "-c", REPORT + " >/dev/null"), 0))
def test_dev_run_ends_as_its_command(kind, command, status):
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    done = subprocess.run([os.path.join(root, "dev"), "run", "--", *command], check=False,
                          env=environment(HEADWAYD=program(kind)), stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=TIMEOUT)
    expect.equal(done.returncode, status, done.stderr.decode())


@requirement("TOOL-026")
def test_dev_run_gives_its_command_a_bus_on_which_services_and_clients_meet(kind):
    service = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers/service.py")
    script = (f"coproc S {{ {PYTHON} -u {service}; }}; read -u ${{S[0]}} line; "
              "dbus-send --print-reply=literal --dest=org.example.Service /org/example/Service "
              "org.example.Service1.Echo variant:int32:42; "
              "dbus-send --print-reply --dest=org.example.Service /org/example/Service "
              "org.example.Service1.Quit >/dev/null; wait")
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    done = subprocess.run([os.path.join(root, "dev"), "run", "--", find("bash"), "-c", script],
                          check=False, env=environment(HEADWAYD=program(kind)),
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
    expect.equal(done.returncode, 0, done.stderr.decode())
    expect.contains(done.stdout.decode(), "int32 42")
