# SPDX-License-Identifier: MIT
"""headway authorize: the live authority, and files of actions and rules without one."""

import os

from tests.integration.authority import ACTIONS, action, authority, policy
from tests.integration.verbs import documents, fault, verb
from tests.lib import expect
from tests.lib.buses import temporary_directory
from tests.lib.runner import cases

RULES = """polkit.addRule(function(action, subject) {
  if (action.lookup("colour") == "red") return polkit.Result.NO;
});
polkit.addRule(function(action, subject) {
  if (subject.isInGroup("painters")) return polkit.Result.YES;
});
"""
IMPLYING = action("org.example.more", "yes", imply="org.example.no")
NO, YES = "org.example.no", "org.example.yes"


class Files:
    """Directories of actions and rules, as options."""

    def __init__(self, place, rules, actions=ACTIONS):
        self.paths = {"actions": os.path.join(place, "actions/test.policy"),
                      "rules": os.path.join(place, "rules/50.rules")}
        for path, text in zip(self.paths.values(), (actions, rules)):
            os.mkdir(os.path.dirname(path))
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        self.options = [f"--{name}={os.path.dirname(path)}" for name, path in self.paths.items()]


def test_sim_shows_each_rule_its_place_and_the_verdict(_):
    with temporary_directory() as place:
        files = Files(place, RULES)
        got = verb("authorize", "sim", *files.options, "-u", "1000", NO, "colour=red", status=1)
        expect.equal(got, f"the rule at {files.paths['rules']}:1 says no\nno\n")
        got = verb("authorize", "sim", *files.options, "-u", "1000", "-g", "painters", NO)
        expect.equal(got, f"the rule at {files.paths['rules']}:1 says nothing\n"
                     f"the rule at {files.paths['rules']}:4 says yes\nyes\n")


def test_sim_shows_what_implies_an_action(_):
    with temporary_directory() as place:
        files = Files(place, "", policy(action(NO), IMPLYING))
        got = verb("authorize", "sim", *files.options, "-u", "1000", NO).splitlines()
        expect.equal(got[1], "org.example.more, which implies it:")
        expect.equal(got[-1], "yes")


@cases(("active", "active", "yes"), ("inactive", "inactive", "auth_admin"),
       ("elsewhere", "none", "no"))
def test_sim_knows_where_one_sits(_, presence, verdict):
    one = ('<action id="a.b"><defaults><allow_any>no</allow_any><allow_inactive>auth_admin'
           "</allow_inactive><allow_active>yes</allow_active></defaults></action>")
    with temporary_directory() as place:
        files = Files(place, "", policy(one))
        said, = documents("authorize", "sim", *files.options, "-u", "1000", "--expect", verdict,
                          "--presence", presence, "a.b")
        expect.equal(said["verdict"], verdict)
        expect.equal([step["file"] for step in said["steps"]], [files.paths["actions"]])


def test_sim_says_what_is_wrong_with_files_and_words(_):
    with temporary_directory() as place:
        files = Files(place, "polkit.addRule(function( {});")
        expect.contains(fault(4, "authorize", "sim", *files.options, "-u", "nobody-here", NO),
                        'no user "nobody-here"')
    expect.contains(fault(2, "authorize", "sim", NO, "colour"), '"colour" is no KEY=VALUE')
    expect.contains(fault(2, "authorize", "dream", NO), "neither check nor sim")
    with temporary_directory() as place:
        files = Files(place, "")
        expect.contains(fault(4, "authorize", "sim", *files.options, "-u", "0", "a.b"),
                        "Action a.b is not registered")


def test_check_asks_the_authority_that_is_there(kind):
    with authority(kind, rules={"50.rules": RULES}) as bus:
        where = f"--address={bus.address}"
        with bus.client(uid=1000) as ann:
            got = verb("authorize", "check", where, "--name", ann.name, NO, "colour=red", status=1)
            expect.equal(got, f"the rule at {bus.path('rules/50.rules')}:1 says no\nno\n")
            said, = documents("authorize", "check", where, "--name", ann.name, "-e", "challenge",
                              "org.example.admin")
            expect.equal(said["verdict"], "challenge")
            expect.contains(said["details"]["headway.reason"], "is auth_admin_keep")
        # Root, about itself and about its process.
        expect.equal(verb("authorize", "check", where, NO), "yes\n")
        expect.equal(verb("authorize", "check", where, "-p", str(os.getpid()), NO), "yes\n")
        expect.contains(fault(1, "authorize", "check", where, "org.example.other"),
                        "org.example.other is not registered")
