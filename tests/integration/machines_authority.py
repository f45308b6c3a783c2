# SPDX-License-Identifier: MIT
"""headway-machined asks the authority before it lets anybody but root end something: one that the
test plays, and Debian's polkitd."""

import contextlib
import json
import signal

from tests.integration.machines import BOOTED, NAME, PATH, machined, process
from tests.integration.support import PYTHON, PEERS, Program
from tests.lib import expect
from tests.lib import message as m
from tests.lib.runner import cases

GAMES = 5  # a user of Debian's
MANAGE = NAME + ".manage-machines"
POLKIT = "org.freedesktop.PolicyKit1"
POLKITD = (BOOTED[0], "--mount", "sh", "-c",
           'mount -t tmpfs none /etc/polkit-1/rules.d && chmod 755 /etc/polkit-1/rules.d && '
           'printf %s "$0" >/etc/polkit-1/rules.d/10-test.rules && '
           'mount --bind "$1" /usr/share/polkit-1/actions/org.freedesktop.machine1.policy && '
           'shift && exec "$@"')
ACTIONS = "/usr/share/polkit-1/actions/org.freedesktop.machine1.policy"  # systemd's
RULE = """polkit.addRule(function(action, subject) {
  if (action.id == "org.freedesktop.machine1.manage-machines" && subject.user == "games" &&
      action.lookup("machine") == "a" && action.lookup("verb") == "kill")
    return polkit.Result.YES;
});"""


@contextlib.contextmanager
def authority(bus):
    """The one that the test plays."""
    with Program(PYTHON, "-u", f"{PEERS}/fake_authority.py", bus=bus) as program:
        program.wait_for("ready\n")
        yield program


def answer(program, word):
    program.process.stdin.write(word.encode() + b"\n")
    program.process.stdin.flush()


def asked(program, number=1):
    """The question of this number, once it was asked."""
    program.wait_for("\n", number + 1)
    return json.loads(program.out.text().splitlines()[number])


@contextlib.contextmanager
def polkitd(bus, rule=RULE, actions=ACTIONS):
    """Debian's, with one rule and these actions of machines."""
    daemon = ("/usr/lib/polkit-1/polkitd", "--no-debug")
    with Program(*POLKITD, rule, actions, *daemon, bus=bus) as program, bus.client() as client:
        client.add_match("sender='org.freedesktop.DBus',member='NameOwnerChanged',"
                         f"arg0='{POLKIT}'")
        if not client.bus("NameHasOwner", "s", POLKIT):
            client.next_signal("NameOwnerChanged")
        yield program


def test_root_is_not_asked_about(kind):
    with machined(kind, on_bus=authority) as service, process() as leader:
        service.register("a", leader.pid)
        service.call("KillMachine", "ssi", "a", "leader", signal.SIGTERM)
        expect.equal(leader.wait(), -signal.SIGTERM)
        expect.equal(service.more.out.text(), "ready\n")


@cases(("kill", "KillMachine", "ssi", "a", "leader", 15),
       ("terminate", "TerminateMachine", "s", "a"),
       ("unregister", "UnregisterMachine", "s", "a"))
def test_the_authority_is_asked_about_who_calls(kind, member, *arguments):
    verb = {"KillMachine": "kill", "TerminateMachine": "terminate"}.get(member, "unregister")
    with machined(kind, on_bus=authority) as service, process() as leader, \
            service.bus.client(uid=GAMES) as games:
        service.register("a", leader.pid)
        answer(service.more, "yes")
        service.call(member, *arguments, client=games)
        expect.equal(asked(service.more), {
            "kind": "system-bus-name", "name": games.name, "action": MANAGE, "flags": 0,
            "details": {"machine": "a", "verb": verb}})


@cases(("no", "no", "AccessDenied", "the authority does not allow"),
       ("a challenge", "challenge", "InteractiveAuthorizationRequired", "needs a password"),
       ("an error", "error", "AccessDenied", "out of order"))
def test_nothing_but_yes_is_a_yes(kind, word, name, text):
    with machined(kind, on_bus=authority) as service, process() as leader, \
            service.bus.client(uid=GAMES) as games:
        service.register("a", leader.pid)
        answer(service.more, word)
        with expect.error(name, text):
            service.call("TerminateMachine", "s", "a", client=games)
        expect.equal(leader.poll(), None)


def test_without_an_authority_the_error_says_what_to_do(kind):
    with machined(kind) as service, process() as leader, service.bus.client(uid=GAMES) as games:
        service.register("a", leader.pid)
        with expect.error("AccessDenied", "Start headway-authority or polkitd, or call as root"):
            service.call("TerminateMachine", "s", "a", client=games)


def test_the_user_may_be_asked_if_the_call_says_so(kind):
    with machined(kind, on_bus=authority) as service, process() as leader, \
            service.bus.client(uid=GAMES) as games:
        service.register("a", leader.pid)
        answer(service.more, "no")
        with expect.error("AccessDenied"):
            games.call(NAME, PATH, NAME + ".Manager", "TerminateMachine", "s", "a", flags=4)
        expect.equal(asked(service.more)["flags"], 1)


def test_nothing_is_done_for_who_has_left_before_the_answer(kind):
    with machined(kind, on_bus=authority) as service, process() as leader:
        service.register("a", leader.pid)
        games = service.bus.client(uid=GAMES)
        games.post(terminate())
        asked(service.more)
        games.close()
        # The fake reads its answer before it serves the next call.
        answer(service.more, "yes")
        expect.true("cancelled" in asked(service.more, 2), "the check was not cancelled")
        service.call("ListMachines")
        expect.equal(leader.poll(), None)


def test_an_authority_that_dies_is_no_yes(kind):
    with machined(kind, on_bus=authority) as service, process() as leader, \
            service.bus.client(uid=GAMES) as games:
        service.register("a", leader.pid)
        serial = games.post(terminate())
        asked(service.more)
        service.more.kill(signal.SIGKILL)
        expect.is_error(games.reply_to(serial), "AccessDenied")
        expect.equal(leader.poll(), None)


def test_one_user_has_a_bounded_number_of_questions(kind):
    with machined(kind, on_bus=authority) as service, process() as leader, \
            service.bus.client(uid=GAMES) as games, service.bus.client(uid=GAMES + 1) as other:
        service.register("a", leader.pid)
        serials = [games.post(terminate()) for _ in range(17)]
        expect.is_error(games.reply_to(serials[-1]), "LimitsExceeded")
        others = other.post(terminate())
        for _ in range(17):
            answer(service.more, "no")
        expect.is_error(other.reply_to(others), "AccessDenied")
        expect.is_error(games.reply_to(serials[0]), "AccessDenied")
        expect.equal(leader.poll(), None)


def test_debians_polkitd_decides_by_its_rules(kind):
    with machined(kind, on_bus=polkitd) as service, process() as leader, \
            process() as other, service.bus.client(uid=GAMES) as games, \
            service.bus.client(uid=GAMES + 1) as stranger:
        service.register("a", leader.pid)
        service.register("b", other.pid)
        for client, member, arguments in (
                (stranger, "KillMachine", ("ssi", "a", "leader", 15)),
                (games, "KillMachine", ("ssi", "b", "leader", 15)),
                (games, "TerminateMachine", ("s", "a"))):
            with expect.error("InteractiveAuthorizationRequired"):
                service.call(member, *arguments, client=client)
        service.call("KillMachine", "ssi", "a", "leader", 15, client=games)
        expect.equal(leader.wait(), -signal.SIGTERM)
        expect.equal(other.poll(), None)


def terminate():
    return m.call(NAME, PATH, NAME + ".Manager", "TerminateMachine", "s", ["a"])
