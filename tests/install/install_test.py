# SPDX-License-Identifier: MIT
"""The library as another project finds it, once installed: by CMake and by pkg-config."""

import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "out/release"
PROJECT = ROOT / "tests/install/project"
EXAMPLES = ROOT / "examples"
SECONDS = 300


def run(*command, **options):
    result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SECONDS,
                            **options)
    if result.returncode != 0:
        raise AssertionError(f"{command} ends with {result.returncode}:\n"
                             f"{result.stdout}{result.stderr}")
    return result.stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        work = tempfile.TemporaryDirectory()
        cls.addClassCleanup(work.cleanup)
        cls.work = pathlib.Path(work.name)
        cls.prefix = cls.work / "usr"
        run("cmake", "--install", BUILD, "--component", "library", "--prefix", cls.prefix)
        library = next(cls.prefix.rglob("libheadway.so"))
        cls.environment = {**os.environ, "LD_LIBRARY_PATH": str(library.parent),
                           "PKG_CONFIG_PATH": str(library.parent / "pkgconfig")}

    def run_on_a_bus(self, program):
        return run("/usr/bin/python3", ROOT / "scripts/run.py", ROOT / "out/bin/headwayd", program,
                   env=self.environment)

    def assert_thermostat(self, program):
        self.assertIn("now 31\nhall!\nwas 20\norg.example.Error.OutOfRange: above 35\n",
                      self.run_on_a_bus(program))

    def test_cmake_finds_it(self):
        build = self.work / "build"
        run("cmake", "-S", PROJECT, "-B", build, f"-DEXAMPLES={EXAMPLES}",
            f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", build)
        self.assert_thermostat(build / "thermostat")
        self.assertEqual(run(build / "thermostat-test", env=self.environment),
                         "31\norg.example.Error.OutOfRange\n")

    def compile(self, package, source):
        flags = run("pkg-config", f"--define-variable=prefix={self.prefix}", "--cflags", "--libs",
                    package, env=self.environment).split()
        program = self.work / source.stem
        run("g++", source, "-o", program, *flags, env=self.environment)
        return program

    def test_pkg_config_finds_it(self):
        self.assert_thermostat(self.compile("headway", EXAMPLES / "thermostat.cc"))

    def test_pkg_config_finds_the_bus_for_tests(self):
        program = self.compile("headway-testing", PROJECT / "thermostat_test.cc")
        self.assertEqual(run(program, env=self.environment),
                         "31\norg.example.Error.OutOfRange\n")

    def test_headers_that_need_no_other_library_compile_alone(self):
        for header in sorted((self.prefix / "include/headway").glob("*.h")):
            with self.subTest(header=header.name):
                run("g++", "-std=c++23", "-fsyntax-only", f"-I{self.prefix}/include", "-x", "c++",
                    header)


if __name__ == "__main__":
    unittest.main()
