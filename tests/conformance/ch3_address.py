# SPDX-License-Identifier: MIT
"""Section 3: addresses a bus listens on, and the transports behind them."""

import os
import socket
import stat

from tests.lib import expect
from tests.lib.buses import config, start_bus, start_failure, temporary_directory
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement, skip_on

OWN_LISTENER = skip_on("dbus-broker", "takes its listener from outside; DIFF-027")
ANYBODY = {"auth": "EXTERNAL ANONYMOUS", "extra": "<allow_anonymous/>"}


def listening(*addresses, **more):
    return config(listen="".join(f"<listen>{address}</listen>" for address in addresses), **more)


def works(address):
    """A client that connects there is served; over TCP as nobody in particular."""
    with Client(address, stage="socket") as c:
        if c.sock.family == socket.AF_UNIX:
            c.authenticate()
        else:
            c.send(b"\0")
            expect.true(c.say("AUTH ANONYMOUS").startswith("OK "), "not accepted")
            c.send(b"BEGIN\r\n")
        c.hello()


@requirement("ADDR-001", "ADDR-002", "ADDR-003", "ADDR-005", "ADDR-009")
@OWN_LISTENER
@cases(("no colon", "nonsense"), ("no transport", ":path=@DIR@/bus"),
       ("no equals sign", "unix:path"),
       ("no key", "unix:=@DIR@/bus"), ("no value", "unix:path="),
       ("empty pair", "unix:,path=@DIR@/bus"),
       ("truncated escape", "unix:path=@DIR@/b%2"), ("not hex", "unix:path=@DIR@/b%zz"),
       ("lone %", "unix:path=@DIR@/%"),
       ("blank", "unix:path=@DIR@/a b"), ("not ASCII", "unix:path=@DIR@/\u00e4"),
       ("no key at all", "unix:"), ("only an unknown key", "unix:foo=bar"),
       ("two places", "unix:path=@DIR@/bus,abstract=x"),
       ("directory twice", "unix:dir=@DIR@,tmpdir=@DIR@"),
       ("runtime and path", "unix:runtime=yes,path=@DIR@/bus"), ("runtime=no", "unix:runtime=no"),
       ("empty entry first", ";unix:path=@DIR@/bus"),
       ("empty entry between", "nonsense:;;unix:path=@DIR@/bus"))
def test_a_bad_address_to_listen_on_is_fatal(kind, address):
    start_failure(kind, listening(address))


@requirement("ADDR-003")
@OWN_LISTENER
@differs("dbus-daemon", "the first value counts")
def test_a_key_given_twice_is_fatal(kind):
    start_failure(kind, listening("unix:path=@DIR@/bus,path=@DIR@/other"))


@requirement("ADDR-008", "ADDR-014", "ADDR-019", "ADDR-020", "ADDR-021")
@OWN_LISTENER
@cases(("unknown", "nonsense:a=b"), ("vsock", "vsock:cid=1,port=5"),
       ("unixexec", "unixexec:path=/bin/cat"),
       ("autolaunch", "autolaunch:"), ("launchd", "launchd:env=FOO"),
       ("machine", "x-machine-unix:pid=1"))
def test_a_transport_one_cannot_listen_on_is_fatal(kind, address):
    start_failure(kind, listening(address))


@requirement("ADDR-001", "ADDR-003", "ADDR-004", "ADDR-006")
@OWN_LISTENER
@cases(("a semicolon last", "unix:path=@DIR@/bus;"), ("a comma last", "unix:path=@DIR@/bus,"),
       ("an unknown key", "unix:path=@DIR@/bus,foo=bar"), ("escapes", "unix:path=@DIR@/%62%75s"),
       ("a star", "unix:path=@DIR@/b*s"))
def test_an_unusual_address_can_be_listened_on(kind, address):
    with start_bus(kind, listening(address)) as bus:
        works(bus.address)


@requirement("ADDR-004", "ADDR-005", "ADDR-006", "ADDR-029")
@OWN_LISTENER
def test_the_printed_address_is_escaped_in_lower_case_and_has_a_guid(kind):
    with start_bus(kind, listening("unix:path=@DIR@/a%20%4F%c3%a4%25")) as bus:
        address, _, guid = bus.addresses[0].partition(",guid=")
        expect.equal(address, f"unix:path={bus.dir}/a%20O%c3%a4%25")
        expect.equal(len(guid), 32)
        works(address)


@requirement("ADDR-007", "ADDR-008")
@OWN_LISTENER
def test_of_several_entries_the_first_that_can_be_listened_on_is(kind):
    with start_bus(kind, listening("nonsense:a=b;unix:path=@DIR@/one;unix:path=@DIR@/two")) as bus:
        works(bus.address)
        expect.equal(bus.address, f"unix:path={bus.dir}/one")
        expect.equal(len(bus.addresses), 1)


@requirement("ADDR-010")
@OWN_LISTENER
def test_a_path_that_does_not_fit_a_socket_address_is_fatal(kind):
    start_failure(kind, listening("unix:path=@DIR@/" + "x" * 108))
    with start_bus(kind) as outer:
        longest = outer.path("x").ljust(99, "x")
        with start_bus(kind, listening("unix:path=" + longest)) as bus:
            works(bus.address)


@requirement("ADDR-009", "ADDR-010")
@OWN_LISTENER
def test_an_abstract_socket_can_be_listened_on(kind):
    name = f"headway-conformance-{os.getpid()}-{kind}"
    with start_bus(kind, listening("unix:abstract=" + name)) as bus:
        expect.equal(bus.address, "unix:abstract=" + name)
        works(bus.address)


@requirement("ADDR-011")
@OWN_LISTENER
def test_a_socket_file_is_open_to_all_and_removed_on_exit(kind):
    with start_bus(kind) as bus:
        expect.equal(stat.S_IMODE(os.stat(bus.path("bus")).st_mode), 0o777)
        with bus.client(uid=65534):
            pass
        expect.equal(bus.stop(), 0)
        expect.true(not os.path.exists(bus.path("bus")), "the socket is still there")


@requirement("ADDR-011")
@OWN_LISTENER
def test_a_stale_socket_is_replaced_and_a_file_is_not(kind):
    with start_bus(kind) as outer:
        stale = outer.path("stale")
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(stale)
        with start_bus(kind, listening("unix:path=" + stale)) as bus:
            works(bus.address)
        outer.write("file", "precious")
        start_failure(kind, listening("unix:path=" + outer.path("file")))
        with open(outer.path("file"), encoding="ascii") as f:
            expect.equal(f.read(), "precious")


@requirement("ADDR-012")
@OWN_LISTENER
@cases(("dir", "dir"), ("tmpdir", "tmpdir"))
def test_a_directory_gets_a_socket_of_random_name(kind, key):
    with start_bus(kind, listening(f"unix:{key}=@DIR@")) as bus:
        head, _, name = bus.address.rpartition("/dbus-")
        expect.equal(head, "unix:path=" + bus.dir)
        expect.true(len(name) == 10 and name.isalnum(), name)
        works(bus.address)


@requirement("ADDR-013")
@OWN_LISTENER
def test_runtime_listens_in_the_runtime_directory(kind):
    with start_bus(kind) as outer:
        text = listening("unix:runtime=yes")
        os.mkdir(outer.path("run"))
        with start_bus(kind, text, env={"XDG_RUNTIME_DIR": outer.path("run")}) as bus:
            expect.equal(bus.address, f"unix:path={outer.path('run')}/bus")
            works(bus.address)
        start_failure(kind, text, env={"XDG_RUNTIME_DIR": None})


@requirement("ADDR-015", "ADDR-022")
@OWN_LISTENER
@cases(("without port", "tcp:host=127.0.0.1"), ("port 0", "tcp:host=127.0.0.1,port=0"),
       ("bind", "tcp:host=localhost,bind=127.0.0.1,family=ipv4"),
       ("family", "tcp:host=localhost,family=ipv4"))
def test_tcp_publishes_the_port_it_got(kind, address):
    with start_bus(kind, listening(address, **ANYBODY)) as bus:
        transport, keys = parse_address(bus.address)
        expect.equal(transport, "tcp")
        expect.true(int(keys["port"]) > 0, bus.address)
        works(bus.address)


@requirement("ADDR-015")
@OWN_LISTENER
@cases(("family", "tcp:host=127.0.0.1,family=ipv5"), ("port", "tcp:host=127.0.0.1,port=x"),
       ("port beyond", "tcp:host=127.0.0.1,port=70000"),
       ("host", "tcp:host=no.such.host.invalid"))
@skip_on("dbus-daemon", "the port wraps round", case="port beyond")
def test_a_bad_tcp_address_is_fatal(kind, address):
    start_failure(kind, listening(address, **ANYBODY))


@requirement("ADDR-016")
@OWN_LISTENER
def test_all_addresses_of_a_tcp_host_share_one_port(kind):
    with start_bus(kind, listening("tcp:host=localhost", **ANYBODY)) as bus:
        port = int(parse_address(bus.address)[1]["port"])
        for family, *_, place in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM):
            with socket.socket(family) as sock:
                sock.connect(place)


@requirement("ADDR-015", "ADDR-022", "DRV-012")
@OWN_LISTENER
def test_an_anonymous_tcp_client_has_no_uid_and_cannot_claim_one(kind):
    with start_bus(kind, listening("tcp:host=127.0.0.1", **ANYBODY)) as bus:
        with Client(bus.address, stage="socket") as c:
            c.send(b"\0")
            expect.true(c.say("AUTH EXTERNAL " + b"0".hex()).startswith("REJECTED"),
                        "EXTERNAL over TCP")
            c.send(b"AUTH ANONYMOUS\r\nBEGIN\r\n")
            c.line()
            c.hello()
            with expect.error("Failed"):
                c.bus("GetConnectionUnixUser", "s", c.name)


@requirement("ADDR-022", "DRV-012")
@OWN_LISTENER
@differs("dbus-daemon", "says it is process 0")
def test_a_tcp_client_has_no_process(kind):
    with start_bus(kind, listening("tcp:host=127.0.0.1", **ANYBODY)) as bus:
        with Client(bus.address, stage="socket") as c:
            c.send(b"\0AUTH ANONYMOUS\r\nBEGIN\r\n")
            c.line()
            c.hello()
            with expect.error("UnixProcessIdUnknown"):
                c.bus("GetConnectionUnixProcessID", "s", c.name)


@requirement("ADDR-017")
@OWN_LISTENER
def test_nonce_tcp_serves_who_sends_the_nonce_first(kind):
    with temporary_directory() as place:
        text = listening("nonce-tcp:host=127.0.0.1", **ANYBODY)
        with start_bus(kind, text, env={"TMPDIR": place}) as bus:
            _, keys = parse_address(bus.address)
            expect.equal(os.stat(keys["noncefile"]).st_size, 16)
            expect.equal(os.stat(os.path.dirname(keys["noncefile"])).st_mode & 0o077, 0)
            works(bus.address)
            with Client(f"tcp:host=127.0.0.1,port={keys['port']}", stage="socket") as c:
                c.try_send(b"x" * 16 + b"\0AUTH\r\n")
                expect.true(c.at_eof(), "served without the nonce")


@requirement("ADDR-017")
@OWN_LISTENER
@differs("dbus-daemon", "leaves it behind")
def test_the_nonce_file_goes_with_the_bus(kind):
    with temporary_directory() as place:
        text = listening("nonce-tcp:host=127.0.0.1", **ANYBODY)
        with start_bus(kind, text, env={"TMPDIR": place}) as bus:
            expect.equal(len(os.listdir(place)), 1)
            bus.stop()
            expect.equal(os.listdir(place), [])


def unix_listener(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(path)
    os.chmod(path, 0o777)
    sock.listen(10)
    return sock


@requirement("ADDR-018")
@OWN_LISTENER
def test_systemd_adopts_the_sockets_handed_over_and_names_them(kind):
    with start_bus(kind) as outer:
        with unix_listener(outer.path("a")) as a, unix_listener(outer.path("b")) as b:
            with start_bus(kind, listening("systemd:"), listen_fds=[a, b]) as bus:
                expect.equal({x.split(",guid=")[0] for x in bus.addresses},
                             {f"unix:path={outer.path(name)}" for name in "ab"})
                works(f"unix:path={outer.path('a')}")
                works(f"unix:path={outer.path('b')}")
            expect.true(os.path.exists(outer.path("a")), "the socket of another was removed")


@requirement("ADDR-018")
@OWN_LISTENER
def test_systemd_without_proper_sockets_is_fatal(kind):
    start_failure(kind, listening("systemd:"), env={"LISTEN_FDS": None, "LISTEN_PID": None})
    left, right = socket.socketpair()
    with left, right:
        start_failure(kind, listening("systemd:"), listen_fds=[left])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
        start_failure(kind, listening("systemd:"), listen_fds=[datagrams])


@requirement("ADDR-029", "CONF-010", "SEEN-01")
@OWN_LISTENER
def test_several_listen_elements_are_all_served_and_printed_last_first(kind):
    with start_bus(kind, listening("unix:path=@DIR@/one", "unix:path=@DIR@/two",
                                   "unix:path=@DIR@/three")) as bus:
        plain = [x.split(",guid=")[0] for x in bus.addresses]
        expect.equal(plain, [f"unix:path={bus.dir}/{name}" for name in ("three", "two", "one")])
        expect.true(all(",guid=" in x for x in bus.addresses), bus.addresses)
        for address in plain:
            works(address)


@requirement("CONF-010")
@OWN_LISTENER
def test_an_address_on_the_command_line_replaces_all_others(kind):
    with start_bus(kind) as outer:
        place = f"unix:path={outer.path('other')}"
        with start_bus(kind, args=[f"--address={place}"]) as bus:
            expect.equal(bus.address, place)
            expect.equal(len(bus.addresses), 1)
            expect.true(not os.path.exists(bus.path("bus")), "the configured one is there too")
            works(place)
