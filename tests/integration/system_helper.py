# SPDX-License-Identifier: MIT
"""Section 8.4: the set-user-ID helper, ours and Debian's, each with the bus that it belongs to.

A helper reads only the configuration of the system bus, so each test has a mount namespace in which
another file lies at that place. Set-user-ID programs and other users take root to test."""

import contextlib
import grp
import json
import os
import pwd
import signal
import subprocess

from tests.integration.support import as_user, environment, find, launch_helper, peer_text
from tests.lib import expect
from tests.lib.buses import (config, service_file, start_bus, temporary_directory,
                             write_file)
from tests.lib.client import TIMEOUT
from tests.lib.runner import cases, differs, requirement

BUS_USER = "messagebus"  # which every system bus of Debian has
STANDARD_CONFIG = "/usr/share/dbus-1/system.conf"
STANDARD_ADDRESS = "unix:path=/run/dbus/system_bus_socket"
SERVICES = "<servicedir>@DIR@/first</servicedir><servicedir>@DIR@/second</servicedir>"
HELPER_CONFIG = f"<busconfig><user>{BUS_USER}</user>@LISTEN@{SERVICES}</busconfig>"
PATIENT = {"service_start_timeout": 600000}  # where everything shares two processors
STATUS_ONLY = differs("dbus-daemon", "its helper exits with 1 for whatever it has no status for")

# sh -c SCRIPT HELPER DIRECTORY COMMAND...: a set-user-ID copy of the helper, where the file system
# permits that, its configuration, and groups as groups() has them.
SCRIPT = f"""set -e
mount -t tmpfs -o mode=755 none "$1/suid"
cp "$0" "$1/suid/helper"
chown root:{BUS_USER} "$1/suid/helper"
chmod 4750 "$1/suid/helper"
mount --bind "$1/helper.conf" {STANDARD_CONFIG}
mount --bind "$1/group" /etc/group
shift
exec "$@"
"""


def with_helper(kind):
    expect.equal(os.geteuid(), 0, "only root can test a set-user-ID program; uid")
    return [find("unshare"), "--mount", "sh", "-c", SCRIPT, launch_helper(kind), "@DIR@"]


def groups():
    """The machine's /etc/group, and `nobody` is in two of its groups."""
    with open("/etc/group", encoding="utf-8") as f:
        lines = f.read().splitlines()
    for i, line in enumerate(lines):
        if line.startswith(("games:", "users:")):
            lines[i] += ("" if line.endswith(":") else ",") + "nobody"
    return "\n".join(lines) + "\n"


def files(services, helper_config=HELPER_CONFIG):
    """`services`: {path without ".service": text}."""
    more = {f"{path}.service": text for path, text in services.items()}
    return {"helper.conf": helper_config, "group": groups(), "suid/there": "",
            "started.py": peer_text("started.py"), **more}


@contextlib.contextmanager
def system_bus(kind, services, helper_config=HELPER_CONFIG, service_directories=SERVICES):
    text = config(limits=PATIENT, extra=f"<user>{BUS_USER}</user>{service_directories}"
                  "<servicehelper>@DIR@/suid/helper</servicehelper>")
    with start_bus(kind, text, files=files(services, helper_config),
                   inside=with_helper(kind)) as bus:
        yield bus


@contextlib.contextmanager
def helper_alone(kind, services, helper_config=HELPER_CONFIG, mode="4750"):
    """(directory, the start of a command line for which directory/suid/helper is the helper)."""
    with temporary_directory() as place:
        for name, text in files(services, helper_config).items():
            write_file(place, name, text)
        yield place, [word.replace("@DIR@", place).replace("4750", mode)
                      for word in with_helper(kind)]


def run_helper(kind, *arguments, services, user=BUS_USER, mode="4750", env=None):
    """Runs the helper as a bus does, or somebody; (exit status, stderr, stdout)."""
    with helper_alone(kind, services, mode=mode) as (place, inside):
        command = [*inside, *as_user(user, BUS_USER), place + "/suid/helper", *arguments]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=environment(**(env or {})), timeout=TIMEOUT, check=False)
        return done.returncode, done.stderr, done.stdout


def start(bus, name):
    with bus.client() as c:
        return c.bus("StartServiceByName", "su", name, 0)


def facts_of(bus, name):
    """Starts the service by calling it."""
    with bus.client() as c:
        return json.loads(c.call(name, "/", "org.example.Started1", "Facts"))


def started(name, user):
    return service_file(name, f"/usr/bin/python3 @DIR@/started.py {name} 'unix:path=@DIR@/bus'",
                        User=user)


# What a service is started as


@requirement("HELP-001", "HELP-005", "HELP-006")
@cases(("without more groups", "games", ()), ("with groups", "nobody", ("games", "users")),
       ("root", "root", ()))
def test_a_service_runs_as_its_user_with_the_groups_of_that_user(kind, user, more):
    account = pwd.getpwnam(user)
    wanted = sorted({account.pw_gid, *(grp.getgrnam(name).gr_gid for name in more)})
    with system_bus(kind, {"first/org.example.A": started("org.example.A", user)}) as bus:
        facts = facts_of(bus, "org.example.A")
        expect.equal(facts["uids"], [account.pw_uid] * 3)
        expect.equal(facts["gids"], [account.pw_gid] * 3)
        expect.equal(facts["groups"], wanted)
        expect.equal(facts["capabilities"] == 0, user != "root")
        expect.equal(facts["arguments"], ["org.example.A", "unix:path=" + bus.path("bus")])
        with bus.client() as c:
            expect.equal(c.bus("GetConnectionUnixUser", "s", "org.example.A"), account.pw_uid)


@requirement("HELP-003")
@differs("dbus-daemon", "does not believe the address that it is given: services find the bus only "
         "at the standard place")
def test_a_service_has_nothing_in_its_environment_but_its_bus(kind):
    with system_bus(kind, {"first/org.example.A": started("org.example.A", "nobody")}) as bus:
        expect.equal(facts_of(bus, "org.example.A")["environment"],
                     [f"DBUS_STARTER_ADDRESS={bus.addresses[0]}", "DBUS_STARTER_BUS_TYPE=system"])


TELL = service_file("org.example.A", "/bin/sh -c env", User="nobody")


@requirement("HELP-003")
@cases(("no address", {}), ("an address that executes a program",
                            {"DBUS_STARTER_ADDRESS": "unixexec:path=/tmp/evil"}))
def test_a_bus_that_says_no_proper_address_is_at_the_standard_place(kind, env):
    status, _, said = run_helper(kind, "org.example.A", services={"first/org.example.A": TELL},
                                 env={**env, "DBUS_STARTER_BUS_TYPE": "session", "OTHER": "x"})
    expect.equal(status, 0)
    expect.equal({line for line in said.splitlines() if not line.startswith("PWD=")},  # the shell's
                 {f"DBUS_STARTER_ADDRESS={STANDARD_ADDRESS}", "DBUS_STARTER_BUS_TYPE=system"})


@requirement("HELP-006")
@differs("dbus-daemon", "its helper passes on descriptors, umask and directory")
def test_nothing_that_the_bus_has_open_or_set_reaches_the_service(kind):
    service = {"first/org.example.A": started("org.example.A", "nobody")}
    with system_bus(kind, service) as bus:
        facts = facts_of(bus, "org.example.A")
        expect.equal(facts["descriptors"], [0, 1, 2])
        expect.equal(facts["stdin"], "/dev/null")
        expect.equal((facts["blocked"], facts["ignored"]), (0, 0))
        expect.equal((facts["umask"], facts["directory"]), (0o022, "/"))


# How it fails, as callers of the bus see it


def refused(kind, name, error, text="", **options):
    options = {"services": {}, **options}
    with system_bus(kind, **options) as bus:
        with expect.error(error, text):
            start(bus, name)
        return bus.log.text()


@requirement("HELP-001")
def test_without_user_the_helper_is_not_even_started(kind):
    refused(kind, "org.example.A", "Spawn.FileInvalid",
            services={"first/org.example.A": service_file("org.example.A", "/bin/true")})


@requirement("HELP-004", "HELP-007", "HELP-008")
@differs("dbus-daemon", "its helper exits with 1, or says that the permissions are wrong")
@cases(("not well-formed", "<busconfig>"), ("no configuration", "<nonsense/>"),
       ("unknown element", f"<busconfig><user>{BUS_USER}</user>@LISTEN@<nonsense/></busconfig>"),
       ("without user", f"<busconfig>@LISTEN@{SERVICES}</busconfig>"),
       ("user that does not exist",
        f"<busconfig><user>no-such-user</user>@LISTEN@{SERVICES}</busconfig>"))
def test_a_helper_that_cannot_use_the_configuration_starts_nothing(kind, text):
    log = refused(kind, "org.example.A", "Spawn.ConfigInvalid", helper_config=text,
                  services={"first/org.example.A": started("org.example.A", "nobody")})
    expect.contains(log, STANDARD_CONFIG)


@requirement("HELP-006", "HELP-007", "HELP-008")
@cases(("unknown", "no-such-user"), ("number", str(pwd.getpwnam("nobody").pw_uid)))
def test_a_user_that_nobody_knows_cannot_be_become(kind, user):
    refused(kind, "org.example.A", "Spawn.FailedToSetup",
            services={"first/org.example.A": started("org.example.A", user)})


@requirement("HELP-005", "HELP-007", "HELP-008")
@cases(("other directories", f"<busconfig><user>{BUS_USER}</user>@LISTEN@<servicedir>@DIR@/other"
        "</servicedir></busconfig>", "first/org.example.A"),
       ("a file with another name", HELPER_CONFIG, "first/org.example.a"))
def test_a_service_that_only_the_bus_finds_is_not_started(kind, helper_config, path):
    refused(kind, "org.example.A", "Spawn.ServiceNotFound", helper_config=helper_config,
            services={path: started("org.example.A", "nobody")})


@requirement("HELP-002", "HELP-007", "HELP-008")
def test_a_bus_that_is_not_the_configured_one_cannot_have_services_started(kind):
    refused(kind, "org.example.A", "Spawn.PermissionsInvalid",
            helper_config=HELPER_CONFIG.replace(BUS_USER, "nobody"),
            services={"first/org.example.A": started("org.example.A", "nobody")})


@requirement("HELP-005", "HELP-007", "HELP-008")
@STATUS_ONLY
@cases(("user", "User="), ("command", "Exec="))
def test_a_file_that_lacks_what_the_helper_needs_is_invalid(kind, key):
    text = started("org.example.A", "nobody") + "SystemdService=a.service\n"
    lacks = "".join(line for line in text.splitlines(True) if not line.startswith(key))
    refused(kind, "org.example.A", "Spawn.PermissionsInvalid",  # as HELP-008 has it
            service_directories="<servicedir>@DIR@/known</servicedir>",
            services={"first/org.example.A": lacks, "known/org.example.A": text})


@requirement("HELP-005", "HELP-007", "HELP-008")
def test_a_file_that_is_called_after_another_service_is_invalid(kind):
    refused(kind, "org.example.A", "Spawn.PermissionsInvalid",
            service_directories="<servicedir>@DIR@/known</servicedir>",
            services={"first/org.example.A": started("org.example.B", "nobody"),
                      "known/org.example.A": started("org.example.A", "nobody")})


@requirement("HELP-007", "HELP-008")
@cases(("no such program", "/no/such/program"), ("not for that user", "@DIR@/suid/helper"))
def test_a_program_that_cannot_be_executed_is_said_so(kind, command):
    log = refused(kind, "org.example.A", "Spawn.ExecFailed",
                  services={"first/org.example.A": service_file("org.example.A", command,
                                                                User="nobody")})
    if kind == "headwayd":
        expect.contains(log, "as nobody")


@requirement("HELP-007", "HELP-008")
@cases(("a status of its own", "exit 77", "Spawn.ChildExited"),
       ("a signal", "kill -9 $$", "Spawn.ChildSignaled"))
def test_how_the_service_itself_ends_is_told(kind, script, error):
    refused(kind, "org.example.A", error,
            services={"first/org.example.A": service_file("org.example.A",
                                                          f"/bin/sh -c '{script}'",
                                                          User="nobody")})


@requirement("HELP-005")
def test_a_broken_file_hides_no_later_one(kind):
    with system_bus(kind, {"first/org.example.A": "rubbish\n",
                           "second/org.example.A": started("org.example.A", "nobody")}) as bus:
        expect.equal(facts_of(bus, "org.example.A")["uids"][0], pwd.getpwnam("nobody").pw_uid)


# Whoever else executes it


FINE = {"first/org.example.A": service_file("org.example.A", "/bin/sh -c 'echo told'",
                                            User="root")}


@requirement("HELP-002", "HELP-007")
@cases(("another user", "nobody", "4750"), ("root", "root", "4750"),
       ("not set-user-ID", BUS_USER, "0750"))
def test_the_helper_serves_nobody_but_the_bus_and_needs_its_mode(kind, user, mode):
    status, _, said = run_helper(kind, "org.example.A", user=user, mode=mode, services=FINE)
    expect.equal((status, said), (7, ""))


@requirement("HELP-003", "HELP-007")
@differs("dbus-daemon", "explains itself and exits with 0", case="an option")
@cases(("empty", ""), ("one element", "org"), ("a path", "../org.example.A"),
       ("an option", "--help"), ("a file name", "org/example.A"))
def test_the_argument_must_be_a_name(kind, name):
    status, _, said = run_helper(kind, name, services=FINE)
    expect.equal((status, said), (5, ""))


@requirement("HELP-003", "HELP-007")
@differs("dbus-daemon", "explains itself and exits with 0")
@cases(("none", ()), ("two", ("org.example.A", "org.example.B")))
def test_there_is_one_argument(kind, arguments):
    status, said, _ = run_helper(kind, *arguments, services=FINE)
    expect.equal(status, 10)
    expect.contains(said, "usage")


@requirement("HELP-003", "HELP-007")
@differs("dbus-daemon", "looks for it")
def test_the_argument_must_not_be_a_unique_name(kind):
    expect.equal(run_helper(kind, ":1.5", services=FINE)[0], 5)


@requirement("HELP-004")
def test_no_variable_leads_the_helper_to_another_configuration(kind):
    with temporary_directory() as place:
        write_file(place, "services/org.example.Evil.service",
                   service_file("org.example.Evil", "/bin/sh -c 'echo told'", User="root"))
        write_file(place, "evil.conf", f"<busconfig><user>{BUS_USER}</user>@LISTEN@"
                   "<servicedir>@DIR@/services</servicedir></busconfig>")
        env = {"TEST_LAUNCH_HELPER_CONFIG": place + "/evil.conf", "XDG_DATA_DIRS": place,
               "XDG_DATA_HOME": place, "HOME": place}
        status, _, said = run_helper(kind, "org.example.Evil", env=env, services=FINE)
        expect.equal((status, said), (6, ""))
        expect.equal(run_helper(kind, "org.example.A", env=env, services=FINE)[2], "told\n")


@requirement("HELP-006")
@differs("dbus-daemon", "its helper passes on what is blocked and ignored")
def test_the_helper_may_be_started_with_signals_blocked_and_nothing_open(kind):
    """Whoever starts it cannot make it write where it should not, nor the service deaf."""
    tell = "/bin/sh -c 'grep Sig[BI] /proc/self/status >@DIR@/told'"
    service = service_file("org.example.A", tell, User="root")
    closed = ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-']

    def prepare():
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGUSR1})
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with helper_alone(kind, {"first/org.example.A": service}) as (place, inside):
        # pylint: disable-next=subprocess-popen-preexec-fn
        done = subprocess.run([*inside, *as_user(BUS_USER), *closed, place + "/suid/helper",
                               "org.example.A"], preexec_fn=prepare, timeout=TIMEOUT, check=False)
        expect.equal(done.returncode, 0)
        with open(place + "/told", encoding="ascii") as f:
            expect.equal({int(line.split()[1], 16) for line in f}, {0})
