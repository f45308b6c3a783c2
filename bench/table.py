# SPDX-License-Identifier: MIT
"""The rows of the benchmark: what bench-bus does, what it is called, and what it may cost."""
from dataclasses import dataclass

from measure import Load


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
    figure: str = "cpu_us"  # of what bench-bus says, the one that counts
    also: tuple = ()      # (figure, what it is): others worth showing
    surroundings: tuple = ()  # what a Load says of the hub

    @property
    def load(self):
        return Load(self.id, **dict(self.surroundings))

    @property
    def unit(self):
        return {"us": "us", "ms": "ms", "kib": "KiB"}[self.figure.rsplit("_", 1)[-1]]

    @property
    def is_cpu(self):
        return self.figure == "cpu_us"


POLICY_300 = (("policy_services", 300),)

# Budgets are those of the design. Where it gives microseconds of the machine it was measured on,
# the budget here is the same share of what dbus-broker costs: only ratios carry between machines.
ROWS = [
    Row("ping", "one pair, one call at a time", "floor", 1.25),
    Row("ping-unpinned", "one call at a time, on any core"),
    Row("pipeline", "one pair, 64 calls in flight", "floor", 3),
    Row("pipeline-unpinned", "64 calls in flight, on any core"),
    Row("pipeline-policy", "64 calls amid 300 services' policy", without="pipeline", factor=1.05,
        surroundings=POLICY_300),
    Row("pairs-16", "16 pairs, 16 in flight each", "floor", 2),
    Row("pairs-16-unpinned", "16 pairs, on any core"),
    Row("pairs-200", "200 pairs, one in flight each", "floor", 1.15),
    Row("fan-10", "signal to 10 subscribers, per delivery", "floor", 2.5),
    Row("fan-500", "signal to 500 subscribers, per delivery", "floor", 1.5),
    Row("large", "1 MiB bodies, per MiB", "floor", 1.25),
    Row("watchers", "1,000 clients watch 8 names, per delivery", floor=False),
    Row("signal", "signal to one subscriber", floor=False),
    Row("signal-20000", "the same amid 20,000 rules", without="signal", added=2, floor=False),
    Row("add-match", "AddMatch", "dbus-broker", 4 / 9.5, floor=False),
    Row("connect", "connect, auth, Hello, close", "dbus-broker", 20 / 27, floor=False),
    Row("names", "RequestName or ReleaseName", "dbus-broker", 6 / 12, floor=False),
    Row("fd", "call passing one fd", "dbus-broker", 3.6 / 5.7, floor=False),
    Row("mixed", "mixed load: a call's p99", figure="p99_us",
        also=(("p50_us", "p50, us"), ("p999_us", "p99.9, us"), ("cpu_us", "CPU per message, us"))),
    Row("flood", "beside a flood: a call's p99", "dbus-broker", 0.5, figure="p99_us",
        also=(("quiet_p99_us", "p99 without the flood, us"), ("p50_us", "p50, us"),
              ("p999_us", "p99.9, us"), ("met_percent", "calls that met the flood, %"),
              ("flood_per_ms", "flood, messages per ms"),
              ("cpu_us", "CPU per message, us"))),
    Row("reload", "reload of 300 services' policy: longest call", floor=False, figure="stall_ms",
        surroundings=POLICY_300,
        also=(("between_ms", "longest call between reloads, ms"),
              ("reload_ms", "ReloadConfig itself, ms"))),
    Row("start", "Debian's system configuration: first reply", floor=False, figure="wall_ms",
        surroundings=(("system", True), ("held", True)),
        also=(("cpu_ms", "CPU, ms"), ("pss_kib", "memory, KiB"))),
    Row("memory", "memory per idle connection with a rule", most=4, floor=False, figure="kib"),
]


def choose(substrings):
    """The rows whose id or title has one of these, and those that they are compared with."""
    wanted = substrings.lower().split(",")
    named = {row for row in ROWS if any(w in row.id or w in row.title.lower() for w in wanted)}
    bases = {row.without for row in named}
    return [row for row in ROWS if row in named or row.id in bases]
