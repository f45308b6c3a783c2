#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sets headwayd beside the floor, dbus-broker and dbus-daemon: see bench/README.md."""
import signal
import sys
import time

sys.dont_write_bytecode = True
from hubs import Workshop  # noqa: E402  (the line above keeps the tree clean)
from measure import (HUBS, add_options, complete, in_turn, measure, parser_of,  # noqa: E402
                     present, save)
from report import Results, as_json, report  # noqa: E402
from table import choose  # noqa: E402


# Once per run a hub may take that long to give memory back; headwayd keeps blocks for 5 seconds.
REST_MS = 6000
REST_QUICK_MS = 100


def run_all(rows, options):
    """The hubs that were there, and what they did."""
    results = Results()
    with Workshop(options.floor, options.headwayd) as workshop:
        hubs = present(workshop, options.hubs)
        for turn in range(options.rounds):
            last = turn + 1 == options.rounds
            rest_ms = (REST_QUICK_MS if options.quick else REST_MS) if last else 0
            for row in rows:
                for hub in in_turn(hubs, turn):
                    if hub == "floor" and not row.floor:
                        continue
                    if sys.stderr.isatty():
                        print(f"\r\033[Kround {turn + 1}: {row.id} {hub}", end="", file=sys.stderr)
                    sample = measure(workshop, row.load, hub, options, rest_ms)
                    results.add(row, hub, sample)
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)
    return hubs, results


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that hubs are ended on the way out
    parser = parser_of(__doc__)
    parser.add_argument("--rows", default="", metavar="SUBSTRING", help="only rows whose id or "
                        "title contains one of these, separated by commas")
    parser.add_argument("--list", action="store_true", help="show the rows and leave")
    add_options(parser, HUBS, hub_ms=400)
    options = parser.parse_args()
    rows = choose(options.rows)
    if options.list:
        for row in rows:
            print(f"{row.id:16} {row.title}")
        return 0
    if not rows:
        parser.error("no row of that name")
    complete(parser, options)
    began = time.monotonic()
    hubs, results = run_all(rows, options)
    report(rows, hubs, results, options.rounds)
    seconds = time.monotonic() - began
    if options.json:
        save(options.json, as_json(rows, hubs, results, options, seconds))
    print(f"took {seconds:.0f} s")
    return 1 if results.problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
