# SPDX-License-Identifier: MIT
"""Section 2: authentication, line by line."""

import contextlib
import hashlib
import os
import time

from tests.lib import expect
from tests.lib.buses import OPEN, config, start_bus, temporary_directory
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement, skip_on

CONFIG = config(auth=None)  # every mechanism
ME = str(os.getuid()).encode().hex()
ALL = "REJECTED EXTERNAL DBUS_COOKIE_SHA1 ANONYMOUS"
EXTERNAL_ONLY = "offers EXTERNAL only; DIFF-025"
TCP = "<listen>tcp:host=127.0.0.1</listen>"


def expect_answer(got, wanted):
    """Wanted is the whole line, or its first word followed by an asterisk."""
    if wanted.endswith("*"):
        got, wanted = got.split(" ")[0], wanted[:-1]
    expect.equal(got, wanted)


def fresh(bus):
    """A connection that has sent its NUL and one AUTH, for dbus-broker wants no error first."""
    c = Client(bus.address, stage="socket")
    c.send(b"\0")
    expect_answer(c.say("AUTH"), "REJECTED*")
    return c


def works(c):
    """The handshake is over and messages are answered."""
    c.hello()
    c.sync()


@requirement("AUTH-001", "AUTH-002")
@cases(("a letter", b"A"), ("1", b"\1"), ("a line end", b"\r"),
       ("AUTH without NUL", b"AUTH EXTERNAL\r\n"))
def test_a_first_byte_that_is_not_nul_disconnects(bus, data):
    with Client(bus.address, stage="socket") as c:
        c.try_send(data + b"AUTH\r\n")
        expect.true(c.at_eof(), "an answer")


@requirement("AUTH-006", "AUTH-010", "AUTH-016")
@differs("dbus-broker", "answers ERROR, but expects the NUL again and disconnects")
@cases(("an unknown word", "FOO"), ("CANCEL", "CANCEL"), ("DATA", "DATA 30"))
def test_an_error_in_the_first_line_leaves_the_handshake_where_it_was(bus, line):
    with Client(bus.address, stage="socket") as c:
        c.send(b"\0")
        expect_answer(c.say(line), "ERROR*")
        expect_answer(c.say("AUTH EXTERNAL " + ME), "OK*")


@requirement("AUTH-003")
@cases(("LF alone", b"AUTH\nAUTH"), ("CR alone", b"AUTH\rAUTH"), ("LF CR", b"AUTH\n\rAUTH"))
def test_only_cr_lf_ends_a_line(bus, data):
    with fresh(bus) as c:
        expect_answer(c.say(data), "ERROR*")
        expect_answer(c.say("AUTH EXTERNAL " + ME), "OK*")


@requirement("AUTH-003", "AUTH-004")
@cases(("NUL", b"AUTH EXTERNAL\0"), ("not ASCII", b"\xc3\xa4"), ("FF", b"AUTH \xff"))
@differs("dbus-broker", "rejects the mechanism", case=("NUL", "FF"))
def test_a_line_with_a_nul_or_a_byte_that_is_not_ascii_gets_an_error(bus, data):
    with fresh(bus) as c:
        expect_answer(c.say(data), "ERROR*")
        expect_answer(c.say("AUTH EXTERNAL " + ME), "OK*")


@requirement("AUTH-004")
@cases(("two spaces", "AUTH  EXTERNAL  " + ME), ("tab", "AUTH\tEXTERNAL " + ME),
       ("mixed", "AUTH \t EXTERNAL \t " + ME))
@differs("dbus-broker", "separates by spaces only", case=("tab", "mixed"))
def test_words_are_separated_by_any_spaces_and_tabs(bus, line):
    with fresh(bus) as c:
        expect_answer(c.say(line), "OK*")


@requirement("AUTH-006", "AUTH-010")
@cases(("leading space", " AUTH EXTERNAL 30"), ("small letters", "auth EXTERNAL 30"),
       ("nothing", ""),
       ("blanks", "   "), ("extension", "EXTENSION_FOO bar"), ("a server's word", "AGREE_UNIX_FD"))
def test_commands_are_what_they_are_to_the_letter(bus, line):
    with fresh(bus) as c:
        expect_answer(c.say(line), "ERROR*")
        expect_answer(c.say("AUTH EXTERNAL " + ME), "OK*")


@requirement("AUTH-005", "SEEN-06", "RES-014")
def test_a_line_may_be_15_kb_and_17_kb_unended_disconnect(bus):
    with fresh(bus) as c:
        for _ in range(3):
            expect_answer(c.say("X" * 15000), "ERROR*")
        c.try_send(b"X" * 17000)
        expect.true(c.at_eof(), "an answer")


HEX_UNCHECKED = "decodes an odd digit as the high half of a byte"


@requirement("AUTH-007")
@cases(("odd", ME + "3"), ("not hex", "zz"), ("half hex", "3z"), ("spaced", "3 0"))
@differs("dbus-daemon", HEX_UNCHECKED, case="odd")
@differs("dbus-broker", "rejects instead")
def test_bad_hex_is_an_error_in_auth_and_in_data_and_changes_nothing(bus, text):
    with fresh(bus) as c:
        expect_answer(c.say("AUTH EXTERNAL " + text), "ERROR*")
        expect_answer(c.say("AUTH EXTERNAL"), "DATA")
        expect_answer(c.say("DATA " + text), "ERROR*")
        expect_answer(c.say("DATA " + ME), "OK*")


@requirement("AUTH-007", "AUTH-042")
@differs("dbus-broker", EXTERNAL_ONLY)
def test_hex_digits_may_be_large_and_small(bus):
    for text in ("4a4B4C", "4A4b4c"):
        with fresh(bus) as c:
            expect_answer(c.say("AUTH ANONYMOUS " + text), "OK*")


@requirement("AUTH-009", "AUTH-048")
def test_descriptors_sent_before_begin_are_not_kept(bus):
    out, into = os.pipe()
    with Client(bus.address, stage="socket") as c:
        c.send(b"\0AUTH EXTERNAL " + ME.encode() + b"\r\n", [into])
        os.close(into)
        expect.equal(os.read(out, 1), b"")  # the last copy is closed: end of file
        os.close(out)


@requirement("AUTH-011", "AUTH-012", "AUTH-013", "AUTH-044")
@differs("dbus-broker", EXTERNAL_ONLY)
def test_all_mechanisms_are_listed_by_default_in_order(bus):
    with fresh(bus) as c:
        expect.equal(c.say("AUTH"), ALL)
        expect.equal(c.say("AUTH FOO"), ALL)


@requirement("AUTH-013", "CONF-011")
@cases(("EXTERNAL", "EXTERNAL", "EXTERNAL"), ("two, last first", "ANONYMOUS EXTERNAL",
                                              "EXTERNAL ANONYMOUS"),
       ("cookie", "DBUS_COOKIE_SHA1", "DBUS_COOKIE_SHA1"))
@differs("dbus-broker", EXTERNAL_ONLY, case=("two, last first", "cookie"))
def test_only_mechanisms_of_the_configuration_are_listed_and_work(kind, configured, listed):
    with start_bus_quietly(kind, config(auth=configured)) as bus:
        with fresh(bus) as c:
            expect.equal(c.say("AUTH"), "REJECTED " + listed)
            expect.equal(c.say("AUTH ANONYMOUS").split()[0],
                         "OK" if "ANONYMOUS" in configured else "REJECTED")


@contextlib.contextmanager
def start_bus_quietly(kind, text):
    """start_bus() with a home directory of its own, for keyrings."""
    with temporary_directory() as home, start_bus(kind, text, env={"HOME": home}) as bus:
        bus.home = home
        yield bus


@requirement("AUTH-015", "NAME-011")
@skip_on("dbus-broker", "prints no address")
def test_ok_carries_the_guid_of_the_printed_address(bus):
    with Client(bus.address) as c:
        expect.equal(bus.addresses[0].split("guid=")[1], c.guid)


# 2.3 The server's states: (state, command) -> (answer, state after)

STATES = {"auth": [], "data": ["AUTH EXTERNAL"], "begin": ["AUTH EXTERNAL " + ME]}
TABLE = (
    ("auth", "AUTH EXTERNAL", "DATA", "data"), ("auth", "AUTH EXTERNAL " + ME, "OK*", "begin"),
    ("auth", "AUTH", "REJECTED*", "auth"), ("auth", "AUTH NONSENSE", "REJECTED*", "auth"),
    ("auth", "AUTH external", "REJECTED*", "auth"), ("auth", "ERROR", "REJECTED*", "auth"),
    ("auth", 'ERROR "text"', "REJECTED*", "auth"), ("auth", "CANCEL", "ERROR*", "auth"),
    ("auth", "DATA", "ERROR*", "auth"), ("auth", "NEGOTIATE_UNIX_FD", "ERROR*", "auth"),
    ("auth", "OK", "ERROR*", "auth"),
    ("data", "DATA", "OK*", "begin"), ("data", "DATA " + ME, "OK*", "begin"),
    ("data", "DATA 39393939", "REJECTED*", "auth"), ("data", "CANCEL", "REJECTED*", "auth"),
    ("data", "ERROR", "REJECTED*", "auth"), ("data", "AUTH EXTERNAL", "ERROR*", "data"),
    ("data", "AUTH", "ERROR*", "data"), ("data", "NEGOTIATE_UNIX_FD", "ERROR*", "data"),
    ("data", "FOO", "ERROR*", "data"),
    ("begin", "NEGOTIATE_UNIX_FD", "AGREE_UNIX_FD", "begin"),
    ("begin", "CANCEL", "REJECTED*", "auth"),
    ("begin", "ERROR", "REJECTED*", "auth"), ("begin", "AUTH EXTERNAL", "ERROR*", "begin"),
    ("begin", "AUTH", "ERROR*", "begin"), ("begin", "DATA", "ERROR*", "begin"),
    ("begin", "FOO", "ERROR*", "begin"),
)


def is_in(c, state):
    """Tells the states apart by what they answer."""
    if state == "begin":
        expect_answer(c.say("NEGOTIATE_UNIX_FD"), "AGREE_UNIX_FD")
        c.send(b"BEGIN\r\n")
        return works(c)
    if state == "data":
        expect_answer(c.say("DATA"), "OK*")
    else:
        expect_answer(c.say("CANCEL"), "ERROR*")
        expect_answer(c.say("AUTH EXTERNAL " + ME), "OK*")
    c.send(b"BEGIN\r\n")
    return works(c)


@requirement("AUTH-011", "AUTH-014", "AUTH-016", "AUTH-017", "AUTH-018", "AUTH-020")
@cases(*((f"{row[1]} when waiting for {row[0]}", *row) for row in TABLE))
def test_each_command_has_its_answer_and_next_state(bus, before, line, answer, after):
    with fresh(bus) as c:
        for step in STATES[before]:
            c.say(step)
        expect_answer(c.say(line), answer)
        is_in(c, after)


@requirement("AUTH-016", "AUTH-017")
@cases(("auth", "auth"), ("data", "data"))
def test_begin_before_ok_disconnects(bus, state):
    with fresh(bus) as c:
        for step in STATES[state]:
            c.say(step)
        c.send(b"BEGIN\r\n")
        expect.true(c.at_eof(), "an answer")


@requirement("AUTH-018", "BUS-002")
def test_nothing_answers_begin_but_messages(bus):
    with fresh(bus) as c:
        c.say("AUTH EXTERNAL " + ME)
        c.send(b"BEGIN\r\n")
        works(c)


@requirement("AUTH-019", "RES-014")
@differs("dbus-broker", "does not count; DIFF-025")
@cases(("rejected identities", "AUTH EXTERNAL 39393939"), ("questions", "AUTH"),
       ("errors", "ERROR"))
def test_after_6_rejections_the_server_disconnects(bus, line):
    with Client(bus.address, stage="socket") as c:
        c.send(b"\0")
        for _ in range(6):
            expect_answer(c.say(line), "REJECTED*")
        c.try_send(b"AUTH\r\n")
        expect.true(c.at_eof(), "a seventh answer")


@requirement("AUTH-018", "AUTH-020")
def test_fd_passing_may_be_negotiated_again_and_again(bus):
    with fresh(bus) as c:
        c.say("AUTH EXTERNAL " + ME)
        for _ in range(10):
            expect.equal(c.say("NEGOTIATE_UNIX_FD"), "AGREE_UNIX_FD")


@requirement("AUTH-020", "ADDR-022")
@skip_on("dbus-broker", "has no TCP; DIFF-027")
def test_tcp_does_not_agree_to_fd_passing(kind):
    with start_bus(kind, config(listen=TCP, auth="ANONYMOUS", extra="<allow_anonymous/>")) as bus:
        with Client(bus.address, stage="socket") as c:
            c.send(b"\0")
            expect_answer(c.say("AUTH ANONYMOUS"), "OK*")
            expect_answer(c.say("NEGOTIATE_UNIX_FD"), "ERROR*")
            c.send(b"BEGIN\r\n")
            works(c)


@requirement("AUTH-021", "LIM-008", "RES-014")
@skip_on("dbus-broker", "has no auth_timeout")
@cases(("nothing", []), ("half a handshake", [b"\0AUTH EXTERNAL\r\n"]),
       ("no Hello", [b"\0AUTH EXTERNAL " + ME.encode() + b"\r\nBEGIN\r\n"]))
def test_who_does_not_finish_within_auth_timeout_is_disconnected(kind, said):
    with start_bus(kind, config(limits={"auth_timeout": 50})) as bus:
        with Client(bus.address, stage="socket") as c:
            for data in said:
                c.send(data)
            while not c.at_eof():
                pass


# 2.5 Mechanisms


@requirement("AUTH-028", "AUTH-031")
@cases(("another uid", "9999"), ("root by name", "root"), ("nothing known", "nonsense"),
       ("blank", " 0"),
       ("minus", "-1"), ("plus", "+0"), ("fraction", "0.0"), ("beyond 32 bits", "4294967296"),
       ("hexadecimal", "0x0"), ("NUL after", "0\0"))
@differs("dbus-daemon", "reads numbers as strtoul does", case=("blank", "plus", "hexadecimal"))
def test_external_accepts_no_other_identity_than_the_sockets_uid(bus, identity):
    with fresh(bus) as c:
        expect_answer(c.say("AUTH EXTERNAL " + identity.encode().hex()), "REJECTED*")


@requirement("AUTH-028", "AUTH-032")
def test_external_identifies_another_user(bus):
    with Client(bus.address, uid=65534) as c:
        expect.equal(c.bus("GetConnectionUnixUser", "s", c.name), 65534)
    with Client(bus.address, uid=65534, stage="socket") as c:
        c.send(b"\0")
        expect_answer(c.say("AUTH EXTERNAL " + b"0".hex()), "REJECTED*")


@requirement("AUTH-029", "AUTH-030", "AUTH-032")
@cases(("nothing, empty DATA", "AUTH EXTERNAL", "DATA"),
       ("nothing, uid", "AUTH EXTERNAL", "DATA " + ME),
       ("a blank, empty DATA", "AUTH EXTERNAL ", "DATA "))
def test_external_without_identity_is_asked_once(bus, first, second):
    with fresh(bus) as c:
        expect.equal(c.say(first), "DATA")
        expect_answer(c.say(second), "OK*")
        c.send(b"BEGIN\r\n")
        works(c)


@requirement("AUTH-042", "CONF-012")
@skip_on("dbus-broker", EXTERNAL_ONLY)
def test_anonymous_is_dropped_after_begin_unless_allowed(kind):
    with start_bus(kind, config(auth="ANONYMOUS")) as bus, fresh(bus) as c:
        expect_answer(c.say("AUTH ANONYMOUS " + b"trace".hex()), "OK*")
        c.send(b"BEGIN\r\n")
        expect.true(c.at_eof(), "an answer")
    with start_bus(kind, config(auth="ANONYMOUS",
                                extra="<allow_anonymous/>")) as bus, fresh(bus) as c:
        expect_answer(c.say("AUTH ANONYMOUS " + b"trace".hex()), "OK*")
        c.send(b"BEGIN\r\n")
        works(c)


@requirement("AUTH-042")
@differs("dbus-broker", EXTERNAL_ONLY, case="UTF-8")
@cases(("UTF-8", "gr\u00fc\u00df".encode(), "OK*"), ("not UTF-8", b"\xff", "REJECTED*"))
def test_the_anonymous_trace_is_utf_8(bus, trace, answer):
    with fresh(bus) as c:
        expect_answer(c.say("AUTH ANONYMOUS " + trace.hex()), answer)


@requirement("AUTH-043", "RES-014")
@differs("dbus-broker", "decides at accept, before the handshake; DIFF-026")
def test_who_may_not_connect_is_disconnected_in_silence_after_begin(kind):
    policy = OPEN + '<policy context="mandatory"><deny user="65534"/></policy>'
    with start_bus(kind, config(policy=policy)) as bus:
        with Client(bus.address, uid=65534, stage="auth") as c:
            c.try_send(driver_call("Hello", serial=1).pack())
            expect.equal(c.wait_disconnect(), [])
        Client(bus.address).close()


# Cookies

COOKIE = config(auth="DBUS_COOKIE_SHA1")
CONTEXT = "org_freedesktop_general"


def keyring(bus, *lines, mode=0o700):
    os.mkdir(f"{bus.home}/.dbus-keyrings", 0o700)
    os.chmod(f"{bus.home}/.dbus-keyrings", mode)
    with open(f"{bus.home}/.dbus-keyrings/{CONTEXT}", "w", encoding="ascii") as f:
        f.write("".join(line + "\n" for line in lines))
    os.chmod(f.name, 0o600)


def cookies(bus):
    """{id: (age, cookie)} of the keyring file."""
    with open(f"{bus.home}/.dbus-keyrings/{CONTEXT}", encoding="ascii") as f:
        rows = [line.split(" ") for line in f.read().splitlines()]
    return {row[0]: (int(time.time()) - int(row[1]), row[2]) for row in rows}


def challenge(c, user=str(os.getuid())):
    answer = c.say("AUTH DBUS_COOKIE_SHA1 " + user.encode().hex())
    expect_answer(answer, "DATA*")
    return bytes.fromhex(answer[5:]).decode().split(" ")


def response(server, cookie, mine="0123456789abcdef"):
    digest = hashlib.sha1(f"{server}:{mine}:{cookie}".encode()).hexdigest()
    return "DATA " + f"{mine} {digest}".encode().hex()


@requirement("AUTH-033", "AUTH-034", "AUTH-035", "AUTH-036", "AUTH-037", "AUTH-038", "AUTH-040")
@skip_on("dbus-broker", EXTERNAL_ONLY)
def test_a_client_that_knows_the_cookie_is_accepted(kind):
    with start_bus_quietly(kind, COOKIE) as bus, fresh(bus) as c:
        context, number, server = challenge(c)
        expect.equal(context, CONTEXT)
        expect.true(len(server) == 32 and set(server) <= set("0123456789abcdef"), server)
        age, cookie = cookies(bus)[number]
        expect.true(age < 60 and len(cookie) == 48, f"{age} s old, {cookie}")
        expect.equal(os.stat(f"{bus.home}/.dbus-keyrings").st_mode & 0o777, 0o700)
        expect.equal(os.listdir(f"{bus.home}/.dbus-keyrings"), [CONTEXT])  # neither lock nor draft
        expect_answer(c.say(response(server, cookie)), "OK*")
        c.send(b"BEGIN\r\n")
        works(c)
        expect.equal(c.bus("GetConnectionUnixUser", "s", c.name), os.getuid())


@requirement("AUTH-035")
@skip_on("dbus-broker", EXTERNAL_ONLY)
def test_a_wrong_digest_is_rejected(kind):
    with start_bus_quietly(kind, COOKIE) as bus, fresh(bus) as c:
        for line in (response("0" * 32, "0" * 48), "DATA", "DATA 30", "DATA " + b"a b c".hex()):
            challenge(c)
            expect_answer(c.say(line), "REJECTED*")


@requirement("AUTH-033", "AUTH-041")
@skip_on("dbus-broker", EXTERNAL_ONLY)
def test_a_cookie_is_for_the_servers_own_user_only(kind):
    with start_bus_quietly(kind, COOKIE) as bus:
        for user in ("65534", "nobody", "nonsense", "../..", "/etc"):
            with fresh(bus) as c:
                expect_answer(c.say("AUTH DBUS_COOKIE_SHA1 " + user.encode().hex()), "REJECTED*")


@requirement("AUTH-037")
@skip_on("dbus-broker", EXTERNAL_ONLY)
@cases(("readable by all", 0o744), ("writable by the group", 0o720))
def test_a_keyring_others_may_read_or_write_is_not_used(kind, mode):
    with start_bus_quietly(kind, COOKIE) as bus, fresh(bus) as c:
        keyring(bus, mode=mode)
        expect_answer(c.say("AUTH DBUS_COOKIE_SHA1 " + ME), "REJECTED*")


@requirement("AUTH-038", "AUTH-039")
@skip_on("dbus-broker", EXTERNAL_ONLY)
def test_a_young_cookie_is_offered_again_and_nonsense_is_skipped(kind):
    with start_bus_quietly(kind, COOKIE) as bus, fresh(bus) as c:
        now = int(time.time())
        keyring(bus, "nonsense", f"7 {now - 200} " + "ab" * 24, f"x {now} " + "cd" * 24)
        _, number, server = challenge(c)
        expect.equal(number, "7")
        expect_answer(c.say(response(server, "ab" * 24)), "OK*")


@requirement("AUTH-039")
@skip_on("dbus-broker", EXTERNAL_ONLY)
def test_an_old_cookie_is_not_offered_and_a_very_old_one_is_removed(kind):
    with start_bus_quietly(kind, COOKIE) as bus, fresh(bus) as c:
        now = int(time.time())
        keyring(bus, f"1 {now - 350} " + "11" * 24, f"2 {now - 500} " + "22" * 24,
                f"3 {now + 1000} " + "33" * 24)
        _, number, _ = challenge(c)
        expect.true(number not in ("1", "2", "3"), f"offered {number}")
        expect.equal(set(cookies(bus)), {"1", number})


# 2.6 Pipelining

HELLO = driver_call("Hello", serial=1).pack()


@requirement("AUTH-008", "AUTH-045", "AUTH-046")
@cases(("uid first", f"AUTH EXTERNAL {ME}\r\nNEGOTIATE_UNIX_FD\r\n", ["OK*", "AGREE_UNIX_FD"]),
       ("empty identity", "AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\n",
        ["DATA", "OK*", "AGREE_UNIX_FD"]),
       ("a wrong mechanism before", f"AUTH FOO\r\nAUTH EXTERNAL {ME}\r\n", ["REJECTED*", "OK*"]))
def test_everything_may_be_said_at_once(bus, lines, answers):
    with Client(bus.address, stage="socket") as c:
        c.send(b"\0" + lines.encode() + b"BEGIN\r\n" + HELLO)
        for wanted in answers:
            expect_answer(c.line(), wanted)
        c.serial = 1
        expect.equal(c.reply_to(1).signature, "s")


@requirement("AUTH-047", "RES-015")
def test_everything_may_be_said_byte_by_byte(bus):
    with Client(bus.address, stage="socket") as c:
        for byte in b"\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n" + HELLO:
            c.send(bytes([byte]))
        for wanted in ("DATA", "OK*", "AGREE_UNIX_FD"):
            expect_answer(c.line(), wanted)
        c.serial = 1
        expect.equal(c.reply_to(1).signature, "s")


@requirement("AUTH-047")
def test_a_line_may_be_cut_between_cr_and_lf(bus):
    with fresh(bus) as c:
        c.send(b"AUTH EXTERNAL\r")
        with fresh(bus) as other:  # by the answer to which the bus has read the above
            other.say("AUTH")
        c.send(b"\nDATA\r\n")
        expect.equal(c.line(), "DATA")
        expect_answer(c.line(), "OK*")


@requirement("AUTH-008", "AUTH-048", "WIRE-054")
@skip_on("dbus-daemon", "loses those that arrive while it reads the handshake")
def test_descriptors_sent_behind_begin_belong_to_their_message(bus):
    with Client(bus.address) as receiver, Client(bus.address, stage="socket") as c:
        c.send(f"\0AUTH EXTERNAL {ME}\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n".encode())
        c.send(HELLO)
        c.serial = 1
        c.post(signal("/", "a.b", "M", "h", [0], destination=receiver.name), [0])
        got = receiver.next_signal("M")
        expect.equal(len(got.fds), 1)
        close_fds(got)
