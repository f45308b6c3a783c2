#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Cases of rules (cases/*.js), each asked of our rules and, in the same run, of Debian's polkitd.

run.py [--build DIRECTORY] [-k SUBSTRING]

What polkitd answers differently stands in the case with its reason ("// polkitd: VERDICT; WHY"), as
does what polkitd is not asked. Asking polkitd takes root and a mount namespace; where that cannot
be had, our answers are held against what the cases expect, and polkitd's are counted as skipped.
Ends with "N passed, N failed, N skipped": a case counts once for each of the two.
"""

import argparse
import contextlib
import dataclasses
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

# pylint: disable=wrong-import-position
from tests.lib import buses  # noqa: E402
from tests.lib.client import Client  # noqa: E402
from tests.lib.codec import Variant  # noqa: E402

POLKITD = "/usr/lib/polkit-1/polkitd"
POLKIT = "org.freedesktop.PolicyKit1"
AUTHORITY = ("/org/freedesktop/PolicyKit1/Authority", POLKIT + ".Authority")
NOBODY = 65534
DEFAULTS = ("no", "yes")  # of the two actions that each case has: so "no opinion" is seen

# Our directories in the place of the machine's, for this process alone.
IN_PLACE = """
mount --bind "$1/etc" /etc/polkit-1/rules.d &&
mount --bind "$1/usr" /usr/share/polkit-1/rules.d &&
mount --bind "$1/actions" /usr/share/polkit-1/actions &&
exec "$2" --no-debug
"""


@dataclasses.dataclass
class Case:
    name: str
    number: int
    details: dict
    expected: str
    rules: list  # (file, body)
    polkitd: str = ""  # what polkitd answers instead
    why_not_asked: str = ""

    def action(self, default):
        return f"org.headway.case.n{self.number}.{default}"


def read_cases():
    cases = []
    for path in sorted((HERE / "cases").glob("*.js")):
        blocks = path.read_text().split("\n//// ")[1:]
        for block in blocks:
            title, _, text = block.partition("\n")
            if title == "then":
                add_rule(cases[-1], text)
            else:
                cases.append(Case(f"{path.stem}: {title}", len(cases), {}, "", []))
                add_rule(cases[-1], text)
    for case in cases:
        if not case.expected:
            sys.exit(f"{case.name}: expects nothing")
    return cases


def add_rule(case, text):
    file = "etc/50-cases.rules"
    body = []
    for line in text.splitlines():
        word, _, value = line.removeprefix("// ").partition(": ")
        if not line.startswith("// "):
            body.append(line)
        elif word == "expect":
            case.expected = value
        elif word == "details":
            case.details = dict(field.split("=", 1) for field in value.split(" "))
        elif word == "in":
            file = value
        elif word == "polkitd":
            case.polkitd, _, _ = value.partition("; ")
        elif word.startswith("polkitd "):
            case.why_not_asked = line.removeprefix("// ")
        else:
            sys.exit(f"{case.name}: {line}")
    case.rules.append((file, "\n".join(body)))


def write_rules(cases, directory):
    for place in ("etc", "usr"):
        (directory / place).mkdir(parents=True)
    files = {}
    for case in cases:
        for file, body in case.rules:
            files.setdefault(file, []).append(
                f"polkit.addRule(function(action, subject) {{ // {case.name}\n"
                f"if (action.id.indexOf('org.headway.case.n{case.number}.') !== 0) return null;\n"
                f"{body}\n}});\n")
    for file, rules in files.items():
        (directory / file).write_text("".join(rules))


def write_actions(cases, path):
    actions = "".join(
        f'<action id="{case.action(default)}"><description>x</description><message>x</message>'
        f"<defaults><allow_any>{default}</allow_any></defaults></action>\n"
        for case in cases for default in DEFAULTS)
    path.write_text(f"<policyconfig>\n{actions}</policyconfig>\n")


def ask_ours(cases, build, directory, pid):
    """{(case number, default): (verdict, place, error)}"""
    questions = [(case, default) for case in cases for default in DEFAULTS]
    lines = ["\t".join([case.action(default), *(f"{k}={v}" for k, v in case.details.items())])
             for case, default in questions]
    done = subprocess.run(
        [build / "tests/authority/rules_probe", build / "src/authority/headway-rules-worker",
         str(pid), directory / "etc", directory / "usr"],
        input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=300, check=False)
    answers = [line.split("\t") for line in done.stdout.splitlines()]
    if done.returncode != 0 or len(answers) != len(questions):
        sys.exit(f"rules_probe ended with {done.returncode}:\n{done.stderr}")
    return {(case.number, default): answer
            for (case, default), answer in zip(questions, answers)}


def why_no_polkitd():
    """Empty if it can be asked."""
    if not os.path.exists(POLKITD):
        return f"there is no {POLKITD}"
    if os.getuid() != 0:
        return "that takes root"
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "there is no mount namespace to be had"


@contextlib.contextmanager
def polkitd(directory):
    """A client of a bus with Debian's polkitd, whose files are those of `directory`."""
    with buses.start_bus("dbus-daemon", buses.config()) as bus, Client(bus.address) as client:
        client.add_match("sender='org.freedesktop.DBus',member='NameOwnerChanged',"
                         f"arg0='{POLKIT}'")
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", IN_PLACE, "sh", directory, POLKITD],
            env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus.address},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if not client.bus("NameHasOwner", "s", POLKIT):
                client.next_signal("NameOwnerChanged")
            yield client
        finally:
            process.kill()
            process.wait()


def ask_polkitd(client, case, default, pid):
    """(authorized, challenge, keeps)"""
    subject = ("unix-process", {"pid": Variant("u", pid), "start-time": Variant("t", 0),
                                "uid": Variant("i", NOBODY)})
    authorized, challenge, details = client.call(
        POLKIT, *AUTHORITY, "CheckAuthorization", "(sa{sv})sa{ss}us", subject,
        case.action(default), case.details, 0, "")
    keeps = "polkit.retains_authorization_after_challenge" in dict(details)
    return bool(authorized), bool(challenge), keeps


def outcome(verdict, default):
    """What a caller sees of a verdict."""
    verdict = default if verdict == "not_handled" else verdict
    return verdict == "yes", verdict.startswith("auth_"), verdict.endswith("_keep")


class Report:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def count(self, case, wrong):
        if wrong:
            self.failed += 1
            print(f"{case.name}: {wrong}")
        else:
            self.passed += 1


def check_ours(report, cases, answers):
    for case in cases:
        given = [answers[case.number, default] for default in DEFAULTS]
        wrong = [f"{verdict} ({place}) {error}" for verdict, place, error in given
                 if verdict != case.expected]
        report.count(case, wrong and f"expected {case.expected}, is {wrong[0]}")


def check_polkitd(report, cases, client, pid):
    for case in cases:
        if case.why_not_asked:
            print(f"{case.name}: {case.why_not_asked}")
            report.skipped += 1
            continue
        wrong = ""
        for default in DEFAULTS:
            expected = outcome(case.polkitd or case.expected, default)
            given = ask_polkitd(client, case, default, pid)
            if given != expected:
                wrong = f"polkitd says {given} by default {default}, and not {expected}"
        report.count(case, wrong)


def run(cases, build):
    report = Report()
    with buses.temporary_directory() as name:
        directory = pathlib.Path(name)
        write_rules(cases, directory)
        (directory / "actions").mkdir()
        write_actions(cases, directory / "actions/cases.policy")
        why_not = why_no_polkitd()
        who = {} if why_not else {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        with subprocess.Popen(["sleep", "infinity"], cwd="/", **who) as subject:
            try:
                answers = ask_ours(cases, build, directory, subject.pid)
                check_ours(report, cases, answers)
                if why_not:
                    print(f"polkitd was not asked: {why_not}")
                    report.skipped += len(cases)
                else:
                    with polkitd(directory) as client:
                        check_polkitd(report, cases, client, subject.pid)
            finally:
                subject.kill()
    print(f"{report.passed} passed, {report.failed} failed, {report.skipped} skipped")
    return 1 if report.failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "out/dev")
    parser.add_argument("-k", default="", metavar="SUBSTRING")
    options = parser.parse_args()
    cases = [case for case in read_cases() if options.k in case.name]
    sys.exit(run(cases, options.build))


if __name__ == "__main__":
    main()
