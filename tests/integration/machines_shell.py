# SPDX-License-Identifier: MIT
"""Shells on the host, without systemd: whose they are, what is in them, how they end, and who may
have them."""

import contextlib
import fcntl
import grp
import os
import pwd
import select
import signal
import stat
import struct
import termios

from tests.integration.machines import (BOOTED, MACHINE, MANAGER, NAME, PATH, machined,
                                        process)
from tests.integration.machines_authority import answer, asked, authority
from tests.integration.support import Program, as_user, find, run
from tests.lib import expect
from tests.lib import message as m
from tests.lib.client import TIMEOUT, result
from tests.lib.runner import cases

GAMES = pwd.getpwnam("games")
HOST = PATH + "/machine/_2ehost"


class Terminal:
    """The master end of one, as a caller gets it."""

    def __init__(self, fd, name):
        self.fd, self.name, self.text = fd, name, ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    def write(self, text):
        os.write(self.fd, text.encode())

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self):
        """False at the end."""
        expect.true(select.select([self.fd], [], [], TIMEOUT)[0], f"silence after {self.text!r}")
        try:
            data = os.read(self.fd, 4096)
        except OSError:  # EIO: nobody has the other end
            return False
        self.text += data.decode()
        return bool(data)

    def until(self, text):
        """Reads up to this text; what came before."""
        while text not in self.text:
            expect.true(self._read(), f"the end instead of {text!r} after {self.text!r}")
        before, _, self.text = self.text.partition(text)
        return before

    def rest(self):
        """Reads to the end."""
        while self._read():
            pass
        return self.text.replace("\r\n", "\n")


def call_shell(client, machine=".host", user="games", path="/bin/sh", args=(), env=()):
    call = m.call(NAME, PATH, MANAGER, "OpenMachineShell", "sssasas",
                  [machine, user, path, list(args), list(env)])
    return client.reply_to(client.post(call))


def terminal_of(reply):
    if reply.type == m.ERROR:
        result(reply)  # raises
    return Terminal(reply.fds[0], reply.args[1])


def shell(client, script=None, **more):
    """A terminal on which this script of sh runs, or what else is asked for."""
    if script is not None:
        more["args"] = ["sh", "-c", script]
    return terminal_of(call_shell(client, **more))


def out_of(client, script, **more):
    with shell(client, script, **more) as terminal:
        return terminal.rest()


def wait_for_end(pid, told):
    """Waits until a process has ended that is alive, calling told() first."""
    pidfd = os.pidfd_open(pid)
    try:
        told()
        expect.true(select.select([pidfd], [], [], TIMEOUT)[0], f"process {pid} goes on")
    finally:
        os.close(pidfd)


# Whose it is


def test_a_shell_is_the_users_and_nobody_elses(kind):
    with machined(kind) as service:
        got = out_of(service.client, "id -u; id -g; id -G; id -ru; pwd; umask; tty")
        with shell(service.client, "read x") as terminal:
            facts = os.stat(terminal.name)
        groups = " ".join(map(str, sorted(os.getgrouplist("games", GAMES.pw_gid))))
        *lines, tty = got.splitlines()
        expect.equal(lines[:2] + lines[3:], [str(GAMES.pw_uid), str(GAMES.pw_gid),
                                             str(GAMES.pw_uid), GAMES.pw_dir, "0022"])
        expect.equal(" ".join(sorted(lines[2].split(), key=int)), groups)
        expect.contains(tty, "/dev/pts/")
        expect.equal((facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)),
                     (GAMES.pw_uid, grp.getgrnam("tty").gr_gid, 0o620))


def test_no_right_of_roots_is_left_in_it(kind):
    with machined(kind) as service:
        got = out_of(service.client, "grep -E '^(Cap(Inh|Prm|Eff|Amb)|Sig(Blk|Ign)):' "
                     "/proc/self/status; ls /proc/self/fd")
        lines = got.splitlines()
        expect.equal([line.split()[1].strip("0") for line in lines[:6]], [""] * 6)
        expect.equal(lines[6].split(), ["0", "1", "2", "3"])  # 3 is the directory that ls reads


def test_the_environment_is_the_accounts(kind):
    with machined(kind) as service:
        got = out_of(service.client, "env", env=["A=b c", "HOME=/evil", "USER=root", "TERM=dumb"])
        lines = got.splitlines()
        for line in ("A=b c", "TERM=dumb", "USER=games", "LOGNAME=games", f"HOME={GAMES.pw_dir}",
                     f"SHELL={GAMES.pw_shell}"):
            expect.true(line in lines, f"no {line} in {lines}")


@cases(("empty", ""), ("by name", "root"), ("by number", "0"))
def test_the_login_shell_is_the_default_and_roots(kind, user):
    with machined(kind) as service, shell(service.client, user=user, path="") as terminal:
        terminal.write("echo $0-$(id -u)-$HOME; exit\n")
        terminal.until("-" + os.path.basename(pwd.getpwuid(0).pw_shell) + "-0-/root")
        terminal.rest()


# What it does


def test_what_is_typed_arrives_and_what_is_written_comes_back(kind):
    with machined(kind) as service, shell(service.client, path="/bin/cat") as terminal:
        terminal.write("Grüße\n")
        terminal.until("Grüße\r\nGrüße\r\n")
        terminal.write("\x04")
        expect.equal(terminal.rest(), "")


def test_the_terminals_size_is_the_callers(kind):
    with machined(kind) as service, shell(
            service.client, "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done"
            ) as terminal:
        terminal.until("ready")
        terminal.resize(33, 77)
        terminal.until("33 77")


def test_arguments_are_passed_as_they_are(kind):
    with machined(kind) as service:
        expect.equal(out_of(service.client, None, path="/bin/echo", args=["x", "a  b", "", "$c"]),
                     "a  b  $c\n")


# How it ends


def test_hanging_up_ends_it(kind):
    with machined(kind) as service, shell(service.client, "echo $$.; sleep infinity") as terminal:
        pid = int(terminal.until("."))
        wait_for_end(pid, terminal.close)


def test_what_it_leaves_behind_ends_with_it(kind):
    with machined(kind) as service, shell(
            service.client, "setsid sh -c 'trap : HUP; echo $$.; sleep infinity' & read x"
            ) as terminal:
        pid = int(terminal.until("."))
        wait_for_end(pid, lambda: terminal.write("\n"))
        terminal.rest()


def test_it_outlives_the_service(kind):
    with machined(kind) as service, shell(service.client, path="/bin/cat") as terminal:
        service.program.kill(signal.SIGTERM)
        service.program.process.wait(TIMEOUT)
        terminal.write("still\n")
        terminal.until("still\r\nstill\r\n")


# What cannot be


@cases(("a relative path", {"path": "bin/sh"}, "InvalidArgs", 'the path "bin/sh" is not absolute'),
       ("a broken environment", {"env": ["A"]}, "InvalidArgs", "is no assignment"),
       ("a loader's variable", {"env": ["LD_PRELOAD=/x"]}, "InvalidArgs", "cannot be set"),
       ("no such machine", {"machine": "x"}, NAME + ".NoSuchMachine", 'no machine "x"'),
       ("no such user", {"user": "nobody-is-so"}, "InvalidArgs", 'has no user "nobody-is-so"'),
       ("no such number", {"user": "4294967294"}, "InvalidArgs", "has no user"),
       ("a hostile user", {"user": "../../root"}, "InvalidArgs", "cannot be the name of a user"),
       ("no such program", {"path": "/no/such"}, "FileNotFound",
        "cannot execute /no/such: No such file or directory"),
       ("a directory", {"path": "/etc"}, "AccessDenied", "cannot execute /etc: Permission denied"),
       ("too much", {"args": ["x" * 20000]}, "InvalidArgs", "more than 16384 bytes"))
def test_what_cannot_be_opened_is_said(kind, what, name, text):
    with machined(kind) as service:
        with expect.error(name, text):
            shell(service.client, **what)
        expect.equal(service.names(), [".host"])


def test_nothing_is_opened_in_virtual_machines(kind):
    with machined(kind) as service, process() as leader:
        service.register("a", leader.pid, kind="vm")
        with expect.error("NotSupported"):
            shell(service.client, machine="a")


# Who may


@contextlib.contextmanager
def with_authority(kind, word):
    with machined(kind, on_bus=authority) as service, \
            service.bus.client(uid=GAMES.pw_uid) as games:
        answer(service.more, word)
        yield service, games


def test_rules_see_all_that_will_be_done(kind):
    with with_authority(kind, "yes") as (service, games):
        expect.equal(out_of(games, None, user="0", path="/bin/echo", args=["echo", "a b"],
                            env=["X=1"]), "a b\n")
        question = asked(service.more)
        expect.equal(question["action"], NAME + ".host-shell")
        expect.equal(question["name"], games.name)
        details = question["details"]
        expect.equal(details, {"machine": ".host", "user": "root", "uid": "0",
                               "program": "/bin/echo", "resolved-program": "/bin/echo",
                               "args": "echo a\\ b", "environment": "X=1", "default-shell": "0"})


def test_rules_see_which_program_calls(kind):
    with with_authority(kind, "no") as (service, _):
        busctl = find("busctl")
        done = run(*as_user("games"), busctl, "--system", "call", NAME, PATH, MANAGER,
                   "OpenMachineShell", "sssasas", ".host", "games", "", "0", "0", status=1,
                   bus=service.bus)
        expect.contains(done.stderr, "Access denied")
        expect.equal(asked(service.more)["details"]["caller-executable"],
                     os.path.realpath(busctl))


def test_the_login_shell_is_known_to_rules(kind):
    with with_authority(kind, "no") as (service, games):
        with expect.error("AccessDenied"):
            shell(games, user="root", path="", args=["ignored"])
        details = asked(service.more)["details"]
        root = pwd.getpwuid(0).pw_shell
        expect.equal([details[name] for name in ("program", "resolved-program", "args",
                                                 "default-shell")],
                     ["/bin/sh", root, "-" + os.path.basename(root), "1"])


def test_who_may_not_open_shells_does_not_learn_who_has_an_account(kind):
    with with_authority(kind, "no") as (_, games):
        with expect.error("AccessDenied", "does not allow"):
            shell(games, user="nobody-is-so")


def test_a_user_that_is_not_there_has_no_shell_whatever_the_authority_says(kind):
    with with_authority(kind, "yes") as (_, games):
        with expect.error("InvalidArgs", 'has no user "nobody-is-so"'):
            shell(games, user="nobody-is-so")


def test_nothing_is_opened_for_who_has_left(kind):
    with machined(kind, on_bus=authority) as service:
        games = service.bus.client(uid=GAMES.pw_uid)
        marker = service.bus.path("opened")
        games.post(m.call(NAME, PATH, MANAGER, "OpenMachineShell", "sssasas",
                          [".host", "root", "/bin/touch", ["touch", marker], []]))
        asked(service.more)
        games.close()
        answer(service.more, "yes")
        expect.true("cancelled" in asked(service.more, 2), "the check was not cancelled")
        # Another shell is opened later than that would have been.
        expect.equal(out_of(service.client, "echo later"), "later\n")
        expect.true(not os.path.exists(marker), "it was opened")


@cases(("a pty", "OpenMachinePTY", "host-open-pty", {"machine": ".host"}),
       ("a login", "OpenMachineLogin", "host-login", {"machine": ".host", "verb": "login"}))
def test_other_terminals_have_their_own_actions(kind, member, action, details):
    with with_authority(kind, "no") as (service, games):
        with expect.error("AccessDenied"):
            service.call(member, "s", ".host", client=games)
        question = asked(service.more)
        expect.equal(question["action"], f"{NAME}.{action}")
        expect.equal({k: v for k, v in question["details"].items() if not k.startswith("caller-")},
                     details)


# Other terminals


def test_a_bare_terminal_has_two_ends(kind):
    with machined(kind) as service:
        reply = service.client.ask(m.call(NAME, HOST, MACHINE, "OpenPTY"))
        with terminal_of(reply) as terminal, open(terminal.name, "w", encoding="ascii") as slave:
            slave.write("hello\n")
            slave.flush()
            terminal.until("hello\r\n")


def test_a_login_asks_for_a_name(kind):
    with machined(kind) as service:
        reply = service.client.ask(m.call(NAME, PATH, MANAGER, "OpenMachineLogin", "s", [".host"]))
        with terminal_of(reply) as terminal:
            terminal.until("login: ")


# Debian's machinectl


def test_machinectl_opens_a_shell(kind):
    with machined(kind) as service, Program(
            *BOOTED, "machinectl", "--no-ask-password", "--setenv=A=b", "shell", "games@.host",
            "/bin/sh", "-c", "echo $(id -un) $A $TERM; read x; echo got $x", bus=service.bus,
            env={"TERM": "dumb"}) as machinectl:
        machinectl.wait_for("games b dumb")
        machinectl.process.stdin.write(b"typed\n")
        machinectl.process.stdin.flush()
        machinectl.wait_for("got typed")
        expect.equal(machinectl.wait(), 0)


def test_a_shell_of_the_machines_object_is_the_same(kind):
    with machined(kind) as service:
        reply = service.client.ask(m.call(NAME, HOST, MACHINE, "OpenShell", "ssasas",
                                          ["games", "/bin/echo", ["echo", "x"], []]))
        with terminal_of(reply) as terminal:
            expect.equal(terminal.rest(), "x\n")


def test_a_stopped_session_is_killed_when_it_is_hung_up(kind):
    with machined(kind) as service, shell(
            service.client, "sh -c 'trap : HUP TERM; echo $$.; kill -STOP $$' & read x"
            ) as terminal:
        pid = int(terminal.until("."))
        wait_for_end(pid, terminal.close)
