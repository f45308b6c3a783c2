#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""refusals.py COMPILER INCLUDE: whether refusals.cc is refused line by line, for the right reasons.

One run of the compiler, which generates no code.
"""

import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).with_name("refusals.cc")
CONTEXT = re.compile(r": (in|In|  )|required|In file included|^\s+from ")


def main():
    compiler, include = sys.argv[1:]
    wanted = {number: line.split("// refused: ")[1].strip()
              for number, line in enumerate(SOURCE.read_text().splitlines(), 1)
              if "// refused: " in line and not line.startswith("//")}
    terse = (("-fno-caret-diagnostics", "-ferror-limit=0") if "clang" in compiler else
             ("-fno-diagnostics-show-caret", "-fmax-errors=0"))
    run = subprocess.run(
        [compiler, "-std=c++23", "-fsyntax-only", *terse, "-I", include, str(SOURCE)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    found, strange = set(), []
    for block in blocks(run.stdout):
        lines = {int(number) for number in re.findall(r"refusals\.cc:(\d+)", block)}
        right = {number for number in lines if number in wanted and wanted[number] in block}
        found |= right
        if not lines & set(wanted):
            strange.append(block)
    for number in sorted(set(wanted) - found):
        print(f"{SOURCE.name}:{number}: not refused with '{wanted[number]}'")
    for block in strange:
        print("an error that was not expected:\n" + block)
    print(f"{len(found)} of {len(wanted)} refused")
    sys.exit(1 if len(found) < len(wanted) or strange else 0)


def blocks(output):
    """One text per error: what the compiler says before it of where it is, and its notes."""
    result, current, has_error = [], [], False
    for line in output.splitlines():
        is_error = ": error: " in line
        starts = is_error or (": note: " not in line and CONTEXT.search(line) is not None)
        if has_error and starts:
            result.append("\n".join(current))
            current, has_error = [], False
        current.append(line)
        has_error |= is_error
    if has_error:
        result.append("\n".join(current))
    return result


if __name__ == "__main__":
    main()
