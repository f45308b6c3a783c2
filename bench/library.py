#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sets the library beside sd-bus, sdbus-c++, GDBus and libdbus: what a method call costs each end.

Each figure has a bus and processes of its own, one library at one end and headway at the other, all
on one core: see bench/README.md.
"""
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

sys.dont_write_bytecode = True
# The line above keeps the tree clean.
from hubs import ROOT, HubError, Workshop, children_of  # noqa: E402
from measure import default_headwayd, facts, in_turn, parser_of, save  # noqa: E402

SHAPES = {"empty": "no arguments", "text": "a string, and back", "pair": "a string and a struct",
          "dict": "a{sv} with 10 entries", "bytes": "an array of 4 KiB"}
# What can stand at each end; headway's own ways first.
CALLERS = ["headway", "headway-untyped", "headway-coroutine", "headway-64", "sd-bus", "sdbus-c++",
           "GDBus", "libdbus"]
SERVICES = ["headway", "headway-coroutine", "sd-bus", "sdbus-c++", "GDBus", "libdbus"]
# The kernel tells user from system time by ticks: figures need many. The slow need fewer calls.
FEWER_CALLS = {"GDBus": 10, "libdbus": 4}
BUDGET_CALLS = 4    # times as many where the budget is
BUDGET_US = 0.8     # of user CPU, per call and end, for the shape the design was measured with
BUDGET_SHAPE = "text"
COMPILE_LIMIT_S = 3  # g++ 12, one file that defines a service and a client
COMPILED = os.path.join(ROOT, "examples", "thermostat.cc")


@dataclass(frozen=True)
class Cost:
    """Of one end, per call."""
    user_us: float
    system_us: float
    allocations: float

    @staticmethod
    def between(before, after, calls):
        return Cost(*((b - a) / calls for a, b in zip(before, after)))


class EndError(Exception):
    """An end of calls that could not be measured, and why."""


class End:
    """A process of bench-client."""

    def __init__(self, options, *words):
        self.process = subprocess.Popen(
            [options.client, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, [options.core]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()

    def line(self):
        said = self.process.stdout.readline()
        if said:
            return said.strip()
        raise EndError(self.process.communicate()[1].strip() or "it ended without a word")

    def cost(self):
        return tuple(map(int, self.line().split()))


def calls_of(options, caller, service, shape):
    fewer = max(FEWER_CALLS.get(library, 1) for library in (caller, service))
    return options.calls * (BUDGET_CALLS if shape == BUDGET_SHAPE else 1) // fewer


def measure(options, caller, service, shape):
    """What a call cost the caller and the service."""
    calls = calls_of(options, caller, service, shape)
    with Workshop(None, options.headwayd) as workshop, \
            workshop.running("headwayd") as (bus, path):
        for pid in [bus.popen.pid, *children_of(bus.popen.pid)]:
            os.sched_setaffinity(pid, [options.core])
        address = f"unix:path={path}"
        with End(options, "serve", service, address) as server:
            name = server.line()
            with End(options, "call", caller, shape, address, name, str(calls)) as client:
                client.line()  # it is warm

                def server_cost():
                    server.process.send_signal(signal.SIGUSR1)
                    return server.cost()

                served = server_cost()
                client.process.stdin.write("\n")
                client.process.stdin.flush()
                called = client.cost()
                called = Cost.between(called, client.cost(), calls)
                return called, Cost.between(served, server_cost(), calls)


def run_all(options):
    """{(shape, end, library): [Cost or what went wrong, one per round]}"""
    pairs = [(caller, "headway") for caller in CALLERS] + \
            [("headway", service) for service in SERVICES if service != "headway"]
    results = {}

    def add(shape, end, library, outcome):
        results.setdefault((shape, end, library), []).append(outcome)

    for turn in range(options.rounds):
        for shape in options.shapes:
            for caller, service in in_turn(pairs, turn):
                if sys.stderr.isatty():
                    print(f"\r\033[Kround {turn + 1}: {shape} {caller} to {service}", end="",
                          file=sys.stderr)
                try:
                    called, served = measure(options, caller, service, shape)
                except (EndError, HubError) as error:
                    called = served = str(error)
                if service == "headway":
                    add(shape, "caller", caller, called)
                if caller == "headway":
                    add(shape, "service", service, served)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return results


def good(samples):
    return [sample for sample in samples if isinstance(sample, Cost)]


def spread(values):
    return f"{statistics.median(values):6.2f} ({min(values):.2f} - {max(values):.2f})"


def ratios(results, shape, end, library):
    """What headway costs as a share of what the library did in the same round."""
    own = results[shape, end, "headway"]
    other = results[shape, end, library]
    return [a.user_us / b.user_us for a, b in zip(own, other)
            if isinstance(a, Cost) and isinstance(b, Cost) and b.user_us > 0]


def show_end(results, shape, end, libraries):
    """A table of one shape's one end; the number of figures that are missing."""
    missing = 0
    print(f"\n{SHAPES[shape]}: the {end}, per call")
    print(f"{'':18} {'user CPU, us':24} {'system':>7} {'allocations':>12}   headway / it")
    for library in libraries:
        samples = results[shape, end, library]
        costs = good(samples)
        missing += len(samples) - len(costs)
        if not costs:
            print(f"{library:18} n/a: {samples[0]}")
            continue
        share = ratios(results, shape, end, library)
        print(f"{library:18} {spread([c.user_us for c in costs]):24} "
              f"{statistics.median(c.system_us for c in costs):7.2f} "
              f"{statistics.median(c.allocations for c in costs):12.2f}   "
              f"{spread(share) if share and library != 'headway' else ''}")
    return missing


def show_budgets(results):
    for end in ("caller", "service"):
        costs = good(results.get((BUDGET_SHAPE, end, "headway"), []))
        if costs:
            median = statistics.median(c.user_us for c in costs)
            print(f"budget of the {end}: {BUDGET_US} us, "
                  f"{'met' if median <= BUDGET_US else 'MISSED'} with {median:.2f}")


def compile_seconds():
    """User CPU time of the compiler on one file with a service and a client."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["g++", "-std=c++23", "-O2", "-I", os.path.join(ROOT, "include"), "-c", COMPILED,
                    "-o", os.devnull], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def parse():
    parser = parser_of(__doc__)
    parser.add_argument("--shapes", default=",".join(SHAPES), help="only these")
    parser.add_argument("--rounds", type=int, help="how often each figure is taken (3)")
    parser.add_argument("--calls", type=int, help="per figure (50,000; more where the budget is)")
    parser.add_argument("--quick", action="store_true", help="a smoke test: figures mean little")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)),
                        help="where all runs (the last core)")
    parser.add_argument("--json", metavar="FILE", help="every sample")
    parser.add_argument("--build", default=os.path.join(ROOT, "out", "release"),
                        help="build directory that holds bench/bench-client (out/release)")
    options = parser.parse_args()
    options.shapes = options.shapes.split(",")
    if unknown := [shape for shape in options.shapes if shape not in SHAPES]:
        parser.error(f"no such shape: {', '.join(unknown)}")
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.calls = options.calls or (300 if options.quick else 50_000)
    options.client = os.path.join(options.build, "bench", "bench-client")
    options.headwayd = default_headwayd(options.build)
    if not shutil.which(options.client):
        parser.error(f"{options.client} is not built: scripts/build.sh release bench-client; it "
                     "needs the packages of the group `peers`")
    return options


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the bus ends on the way out
    options = parse()
    began = time.monotonic()
    results = run_all(options)
    missing = 0
    for shape in options.shapes:
        missing += show_end(results, shape, "caller", CALLERS)
        missing += show_end(results, shape, "service", SERVICES)
    print()
    show_budgets(results)
    compiled = compile_seconds()
    print(f"compiling {os.path.relpath(COMPILED, ROOT)}: {compiled:.2f} s of CPU, limit "
          f"{COMPILE_LIMIT_S}: {'met' if compiled <= COMPILE_LIMIT_S else 'MISSED'}")
    if options.json:
        samples = [{"shape": shape, "end": end, "library": library,
                    "samples": [asdict(s) if isinstance(s, Cost) else {"error": s} for s in taken]}
                   for (shape, end, library), taken in results.items()]
        save(options.json, {"facts": facts(), "calls": options.calls, "rounds": options.rounds,
                            "compile_s": compiled, "costs": samples})
    print(f"took {time.monotonic() - began:.0f} s; {missing} figures missing")
    return 1 if missing else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
