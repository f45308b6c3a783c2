# SPDX-License-Identifier: MIT
"""Section 10.4: dbus-run-session and dbus-launch beside Debian's."""

import contextlib
import os
import re
import signal
import struct

from tests.integration.companions import Case, ours, run_both
from tests.integration.support import Program, children, disappears, ends, find, run
from tests.lib import expect
from tests.lib.buses import config, temporary_directory, write_file
from tests.lib.client import Client
from tests.lib.runner import cases, requirement

CONFIG = {"bus.conf": config(bus_type="session")}
USES_CONFIG = "--config-file=@DIR@/bus.conf"
TEXT_IS_OURS = "the text is our own"
# What the bus itself says on stderr differs from run to run.
BUS_TALKS = {"stderr": False}
SHOW = "env | grep ^DBUS_ | sort; exit 7"
OLD_VARIABLES = {"DBUS_SESSION_BUS_PID": "1", "DBUS_SESSION_BUS_WINDOWID": "2",
                 "DBUS_STARTER_ADDRESS": "3", "DBUS_STARTER_BUS_TYPE": "4"}


def with_bus(*arguments, **more):
    return Case((USES_CONFIG, *arguments), CONFIG, finish=remove_socket, **{**BUS_TALKS, **more})


def remove_socket(place):
    """dbus-daemon leaves it if it is told to end before it is prepared for that."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(place + "/bus")


# dbus-run-session


@requirement("TOOL-025", "TOOL-026")
@cases(
    ("the environment", with_bus("sh", "-c", SHOW, status=7, env=OLD_VARIABLES)),
    ("dashes", with_bus("--", "sh", "-c", "exit 3", status=3)),
    ("a signal", with_bus("sh", "-c", "kill -TERM $$", status=143)),
    ("a file in two words", Case(("--config-file", "@DIR@/bus.conf", "true"), CONFIG,
                                 finish=remove_socket, **BUS_TALKS)),
    ("options of the program", with_bus("echo", "--help", "--config-file=x")),
    ("no program to run", with_bus("/nonexistent", status=127,
                                   differs="Debian's exits with 1, against its own manual")),
    ("a directory to run", with_bus("/", status=127,
                                    differs="Debian's exits with 1, against its own manual")),
    ("no bus to run", Case(("--dbus-daemon=/nonexistent", "true"), status=127)),
    ("a bus in two words", Case(("--dbus-daemon", "/nonexistent", "true"), status=127)),
    ("a bus that ends", Case(("--dbus-daemon=true", "true"), status=127)),
    ("no configuration", Case(("--config-file=/nonexistent", "true"), status=127)),
    ("a bus without value", Case(("--dbus-daemon",), status=127)),
    ("a file without value", Case(("--config-file",), status=127)),
    ("nothing", Case((), status=127)),
    ("only dashes", Case(("--",), status=127)),
    ("another option", Case(("--bogus", "true"), status=127)),
    ("a dash", Case(("-", "true"), status=127)),
    ("help", Case(("--help", "--bogus"))),
    ("short help", Case(("-h",))),
    ("help too late", Case(("--bogus", "--help"), status=127)),
    ("version", Case(("--version",), differs=TEXT_IS_OURS, says="(headway)")),
)
def test_dbus_run_session_does_what_debians_does(_kind, case):
    run_both("dbus-run-session", case)


@requirement("TOOL-025")
@cases(("an address", "echo unix:path=/x >&$3; exec sleep 1000", 7, "ADDRESS=unix:path=/x\n"),
       ("more than an address", "echo unix:path=/x >&$3; echo y >&$3; exec sleep 1000", 7,
        "ADDRESS=unix:path=/x\n"),
       ("half an address", "printf unix:path >&$3", 127, "EOF reading address"))
def test_dbus_run_session_takes_the_first_line_of_the_bus_for_its_address(_kind, script, status,
                                                                          says):
    with bus_of_script(script) as place:
        done = run(ours("dbus-run-session"), f"--dbus-daemon={place}/bus", "sh", "-c", SHOW,
                   status=status)
    expect.contains(done.stdout + done.stderr, says)


@requirement("TOOL-026")
@cases(("is told to end", signal.SIGTERM, 143), ("is hung up on", signal.SIGHUP, 129),
       ("is interrupted", signal.SIGINT, 130))
def test_dbus_run_session_leaves_no_bus_behind_when_it(_kind, number, status):
    # Debian's ends at once then, and leaves program and bus to themselves.
    with temporary_directory() as place:
        write_file(place, "bus.conf", CONFIG["bus.conf"])
        with Program(ours("dbus-run-session"), f"--config-file={place}/bus.conf", "sh", "-c",
                     "echo up; exec sleep 1000") as session:
            session.wait_for("up\n")
            fds = [os.pidfd_open(pid) for pid in children(session.pid)]
            session.kill(number)
            expect.equal(session.wait(), status)
            for fd in fds:
                expect.true(ends(fd), "a process is left")
                os.close(fd)
        expect.equal(len(fds), 2)


@requirement("TOOL-026")
def test_a_killed_dbus_run_session_leaves_no_bus_behind(_kind):
    with bus_of_script("echo unix:path=/x >&$3; echo bus $$; exec sleep 1000") as place:
        with Program(ours("dbus-run-session"), f"--dbus-daemon={place}/bus", "cat") as session:
            session.wait_for("bus ")
            session.wait_for("\n")
            fd = os.pidfd_open(int(session.out.text().split()[1]))
            session.kill(signal.SIGKILL)
            expect.true(ends(fd), "the bus is left")
            os.close(fd)


@requirement("TOOL-026")
def test_a_program_goes_on_after_its_bus(_kind):
    with bus_of_script("echo unix:path=/x >&$3; exit 5") as place:
        with Program(ours("dbus-run-session"), f"--dbus-daemon={place}/bus", "sh", "-c",
                     "read word; exit 9") as session:
            session.err.wait_for("exited with code 5")
            session.process.stdin.write(b"go on\n")
            session.process.stdin.flush()
            expect.equal(session.wait(), 9)


@requirement("TOOL-025")
def test_dbus_run_session_runs_headwayd_where_there_is_no_dbus_daemon(_kind):
    with bus_of_script("echo unix:path=/x >&$3; exec sleep 1000") as place:
        os.rename(place + "/bus", place + "/headwayd")
        for name in ("sh", "sleep", "env", "grep", "sort"):
            os.symlink(find(name), os.path.join(place, name))
        done = run(ours("dbus-run-session"), "sh", "-c", SHOW, env={"PATH": place}, status=7)
    expect.equal(done.stdout, "DBUS_SESSION_BUS_ADDRESS=unix:path=/x\n")


@contextlib.contextmanager
def bus_of_script(script):
    """A directory with a program `bus`, which finds the descriptor for its address as $3."""
    with temporary_directory() as place:
        write_file(place, "bus", "#!/bin/sh\n" + script + "\n")
        os.chmod(place + "/bus", 0o755)
        yield place


# dbus-launch


LAUNCHED = {"bus.conf": config(bus_type="session", extra="<pidfile>@DIR@/pid</pidfile>")}


def end_launched(place):
    """Ends the bus that was started, and forgets its files."""
    with bus_process(place) as fd:
        if fd is not None:
            signal.pidfd_send_signal(fd, signal.SIGTERM)
            expect.true(ends(fd), "the bus goes on after SIGTERM")
    for name in os.listdir(place):
        if name != "bus.conf":
            os.unlink(os.path.join(place, name))


@contextlib.contextmanager
def bus_process(place):
    """The process that the pid file names, as a descriptor; None if it has ended."""
    try:
        with open(place + "/pid", encoding="ascii") as f:
            fd = os.pidfd_open(int(f.read()))
    except (FileNotFoundError, ProcessLookupError):
        yield None
        return
    try:
        yield fd
    finally:
        os.close(fd)


def launches(*arguments, **more):
    """A Case of dbus-launch that starts a bus; what it prints is compared as `shown`."""
    return Case((USES_CONFIG, *arguments), LAUNCHED, finish=end_launched,
                **{**BUS_TALKS, "shown": shown_text, **more})


def shown_text(text):
    return re.sub(r"(?<=BUS_PID=)\d+", "(pid)", text)


def shown_binary(text):
    """Address, NUL, pid_t, long."""
    address, _, rest = text.partition("\0")
    pid, window = struct.unpack("=iq", rest.encode("utf-8", "surrogateescape"))
    return (address, pid > 0, window)


@requirement("TOOL-027", "TOOL-028", "TOOL-029")
@cases(
    ("plain", launches()),
    ("sh", launches("--sh-syntax")),
    ("s", launches("-s")),
    ("csh", launches("--csh-syntax")),
    ("c", launches("-c")),
    ("auto for csh", launches("--auto-syntax", env={"SHELL": "/bin/tcsh"})),
    ("auto for another", launches("--auto-syntax", env={"SHELL": "/bin/zsh"})),
    ("auto for none", launches("--auto-syntax", env={"SHELL": None})),
    ("the last syntax", launches("--sh-syntax", "--csh-syntax")),
    ("binary", launches("--binary-syntax", shown=shown_binary)),
    ("binary first", launches("--binary-syntax", "--sh-syntax", shown=shown_binary)),
    ("stderr closed", launches("--close-stderr")),
    ("a program", launches("sh", "-c", SHOW, status=7, env=OLD_VARIABLES)),
    ("dashes", launches("--", "sh", "-c", "exit 3", status=3)),
    ("options of the program", launches("echo", "--help", "--config-file=x")),
    ("no program to run", launches("/nonexistent", status=1)),
    ("a file in two words", Case(("--config-file", "@DIR@/no", "--sh-syntax"), status=1)),
    ("no configuration", Case(("--config-file=@DIR@/no",), status=1)),
    ("no configuration, stderr closed", Case(("--close-stderr", "--config-file=@DIR@/no"),
                                             status=1)),
    ("a file without value", Case(("--config-file",), status=1)),
    ("X11 needed", Case(("--exit-with-x11",), status=1)),
    ("X11 needed to find a bus", Case(("--autolaunch=" + "0" * 32,), status=1)),
    ("not a machine", Case(("--autolaunch", "0"), status=1)),
    ("no session to exit with", launches(
        "--exit-with-session", status=1, says="no terminal on standard input",
        differs="Debian's says where the bus is, which then ends at once")),
    ("another option", Case(("--bogus",), status=1)),
    ("a dash", Case(("-",), status=1)),
    ("help", Case(("--help", "--bogus"))),
    ("short help", Case(("-?",))),
    ("version", Case(("--version",), differs=TEXT_IS_OURS, says="(headway)")),
)
def test_dbus_launch_does_what_debians_does(_kind, case):
    run_both("dbus-launch", case)


@requirement("TOOL-029")
def test_the_bus_of_a_program_that_cannot_run_ends(_kind):
    # Debian's leaves it.
    with temporary_directory() as place:
        write_file(place, "bus.conf", LAUNCHED["bus.conf"])
        run(ours("dbus-launch"), f"--config-file={place}/bus.conf", "/nonexistent", status=1)
        with bus_process(place) as fd:
            expect.true(fd is None or ends(fd), "the bus goes on")


@requirement("TOOL-027")
def test_the_bus_exits_with_the_terminal(_kind):
    ours_end, theirs = os.openpty()
    with temporary_directory() as place:
        write_file(place, "bus.conf", LAUNCHED["bus.conf"])
        run(ours("dbus-launch"), f"--config-file={place}/bus.conf", "--exit-with-session",
            stdin=theirs)
        with Client(f"unix:path={place}/bus") as c:
            c.sync()
            os.write(ours_end, b"typed\n")
            expect.equal(os.read(theirs, 100), b"typed\n", "the terminal was read")
            os.close(theirs)
            os.close(ours_end)
            c.wait_disconnect()
        expect.true(disappears(place + "/pid"), "the bus goes on")


@requirement("TOOL-027")
def test_the_bus_exits_with_the_program_if_there_is_no_terminal(_kind):
    with temporary_directory() as place:
        write_file(place, "bus.conf", LAUNCHED["bus.conf"])
        with Program(ours("dbus-launch"), f"--config-file={place}/bus.conf",
                     "--exit-with-session", "sh", "-c", "echo up; read word; exit 4") as program_:
            program_.wait_for("up\n")
            with Client(f"unix:path={place}/bus") as c:
                c.sync()
                program_.process.stdin.close()
                expect.equal(program_.wait(), 4)
                c.wait_disconnect()
        expect.true(disappears(place + "/pid"), "the bus goes on")
