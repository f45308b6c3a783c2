#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""fuzz.py [TARGET] [--seconds N]: run the fuzz targets for a bounded time each, two at a time.

A target's corpus is tests/fuzz/corpus/TARGET/, which is only read; what is found goes to
out/fuzz-work/TARGET/. Ends with "N passed, N failed", which counts targets.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "out/fuzz/tests/fuzz"
CORPUS = ROOT / "tests/fuzz/corpus"
WORK = ROOT / "out/fuzz-work"
GRACE_SECONDS = 120  # for reading a corpus, which the time bound of libFuzzer does not cover
MEMORY_MB = 2048
INPUT_SECONDS = 10
SUFFIX = "_fuzz"


def targets():
    programs = PROGRAMS.glob("*" + SUFFIX)
    return sorted(p.name.removesuffix(SUFFIX) for p in programs if os.access(p, os.X_OK))


def run(target, seconds):
    """Returns (passed, one line or more that say how it went)."""
    work = WORK / target
    found = work / "found"
    shutil.rmtree(work, ignore_errors=True)
    found.mkdir(parents=True)
    command = [str(PROGRAMS / (target + SUFFIX)), str(found)]
    if (CORPUS / target).is_dir():
        command.append(str(CORPUS / target))
    command += [f"-max_total_time={seconds}", f"-artifact_prefix={work}/",
                f"-rss_limit_mb={MEMORY_MB}", f"-timeout={INPUT_SECONDS}", "-print_final_stats=1"]
    log = work / "log"
    with open(log, "wb") as output:
        try:
            status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                    timeout=seconds + GRACE_SECONDS, check=False).returncode
        except subprocess.TimeoutExpired:
            status = None
    text = log.read_text(errors="replace")
    if status == 0:
        runs = re.search(r"number_of_executed_units: (\d+)", text)
        new = sum(1 for _ in found.iterdir())
        return True, f"{target}: {runs.group(1) if runs else '?'} inputs, {new} with new coverage"
    how = "did not end in time" if status is None else f"failed with status {status}"
    tail = "\n".join("    " + line for line in text.splitlines()[-60:])
    reproducers = [str(path) for path in work.iterdir() if path.is_file() and path != log]
    again = "\n".join(f"  reproduce: {command[0]} {path}" for path in reproducers)
    return False, f"{target}: {how}\n{tail}\n{again or '  no reproducer was written'}"


def main():
    parser = argparse.ArgumentParser(prog="./dev fuzz")
    parser.add_argument("target", nargs="?", help="without it, all of them")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    arguments = parser.parse_args()

    build = [ROOT / "scripts/build.sh", "fuzz", "tests/fuzz/all"]
    if subprocess.run(build, check=False).returncode:
        return 1
    chosen = targets()
    if arguments.target:
        wanted = arguments.target.removesuffix(SUFFIX)
        if wanted not in chosen:
            print(f"no such target; there are: {' '.join(chosen) or 'none'}", file=sys.stderr)
            return 2
        chosen = [wanted]
    if not chosen:
        print("there are no fuzz targets", file=sys.stderr)
        return 1

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for passed, text in pool.map(lambda target: run(target, arguments.seconds), chosen):
            print(text, flush=True)
            failed += not passed
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
