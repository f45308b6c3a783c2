# SPDX-License-Identifier: MIT
"""busctl, the client of systemd (sd-bus)."""

import contextlib
import json
import re
import struct

from tests.integration.support import Program, output, peer, run
from tests.lib import expect
from tests.lib.buses import start_bus
from tests.lib.message import CALL, SIGNAL, Message
from tests.lib.runner import cases, requirement

SERVICE = ("org.example.Service", "/org/example/Service")
IFACE = "org.example.Service1"


def busctl(bus, *arguments, **more):
    return output("busctl", f"--address={bus.address}", "--no-pager", *arguments, **more)


@requirement("TOOL-034", "TOOL-036", "CRED-001")
def test_busctl_lists_who_is_there_with_their_credentials(bus):
    with bus.client() as c:
        c.request_name("org.example.Listed")
        rows = [line.split() for line in busctl(bus, "list", "--no-legend").splitlines()]
        by_name = {row[0]: row for row in rows}
        expect.true({c.name, "org.example.Listed", "org.freedesktop.DBus"} <= set(by_name), rows)
        expect.equal(by_name["org.example.Listed"][4], c.name)
        expect.equal(by_name["org.example.Listed"][3], by_name[c.name][3])
        only = busctl(bus, "list", "--acquired", "--no-legend").splitlines()
        expect.equal([line for line in only if line.startswith(":")], [])


@requirement("TOOL-045")
def test_busctl_status_knows_the_bus_and_its_owner(bus):
    got = busctl(bus, "status")
    expect.contains(got, "BusAddress=" + bus.address)
    with bus.client() as c:
        expect.contains(got, "BusID=" + c.guid)
        pid = c.bus("GetConnectionUnixProcessID", "s", "org.freedesktop.DBus")
        expect.contains(got, f"PID={pid}\n")


@requirement("TOOL-045")
@cases(("of a user", "--user"), ("of the system", "--system"))
def test_busctl_finds_a_bus_by_the_environment(bus, option):
    got = output("busctl", option, "status", "--no-pager", bus=bus)
    expect.contains(got, f"PID={bus.pid}\n")
    expect.contains(got, "BusAddress=" + bus.address)


@requirement("TOOL-045", "CRED-001")
@cases(("by its name", "org.example.Service"), ("the bus", "org.freedesktop.DBus"))
def test_busctl_status_knows_a_service(bus, name):
    with peer("service.py", bus=bus) as service:
        got = busctl(bus, "status", name)
        if name == SERVICE[0]:
            expect.contains(got, f"PID={service.pid}\n")
            expect.contains(got, "UniqueName=:1.")
        expect.contains(got, "UID=")
        expect.contains(got, "CommandLine=")


@requirement("TOOL-044", "DRV-030")
def test_busctl_tree_walks_every_service_and_the_bus(bus):
    with peer("service.py", bus=bus):
        got = busctl(bus, "tree", "--list")
        expect.contains(got, "/org/example/Service")
        expect.contains(got, "/org/freedesktop/DBus")


@requirement("TOOL-043")
def test_busctl_introspects_the_bus_with_the_values_of_its_properties(bus):
    lines = busctl(bus, "introspect", "org.freedesktop.DBus", "/org/freedesktop/DBus").splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines}
    expect.equal(rows[".RequestName"][:3], ["method", "su", "u"])
    expect.equal(rows[".GetConnectionCredentials"][:3], ["method", "s", "a{sv}"])
    expect.equal(rows[".BecomeMonitor"][:3], ["method", "asu", "-"])
    expect.equal(rows[".NameOwnerChanged"][:3], ["signal", "sss", "-"])
    expect.equal(rows[".Features"][:2], ["property", "as"])
    expect.contains(" ".join(rows[".Features"]), '"HeaderFiltering"')


@requirement("TOOL-043")
def test_busctl_introspects_a_service(bus):
    with peer("service.py", bus=bus):
        got = busctl(bus, "introspect", *SERVICE)
        expect.true(re.search(r"^\.Describe +method +ssa\{sv\}ad\(iy\) +s ", got, re.MULTILINE),
                    got)


@requirement("TOOL-037", "TOOL-038")
def test_busctl_calls_with_every_kind_of_argument(bus):
    with peer("service.py", bus=bus):
        call = ("call", *SERVICE, IFACE)
        got = busctl(bus, *call, "Describe", "ssa{sv}ad(iy)", "a b", "Ü", "2", "k", "s", "v", "n",
                     "u", "5", "2", "0.5", "2", "7", "255")
        expect.equal(got.replace("\\'", "'"), r"""s "('a b', '\303\234', """
                     """{'k': 'v', 'n': '5'}, [0.5, 2.0], (7, 255))\"""")
        expect.equal(busctl(bus, *call, "Echo", "v", "as", "2", "x", "y"), 'v as 2 "x" "y"')
        expect.equal(busctl(bus, "--quiet", *call, "Echo", "v", "b", "yes"), "")
        expect.equal(json.loads(busctl(bus, "--json=short", *call, "Echo", "v", "a{su}", "1", "k",
                                       "3")),
                     {"type": "v", "data": [{"type": "a{su}", "data": {"k": 3}}]})


@requirement("TOOL-034")
def test_busctl_shows_errors(bus):
    with peer("service.py", bus=bus):
        done = run("busctl", f"--address={bus.address}", "call", *SERVICE, IFACE, "Refuse",
                   status=1)
        expect.contains(done.stderr, "as it was asked to")
    done = run("busctl", f"--address={bus.address}", "call", *SERVICE, IFACE, "Refuse", status=1)
    expect.contains(done.stderr, "org.example.Service")


@requirement("TOOL-038")
def test_busctl_reads_and_writes_properties(bus):
    got = busctl(bus, "get-property", "org.freedesktop.DBus", "/org/freedesktop/DBus",
                 "org.freedesktop.DBus", "Features", "Interfaces").splitlines()
    expect.true(all(line.startswith("as ") for line in got) and len(got) == 2, got)
    expect.contains(got[1], '"org.freedesktop.DBus.Monitoring"')
    with peer("service.py", bus=bus):
        busctl(bus, "set-property", *SERVICE, IFACE, "Level", "i", "12")
        expect.equal(busctl(bus, "get-property", *SERVICE, IFACE, "Level"), "i 12")


@requirement("TOOL-034")
def test_busctl_emits_signals(bus):
    with bus.client() as c:
        c.add_match("interface='org.example.I'")
        busctl(bus, "emit", "/o", "org.example.I", "Broadcast", "su", "text", "3")
        expect.equal(c.next_signal("Broadcast").args, ["text", 3])
        c.remove_match("interface='org.example.I'")
        busctl(bus, "emit", f"--destination={c.name}", "/o", "org.example.I", "Direct")
        c.next_signal("Direct")


@contextlib.contextmanager
def monitored(bus, *arguments):
    """A busctl that watches already. It does not say so, but others see a new unique name come and
    go, as a monitor has none."""
    with bus.client() as c:
        c.add_match("type='signal',member='NameOwnerChanged'")
        c.drain()
        with Program("busctl", f"--address={bus.address}", *arguments) as program:
            came = c.next_matching(lambda x: x.member == "NameOwnerChanged" and x.args[1] == "")
            c.next_matching(lambda x: x.member == "NameOwnerChanged"
                            and x.args == [came.args[0], came.args[0], ""])
            c.close()
            yield program


@requirement("TOOL-040", "TOOL-041", "MON-001", "MON-004")
def test_busctl_monitors_all_messages_as_json(bus):
    with monitored(bus, "monitor", "--json=short") as m, bus.client() as c:
        c.emit("/o", "org.example.I", "First", "sa{sv}", "x", {"k": ("u", 5)})
        c.emit("/o", "org.example.I", "Last")
        m.wait_for('"Last"')
        rows = [json.loads(line) for line in m.out.text().splitlines()]
    first = next(row for row in rows if row.get("member") == "First")
    expect.equal((first["type"], first["sender"], first["path"], first["interface"]),
                 ("signal", c.name, "/o", "org.example.I"))
    expect.equal(first["payload"], {"type": "sa{sv}",
                                    "data": ["x", {"k": {"type": "u", "data": 5}}]})
    expect.true(any(row.get("member") == "Hello" for row in rows), "no Hello")


@requirement("TOOL-040")
def test_busctl_monitors_one_service_in_words(bus):
    with peer("service.py", bus=bus):
        with monitored(bus, "monitor", "org.example.Service") as m, bus.client() as c:
            c.emit("/o", "org.example.I", "Elsewhere")
            c.call(*SERVICE, IFACE, "Echo", "v", ("s", "heard"))
            m.wait_for('STRING "heard"', 2)
            text = m.out.text()
    expect.contains(text, "Member=Echo")
    expect.contains(text, "MESSAGE \"v\"")
    expect.true("Elsewhere" not in text, text)


@requirement("TOOL-040")
def test_busctl_monitor_ends_with_the_bus(kind):
    with start_bus(kind) as bus, monitored(bus, "monitor") as m:
        bus.stop()
        expect.equal(m.wait(), 0)


def blocks(data):
    """(type, content) of each block of a pcapng file, strictly; the last may be unfinished."""
    while len(data) >= 12:
        kind, length = struct.unpack("<II", data[:8])
        expect.true(length >= 12 and length % 4 == 0, f"a block of {length} bytes")
        if length > len(data):
            return
        expect.equal(struct.unpack("<I", data[length - 4:length])[0], length)
        yield kind, data[8:length - 4]
        data = data[length:]


@requirement("TOOL-042", "MON-007")
def test_busctl_captures_packets_that_are_the_messages(bus):
    with monitored(bus, "capture") as m, bus.client() as c:
        c.emit("/o", "org.example.I", "Long", "s", "x" * 9000)  # of which busctl keeps a part
        c.emit("/o", "org.example.I", "Last", "s", "end")
        m.wait_for("end\0")
        (section, head), (interface, link), *packets = blocks(bytes(m.raw))
    expect.equal((section, struct.unpack("<IHH", head[:8])), (0x0a0d0d0a, (0x1a2b3c4d, 1, 0)))
    expect.equal((interface, struct.unpack("<H", link[:2])[0]), (1, 231))  # LINKTYPE_DBUS
    seen = []
    for kind, packet in packets:
        number, _, _, kept, whole = struct.unpack("<IIIII", packet[:20])
        expect.equal((kind, number, kept), (6, 0, min(whole, 4096)))
        content = packet[20:20 + kept]
        if kept < whole:
            expect.true(b"\0Long\0" in content and content.endswith(b"x" * 3000), content)
            seen.append("Long")
        else:
            msg = Message.parse(content)
            seen.append((msg.type, msg.member, msg.sender, msg.args))
    expect.equal([x for x in seen if c.name in x or x == "Long"],
                 [(CALL, "Hello", c.name, []), "Long", (SIGNAL, "Last", c.name, ["end"])])
