# SPDX-License-Identifier: MIT
"""What the samples of several rounds say: medians, ratios, verdicts, as tables and as JSON."""
import statistics

from measure import facts


class Results:
    """Samples by row and hub: one per round, None where a round failed."""

    def __init__(self):
        self.samples = {}
        self.problems = {}

    def add(self, row, hub, sample):
        if "error" in sample:
            self.problems.setdefault((row.id, hub), sample["error"])
            sample = None
        self.samples.setdefault((row.id, hub), []).append(sample)

    def figures(self, row, hub, key=None):
        samples = self.samples.get((row.id, hub), [])
        return [sample.get(key or row.figure) if sample else None for sample in samples]

    def median(self, row, hub, key=None):
        there = [figure for figure in self.figures(row, hub, key) if figure is not None]
        return statistics.median(there) if there else None

    def compare(self, a, b, how=lambda x, y: x / y):
        """How figures (row, hub) a and b of one round compare, over the rounds that have both."""
        return [how(x, y) for x, y in zip(self.figures(*a), self.figures(*b))
                if x is not None and y is not None and y > 0]


def number(value):
    if value is None:
        return "-"
    digits = 3 if abs(value) < 1 else 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:,.{digits}f}"


def spread(ratios):
    if not ratios:
        return "-"
    digits = 2 if max(ratios) < 10 else 0
    return "/".join(f"{f(ratios):.{digits}f}" for f in (min, statistics.median, max))


def budget(row, rows, results):
    """What the budget is, and whether headwayd keeps it: (text, verdict)."""
    base = next((other for other in rows if other.id == row.without), None)
    own = results.median(row, "headwayd")
    if row.most is not None:
        text, measured, limit = f"{row.most:g} {row.unit}", own, row.most
    elif row.added is not None:
        differences = results.compare((row, "headwayd"), (base, "headwayd"), lambda x, y: x - y)
        text, limit = f"'{row.without}' + {row.added:g} us", row.added
        measured = statistics.median(differences) if differences else None
    elif row.factor is not None:
        ratios = results.compare((row, "headwayd"),
                                 (base, "headwayd") if base else (row, row.rival))
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
    return row.title if row.is_cpu else f"{row.title}, {row.unit}"


def report(rows, hubs, results, rounds):
    def cell(row, hub, key=None):
        value = results.median(row, hub, key)
        return "n/a" if value is None and (row.id, hub) in results.problems else number(value)

    print(f"\nHub CPU in microseconds per message (or as the row says): median of {rounds}")
    print_table(["load"] + hubs, [[title(row)] + [cell(row, hub) for hub in hubs] for row in rows])
    if "headwayd" in hubs:
        print_ratios(rows, hubs, results)
    print_surroundings(rows, hubs, results)
    if timed := [row for row in rows if row.is_cpu]:
        print("Wall time in microseconds per message, load included: median")
        print_table(["load"] + hubs,
                    [[title(row)] + [cell(row, hub, "wall_us") for hub in hubs] for row in timed])
    if more := [[f"{row.id}: {label}"] + [cell(row, hub, key) for hub in hubs]
                for row in rows for key, label in row.also]:
        print("What else these rows tell: median")
        print_table(["figure"] + hubs, more)
    print_memory(rows, hubs, results)
    reasons = {}
    for (row_id, hub), problem in results.problems.items():
        reasons.setdefault((hub, problem), []).append(row_id)
    for (hub, problem), row_ids in reasons.items():
        print(f"n/a: {hub}: {problem} ({', '.join(row_ids)})")


def print_ratios(rows, hubs, results):
    print("headwayd against each, min/median/max over the rounds; below 1 headwayd is cheaper")
    rivals = [hub for hub in hubs if hub != "headwayd"]
    lines = []
    for row in rows:
        ratios = [spread(results.compare((row, "headwayd"), (row, hub))) for hub in rivals]
        lines.append([title(row)] + ratios + list(budget(row, rows, results)))
    print_table(["load"] + [f"/ {hub}" for hub in rivals] + ["budget", "verdict"], lines)


def print_surroundings(rows, hubs, results):
    by_id = {row.id: row for row in rows}
    paired = [row for row in rows if row.without in by_id]
    if not paired:
        return
    print("What the surroundings add, median of ratios to the row without them")
    lines = []
    for row in paired:
        ratios = [results.compare((row, hub), (by_id[row.without], hub)) for hub in hubs]
        lines.append([row.title] + [f"{statistics.median(r):.2f} x" if r else "-" for r in ratios])
    print_table(["load"] + hubs, lines)


def print_memory(rows, hubs, results):
    def cell(row, hub):
        pair = [results.median(row, hub, key) for key in ("peak_kib", "kept_kib")]
        return "-" if None in pair else "/".join(f"{kib:,.0f}" for kib in pair)

    lines = [[row.title] + [cell(row, hub) for hub in hubs] for row in rows]
    if lines := [line for line in lines if set(line[1:]) != {"-"}]:
        print("Growth of the hub's memory in KiB under each load, at the peak/after a rest: median")
        print_table(["load"] + hubs, lines)


def as_json(rows, hubs, results, options, seconds):
    out = {"kind": "bench", **facts(), "rounds": options.rounds, "hub_ms": options.hub_ms,
           "quick": options.quick, "seconds": round(seconds, 1), "rows": []}
    for row in rows:
        text, verdict = budget(row, rows, results)
        entry = {"id": row.id, "title": row.title, "figure": row.figure, "unit": row.unit,
                 "budget": text, "verdict": verdict, "hubs": {}}
        for hub in hubs:
            if (row.id, hub) in results.samples:
                entry["hubs"][hub] = {"median": results.median(row, hub),
                                      "samples": results.samples[row.id, hub],
                                      "problem": results.problems.get((row.id, hub))}
        out["rows"].append(entry)
    return out
