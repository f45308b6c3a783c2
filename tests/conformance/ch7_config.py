# SPDX-License-Identifier: MIT
"""Sections 7.1, 7.2 and 7.4: the configuration file."""

import os

from tests.lib import expect
from tests.lib.buses import (BusDidNotStart, DOCTYPE, OPEN, config, service_file, start_bus,
                             start_failure, temporary_directory)
from tests.lib.client import TIMEOUT
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement, skip_on

TOLERANT = "warns and goes on; DIFF-006"
LISTEN = "@LISTEN@"


def file(*lines):
    """A configuration of these lines; the first is line 2."""
    return "\n".join(("<busconfig>",) + lines + ("</busconfig>", ""))


def is_fatal(kind, text, line=None, name="bus.conf", **more):
    """The bus refuses to start, with an exit status and a text; headwayd says where."""
    failure = start_failure(kind, text, **more)
    expect.true(failure.status not in (0, None), f"exit status {failure.status}")
    expect.true(failure.log.strip() or kind == "dbus-broker", "nothing was said")
    if kind == "headwayd" and line:
        expect.contains(failure.log, f"{name}:{line}")


def serves(kind, text, **more):
    """The bus starts and answers."""
    with start_bus(kind, text, **more) as bus, bus.client() as c:
        c.sync()


@requirement("CONF-001", "CONF-002")
@cases(("DOCTYPE", DOCTYPE + file(LISTEN, OPEN)), ("no DOCTYPE", file(LISTEN, OPEN)),
       ("XML declaration", '<?xml version="1.0" encoding="UTF-8"?>\n' + DOCTYPE + file(LISTEN,
                                                                                       OPEN)),
       ("comments", "<!-- a -->\n" + file("<!-- b -->", LISTEN, OPEN,
                                          "<!-- & < -->") + "<!-- c -->"),
       ("processing instruction", file("<?foo bar?>", LISTEN, OPEN)),
       ("white space", file("  ", "\t\r", LISTEN, "", OPEN)))
def test_a_proper_file_is_read(kind, text):
    serves(kind, text)


@requirement("CONF-002", "CONF-004")
@skip_on("dbus-broker", "takes its listener from outside; DIFF-027")
@cases(("entities", "<listen>&#117;nix&#x3a;path=@DIR@/bus</listen>"),
       ("CDATA", "<listen><![CDATA[unix:]]>path=<![CDATA[@DIR@]]>/bus</listen>"),
       ("comment inside", "<listen>unix:<!-- no -->path=@DIR@/bus</listen>"))
def test_text_may_be_written_in_any_way_xml_has(kind, element):
    serves(kind, file(element, OPEN))


@requirement("CONF-002")
def test_predefined_entities_work_in_attributes(kind):
    with start_bus(kind, file(LISTEN, OPEN, '<policy context="mandatory">'
                              '<deny own="org.&#101;xample.&#x41;"/></policy>')) as bus:
        with bus.client() as c:
            with expect.error("AccessDenied"):
                c.request_name("org.example.A")
            expect.equal(c.request_name("org.example.B"), 1)


BOMB = "<!DOCTYPE busconfig [<!ENTITY a0 '" + "x" * 100 + "'>" + "".join(
    f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 10)) + "]>\n"


@requirement("CONF-002")
@skip_on("dbus-broker", "expands it, for minutes", case="bomb")
@differs("dbus-broker", TOLERANT)
@cases(("bomb", BOMB + file(LISTEN, OPEN, "<type>&a9;</type>")),
       ("external entity", '<!DOCTYPE busconfig [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'
        + file(LISTEN, OPEN, "<type>&x;</type>")))
def test_declared_entities_are_refused(kind, text):
    is_fatal(kind, text)


ERRORS = (
    ("nothing", "", 1), ("not XML", "hello", 1), ("truncated", "<busconfig>\n" + LISTEN + "\n", 3),
    ("another root", "<config>\n</config>", 1), ("two roots", file(LISTEN, OPEN) + "<busconfig/>",
                                                 OPEN.count("\n") + 5),
    ("crossed tags", file(LISTEN, "<policy></busconfig>"), 3),
    ("unknown element", file(LISTEN, "<nonsense/>"), 3),
    ("unknown attribute", file(LISTEN, OPEN, '<type foo="bar">session</type>'),
     3 + OPEN.count("\n") + 1),
    ("attribute of the root", '<busconfig a="b">' + LISTEN + "</busconfig>", 1),
    ("text in the root", file(LISTEN, "text"), 3), ("text in policy",
                                                    file(LISTEN, '<policy context="default">',
                                                                            "text</policy>"), 4),
    ("allow outside policy", file(LISTEN, '<allow user="*"/>'), 3),
    ("listen in policy", file('<policy context="default">', LISTEN, "</policy>"), 3),
    ("associate outside selinux", file(LISTEN, '<associate own="a.b" context="c"/>'), 3),
    ("busconfig inside", file(LISTEN, "<busconfig/>"), 3),
    ("attribute twice", file(LISTEN, '<limit name="a" name="b">1</limit>'), 3),
    ("bad entity", file(LISTEN, "<type>&nonsense;</type>"), 3),
    ("capitals", file(LISTEN, "<Type>session</Type>"), 3),
)

MALFORMED = ("nothing", "not XML", "truncated", "two roots", "crossed tags", "attribute twice",
             "bad entity")


@requirement("CONF-001", "CONF-003")
@differs("dbus-broker", TOLERANT, case=tuple(x[0] for x in ERRORS if x[0] not in MALFORMED))
@cases(*ERRORS)
def test_a_file_that_is_wrong_is_fatal_and_the_place_is_told(kind, text, line):
    is_fatal(kind, text, line)


CONTENT = ("include", "includedir", "user", "type", "listen", "pidfile", "auth", "servicedir",
           "servicehelper")
NO_CONTENT = ("fork", "keep_umask", "syslog", "allow_anonymous", "standard_session_servicedirs",
              "standard_system_servicedirs")


@requirement("CONF-004")
@skip_on("dbus-broker", "reads every file of its own directory", case=("include", "includedir"))
@differs("dbus-broker", TOLERANT)
@cases(*((name, f"<{name}></{name}>") for name in CONTENT),
       ("limit", '<limit name="max_replies_per_connection"/>'))
def test_an_element_that_needs_content_and_has_none_is_fatal(kind, element):
    is_fatal(kind, file(LISTEN, OPEN, element), 3 + OPEN.count("\n") + 1)


@requirement("CONF-005")
@differs("dbus-broker", TOLERANT)
@cases(*((name, f"<{name}>text</{name}>") for name in NO_CONTENT),
       ("allow", '<policy context="default"><allow user="*">text</allow></policy>'),
       ("apparmor", '<apparmor mode="enabled">text</apparmor>'))
def test_an_element_without_content_that_has_some_is_fatal(kind, element):
    is_fatal(kind, file(LISTEN, OPEN, element), 3 + OPEN.count("\n") + 1)


@requirement("CONF-004")
@skip_on("dbus-broker", "takes its listener from outside; DIFF-027")
def test_white_space_in_content_counts(kind):
    is_fatal(kind, file("<listen> unix:path=@DIR@/bus</listen>", OPEN))


@requirement("CONF-006")
@differs("dbus-broker", "needs no listen element")
def test_without_any_listen_element_the_bus_does_not_start(kind):
    is_fatal(kind, file(OPEN))


@requirement("CONF-006", "CONF-020")
def test_a_listen_element_in_an_included_file_counts(kind):
    serves(kind, file("<include>more.conf</include>", OPEN), files={"more.conf": file(LISTEN)})


@requirement("CONF-011")
@differs("dbus-broker", TOLERANT)
def test_an_unknown_mechanism_is_fatal(kind):
    is_fatal(kind, file(LISTEN, OPEN, "<auth>NONSENSE</auth>"))


def gives_up(kind, text):
    """The bus ends, possibly after it has printed its address."""
    try:
        with start_bus(kind, text) as bus:
            return bus.process.wait(TIMEOUT)
    except BusDidNotStart as failure:
        return failure.status


@requirement("CONF-008")
@skip_on("dbus-broker", "warns and goes on; DIFF-006")
def test_an_unknown_user_is_fatal(kind):
    expect.true(gives_up(kind, file(LISTEN, OPEN, "<user>no-such-user-here</user>")) > 0,
                "exit status 0")


@requirement("CONF-025")
@differs("dbus-broker", "exits with status 0")
def test_apparmor_required_where_there_is_none_is_fatal(kind):
    if not apparmor():
        status = gives_up(kind, file(LISTEN, OPEN, '<apparmor mode="required"/>'))
        expect.true(status > 0, f"exit status {status}")


@requirement("CONF-024")
@differs("dbus-broker", TOLERANT, case=("no own", "no context", "another attribute",
                                        "attribute of selinux"))
@cases(("proper",
        '<selinux><associate own="a.b" context="c"/><associate own="a.b" context="d"/></selinux>',
        True),
       ("empty", "<selinux/>", True), ("no own", '<selinux><associate context="c"/></selinux>',
                                       False),
       ("no context", '<selinux><associate own="a.b"/></selinux>', False),
       ("another attribute", '<selinux><associate own="a.b" context="c" foo="d"/></selinux>',
        False),
       ("attribute of selinux", '<selinux a="b"/>', False))
def test_selinux_associations_need_both_attributes(kind, element, good):
    (serves if good else is_fatal)(kind, file(LISTEN, OPEN, element))


def apparmor():
    try:
        with open("/sys/module/apparmor/parameters/enabled", encoding="ascii") as f:
            return f.read().startswith("Y")
    except FileNotFoundError:
        return False


@requirement("CONF-025")
@differs("dbus-broker", TOLERANT, case=("unknown mode", "unknown attribute"))
@cases(("enabled", '<apparmor mode="enabled"/>', True),
       ("disabled", '<apparmor mode="disabled"/>', True),
       ("default", "<apparmor/>", True), ("unknown mode", '<apparmor mode="foo"/>', False),
       ("unknown attribute", '<apparmor foo="enabled"/>', False),
       ("the last one wins", '<apparmor mode="required"/><apparmor mode="disabled"/>', True))
def test_apparmor_has_three_modes(kind, element, good):
    (serves if good else is_fatal)(kind, file(LISTEN, OPEN, element))


# Limits as elements


@requirement("CONF-027", "LIM-018")
@cases(*((name, name) for name in (
    "max_incoming_bytes", "max_incoming_unix_fds", "max_outgoing_bytes", "max_outgoing_unix_fds",
    "max_message_size", "max_message_unix_fds", "service_start_timeout", "auth_timeout",
    "pending_fd_timeout", "max_completed_connections", "max_incomplete_connections",
    "max_connections_per_user", "max_pending_service_starts", "max_names_per_connection",
    "max_match_rules_per_connection", "max_replies_per_connection", "reply_timeout",
    "max_containers",
    "max_containers_per_user", "max_container_metadata_bytes", "max_connections_per_container")))
def test_a_limit_is_known(kind, name):
    serves(kind, config(limits={name: 100000}))


@requirement("CONF-027")
@differs("dbus-broker", TOLERANT)
@cases(("unknown", '<limit name="max_nonsense">1</limit>'), ("no name", "<limit>1</limit>"),
       ("no number", '<limit name="max_message_size">many</limit>'),
       ("negative", '<limit name="max_replies_per_connection">-1</limit>'),
       ("over 2^31-1", '<limit name="max_replies_per_connection">2147483648</limit>'),
       ("over 2^63", '<limit name="max_replies_per_connection">99999999999999999999</limit>'),
       ("another attribute", '<limit name="auth_timeout" foo="bar">1</limit>'))
def test_a_limit_that_makes_no_sense_is_fatal(kind, element):
    is_fatal(kind, file(LISTEN, OPEN, element), 3 + OPEN.count("\n") + 1)


@requirement("CONF-027")
@differs("dbus-broker", TOLERANT)
@differs("dbus-daemon", "reads numbers as strtol does")
def test_a_limit_with_something_behind_its_number_is_fatal(kind):
    is_fatal(kind, file(LISTEN, OPEN, '<limit name="auth_timeout">100x</limit>'))


# Includes


def names_denied(kind, text, wanted, **more):
    """Which of org.example.A, .B ... may not be owned: shows which files were read."""
    with start_bus(kind, text, **more) as bus, bus.client() as c:
        denied = ""
        for letter in "ABCDEF":
            try:
                c.request_name("org.example." + letter)
            except BusError as e:
                expect.equal(e.name, "org.freedesktop.DBus.Error.AccessDenied")
                denied += letter
        expect.equal(denied, wanted)
        return bus.log.text()


def denies(letter, kind="deny"):
    policy = f'<policy context="default"><{kind} own="org.example.{letter}"/></policy>'
    return f"<busconfig>{policy}</busconfig>"


@requirement("CONF-019", "CONF-020", "CONF-023", "CONF-026")
@cases(("relative", "<include>a.conf</include>", "A"),
       ("in a directory", "<include>sub/b.conf</include>", "BC"),
       ("absolute", "<include>@DIR@/a.conf</include>", "A"),
       ("missing but may be", '<include ignore_missing="yes">no.conf</include>', ""),
       ("not ignored when there", '<include ignore_missing="yes">a.conf</include>', "A"),
       ("no SELinux", '<include if_selinux_enabled="yes">a.conf</include>', ""),
       ("SELinux or not",
        '<include if_selinux_enabled="no" selinux_root_relative="no">a.conf</include>', "A"))
def test_an_include_reads_another_file_at_its_place(kind, element, wanted):
    names_denied(kind, file(LISTEN, OPEN, element), wanted,
                 files={"a.conf": denies("A"), "sub/b.conf": file("<include>c.conf</include>",
                                                                  denies("B")[11:-12]),
                        "sub/c.conf": denies("C")})


@requirement("CONF-019", "CONF-020", "CONF-021")
@differs("dbus-broker", TOLERANT,
         case=("bad ignore_missing", "bad if_selinux_enabled", "bad selinux_root_relative",
               "unknown attribute", "itself", "a cycle", "a broken file"))
@cases(("missing", "<include>no.conf</include>"),
       ("explicitly missing", '<include ignore_missing="no">no.conf</include>'),
       ("bad ignore_missing", '<include ignore_missing="maybe">a.conf</include>'),
       ("bad if_selinux_enabled", '<include if_selinux_enabled="1">a.conf</include>'),
       ("bad selinux_root_relative", '<include selinux_root_relative="true">a.conf</include>'),
       ("unknown attribute", '<include foo="yes">a.conf</include>'),
       ("itself", "<include>bus.conf</include>"),
       ("a cycle", "<include>cycle.conf</include>"),
       ("a broken file", "<include>broken.conf</include>"))
def test_a_bad_include_is_fatal(kind, element):
    is_fatal(kind, file(LISTEN, OPEN, element),
             files={"a.conf": denies("A"), "cycle.conf": file("<include>bus.conf</include>"),
                    "broken.conf": file("<nonsense/>")})


@requirement("CONF-003", "CONF-020")
@differs("dbus-broker", TOLERANT)
def test_an_error_in_an_included_file_names_that_file(kind):
    is_fatal(kind, file(LISTEN, OPEN, "<include>broken.conf</include>"), 3, "broken.conf",
             files={"broken.conf": file("", "<nonsense/>")})


@requirement("CONF-022", "CONF-023")
def test_an_includedir_reads_files_called_conf_and_no_others(kind):
    names_denied(kind, file(LISTEN, OPEN, "<includedir>d</includedir>",
                            "<includedir>no-such</includedir>"), "AB",
                 files={"d/a.conf": denies("A"), "d/b.conf": denies("B"), "d/c.txt": denies("C"),
                        "d/conf": denies("D"), "d/e.conf.bak": denies("E"),
                        "d/f.CONF": denies("F")})


@requirement("CONF-022")
@skip_on("dbus-daemon", "reads them in the directory's own order")
def test_an_includedir_is_read_in_order_of_names(kind):
    for first, second, wanted in (("deny", "allow", ""), ("allow", "deny", "A")):
        names_denied(kind, file(LISTEN, OPEN, "<includedir>d</includedir>"), wanted,
                     files={"d/9.conf": denies("A", second), "d/10.conf": denies("A", first)})


@requirement("CONF-022")
@differs("dbus-broker", "keeps what it could read, or does not start")
@cases(("broken", file('<policy context="default"><deny own="org.example.B"/></policy>',
                       "<nonsense/>")),
       ("truncated", '<busconfig><policy context="default"><deny own="org.example.B"/></policy>'),
       ("empty", ""), ("including nothing", file("<include>no.conf</include>",
                                                 denies("B")[11:-12])),
       ("including itself", file("<include>broken.conf</include>", denies("B")[11:-12])))
def test_a_broken_file_of_an_includedir_is_skipped_whole_with_a_warning(kind, text):
    log = names_denied(kind, file(LISTEN, OPEN, "<includedir>d</includedir>"), "AC",
                       files={"d/a.conf": denies("A"), "d/broken.conf": text,
                              "d/c.conf": denies("C")})
    if kind == "headwayd":
        expect.contains(log, "broken.conf")


@requirement("CONF-023")
@skip_on("dbus-broker", "ignores max_names_per_connection")
def test_the_last_limit_counts_wherever_it_stands(kind):
    limit = '<limit name="max_names_per_connection">{}</limit>'
    for text, wanted in ((limit.format(3) + "<include>more.conf</include>", 5),
                         ("<include>more.conf</include>" + limit.format(3), 3)):
        with start_bus(kind, file(LISTEN, OPEN, text),
                       files={"more.conf": file(limit.format(5))}) as bus:
            with bus.client() as c:
                for i in range(wanted - 1):
                    c.request_name(f"org.example.A{i}")
                with expect.error("LimitsExceeded", f"max_names_per_connection={wanted}"):
                    c.request_name("org.example.B")


# Services


def service(name, status):
    """A service that exits with this status, by which one knows which file was used."""
    return service_file(name, f"/bin/sh -c 'exit {status}'")


@requirement("CONF-014", "DRV-007")
@differs("dbus-broker", "starts services by systemd only; DIFF-011")
def test_service_directories_are_searched_in_order(kind):
    with start_bus(kind, file(LISTEN, OPEN,
                              "<servicedir>@DIR@/one</servicedir>",
                              "<servicedir>@DIR@/two</servicedir>",
                              "<servicedir>@DIR@/one</servicedir>"),
                   files={"one/org.example.A.service": service("org.example.A", 31),
                          "two/org.example.A.service": service("org.example.A", 32),
                          "two/org.example.B.service": service("org.example.B", 33)}) as bus:
        with bus.client() as c:
            expect.equal(sorted(c.bus("ListActivatableNames"))[:2],
                         ["org.example.A", "org.example.B"])
            with expect.error("Spawn.ChildExited", "31"):
                c.bus("StartServiceByName", "su", "org.example.A", 0)
            with expect.error("Spawn.ChildExited", "33"):
                c.bus("StartServiceByName", "su", "org.example.B", 0)


@requirement("CONF-015", "CONF-016")
@differs("dbus-broker", "creates no directory of its own")
def test_standard_session_directories_follow_the_environment(kind):
    with temporary_directory() as place:
        for i, name in enumerate(("home", "one", "two")):
            os.makedirs(f"{place}/{name}/dbus-1/services")
            with open(f"{place}/{name}/dbus-1/services/org.example.S{i}.service", "w",
                      encoding="ascii") as f:
                f.write(service(f"org.example.S{i}", i))
        env = {"XDG_DATA_HOME": f"{place}/home", "XDG_DATA_DIRS": f"{place}/one:{place}/two",
               "XDG_RUNTIME_DIR": place}
        wanted = [f"org.example.S{i}" for i in range(3)]
        with start_bus(kind, file(LISTEN, OPEN, "<standard_session_servicedirs/>"), env=env) as bus:
            with bus.client() as c:
                expect.equal([x for x in sorted(c.bus("ListActivatableNames")) if x in wanted],
                             wanted)
            expect.true(os.path.isdir(f"{place}/dbus-1/services"), "no transient directory")
        with start_bus(kind, file(LISTEN, OPEN, "<standard_system_servicedirs/>"), env=env) as bus:
            with bus.client() as c:
                expect.equal([x for x in c.bus("ListActivatableNames") if x in wanted], [])


@requirement("CONF-007")
@skip_on("dbus-broker", "starts services by systemd only; DIFF-011")
@cases(("system", "<type>session</type><type>system</type>", "system"),
       ("session", "<type>session</type>", "session"))
def test_the_last_type_is_told_to_services(kind, element, wanted):
    say = "/bin/sh -c 'echo $DBUS_STARTER_BUS_TYPE > @DIR@/said; exit 1'"
    run = service_file("org.example.A", say)
    with start_bus(kind, file(LISTEN, OPEN, element, "<servicedir>@DIR@/s</servicedir>"),
                   files={"s/org.example.A.service": run}) as bus, bus.client() as c:
        with expect.error("Spawn.ChildExited"):
            c.bus("StartServiceByName", "su", "org.example.A", 0)
        with open(bus.path("said"), encoding="ascii") as f:
            expect.equal(f.read().strip(), wanted)


@requirement("CONF-017")
@skip_on("dbus-broker", "starts services by systemd only; DIFF-011")
def test_the_last_service_helper_starts_services_by_name(kind):
    helper = "#!/bin/sh\necho \"$@\" > @DIR@/said\nexit 1\n"
    with start_bus(kind) as outer:
        outer.write("helper", helper)
        os.chmod(outer.path("helper"), 0o755)
        text = file(LISTEN, OPEN, "<servicehelper>/bin/false</servicehelper>",
                    f"<servicehelper>{outer.path('helper')}</servicehelper>",
                    "<servicedir>@DIR@/s</servicedir>")
        run = service_file("org.example.A", "/bin/true", User="root")
        with start_bus(kind, text,
                       files={"s/org.example.A.service": run}) as bus, bus.client() as c:
            try:
                c.bus("StartServiceByName", "su", "org.example.A", 0)
            except BusError:
                pass
            with open(outer.path("said"), encoding="ascii") as f:
                expect.equal(f.read().strip(), "org.example.A")


# Standard files


@requirement("CONF-028", "CONF-029", "CONF-030", "CONF-031")
@skip_on("dbus-broker", "takes its listener from outside; DIFF-027")
@cases(("session", "session"), ("system", "system"))
def test_the_installed_configuration_can_be_used(kind, which):
    name = f"/usr/share/dbus-1/{which}.conf"
    if not os.path.exists(name):
        return
    with start_bus(kind) as outer:
        more = [f"--address=unix:path={outer.path('other')}"]
        with start_bus(kind, f"<busconfig><include>{name}</include></busconfig>",
                       args=more) as bus, bus.client() as c:
            expect.equal(c.request_name("org.example.A") if which == "session" else 1, 1)
            if which == "system":
                with expect.error("AccessDenied"):
                    c.request_name("org.example.A")
