# SPDX-License-Identifier: MIT
"""Completions of bash, zsh and fish, by these shells themselves, on a live bus."""

import contextlib
import os
import threading

from tests.integration.companions import headway
from tests.integration.support import REPO, find, run
from tests.lib import expect
from tests.lib.buses import start_bus, temporary_directory
from tests.lib.client import Disconnected
from tests.lib.runner import cases

COMPLETIONS = os.path.join(REPO, "packaging/completions")
NAME = "org.example.Complete"
IFACE = "org.example.Complete1"
XML = {"/": '<node><node name="org"/></node>',
       "/org": f"""<node><interface name="{IFACE}">
<method name="Start"/><method name="Stop"/><method name="Reset"/>
<property name="Speed" type="u" access="read"/><property name="State" type="s" access="read"/>
<signal name="Stalled"/></interface></node>"""}


@contextlib.contextmanager
def service(bus):
    """Answers questions about itself until it is closed."""
    with bus.client() as client:
        client.request_name(NAME)

        def answer():
            with contextlib.suppress(Disconnected, OSError, ValueError):
                while True:
                    call = client.next_call()
                    client.reply(call, "s", XML.get(call.path, "<node/>"))
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield client
        with bus.client() as other:  # wakes the thread, and ends it
            client.sock.shutdown(2)
            other.sync()
        thread.join()


def candidates(bus, *words):
    lines = run(headway(), "__complete", *words, bus=bus).stdout.splitlines()
    return [line.partition("\t")[0] for line in lines]


CASES = (
    ("verbs", ("mon",), ["monitor"]),
    ("options", ("watch", "--du"), ["--duration="]),
    ("choices", ("monitor", "--type", "s"), ["signal"]),
    ("choices behind an equals sign", ("monitor", "--type=s"), ["--type=signal"]),
    ("services", ("call", "org.example.Com"), [NAME]),
    ("a service by a part of its name", ("call", "Complete"), [NAME]),
    ("paths", ("tree", NAME, "/o"), ["/org"]),
    ("methods", ("call", NAME, "/org", "St"), ["Start", "Stop"]),
    ("methods of whichever object", ("call", "complete", "R"), ["Reset"]),
    ("methods with their interfaces", ("call", NAME, "/org", "org.example.Complete1.Sta"),
     [f"{IFACE}.Start"]),
    ("properties", ("get", NAME, "/org", "Sp"), ["Speed"]),
    ("a second property", ("get", NAME, "Speed", "St"), ["State"]),
    ("interfaces", ("watch", NAME, "/org", "org.example"), [IFACE]),
    ("files", ("monitor", "--pcap", ""), [":files"]),
    ("commands", ("run", "l"), [":commands"]),
    ("nothing more", ("status", NAME, ""), []),
    ("nothing of a service that does not run", ("call", "org.example.Nowhere", ""), []),
)


@cases(*CASES)
def test_the_tool_knows_what_may_come(kind, words, wanted):
    with start_bus(kind) as bus, service(bus):
        expect.equal(candidates(bus, *words), wanted)


def test_a_unique_name_is_offered_when_it_was_begun(bus):
    with bus.client() as client:
        expect.contains(candidates(bus, "status", ":1"), client.name)
        expect.true(client.name not in candidates(bus, "status", ""), "a unique name")


def shell(bus, name, *command, words):
    """What a shell makes of words; `headway` is ours."""
    find(name)
    path = f"{os.path.dirname(headway())}:{os.environ.get('PATH', os.defpath)}"
    with temporary_directory() as home:
        here = {"PATH": path, "TERM": "dumb", "HOME": home}
        return run(*command, words, bus=bus, env=here, cwd=COMPLETIONS).stdout


BASH = r"""
source headway.bash
COMP_LINE="$1" COMP_POINT=${#1}
compopt() { :; }
_headway
printf '%s\n' "${COMPREPLY[@]}"
"""


def bash(bus, line):
    return shell(bus, "bash", "bash", "-c", BASH, "bash", words=line).split()


@cases(
    ("verbs", "headway mon", ["monitor"]),
    ("services", "headway call org.example.Com", [NAME]),
    ("methods", f"headway call {NAME} /org St", ["Start", "Stop"]),
    ("behind an equals sign", "headway monitor --type=s", ["signal"]),
    ("options that need values", "headway watch --du", ["--duration="]),
)
def test_bash_completes(kind, line, wanted):
    with start_bus(kind) as bus, service(bus):
        expect.equal(bash(bus, line), wanted)


def test_bash_completes_unique_names_behind_their_colon(bus):
    with bus.client() as client:
        expect.contains(bash(bus, f"headway status {client.name[:-1]}"), client.name[1:])


def test_bash_takes_the_completion_for_headway(bus):
    script = "source headway.bash; complete -p headway"
    expect.equal(shell(bus, "bash", "bash", "-c", script, words="").split(),
                 ["complete", "-F", "_headway", "headway"])


@cases(("verbs", "headway mon", ["monitor"]),
       ("services", "headway call org.example.Com", [NAME]),
       ("methods", f"headway call {NAME} /org St", ["Start", "Stop"]))
def test_fish_completes(kind, line, wanted):
    with start_bus(kind) as bus, service(bus):
        script = "source headway.fish; complete --do-complete $argv[1]"
        lines = shell(bus, "fish", "fish", "--no-config", "-c", script, words=line).splitlines()
        expect.equal([x.partition("\t")[0] for x in lines], wanted)


ZSH = r"""
# Stands for what zsh's line editor would be told.
compadd() { local -a given=("$@"); print -l -- ${(P)given[-1]}; }
_files() { print files; }
words=(${(z)1}) CURRENT=$#words
source ./_headway
"""


@cases(("verbs", "headway mon", ["monitor"]),
       ("services", "headway call org.example.Com", [NAME]),
       ("methods", f"headway call {NAME} /org St", ["Start", "Stop"]),
       ("files", "headway monitor --pcap x", ["files"]),
       ("options that need values", "headway watch --du", ["--duration="]))
def test_zsh_completes(kind, line, wanted):
    with start_bus(kind) as bus, service(bus):
        expect.equal(shell(bus, "zsh", "zsh", "-f", "-c", ZSH, "zsh", words=line).split(), wanted)
