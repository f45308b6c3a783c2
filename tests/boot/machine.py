# SPDX-License-Identifier: MIT
"""A Debian tree that runs: systemd as process 1 in a container, and commands inside it.

    with Machine(root, log, kind) as machine:      # up: the default target is reached
        machine.output("hostnamectl", "hostname")
        machine.output("busctl", "--user", "list", user="tester")
"""

import contextlib
import os
import pathlib
import select
import signal
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
USER = "tester"
WHO = ("/", "org.example.Boot1", "WhoAmI")  # what peer.py answers; it does not look at this
BOOT_SECONDS = 180
COMMAND_SECONDS = 60
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TERM": "dumb",
               "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}


class DidNotBoot(Exception):
    """The machine ended, or did not come up in time."""


def nspawn(root, *arguments):
    return ["unshare", "--mount", "--propagation", "private", HERE / "nspawn.sh",
            f"headway-boot-{os.getpid()}", root, *arguments]


def obstacle(root):
    """Why this machine does not let a container run; None if it does."""
    done = subprocess.run(nspawn(root, "--quiet", "/bin/true"), check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=COMMAND_SECONDS)
    return None if done.returncode == 0 else done.stdout.strip()


class Machine:
    """Powered off when the block ends. `kind` is the bus that it should have."""

    def __init__(self, root, log, kind):
        self.root = pathlib.Path(root)
        self.log = pathlib.Path(log)
        self.kind = kind
        self.leader = None
        self._process = None

    def __enter__(self):
        with tempfile.TemporaryDirectory() as directory, socket.socket(
                socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
            notified.bind(f"{directory}/notify")
            with open(self.log, "wb") as log:
                # pylint: disable-next=consider-using-with
                self._process = subprocess.Popen(
                    nspawn(self.root, "--boot", "--notify-ready=yes"),
                    stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                    env={**os.environ, "NOTIFY_SOCKET": f"{directory}/notify"})
            try:
                self._await_ready(notified)
            except BaseException:
                self._kill()
                raise
        return self

    def __exit__(self, *_):
        with contextlib.suppress(subprocess.TimeoutExpired, AssertionError):
            self.run("systemctl", "poweroff", status=None)
            self._process.wait(COMMAND_SECONDS)
        self._kill()

    def _await_ready(self, notified):
        ended = os.pidfd_open(self._process.pid)
        try:
            deadline = time.monotonic() + BOOT_SECONDS
            while True:
                left = deadline - time.monotonic()
                ready = select.select([notified, ended], [], [], max(left, 0))[0]
                if notified in ready:
                    facts = dict(line.split("=", 1)
                                 for line in notified.recv(65536).decode().splitlines())
                    if "X_NSPAWN_LEADER_PID" in facts:
                        self.leader = int(facts["X_NSPAWN_LEADER_PID"])
                    if facts.get("READY") == "1":
                        return
                elif ended in ready:
                    raise DidNotBoot("systemd-nspawn ended:\n" + self._end_of_log())
                elif not ready:
                    raise DidNotBoot(f"not up after {BOOT_SECONDS} s:\n" + self._end_of_log())
        finally:
            os.close(ended)

    def _end_of_log(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])

    def _kill(self):
        """The end of process 1 is the end of all others, and of nspawn."""
        if self._process.poll() is None and self.leader is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.leader, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait()

    def _command(self, command, user):
        enter = ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net",
                 "--pid", "--cgroup", "--root", "--wd", "--"]
        if user is None:
            return enter + ["env", "-i", *(f"{k}={v}" for k, v in ENVIRONMENT.items()), *command]
        uid = self.output("id", "--user", user)
        return enter + ["runuser", "--user", user, "--", "env", "-i",
                        *(f"{k}={v}" for k, v in ENVIRONMENT.items()), f"USER={user}",
                        f"XDG_RUNTIME_DIR=/run/user/{uid}", *command]

    def run(self, *command, user=None, status=0, **options):
        """Runs a command inside to its end; stdout and stderr together as text in `stdout`."""
        done = subprocess.run(self._command(list(map(str, command)), user), check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=COMMAND_SECONDS, **options)
        if status is not None and done.returncode != status:
            raise AssertionError(f"{' '.join(map(str, command))}: exit status {done.returncode}, "
                                 f"wanted {status}\n{done.stdout}")
        return done

    def output(self, *command, **options):
        return self.run(*command, **options).stdout.rstrip("\n")

    def background(self, *command, user=None):
        """A command that goes on inside; its output is a pipe. The caller ends it."""
        return subprocess.Popen(self._command(list(map(str, command)), user),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, errors="replace")

    def write(self, path, text):
        """A file inside, there at once and whole."""
        there = self.root / path.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        temporary = there.with_name(f".{there.name}.new")
        temporary.write_text(text)
        temporary.rename(there)

    def remove(self, path):
        (self.root / path.lstrip("/")).unlink()

    def eventually(self, what, condition):
        """The first true value of condition(), which is asked again and again for so long that only
        a failure takes all of it."""
        deadline = time.monotonic() + COMMAND_SECONDS
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {COMMAND_SECONDS} s: {what}")
            time.sleep(0.1)
