# SPDX-License-Identifier: MIT
"""Running the verbs of `headway`, and reading what they print."""

import json
import os
import pty
import subprocess

from tests.integration.companions import headway
from tests.integration.support import environment, run
from tests.lib.client import TIMEOUT


def verb(*arguments, **options):
    """What it prints on stdout; `status` is what it must exit with."""
    return run(headway(), *arguments, **options).stdout


def fault(status, *arguments, **options):
    """What it says on stderr when it ends with this status: one line, without its name. A bus that
    it starts has its own words there, in brackets."""
    done = run(headway(), *arguments, status=status, **options)
    name = f"headway {arguments[0]}: "
    own = "".join(line for line in done.stderr.splitlines(True) if not line.startswith("["))
    if done.stdout or own.count("\n") != 1 or not own.startswith(name):
        raise AssertionError(f"not one line of {name!r}: {done.stdout!r} {done.stderr!r}")
    return own[len(name):-1]


def documents(*arguments, **options):
    """The JSON documents that it prints, each on a line."""
    return [json.loads(line) for line in verb(*arguments, "--json", **options).splitlines()]


def on_terminal(*arguments, bus, **env):
    """What it prints if stdout is a terminal."""
    ours, its = pty.openpty()
    env = environment(bus, **{"TERM": "xterm", "NO_COLOR": None, **env})
    with subprocess.Popen([headway(), *arguments], stdout=its, stdin=subprocess.DEVNULL,
                          env=env) as program:
        os.close(its)
        text = b""
        try:
            while data := os.read(ours, 1 << 16):
                text += data
        except OSError:  # how a terminal ends on Linux
            pass
        os.close(ours)
        program.wait(TIMEOUT)
    return text.decode().replace("\r\n", "\n")
