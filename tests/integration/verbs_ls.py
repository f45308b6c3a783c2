# SPDX-License-Identifier: MIT
"""headway ls, and what all verbs have in common."""

import contextlib
import os
import re

from tests.integration.companions import headway
from tests.integration.support import REPO, run
from tests.integration.verbs import documents, fault, on_terminal, verb
from tests.lib import expect
from tests.lib.buses import (config, service_file, start_bus, temporary_directory,
                             write_file)
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
               "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/dev/null/bus"}
    verb("ls", "--address", bus.address, env=nowhere)
    verb("ls", "--session", env={**nowhere, "DBUS_SESSION_BUS_ADDRESS": bus.address})
    verb("ls", "--system", env={**nowhere, "DBUS_SYSTEM_BUS_ADDRESS": bus.address})
    # Without an option the system bus, if there is no session bus.
    verb("ls", env={**nowhere, "DBUS_SYSTEM_BUS_ADDRESS": bus.address})
    expect.equal(fault(3, "ls", env=nowhere),
                 "cannot reach the system bus: unix:path=/dev/null/bus: connect: "
                 "Not a directory")


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


def test_the_documented_exit_statuses_are_those_of_help(_kind):
    with open(os.path.join(REPO, "docs/tool.md"), encoding="utf-8") as f:
        documented = re.findall(r"^\| (\d) \| (.*) \|$", f.read(), re.MULTILINE)
    text = verb("help", "ls")
    said = re.findall(r"^  (\d) +(.*)$", text[text.index("Exit status:"):], re.MULTILINE)
    expect.equal([(number, what.replace("`", "")) for number, what in documented], said)


def test_help_can_be_asked_for_in_several_ways(_kind):
    text = verb("help", "ls")
    expect.equal(verb("ls", "--help"), text)
    expect.equal(verb("ls", "a", "b", "-h"), text)
    expect.true(text.startswith("Usage: headway ls [OPTION...] [PATTERN]\n"), text)
    expect.equal(verb("help"), verb("--help"))
    expect.contains(verb("--help"), "\n  ls ")
    expect.contains(verb("help", "dbus-send"), "Usage: dbus-send")


# As ssh would do it, on this machine; the bridge is systemd's own.
SSH = """#!/bin/sh
[ "$1 $2 $4" = "-xT -- systemd-stdio-bridge" ] || exit 9
printf '%s\\n' "$3 $5" > "$SAID_TO"
shift 3
exec "$@" -p "$FAR_BUS"
"""


@cases(
    ("system", [], "admin@far.example \n"),
    ("session", ["--session"], "admin@far.example --user\n"),
)
def test_a_bus_of_another_machine_is_reached_through_ssh(bus, arguments, wanted):
    with temporary_directory() as directory:
        write_file(directory, "ssh", SSH)
        os.chmod(os.path.join(directory, "ssh"), 0o755)
        said_to = os.path.join(directory, "said-to")
        env = {"PATH": f"{directory}:{os.environ['PATH']}", "SAID_TO": said_to,
               "FAR_BUS": bus.address}
        found = documents("ls", "-H", "admin@far.example", *arguments, env=env)
        itself, = [entry for entry in found if entry["name"] == "org.freedesktop.DBus"]
        # Processes of another machine are numbers here.
        expect.equal((itself["pid"] > 0, itself.get("process")), (True, None))
        with open(said_to, encoding="utf-8") as f:
            expect.equal(f.read(), wanted)


def test_a_machine_that_cannot_be_reached_is_named(_kind):
    with temporary_directory() as directory:
        write_file(directory, "ssh", "#!/bin/sh\nexit 255\n")
        os.chmod(os.path.join(directory, "ssh"), 0o755)
        expect.contains(fault(3, "ls", "--host=far", env={"PATH": f"{directory}:/usr/bin:/bin"}),
                        "cannot reach the system bus of far: ")
