# SPDX-License-Identifier: MIT
"""The deployment of docs/shell.md, by its own two files: an account that is nobody opens shells for
one user through the bus, which starts the service, and Debian's polkitd. games is the account and
root the user; our policy and our actions are those that are installed."""

import contextlib
import re

from tests.integration.machines import NAME, machined_path
from tests.integration.machines_authority import polkitd
from tests.integration.machines_shell import shell
from tests.integration.support import REPO
from tests.lib import expect
from tests.lib.buses import OPEN, config, service_file, start_bus

GAMES, MAN = 5, 6
TERM = ["TERM=xterm-256color"]
DENY = ('<policy context="default"><deny send_destination="org.freedesktop.machine1" '
        'send_interface="org.freedesktop.machine1.Manager" send_member="OpenMachineShell"/>'
        '</policy>')


def read(path):
    with open(f"{REPO}/{path}", encoding="utf-8") as f:
        return f.read()


def documented(first, last):
    """From one line to another of an example in the guide, for the accounts of this test."""
    found = re.search(rf"^    {first}.*?^    {last}$", read("docs/shell.md"),
                      re.MULTILINE | re.DOTALL)
    return found.group().replace("tere-sessions", "games").replace('"ann"', '"root"')


def inside(text):
    """The elements of a busconfig."""
    return re.search(r"<busconfig>(.*)</busconfig>", text, re.DOTALL).group(1)


RULE = documented(r"polkit\.addRule", r"}\);")
ACCOUNT = inside(documented("<busconfig>", "</busconfig>"))


@contextlib.contextmanager
def deployed(kind, *, site="", rule=RULE):
    """The bus, with the service to be started and the authority on it."""
    policy = OPEN + inside(read("packaging/machined/org.freedesktop.machine1.conf"))
    command = (f"{machined_path('headway-machined')} --address=unix:path=@DIR@/bus "
               f"--helper={machined_path('headway-machine-helper')}")
    files = {"run/machine1.service": service_file(NAME, command, User="root")}
    text = config(policy=policy, extra=site + "<servicedir>@DIR@/run</servicedir>")
    with start_bus(kind, text, files=files) as bus, \
            polkitd(bus, rule, f"{REPO}/packaging/machined/org.freedesktop.machine1.policy"):
        yield bus


def test_the_account_gets_the_shell_and_nothing_else(kind):
    with deployed(kind) as bus, bus.client(uid=GAMES) as games:
        with shell(games, user="root", path="", env=TERM) as terminal:
            terminal.write("echo $(id -u) $TERM; exit\n")
            terminal.until("0 xterm-256color")
            terminal.rest()
        with shell(games, user="0", path="", env=TERM) as terminal:
            terminal.write("exit\n")
            terminal.rest()
        for other in ({"user": "nobody"}, {"path": "/bin/sh"}, {"env": ["TERM=x"]},
                      {"env": TERM + ["A=1"]}):
            with expect.error("AccessDenied", "the authority does not allow"):
                shell(games, **{"user": "root", "path": "", "env": TERM, **other})


def test_others_do_not(kind):
    with deployed(kind) as bus, bus.client(uid=MAN) as other:
        with expect.error("InteractiveAuthorizationRequired", "needs a password"):
            shell(other, user="root", path="", env=TERM)


def test_without_the_rule_the_account_gets_nothing(kind):
    with deployed(kind, rule="") as bus, bus.client(uid=GAMES) as games:
        with expect.error("InteractiveAuthorizationRequired"):
            shell(games, user="root", path="", env=TERM)


def test_a_site_can_leave_the_bus_to_that_account_alone(kind):
    with deployed(kind, site=DENY + ACCOUNT) as bus, bus.client(uid=GAMES) as games, \
            bus.client(uid=MAN) as other:
        with shell(games, user="root", path="", env=TERM) as terminal:
            terminal.write("exit\n")
            terminal.rest()
        with expect.error("AccessDenied"):
            shell(other, user="root", path="", env=TERM)
        with expect.error("AccessDenied"):
            games.call(NAME, "/org/freedesktop/machine1", NAME + ".Manager", "OpenMachinePTY", "s",
                       ".host")


def test_the_bus_keeps_registering_to_root(kind):
    with deployed(kind) as bus, bus.client(uid=GAMES) as games:
        with expect.error("AccessDenied"):
            games.call(NAME, "/org/freedesktop/machine1", NAME + ".Manager", "RegisterMachine",
                       "sayssus", "a", b"", "", "container", 0, "")
