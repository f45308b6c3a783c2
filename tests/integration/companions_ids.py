# SPDX-License-Identifier: MIT
"""Section 10.4: dbus-uuidgen and dbus-cleanup-sockets beside Debian's."""

import os
import socket
import subprocess

from tests.integration.companions import Case, debians, ours, run_both
from tests.integration.support import run
from tests.lib import expect
from tests.lib.buses import temporary_directory, write_file
from tests.lib.client import TIMEOUT
from tests.lib.runner import cases, requirement

ID = "0123456789abcdef0123456789abcdef"
FILE = "--get=@DIR@/id"
ENSURE = "--ensure=@DIR@/id"
TEXT_IS_OURS = "the text is our own"


@requirement("TOOL-030")
@cases(
    ("a new id", Case(())),
    ("the machine's", Case(("--get",))),
    ("the machine's, by an empty name", Case(("--get=",))),
    ("a file", Case((FILE,), {"id": ID + "\n"})),
    ("a file without newline", Case((FILE,), {"id": ID})),
    ("a file with upper case", Case((FILE,), {"id": ID.upper()})),
    ("a file with space around", Case((FILE,), {"id": f"\n {ID}\n\n"})),
    ("a file that is too short", Case((FILE,), {"id": ID[1:]}, status=1)),
    ("a file that is too long", Case((FILE,), {"id": ID + "\nx"}, status=1)),
    ("a file with space inside", Case((FILE,), {"id": ID[:16] + " " + ID[17:]}, status=1)),
    ("a file with other letters", Case((FILE,), {"id": "z" * 32}, status=1)),
    ("an empty file", Case((FILE,), {"id": ""}, status=1)),
    ("a large file", Case((FILE,), {"id": "0" * 100_000}, status=1)),
    ("no file", Case((FILE,), status=1)),
    ("a directory", Case(("--get=@DIR@",), status=1)),
    ("the last file counts", Case(("--get=@DIR@/x", FILE), {"id": ID, "x": "z"})),
    ("ensuring makes a file", Case((ENSURE,))),
    ("ensuring keeps a file", Case((ENSURE,), {"id": ID})),
    ("ensuring keeps a broken file", Case((ENSURE,), {"id": "z"}, status=1)),
    ("ensuring keeps an empty file", Case((ENSURE,), {"id": ""}, status=1)),
    ("ensuring without directory", Case(("--ensure=@DIR@/no/id",), status=1)),
    ("both", Case(("--get", ENSURE), status=1)),
    ("both the other way", Case((FILE, "--ensure"), {"id": ID}, status=1)),
    ("another argument", Case(("x",), status=1)),
    ("a value of its own", Case(("--get", "x"), status=1)),
    ("another option", Case(("--bogus",), status=1)),
    ("almost an option", Case(("--getx",), status=1)),
    ("no short help", Case(("-h",), status=1)),
    ("help", Case(("--help", "--bogus"))),
    ("version", Case(("--version",), differs=TEXT_IS_OURS, says="(headway)")),
)
def test_dbus_uuidgen_does_what_debians_does(_kind, case):
    run_both("dbus-uuidgen", case)


MACHINE = """
mount -t tmpfs none /var/lib/dbus && cp "$2/etc" "$2/etc-used" &&
mount --bind "$2/etc-used" /etc/machine-id || exit 99
[ ! -e "$2/lib" ] || cp "$2/lib" /var/lib/dbus/machine-id
"$1" --get; echo get $?
"$1" --ensure; echo ensure $?
stat -c %a /var/lib/dbus/machine-id
cat /var/lib/dbus/machine-id | tr -d "\\n" | wc -c
"$1" --get
"""


@requirement("TOOL-030", "ADDR-028")
@cases(("neither", "", None), ("only the system's", ID, None), ("a broken one", ID, "z"),
       ("both broken", "y", "z"), ("two different", ID, ID[::-1]), ("only its own", "y", ID))
def test_dbus_uuidgen_finds_and_makes_the_machines_id_as_debians_does(_kind, system, own):
    with temporary_directory() as place:
        write_file(place, "etc", system)
        if own is not None:
            write_file(place, "lib", own)
        rights = [] if os.geteuid() == 0 else ["--map-root-user"]
        got, wanted = (run("unshare", "--mount", *rights, "sh", "-c", MACHINE, "sh", program,
                           place, status=None) for program in (ours("dbus-uuidgen"),
                                                               debians("dbus-uuidgen")))
    made_up = system != ID and own not in (ID, ID[::-1])
    lines, debians_lines = got.stdout.splitlines(), wanted.stdout.splitlines()
    expect.contains(got.stdout, "ensure 0\n644\n32\n")
    if made_up:
        expect.true(lines.pop() != debians_lines.pop(), "made up, and still the same")
    expect.equal(lines, debians_lines, got.stderr)


@requirement("TOOL-030")
def test_an_id_that_cannot_be_printed_is_a_failure(_kind):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([ours("dbus-uuidgen")], stdout=full, stderr=subprocess.PIPE,
                              check=False, timeout=TIMEOUT)
    expect.equal(done.returncode, 1)
    expect.contains(done.stderr, b"cannot write to stdout: No space left on device")


@requirement("TOOL-030")
def test_a_closed_stdout_is_a_failure(_kind):
    done = run("sh", "-c", '"$0" >&-', ours("dbus-uuidgen"), status=1)
    expect.contains(done.stderr, "cannot write to stdout: Bad file descriptor")


class Sockets:
    """Sockets of every kind in a directory; those called alive are listened on."""

    def __init__(self):
        self.alive = []

    def __call__(self, place):
        for name, kind, listens in (("dbus-dead", socket.SOCK_STREAM, False),
                                    ("dbus-", socket.SOCK_STREAM, False),
                                    ("dbus-dead-datagram", socket.SOCK_DGRAM, False),
                                    ("dbus-alive", socket.SOCK_STREAM, True),
                                    ("other-dead", socket.SOCK_STREAM, False)):
            sock = socket.socket(socket.AF_UNIX, kind)
            sock.bind(os.path.join(place, name))
            if listens:
                sock.listen(1)
                self.alive.append(sock)
            else:
                sock.close()


@requirement("TOOL-032")
@cases(
    ("a directory", Case(("--", "@DIR@"), prepare=Sockets())),
    ("no dead ones", Case(("--", "@DIR@"), {"other": ""})),
    ("a file that is no socket", Case(
        ("--", "@DIR@"), {"dbus-file": "precious"},
        differs="Debian's removes it: connecting to a file is refused as well")),
    ("no directory", Case(("--", "@DIR@/no"), status=1)),
    ("a file as directory", Case(("--", "@DIR@/file"), {"file": ""}, status=1)),
    ("an empty name", Case(("--", ""), status=1)),
    ("two directories", Case(("--", "@DIR@", "/nonexistent"), status=1)),
    ("another option", Case(("--bogus",), status=1)),
    ("a dash", Case(("-",), status=1)),
    ("help", Case(("--help",))),
    ("short help", Case(("-h",))),
    ("version", Case(("--version",), differs=TEXT_IS_OURS, says="(headway)")),
)
def test_dbus_cleanup_sockets_does_what_debians_does(_kind, case):
    run_both("dbus-cleanup-sockets", case)


@requirement("TOOL-032")
def test_dbus_cleanup_sockets_needs_no_dashes_before_its_directory(_kind):
    # Debian's overlooks such a directory and cleans /tmp; so it is not asked here.
    with temporary_directory() as place:
        sockets = Sockets()
        sockets(place)
        got = run(ours("dbus-cleanup-sockets"), place).stdout
        expect.equal(sorted(os.listdir(place)), ["dbus-alive", "other-dead"])
    expect.equal(got, f"Cleaned up 3 sockets in {place}; 1 sockets are still in use; "
                      "0 in unknown state\n")
