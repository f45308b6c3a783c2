#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lists the requirements that no test cites and explained.txt does not account for.

Cited means: named in a @requirement(...) of a Python test, or anywhere in a C++ *_test.cc file.
Exit status 1 if there is such a requirement, or an explanation without reason or requirement.
"""

import ast
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
ID = re.compile(r"\b[A-Z]+-\d{3}\b")


def table(name):
    """{id: rest of the line} of a file beside this one."""
    rows = {}
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                requirement, _, rest = line.strip().partition(" ")
                rows[requirement] = rest
    return rows


def sources():
    """The repository's files, committed or about to be."""
    listed = subprocess.run(["git", "-C", REPO, "ls-files", "-co", "--exclude-standard"],
                            check=True, capture_output=True, text=True).stdout
    return [path for path in listed.splitlines() if os.path.exists(os.path.join(REPO, path))]


def cited_by_python(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "requirement":
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))


def citations():
    """{id: [paths]}"""
    found = {}
    for path in sources():
        python = path.startswith("tests/") and path.endswith(".py")
        if not python and not path.endswith("_test.cc"):
            continue
        with open(os.path.join(REPO, path), encoding="utf-8") as f:
            text = f.read()
        for requirement in set(cited_by_python(text) if python else ID.findall(text)):
            found.setdefault(requirement, []).append(path)
    return found


def main():
    required, explained, cited = table("requirements.txt"), table("explained.txt"), citations()
    missing = [r for r in required if r not in cited and r not in explained]
    for requirement in missing:
        print(f"not tested: {requirement} {required[requirement]}")
    stale = [r for r in explained if r not in required or not explained[r]]
    for requirement in stale:
        print(f"explained.txt: {requirement} is no requirement, or lacks a reason")
    unknown = {r: p for r, p in cited.items() if r.split("-")[0] + "-001" in required
               and r not in required}
    for requirement, paths in unknown.items():
        print(f"cited but unknown: {requirement} in {' '.join(paths)}")
    tested = sum(1 for r in required if r in cited)
    print(f"{len(required)} requirements: {tested} tested, "
          f"{len(required) - tested - len(missing)} explained, {len(missing)} neither")
    return 1 if missing or stale or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
