# SPDX-License-Identifier: MIT
"""Agents: who may be one, what one is asked, and whose word counts."""

import contextlib
import os

from tests.integration.authority import (
    ERROR, INTERACTIVE, INTERFACE, NAME, PATH, SUBJECT, ask, authority, bus_name, check, process,
    session, user, verdict)
from tests.lib import expect, message
from tests.lib.codec import Variant
from tests.lib.runner import cases

ANN, BOB = 1000, 1001
AGENT_PATH = "/org/example/Agent"
AGENT = "org.freedesktop.PolicyKit1.AuthenticationAgent"


class Subject:
    """A process of a user that has a connection: what asks, and is asked about."""

    def __init__(self, bus, uid):
        # pylint: disable-next=consider-using-with
        self.pipe = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.pipe[1])
            os.setresuid(uid, uid, uid)
            os.read(self.pipe[0], 1)
            os._exit(0)
        os.close(self.pipe[0])
        self.uid = uid
        self.client = user(bus, uid)

    def argument(self):
        return process(self.pid, self.uid)

    def __enter__(self):
        # Until it has become the user it is root's.
        while os.stat(f"/proc/{self.pid}").st_uid != self.uid:
            os.sched_yield()
        return self

    def __exit__(self, *_):
        self.client.close()
        os.close(self.pipe[1])
        os.waitpid(self.pid, 0)

    def begin(self, name, cancellation="", details=None):
        """Asks for a check with a person; its serial."""
        return self.client.post(message.call(
            NAME, PATH, INTERFACE, "CheckAuthorization", SUBJECT + "sa{ss}us",
            (self.argument(), name, details or {}, INTERACTIVE, cancellation)))

    def end(self, serial):
        reply = self.client.reply_to(serial)
        expect.equal(reply.type, message.RETURN, str(reply.args))
        return reply.args[0]


@contextlib.contextmanager
def asked(kind):
    """(bus, subject, its agent)"""
    with authority(kind) as bus, Subject(bus, ANN) as subject, user(bus, ANN) as agent:
        register(agent, subject.argument())
        yield bus, subject, agent


def register(client, subject, path=AGENT_PATH):
    ask(client, "RegisterAuthenticationAgent", SUBJECT + "ss", subject, "C", path)


def identity(uid):
    return ("unix-user", {"uid": Variant("u", uid)})


def respond(client, uid, cookie, who):
    ask(client, "AuthenticationAgentResponse2", "us" + SUBJECT, uid, cookie, identity(who))


def test_an_agent_is_asked_and_its_word_counts_once_root_has_confirmed_it(kind):
    with asked(kind) as (bus, subject, agent), bus.client() as root:
        serial = subject.begin("org.example.self")
        begun = agent.next_call("BeginAuthentication")
        action, text, icon, details, cookie, identities = begun.args
        expect.equal((begun.path, begun.interface, action, text, icon),
                     (AGENT_PATH, AGENT, "org.example.self", "M of org.example.self", ""))
        expect.equal(details["polkit.subject-pid"], str(subject.pid))
        expect.equal(identities, [identity(ANN)])
        for uid, word, who in ((ANN, cookie, 0), (ANN, cookie, BOB), (ANN, cookie + "x", ANN),
                               (BOB, cookie, ANN), (0, cookie, ANN), (ANN, "", ANN)):
            with expect.error(ERROR + "Failed"):
                respond(root, uid, word, who)
        for other in (agent, subject.client):
            with expect.error(ERROR + "Failed", "Only uid 0"):
                respond(other, ANN, cookie, ANN)
        respond(root, ANN, cookie, ANN)
        with expect.error(ERROR + "Failed"):
            respond(root, ANN, cookie, ANN)
        agent.reply(begun)
        expect.equal(subject.end(serial), (True, False, {}))
        with expect.error(ERROR + "Failed"):
            respond(root, ANN, cookie, ANN)


def test_an_agent_alone_proves_nothing(kind):
    with asked(kind) as (_, subject, agent):
        serial = subject.begin("org.example.self")
        agent.reply(agent.next_call("BeginAuthentication"))
        expect.equal(subject.end(serial), (False, False, {}))


def test_what_is_kept_lasts_for_that_process_and_action(kind):
    with asked(kind) as (bus, subject, agent), bus.client() as root, Subject(bus, ANN) as other:
        subject.client.add_match(f"type='signal',interface='{INTERFACE}'")
        serial = subject.begin("org.example.keep")
        begun = agent.next_call("BeginAuthentication")
        respond(root, ANN, begun.args[4], ANN)
        agent.reply(begun)
        authorized, challenge, details = subject.end(serial)
        expect.equal((authorized, challenge), (True, False))
        expect.equal(details["polkit.retains_authorization_after_challenge"], "true")
        name = details["polkit.temporary_authorization_id"]
        subject.client.next_signal("Changed")
        expect.equal(check(subject.client, subject.argument(), "org.example.keep"),
                     (True, False, {"polkit.temporary_authorization_id": name}))
        for who, action in ((subject, "org.example.self"), (other, "org.example.keep")):
            expect.equal(verdict(who.client, who.argument(), action), "challenge")


def test_an_administrator_is_root_without_a_rule(kind):
    with asked(kind) as (_, subject, agent):
        serial = subject.begin("org.example.admin")
        begun = agent.next_call("BeginAuthentication")
        expect.equal(begun.args[5], [identity(0)])
        agent.reply(begun)
        expect.equal(subject.end(serial)[:2], (False, False))


def test_dismissing_is_told(kind):
    with asked(kind) as (_, subject, agent):
        serial = subject.begin("org.example.self")
        begun = agent.next_call("BeginAuthentication")
        agent.post(message.error(begun, ERROR + "Cancelled", "dismissed"))
        expect.equal(subject.end(serial), (False, False, {"polkit.dismissed": "true"}))


def test_an_agent_that_dies_is_a_no(kind):
    with asked(kind) as (bus, subject, agent):
        serial = subject.begin("org.example.self")
        agent.next_call("BeginAuthentication")
        agent.close()
        expect.equal(subject.end(serial)[:2], (False, False))
        # And no agent any more.
        expect.equal(verdict(subject.client, subject.argument(), "org.example.self",
                             flags=INTERACTIVE), "challenge")
        with user(bus, ANN) as next_one:
            register(next_one, subject.argument())


def test_a_caller_that_leaves_ends_what_its_agent_is_asked(kind):
    with asked(kind) as (_, subject, agent):
        subject.begin("org.example.self")
        begun = agent.next_call("BeginAuthentication")
        subject.client.close()
        expect.equal(agent.next_call("CancelAuthentication").args, [begun.args[4]])


def test_a_caller_can_cancel(kind):
    with asked(kind) as (bus, subject, agent), user(bus, ANN) as other:
        serial = subject.begin("org.example.self", "mine")
        begun = agent.next_call("BeginAuthentication")
        with expect.error(ERROR + "CancellationIdNotUnique"):
            check(subject.client, subject.argument(), "org.example.self", cancellation="mine")
        with expect.error(ERROR + "Failed"):
            ask(other, "CancelCheckAuthorization", "s", "mine")
        ask(subject.client, "CancelCheckAuthorization", "s", "mine")
        expect.equal(subject.end(serial)[:2], (False, False))
        expect.equal(agent.next_call("CancelAuthentication").args, [begun.args[4]])
        # The id is free again.
        check(subject.client, subject.argument(), "org.example.self", cancellation="mine")


def test_unregistering_ends_what_is_asked(kind):
    with asked(kind) as (bus, subject, agent), user(bus, ANN) as other:
        serial = subject.begin("org.example.self")
        agent.next_call("BeginAuthentication")
        for client, path in ((other, AGENT_PATH), (agent, "/other")):
            with expect.error(ERROR + "Failed"):
                ask(client, "UnregisterAuthenticationAgent", SUBJECT + "s", subject.argument(),
                    path)
        ask(agent, "UnregisterAuthenticationAgent", SUBJECT + "s", subject.argument(), AGENT_PATH)
        expect.equal(subject.end(serial)[:2], (False, False))


@cases(("no path", ""), ("no absolute path", "a"), ("an empty element", "/a//b"),
       ("other letters", "/a b"), ("an end too many", "/a/"))
def test_the_path_of_an_agent_is_one(kind, path):
    with authority(kind) as bus, Subject(bus, ANN) as subject, \
            expect.error(ERROR + "Failed", "not an object path"):
        register(subject.client, subject.argument(), path)


def test_nobody_is_the_agent_of_another_user(kind):
    with authority(kind) as bus, Subject(bus, ANN) as ann, Subject(bus, BOB) as bob, \
            bus.client() as root:
        for who in (process(ann.pid), process(ann.pid, BOB), process(ann.pid, ANN),
                    bus_name(ann.client.name), bus_name(root.name), process(os.getpid()),
                    session("c1")):
            with expect.error(ERROR + "Failed"):
                register(bob.client, who)
        register(root, ann.argument())
        with expect.error(ERROR + "Failed", "already exists"):
            register(ann.client, ann.argument())


def test_a_user_has_a_bounded_number_of_agents(kind):
    with authority(kind) as bus, user(bus, ANN) as ann, contextlib.ExitStack() as stack:
        for _ in range(64):
            register(ann, stack.enter_context(Subject(bus, ANN)).argument())
        one_more = stack.enter_context(Subject(bus, ANN)).argument()
        with expect.error(ERROR + "Failed", "64 authentication agents"):
            register(ann, one_more)


def test_a_fallback_is_an_agent_like_others_where_there_is_no_session(kind):
    with authority(kind) as bus, Subject(bus, ANN) as subject, user(bus, ANN) as agent:
        ask(agent, "RegisterAuthenticationAgentWithOptions", SUBJECT + "ssa{sv}",
            subject.argument(), "C", AGENT_PATH, {"fallback": Variant("b", True)})
        serial = subject.begin("org.example.self")
        agent.reply(agent.next_call("BeginAuthentication"))
        expect.equal(subject.end(serial)[:2], (False, False))


def test_details_reach_the_agent_and_its_message(kind):
    with asked(kind) as (bus, subject, agent), bus.client() as root:
        details = {"polkit.message": "May $(who) $(do)?", "who": "ann", "polkit.icon_name": "i"}
        serial = root.post(message.call(
            NAME, PATH, INTERFACE, "CheckAuthorization", SUBJECT + "sa{ss}us",
            (subject.argument(), "org.example.self", details, INTERACTIVE, "")))
        begun = agent.next_call("BeginAuthentication")
        expect.equal(begun.args[1:3], ["May ann $(do)?", "i"])
        expect.equal(begun.args[3], {"who": "ann", "polkit.caller-pid": str(os.getpid()),
                                     "polkit.subject-pid": str(subject.pid)})
        agent.reply(begun)
        root.reply_to(serial)


def test_administrators_are_those_of_the_rules(kind):
    rule = 'polkit.addAdminRule(function() { return ["unix-user:1001", "unix-user:7"]; });'
    with authority(kind, rules={"1.rules": rule}) as bus, Subject(bus, ANN) as subject, \
            user(bus, ANN) as agent, bus.client() as root:
        register(agent, subject.argument())
        serial = subject.begin("org.example.admin")
        begun = agent.next_call("BeginAuthentication")
        expect.equal(begun.args[5], [identity(BOB), identity(7)])
        with expect.error(ERROR + "Failed"):
            respond(root, ANN, begun.args[4], 0)
        respond(root, ANN, begun.args[4], BOB)
        agent.reply(begun)
        expect.equal(subject.end(serial)[:2], (True, False))
