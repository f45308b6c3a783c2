#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""snippets.py GUIDE.md OUTPUT.cc: the ```cpp blocks of a guide, one after another, as one program.

So a guide is written as a program of which every part is shown, and cannot say what does not
compile. Compilers and test failures name the lines of the guide.
"""

import pathlib
import sys


def program(guide, text):
    lines = []
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if inside and line.startswith("```"):
            inside = False
        elif inside:
            lines.append(line)
        elif line == "```cpp":
            inside = True
            lines.append(f'#line {number + 1} "{guide}"')
    if inside:
        sys.exit(f"{guide}: a block of code does not end")
    if not lines:
        sys.exit(f"{guide}: there is no ```cpp block in it")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    source, output = sys.argv[1:]
    pathlib.Path(output).write_text(program(source, pathlib.Path(source).read_text()))
