# SPDX-License-Identifier: MIT
"""Messages: built with any header one likes, valid or not, and parsed strictly."""

import struct
from dataclasses import dataclass, field

from tests.lib.codec import CodecError, Reader, Variant, Writer, marshal, unmarshal

CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
NO_REPLY, NO_AUTO_START, INTERACTIVE = 1, 2, 4
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL = 1, 2, 3, 4, 5
DESTINATION, SENDER, SIGNATURE, UNIX_FDS = 6, 7, 8, 9
FIELD_TYPES = {PATH: "o", INTERFACE: "s", MEMBER: "s", ERROR_NAME: "s", REPLY_SERIAL: "u",
               DESTINATION: "s", SENDER: "s", SIGNATURE: "g", UNIX_FDS: "u"}
FIELD_NAMES = {"path": PATH, "interface": INTERFACE, "member": MEMBER, "error_name": ERROR_NAME,
               "reply_serial": REPLY_SERIAL, "destination": DESTINATION, "sender": SENDER,
               "signature": SIGNATURE, "unix_fds": UNIX_FDS}

BUS_NAME = "org.freedesktop.DBus"
BUS_PATH = "/org/freedesktop/DBus"


@dataclass
class Message:
    """A message. `fields` is the header's array in order, as (code, Variant) pairs, so duplicates,
    wrong types and unknown codes can be written; `body` is raw bytes. What is derived when packing
    (lengths, order mark) can be overridden by arguments of pack()."""

    type: int = CALL
    flags: int = 0
    serial: int = 0  # 0: the client that sends it chooses
    fields: list = field(default_factory=list)
    body: bytes = b""
    little: bool = True
    version: int = 1
    fds: list = field(default_factory=list)  # received descriptors (owned by the reader)

    def get(self, code, default=None):
        """The value of the first field with this code."""
        return next((v.value for c, v in self.fields if c == code), default)

    def with_field(self, code, value, signature=None):
        """Adds one more header field, even if there is one already; returns self."""
        self.fields.append((code, Variant(signature or FIELD_TYPES[code], value)))
        return self

    def without(self, code):
        """Removes every field with this code; returns self."""
        self.fields = [(c, v) for c, v in self.fields if c != code]
        return self

    path = property(lambda self: self.get(PATH))
    interface = property(lambda self: self.get(INTERFACE))
    member = property(lambda self: self.get(MEMBER))
    error_name = property(lambda self: self.get(ERROR_NAME))
    reply_serial = property(lambda self: self.get(REPLY_SERIAL))
    destination = property(lambda self: self.get(DESTINATION))
    sender = property(lambda self: self.get(SENDER))
    signature = property(lambda self: self.get(SIGNATURE, ""))
    unix_fds = property(lambda self: self.get(UNIX_FDS, 0))

    @property
    def args(self):
        """The body's values as a list."""
        return unmarshal(self.signature, self.body, self.little)

    def pack(self, *, mark=None, body_length=None, fields_length=None, header_padding=None):
        """The message's bytes; the keyword arguments replace what would be right by a lie."""
        writer = Writer(self.little)
        order = writer.order
        writer.data += mark if mark is not None else (b"l" if self.little else b"B")
        length = len(self.body) if body_length is None else body_length
        writer.data += struct.pack(order + "BBBII", self.type, self.flags, self.version, length,
                                   self.serial)
        writer.put("a(yv)", self.fields)
        if fields_length is not None:
            struct.pack_into(order + "I", writer.data, 12, fields_length)
        if header_padding is None:
            writer.pad(8)
        else:
            writer.data += header_padding
        return bytes(writer.data) + self.body

    @staticmethod
    def size(head):
        """Total size, from the first 16 bytes."""
        order = {b"l": "<", b"B": ">"}.get(bytes(head[:1]))
        if order is None:
            raise CodecError(f"byte order mark {head[:1]!r}")
        body, _, fields = struct.unpack(order + "III", head[4:16])
        return 16 + (fields + 7 & ~7) + body

    @classmethod
    def parse(cls, data):
        """One message from exactly its bytes; raises CodecError when it is not perfectly valid."""
        little = data[:1] == b"l"
        reader = Reader(data, little, 1)
        kind, flags, version = (reader.get("y") for _ in range(3))
        length, serial = reader.get("u"), reader.get("u")
        fields = reader.get("a(yv)")
        reader.pad(8)
        if cls.size(data) != len(data) or reader.pos + length != len(data):
            raise CodecError("lengths do not add up")
        if version != 1 or serial == 0 or kind == 0:
            raise CodecError(f"version {version}, serial {serial}, type {kind}")
        for code, value in fields:
            if FIELD_TYPES.get(code, value.signature) != value.signature:
                raise CodecError(f"field {code} is a {value.signature!r}")
        message = cls(kind, flags, serial, fields, bytes(data[reader.pos:]), little, version)
        message.args  # noqa: B018 - the body must parse too
        return message


def build(kind, signature="", args=(), *, flags=0, serial=0, little=True, **fields):
    """A message from header field names: build(SIGNAL, "s", ["x"], path="/", interface=..)."""
    message = Message(kind, flags, serial, little=little)
    for name, value in fields.items():
        if value is not None:
            message.with_field(FIELD_NAMES[name], value)
    if signature:
        message.with_field(SIGNATURE, signature)
        message.body = marshal(signature, args, little)
    return message


def call(destination, path, interface, member, signature="", args=(), **more):
    """A method call; None leaves a field out."""
    return build(CALL, signature, args, path=path, interface=interface, member=member,
                 destination=destination, **more)


def signal(path, interface, member, signature="", args=(), **more):
    """A signal; a broadcast unless `destination` is given."""
    return build(SIGNAL, signature, args, path=path, interface=interface, member=member, **more)


def reply(request, signature="", args=(), **more):
    """The method return to `request`, addressed to its sender."""
    more.setdefault("destination", request.sender)
    return build(RETURN, signature, args, reply_serial=request.serial, **more)


def error(request, name, text="", **more):
    """The error `name` in reply to `request`."""
    more.setdefault("destination", request.sender)
    return build(ERROR, "s", [text], error_name=name, reply_serial=request.serial, **more)


def driver_call(member, signature="", args=(), **more):
    """A call of the bus's own interface."""
    more.setdefault("interface", BUS_NAME)
    more.setdefault("path", BUS_PATH)
    more.setdefault("destination", BUS_NAME)
    return build(CALL, signature, args, member=member, **more)
