#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""instructions.py [--build out/release] [ROW...]: what a message or a call costs, counted.

A plain row is one of bench-path: the way of a message through the bus. END:LIBRARY:SHAPE is what
one end of a call (caller or service) spends in its own process for one call through a bus, without
the kernel; of `bench-client list` any library may be asked for. Each row runs twice under
callgrind, with few and with many rounds, and the difference is divided by the messages or calls:
start and end cancel out. Instructions repeat to the last digit where times do not, so that this can
fail: a row above its limit here is a regression.
"""

import argparse
import contextlib
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "scripts"))
import session_bus  # noqa: E402  (what the line above makes known)

ROUNDS = {"fan-500": (4, 24)}
FEW_AND_MANY = (40, 240)
CALLS_FEW_AND_MANY = (500, 2500)
START_S = 20

# Instructions per message relayed, or per call, by the release build of g++ 12: what it was when
# last made better, and 5 % for other processors, for which libc copies memory by other
# instructions. Who makes a row dearer says why in the commit that raises its limit.
LIMITS = {
    "call": 2010,  # before policy had a table and headers were remembered: 2552
    "call-policy": 2115,
    "call-16": 2120,
    "call-new": 2440,
    # AddMatch or RemoveMatch, with its reply. With strings of its own for each value, and with
    # answers parsed after they were built: 11200
    "match": 7790,
    "fan-10": 975,
    "fan-500": 610,
    "caller:headway:empty": 2825,
    "caller:headway:text": 3875,
    "caller:headway:dict": 13960,
    "caller:headway-untyped:text": 5100,
    "caller:headway-coroutine:text": 5615,
    "caller:headway-64:text": 3810,
    "service:headway:empty": 3335,
    "service:headway:text": 4445,
    "service:headway:dict": 25245,
    "service:headway-coroutine:text": 5375,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=ROOT / "out/release", type=pathlib.Path)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {' '.join(LIMITS)}")
    options = parser.parse_args()
    failed = 0
    rows = options.rows or list(LIMITS)
    for row in rows:
        count = instructions(options.build, row)
        limit = LIMITS.get(row)
        verdict = "no limit" if limit is None else \
            f"limit {limit}: {'ok' if count <= limit else 'ABOVE ITS LIMIT'}"
        failed += limit is not None and count > limit
        print(f"{row:31} {count:8.1f} instructions, {verdict}", flush=True)
    print(f"{len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


def instructions(build, row):
    if ":" in row:
        few, many = CALLS_FEW_AND_MANY
        return (of_calls(build, row, many) - of_calls(build, row, few)) / (many - few)
    few, many = ROUNDS.get(row, FEW_AND_MANY)
    (instructions_few, messages_few), (instructions_many, messages) = (
        of_path(build, row, few), of_path(build, row, many))
    return (instructions_many - instructions_few) / (messages - messages_few)


def counting(*command, **options):
    return subprocess.Popen(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                             *map(str, command)], text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def count_of(words):
    return int(re.search(r"Collected : (\d+)", words).group(1))


def of_path(build, row, rounds):
    """(instructions, messages) of one run of bench-path."""
    said, counted = counting(build / "bench/bench-path", row, rounds).communicate()
    return count_of(counted), int(said)


def of_calls(build, row, calls):
    """Instructions of one end, with that many calls and what warms them up."""
    end, library, shape = row.split(":")
    program = build / "bench" / ("bench-call" if library.startswith("headway") else "bench-client")
    with bus(build) as address:
        server = [program, "serve", library if end == "service" else "headway", address]
        with started(counting(*server) if end == "service" else plain(*server)) as service:
            name = service.stdout.readline().strip()
            client = [program, "call", library if end == "caller" else "headway", shape, address,
                      name, calls]
            with started(counting(*client) if end == "caller" else plain(*client)) as caller:
                words = caller.communicate()[1]
                if caller.returncode != 0:
                    raise RuntimeError(f"{row}: {words}")
            if end == "service":
                service.terminate()
                words = service.communicate()[1]
    return count_of(words)


def plain(*command):
    return subprocess.Popen(list(map(str, command)), text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@contextlib.contextmanager
def started(process):
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate()


@contextlib.contextmanager
def bus(build):
    """The address of a headwayd that lives as long as this."""
    with tempfile.TemporaryDirectory() as place:
        config = pathlib.Path(place, "bus.conf")
        socket = pathlib.Path(place, "bus")
        config.write_text(session_bus.configuration(socket))
        with started(plain(build / "src/daemon/headwayd", f"--config-file={config}", "--nofork")):
            deadline = time.monotonic() + START_S
            while not socket.exists():
                if time.monotonic() > deadline:
                    raise RuntimeError("headwayd did not start")
                time.sleep(0.01)
            yield f"unix:path={socket}"


if __name__ == "__main__":
    sys.exit(main())
