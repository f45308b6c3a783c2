# SPDX-License-Identifier: MIT
"""What the authority answers, and whom it believes."""

import os
import signal
import subprocess

from tests.integration.authority import (
    ACTIONS, ERROR, INTERFACE, NAME, PATH, SUBJECT, action, ask, authority, bus_name, check, on,
    policy, process, session, start_time, user, verdict)
from tests.integration.support import descriptors, output, run
from tests.lib import expect, message
from tests.lib.buses import start_bus
from tests.lib.client import BusError
from tests.lib.codec import Variant
from tests.lib.runner import cases

ANN, BOB, LARGE = 1000, 1001, 4000000000


def test_defaults_are_answered(kind):
    with authority(kind) as bus, user(bus, ANN) as ann:
        for name, wanted in (("yes", (True, False)), ("no", (False, False)),
                             ("self", (False, True)), ("admin", (False, True))):
            got = check(ann, bus_name(ann.name), "org.example." + name)
            expect.equal(tuple(got[:2]), wanted, name)
            if not got[0]:
                expect.contains(got[2]["headway.reason"], "allow_any of the action org.example."
                                + name + " at " + bus.path("actions/test.policy:1"))
        expect.equal(check(ann, bus_name(ann.name), "org.example.admin")[2]
                     ["polkit.retains_authorization_after_challenge"], "1")


def test_an_action_that_is_not_registered_fails(kind):
    with authority(kind) as bus, user(bus, ANN) as ann, \
            expect.error(ERROR + "Failed", "Action org.example.other is not registered"):
        check(ann, bus_name(ann.name), "org.example.other")


def test_root_may_do_everything(kind):
    with authority(kind) as bus, bus.client() as root:
        expect.equal(check(root, bus_name(root.name), "org.example.no"), (True, False, {}))


def test_who_may_ask_about_whom(kind):
    with authority(kind) as bus, user(bus, ANN) as ann, user(bus, BOB) as bob, \
            user(bus, LARGE) as large, bus.client() as root:
        for client, subject, name, details, wanted in (
                (ann, ann, "yes", {}, "yes"),
                (ann, ann, "yes", {"user": "root"}, "NotAuthorized"),
                (ann, bob, "yes", {}, "NotAuthorized"),
                (ann, root, "no", {}, "NotAuthorized"),
                (bob, ann, "owned", {"user": "root"}, "yes"),
                (large, ann, "owned", {"user": "root"}, "yes"),
                (large, large, "yes", {}, "yes"),
                (ann, large, "yes", {}, "NotAuthorized"),
                (root, ann, "yes", {"user": "root"}, "yes"),
                (root, large, "no", {}, "no")):
            expect.equal(verdict(client, bus_name(subject.name), "org.example." + name,
                                 details=details), wanted, f"{name} {details} {subject.name}")


def test_details_come_back_with_a_yes(kind):
    with authority(kind) as bus, user(bus, ANN) as ann, user(bus, BOB) as bob:
        expect.equal(check(bob, bus_name(ann.name), "org.example.owned", {"k": "v"}),
                     (True, False, {"k": "v"}))


@cases(("no kind", ("", {})),
       ("another kind", ("unix-user", {"uid": Variant("u", 0)})),
       ("no number", ("unix-process", {})),
       ("the number 0", ("unix-process", {"pid": Variant("u", 0)})),
       ("a number that is none", ("unix-process", {"pid": Variant("u", 0xFFFFFFFF)})),
       ("a number as text", ("unix-process", {"pid": Variant("s", "1")})),
       ("a number of the wrong kind", ("unix-process", {"pid": Variant("i", 1)})),
       ("a start of the wrong kind", ("unix-process", {"pid": Variant("u", 1),
                                                       "start-time": Variant("u", 0)})),
       ("a pidfd as number", ("unix-process", {"pidfd": Variant("u", 3)})),
       ("no name", ("system-bus-name", {})),
       ("a well-known name", ("system-bus-name", {"name": Variant("s", NAME)})),
       ("the bus", ("system-bus-name", {"name": Variant("s", "org.freedesktop.DBus")})),
       ("a name nobody has", ("system-bus-name", {"name": Variant("s", ":1.99999")})),
       ("what is no name", ("system-bus-name", {"name": Variant("s", "\n")})),
       ("no session", ("unix-session", {})),
       ("a session that is not there", ("unix-session", {"session-id": Variant("s", "c7")})),
       ("a path of a session", ("unix-session", {"session-id": Variant("s", "../c7")})))
def test_a_forged_subject_is_an_error(kind, subject):
    with authority(kind) as bus, bus.client() as root, user(bus, ANN) as ann:
        for client in (root, ann):
            with expect.error(ERROR + "Failed"):
                check(client, subject, "org.example.yes")


def test_a_process_is_who_the_kernel_says(kind):
    with authority(kind) as bus, user(bus, ANN) as ann, bus.client() as root, \
            subprocess.Popen(["sleep", "1000"], user=ANN) as sleep:
        try:
            pid, start = sleep.pid, start_time(sleep.pid)
            for client, subject, wanted in (
                    (ann, process(pid), "yes"),
                    (ann, process(pid, ANN, start), "yes"),
                    (ann, process(pid, ANN, start + 1), "Failed"),
                    (ann, process(pid, BOB, start), "NotAuthorized"),
                    (ann, process(pid, 0, start), "NotAuthorized"),
                    (ann, process(1, ANN), "NotAuthorized"),
                    (ann, process(os.getpid()), "NotAuthorized"),
                    (root, process(pid, ANN, start), "yes")):
                expect.equal(verdict(client, subject, "org.example.yes"), wanted, str(subject))
            # A number that is root's only by what the caller says is not root.
            expect.equal(verdict(root, process(pid, 0), "org.example.no"), "no")
        finally:
            sleep.kill()


def test_a_process_is_known_by_its_pidfd(kind):
    with authority(kind) as bus, bus.client() as root, \
            subprocess.Popen(["sleep", "1000"], user=ANN) as sleep:
        pidfd = os.pidfd_open(sleep.pid)
        subject = ("unix-process", {"pidfd": Variant("h", 0), "uid": Variant("i", ANN)})
        call = (NAME, PATH, INTERFACE, "CheckAuthorization", SUBJECT + "sa{ss}us",
                (subject, "org.example.yes", {}, 0, ""))
        expect.equal(root.ask(message.call(*call), fds=[pidfd]).args[0], (True, False, {}))
        with open("/dev/null", "rb") as null:
            expect.is_error(root.ask(message.call(*call), fds=[null.fileno()]), ERROR + "Failed")
        sleep.kill()
        sleep.wait()
        expect.is_error(root.ask(message.call(*call), fds=[pidfd]), ERROR + "Failed")
        os.close(pidfd)


def test_a_caller_that_leaves_before_it_is_looked_up_is_nobody(kind):
    """CVE-2021-3560: then the look-up fails, which must never mean root."""
    with authority(kind) as bus, bus.client() as root:
        root.add_match("type='method_return'")
        before = descriptors(bus.authority.pid)
        for _ in range(200):
            ann = user(bus, ANN)
            ann.post(message.call(NAME, PATH, INTERFACE, "CheckAuthorization",
                                  SUBJECT + "sa{ss}us",
                                  (bus_name(ann.name), "org.example.no", {"a": "b"}, 0, "")))
            ann.close()
            with expect.error(ERROR + "Failed"):
                check(root, bus_name(ann.name), "org.example.no")
        expect.equal(verdict(root, bus_name(root.name), "org.example.yes"), "yes")
        expect.true(descriptors(bus.authority.pid) <= before + 2, "descriptors leak")


def test_a_subject_that_ends_is_refused(kind):
    with authority(kind) as bus, bus.client() as root:
        for _ in range(50):
            with subprocess.Popen(["sleep", "1000"], user=ANN) as sleep:
                subject = process(sleep.pid, ANN, start_time(sleep.pid))
                root.post(message.call(NAME, PATH, INTERFACE, "CheckAuthorization",
                                       SUBJECT + "sa{ss}us",
                                       (subject, "org.example.no", {}, 0, "")))
                sleep.send_signal(signal.SIGKILL)
                sleep.wait()
                expect.equal(verdict(root, subject, "org.example.yes"), "Failed")
        root.drain()


def test_details_have_a_bound(kind):
    with authority(kind) as bus, bus.client() as root, \
            expect.error(ERROR + "Failed", "more than 64 details"):
        check(root, bus_name(root.name), "org.example.yes", {str(i): "" for i in range(65)})


def test_one_user_cannot_have_endlessly_many_calls_under_way(kind):
    with authority(kind) as bus, user(bus, ANN) as ann, user(bus, BOB) as bob:
        serials = [ann.post(message.call(NAME, PATH, INTERFACE, "CheckAuthorization",
                                         SUBJECT + "sa{ss}us",
                                         (bus_name(ann.name), "org.example.yes", {}, 0, "")))
                   for _ in range(3000)]
        expect.equal(verdict(bob, bus_name(bob.name), "org.example.yes"), "yes")
        for serial in serials:
            reply = ann.reply_to(serial)
            if reply.type == message.ERROR:  # the authority's bound, or that of the bus
                expect.true(reply.error_name in (
                    ERROR + "Failed", "org.freedesktop.DBus.Error.LimitsExceeded"), reply.args)
            else:
                expect.equal(reply.args[0], (True, False, {}))


def test_actions_are_listed_with_all_their_facts(kind):
    with authority(kind) as bus, user(bus, ANN) as ann:
        listed = {entry[0]: entry for entry in ask(ann, "EnumerateActions", "s", "")}
        expect.equal(listed["org.example.keep"],
                     ("org.example.keep", "D of org.example.keep", "M of org.example.keep", "", "",
                      "", 3, 3, 3, {}))
        expect.equal(listed["org.example.owned"][9],
                     {"org.freedesktop.policykit.owner": "unix-user:1001 unix-user:4000000000"})


def test_properties_say_who_answers(kind):
    with authority(kind) as bus, user(bus, ANN) as ann:
        got = ann.call(NAME, PATH, "org.freedesktop.DBus.Properties", "GetAll", "s", INTERFACE)
        expect.equal(got["BackendName"], Variant("s", "headway"))
        expect.equal(got["BackendFeatures"], Variant("u", 1))


def test_actions_that_change_are_followed(kind):
    with authority(kind) as bus, user(bus, ANN) as ann:
        ann.add_match(f"type='signal',interface='{INTERFACE}'")
        bus.write("actions/more.policy", policy(action("org.example.more", "yes")))
        ann.next_signal("Changed")
        expect.equal(verdict(ann, bus_name(ann.name), "org.example.more"), "yes")
        os.remove(bus.path("actions/more.policy"))
        ann.next_signal("Changed")
        expect.equal(verdict(ann, bus_name(ann.name), "org.example.more"), "Failed")


def test_an_action_file_with_mistakes_leaves_the_others(kind):
    broken = "<policyconfig>" + action("org.example.good", "yes") + "<action id='x'>"
    with start_bus(kind, files={"actions/a.policy": broken, "actions/b.policy": ACTIONS,
                                "actions/c.policy": "\0\1\2", "rules/empty": ""}) as bus, \
            on(bus) as program, bus.client() as root:
        for name in ("org.example.good", "org.example.yes"):
            expect.equal(verdict(root, bus_name(root.name), name), "yes")
        expect.contains(program.err.text(), bus.path("actions/a.policy:1: "))
        expect.contains(program.err.text(), bus.path("actions/c.policy:1: "))


def test_it_runs_as_another_user_without_rights(kind):
    with authority(kind, options=("--user", "nobody")) as bus, user(bus, ANN) as ann:
        with open(f"/proc/{bus.authority.pid}/status", encoding="ascii") as f:
            facts = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
        expect.equal(facts["Uid"], "\t".join(["65534"] * 4))
        expect.equal(facts["CapPrm"], "0" * 16)
        expect.equal(facts["NoNewPrivs"], "1")
        expect.equal(verdict(ann, bus_name(ann.name), "org.example.yes"), "yes")
        expect.equal(verdict(ann, process(os.getpid()), "org.example.yes"), "NotAuthorized")


def test_it_does_not_take_the_name_from_another_unless_told(kind):
    with authority(kind) as bus:
        second = run(bus.authority.command[0], "--address", bus.address, status=1)
        expect.contains(second.stderr, "--replace takes it")
        first = bus.authority
        with on(bus, ("--replace",)), user(bus, ANN) as ann:
            expect.equal(first.wait(), 1)
            expect.equal(verdict(ann, bus_name(ann.name), "org.example.yes"), "yes")


def test_it_ends_with_the_bus(kind):
    with start_bus(kind, files={"actions/b.policy": ACTIONS, "rules/empty": ""}) as bus:
        with on(bus) as program:
            bus.stop()
            expect.equal(program.wait(), 1)


# Debian's programs.

def pkcheck(bus, *arguments, status, as_uid=0):
    return run("pkcheck", *arguments, bus=bus, status=status, user=as_uid, group=as_uid,
               extra_groups=[])


def test_pkcheck_asks(kind):
    with authority(kind) as bus, subprocess.Popen(["sleep", "1000"], user=ANN) as sleep:
        try:
            who = f"{sleep.pid},{start_time(sleep.pid)},{ANN}"
            for name, status in (("yes", 0), ("no", 1), ("self", 2), ("other", 127)):
                pkcheck(bus, "--action-id", "org.example." + name, "--process", who,
                        status=status)
                pkcheck(bus, "--action-id", "org.example." + name, "--process", who,
                        status=status, as_uid=ANN)
            done = pkcheck(bus, "--action-id", "org.example.yes", "--process", who, "--detail",
                           "a", "b", status=127, as_uid=ANN)
            expect.contains(done.stderr, "NotAuthorized")
            pkcheck(bus, "--action-id", "org.example.yes", "--process", who, "--detail", "a", "b",
                    status=0)
        finally:
            sleep.kill()


def test_pkcheck_asks_about_a_bus_name(kind):
    with authority(kind) as bus, user(bus, ANN) as ann:
        for name, status in (("yes", 0), ("no", 1), ("admin", 2)):
            pkcheck(bus, "--action-id", "org.example." + name, "--system-bus-name", ann.name,
                    status=status)


def test_pkaction_lists(kind):
    with authority(kind) as bus:
        expect.contains(output("pkaction", bus=bus), "org.example.self\n")
        got = output("pkaction", "--verbose", "--action-id", "org.example.keep", bus=bus)
        for line in ("description:       D of org.example.keep",
                     "implicit any:      auth_self_keep"):
            expect.contains(got, line)


def test_a_session_that_is_not_there_has_no_temporary_authorizations(kind):
    with authority(kind) as bus, bus.client() as root:
        for member in ("EnumerateTemporaryAuthorizations", "RevokeTemporaryAuthorizations"):
            with expect.error(ERROR + "Failed", "Cannot determine session the caller is in"):
                ask(root, member, SUBJECT, session("c1"))
        with expect.error(ERROR + "Failed", "Cannot determine session the caller is in"):
            ask(root, "RevokeTemporaryAuthorizationById", "s", "tmpauthz0")


def test_cancelling_what_is_not_under_way_fails(kind):
    with authority(kind) as bus, user(bus, ANN) as ann:
        for name in ("", "x"):
            with expect.error(ERROR + "Failed"):
                ask(ann, "CancelCheckAuthorization", "s", name)


def test_what_is_no_call_of_the_interface_is_refused(kind):
    with authority(kind) as bus, user(bus, ANN) as ann:
        for signature, args in (("", ()), ("s", ("x",)), ("u", (1,))):
            try:
                ask(ann, "CheckAuthorization", signature, *args)
                raise AssertionError("answered")
            except BusError as e:
                expect.equal(e.name, "org.freedesktop.DBus.Error.InvalidSignature")


RULES = {"50-mine.rules": """polkit.addRule(function(action, subject) {
    if (action.id == "org.example.no" && subject.user == "4000000000") return "yes";
    if (action.id == "org.example.yes") return polkit.Result.NO;
    if (action.lookup("user") == "root") return "no";
});
polkit.addAdminRule(function() { return ["unix-user:1001"]; });
"""}


def test_rules_decide_and_are_named(kind):
    with authority(kind, rules=RULES) as bus, user(bus, ANN) as ann, user(bus, LARGE) as large, \
            user(bus, BOB) as bob:
        expect.equal(verdict(large, bus_name(large.name), "org.example.no"), "yes")
        rule = "the rule at " + bus.path("rules/50-mine.rules")
        for client, name, details in ((ann, "yes", {}), (bob, "owned", {"user": "root"})):
            authorized, challenge, got = check(client, bus_name(client.name),
                                               "org.example." + name, details)
            expect.equal((authorized, challenge), (False, False))
            expect.contains(got["headway.reason"], rule + ":1 says no")


def test_rules_that_change_are_followed(kind):
    with authority(kind) as bus, user(bus, ANN) as ann:
        expect.equal(verdict(ann, bus_name(ann.name), "org.example.yes"), "yes")
        ann.add_match(f"type='signal',interface='{INTERFACE}'")
        bus.write("rules/50-mine.rules", RULES["50-mine.rules"])
        ann.next_signal("Changed")
        expect.equal(verdict(ann, bus_name(ann.name), "org.example.yes"), "no")
        os.remove(bus.path("rules/50-mine.rules"))
        ann.next_signal("Changed")
        expect.equal(verdict(ann, bus_name(ann.name), "org.example.yes"), "yes")


def test_a_rule_that_runs_away_is_a_no_and_others_are_answered(kind):
    rules = {"1.rules": """polkit.addRule(function(action, subject) {
        if (action.id == "org.example.yes") while (true);
    });"""}
    with authority(kind, rules=rules) as bus, user(bus, ANN) as ann, user(bus, BOB) as bob:
        serial = ann.post(message.call(NAME, PATH, INTERFACE, "CheckAuthorization",
                                       SUBJECT + "sa{ss}us",
                                       (bus_name(ann.name), "org.example.yes", {}, 0, "")))
        expect.equal(verdict(bob, bus_name(bob.name), "org.example.owned"), "yes")
        authorized, challenge, details = ann.reply_to(serial).args[0]
        expect.equal((authorized, challenge), (False, False))
        expect.contains(details["headway.reason"], bus.path("rules/1.rules:1"))
