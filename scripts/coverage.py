#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""coverage.py TREE: line coverage by file, from a build's .gcda files, least covered first."""

import collections
import json
import os
import pathlib
import subprocess
import sys

MISSED_SHOWN_MAX = 60


def executed_lines(tree, source):
    """Maps each file of ours to {line number: was it executed}."""
    lines = collections.defaultdict(dict)
    for data in sorted(tree.rglob("*.gcda")):
        gcov = subprocess.run(
            ["gcov", "--json-format", "--stdout", str(data)],
            cwd=tree, capture_output=True, check=True, text=True)
        for text in gcov.stdout.splitlines():
            for file in json.loads(text)["files"]:
                path = os.path.relpath(os.path.join(source, file["file"]), source)
                if not path.startswith("src/") or path.endswith("_test.cc"):
                    continue
                for line in file["lines"]:
                    number = line["line_number"]
                    lines[path][number] = lines[path].get(number, False) or line["count"] > 0
    return lines


def ranges(numbers):
    """1, 2, 3, 7 as "1-3 7"."""
    spans = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return " ".join(f"{a}-{b}" if a != b else f"{a}" for a, b in spans)


def main(tree):
    lines = executed_lines(tree.resolve(), os.getcwd())
    rows = [(sum(hit.values()) / len(hit), path, hit) for path, hit in lines.items() if hit]
    for share, path, hit in sorted(rows, key=lambda row: row[:2]):
        missed = ranges(number for number, executed in hit.items() if not executed)
        if len(missed) > MISSED_SHOWN_MAX:
            missed = missed[:MISSED_SHOWN_MAX] + " ..."
        print(f"{share:6.1%} {len(hit):6d}  {path:40} {missed}")
    total = sum(len(hit) for _, _, hit in rows)
    executed = sum(sum(hit.values()) for _, _, hit in rows)
    if not total:
        print("no coverage data", file=sys.stderr)
        return 1
    print(f"{executed / total:6.1%} {total:6d}  in all")
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
