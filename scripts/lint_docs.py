# SPDX-License-Identifier: MIT
"""C++ in the documentation is compiled, so that it cannot be wrong: it is quoted from files that
are, or the page is a guide, which tests/docs compiles as one program."""

import re

from lint_source import Finding

QUOTED_FROM = ("examples/", "tests/", "src/")
GUIDE = re.compile(r"^headway_guide\((\w+)", re.MULTILINE)
BLOCK = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def check(sources):
    programs = [lines_of(source.text) for source in sources
                if source.is_cpp and source.path.startswith(QUOTED_FROM)]
    guides = {f"docs/{name}.md" for source in sources
              if source.path == "tests/docs/CMakeLists.txt" for name in GUIDE.findall(source.text)}
    for source in sources:
        if not source.path.endswith(".md") or source.path in guides:
            continue
        for block in BLOCK.finditer(source.text):
            wanted = lines_of(block[1])
            if not any(holds(program, wanted) for program in programs):
                yield Finding(source.path, source.text.count("\n", 0, block.start()) + 1,
                              "C++ that is in no file of examples/, tests/ or src/")


def lines_of(text):
    """Without indentation, which depends on where a piece stands."""
    return [line.strip() for line in text.strip("\n").split("\n")]


def holds(program, wanted):
    first = wanted[0]
    return any(program[at:at + len(wanted)] == wanted
               for at, line in enumerate(program) if line == first)
