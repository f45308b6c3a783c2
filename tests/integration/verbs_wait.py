# SPDX-License-Identifier: MIT
"""headway wait and headway run."""

import contextlib
import json
import os
import signal
import socket
import threading

from tests.integration.companions import headway
from tests.integration.support import Program, daemon_in_path, peer, run
from tests.integration.verbs import documents, fault, verb
from tests.lib import expect, message
from tests.lib.buses import headwayd_path, start_bus, temporary_directory
from tests.lib.runner import cases

NAME = "org.example.Awaited"


@contextlib.contextmanager
def waiting(bus, *arguments):
    """A `headway wait --json` that waits: it listens already."""
    with bus.client() as monitor:
        monitor.call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                     "org.freedesktop.DBus.Monitoring", "BecomeMonitor", "asu",
                     ["interface='org.freedesktop.DBus',member='AddMatch'"], 0)
        with Program(headway(), "wait", "--json", *arguments, bus=bus) as program:
            monitor.next_call("AddMatch")
            yield program


def end_of(program):
    """What it printed as it ended well."""
    expect.equal(program.wait(), 0)
    return json.loads(program.out.text())


def test_wait_ends_when_a_name_comes(kind):
    with start_bus(kind) as bus, bus.client() as client, waiting(bus, NAME) as program:
        client.request_name(NAME)
        expect.equal(end_of(program), {"name": NAME, "owner": client.name})


def test_wait_hears_of_a_name_that_comes_while_it_asks(_kind):
    with temporary_directory() as directory, \
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        path = os.path.join(directory, "bus")
        listener.bind(path)
        listener.listen()
        thread = threading.Thread(target=serve_with_a_change, args=(listener,), daemon=True)
        thread.start()
        expect.equal(documents("wait", NAME, "--address", f"unix:path={path}"),
                     [{"name": NAME, "owner": ":1.7"}])
        thread.join()


def serve_with_a_change(listener):
    """A bus for one peer, whose word that nobody owns a name arrives with that of an owner."""
    sock = listener.accept()[0]
    with sock, sock.makefile("rwb") as stream:
        stream.read(1)
        while not (line := stream.readline()).startswith(b"BEGIN"):
            stream.write(b"OK " + b"1" * 32 + b"\r\n" if line.startswith(b"AUTH")
                         else b"AGREE_UNIX_FD\r\n")
            stream.flush()
        serial = 0
        while head := stream.read(16):
            call = message.Message.parse(
                head + stream.read(message.Message.size(head) - len(head)))
            for answer in answers_with_a_change(call):
                serial += 1
                answer.serial = serial
                stream.write(answer.pack())
            stream.flush()  # all of them at once


def answers_with_a_change(call):
    from_bus = {"sender": message.BUS_NAME, "destination": ":1.5"}
    if call.member == "GetNameOwner":
        return [message.error(call, "org.freedesktop.DBus.Error.NameHasNoOwner", **from_bus),
                message.signal(message.BUS_PATH, message.BUS_NAME, "NameOwnerChanged", "sss",
                               (NAME, "", ":1.7"), sender=message.BUS_NAME)]
    values = {"Hello": ("s", (":1.5",)), "AddMatch": ("", ())}.get(call.member, ("as", ([],)))
    return [message.reply(call, *values, **from_bus)]


def test_wait_ends_when_a_name_goes(kind):
    with start_bus(kind) as bus, bus.client() as client:
        client.request_name(NAME)
        with waiting(bus, "--gone", NAME) as program:
            client.release_name(NAME)
            expect.equal(end_of(program), {"name": NAME})


def test_what_is_so_already_is_not_waited_for(bus):
    with bus.client() as client:
        client.request_name(NAME)
        expect.equal(documents("wait", NAME, bus=bus), [{"name": NAME, "owner": client.name}])
        expect.equal(verb("wait", "Awaited", bus=bus), "")
        client.release_name(NAME)
        expect.equal(verb("wait", "--gone", NAME, bus=bus), "")


@cases(
    ("by its member", ["--signal=Rang"]),
    ("by its interface", ["--signal", "Bell1.Rang"]),
    ("of an object", ["-s", "org.example.Bell1.Rang", "/bell"]),
)
def test_wait_ends_at_a_signal(kind, arguments):
    with start_bus(kind) as bus, bus.client() as client:
        client.request_name(NAME)
        with waiting(bus, NAME, *arguments) as program:
            client.emit("/bell", "org.example.Bell1", "Hummed")
            client.emit("/bell", "org.example.Bell1", "Rang", "su", "x", 5)
            expect.equal(end_of(program), {"path": "/bell", "interface": "org.example.Bell1",
                                           "signal": "Rang", "type": "su", "data": ["x", 5]})


def test_other_signals_are_passed_over(kind):
    with start_bus(kind) as bus, bus.client() as client:
        client.request_name(NAME)
        with waiting(bus, NAME, "/bell", "-s", "Bell1.Rang") as program:
            client.emit("/other", "org.example.Bell1", "Rang")
            client.emit("/bell", "org.example.Other", "Rang")
            client.emit("/bell", "org.example.Bell1", "Rang", "s", "this")
            expect.equal(end_of(program)["data"], ["this"])


@cases(
    ("a value", ["-p", "Level=0x7"], [5, 7], 7),
    ("any other value", ["-p", "Lamp1.Level"], [4], 4),
    ("an object's", ["-p", "org.example.Lamp1.Level=7", "/org/example/Lamp"], [7], 7),
)
def test_wait_ends_when_a_property_has_the_value(kind, arguments, levels, wanted):
    with start_bus(kind) as bus, peer("lamp.py", bus=bus), \
            waiting(bus, "org.example.Lamp", *arguments) as program:
        for level in levels:
            verb("set", "Lamp", "Level", level, bus=bus)
        expect.equal(end_of(program), {"path": "/org/example/Lamp",
                                       "interface": "org.example.Lamp1", "property": "Level",
                                       "type": "u", "data": wanted})


def test_a_property_that_has_the_value_is_not_waited_for(kind):
    with start_bus(kind) as bus, peer("lamp.py", bus=bus):
        expect.equal(verb("wait", "-p", "Modes=day,night", "Lamp", bus=bus), "day\nnight\n")


@cases(
    ("a name", 5, [NAME], f"{NAME} did not come within 0.01 s; --timeout sets how long to wait"),
    ("a name to go", 5, ["--gone", "org.freedesktop.DBus"],
     "org.freedesktop.DBus did not go within 0.01 s; --timeout sets how long to wait"),
    ("a signal", 5, ["-s", "Rang", NAME],
     f"{NAME} did not send Rang within 0.01 s; --timeout sets how long to wait"),
    ("a short name of nobody", 4, ["Awaited"], 'no service on the session bus or the system bus '
     'is called like "Awaited"; `headway ls` lists them'),
    ("two things", 2, ["--gone", "-s", "Rang", NAME],
     "--gone, --signal and --property are different things to wait for"),
    ("no signal", 2, ["-s", "a-b", NAME], "--signal=a-b: that is no name of a signal"),
)
def test_wait_does_not_wait_for(bus, status, arguments, wanted):
    limit = ["-t", "10ms"] if status == 5 else []
    expect.equal(fault(status, "wait", *limit, *arguments, bus=bus), wanted)


# run


def on_own_bus(directory):
    """An environment in which headwayd is found, and no other bus."""
    path = os.path.join(directory, "path")
    os.makedirs(path)
    os.symlink(headwayd_path(), os.path.join(path, "headwayd"))
    return {"PATH": f"{path}:{os.environ['PATH']}", "HEADWAY": headway()}


@cases(
    ("its output", "$HEADWAY call DBus NameHasOwner org.freedesktop.DBus", 0, "true\n"),
    ("its status", "exit 7", 7, ""),
    ("a signal's", "kill -15 $$", 143, ""),
    ("its options", "echo $0 $1 --json", 0, "--json --bus=x --json\n"),
)
def test_run_runs_a_command_on_a_bus_of_its_own(_kind, script, status, wanted):
    with temporary_directory() as directory:
        done = run(headway(), "run", "sh", "-c", script, "--json", "--bus=x", status=status,
                   env=on_own_bus(directory))
        expect.equal(done.stdout, wanted)


def test_run_takes_another_bus(kind):
    with temporary_directory() as directory:
        done = run(headway(), "run", "--bus=dbus-daemon", headway(), "ls", "--json",
                   env={"PATH": daemon_in_path(directory, headwayd_path())})
        names = [json.loads(line)["name"] for line in done.stdout.splitlines()]
        expect.contains(names, "org.freedesktop.DBus")


def test_run_says_what_cannot_be_started(_kind):
    with temporary_directory() as directory:
        env = on_own_bus(directory)
        expect.equal(fault(127, "run", "/dev/null/program", env=env),
                     "failed to exec '/dev/null/program': Not a directory")
        done = run(headway(), "run", "--bus=/dev/null/program", "true", status=127, env=env)
        expect.contains(done.stderr, "headway run: failed to execute message bus daemon "
                        "'/dev/null/program': Not a directory\n")
        expect.equal(fault(2, "run"), "COMMAND is missing; see: headway help run")


def test_run_passes_on_what_asks_it_to_end(_kind):
    with temporary_directory() as directory:
        script = "trap 'echo ended; exit 3' TERM; echo ready; while :; do sleep 0.1; done"
        with Program(headway(), "run", "sh", "-c", script, env=on_own_bus(directory)) as program:
            program.wait_for("ready\n")
            program.kill(signal.SIGTERM)
            expect.equal(program.wait(), 3)
            expect.equal(program.out.text(), "ready\nended\n")
