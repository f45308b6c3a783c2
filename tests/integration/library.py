# SPDX-License-Identifier: MIT
"""Compiling programs that use the library."""

import os

from tests.integration.companions import headway
from tests.integration.support import COMPILE_SECONDS, REPO, run

WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wno-missing-field-initializers",
            "-Werror")


def compiler(name, *places):
    return (name, "-std=c++23", *WARNINGS, "-I", os.path.join(REPO, "include"),
            *(f"-I{place}" for place in places))


def compile_with_library(source, program, *places):
    """A program of one file; headers are looked for in `places`, the library in the build that the
    tool is of."""
    modules = os.path.dirname(os.path.dirname(headway()))
    libraries = (f"{modules}/client/libheadway.a",
                 *(f"{modules}/{name}/libheadway_{name}.a" for name in ("io", "wire", "base")),
                 "-lfmt", "-lexpat", "-lpthread")
    with open(libraries[0], "rb") as library:
        if b"__asan_init" in library.read():  # a development build
            libraries += ("-fsanitize=address,undefined",)
    run(*compiler("g++", *places), source, "-o", program, *libraries, timeout=COMPILE_SECONDS)


def check_with_clang(source, *places):
    run(*compiler("clang++-19", *places), "-fsyntax-only", source, timeout=COMPILE_SECONDS)
