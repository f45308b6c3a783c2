# SPDX-License-Identifier: MIT
"""Just enough SVG for the bench's pictures: legible on light and on dark pages."""
import math
from xml.sax.saxutils import escape

# By hub: what it looks like on a light page and on a dark one, and the mark of its points.
COLOURS = {"headwayd": ("#0969da", "#58a6ff"), "dbus-broker": ("#bf5600", "#f0883e"),
           "dbus-daemon": ("#8250df", "#bc8cff"), "floor": ("#6e7781", "#8b949e")}
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.minor { fill: #59636e; font-size: 11px }
.page { fill: #ffffff }
.grid { stroke: #d1d9e0; fill: none }
"""
STYLE_DARK = """
text { fill: #f0f6fc }
.minor { fill: #9198a1 }
.page { fill: #0d1117 }
.grid { stroke: #3d444d }
"""


def hub_style(which):
    return "".join(f".{hub} {{ fill: {colours[which]}; stroke: {colours[which]} }}\n"
                   f".{hub}-line {{ fill: none; stroke: {colours[which]}; stroke-width: 2 }}\n"
                   for hub, colours in COLOURS.items())


class Picture:
    """Shapes, and a page behind them, so that text is never dark on dark."""

    def __init__(self, width, height, description):
        self.size = (width, height)
        self.description = description
        self.parts = []

    def text(self, x, y, words, kind="", anchor="start", turned=False):
        turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
        self.parts.append(f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" '
                          f'text-anchor="{anchor}"{turn}>{escape(str(words))}</text>')

    def bar(self, x, y, width, height, kind):
        self.parts.append(f'<rect class="{kind}" stroke="none" x="{x:.1f}" y="{y:.1f}" '
                          f'width="{width:.1f}" height="{height:.1f}"/>')

    def line(self, points, kind):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline class="{kind}" points="{path}"/>')

    def dot(self, x, y, kind):
        self.parts.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>')

    def __str__(self):
        width, height = self.size
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img">',
            f"<title>{escape(self.description)}</title>",
            f"<style>{STYLE}{hub_style(0)}@media (prefers-color-scheme: dark) {{{STYLE_DARK}"
            f"{hub_style(1)}}}\n</style>",
            f'<rect class="page" width="{width}" height="{height}"/>', *self.parts, "</svg>", ""])


class LogScale:
    """Places numbers on a line by their logarithm; 0, if it is among them, a step before them.
    Reaches from the least to the largest or, if it is to be round, to the decades around them."""

    def __init__(self, values, start, end, whole_decades=False):
        positive = [value for value in values if value > 0]
        self.low, self.high = (math.log10(extreme(positive)) for extreme in (min, max))
        if whole_decades:
            self.low, self.high = math.floor(self.low), math.ceil(self.high)
        if self.low == self.high:
            self.high += 1
        self.zero = self.low - max((self.high - self.low) / 8, 0.3)
        self.first = self.zero if len(positive) < len(values) else self.low
        self.start, self.end = start, end

    def __call__(self, value):
        at = math.log10(value) if value > 0 else self.zero
        return self.start + (at - self.first) / (self.high - self.first) * (self.end - self.start)

    def ticks(self):
        """Powers of ten, with what lies between (2, 5) where there are few of them."""
        span = range(math.floor(self.low), math.ceil(self.high) + 1)
        steps = (1,) if self.high - self.low > 2.5 else (1, 2, 5)
        there = [10.0 ** decade * step for decade in span for step in steps]
        slack = 1e-9
        return [tick for tick in there if self.low - slack <= math.log10(tick) <= self.high + slack]


def short(value):
    """1500 -> 1.5k: a number for the tick of an axis."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def short_bytes(value):
    for size, word in ((2 ** 20, "MiB"), (2 ** 10, "KiB")):
        if value >= size:
            return f"{value / size:g} {word}"
    return f"{value:g} B"
