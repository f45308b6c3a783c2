# SPDX-License-Identifier: MIT
"""Rules about a file's text, whatever language it is in."""

import re

from lint_source import Finding

CODE = (".cc", ".h", ".py", ".sh", ".cmake", "CMakeLists.txt")
NARROW = (".cc", ".h", ".py", ".sh")
COLUMNS_MAX = 100
LINES_MAX = 800
TEST_LINES_MAX = 1000

LICENCE = "SPDX-License-Identifier: MIT"
MACHINE_PATH = re.compile(r"(?<![\w.$}-])/(?:work|root)/\w")
UNEXPLAINED = re.compile(r"\b(?:F[I]XME|X[X]X|H[A]CK)\b|\bT[O]DO\b(?!\([^()]+\): \w)")
CONFLICT = re.compile(r"^(?:<{7}|>{7}) ")


def check(sources):
    for source in sources:
        yield from check_file(source)
        for number, line in enumerate(source.text.split("\n"), 1):
            for message in check_line(source, line):
                yield Finding(source.path, number, message)


def check_file(source):
    lines = source.text.splitlines()
    if not lines:
        return
    script = lines[0].startswith("#!")
    if script or source.path.endswith(CODE):
        if LICENCE not in "\n".join(lines[script:script + 1]):
            yield Finding(source.path, 1, f"does not begin with a line '{LICENCE}'")
    if source.path.endswith(".h") and "#pragma once" not in lines:
        yield Finding(source.path, 1, "a header without #pragma once")
    if not source.text.endswith("\n"):
        yield Finding(source.path, len(lines), "no newline at the end")
    if source.path.endswith(NARROW):
        bound = TEST_LINES_MAX if source.is_test else LINES_MAX
        if len(lines) > bound:
            yield Finding(source.path, bound, f"{len(lines)} lines; the bound is {bound}")


def check_line(source, line):
    if line != line.rstrip():
        yield "white space at the end of the line"
    if source.path.endswith(NARROW) and len(line) > COLUMNS_MAX:
        yield f"{len(line)} columns; the bound is {COLUMNS_MAX}"
    if MACHINE_PATH.search(line):
        yield "a path of one machine"
    if source.path.endswith(CODE) and UNEXPLAINED.search(line):
        yield "say what is to be done and why it is not: TODO(reason): what"
    if CONFLICT.match(line):
        yield "a mark of a merge conflict"
