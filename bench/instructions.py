#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""instructions.py [--program out/release/bench/bench-path] [ROW...]: what a message costs, counted.

Runs each row of bench-path twice under callgrind, with few and with many rounds, and divides the
difference by the messages: start and end cancel out. Instructions repeat to the last digit where
times do not, so that this can fail: a row above its limit here is a regression.
"""

import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROUNDS = {"fan-500": (4, 24)}
FEW_AND_MANY = (40, 240)

# Instructions per message relayed by the release build of g++ 12: what it was when last made
# better, and 5 % for other processors, for which libc copies memory by other instructions. Who
# makes a row dearer says why in the commit that raises its limit.
LIMITS = {
    "call": 2010,  # before policy had a table and headers were remembered: 2552
    "call-policy": 2115,
    "call-16": 2120,
    "call-new": 2440,
    "match": 11760,  # AddMatch or RemoveMatch, with its reply
    "fan-10": 975,
    "fan-500": 610,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / "out/release/bench/bench-path"))
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {' '.join(LIMITS)}")
    options = parser.parse_args()
    failed = 0
    rows = options.rows or list(LIMITS)
    for row in rows:
        count = instructions_per_message(options.program, row)
        verdict = "ok" if count <= LIMITS[row] else "ABOVE ITS LIMIT"
        failed += count > LIMITS[row]
        print(f"{row:12} {count:8.1f} instructions per message, limit {LIMITS[row]}: {verdict}",
              flush=True)
    print(f"{len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


def instructions_per_message(program, row):
    few, many = ROUNDS.get(row, FEW_AND_MANY)
    (instructions_few, messages_few), (instructions, messages) = (
        run(program, row, few), run(program, row, many))
    return (instructions - instructions_few) / (messages - messages_few)


def run(program, row, rounds):
    """(instructions, messages) of one run."""
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                           program, row, str(rounds)], check=True, capture_output=True, text=True)
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1)), int(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
