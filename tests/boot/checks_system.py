# SPDX-License-Identifier: MIT
"""The machine is up, with the right system bus; systemd's tools work on it."""

import re

from tests.boot.machine import USER
from tests.lib import expect
from tests.lib.runner import requirement, skip_on

PROGRAMS = {"headwayd": "/usr/bin/headwayd", "dbus-daemon": "/usr/bin/dbus-daemon"}


def main_pid(machine, user=None):
    """The process of the system bus, or of a user's, that systemd started."""
    manager = "--system" if user is None else "--user"
    return machine.output("systemctl", manager, "show", "--property=MainPID", "--value",
                          "dbus.service", user=user)


def processes(machine, pid):
    """(pid, program, user) of a process of the machine and of its children."""
    listed = machine.output("ps", "--no-headers", "-o", "pid:1,ppid:1,user:32", "-e")
    rows = [line.split() for line in listed.splitlines()]
    return [(int(each), machine.output("readlink", f"/proc/{each}/exe"), user)
            for each, parent, user in rows if pid in (each, parent)]


def test_it_reaches_multi_user_without_a_failed_unit(machine):
    failed = machine.output("systemctl", "list-units", "--failed", "--no-legend", "--plain")
    expect.equal(failed, "")
    state = machine.output("systemctl", "is-system-running", "--wait")
    expect.equal(state, "running")
    expect.equal(machine.output("systemctl", "is-active", "multi-user.target"), "active")
    return f"is-system-running: {state}; no failed unit"


def test_the_system_bus_is_the_one_asked_for(machine):
    found = processes(machine, main_pid(machine))
    programs = [(program, user) for _, program, user in found]
    count = 2 if machine.kind == "headwayd" else 1
    expect.equal(programs, [(PROGRAMS[machine.kind], "messagebus")] * count)
    return f"{found}"


def test_the_system_bus_goes_late_when_memory_is_short(machine):
    # What the unit asks for; a container may lack the privilege to have it.
    got = machine.output("systemctl", "show", "--property=OOMScoreAdjust", "dbus.service")
    expect.equal(got, "OOMScoreAdjust=-900")
    return got


@skip_on("dbus-daemon", "tells systemd no status")
@requirement("CONF-037")
def test_systemctl_shows_how_many_the_system_bus_serves(machine):
    got = machine.output("systemctl", "show", "--property=StatusText", "dbus.service")
    expect.true(re.fullmatch(r"StatusText=Serving [1-9]\d* connections?", got), got)
    return got


def test_busctl_lists_systemd_and_logind(machine):
    rows = {line.split()[0]: line.split()
            for line in machine.output("busctl", "list", "--no-legend").splitlines()}
    expect.equal(rows["org.freedesktop.systemd1"][1:4], ["1", "systemd", "root"])
    expect.equal(rows["org.freedesktop.login1"][5], "systemd-logind.service")
    return f"{len(rows)} names; login1: {' '.join(rows['org.freedesktop.login1'])}"


def test_busctl_tree_and_status_work(machine):
    tree = machine.output("busctl", "tree", "--list", "org.freedesktop.login1")
    expect.contains(tree.splitlines(), "/org/freedesktop/login1")
    status = machine.output("busctl", "status", "org.freedesktop.login1")
    expect.contains(status, "Unit=systemd-logind.service")
    return f"{len(tree.splitlines())} objects of login1; its status names its unit"


def test_busctl_monitor_sees_a_call(machine):
    monitor = machine.background("busctl", "monitor", "org.freedesktop.hostname1")
    try:
        first = monitor.stdout.readline()
        expect.contains(first, "Monitoring bus message stream")
        machine.run("hostnamectl", "hostname")
        seen = ""
        while "Member=Get" not in seen:
            line = monitor.stdout.readline()
            expect.true(line, f"busctl monitor ended: {seen}")
            seen += line
    finally:
        monitor.kill()
        monitor.wait()
        monitor.stdout.close()
    return next(line.strip() for line in seen.splitlines() if "Member=Get" in line)


def test_hostnamectl_sets_the_host_name(machine):
    before = machine.output("hostnamectl", "hostname")
    machine.run("hostnamectl", "set-hostname", "another-name")
    got = machine.output("hostnamectl", "--static"), machine.output("cat", "/etc/hostname")
    machine.run("hostnamectl", "set-hostname", before)
    expect.equal(got, ("another-name", "another-name"))
    return f"{before} -> {got[0]}, in /etc/hostname too"


def test_timedatectl_sets_the_time_zone(machine):
    machine.run("timedatectl", "set-timezone", "Europe/Vienna")
    got = machine.output("timedatectl", "show", "--property=Timezone", "--value")
    machine.run("timedatectl", "set-timezone", "Etc/UTC")
    expect.equal(got, "Europe/Vienna")
    return f"Timezone={got}"


def test_localectl_sets_the_locale(machine):
    machine.run("localectl", "set-locale", "LANG=C.UTF-8", "LC_TIME=C")
    got = machine.output("localectl", "status")
    expect.contains(got, "LC_TIME=C")
    return got.splitlines()[0].strip() + " " + got.splitlines()[1].strip()


def test_machinectl_lists_no_machine_and_shows_the_host(machine):
    expect.equal(machine.output("machinectl", "list"), "No machines.")
    got = machine.output("machinectl", "show", ".host", "--property=State", "--property=Class")
    expect.contains(got, "State=running")
    return "No machines; .host: " + " ".join(got.splitlines())


def test_machinectl_opens_a_shell(machine):
    got = machine.output("machinectl", "--quiet", "shell", f"{USER}@", "/usr/bin/id", "--user",
                         "--name")
    expect.equal(got.split(), [USER])
    return f"id in the shell: {got.strip()}"


def test_pkaction_lists_the_actions_of_systemd(machine):
    actions = machine.output("pkaction").splitlines()
    expect.contains(actions, "org.freedesktop.login1.reboot")
    return f"{len(actions)} actions"


def test_pkcheck_lets_root_and_not_a_user_reboot(machine):
    may_reboot = ("pkcheck", "--action-id", "org.freedesktop.login1.reboot", "--process")
    machine.run(*may_reboot, "1")
    sleeper = machine.background("sleep", "infinity", user=USER)
    try:
        pid = machine.eventually("a process of the user", lambda: machine.run(
            "pgrep", "--newest", "--euid", USER, "--exact", "sleep", status=None).stdout.strip())
        refused = machine.run(*may_reboot, pid, status=None)
    finally:
        machine.run("pkill", "--exact", "--euid", USER, "sleep", status=None)
        sleeper.wait()
        sleeper.stdout.close()
    # 1: no; 2: only with authentication.
    expect.true(refused.returncode in (1, 2), f"exit status {refused.returncode}: {refused.stdout}")
    return f"root: 0; {USER}: {refused.returncode} ({' '.join(refused.stdout.split())[:60]})"


def test_polkit_keeps_a_user_from_renaming_the_host(machine):
    done = machine.run("hostnamectl", "set-hostname", "mine", user=USER, status=1)
    expect.contains(done.stdout, "nteractive authentication required")
    return done.stdout.strip()


def test_systemd_runs_a_command_for_a_caller_on_the_bus(machine):
    got = machine.output("systemd-run", "--wait", "--pipe", "--quiet", "--collect",
                         "id", "--user", "--name")
    expect.equal(got, "root")
    return "systemd-run --wait --pipe: " + got
