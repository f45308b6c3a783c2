#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""stages.py [--list] [STAGE...]: everything that must pass, in stages; each says how long it took.

Ends with one line "N passed, N failed" over all stages. A stage counts what its program counts (the
cases of unit tests; the last "N passed, N failed" line of a suite), or as one check if it counts
nothing. A stage whose program is missing, or whose build failed, has failed. The output of each
stage is in out/test/STAGE.log; that of a failed one is also shown, from its end.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "out/test"
PYTHON = "/usr/bin/python3"
UNIT_REPORT = LOGS / "unit.xml"
LINES_SHOWN = 100
HEARTBEAT_SECONDS = 60


@dataclasses.dataclass(frozen=True)
class Stage:
    name: str
    command: tuple
    minutes: int  # after which it is killed, and has failed
    needs: tuple = ()
    environment: dict = dataclasses.field(default_factory=dict)


STAGES = (
    Stage("lint", (PYTHON, "scripts/lint.py"), 8),
    Stage("scripts", (PYTHON, "scripts/unittests.py", "lint_test", "stages_test",
                      "fuzz_test", "tests.lib.tap_test", "bench.bench_test"), 4),
    Stage("reference", ("scripts/reference.sh",), 3),
    Stage("build", ("scripts/build.sh", "dev"), 35),
    Stage("unit", ("ctest", "--test-dir", "out/dev", "--output-on-failure", "--no-tests=error",
                   "--timeout", "300", "--parallel", str(os.cpu_count()),
                   "--test-output-size-passed", "4000000", "--test-output-size-failed", "4000000",
                   "--output-junit", str(UNIT_REPORT)), 15, needs=("build",),
          environment={"GTEST_BRIEF": "1"}),
    Stage("clang", ("scripts/build.sh", "clang"), 25),
    Stage("tidy", ("scripts/tidy.sh",), 25),
    Stage("release", ("./dev", "build"), 25),
    Stage("run", (PYTHON, "scripts/unittests.py", "run_test"), 2, needs=("release",)),
    Stage("install", (PYTHON, "scripts/unittests.py", "tests.install.install_test"), 8,
          needs=("release",)),
    Stage("conformance", (PYTHON, "tests/conformance/run.py", "--bus", "all"), 10,
          needs=("build", "release")),
    Stage("requirements", (PYTHON, "tests/conformance/coverage.py"), 1),
    Stage("integration", (PYTHON, "tests/integration/run.py"), 25, needs=("build", "release")),
    Stage("rules", (PYTHON, "tests/authority/run.py"), 5, needs=("build",)),
    Stage("companions", (PYTHON, "tests/integration/run.py", "--companions", "headway",
                         "-k", "programs_dbus"), 10, needs=("build", "release")),
    Stage("dbus-tests", (PYTHON, "tests/dbus-tests/run.py"), 10, needs=("release",)),
    Stage("lsm", (PYTHON, "tests/lsm/run.py"), 12, needs=("release",)),
    Stage("package", ("./dev", "package"), 25),
    Stage("boot", (PYTHON, "tests/boot/run.py"), 10, needs=("package",)),
    Stage("fuzz", (PYTHON, "scripts/fuzz.py", "--seconds", "5"), 25),
    Stage("instructions", (PYTHON, "bench/instructions.py"), 5, needs=("release",)),
    Stage("bench", (PYTHON, "bench/run.py", "--quick"), 5, needs=("release",)),
    Stage("library", (PYTHON, "bench/library.py", "--quick"), 10, needs=("release",)),
)


@dataclasses.dataclass
class Outcome:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    why: str = ""


def main():
    parser = argparse.ArgumentParser(prog="./dev test")
    parser.add_argument("--list", action="store_true", help="name the stages and end")
    parser.add_argument("stages", nargs="*", metavar="STAGE", help="these, and what they need")
    arguments = parser.parse_args()
    names = [stage.name for stage in STAGES]
    unknown = [name for name in arguments.stages if name not in names]
    if unknown:
        parser.error(f"no such stage: {' '.join(unknown)}; there are: {' '.join(names)}")
    if arguments.list:
        print("\n".join(names))
        return 0
    return run_stages(with_needs(arguments.stages or names))


def with_needs(names):
    wanted = set()

    def add(name):
        wanted.add(name)
        for needed in stage_named(name).needs:
            add(needed)

    for name in names:
        add(name)
    return [stage for stage in STAGES if stage.name in wanted]


def stage_named(name):
    return next(stage for stage in STAGES if stage.name == name)


def run_stages(stages):
    LOGS.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    start = time.monotonic()
    outcomes = {}
    for number, stage in enumerate(stages, 1):
        print(f"[{number}/{len(stages)}] {stage.name}", flush=True)
        stage_start = time.monotonic()
        broken = [name for name in stage.needs if outcomes[name].failed]
        if broken:
            outcome = Outcome(failed=1, why=f"not run, because {' and '.join(broken)} failed")
        else:
            outcome = run_stage(stage)
        outcomes[stage.name] = outcome
        report(stage, outcome, time.monotonic() - stage_start)

    bad = [name for name, outcome in outcomes.items() if outcome.failed]
    minutes = (time.monotonic() - start) / 60
    print(f"\n{minutes:.1f} minutes; failed stages: {' '.join(bad) or 'none'}")
    passed = sum(outcome.passed for outcome in outcomes.values())
    failed = sum(outcome.failed for outcome in outcomes.values())
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def report(stage, outcome, seconds):
    verdict = "FAILED" if outcome.failed else "ok"
    skipped = f", {outcome.skipped} skipped" if outcome.skipped else ""
    why = f" ({outcome.why})" if outcome.why else ""
    print(f"    {verdict}: {outcome.passed} of {outcome.passed + outcome.failed}{skipped}, "
          f"{seconds:.1f} s{why}", flush=True)


def run_stage(stage):
    missing = [word for word in stage.command
               if word.startswith(("scripts/", "tests/", "bench/")) and not os.path.exists(word)]
    if missing:
        return Outcome(failed=1, why=f"there is no {missing[0]}")
    UNIT_REPORT.unlink(missing_ok=True)
    log = LOGS / f"{stage.name}.log"
    status = run_bounded(stage, log)
    text = log.read_text(errors="replace")
    outcome = count_unit_tests() if stage.name == "unit" else count_suite(text)
    if status == 0 and outcome.passed + outcome.failed + outcome.skipped == 0:
        outcome.passed = 1
    if status != 0 and not outcome.failed:
        outcome.failed = 1
    if outcome.failed:
        outcome.why = "killed: over its time" if status is None else f"status {status}"
        show_end(log, text)
    return outcome


def run_bounded(stage, log):
    """The command's status; None if it was killed for taking too long."""
    with open(log, "wb") as output:
        process = subprocess.Popen(stage.command, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   env={**os.environ, **stage.environment})
    start = time.monotonic()
    try:
        while True:
            try:
                return process.wait(HEARTBEAT_SECONDS)
            except subprocess.TimeoutExpired:
                elapsed = time.monotonic() - start
                if elapsed > stage.minutes * 60:
                    return None
                print(f"    ... {elapsed:.0f} s", flush=True)
    finally:
        # The stage's session: what it started and left behind goes with it.
        kill_session(process.pid)
        process.wait()


def kill_session(session):
    for attempt in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(session, attempt)
        except ProcessLookupError:
            return
        time.sleep(0.5)


def count_suite(text):
    counts = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?", text, re.MULTILINE)
    if not counts:
        return Outcome()
    passed, failed, skipped = counts[-1]
    return Outcome(int(passed), int(failed), int(skipped or 0))


def count_unit_tests():
    """Cases, not programs: a test program says how many passed; one that says nothing is one."""
    total = Outcome()
    if not UNIT_REPORT.exists():
        return total
    for program in xml.etree.ElementTree.parse(UNIT_REPORT).getroot().iter("testcase"):
        output = program.findtext("system-out") or ""
        one = Outcome(
            passed=reported(output, "PASSED "),
            # One by one: a brief report does not add them up.
            failed=len(re.findall(r"^\[  FAILED  \] .*\(\d+ ms\)$", output, re.MULTILINE)),
            skipped=reported(output, "SKIPPED"))
        if program.get("status") == "run":
            one.passed = one.passed or (0 if one.skipped else 1)
        else:
            one.failed = one.failed or 1
        total.passed += one.passed
        total.failed += one.failed
        total.skipped += one.skipped
    return total


def reported(output, word):
    """How many a GoogleTest program says: `[  PASSED  ] 3 tests.`"""
    return sum(map(int, re.findall(rf"^\[  {word} \] (\d+) test", output, re.MULTILINE)))


def show_end(log, text):
    lines = text.splitlines()
    if len(lines) > LINES_SHOWN:
        print(f"    (the last {LINES_SHOWN} of {len(lines)} lines of {log.relative_to(ROOT)})")
    for line in lines[-LINES_SHOWN:]:
        print("    | " + line)


if __name__ == "__main__":
    sys.exit(main())
