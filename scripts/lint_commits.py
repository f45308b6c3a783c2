# SPDX-License-Identifier: MIT
"""The last few commits say `area: Imperative subject` in 72 characters, then an empty line."""

import re
import subprocess

from lint_source import Finding

SUBJECT_MAX = 72
LAST = 10
SUBJECT = re.compile(r"[a-z0-9_.+/-]+(?:, [a-z0-9_.+/-]+)*: [A-Z]\S*(?: \S+)+")
VAGUE = re.compile(r"(?:Fix|Update|Cleanup|Refactor|Improve|Change)(?: (?:it|things?|stuff|code))?")
# Most verbs in another form; the words that only look so are many in -s, few in -ed and -ing.
NOT_IMPERATIVE = re.compile(
    r"(?!(?:Need|Embed|Feed|Seed|Speed|Shed|Shred|Exceed|Proceed|Succeed|Bring|Ring|String|Ping)\b)"
    r"(?:\w+ed|\w+ing|Adds|Fixes|Makes|Removes|Uses|Updates|Changes|Moves|Implements|Allows)\b")


def check(root):
    log = subprocess.run(
        ["git", "-c", "safe.directory=*", "log", "--no-merges", "--format=%h%x1f%B%x1e",
         f"--max-count={LAST}"], cwd=root, check=True, capture_output=True, text=True).stdout
    for record in filter(str.strip, log.split("\x1e")):
        commit, _, message = record.strip().partition("\x1f")
        for problem in problems(message.strip()):
            yield Finding(f"commit {commit}", 1, problem)


def problems(message):
    subject, _, rest = message.partition("\n")
    if len(subject) > SUBJECT_MAX:
        yield f"the subject has {len(subject)} characters; the bound is {SUBJECT_MAX}"
    if not SUBJECT.fullmatch(subject) or subject.endswith("."):
        yield f"the subject is not like 'area: Imperative words': {subject}"
        return
    words = subject.split(": ", 1)[1]
    if NOT_IMPERATIVE.match(words):
        yield f"say what the commit does as an order (Add, not Added or Adds): {subject}"
    if VAGUE.fullmatch(words):
        yield f"say what: {subject}"
    if rest and not rest.startswith("\n"):
        yield "no empty line after the subject"
