# SPDX-License-Identifier: MIT
"""headway gen: headers that compile, and mean what the XML says."""

import contextlib
import os
import shutil
import tempfile
import xml.etree.ElementTree

from tests.integration.library import check_with_clang, compile_with_library
from tests.integration.support import HERE, run
from tests.integration.verbs import fault, verb
from tests.lib import expect
from tests.lib.buses import start_bus
from tests.lib.runner import cases

FILES = os.path.join(HERE, "gen")
ODD = os.path.join(FILES, "odd.xml")
# What systemd's programs say of the interfaces that they will offer.
SYSTEMD = "/lib/systemd/"
SYSTEMD_PATHS = (
    ("systemd-hostnamed", "/org/freedesktop/hostname1"),
    ("systemd-logind", "/org/freedesktop/login1"),
    ("systemd-logind", "/org/freedesktop/login1/session"),
    ("systemd-timedated", "/org/freedesktop/timedate1"),
    ("systemd", "/org/freedesktop/systemd1"),
    ("systemd", "/org/freedesktop/systemd1/unit"),
    ("systemd", "/org/freedesktop/systemd1/job"),
)


@contextlib.contextmanager
def a_directory():
    place = tempfile.mkdtemp(prefix="headway-gen-")
    try:
        yield place
    finally:
        shutil.rmtree(place)


def described(place, header, templates):
    """What a program says that offers these interfaces of the header."""
    source = os.path.join(place, "describe.cc")
    with open(source, "w", encoding="utf-8") as f:
        f.write(f'#include "describe.h"\n#include "{header}"\n'
                f"int main() {{ return describe<{', '.join(templates)}>(); }}\n")
    program = os.path.join(place, "describe")
    compile_with_library(source, program, FILES)
    check_with_clang(source, FILES)
    return run(program).stdout


def templates_in(header):
    """The qualified names of the interfaces in a header, by those that they have on the bus."""
    found, space, name = {}, "", ""
    with open(header, encoding="utf-8") as f:
        for line in f:
            words = line.split()
            if line.startswith("namespace ") and not words[1].endswith("_types"):
                space = words[1]
            elif line.startswith("struct "):
                name = f"{space}::{words[1]}"
            elif words[:3] == ["static", "constexpr", "std::string_view"] and words[3] == "name":
                found[words[5].strip('";')] = name
    return found


def meaning(text):
    """What a document says of each interface; how arguments are described is left out."""
    return {interface.get("name"): members(interface)
            for interface in xml.etree.ElementTree.fromstring(text).iter("interface")
            if not interface.get("name").startswith("org.freedesktop.DBus.")}


def members(interface):
    found = [("annotations", annotations(interface))]
    for kind in ("method", "property", "signal"):
        for member in interface.iter(kind):
            args = [(arg.get("direction", "in") if kind == "method" else "",
                     arg.get("name", "").replace(",", " "), arg.get("type"))
                    for arg in member.iter("arg")]
            found.append((kind, member.get("name"), sorted(args, key=lambda arg: arg[0]),
                          member.get("type"), member.get("access"), annotations(member)))
    return found


def annotations(element):
    return [(one.get("name"), one.get("value")) for one in element.findall("annotation")
            if one.get("name") != "org.gtk.GDBus.DocString"]


def test_a_header_means_what_the_xml_says(_kind):
    with a_directory() as place:
        header = os.path.join(place, "odd.h")
        verb("gen", ODD, "-o", header)
        names = templates_in(header)
        expect.equal(names, {"org.example.Odd1": "org::example::Odd1",
                             "org.example.New.Empty": "org::example::new_::Empty",
                             "org.example.Std.Small1": "org::example::std_::Small1"})
        got = described(place, header, names.values())
        with open(ODD, encoding="utf-8") as f:
            expect.equal(meaning(got), meaning(f.read()))


def test_the_interfaces_of_systemd_become_a_header(_kind):
    with a_directory() as place:
        wanted = {}
        for number, (program, path) in enumerate(SYSTEMD_PATHS):
            text = run(SYSTEMD + program, f"--bus-introspect={path}").stdout
            with open(os.path.join(place, f"{number}.xml"), "w", encoding="utf-8") as f:
                f.write(text)
            wanted |= meaning(text)
        header = os.path.join(place, "all.h")
        verb("gen", place, "-o", header)
        names = templates_in(header)
        expect.equal(sorted(names), sorted(wanted))
        expect.equal(meaning(described(place, header, names.values())), wanted)


def test_the_same_input_gives_the_same_header(_kind):
    expect.equal(verb("gen", ODD), verb("gen", ODD))


def test_a_service_is_asked_for_what_it_offers(kind):
    with start_bus(kind) as bus:
        text = verb("gen", "-s", "org.freedesktop.DBus", "-i", "org.freedesktop.DBus", bus=bus)
        expect.contains(text, "namespace org::freedesktop {\n")
        expect.contains(text, "  headway::signal<Role, dbus_types::NameOwnerChanged> "
                              "name_owner_changed;\n")
        text = verb("gen", "-s", "org.freedesktop.DBus", "--path=/org/freedesktop/DBus", "--xml",
                    "-i", "*.Peer", "-i", "*.Introspectable", bus=bus)
        expect.equal(sorted(element.get("name") for element in
                            xml.etree.ElementTree.fromstring(text).iter("interface")),
                     ["org.freedesktop.DBus.Introspectable", "org.freedesktop.DBus.Peer"])


@cases(
    ("nothing", (), 2, "give files to read or"),
    ("both", (ODD, "-s", "org.example.A"), 2, "give files to read or"),
    ("no namespace", (ODD, "-n", "a b"), 2, '"a b" is no namespace; try a::b'),
    ("no such file", ("/nowhere.xml",), 1, "cannot read /nowhere.xml"),
    ("no XML", (__file__,), 1, f"{__file__}: introspection, line 1: "),
    ("an empty directory", ("/proc/self/fdinfo",), 1, "no file *.xml in /proc/self/fdinfo"),
    ("no such interface", (ODD, "-i", "org.example.Other"), 4, "odd.xml has no such interface"),
    ("no way to write", (ODD, "-o", "/proc/x.h"), 1, "cannot write /proc/x.h"),
)
def test_gen_says_what_is_wrong(_kind, arguments, status, text):
    expect.contains(fault(status, "gen", *arguments), text)


def test_gen_tells_of_a_service_that_is_not_there(kind):
    with start_bus(kind) as bus:
        expect.contains(fault(4, "gen", "-s", "org.example.Nobody", bus=bus), "org.example.Nobody")


def test_xml_of_two_files_must_agree(_kind):
    with a_directory() as place:
        for name, kind in (("a.xml", "s"), ("b.xml", "u")):
            with open(os.path.join(place, name), "w", encoding="utf-8") as f:
                f.write('<node><interface name="org.example.I"><property name="P" '
                        f'type="{kind}" access="read"/></interface></node>')
        expect.contains(fault(1, "gen", place), "b.xml says something else of org.example.I.P")
