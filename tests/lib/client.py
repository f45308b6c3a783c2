# SPDX-License-Identifier: MIT
"""A blocking, raw client. It never sleeps: it waits for bytes, for the end of the stream, or for
the answer to a question asked afterwards (`sync`), after which what has not come will not come.

    with Client(bus.address) as c:                 # authenticated, Hello done; c.name is ":1.0"
        c.request_name("org.example.A")
        c.bus("GetNameOwner", "s", "org.example.A")  # -> value of the reply; raises BusError
"""

import array
import os
import select
import socket
import struct
from urllib.parse import unquote

from tests.lib import message as m
from tests.lib.codec import CodecError
from tests.lib.message import Message

TIMEOUT = 30.0  # seconds; only bounds a failure, no test waits for it to pass


class BusError(Exception):
    """An error reply. `name` is the full error name, `text` its first argument."""

    def __init__(self, reply):
        self.reply = reply
        self.name = reply.error_name
        args = reply.args
        self.text = args[0] if args and isinstance(args[0], str) else ""
        super().__init__(f"{self.name}: {self.text}")


class Disconnected(Exception):
    """The bus closed the connection."""


class TimedOut(Exception):
    """Nothing came within TIMEOUT."""


def parse_address(address):
    """The first entry of an address: ("unix", {"path": ..})."""
    transport, _, rest = address.split(";")[0].partition(":")
    pairs = dict(pair.split("=", 1) for pair in rest.split(",") if pair)
    return transport, {key: unquote(value) for key, value in pairs.items()}


def connect(address, uid=None, gids=None):
    """A connected stream socket. With `uid`, a child process of that user makes the connection, so
    that the bus sees its credentials (gids: its groups, the first one primary; default the uid)."""
    if uid is None:
        return _connect(address)
    here, there = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            groups = list(gids) if gids else [uid]
            os.setgroups(groups)
            os.setresgid(groups[0], groups[0], groups[0])
            os.setresuid(uid, uid, uid)
            sock = _connect(address)
            socket.send_fds(there, [b"+"], [sock.fileno()])
        except Exception as e:  # pylint: disable=broad-except
            there.send(b"-" + str(e).encode())
        finally:
            os._exit(0)
    there.close()
    data, fds, _, _ = socket.recv_fds(here, 4096, 1)
    os.waitpid(pid, 0)
    here.close()
    if not fds:
        raise ConnectionError(data[1:].decode())
    return socket.socket(fileno=fds[0])


def _connect(address):
    transport, keys = parse_address(address)
    if transport == "unix":
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(keys["path"] if "path" in keys else "\0" + keys["abstract"])
        return sock
    if transport in ("tcp", "nonce-tcp"):
        sock = socket.create_connection((keys.get("host", "localhost"), int(keys["port"])))
        if transport == "nonce-tcp":
            with open(keys["noncefile"], "rb") as nonce:
                sock.sendall(nonce.read())
        return sock
    raise ValueError(f"cannot connect to {address}")


class Client:
    """One connection. `stage` says how far to go: "socket", "auth" (SASL done) or "hello".

    Received messages that nobody asked for wait in `inbox`, in order of arrival."""

    def __init__(self, address, *, uid=None, gids=None, stage="hello", fds=True):
        self.sock = connect(address, uid, gids)
        self.sock.settimeout(TIMEOUT)
        self.uid = os.getuid() if uid is None else uid
        self.name = None
        self.guid = None
        self.serial = 0
        self.inbox = []
        self._bytes = bytearray()
        self._fds = []  # received, not yet claimed by a message's UNIX_FDS
        self._ended = False
        if stage in ("auth", "hello"):
            self.authenticate(fds=fds)
        if stage == "hello":
            self.hello()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Closes the connection and every descriptor received and not taken."""
        while self._fds:
            os.close(self._fds.pop())
        for msg in self.inbox:
            close_fds(msg)
        self.sock.close()

    # Bytes

    def send(self, data, fds=()):
        """Writes all of `data`; `fds` travel with its first byte. Raises Disconnected."""
        try:
            if fds:
                rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
                data = data[self.sock.sendmsg([data], rights):]
            if data:
                self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as e:
            raise Disconnected("while sending") from e

    def try_send(self, data, fds=()):
        """send(), when the bus may close the connection meanwhile."""
        try:
            self.send(data, fds)
        except Disconnected:
            pass

    def _fill(self):
        """Reads once; False at the end of the stream."""
        if self._ended:
            return False
        try:
            data, anc, _, _ = self.sock.recvmsg(1 << 18, socket.CMSG_SPACE(4 * 253),
                                                socket.MSG_CMSG_CLOEXEC)
        except ConnectionResetError:
            data, anc = b"", []
        except socket.timeout as e:
            raise TimedOut(f"nothing from the bus for {TIMEOUT} s") from e
        for _, _, raw in anc:
            self._fds += struct.unpack(f"{len(raw) // 4}i", raw[:len(raw) // 4 * 4])
        self._bytes += data
        self._ended = not data
        return bool(data)

    def _take(self, count):
        data = bytes(self._bytes[:count])
        del self._bytes[:count]
        return data

    # SASL

    def line(self):
        """The next line of the handshake, without CR LF; raises Disconnected at the end."""
        while b"\r\n" not in self._bytes:
            if not self._fill():
                raise Disconnected(f"instead of a line: {bytes(self._bytes)!r}")
        return self._take(self._bytes.index(b"\r\n") + 2)[:-2].decode()

    def say(self, line):
        """Sends one line of the handshake (str or bytes, without CR LF) and returns the answer."""
        self.send((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        return self.line()

    def authenticate(self, fds=True):
        """EXTERNAL with this client's uid; negotiates fd passing if `fds`."""
        self.send(b"\0")
        answer = self.say("AUTH EXTERNAL " + str(self.uid).encode().hex())
        if not answer.startswith("OK "):
            raise ConnectionError(f"bus says {answer!r}")
        self.guid = answer[3:]
        if fds and self.sock.family == socket.AF_UNIX:
            answer = self.say("NEGOTIATE_UNIX_FD")
            if answer != "AGREE_UNIX_FD":
                raise ConnectionError(f"bus says {answer!r}")
        self.send(b"BEGIN\r\n")

    # Messages

    def post(self, msg, fds=()):
        """Sends a message, gives it a serial if it has none; returns the serial."""
        if not msg.serial:
            self.serial += 1
            msg.serial = self.serial
        else:
            self.serial = max(self.serial, msg.serial)
        if fds and not msg.unix_fds:
            msg.with_field(m.UNIX_FDS, len(fds))
        self.send(msg.pack(), fds)
        return msg.serial

    def _read(self):
        """The next message off the wire; None at the end of the stream."""
        while len(self._bytes) < 16 or len(self._bytes) < Message.size(self._bytes[:16]):
            if not self._fill():
                return None
        msg = Message.parse(self._take(Message.size(self._bytes[:16])))
        if len(self._fds) < msg.unix_fds:
            raise CodecError(f"{msg.unix_fds} fds announced, {len(self._fds)} came")
        msg.fds, self._fds = self._fds[:msg.unix_fds], self._fds[msg.unix_fds:]
        return msg

    def receive(self):
        """The next message, from the inbox or the wire; raises Disconnected at the end."""
        if self.inbox:
            return self.inbox.pop(0)
        msg = self._read()
        if msg is None:
            raise Disconnected("while waiting for a message")
        return msg

    def reply_to(self, serial):
        """Waits for the reply to `serial`; others stay in the inbox. Raises Disconnected."""
        for i, msg in enumerate(self.inbox):
            if msg.type in (m.RETURN, m.ERROR) and msg.reply_serial == serial:
                return self.inbox.pop(i)
        while True:
            msg = self._read()
            if msg is None:
                raise Disconnected(f"while waiting for the reply to {serial}")
            if msg.type in (m.RETURN, m.ERROR) and msg.reply_serial == serial:
                return msg
            self.inbox.append(msg)

    def ask(self, msg, fds=()):
        """Sends `msg` and returns the reply Message, method return or error alike."""
        return self.reply_to(self.post(msg, fds))

    def ask_driver(self, msg):
        """Sends `msg`, which the bus itself answers; None when it does not. Never waits in vain: a
        second question is asked behind it."""
        return self.answer_to(self.post(msg))

    def answer_to(self, serial):
        """What the bus itself answered to `serial`, or None (sync)."""
        self.sync()
        for i, got in enumerate(self.inbox):
            if got.type in (m.RETURN, m.ERROR) and got.reply_serial == serial:
                return self.inbox.pop(i)
        return None

    def call(self, destination, path, interface, member, signature="", *args, **more):
        """Calls a method; returns None, the value, or the list of values; raises BusError."""
        return result(self.ask(m.call(destination, path, interface, member, signature, args,
                                      **more)))

    def bus(self, member, signature="", *args, **more):
        """Calls a method of the bus itself (interface= and path= may be given)."""
        return result(self.ask(m.driver_call(member, signature, args, **more)))

    def emit(self, path, interface, member, signature="", *args, **more):
        """Sends a signal, a broadcast unless destination= is given."""
        return self.post(m.signal(path, interface, member, signature, args, **more))

    def reply(self, request, signature="", *args):
        """Answers a method call."""
        return self.post(m.reply(request, signature, args))

    # The bus

    def hello(self):
        self.name = self.bus("Hello")
        return self.name

    def request_name(self, name, flags=0):
        return self.bus("RequestName", "su", name, flags)

    def release_name(self, name):
        return self.bus("ReleaseName", "s", name)

    def add_match(self, rule):
        self.bus("AddMatch", "s", rule)

    def remove_match(self, rule):
        self.bus("RemoveMatch", "s", rule)

    def sync(self):
        """Asks the bus for its id and waits for the answer. Since a sender's messages are handled
        in order, all the bus had to say to earlier messages of this client is now in the inbox;
        what other clients sent before *their* last sync is too."""
        answer = self.ask(m.driver_call("GetId"))
        close_fds(answer)

    def drain(self):
        """All messages that have arrived by now (sync), taken out of the inbox, except
        NameAcquired of the unique name."""
        self.sync()
        taken, self.inbox = self.inbox, []
        return [x for x in taken if not _is_own_name_signal(x, self.name)]

    def next_signal(self, member=None):
        """Waits for the next signal (called `member`), other than NameAcquired of the unique name;
        other messages stay in the inbox."""
        return self.next_matching(lambda x: x.type == m.SIGNAL and member in (None, x.member)
                                  and not _is_own_name_signal(x, self.name))

    def next_call(self, member=None):
        """Waits for the next method call."""
        return self.next_matching(lambda x: x.type == m.CALL and member in (None, x.member))

    def next_matching(self, wanted):
        for i, msg in enumerate(self.inbox):
            if wanted(msg):
                return self.inbox.pop(i)
        while True:
            msg = self._read()
            if msg is None:
                raise Disconnected("while waiting for a message")
            if wanted(msg):
                return msg
            self.inbox.append(msg)

    def signals(self, member=None):
        """drain(), signals only."""
        return [x for x in self.drain() if x.type == m.SIGNAL and member in (None, x.member)]

    def disconnected(self):
        """Whether the bus closed the connection in response to what was sent: asks a question
        behind it, and waits for the answer or the end. Messages before that go to the inbox."""
        self.serial += 1
        probe = m.driver_call("GetId", serial=self.serial)
        self.try_send(probe.pack())
        try:
            close_fds(self.reply_to(self.serial))
        except Disconnected:
            return True
        return False

    def wait_disconnect(self):
        """Waits for the end of the stream; what came before it is returned as messages."""
        while True:
            msg = self._read()
            if msg is None:
                taken, self.inbox = self.inbox, []
                return taken
            self.inbox.append(msg)

    def at_eof(self):
        """During the handshake: waits for one more line or the end; True if it was the end."""
        try:
            self.line()
        except Disconnected:
            return True
        return False

    def readable_now(self):
        """Whether unread bytes (or the end) are there without waiting; only after a sync."""
        return bool(self._bytes) or bool(select.select([self.sock], [], [], 0)[0])


def _is_own_name_signal(msg, name):
    return msg.member == "NameAcquired" and msg.sender == m.BUS_NAME and msg.args == [name]


def close_fds(msg):
    """Closes the descriptors a message brought."""
    while msg.fds:
        os.close(msg.fds.pop())


def result(reply):
    """None, the value or the list of values of a method return; raises BusError for an error."""
    if reply.type == m.ERROR:
        raise BusError(reply)
    args = reply.args
    return None if not args else args[0] if len(args) == 1 else args
