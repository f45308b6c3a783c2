#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sets headwayd beside the floor, dbus-broker and dbus-daemon: see bench/README.md."""
import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

sys.dont_write_bytecode = True
from hubs import HubError, Workshop  # noqa: E402  (the line above keeps the tree clean)

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HUBS = ["floor", "dbus-broker", "dbus-daemon", "headwayd"]
ROW_TIMEOUT_S = 60


@dataclass(frozen=True)
class Row:
    """A load, and what headwayd may cost under it."""
    id: str
    title: str
    rival: str = None     # the budget is `factor` times what this hub costs
    factor: float = None
    without: str = None   # the budget compares with this row of headwayd's own
    added: float = None   # ... costing this much more at most, in microseconds
    most: float = None    # or the budget is this figure
    floor: bool = True    # the row means something without D-Bus
    unit: str = "us"


# Budgets are those of the design. Where it gives microseconds of the machine it was measured on,
# the budget here is the same share of what dbus-broker costs: only ratios carry between machines.
ROWS = [
    Row("ping", "one pair, one call at a time", "floor", 1.25),
    Row("ping-unpinned", "one call at a time, on any core"),
    Row("pipeline", "one pair, 64 calls in flight", "floor", 3),
    Row("pipeline-unpinned", "64 calls in flight, on any core"),
    Row("pipeline-policy", "64 calls amid 300 services' policy", without="pipeline", factor=1.05),
    Row("pairs-16", "16 pairs, 16 in flight each", "floor", 2),
    Row("pairs-16-unpinned", "16 pairs, on any core"),
    Row("pairs-200", "200 pairs, one in flight each", "floor", 1.15),
    Row("fan-10", "signal to 10 subscribers, per delivery", "floor", 2.5),
    Row("fan-500", "signal to 500 subscribers, per delivery", "floor", 1.5),
    Row("large", "1 MiB bodies, per MiB", "floor", 1.25),
    Row("signal", "signal to one subscriber", floor=False),
    Row("signal-20000", "the same amid 20,000 rules", without="signal", added=2, floor=False),
    Row("add-match", "AddMatch", "dbus-broker", 4 / 9.5, floor=False),
    Row("connect", "connect, auth, Hello, close", "dbus-broker", 20 / 27, floor=False),
    Row("names", "RequestName or ReleaseName", "dbus-broker", 6 / 12, floor=False),
    Row("fd", "call passing one fd", "dbus-broker", 3.6 / 5.7, floor=False),
    Row("memory", "memory per idle connection with a rule", most=4, floor=False, unit="KiB"),
]


class Results:
    """Figures by row and hub: one per round, None where a round failed."""

    def __init__(self):
        self.samples = {}
        self.problems = {}

    def add(self, row, hub, sample):
        if "error" in sample:
            self.problems.setdefault((row.id, hub), sample["error"])
            sample = None
        self.samples.setdefault((row.id, hub), []).append(sample)

    def figures(self, row_id, hub, key="cost"):
        samples = self.samples.get((row_id, hub), [])
        return [sample[key] if sample else None for sample in samples]

    def median(self, row_id, hub, key="cost"):
        there = [figure for figure in self.figures(row_id, hub, key) if figure is not None]
        return statistics.median(there) if there else None

    def compare(self, a, b, how=lambda x, y: x / y):
        """How figures (row, hub) a and b of one round compare, over the rounds that have both."""
        return [how(x, y) for x, y in zip(self.figures(*a), self.figures(*b))
                if x is not None and y is not None and y > 0]


def measure(workshop, row, hub, options):
    """One row against a fresh hub: what bench-bus printed."""
    command = [options.load, f"--row={row.id}", f"--hub-ms={options.hub_ms}",
               f"--core={options.core}"]
    command += ["--floor"] if hub == "floor" else []
    command += ["--small"] if options.quick else []
    try:
        with workshop.running(hub, with_policy=row.id == "pipeline-policy") as (process, path):
            done = subprocess.run(command + [f"--socket={path}", f"--pid={process.popen.pid}"],
                                  capture_output=True, text=True, timeout=ROW_TIMEOUT_S)
            lines = done.stdout.strip().splitlines()
            if not lines:
                return {"error": f"bench-bus ended with {done.returncode}: {done.stderr.strip()}"}
            sample = json.loads(lines[-1])
            if process.popen.poll() is not None:
                sample = {"error": f"{hub} ended: {process.last_words()}"}
    except HubError as error:
        return {"error": str(error)}
    except subprocess.TimeoutExpired:
        return {"error": f"took more than {ROW_TIMEOUT_S} s"}
    if "error" not in sample:
        sample["cost"] = sample["kib"] if row.unit == "KiB" else sample["cpu_us"]
    return sample


def run_all(rows, hubs, options):
    results = Results()
    with Workshop(options.floor, options.headwayd) as workshop:
        for hub in list(hubs):
            if reason := workshop.why_not(hub):
                print(f"{hub} is left out: {reason}")
                hubs.remove(hub)
        for turn in range(options.rounds):
            for row in rows:
                # Neighbours in time change from round to round, so that drift favours nobody.
                for hub in hubs[turn % len(hubs):] + hubs[:turn % len(hubs)]:
                    if hub == "floor" and not row.floor:
                        continue
                    if sys.stderr.isatty():
                        print(f"\r\033[Kround {turn + 1}: {row.id} {hub}", end="", file=sys.stderr)
                    results.add(row, hub, measure(workshop, row, hub, options))
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)
    return results


def number(value):
    if value is None:
        return "-"
    digits = 3 if abs(value) < 1 else 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:.{digits}f}"


def spread(ratios):
    if not ratios:
        return "-"
    digits = 2 if max(ratios) < 10 else 0
    return "/".join(f"{f(ratios):.{digits}f}" for f in (min, statistics.median, max))


def budget(row, results):
    """What the budget is, and whether headwayd keeps it: (text, verdict)."""
    own = results.median(row.id, "headwayd")
    if row.most is not None:
        text, measured, limit = f"{row.most:g} {row.unit}", own, row.most
    elif row.added is not None:
        differences = results.compare((row.id, "headwayd"), (row.without, "headwayd"),
                                      lambda x, y: x - y)
        text, limit = f"'{row.without}' + {row.added:g} us", row.added
        measured = statistics.median(differences) if differences else None
    elif row.factor is not None:
        other = (row.without, "headwayd") if row.without else (row.id, row.rival)
        ratios = results.compare((row.id, "headwayd"), other)
        text, limit = f"{row.factor:.3g} x {row.without or row.rival}", row.factor
        measured = statistics.median(ratios) if ratios else None
    else:
        return "-", "-"
    if measured is None:
        return text, "-"
    return text, "met" if measured <= limit else f"MISSED by {100 * (measured / limit - 1):.0f} %"


def print_table(head, lines):
    widths = [max(len(line[i]) for line in [head] + lines) for i in range(len(head))]
    for line in [head, ["-" * width for width in widths]] + lines:
        cells = [cell.ljust(width) if i == 0 else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(line, widths))]
        print("  ".join(cells).rstrip())
    print()


def title(row):
    return row.title + (", KiB" if row.unit == "KiB" else "")


def report(rows, hubs, results, options):
    def cell(row, hub, key="cost"):
        value = results.median(row.id, hub, key)
        return "n/a" if value is None and (row.id, hub) in results.problems else number(value)

    print(f"\nHub CPU in microseconds per message (or as the row says): median of {options.rounds}")
    print_table(["load"] + hubs, [[title(row)] + [cell(row, hub) for hub in hubs] for row in rows])
    if "headwayd" in hubs:
        print("headwayd against each, min/median/max over the rounds; below 1 headwayd is cheaper")
        rivals = [hub for hub in hubs if hub != "headwayd"]
        lines = []
        for row in rows:
            ratios = [spread(results.compare((row.id, "headwayd"), (row.id, hub)))
                      for hub in rivals]
            lines.append([title(row)] + ratios + list(budget(row, results)))
        print_table(["load"] + [f"/ {hub}" for hub in rivals] + ["budget", "verdict"], lines)
    bases = {row.id for row in rows}
    paired = [row for row in rows if row.without in bases]
    if paired:
        print("What the surroundings add, median of ratios to the row without them")
        lines = []
        for row in paired:
            ratios = [results.compare((row.id, hub), (row.without, hub)) for hub in hubs]
            cells = [f"{statistics.median(r):.2f} x" if r else "-" for r in ratios]
            lines.append([row.title] + cells)
        print_table(["load"] + hubs, lines)
    timed = [row for row in rows if row.unit == "us"]
    if timed:
        print("Wall time in microseconds per message, load included: median")
        print_table(["load"] + hubs,
                    [[title(row)] + [cell(row, hub, "wall_us") for hub in hubs] for row in timed])
    reasons = {}
    for (row_id, hub), problem in results.problems.items():
        reasons.setdefault((hub, problem), []).append(row_id)
    for (hub, problem), row_ids in reasons.items():
        print(f"n/a: {hub}: {problem} ({', '.join(row_ids)})")


def save(path, rows, hubs, results, options, seconds):
    out = {"rounds": options.rounds, "hub_ms": options.hub_ms, "seconds": round(seconds, 1),
           "cores": os.cpu_count(), "kernel": os.uname().release, "rows": []}
    for row in rows:
        text, verdict = budget(row, results)
        entry = {"id": row.id, "title": row.title, "unit": row.unit, "budget": text,
                 "verdict": verdict, "hubs": {}}
        for hub in hubs:
            if (row.id, hub) in results.samples:
                entry["hubs"][hub] = {"median": results.median(row.id, hub),
                                      "samples": results.samples[row.id, hub],
                                      "problem": results.problems.get((row.id, hub))}
        out["rows"].append(entry)
    with open(path, "w") as file:
        json.dump(out, file, indent=1)
        file.write("\n")


def default_headwayd():
    built = [os.path.join(ROOT, "out", "bin", "headwayd"),
             os.path.join(ROOT, "out", "release", "src", "daemon", "headwayd")]
    return os.environ.get("HEADWAYD") or next(filter(shutil.which, built), built[0])


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, help="how often each figure is taken (3)")
    parser.add_argument("--rows", default="", metavar="SUBSTRING", help="only rows whose id or "
                        "title contains one of these, separated by commas")
    parser.add_argument("--hubs", default=",".join(HUBS), help="only these, separated by commas")
    parser.add_argument("--quick", action="store_true", help="a smoke test: figures mean little")
    parser.add_argument("--hub-ms", type=int, help="hub work per measurement (400)")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)),
                        help="where pinned rows run (the last core)")
    parser.add_argument("--json", metavar="FILE", help="every sample, for programs")
    parser.add_argument("--list", action="store_true", help="show the rows and leave")
    parser.add_argument("--build", default=os.path.join(ROOT, "out", "release"),
                        help="build directory that holds bench/bench-bus (out/release)")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.hub_ms = options.hub_ms or (20 if options.quick else 400)
    options.load = os.path.join(options.build, "bench", "bench-bus")
    options.floor = os.path.join(options.build, "bench", "bench-floor")
    options.headwayd = default_headwayd()
    return parser, options


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that hubs are ended on the way out
    parser, options = parse_options()
    wanted = options.rows.lower().split(",")
    named = {row for row in ROWS if any(w in row.id or w in row.title.lower() for w in wanted)}
    bases = {row.without for row in named}
    rows = [row for row in ROWS if row in named or row.id in bases]
    if options.list:
        for row in rows:
            print(f"{row.id:16} {row.title}")
        return 0
    hubs = options.hubs.split(",")
    if unknown := [hub for hub in hubs if hub not in HUBS]:
        parser.error(f"no such hub: {', '.join(unknown)}")
    if not rows:
        parser.error("no row of that name")
    if not shutil.which(options.load):
        parser.error(f"{options.load} is not built: cmake --preset release && "
                     "ninja -C out/release bench-floor bench-bus")
    began = time.monotonic()
    results = run_all(rows, hubs, options)
    report(rows, hubs, results, options)
    seconds = time.monotonic() - began
    if options.json:
        save(options.json, rows, hubs, results, options, seconds)
    print(f"took {seconds:.0f} s")
    return 1 if results.problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
