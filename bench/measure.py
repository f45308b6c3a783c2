# SPDX-License-Identifier: MIT
"""Runs bench-bus against fresh hubs, and knows what machine it does so on."""
import argparse
import datetime
import json
import os
import shutil
import subprocess
from dataclasses import dataclass

from hubs import ROOT, HubError

HUBS = ["floor", "dbus-broker", "dbus-daemon", "headwayd"]
TIMEOUT_S = 60


@dataclass(frozen=True)
class Load:
    """What bench-bus does, and what the hub has to be like for it."""
    id: str                 # a row of bench-bus
    n: int = None           # the point of a curve
    policy_services: int = 0
    system: bool = False    # Debian's configuration of the system bus
    held: bool = False      # bench-bus says when the hub starts


def add_options(parser, hubs, hub_ms):
    parser.add_argument("--hubs", default=",".join(hubs), help="only these, separated by commas")
    parser.add_argument("--rounds", type=int, help="how often each figure is taken (3)")
    parser.add_argument("--quick", action="store_true", help="a smoke test: figures mean little")
    parser.add_argument("--hub-ms", type=int, help=f"hub work per measurement ({hub_ms})")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)),
                        help="where pinned rows run (the last core)")
    parser.add_argument("--json", metavar="FILE", help="every sample, for programs and draw.py")
    parser.add_argument("--build", default=os.path.join(ROOT, "out", "release"),
                        help="build directory that holds bench/bench-bus (out/release)")
    parser.set_defaults(hub_ms_full=hub_ms)


def complete(parser, options):
    """Fills in what follows from other options, and ends the program if something is missing."""
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.hub_ms = options.hub_ms or (20 if options.quick else options.hub_ms_full)
    options.load = os.path.join(options.build, "bench", "bench-bus")
    options.floor = os.path.join(options.build, "bench", "bench-floor")
    options.headwayd = default_headwayd(options.build)
    options.hubs = options.hubs.split(",")
    if unknown := [hub for hub in options.hubs if hub not in HUBS]:
        parser.error(f"no such hub: {', '.join(unknown)}")
    if not shutil.which(options.load):
        parser.error(f"{options.load} is not built: scripts/build.sh release bench-floor bench-bus")
    return options


def default_headwayd(build):
    built = [os.path.join(ROOT, "out", "bin", "headwayd"),
             os.path.join(build, "src", "daemon", "headwayd")]
    return os.environ.get("HEADWAYD") or next(filter(shutil.which, built), built[0])


def present(workshop, hubs):
    """Those of the hubs that can be started here; says why the others cannot."""
    reasons = {hub: workshop.why_not(hub) for hub in hubs}
    for hub, reason in reasons.items():
        if reason:
            print(f"{hub} is left out: {reason}")
    return [hub for hub in hubs if not reasons[hub]]


def in_turn(hubs, turn):
    """Neighbours in time change from round to round, so that drift favours nobody."""
    return hubs[turn % len(hubs):] + hubs[:turn % len(hubs)]


def measure(workshop, load, hub, options, rest_ms=0):
    """One load against a fresh hub: the figures by name that bench-bus printed, or its error. With
    time to rest they tell what the hub keeps of the memory it took."""
    command = [options.load, f"--row={load.id}", f"--hub-ms={options.hub_ms}",
               f"--core={options.core}"]
    command += [f"--rest-ms={rest_ms}"] if rest_ms else []
    command += [f"--n={load.n}"] if load.n is not None else []
    command += ["--floor"] if hub == "floor" else []
    command += ["--small"] if options.quick else []
    try:
        with workshop.running(hub, load.policy_services, load.system, load.held) as running:
            return run_load(command, load, hub, *running)
    except HubError as error:
        return {"error": str(error)}
    except subprocess.TimeoutExpired:
        return {"error": f"took more than {TIMEOUT_S} s"}


def run_load(command, load, hub, process, path):
    command = command + [f"--socket={path}", f"--pid={process.popen.pid}"]
    go = process.popen.stdin.fileno()
    done = subprocess.run(command + ([f"--go={go}"] if load.held else []), pass_fds=[go],
                          capture_output=True, text=True, timeout=TIMEOUT_S)
    lines = done.stdout.strip().splitlines()
    if process.popen.poll() is not None:
        return {"error": f"{hub} ended: {process.last_words()}"}
    if not lines:
        return {"error": f"bench-bus ended with {done.returncode}: {done.stderr.strip()}"}
    return json.loads(lines[-1])


def cpu_model(text):
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return "unknown"


def version_of(program):
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True)
    except OSError:
        return "missing"
    return (done.stdout.split("\n")[0] or "unknown").strip()


def facts():
    """When and on what: whatever a reader needs to judge figures, and nothing that names a host."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = cpu_model(file.read())
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "cpu": model, "cores": os.cpu_count(), "kernel": os.uname().release,
            "load_average": round(os.getloadavg()[0], 1),
            "rivals": [version_of("dbus-broker"), version_of("dbus-daemon")]}


def save(path, out):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(out, file, indent=1)
        file.write("\n")


def parser_of(description):
    return argparse.ArgumentParser(description=description,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
