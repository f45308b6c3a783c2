# SPDX-License-Identifier: MIT
"""The manual pages of docs/man say what the programs say of themselves."""

import os
import re

from tests.integration.companions import NAMES, headway, ours
from tests.integration.support import REPO, run
from tests.lib import expect
from tests.lib.runner import cases

EACH = tuple((name, name) for name in NAMES)


def page(name):
    with open(os.path.join(REPO, f"docs/man/{name}.1.scd"), encoding="utf-8") as f:
        return f.read()


def section(text, title):
    return re.search(rf"^# {title}\n(.*?)(?=^# |\Z)", text, re.MULTILINE | re.DOTALL).group(1)


def options_of_page(text):
    """What begins a paragraph of its OPTIONS: `*--get*[=_FILE_], *-g*`."""
    lines = [line for line in section(text, "OPTIONS").splitlines() if line.startswith("*-")]
    return {option for line in lines for option in re.findall(r"\*(-{1,2}[a-z][a-z0-9-]*)", line)}


def options_of_help(text):
    """What begins an indented line: `  --get[=FILE], -g   what it does`."""
    heads = re.findall(r"^ {2}(-.*?)(?: {2}|$)", text, re.MULTILINE)
    return {option for head in heads
            for option in re.findall(r"(?<![\w-])-{1,2}[a-z][a-z0-9-]*", head)}


@cases(*EACH)
def test_the_manual_page_has_the_options_of_the_program(_kind, name):
    done = run(ours(name), "--help", status=None)
    documented = options_of_page(page(name))
    expect.true(len(documented) > 1, documented)
    expect.equal(documented, options_of_help(done.stdout + done.stderr))


@cases(*EACH)
def test_the_manual_page_is_called_as_the_program(_kind, name):
    text = page(name)
    expect.equal(text.splitlines()[0], f"{name}(1)")
    summary = re.search(rf"^  {name} +(.*)$", run(headway(), "--help").stdout, re.MULTILINE)
    expect.equal(section(text, "NAME").strip(), f"{name} - {summary.group(1)}")


def test_the_overview_names_every_program(_kind):
    listed = re.findall(r"^  (dbus-\S+)", run(headway(), "--help").stdout, re.MULTILINE)
    expect.equal(sorted(listed), sorted(NAMES))
