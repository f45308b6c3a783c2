# SPDX-License-Identifier: MIT
"""The manual page headway(1), which `headway` makes of its tables, has all that its help has."""

import re

from tests.integration.support import output
from tests.integration.verbs import verb
from tests.lib import expect

NO_MARKS = str.maketrans("", "", "*_\\")


def page():
    """As scdoc reads it."""
    return verb("help", "--man")


def listed():
    """What `headway help` lists: verbs, and then programs."""
    verbs, programs = verb("help").split("headway is also")
    return (re.findall(r"^  ([a-z]+)  +\S", verbs, re.MULTILINE),
            re.findall(r"^  (\S+)", programs, re.MULTILINE))


def sections(text, mark):
    """What stands under each title that has this mark before it."""
    parts = re.split(rf"^{mark} (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def heads(text):
    """Lines that an indented one explains."""
    return re.findall(r"^(\S.*)\n\t", text, re.MULTILINE)


def test_every_verb_has_its_part(_kind):
    parts = sections(sections(page(), "#")["VERBS"], "##")
    names = [title.split()[1] for title in parts]
    expect.true(len(names) > 13, names)
    expect.equal(names, listed()[0])
    for title, text in parts.items():
        check_part(title.split()[1], text)


def check_part(name, text):
    """Words, options, exit statuses and examples of a verb are in its part of the page."""
    shown = verb("help", name)
    own = shown.partition("\nOptions:\n")[2].partition("      --session  ")[0]
    options = re.findall(r"^  (?:-\w, |    )(--.*?)(?:  |$)", own, re.MULTILINE)
    examples = re.findall(r"^  (headway .*)$", shown.partition("\nExamples:\n")[2], re.MULTILINE)
    words = re.findall(r"^  ([A-Z][A-Z ]*?)  ", shown.partition("\nOptions:\n")[0], re.MULTILINE)
    common = re.findall(r"^  (\d+) ", verb("help", "ls"), re.MULTILINE)
    exits = re.findall(r"^  (\d+) ", shown, re.MULTILINE)[len(common):]
    wanted = words + options + exits + examples
    explained = [head.translate(NO_MARKS) for head in heads(text)]
    expect.equal([head.split(", ", 1)[-1] if head.startswith("-") else head for head in explained],
                 [what.translate(NO_MARKS) for what in wanted])


def test_what_all_verbs_have_stands_once(_kind):
    parts = sections(page(), "#")
    shown = verb("help", "ls")
    common = shown[shown.index("      --session  "):]
    options = re.findall(r"--[a-z-]+", "\n".join(
        re.findall(r"^  (?:-\w, |    )(--\S+)", common, re.MULTILINE)))
    expect.equal(re.findall(r"--[a-z-]+", "\n".join(heads(parts["OPTIONS"]))), options)
    expect.equal([head.strip("*") for head in heads(parts["EXIT STATUS"])],
                 re.findall(r"^  (\d+) ", common, re.MULTILINE))
    expect.equal([head.strip("*").removesuffix("*(1)") for head in heads(parts["PROGRAMS"])],
                 listed()[1])


def test_the_page_can_be_read(_kind):
    roff = output("scdoc", input=page())
    expect.contains(roff, ".TH \"headway\" \"1\"")
    for name in listed()[0]:
        expect.contains(roff, f".SS headway {name} ")
    # Marks in what the tables say are text.
    expect.contains(roff, "ActiveState=active systemd /org/freedesktop/systemd1/unit/cron_2e")
