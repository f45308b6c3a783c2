# SPDX-License-Identifier: MIT
"""Every header of src/ and include/ compiles alone, but adapters to other libraries."""

import concurrent.futures
import os
import pathlib
import re
import subprocess

from lint_source import Finding

# Through ccache, which needs an object file to remember what it has seen.
COMPILER = ("ccache", "g++", "-std=c++23", "-O0", "-Wall", "-Wextra", "-Wconversion", "-Wshadow",
            "-Werror", "-Isrc", "-Iinclude")


def check(sources, root):
    work = pathlib.Path(root, "out/lint")
    work.mkdir(parents=True, exist_ok=True)
    headers = [source.path for source in sources
               if source.path.startswith(("src/", "include/")) and source.path.endswith(".h")
               and not source.path.startswith("include/headway/loops/")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings in pool.map(lambda header: compile_alone(header, work, root), headers):
            yield from findings


def compile_alone(header, work, root):
    unit = work / (header.replace("/", "-") + ".cc")
    text = f'#include "{header.partition("/")[2]}"\n'
    if not unit.exists() or unit.read_text() != text:
        unit.write_text(text)
    result = subprocess.run([*COMPILER, "-c", str(unit), "-o", str(unit.with_suffix(".o"))],
                            cwd=root, check=False, capture_output=True, text=True)
    if result.returncode == 0:
        return []
    errors = re.findall(r"^.*\berror: .*$", result.stderr, re.MULTILINE)
    first = errors[0] if errors else result.stderr.strip()
    return [Finding(header, 1, f"does not compile alone: {first}")]
