# SPDX-License-Identifier: MIT
"""The library beside GDBus, sd-bus and sdbus-c++: the same two programs in each, which must
understand each other."""

import functools
import os
import tempfile

from tests.integration.library import compile_with_library
from tests.integration.support import PEERS, PYTHON, Program, compile_peer, output
from tests.integration.verbs import verb
from tests.lib import expect
from tests.lib.runner import cases

XML = os.path.join(PEERS, "twin.xml")

# What every user says of every service: a struct argument, signals and changes before the reply,
# errors, properties, all basic types, nested containers, descriptors, 4 MiB, and a time limit.
SAID = ["was", "heard", "current", "refused", "unit", "echo", "nest", "pass", "big", "late"]


@functools.cache
def place():
    """A directory for this run, with the programs that are needed."""
    # pylint: disable-next=consider-using-with
    directory = tempfile.TemporaryDirectory(prefix="headway-twins-")
    place.kept = directory
    return directory.name


@functools.cache
def twin(library):
    """The command that runs the program with this library."""
    if library == "GDBus":
        return (PYTHON, os.path.join(PEERS, "gio_twin.py"))
    if library == "headway":
        program = os.path.join(place(), "headway_twin")
        verb("gen", XML, "-o", os.path.join(place(), "twin.h"))
        compile_with_library(os.path.join(PEERS, "headway_twin.cc"), program, place())
        return (program,)
    source, package = {"sd-bus": ("sdbus_twin.c", "libsystemd"),
                       "sdbus-c++": ("sdbuscpp_twin.cc", "sdbus-c++")}[library]
    return (compile_peer(place(), source, package),)


@cases(
    ("itself", "headway", "headway"),
    ("a client of GDBus", "headway", "GDBus"),
    ("a client of sd-bus", "headway", "sd-bus"),
    ("a client of sdbus-c++", "headway", "sdbus-c++"),
    ("a service of GDBus", "GDBus", "headway"),
    ("a service of sd-bus", "sd-bus", "headway"),
    ("a service of sdbus-c++", "sdbus-c++", "headway"),
)
def test_the_library_understands(bus, service, client):
    with Program(*twin(service), "serve", XML, bus=bus) as running:
        running.wait_for("ready\n")
        expect.equal(output(*twin(client), "use", bus=bus).splitlines(), SAID)
