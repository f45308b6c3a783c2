# SPDX-License-Identifier: MIT
"""Our companion programs beside Debian's: where they are, and running both in the same place."""

import atexit
import dataclasses
import functools
import os
import re
import shutil
import subprocess
import tempfile

from tests.integration.support import REPO, environment
from tests.lib import expect
from tests.lib.buses import temporary_directory, write_file
from tests.lib.client import TIMEOUT

ID = re.compile(r"\b[0-9a-f]{32}\b")
NAMES = ("dbus-cleanup-sockets", "dbus-launch", "dbus-monitor", "dbus-run-session", "dbus-send",
         "dbus-update-activation-environment", "dbus-uuidgen")


def headway():
    """$HEADWAY, or what `./dev build` left."""
    if "HEADWAY" in os.environ:
        return os.environ["HEADWAY"]
    development = os.path.join(REPO, "out/dev/src/tool/headway")
    return development if os.path.exists(development) else os.path.join(REPO, "out/bin/headway")


@functools.cache
def links():
    """A directory with a link to our program for each of the names."""
    expect.true(os.access(headway(), os.X_OK), f"there is no program {headway()}")
    directory = tempfile.mkdtemp(prefix="companions-")
    atexit.register(shutil.rmtree, directory)
    os.chmod(directory, 0o755)
    for name in NAMES:
        os.symlink(headway(), os.path.join(directory, name))
    return directory


def put_first_in_path():
    """From now on every test that runs one of the programs runs ours."""
    os.environ["PATH"] = f"{links()}:{os.environ.get('PATH', os.defpath)}"


def ours(name):
    return os.path.join(links(), name)


def debians(name):
    path = os.pathsep.join(entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep)
                           if entry != links())
    found = shutil.which(name, path=path)
    expect.true(found is not None, f"Debian's {name} is not installed")
    return found


@dataclasses.dataclass
class Case:
    """Arguments to give to both programs. In them, in `files` and in `env` @DIR@ stands for a
    directory made for one run, and @BUS@ for the address of the bus, if there is one. What they do
    must be the same: the exit status, stdout, the directory after it, and whether they say
    something on stderr. Ids that are made up on the way count as equal.

    `status` is that of ours. With `differs` it says why we do otherwise: Debian's program must
    behave differently then, and `says` must be in what ours prints."""
    arguments: tuple
    files: dict = dataclasses.field(default_factory=dict)
    env: dict = dataclasses.field(default_factory=dict)
    status: int = 0
    differs: str = None
    says: str = ""
    prepare: object = None  # called with the directory
    finish: object = None  # called with the directory when the program has ended
    stderr: bool = True  # compared
    shown: object = None  # makes of stdout what is compared


@dataclasses.dataclass
class Outcome:
    status: int
    out: str
    err: str
    files: dict


def run_both(program, case, bus=None):
    """Runs both and compares; our Outcome, for more questions."""
    got = run_one(ours(program), case, bus)
    wanted = run_one(debians(program), case, bus)
    expect.equal(got.status, case.status, f"exit status of ours; it says:\n{got.out}{got.err}")
    expect.contains(got.out + got.err, case.says)
    if case.differs:
        expect.true(comparable(got, case) != comparable(wanted, case),
                    f"Debian's behaves as ours does, though declared different: {case.differs}")
    else:
        expect.equal(comparable(got, case), comparable(wanted, case),
                     f"ours says {got.err!r}, Debian's {wanted.err!r}")
    return got


def without_chance(text):
    """What is printed of messages, without what differs from run to run."""
    text = re.sub(r"time=\d+\.\d{6}", "(time)", text)
    text = re.sub(r"serial=\d+", "(serial)", text)
    return re.sub(r":1\.\d+", "(name)", text)


def comparable(outcome, case):
    out = case.shown(outcome.out) if case.shown else outcome.out
    return (outcome.status, out, outcome.files,
            bool(outcome.err) if case.stderr else None)


def run_one(program, case, bus):
    with temporary_directory() as place:
        for name, text in case.files.items():
            write_file(place, name, text)
        if case.prepare:
            case.prepare(place)

        def here(text):
            if not isinstance(text, str):
                return text
            return text.replace("@DIR@", place).replace("@BUS@", bus.address if bus else "")

        known = " ".join([*case.files.values(), *case.arguments]).lower()

        def plain(text):
            text = ID.sub(lambda m: m.group() if m.group() in known else "(id)", text)
            return text.replace(place, "@DIR@")

        env = environment(bus, DISPLAY=None, **{k: here(v) for k, v in case.env.items()})
        done = subprocess.run([program, *map(here, case.arguments)], env=env, cwd=place,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=TIMEOUT)
        if case.finish:
            case.finish(place)
        return Outcome(done.returncode, plain(done.stdout.decode(errors="surrogateescape")),
                       plain(done.stderr.decode(errors="replace")),
                       {name: (mode, plain(text)) for name, (mode, text) in tree(place).items()})


def tree(place):
    """The files of a directory: (mode, kind or content) by name."""
    found = {}
    for folder, _, names in os.walk(place):
        for name in names:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            content = ""
            if os.path.isfile(path):
                with open(path, encoding="utf-8", errors="replace") as f:
                    content = f.read()
            found[os.path.relpath(path, place)] = (oct(status.st_mode), content)
    return found
