#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""lint.py: hold the tree against the rules of CONTRIBUTING.md that a program can check."""

import pathlib
import re
import subprocess
import sys

import lint_commits
import lint_cpp
import lint_docs
import lint_headers
import lint_includes
import lint_text
from lint_source import Finding, read_tree

ROOT = pathlib.Path(__file__).resolve().parent.parent


def check_format():
    result = subprocess.run([ROOT / "scripts/format.sh", "--check"], check=False,
                            capture_output=True, text=True)
    if result.returncode == 0:
        return
    first_lines = {}
    for path, line in re.findall(r"^(\S+?):(\d+):\d+: error:", result.stderr, re.MULTILINE):
        first_lines.setdefault(path, int(line))
    if not first_lines:
        yield Finding("scripts/format.sh", 1, result.stderr)
    for path, line in first_lines.items():
        yield Finding(path, line, "is not formatted; ./dev format does it")


def check_scripts(sources):
    scripts = [source.path for source in sources
               if source.text.startswith(("#!/usr/bin/env bash", "#!/bin/sh", "#!/bin/bash"))]
    result = subprocess.run(["shellcheck", "--format=gcc", *scripts], cwd=ROOT, check=False,
                            capture_output=True, text=True)
    for line in result.stdout.splitlines():
        path, number, _, message = line.split(":", 3)
        yield Finding(path, int(number), message.strip())


def main():
    sources = read_tree(ROOT)
    checks = (
        ("text", lambda: lint_text.check(sources)),
        ("documentation", lambda: lint_docs.check(sources)),
        ("includes", lambda: lint_includes.check(sources)),
        ("functions", lambda: lint_cpp.check(sources)),
        ("format", check_format),
        ("shell scripts", lambda: check_scripts(sources)),
        ("commit messages", lambda: lint_commits.check(ROOT)),
        ("headers alone", lambda: lint_headers.check(sources, ROOT)),
    )
    found = 0
    for name, check in checks:
        findings = sorted(set(check()))
        for finding in findings:
            print(finding)
        if findings:
            print(f"{name}: {len(findings)} to mend", flush=True)
        found += len(findings)
    print(f"lint: {len(sources)} files, {found} to mend")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
