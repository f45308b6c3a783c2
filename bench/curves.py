#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How the cost of a message grows with what the bus has to keep: see bench/README.md."""
import signal
import statistics
import sys
import time
from dataclasses import dataclass

sys.dont_write_bytecode = True
from hubs import Workshop  # noqa: E402  (the line above keeps the tree clean)
from measure import (Load, add_options, complete, facts, in_turn, measure,  # noqa: E402
                     parser_of, present, save)
from report import number, print_table  # noqa: E402


@dataclass(frozen=True)
class Curve:
    id: str
    title: str
    axis: str
    points: tuple
    unit: str = ""

    def load(self, n):
        return Load(f"curve-{self.id}", n, policy_services=n if self.id == "policy" else 0)


KIB, MIB = 2 ** 10, 2 ** 20
CURVES = [
    Curve("peers", "Pairs with a call in flight each: per message", "peers",
          (10, 30, 100, 300, 1000, 3000, 6000, 10000)),
    Curve("rules", "Signal to one subscriber: per signal", "rules of others, none of which match",
          (0, 10, 100, 1000, 10000, 30000, 100000)),
    Curve("names", "Calls to names, 16 in flight: per message", "names of two services",
          (10, 100, 1000, 3000, 10000, 30000, 50000)),
    Curve("size", "Calls with short replies: per message", "bytes of a call's body",
          (16, 128, KIB, 8 * KIB, 64 * KIB, 512 * KIB, 4 * MIB, 32 * MIB, 64 * MIB), "bytes"),
    Curve("subscribers", "Signal to all subscribers: per delivery", "subscribers",
          (1, 3, 10, 30, 100, 300, 1000, 3000, 5000)),
    Curve("policy", "One pair, 64 calls in flight: per message", "services with policy",
          (0, 10, 30, 100, 300, 1000, 2000)),
]


def measure_all(curves, options):
    """The points of all curves with their samples, and what went wrong. Ends when its time does."""
    began = time.monotonic()
    points = [(curve, {"n": n, "hubs": {}}) for curve in curves
              for n in (curve.points[:2] if options.quick else curve.points)]
    problems = {}
    rounds = 0
    with Workshop(options.floor, options.headwayd) as workshop:
        hubs = present(workshop, options.hubs)
        for turn in range(options.rounds):
            round_began = time.monotonic()
            for curve, point in points:
                for hub in in_turn(hubs, turn):
                    if time.monotonic() - began > options.minutes * 60:
                        print(f"time is up in round {turn + 1}")
                        return points, problems, rounds
                    sample = measure(workshop, curve.load(point["n"]), hub, options)
                    if "error" in sample:
                        problems.setdefault((curve.id, point["n"], hub), sample["error"])
                    point["hubs"].setdefault(hub, []).append(sample.get("cpu_us"))
            rounds += 1
            took = time.monotonic() - round_began
            if time.monotonic() - began + took > options.minutes * 60:
                break
    return points, problems, rounds


def as_json(curves, points, rounds, options):
    out = {"kind": "curves", **facts(), "rounds": max(rounds, 1), "hub_ms": options.hub_ms,
           "curves": []}
    for curve in curves:
        out["curves"].append({"id": curve.id, "title": curve.title, "axis": curve.axis,
                              "unit": curve.unit,
                              "points": [point for of, point in points if of == curve]})
    return out


def report(curves, points, hubs):
    for curve in curves:
        print(f"{curve.title}, in microseconds of the hub's CPU time")
        lines = []
        for point in (point for of, point in points if of == curve):
            samples = {hub: [s for s in point["hubs"].get(hub, []) if s is not None]
                       for hub in hubs}
            lines.append([str(point["n"])] + [number(statistics.median(samples[hub]))
                                              if samples[hub] else "n/a" for hub in hubs])
        print_table([curve.axis] + hubs, lines)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that hubs are ended on the way out
    parser = parser_of(__doc__)
    parser.add_argument("--curves", default="", metavar="ID,ID", help="only these of " +
                        ", ".join(curve.id for curve in CURVES))
    parser.add_argument("--minutes", type=float, default=9, help="no longer than that (9)")
    add_options(parser, ["dbus-broker", "headwayd"], hub_ms=100)
    options = complete(parser, parser.parse_args())
    wanted = options.curves.split(",") if options.curves else [curve.id for curve in CURVES]
    curves = [curve for curve in CURVES if curve.id in wanted]
    if len(curves) < len(wanted):
        parser.error(f"not all of these are curves: {options.curves}")
    began = time.monotonic()
    points, problems, rounds = measure_all(curves, options)
    report(curves, points, options.hubs)
    for (curve, n, hub), problem in problems.items():
        print(f"n/a: {hub}: {problem} ({curve}, {n})")
    if options.json:
        save(options.json, as_json(curves, points, rounds, options))
    print(f"{rounds} full rounds, took {time.monotonic() - began:.0f} s")
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
