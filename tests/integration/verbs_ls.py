# SPDX-License-Identifier: MIT
"""headway ls, and what all verbs have in common."""

import contextlib
import os

from tests.integration.companions import headway
from tests.integration.support import run
from tests.integration.verbs import documents, fault, on_terminal, verb
from tests.lib import expect
from tests.lib.buses import config, service_file, start_bus
from tests.lib.runner import cases

NAME = "org.example.Verbs"


@contextlib.contextmanager
def a_bus(kind):
    """With a name that is owned and one that is not."""
    text = config(extra="<servicedir>@DIR@</servicedir>")
    files = {"a.service": service_file("org.example.Startable", "/bin/false")}
    with start_bus(kind, text, files=files) as bus, bus.client() as client:
        client.bus("RequestName", "su", NAME, 0)
        yield bus, client


def test_ls_shows_who_owns_which_name(kind):
    with a_bus(kind) as (bus, client):
        lines = verb("ls", "org.example", bus=bus).splitlines()
        expect.equal(lines[0].split(), ["NAME", "OWNER", "PID", "USER", "PROCESS", "UNIT"])
        expect.equal(lines[1].split(), ["org.example.Startable", "activatable"])
        expect.equal(lines[2].split()[:4], [NAME, client.name, str(os.getpid()), "root"])
        column = lines[0].index("OWNER")
        expect.equal([line[column:].split()[0] for line in lines[1:]],
                     ["activatable", client.name])


def test_ls_prints_an_object_for_each_name(kind):
    with a_bus(kind) as (bus, client):
        started, owned = documents("ls", "org.example.*", bus=bus)
        expect.equal(started, {"name": "org.example.Startable", "running": False,
                               "activatable": True})
        with open("/proc/self/comm", encoding="utf-8") as f:
            comm = f.read().strip()
        wanted = {"name": NAME, "running": True, "activatable": False, "owner": client.name,
                  "pid": os.getpid(), "uid": os.getuid(), "process": comm,
                  "executable": os.readlink("/proc/self/exe")}
        expect.equal({key: owned.get(key) for key in wanted}, wanted)


@cases(
    ("running", ("--running",), {NAME}),
    ("activatable", ("-a",), {"org.example.Startable"}),
    ("a user's", ("--uid=root", "Verbs"), {NAME}),
    ("a user's by number", ("--uid", "12345"), set()),
    ("a part of a name", ("Start",), {"org.example.Startable"}),
    ("nothing", ("nobody-is-called-so",), set()),
)
def test_ls_shows_only_what_is_asked_for(kind, arguments, wanted):
    with a_bus(kind) as (bus, _):
        found = {entry["name"] for entry in documents("ls", *arguments, bus=bus)}
        # The bus itself is in every list, and can be started by its own account.
        expect.equal(found - {"org.freedesktop.DBus"}, wanted)


def test_ls_shows_unique_names_if_they_are_asked_for(kind):
    with a_bus(kind) as (bus, client):
        found = documents("ls", "-u", bus=bus)
        expect.contains([entry["name"] for entry in found], client.name)
        names = [entry["name"] for entry in documents("ls", bus=bus)]
        expect.equal([name for name in names if name.startswith(":")], [])


def test_colors_are_for_terminals_whose_users_want_them(bus):
    expect.contains(on_terminal("ls", bus=bus), "\033[1mNAME\033[0m")
    for arguments, env in ((["--no-color"], {}), (["--json"], {}), ([], {"NO_COLOR": "1"}),
                           ([], {"TERM": "dumb"})):
        text = on_terminal("ls", *arguments, bus=bus, **env)
        expect.contains(text, "org.freedesktop.DBus")
        expect.true("\033" not in text, text)
    expect.true("\033" not in verb("ls", bus=bus), "colours in a pipe")


def test_the_bus_is_chosen_by_options(bus):
    nowhere = {"DBUS_SESSION_BUS_ADDRESS": None, "XDG_RUNTIME_DIR": None,
               "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"}
    verb("ls", "--address", bus.address, env=nowhere)
    verb("ls", "--session", env={**nowhere, "DBUS_SESSION_BUS_ADDRESS": bus.address})
    verb("ls", "--system", env={**nowhere, "DBUS_SYSTEM_BUS_ADDRESS": bus.address})
    # Without an option the system bus, if there is no session bus.
    verb("ls", env={**nowhere, "DBUS_SYSTEM_BUS_ADDRESS": bus.address})
    expect.equal(fault(3, "ls", env=nowhere),
                 "cannot reach the system bus: unix:path=/nonexistent: connect: "
                 "No such file or directory")


@cases(
    ("an unknown option", ("ls", "--bogus"), "there is no option --bogus; see: headway help ls"),
    ("a word too many", ("ls", "a", "b"), '"b" is one word too many; see: headway help ls'),
)
def test_what_makes_no_sense_is_said_in_one_line(_kind, arguments, wanted):
    expect.equal(fault(2, *arguments), wanted)


def test_a_mistyped_verb_is_guessed(_kind):
    done = run(headway(), "lss", status=2)
    expect.equal(done.stderr, 'headway: there is no verb "lss"; do you mean "ls"?\n')
    done = run(headway(), "wonder", status=2)
    expect.equal(done.stderr, 'headway: there is no verb "wonder"; `headway help` lists them\n')


def test_help_can_be_asked_for_in_several_ways(_kind):
    text = verb("help", "ls")
    expect.equal(verb("ls", "--help"), text)
    expect.equal(verb("ls", "a", "b", "-h"), text)
    expect.true(text.startswith("Usage: headway ls [OPTION...] [PATTERN]\n"), text)
    expect.equal(verb("help"), verb("--help"))
    expect.contains(verb("--help"), "\n  ls ")
    expect.contains(verb("help", "dbus-send"), "Usage: dbus-send")
