# SPDX-License-Identifier: MIT
"""An independent D-Bus codec: values to bytes and back, in both byte orders.

It shares nothing with the C++ codec, so that one mistake cannot hide in both. `unmarshal` is
strict: whatever a bus sends must satisfy the specification to the last padding byte.

Python values: integers, bool, float, str, bytes for `ay`, list for other arrays, dict (or a list of
pairs, to write duplicates) for `a{..}`, tuple for structs, Variant(signature, value) for `v`.
"""

import struct
from typing import NamedTuple

FIXED = {"y": "B", "b": "I", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q",
         "d": "d", "h": "I"}
ALIGN = {"y": 1, "g": 1, "v": 1, "n": 2, "q": 2, "b": 4, "i": 4, "u": 4, "h": 4, "s": 4, "o": 4,
         "a": 4, "x": 8, "t": 8, "d": 8, "(": 8, "{": 8}


class CodecError(Exception):
    """The bytes are not what the signature says, or the signature is none."""


class Variant(NamedTuple):
    signature: str
    value: object


def split(signature):
    """Splits a signature into its single complete types: "a{sv}i(uu)" -> ["a{sv}", "i", "(uu)"]."""
    types, pos = [], 0
    while pos < len(signature):
        end = _type_end(signature, pos)
        types.append(signature[pos:end])
        pos = end
    return types


def _type_end(signature, pos):
    while pos < len(signature) and signature[pos] == "a":
        pos += 1
    if pos >= len(signature):
        raise CodecError(f"incomplete signature {signature!r}")
    code = signature[pos]
    if code in FIXED or code in "sogv":
        return pos + 1
    closing = {"(": ")", "{": "}"}.get(code)
    if closing is None:
        raise CodecError(f"bad type code {code!r} in {signature!r}")
    pos += 1
    members = 0
    while pos < len(signature) and signature[pos] != closing:
        pos = _type_end(signature, pos)
        members += 1
    if pos >= len(signature) or members == 0 or (code == "{" and members != 2):
        raise CodecError(f"bad container in {signature!r}")
    return pos + 1


class Writer:
    """Appends values to `data`; alignment counts from its first byte."""

    def __init__(self, little=True, data=b""):
        self.data = bytearray(data)
        self.order = "<" if little else ">"

    def pad(self, alignment):
        self.data += b"\0" * (-len(self.data) % alignment)

    def put(self, kind, value):
        code = kind[0]
        if code in FIXED:
            self.pad(ALIGN[code])
            self.data += struct.pack(self.order + FIXED[code], value)
        elif code in "so":
            raw = value if isinstance(value, bytes) else value.encode()
            self.put("u", len(raw))
            self.data += raw + b"\0"
        elif code == "g":
            raw = value if isinstance(value, bytes) else value.encode()
            self.data += bytes([len(raw)]) + raw + b"\0"
        elif code == "v":
            self.put("g", value[0])
            self.put(value[0], value[1])
        elif code == "a":
            self._array(kind[1:], value)
        elif code in "({":
            self.pad(8)
            members = split(kind[1:-1])
            if len(members) != len(value):
                raise CodecError(f"{kind} needs {len(members)} members, not {value!r}")
            for member, part in zip(members, value):
                self.put(member, part)
        else:
            raise CodecError(f"bad type {kind!r}")

    def _array(self, element, value):
        self.put("u", 0)
        length_at = len(self.data) - 4
        self.pad(ALIGN[element[0]])
        start = len(self.data)
        if element == "y":
            self.data += bytes(value)
        elif element[0] in FIXED and element != "b":
            self.data += struct.pack(f"{self.order}{len(value)}{FIXED[element[0]]}", *value)
        else:
            for item in value.items() if isinstance(value, dict) else value:
                self.put(element, item)
        struct.pack_into(self.order + "I", self.data, length_at, len(self.data) - start)


class Reader:
    """Takes values from `data`, strictly."""

    def __init__(self, data, little=True, pos=0):
        self.data = data
        self.pos = pos
        self.order = "<" if little else ">"

    def take(self, count):
        if self.pos + count > len(self.data):
            raise CodecError("value goes beyond the end")
        self.pos += count
        return self.data[self.pos - count:self.pos]

    def pad(self, alignment):
        if any(self.take(-self.pos % alignment)):
            raise CodecError(f"padding before byte {self.pos} is not zero")

    def get(self, kind):
        code = kind[0]
        if code in FIXED:
            self.pad(ALIGN[code])
            fmt = self.order + FIXED[code]
            value = struct.unpack(fmt, self.take(struct.calcsize(fmt)))[0]
            if code != "b":
                return value
            if value > 1:
                raise CodecError(f"boolean {value}")
            return bool(value)
        if code in "so":
            return self._text(self.get("u"))
        if code == "g":
            return self._text(self.take(1)[0])
        if code == "v":
            signature = self.get("g")
            if len(split(signature)) != 1:
                raise CodecError(f"variant of {signature!r}")
            return Variant(signature, self.get(signature))
        if code == "a":
            return self._array(kind[1:])
        if code in "({":
            self.pad(8)
            return tuple(self.get(member) for member in split(kind[1:-1]))
        raise CodecError(f"bad type {kind!r}")

    def _text(self, length):
        raw = bytes(self.take(length))
        if self.take(1) != b"\0" or b"\0" in raw:
            raise CodecError("string without its one NUL at the end")
        return raw.decode("utf-8", "strict")

    def _array(self, element):
        length = self.get("u")
        if length > 1 << 26:
            raise CodecError(f"array of {length} bytes")
        self.pad(ALIGN[element[0]])
        if element == "y":
            return bytes(self.take(length))
        end = self.pos + length
        items = []
        while self.pos < end:
            items.append(self.get(element))
        if self.pos != end:
            raise CodecError("array's last element crosses its end")
        return dict(items) if element[0] == "{" else items


def marshal(signature, values, little=True):
    """Bytes of `values` (one per complete type of `signature`)."""
    types = split(signature)
    if len(types) != len(values):
        raise CodecError(f"{signature!r} needs {len(types)} values, got {len(values)}")
    writer = Writer(little)
    for kind, value in zip(types, values):
        writer.put(kind, value)
    return bytes(writer.data)


def unmarshal(signature, data, little=True):
    """Values of `data`, all of which must be used."""
    reader = Reader(data, little)
    values = [reader.get(kind) for kind in split(signature)]
    if reader.pos != len(data):
        raise CodecError(f"{len(data) - reader.pos} bytes left over after {signature!r}")
    return values
