#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""run.py BUS_PROGRAM COMMAND...: run a command on a private session bus of its own.

Ends with the command's status, 128+n if signal n killed it, 127 if it or the bus cannot start.
Signals sent to us go on to the command; the bus and its directory are gone when we are.
"""

import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile

import session_bus

CANNOT_START = 127
BUS_START_SECONDS = 20
BUS_STOP_SECONDS = 5
SENT_BY_KERNEL = 0x80  # si_code of a signal that the terminal sent: the command has it already
PR_SET_PDEATHSIG = 1

# What names a bus to a client, or tells a service who started it: none of it is ours to inherit.
BUS_VARIABLES = (
    "DBUS_SESSION_BUS_ADDRESS",
    "DBUS_SESSION_BUS_PID",
    "DBUS_SESSION_BUS_WINDOWID",
    "DBUS_STARTER_ADDRESS",
    "DBUS_STARTER_BUS_TYPE",
)
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def say(text):
    print(f"dev run: {text}", file=sys.stderr, flush=True)


class CannotStart(Exception):
    pass


def make_directory():
    """A private directory whose path leaves room for a socket's name (108 bytes in all)."""
    parent = tempfile.gettempdir()
    return tempfile.mkdtemp(prefix="headway-run-", dir=parent if len(parent) < 70 else "/tmp")


def die_with(parent_pid, mask):
    """In the bus, before exec: its parent's death, even by SIGKILL, is its own."""
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent_pid:
        os._exit(CANNOT_START)


def start_bus(program, directory, environment, mask):
    """Returns the bus as a process, and its address once it listens."""
    configuration = os.path.join(directory, "session.conf")
    with open(configuration, "w", encoding="utf-8") as file:
        file.write(session_bus.configuration(os.path.join(directory, "bus"),
                                             "<standard_session_servicedirs/>"))
    readable, writable = os.pipe()
    own_pid = os.getpid()
    try:
        bus = subprocess.Popen(
            [program, f"--config-file={configuration}", "--nofork", "--nopidfile", "--nosyslog",
             f"--print-address={writable}"],
            stdin=subprocess.DEVNULL,
            pass_fds=(writable,),
            env=environment,
            start_new_session=True,  # a Ctrl-C at the terminal is for the command only
            preexec_fn=lambda: die_with(own_pid, mask),
        )
    except OSError as error:
        raise CannotStart(f"cannot start the bus: {error}") from error
    finally:
        os.close(writable)
    with os.fdopen(readable, "rb", buffering=0) as pipe:
        address = read_line(pipe, BUS_START_SECONDS)
    if not address:
        stop(bus)
        raise CannotStart(f"the bus {program} did not start (status {bus.returncode})")
    return bus, address


def read_line(pipe, seconds):
    line = b""
    while not line.endswith(b"\n"):
        if not select.select([pipe], [], [], seconds)[0]:
            return ""
        piece = pipe.read(4096)
        if not piece:
            return ""
        line += piece
    return line.decode().strip()


def stop(bus):
    if bus.poll() is None:
        bus.terminate()
    try:
        bus.wait(BUS_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        say(f"the bus (pid {bus.pid}) does not stop; killing it")
        bus.kill()
        bus.wait()


def start_command(command, environment, mask):
    try:
        return subprocess.Popen(
            command,
            env=environment,
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, mask),
        )
    except OSError as error:
        raise CannotStart(f"cannot start {command[0]}: {error.strerror}") from error


def wait_for(command, bus):
    """Returns the command's status, passing on to it what is sent to us."""
    bus_seen_dead = False
    while command.poll() is None:
        if bus.poll() is not None and not bus_seen_dead:
            bus_seen_dead = True
            say(f"the bus ended before the command (status {bus.returncode})")
        received = signal.sigwaitinfo((signal.SIGCHLD, *PASSED_ON))
        if received.si_signo != signal.SIGCHLD and received.si_code != SENT_BY_KERNEL:
            command.send_signal(received.si_signo)
    return command.returncode if command.returncode >= 0 else 128 - command.returncode


def main(arguments):
    if len(arguments) < 2:
        say("usage: ./dev run [--] COMMAND...")
        return 2
    program, command_line = arguments[0], arguments[1:]
    # Blocked from here on: they are taken in wait_for(), and never in the middle of cleaning up.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGCHLD, *PASSED_ON))
    environment = {k: v for k, v in os.environ.items() if k not in BUS_VARIABLES}
    directory = make_directory()
    bus = None
    try:
        bus, address = start_bus(program, directory, environment, mask)
        environment["DBUS_SESSION_BUS_ADDRESS"] = address
        return wait_for(start_command(command_line, environment, mask), bus)
    except CannotStart as error:
        say(error)
        return CANNOT_START
    finally:
        if bus:
            stop(bus)
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
