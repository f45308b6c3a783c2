# SPDX-License-Identifier: MIT
"""Section 10.1: the command line. Section 7.6: the life and death of the two processes."""

import contextlib
import os
import select
import signal
import subprocess
import xml.etree.ElementTree

from tests.integration.attack import release_build
from tests.integration.support import (broker_pid, children, descriptors, ends, environment, run,
                                       until)
from tests.lib import expect
from tests.lib.buses import config, program, start_bus, temporary_directory, write_file
from tests.lib.client import TIMEOUT, Client, Disconnected
from tests.lib.runner import cases, requirement, skip_on

ONE_PROCESS = skip_on("dbus-daemon", "is one process")


def daemon(kind, *arguments, **options):
    """Runs the program to its end."""
    return subprocess.run([program(kind), *arguments], stdin=subprocess.DEVNULL, check=False,
                          capture_output=True, text=True, timeout=TIMEOUT, env=environment(),
                          **options)


@contextlib.contextmanager
def started(kind, *arguments, text=None, **options):
    """A bus by these arguments, @DIR@ replaced: (process, directory)."""
    with temporary_directory() as place:
        write_file(place, "bus.conf", config() if text is None else text)
        command = [program(kind), *(word.replace("@DIR@", place) for word in arguments)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, env=environment(),
                              **options) as process:
            try:
                yield process, place
            finally:
                if process.poll() is None:
                    process.terminate()
                process.communicate(timeout=TIMEOUT)


# The command line


@requirement("TOOL-001", "TOOL-002", "TOOL-003")
@skip_on("dbus-daemon", "starts, in the foreground", case="fork and nofork")
@cases(("an unknown option", ("--nonsense",)), ("no configuration", ()),
       ("two configurations", ("--session", "--system")),
       ("a configuration and a file", ("--session", "--config-file=/dev/null")),
       ("an argument that is no option", ("--session", "nonsense")),
       ("fork and nofork", ("--session", "--fork", "--nofork")),
       ("addresses printed twice", ("--session", "--print-address", "--print-address")),
       ("pids printed twice", ("--session", "--print-pid", "--print-pid")),
       ("a descriptor that is no number", ("--session", "--print-address=x")),
       ("a file option without one", ("--config-file",)))
def test_a_wrong_command_line_is_explained_and_fails(kind, arguments):
    done = daemon(kind, *arguments)
    expect.equal(done.returncode, 1, done.stderr)
    expect.true(done.stderr.strip() and not done.stdout, (done.stdout, done.stderr))


@requirement("TOOL-006")
@cases(("no file", "/nonexistent/bus.conf"), ("a directory", "/"), ("not XML", "/dev/null"))
def test_a_bus_that_cannot_start_says_so(kind, file):
    done = daemon(kind, f"--config-file={file}", "--nofork", "--print-address")
    expect.equal(done.returncode, 1)
    expect.contains(done.stderr, "Failed to start message bus: ")
    expect.equal(done.stdout, "")


@requirement("TOOL-005", "DRV-030")
def test_introspect_prints_what_the_bus_says_of_itself(kind):
    done = daemon(kind, "--introspect")
    expect.equal(done.returncode, 0)
    root = xml.etree.ElementTree.fromstring(done.stdout)
    names = {interface.get("name") for interface in root}
    expect.true({"org.freedesktop.DBus", "org.freedesktop.DBus.Monitoring"} <= names, names)
    methods = {method.get("name") for method in root.iter("method")}
    expect.true({"Hello", "RequestName", "AddMatch", "BecomeMonitor"} <= methods, methods)


@requirement("TOOL-001", "TOOL-006")
@cases(("version", "--version"), ("help", "--help"), ("-h", "-h"), ("-?", "-?"))
def test_version_and_help_are_printed(kind, option):
    done = daemon(kind, option)
    expect.equal(done.returncode, 0 if option == "--version" or kind == "headwayd" else
                 done.returncode)
    expect.true((done.stdout + done.stderr).strip(), "nothing was printed")


@requirement("TOOL-003", "SEEN-01")
def test_address_and_pid_are_printed_to_descriptors_that_are_closed_then(kind):
    readers, writers = zip(os.pipe(), os.pipe())
    with started(kind, "--config-file=@DIR@/bus.conf", "--nofork", "--nopidfile",
                 f"--print-address={writers[0]}", f"--print-pid={writers[1]}",
                 pass_fds=writers) as (process, place):
        for fd in writers:
            os.close(fd)
        texts = []
        for fd in readers:
            with os.fdopen(fd, encoding="ascii") as f:
                texts.append(f.read())  # to the end
        expect.true(texts[0].startswith(f"unix:path={place}/bus,guid="), texts)
        expect.equal(texts[1], f"{process.pid}\n")
        expect.true(process.poll() is None, "it has ended")


@requirement("TOOL-003")
@cases(("equals sign", ("--config-file=@DIR@/bus.conf",)),
       ("two words", ("--config-file", "@DIR@/bus.conf")))
def test_the_configuration_file_may_follow_as_a_word_of_its_own(kind, arguments):
    with started(kind, *arguments, "--nofork", "--nosyslog", "--print-pid=1",
                 "--print-address") as (process, place):
        address = process.stdout.readline()
        expect.true(address.startswith(f"unix:path={place}/bus,guid="), address)
        expect.equal(process.stdout.readline(), f"{process.pid}\n")


@requirement("TOOL-004")
def test_an_address_on_the_command_line_is_used_instead_of_the_configured_ones(kind):
    with started(kind, "--config-file=@DIR@/bus.conf", "--nofork", "--nosyslog",
                 "--address=unix:path=@DIR@/other", "--print-address") as (process, place):
        address = process.stdout.readline()
        expect.true(address.startswith(f"unix:path={place}/other,"), address)
        expect.true(not os.path.exists(place + "/bus"), "listens at the configured one too")
        with Client(address) as c:
            c.sync()


@requirement("TOOL-007")
def test_the_session_bus_of_a_user_starts_as_the_unit_of_debian_starts_it(kind):
    with started(kind, "--session", "--address=unix:path=@DIR@/bus", "--nofork", "--nopidfile",
                 "--systemd-activation", "--nosyslog", "--print-address") as (process, _):
        with Client(process.stdout.readline()) as c:
            c.sync()


@requirement("TOOL-002")
def test_a_configuration_may_be_a_descriptor(kind):
    with temporary_directory() as place:
        write_file(place, "x", config())
        fd = os.memfd_create("configuration", 0)
        with open(place + "/x", "rb") as f:
            os.write(fd, f.read())
        with started(kind, f"--config-file=/proc/self/fd/{fd}", "--nofork", "--nosyslog",
                     "--print-address", pass_fds=[fd]) as (process, _):
            with Client(process.stdout.readline()) as c:
                c.sync()
        os.close(fd)


# The processes


@requirement("PROC-005")
def test_a_bus_told_to_end_leaves_nothing_behind(kind):
    with start_bus(kind) as bus, bus.client() as c:
        processes = [os.pidfd_open(pid) for pid in {bus.pid, broker_pid(bus)}]
        c.request_name("org.example.A")
        bus.process.send_signal(signal.SIGTERM)
        c.wait_disconnect()
        expect.equal(bus.process.wait(TIMEOUT), 0)
        for fd in processes:
            expect.true(ends(fd), "a process is still there")
            os.close(fd)
        expect.equal(set(os.listdir(bus.dir)), {"bus.conf"})


@ONE_PROCESS
@requirement("PROC-005")
def test_a_signal_to_end_that_reaches_both_processes_ends_the_bus_cleanly(kind):
    with start_bus(kind) as bus, bus.client() as c:
        os.kill(broker_pid(bus), signal.SIGTERM)
        os.kill(broker_pid(bus), signal.SIGINT)
        c.sync()
        bus.process.send_signal(signal.SIGTERM)
        c.wait_disconnect()
        expect.equal(bus.process.wait(TIMEOUT), 0)
        expect.equal(set(os.listdir(bus.dir)), {"bus.conf"})


@ONE_PROCESS
def test_the_processes_are_two_and_keep_no_more_descriptors_than_they_need(kind):
    with start_bus(kind) as bus, bus.client() as c:
        expect.equal(len(children(bus.pid)), 1)
        before = [descriptors(pid) for pid in (bus.pid, broker_pid(bus))]
        expect.true(before[0] < 20 and before[1] < 20, f"descriptors: {before}")
        for _ in range(100):
            with bus.client() as other:
                other.sync()
        until(lambda: [descriptors(pid) for pid in (bus.pid, broker_pid(bus))] == before,
              "descriptors are left open", c)


@ONE_PROCESS
def test_the_broker_process_may_do_little(kind):
    with start_bus(kind) as bus:
        with open(f"/proc/{broker_pid(bus)}/status", encoding="ascii") as f:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
        expect.equal(status["NoNewPrivs"], "1")
        if status["Seccomp"] != "2":  # the kernel refuses it: then the bus must have said so
            expect.contains(bus.log.text(), "seccomp")


# Too few descriptors


@requirement("RES-016")
def test_a_bus_out_of_descriptors_serves_who_is_there_and_goes_on_later(kind):
    limits = {"max_connections_per_user": 1000, "max_incomplete_connections": 1000}
    with release_build(), start_bus(kind, config(limits=limits)) as bus, bus.client() as first:
        pid = broker_pid(bus)
        run("prlimit", f"--pid={pid}", f"--nofile={descriptors(pid) + 20}")
        crowd = [Client(bus.address, stage="socket") for _ in range(60)]
        for c in crowd:
            c.send(b"\0AUTH\r\n")
        for _ in range(100):
            first.sync()
        served = [c for c in crowd if select.select([c.sock], [], [], 0)[0]]
        expect.true(len(served) <= 20, f"{len(served)} of 60 were served")
        before = cpu_ticks(pid)
        for _ in range(20):
            first.sync()
        expect.true(cpu_ticks(pid) - before < 100, "it is busy although nothing is asked of it")
        for c in crowd[:50]:
            c.close()
        for c in crowd[50:]:
            with contextlib.suppress(Disconnected):
                expect.true(c.line().startswith("REJECTED"), "the late ones are not served")
            c.close()
        with bus.client() as last:
            last.sync()


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        words = f.read().rsplit(")", 1)[1].split()
    return int(words[11]) + int(words[12])
