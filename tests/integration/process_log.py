# SPDX-License-Identifier: MIT
"""Where the log goes and what programs can read in it: sockets of ours stand for the journal and
for syslog, in a mount namespace of the bus's own; once the real journal stands there."""

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import threading
import time

from tests.integration.support import Program, broker_pid, environment, find, output, run
from tests.lib import expect
from tests.lib.buses import (OPEN, REPO, Bus, Log, config, private_journal, private_syslog,
                             program, service_file, temporary_directory, write_file)
from tests.lib.client import TIMEOUT
from tests.lib.message import driver_call
from tests.lib.runner import cases, requirement, skip_on

NO_FIELDS = skip_on("dbus-daemon", "writes lines, no fields")

POLICY = "0f09d076ce1a4a639eed40110d8fcfe0"
QUOTA = "bc92203cf6524f3e8da6856332671dd4"
ENDED = "dbb7354ac7544166a15b810e1a245229"
STARTING = "37d86f4f9cc742cc84271b9c6bbeae64"
STARTED = "767be22a353c40d080d154d493e59bc3"
NOT_STARTED = "15882d76659344ab877b56d358360d50"
RELOADED = "ee73335890f44ec4ad24a76d63fb3c13"
NOT_RELOADED = "9f65c09ec34644b4a851fe88afa82f42"
FAILED = "81cdc560df8045d2ac4a97a015766b8f"

DENY = '<policy context="mandatory"><deny send_interface="a.b" send_member="No"/></policy>'


class Receiver:
    """A datagram socket at a path; what comes is kept, unless it is told not to read."""

    def __init__(self, path, decode, reads=True):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(path)
        os.chmod(path, 0o777)
        self.decode = decode
        self.entries = []
        self.changed = threading.Condition()
        self.thread = None
        if reads:
            self.read()

    def read(self):
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while data := self.sock.recv(1 << 18):
            with self.changed:
                self.entries.append(self.decode(data))
                self.changed.notify_all()

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        if self.thread:
            self.thread.join()
        self.sock.close()

    def wait_for(self, wanted):
        """The first entry for which wanted(entry)."""
        with self.changed:
            found = self.changed.wait_for(
                lambda: [entry for entry in self.entries if wanted(entry)], TIMEOUT)
            expect.true(found, f"it never came; these did: {self.entries}")
            return found[0]

    def kind(self, message_id):
        """The fields of the first entry of this kind; of each the last value."""
        fields = self.wait_for(lambda entry: entry["MESSAGE_ID"] == [message_id])
        return {name: values[-1] for name, values in fields.items()}

    def text(self, part):
        return self.wait_for(lambda entry: part in entry)


def fields_of(data):
    """A datagram in the journal's protocol, {name: [value]}."""
    fields = {}
    while data:
        line, _, data = data.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            size = struct.unpack("<Q", data[:8])[0]
            value, data = data[8:8 + size], data[8 + size + 1:]
        fields.setdefault(name.decode(), []).append(value.decode())
    return fields


class LoggingBus(Bus):
    """A bus with `journal`, `syslog` (Receivers) and `log` (its stderr)."""

    journal = syslog = None


@contextlib.contextmanager
def logging_bus(kind, *options, text=None, files=None, journal=True, syslog=True, reads=True,
                serves=True, **more):
    """A bus that is started with these options where only our sockets may receive a log. Unless it
    `serves`, it is expected to end by itself."""
    with temporary_directory() as place, contextlib.ExitStack() as stack:
        for name, content in {"bus.conf": config() if text is None else text,
                              **(files or {})}.items():
            write_file(place, name, content)
        os.makedirs(f"{place}/dev")

        def prepare():
            private_journal(f"{place}/journal")
            os.symlink(f"{place}/stdout", "/run/systemd/journal/stdout")
            private_syslog(f"{place}/syslog", f"{place}/dev")

        receivers = [Receiver(f"{place}/{name}", decode, reads) if there else None
                     for name, decode, there in (("journal", fields_of, journal),
                                                 ("syslog", bytes.decode, syslog))]
        for receiver in filter(None, receivers):
            stack.callback(receiver.close)
        command = [program(kind), f"--config-file={place}/bus.conf", "--nofork", "--nopidfile",
                   "--print-address", *options]
        # pylint: disable-next=subprocess-popen-preexec-fn
        process = stack.enter_context(subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, preexec_fn=prepare,
            **{"stderr": subprocess.PIPE, "env": environment(), **more}))
        log = Log()
        if process.stderr:
            log.follow(lambda: os.read(process.stderr.fileno(), 1 << 16))
        bus = LoggingBus(kind, place, process, log)
        bus.journal, bus.syslog = receivers
        try:
            expect.equal(bool(process.stdout.readline()), serves, log.text())
            yield bus
        finally:
            bus.stop()
            if process.stderr:
                log.wait_closed()


def refused(client, member="No", path="/"):
    with expect.error("AccessDenied"):
        client.call(client.name, path, "a.b", member)


# Where


@requirement("TOOL-004", "CONF-018", "PROC-007", "DIFF-034")
@cases(("nothing", (), "", {"stderr"}), ("syslog element", (), "<syslog/>", {"stderr", "syslog"}),
       ("--syslog", ("--syslog",), "", {"stderr", "syslog"}),
       ("--syslog-only", ("--syslog-only",), "", {"syslog"}),
       ("--nosyslog", ("--nosyslog",), "<syslog/>", {"stderr"}))
def test_the_log_goes_where_options_and_configuration_say(kind, options, extra, wanted):
    with logging_bus(kind, *options, text=config(extra=DENY + extra), journal=False) as bus:
        with bus.client() as c:
            refused(c)
            bus.hangup()
            said = "Reloaded configuration"
            if "syslog" in wanted:
                bus.syslog.text(said)
            else:
                bus.log.wait_for(said)
        bus.stop()
        bus.log.wait_closed()
        lines = [line for line in bus.syslog.entries if "limit" not in line]  # of descriptors
        expect.equal(any("Rejected send message" in line for line in lines), "syslog" in wanted)
        expect.equal("Rejected send message" in bus.log.text(), "stderr" in wanted)
        if "stderr" not in wanted:
            expect.equal(bus.log.text(), "")
        for line in lines:
            expect.contains(line, f"{kind}[{bus.pid}]: [system] ")
            expect.true(line.startswith("<37>" if "Rejected" in line else ("<30>", "<28>")), line)


@requirement("CONF-035")
def test_a_reload_does_not_change_where_the_log_goes(kind):
    with logging_bus(kind, journal=False) as bus:
        bus.client().close()  # it is ready for signals
        bus.write("bus.conf", config(extra="<syslog/>"))
        for count in (1, 2):
            bus.hangup()
            bus.log.wait_for("Reloaded configuration", count)
        expect.equal(bus.syslog.entries, [])


@NO_FIELDS
@requirement("TOOL-004", "DIFF-034")
def test_the_journal_is_preferred_to_syslog(kind):
    with logging_bus(kind, "--syslog", text=config(extra=DENY)) as bus, bus.client() as c:
        refused(c)
        bus.journal.kind(POLICY)
        bus.log.wait_for("Rejected send message")
        expect.equal(bus.syslog.entries, [])


@NO_FIELDS
def test_nothing_is_written_twice_if_stderr_leads_to_the_journal(kind):
    reader, writer = os.pipe()
    there = os.fstat(writer)
    env = environment(JOURNAL_STREAM=f"{there.st_dev}:{there.st_ino}")
    with logging_bus(kind, "--syslog", text=config(extra=DENY), stderr=writer, env=env) as bus:
        os.close(writer)
        with bus.client() as c:
            refused(c)
        bus.journal.kind(POLICY)
    with os.fdopen(reader, encoding="utf-8") as f:
        expect.equal([line for line in f if "sanitizers" not in line], [])


@NO_FIELDS
@requirement("TOOL-006")
def test_a_bus_that_cannot_start_says_so_in_the_journal_and_on_stderr(kind):
    with logging_bus(kind, "--syslog-only", text="<busconfig><nonsense/>", serves=False) as bus:
        entry = bus.journal.kind(FAILED)
        expect.equal(bus.process.wait(TIMEOUT), 1)
        bus.log.wait_for("Failed to start message bus: ")
        expect.contains(entry["MESSAGE"], "bus.conf:1")
        expect.equal((entry["PRIORITY"], entry["SYSLOG_FACILITY"]), ("2", "3"))


# What


@NO_FIELDS
@requirement("POL-051", "POL-053", "DIFF-034")
def test_a_refusal_by_policy_has_all_its_facts_as_fields(kind):
    text = config(extra=f"{DENY}\n{DENY}\n{DENY}")
    line = text[:text.rindex("<deny")].count("\n") + 1
    with logging_bus(kind, "--syslog-only", text=text) as bus:
        with bus.client() as sender, bus.client() as receiver:
            receiver.request_name("org.example.R")
            with expect.error("AccessDenied"):
                sender.call("org.example.R", "/o/p", "a.b", "No")
            names = sender.name, receiver.name
        entry = bus.journal.kind(POLICY)
        wanted = {"PRIORITY": "5", "SYSLOG_FACILITY": "4", "SYSLOG_IDENTIFIER": "headwayd",
                  "HEADWAY_BUS": "system", "HEADWAY_LAYER": "send policy",
                  "HEADWAY_RULE": '<deny send_interface="a.b" send_member="No"/>',
                  "HEADWAY_RULE_FILE": bus.config_path, "HEADWAY_RULE_LINE": str(line),
                  "HEADWAY_SENDER": names[0], "HEADWAY_SENDER_UID": str(os.getuid()),
                  "HEADWAY_SENDER_PID": str(os.getpid()), "OBJECT_PID": str(os.getpid()),
                  "HEADWAY_RECEIVER": names[1], "HEADWAY_RECEIVER_NAME": "org.example.R",
                  "HEADWAY_RECEIVER_UID": str(os.getuid()),
                  "HEADWAY_RECEIVER_PID": str(os.getpid()),
                  "DBUS_MESSAGE_TYPE": "method_call", "DBUS_PATH": "/o/p",
                  "DBUS_INTERFACE": "a.b", "DBUS_MEMBER": "No",
                  "DBUS_DESTINATION": "org.example.R"}
        expect.equal({name: entry.get(name) for name in wanted}, wanted)
        with open("/proc/self/comm", encoding="utf-8") as f:
            expect.equal(entry["HEADWAY_SENDER_COMM"], f.read().strip().replace('"', "'"))
        expect.true(entry["MESSAGE"].startswith("[system] Rejected send message"), entry)
        overridden = bus.journal.entries[-1]["HEADWAY_OVERRIDDEN"]
        expect.equal(overridden[:2], [f"{bus.config_path}:{line - 1}",
                                      f"{bus.config_path}:{line - 2}"])


@NO_FIELDS
@requirement("LIM-005", "DIFF-034")
def test_a_refusal_by_a_limit_names_the_limit_and_who_holds_what_it_guards(kind):
    text = config(limits={"max_match_rules_per_connection": 1})
    with logging_bus(kind, "--syslog-only", text=text) as bus, bus.client() as c:
        c.add_match("member='A'")
        with expect.error("LimitsExceeded"):
            c.add_match("member='B'")
        entry = bus.journal.kind(QUOTA)
        wanted = {"PRIORITY": "4", "SYSLOG_FACILITY": "3", "HEADWAY_LAYER": "quota",
                  "HEADWAY_LIMIT": "max_match_rules_per_connection", "HEADWAY_LIMIT_VALUE": "1",
                  "HEADWAY_HOLDER_UID": str(os.getuid()), "HEADWAY_SENDER": c.name}
        expect.equal({name: entry.get(name) for name in wanted}, wanted)
        expect.contains(entry["HEADWAY_HOLDER"], c.name)


@NO_FIELDS
@requirement("ACT-019", "DIFF-034")
def test_the_start_of_a_service_and_its_end_are_entries_of_their_own(kind):
    files = {"s/org.example.A.service": service_file("org.example.A", "/bin/sleep 1000"),
             "s/org.example.B.service": service_file("org.example.B", "/bin/false")}
    text = config(extra="<servicedir>@DIR@/s</servicedir>")
    with logging_bus(kind, "--syslog-only", text=text, files=files) as bus, bus.client() as c:
        c.post(driver_call("StartServiceByName", "su", ["org.example.A", 0]))
        entry = bus.journal.kind(STARTING)
        expect.equal(entry["HEADWAY_SERVICE"], "org.example.A")
        expect.equal(entry["HEADWAY_SENDER"], c.name)
        expect.contains(entry["MESSAGE"],
                        f"Activating service name='org.example.A' requested by '{c.name}' (uid=")
        with bus.client() as service:
            service.request_name("org.example.A")
            entry = bus.journal.kind(STARTED)
            expect.contains(entry["MESSAGE"], "Successfully activated service 'org.example.A'")
            expect.equal(entry["HEADWAY_SENDER"], service.name)
            expect.equal(entry["PRIORITY"], "6")

        with expect.error("Spawn.ChildExited"):
            c.bus("StartServiceByName", "su", "org.example.B", 0)
        entry = bus.journal.kind(NOT_STARTED)
        expect.contains(entry["MESSAGE"], "Activated service 'org.example.B' failed: ")
        expect.equal(entry["HEADWAY_ERROR"], "org.freedesktop.DBus.Error.Spawn.ChildExited")
        expect.equal(entry["PRIORITY"], "4")


@NO_FIELDS
@requirement("CONF-036", "DIFF-034")
def test_a_reload_is_an_entry_whether_it_succeeds_or_not(kind):
    with logging_bus(kind, "--syslog-only") as bus:
        bus.reload()
        expect.equal(bus.journal.kind(RELOADED)["PRIORITY"], "6")
        bus.write("bus.conf", "<busconfig>\n<nonsense/>")
        bus.hangup()
        entry = bus.journal.kind(NOT_RELOADED)
        expect.contains(entry["MESSAGE"], "bus.conf:2")
        expect.equal(entry["PRIORITY"], "4")


@NO_FIELDS
@requirement("RES-014", "DIFF-034")
@cases(("malformed", "malformed_message", b"nonsense" * 8),
       ("before Hello", "message_before_hello", None))
def test_the_end_of_a_connection_says_why(kind, reason, data):
    with logging_bus(kind, "--syslog-only") as bus, bus.client(stage="auth") as c:
        if data:
            c.send(data)
        else:
            c.emit("/", "a.b", "M")
        entry = bus.journal.kind(ENDED)
        expect.equal(entry["HEADWAY_REASON"], reason)
        expect.equal(entry["HEADWAY_SENDER_PID"], str(os.getpid()))


@NO_FIELDS
def test_the_end_of_the_broker_process_is_critical(kind):
    with logging_bus(kind, "--syslog-only") as bus:
        os.kill(broker_pid(bus), signal.SIGKILL)
        entry = bus.journal.kind(FAILED)
        expect.equal(entry["PRIORITY"], "2")


@NO_FIELDS
def test_no_text_of_others_becomes_a_field_or_a_second_line(kind):
    hostile = '"/no/such\\nPRIORITY=0\\n\\nMESSAGE=forged"'
    files = {"s/org.example.A.service": service_file("org.example.A", hostile)}
    text = config(extra="<servicedir>@DIR@/s</servicedir>")
    with logging_bus(kind, "--syslog", text=text, files=files) as bus, bus.client() as c:
        with expect.error("Spawn.ExecFailed", "PRIORITY=0"):
            c.bus("StartServiceByName", "su", "org.example.A", 0)
        entry = bus.journal.wait_for(lambda entry: entry["MESSAGE_ID"] == [NOT_STARTED])
        expect.equal(entry["PRIORITY"], ["4"])
        expect.equal(len(entry["MESSAGE"]), 1)
        expect.contains(entry["MESSAGE"][0], "\\x0aPRIORITY=0")
        bus.log.wait_for("\\x0aPRIORITY=0")


@requirement("ACT-023")
@cases(("to the journal", "--syslog-only"), ("to stderr", "--nosyslog"))
def test_what_a_service_writes_goes_under_its_name_where_the_bus_writes(kind, option):
    say = "/bin/sh -c 'echo out; echo err >&2; exit 1'"
    text = config(extra="<servicedir>@DIR@/s</servicedir>")
    files = {"s/org.example.A.service": service_file("org.example.A", say)}
    with logging_bus(kind, option, text=text, files=files) as bus, bus.client() as c, \
            socket.socket(socket.AF_UNIX) as listener:
        listener.bind(bus.path("stdout"))
        listener.listen()
        with expect.error("Spawn.ChildExited"):
            c.bus("StartServiceByName", "su", "org.example.A", 0)
        if option == "--syslog-only":
            streams = []
            for _ in range(2):
                with listener.accept()[0].makefile(encoding="utf-8") as stream:
                    streams.append(stream.read().splitlines())
            expect.equal([(lines[0], lines[2], lines[7:]) for lines in streams],
                         [("org.example.A", "6", ["out"]), ("org.example.A", "4", ["err"])])
        else:
            bus.log.wait_for("err\n")


# A log that does not work


def flood(client, count):
    """Refusals that all say something else."""
    for i in range(count):
        refused(client, path=f"/n{i}")


@NO_FIELDS
@cases(("journal", True), ("syslog", False))
def test_a_log_that_nobody_reads_holds_nobody_up_and_comes_later_in_order(kind, journal):
    with logging_bus(kind, "--syslog-only", text=config(extra=DENY), journal=journal,
                     reads=False) as bus:
        with bus.client() as c:
            flood(c, 100)
            c.sync()
            receiver = bus.journal or bus.syslog
            receiver.read()
            receiver.wait_for(lambda entry: "/n99\"" in text_of(entry))
            numbers = [n for n in range(100) for entry in receiver.entries
                       if f"path=\"/n{n}\"" in text_of(entry)]
            expect.equal(numbers, list(range(100)))
            texts = [text_of(entry) for entry in receiver.entries if "path=" in text_of(entry)]
            expect.equal([f"path=\"/n{n}\"" in texts[n] for n in range(100)], [True] * 100)


def text_of(entry):
    return entry if isinstance(entry, str) else entry["MESSAGE"][0]


@cases(("none", False, False), ("nobody listens any more", True, True))
def test_a_missing_log_holds_nobody_up(kind, journal, syslog):
    with logging_bus(kind, "--syslog-only", text=config(extra=DENY), journal=journal,
                     syslog=syslog, reads=False) as bus:
        for receiver in filter(None, (bus.journal, bus.syslog)):
            receiver.sock.close()
            receiver.sock = socket.socket(socket.AF_UNIX)
        with bus.client() as c:
            flood(c, 50)
        bus.reload()


@NO_FIELDS
def test_a_journal_that_comes_later_is_told_how_much_it_has_missed(kind):
    with logging_bus(kind, "--syslog-only", text=config(extra=DENY), journal=False,
                     syslog=False) as bus, bus.client() as c:
        flood(c, 5)
        receiver = Receiver(bus.path("journal"), fields_of)
        try:
            refused(c, path="/late")
            receiver.wait_for(lambda entry: "entries could not be written" in text_of(entry))
            receiver.wait_for(lambda entry: "/late" in text_of(entry))
        finally:
            receiver.close()


# The real journal


JOURNAL = """mount -t tmpfs none /run && mkdir -p /run/systemd/journal /run/log/journal
exec /lib/systemd/systemd-journald"""


@NO_FIELDS
def test_the_journal_of_systemd_takes_the_entries_and_its_tools_find_them(kind):
    with Program("unshare", "--mount", "sh", "-c", JOURNAL) as journal:
        place = f"/proc/{journal.pid}/root/run/"
        deadline = time.monotonic() + TIMEOUT
        while not os.path.exists(place + "systemd/journal/socket"):
            expect.true(time.monotonic() < deadline and journal.process.poll() is None,
                        f"the journal does not start: {journal.err.text()}")
            time.sleep(0.01)
        inside = ["nsenter", f"--mount=/proc/{journal.pid}/ns/mnt"]
        with temporary_directory() as shared:
            write_file(shared, "bus.conf", config(policy=OPEN + DENY))
            bus_command = [*inside, program(kind), f"--config-file={shared}/bus.conf", "--nofork",
                           "--nopidfile", "--syslog-only", "--print-address"]
            with Program(*bus_command) as bus:
                bus.wait_for("unix:")
                run("gdbus", "call", "--address", bus.out.text().split(";")[0].strip(),
                    "--dest", "org.freedesktop.DBus", "--object-path", "/", "--method", "a.b.No",
                    status=1)
                found = []
                while not found:
                    expect.true(time.monotonic() < deadline, "the entry is not in the journal")
                    found = output(*inside, find("journalctl"), "--directory=/run/log/journal",
                                   "--output=json", f"MESSAGE_ID={POLICY}",
                                   "DBUS_MEMBER=No").splitlines()
                entry = json.loads(found[0])
        expect.equal(entry["HEADWAY_RULE_FILE"], f"{shared}/bus.conf")
        expect.equal(entry["_TRANSPORT"], "journal")
        expect.equal(entry["PRIORITY"], "5")


def test_the_tools_of_the_journal_understand_the_catalog(_kind):
    with temporary_directory() as place:
        with open(os.path.join(REPO, "packaging/headway.catalog"), encoding="utf-8") as f:
            write_file(place, "usr/lib/systemd/catalog/headway.catalog", f.read())
        os.makedirs(f"{place}/var/lib/systemd/catalog")
        run("journalctl", f"--root={place}", "--update-catalog")
        listed = output("journalctl", f"--root={place}", "--list-catalog")
        expect.contains(listed, f"{POLICY} headway: The policy of the bus refused something")
