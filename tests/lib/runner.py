# SPDX-License-Identifier: MIT
"""Declares tests of a bus and runs them against every kind of bus.

A test is a function whose name, read as a sentence, could be false:

    @requirement("BUS-006")
    @differs("dbus-broker", "why it differs")
    def test_a_second_hello_fails(bus):
        ...

With a parameter `bus` it gets a running bus shared by its module (module variable CONFIG, default
config()); with a parameter `kind` it starts its own: start_bus(kind, ...). Expectations are
headway's. A reference that is known to behave otherwise is declared by `differs`: there the test
must fail. `skip_on` is for what a reference cannot be asked at all.

@cases(("name", arg, ...), ...) makes one test of each case; arguments follow `bus` or `kind`.
`differs(..., case="name")` and `skip_on(..., case="name")` then mean one case.
"""

import contextlib
import inspect
import time
import traceback

from tests.lib.buses import BusDidNotStart, NotInstalled, config, program, start_bus


def requirement(*ids):
    """The requirements this test shows."""
    def mark(function):
        function.ids = ids + getattr(function, "ids", ())
        return function
    return mark


def cases(*table):
    def mark(function):
        function.cases = table
        return function
    return mark


def differs(kind, reason, case=None):
    """On buses of this kind the test (or one case; several as a tuple) is expected to fail."""
    def mark(function):
        function.__dict__.setdefault("differences", []).append((kind, case, reason))
        return function
    return mark


def skip_on(kind, reason, case=None):
    """On buses of this kind the test cannot be run."""
    def mark(function):
        function.__dict__.setdefault("skips", []).append((kind, case, reason))
        return function
    return mark


class Test:
    """One function, or one of its cases."""

    def __init__(self, module, function, case):
        self.module = module
        self.function = function
        self.case = case[0] if case else None
        self.arguments = case[1:] if case else ()
        self.ids = getattr(function, "ids", ())
        sentence = function.__name__.removeprefix("test_").replace("_", " ")
        self.name = f"{sentence} [{self.case}]" if case else sentence
        self.shared = next(iter(inspect.signature(function).parameters)) == "bus"

    def mark(self, what, kind):
        """The reason declared for this kind of bus, or None."""
        for on, case, reason in getattr(self.function, what, []):
            wanted = case if isinstance(case, tuple) else (case,)
            if on == kind and (case is None or self.case in wanted):
                return reason
        return None


def collect(modules, substring=""):
    tests = []
    for module in modules:
        for name, function in vars(module).items():
            if name.startswith("test_") and getattr(function, "__module__", "") == module.__name__:
                for case in getattr(function, "cases", [None]):
                    test = Test(module, function, case)
                    if substring in f"{module.__name__} {test.name} {name} {' '.join(test.ids)}":
                        tests.append(test)
    return tests


class Shared:
    """The bus of the current module, started when first needed and again after it died."""

    def __init__(self, kind):
        self.kind = kind
        self.module = None
        self.stack = contextlib.ExitStack()
        self.bus = None

    def get(self, module):
        if module is not self.module or not self.bus.alive():
            self.close()
            self.bus = self.stack.enter_context(
                start_bus(self.kind, getattr(module, "CONFIG", config())))
            self.module = module
        return self.bus

    def close(self):
        self.stack.close()
        self.module = self.bus = None


class Outcome:
    """What happened on one kind of bus."""

    def __init__(self):
        self.passed = 0
        self.failed = []  # (test, text)
        self.decided = []  # (test, reason)
        self.skipped = []  # (test, reason)
        self.slowest = (0.0, "")


def run_on(kind, tests, verbose=False):
    """Runs the tests against one kind of bus; NotInstalled if it is not there."""
    program(kind)
    outcome = Outcome()
    shared = Shared(kind)
    try:
        for test in tests:
            skip = test.mark("skips", kind)
            if skip:
                outcome.skipped.append((test, skip))
                continue
            began = time.monotonic()
            failure = _run_one(test, kind, shared)
            took = time.monotonic() - began
            outcome.slowest = max(outcome.slowest, (took, test.name))
            _record(outcome, test, kind, failure)
            if verbose:
                print(f"{kind} {took:6.2f} s {'fails ' if failure else 'passes'} {test.name}",
                      flush=True)
                if failure:
                    print("    " + failure.strip().splitlines()[-1], flush=True)
    finally:
        shared.close()
    return outcome


def _run_one(test, kind, shared):
    """None, or why it failed."""
    try:
        if not test.shared:
            test.function(kind, *test.arguments)
            return None
        bus = shared.get(test.module)
        test.function(bus, *test.arguments)
        if not bus.alive():
            return f"the bus died, exit status {bus.process.returncode}\n"
        return None
    except (Exception, BusDidNotStart):  # pylint: disable=broad-except
        return traceback.format_exc()


def _record(outcome, test, kind, failure):
    reason = test.mark("differences", kind)
    if failure and reason:
        outcome.decided.append((test, reason))
    elif failure:
        outcome.failed.append((test, failure))
    elif reason:
        outcome.failed.append((test,
                               f"behaves as headway does, though declared different: {reason}"))
    else:
        outcome.passed += 1


def run(kinds, modules, substring="", verbose=False):
    """Runs everything, prints the report; the exit status."""
    tests = collect(modules, substring)
    passed = failed = 0
    for kind in kinds:
        try:
            outcome = run_on(kind, tests, verbose)
        except NotInstalled as e:
            print(f"\n{e}: its {len(tests)} tests count as failed")
            failed += len(tests) or 1
            continue
        _print(kind, outcome)
        passed += outcome.passed + len(outcome.decided)
        failed += len(outcome.failed)
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


def _print(kind, outcome):
    print(f"\n== {kind}: {outcome.passed} as expected, {len(outcome.decided)} decided differences, "
          f"{len(outcome.skipped)} not applicable, {len(outcome.failed)} unexpected "
          f"(slowest {outcome.slowest[0]:.2f} s: {outcome.slowest[1]})")
    for title, rows in (("decided", outcome.decided), ("not applicable", outcome.skipped)):
        for test, reason in rows:
            print(f"{title:>14}  {' '.join(test.ids)}  {test.name}: {reason}")
    for test, text in outcome.failed:
        print(f"    UNEXPECTED  {' '.join(test.ids)}  {test.module.__name__}: {test.name}")
        print("        " + text.strip().replace("\n", "\n        "))
