# SPDX-License-Identifier: MIT
"""Which part may know which: the direction of dependency, who may use which library, and what a
pure module must not touch. The table is that of CONTRIBUTING.md and ARCHITECTURE.md."""

import re

from lint_source import Finding

# What each module may include, besides itself.
MODULES = {
    "base": (),
    "sandbox": ("base",),
    "wire": ("base",),
    "broker": ("base", "wire"),
    "config": ("base", "wire", "broker"),
    "io": ("base",),
    "lsm": ("base", "wire", "broker"),
    "launch": ("base", "wire", "config", "io"),
    "daemon": ("base", "wire", "broker", "config", "io", "lsm", "launch", "sandbox"),
    "client": ("base", "wire", "io"),
    "authority": ("base", "sandbox", "wire", "io", "client"),
    "machined": ("base", "wire", "io", "client"),
    "tool": ("base", "wire", "io", "client", "authority"),
    "testing": ("base", "wire", "broker", "config", "io", "client"),
}
# If the simulation needs more, the core has leaked.
SIMULATION = ("base", "wire", "broker")

# Adapters to the loops of other libraries: headers that link nothing.
LOOPS = "include/headway/loops/"

# A library's headers, and the places that may include them.
LIBRARIES = (
    (r"expat\.h", ("src/base/xml.cc",)),
    (r"seccomp\.h", ("src/sandbox/", "src/daemon/sandbox.cc", "src/authority/worker_sandbox.cc")),
    (r"linux/(?:seccomp|landlock|filter|audit)\.h", ("src/sandbox/",)),
    (r"duktape\.h", ("src/authority/script_", )),
    (r"selinux/.*", ("src/lsm/selinux_host.cc",)),
    (r"sys/apparmor\.h", ("src/lsm/apparmor_host.cc",)),
    (r"libaudit\.h", ("src/lsm/audit_log.cc",)),
    (r"systemd/.*", ("src/daemon/", "src/launch/", LOOPS, "tests/", "bench/")),
    (r"sys/epoll\.h", ("src/io/", LOOPS, "tests/", "bench/")),
    (r"glib.*", (LOOPS, "tests/", "bench/")),
    (r"dbus/.*|gio/.*|sdbus-c\+\+/.*", ("tests/", "bench/")),
    (r"benchmark/.*", ("bench/",)),
)
TEST_LIBRARIES = re.compile(r"(?:gtest|gmock|rapidcheck)(?:/.*|\.h)")

# Bytes in and meaning out, or events in and effects out: no system call, clock, or chance.
PURE = ("src/wire/", "src/broker/")
IMPURE_HEADER = re.compile(
    r"unistd\.h|fcntl\.h|poll\.h|signal\.h|pwd\.h|grp\.h|time\.h|sys/.*|linux/.*|netinet/.*|arpa/.*"
    r"|random|ctime|csignal|cstdlib|stdlib\.h|thread|mutex|atomic|future|condition_variable"
    r"|fstream|iostream|filesystem|cstdio|stdio\.h")
IMPURE_CALL = re.compile(
    r"\b(?:steady_clock|system_clock|high_resolution_clock|utc_clock|clock_gettime|gettimeofday"
    r"|getrandom|getentropy|random_device|mt19937(?:_64)?|getenv|getpid|getuid)\b"
    r"|\b(?:std::|::)?(?:rand|time)\s*\(")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
LINKED = re.compile(r"\bheadway_(\w+)")
# Of what CMake files call headway_...
NOT_MODULES = ("module", "flags", "library_file", "shared_library")


def check(sources):
    paths = {source.path for source in sources}
    for source in sources:
        if source.is_cpp:
            for match in INCLUDE.finditer(source.text):
                for message in check_include(source, match.group(1), match.group(2), paths):
                    yield Finding(source.path, source.line_of(match.start()), message)
            yield from check_purity(source)
        elif source.path.endswith("/CMakeLists.txt"):
            yield from check_links(source)


def area(path):
    """(its name, the modules it may use), or None for one that may use any."""
    parts = path.split("/")
    if path.startswith("tests/sim/"):
        return "tests/sim", SIMULATION
    if parts[0] != "src" or len(parts) < 3:
        return None
    if parts[1] not in MODULES:
        return parts[1], ()
    return parts[1], (parts[1], *MODULES[parts[1]])


def check_include(source, quote, header, paths):
    if quote == '"':
        yield from check_own(source, header, paths)
    else:
        yield from check_foreign(source, header)


def check_own(source, header, paths):
    if not any(f"{root}/{header}" in paths for root in ("src", "include")):
        beside = f"{source.path.rpartition('/')[0]}/{header}"
        if source.path.startswith("src/") or beside not in paths:
            yield f'"{header}" is not a header of ours; name it as "module/file.h"'
        return
    module = header.split("/")[0]
    place = area(source.path)
    if place and module in MODULES and module not in place[1]:
        yield f"{place[0]} may not depend on {module}"


def check_foreign(source, header):
    for pattern, places in LIBRARIES:
        if re.fullmatch(pattern, header) and not source.path.startswith(places):
            yield f"<{header}> is only for {', '.join(places)}"
    if TEST_LIBRARIES.fullmatch(header) and not source.is_test:
        yield f"<{header}> is only for tests"
    if source.path.startswith(PURE) and not source.is_test and IMPURE_HEADER.fullmatch(header):
        yield f"<{header}> in a module that makes no system call and reads no clock"


def check_purity(source):
    if source.path.startswith(PURE) and not source.is_test:
        for match in IMPURE_CALL.finditer(source.code):
            yield Finding(source.path, source.line_of(match.start()),
                          f"{match.group().strip(' (')} in a module that makes no system call and "
                          "reads no clock")


def check_links(source):
    place = area(source.path)
    if not place:
        return
    if place[0] not in MODULES and place[1] == ():
        yield Finding(source.path, 1, f"{place[0]} is not in the table of scripts/lint_includes.py")
    for match in LINKED.finditer(re.sub(r"#[^\n]*", blank_comment, source.text)):
        if match.group(1) not in (*NOT_MODULES, *place[1]):
            yield Finding(source.path, source.line_of(match.start()),
                          f"{place[0]} may not link {match.group(1)}")


def blank_comment(match):
    return " " * len(match.group())
