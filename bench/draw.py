#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""draw.py FILE.json FILE.svg: draws what bench/run.py or bench/curves.py has saved."""
import json
import statistics
import sys

sys.dont_write_bytecode = True
from measure import parser_of  # noqa: E402  (the line above keeps the tree clean)
from report import number  # noqa: E402
from svg import LogScale, Picture, short, short_bytes  # noqa: E402

ORDER = ["dbus-daemon", "dbus-broker", "headwayd", "floor"]


def caption(data):
    """On what machine, and when."""
    return (f"{data['cpu']}, {data['cores']} cores, Linux {data['kernel']}; {data['date']}; "
            f"median of {data['rounds']}")


def legend(picture, x, y, hubs):
    for hub in hubs:
        picture.bar(x, y - 9, 10, 10, hub)
        picture.text(x + 15, y, hub)
        x += 30 + 8 * len(hub)


def hubs_of(data):
    there = {hub for row in data["rows"] for hub in row["hubs"]}
    return [hub for hub in ORDER if hub in there]


def draw_bars(data):
    """A row has a bar for each hub; the longest fills its row, since rows differ thousandfold."""
    label_width, bar_width, value_width, bar_height, gap = 290, 330, 90, 11, 12
    rows = [(row, [(hub, row["hubs"][hub]["median"]) for hub in ORDER
                   if row["hubs"].get(hub, {}).get("median")]) for row in data["rows"]]
    rows = [(row, bars) for row, bars in rows if bars]
    height = 62 + sum(gap + bar_height * len(bars) for _, bars in rows) + 24
    width = label_width + bar_width + value_width
    picture = Picture(width, height, "What each message costs on each bus")
    picture.text(10, 20, "CPU time of the bus per message, or what the row says; shorter is better",
                 "title")
    legend(picture, 10, 42, hubs_of(data))
    y = 62
    for row, bars in rows:
        middle = y + bar_height * len(bars) / 2 + 4
        picture.text(label_width - 8, middle, row["title"], anchor="end")
        longest = max(median for _, median in bars)
        for hub, median in bars:
            length = max(median / longest * bar_width, 1)
            picture.bar(label_width, y, length, bar_height - 2, hub)
            picture.text(label_width + length + 5, y + 9, f"{number(median)} {row['unit']}",
                         "minor")
            y += bar_height
        y += gap
    picture.text(10, height - 10, caption(data), "minor")
    return str(picture)


def draw_curves(data):
    """A panel for each curve, both axes logarithmic; a point is the median of its samples."""
    width, height, columns = 450, 270, 2
    curves = [curve for curve in data["curves"] if any(map(medians, curve["points"]))]
    lines = (len(curves) + columns - 1) // columns
    picture = Picture(width * columns, height * lines + 62, "How costs grow")
    legend(picture, 10, 22, [hub for hub in ORDER
                             if any(hub in p["hubs"] for c in curves for p in c["points"])])
    for i, curve in enumerate(curves):
        draw_panel(picture, curve, i % columns * width, 34 + i // columns * height, width, height)
    picture.text(10, height * lines + 52, caption(data), "minor")
    return str(picture)


def medians(point):
    return {hub: statistics.median(there) for hub, samples in point["hubs"].items()
            if (there := [sample for sample in samples if sample is not None])}


def draw_panel(picture, curve, left, top, width, height):
    points = [(point["n"], medians(point)) for point in curve["points"]]
    costs = [cost for _, by_hub in points for cost in by_hub.values()]
    x = LogScale([n for n, _ in points], left + 62, left + width - 24)
    y = LogScale(costs, top + height - 60, top + 36, whole_decades=True)
    tick_text = short_bytes if curve["unit"] == "bytes" else short
    picture.text(left + 10, top + 18, curve["title"], "title")
    for cost in y.ticks():
        picture.line([(x.start, y(cost)), (x.end, y(cost))], "grid")
        picture.text(x.start - 6, y(cost) + 4, short(cost), "minor", "end")
    picture.line([(x.start, y.end), (x.start, y.start + 8), (x.end, y.start + 8)], "grid")
    for n, _ in points:
        picture.line([(x(n), y.start + 8), (x(n), y.start + 12)], "grid")
    for at, n in spaced([(x(n), n) for n, _ in points], 36):
        picture.text(at, y.start + 24, tick_text(n), "minor", "middle")
    picture.text((x.start + x.end) / 2, y.start + 40, curve["axis"], "minor", "middle")
    picture.text(left + 16, (y.start + y.end) / 2, "hub CPU, us", "minor", "middle", turned=True)
    for hub in ORDER:
        drawn = [(x(n), y(by_hub[hub])) for n, by_hub in points if hub in by_hub]
        picture.line(drawn, f"{hub}-line")
        for at in drawn:
            picture.dot(*at, hub)


def spaced(ticks, least):
    """Of (place, value), the first, the last, and what lies far enough from others in between."""
    kept = ticks[:1]
    for tick in ticks[1:-1]:
        if tick[0] - kept[-1][0] >= least and ticks[-1][0] - tick[0] >= least:
            kept.append(tick)
    return kept + ticks[1:][-1:]


def draw(data):
    return {"bench": draw_bars, "curves": draw_curves}[data["kind"]](data)


def main():
    parser = parser_of(__doc__)
    parser.add_argument("json")
    parser.add_argument("svg")
    parser.add_argument("--rows", default="", metavar="ID,ID", help="of a bench, only these rows")
    options = parser.parse_args()
    with open(options.json, encoding="utf-8") as file:
        data = json.load(file)
    if wanted := [row for row in options.rows.split(",") if row]:
        by_id = {row["id"]: row for row in data.get("rows", [])}
        if unknown := [row for row in wanted if row not in by_id]:
            parser.error(f"{options.json} has no row {', '.join(unknown)}")
        data["rows"] = [by_id[row] for row in wanted]
    with open(options.svg, "w", encoding="utf-8") as file:
        file.write(draw(data))
    return 0


if __name__ == "__main__":
    sys.exit(main())
