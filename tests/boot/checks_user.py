# SPDX-License-Identifier: MIT
"""Users: sessions, a systemd for each, and its bus."""

from tests.boot.checks_system import PROGRAMS, main_pid, processes
from tests.boot.machine import USER, WHO
from tests.lib import expect


def test_enable_linger_starts_the_systemd_of_a_user(machine):
    machine.run("loginctl", "enable-linger", USER)
    uid = machine.output("id", "--user", USER)
    machine.eventually("the user's systemd", lambda: machine.run(
        "systemctl", "is-active", f"user@{uid}.service", status=None).returncode == 0)
    state = machine.output("systemctl", "--user", "is-system-running", "--wait", user=USER)
    expect.equal(state, "running")
    return f"user@{uid}.service; its is-system-running: {state}"


def test_a_login_is_a_session_while_it_lasts(machine):
    got = machine.output("systemd-run", "--wait", "--pipe", "--quiet", "--collect", f"--uid={USER}",
                         "--property=PAMName=login", "loginctl", "list-sessions", "--no-legend")
    expect.contains(got.split(), USER)
    return got.strip()


def test_the_user_bus_is_the_one_asked_for(machine):
    machine.run("busctl", "--user", "list", user=USER)  # it starts with its first client
    found = processes(machine, main_pid(machine, USER))
    count = 2 if machine.kind == "headwayd" else 1
    expect.equal([(program, user) for _, program, user in found],
                 [(PROGRAMS[machine.kind], USER)] * count)
    return f"{found}"


def test_busctl_lists_the_systemd_of_the_user(machine):
    rows = {line.split()[0]: line.split() for line in
            machine.output("busctl", "--user", "list", "--no-legend", user=USER).splitlines()}
    expect.equal(rows["org.freedesktop.systemd1"][2:4], ["systemd", USER])
    return f"{len(rows)} names; systemd1: {' '.join(rows['org.freedesktop.systemd1'])}"


def test_systemd_runs_a_command_for_a_caller_on_the_user_bus(machine):
    got = machine.output("systemd-run", "--user", "--wait", "--pipe", "--quiet", "--collect",
                         "id", "--user", "--name", user=USER)
    expect.equal(got, USER)
    return "systemd-run --user --wait --pipe: " + got


def test_the_user_bus_starts_a_service_itself(machine):
    got = machine.output("busctl", "--user", "call", "org.example.Session", *WHO, user=USER)
    expect.contains(got, f"user={USER} unit=dbus.service started-by=session")
    return got


def test_the_user_bus_starts_a_service_through_systemd(machine):
    got = machine.output("busctl", "--user", "call", "org.example.SessionUnit", *WHO, user=USER)
    expect.contains(got, f"user={USER} unit=boot-session.service started-by=systemd")
    return got


def test_the_user_bus_reloads(machine):
    before = main_pid(machine, USER)
    machine.run("systemctl", "--user", "reload", "dbus.service", user=USER)
    expect.equal(main_pid(machine, USER), before)
    return f"systemctl --user reload dbus.service; still process {before}"
