# SPDX-License-Identifier: MIT
"""Sections 1.1 and 1.2: signatures and values. The bus validates what it forwards and forwards it
unchanged."""

import struct

from tests.lib import expect
from tests.lib.buses import config, start_bus
from tests.lib.pair import Pair
from tests.lib.rawbus import Variant, close_fds, marshal
from tests.lib.runner import cases, differs, requirement

MIB = 1 << 20

VALUES = (
    ("byte", "y", 255), ("false", "b", False), ("true", "b", True), ("int16", "n", -32768),
    ("uint16", "q", 65535), ("int32", "i", -1 << 31), ("uint32", "u", 0xffffffff),
    ("int64", "x", -1 << 63), ("uint64", "t", (1 << 64) - 1), ("double", "d", 1.5),
    ("string", "s", "gr\u00fc\u00df \U0001f600"), ("empty string", "s", ""),
    ("path", "o", "/a/b_1"),
    ("signature", "g", "a{sv}(ii)"), ("empty signature", "g", ""),
    ("bytes", "ay", b"\0\1\2"), ("strings", "as", ["a", "", "bcd"]), ("no int64", "ax", []),
    ("int64s", "ax", [1, 2]), ("booleans", "ab", [True, False]),
    ("structs", "a(yx)", [(1, 2), (3, 4)]),
    ("no structs", "a(yx)", []), ("struct", "(yi(sx))", (1, 2, ("s", 3))),
    ("dict", "a{sv}", {"k": Variant("u", 1), "l": Variant("as", ["x"])}),
    ("empty dict", "a{tv}", {}),
    ("variant", "v", Variant("v", Variant("(ys)", (1, "s")))),
    ("arrays", "aaay", [[b"x", b""], []]),
    ("dict of dicts", "a{sa{os}}", {"i": {"/p": "v"}}), ("handle", "h", 0),
)


@requirement("WIRE-001", "WIRE-003", "WIRE-013", "WIRE-014", "WIRE-025", "WIRE-026", "WIRE-031")
@cases(*VALUES)
def test_a_value_arrives_as_it_was_sent_in_either_byte_order(bus, kind, value):
    with Pair(bus) as pair:
        for little in (True, False):
            pair.passes(pair.signal(kind, [value], little=little))
            pair.passes(pair.signal("y" + kind, [7, value], little=little))
            pair.passes(pair.signal("av", [[Variant(kind, value)]], little=little))


BASICS = "ybnqiuxtdsogh"
GOOD_SIGNATURES = (
    ("empty", ""), ("every basic type", BASICS), ("several complete types", "a{sv}(ii)v"),
    ("every dict key", "".join(f"a{{{k}v}}" for k in BASICS)), ("255 long", "y" * 255),
    ("32 arrays", "a" * 32 + "y"), ("32 structs", "(" * 32 + "y" + ")" * 32),
    ("32 structs in 32 arrays", "a" * 32 + "(" * 32 + "y" + ")" * 32),
    ("32 arrays of structs", "a(" * 32 + "y" + ")" * 32),
)
BAD_SIGNATURES = (
    ("array of nothing", "a"), ("arrays of nothing", "aaa"), ("array of nothing at the end", "ia"),
    ("array of nothing in a struct", "(a)"), ("empty struct", "()"),
    ("empty struct inside", "(())"),
    ("unopened struct", "i)"), ("unclosed struct", "(i"), ("crossed brackets", "(a{ii)}"),
    ("dict entry alone", "{sv}"), ("dict entry in a struct", "({sv})"), ("one-sided dict", "a{s}"),
    ("three-sided dict", "a{sss}"), ("empty dict", "a{}"), ("variant key", "a{vs}"),
    ("struct key", "a{(s)v}"), ("array key", "a{asv}"), ("unclosed dict", "a{sv"),
    ("unopened dict", "sv}"), ("33 arrays", "a" * 33 + "y"),
    ("33 structs", "(" * 33 + "y" + ")" * 33),
    *((f"reserved {c}", c) for c in "rem*?@&^"), ("capital", "S"), ("blank", " "), ("digit", "1"),
    ("control", "\x01"), ("after a good type", "ir"),
)


@requirement("WIRE-002", "WIRE-004", "WIRE-009", "WIRE-011", "WIRE-021", "WIRE-050")
@cases(*GOOD_SIGNATURES)
def test_a_valid_signature_is_a_valid_value(bus, signature):
    with Pair(bus) as pair:
        pair.passes(pair.signal("g", [signature]))


@requirement("WIRE-002", "WIRE-005", "WIRE-006", "WIRE-007", "WIRE-008", "WIRE-009", "WIRE-021")
@cases(*BAD_SIGNATURES)
def test_an_invalid_signature_disconnects_as_a_value_as_a_header_field_and_in_a_variant(bus, text):
    with Pair(bus) as pair:
        pair.is_fatal(pair.signal("g", [text]))
    with Pair(bus) as pair:
        pair.is_fatal(pair.raw(text, b"\0" * 64))
    with Pair(bus) as pair:
        pair.is_fatal(pair.raw("v", bytes([len(text)]) + text.encode() + b"\0" * 64))


@requirement("WIRE-021")
@cases(("NUL inside", b"\2i\0\0"), ("no NUL after", b"\1ii"), ("longer than the body", b"\5i\0"))
def test_a_misframed_signature_disconnects(bus, body):
    with Pair(bus) as pair:
        pair.is_fatal(pair.raw("g", body))


@requirement("WIRE-005", "WIRE-026")
@cases(("none", b"\0\0"), ("two", b"\2yy\0\1\1"), ("none but bytes", b"\0\0\0\0"))
def test_a_variant_of_other_than_one_type_disconnects(bus, body):
    with Pair(bus) as pair:
        pair.is_fatal(pair.raw("v", body))


def nested(depth, innermost=Variant("y", 1)):
    value = innermost
    for _ in range(depth - 1):
        value = Variant("v", value)
    return value


@requirement("WIRE-010", "RES-015")
@differs("dbus-broker", "allows 63 levels: it counts the list of arguments as one")
def test_values_nest_64_deep(bus):
    with Pair(bus) as pair:
        pair.passes(pair.signal("v", [nested(64)]))
        pair.passes(pair.signal("(v)", [(nested(63),)]))
        pair.passes(pair.signal("av", [[nested(63)]]))
        pair.passes(pair.signal("a{yv}", [{1: nested(62)}]))


@requirement("WIRE-010", "WIRE-052")
@differs("dbus-daemon", "does not count an array of fixed-size elements", case="array inside")
@cases(("variant", "v", nested(65)), ("struct", "(v)", (nested(64),)),
       ("array", "av", [nested(64)]), ("dict", "a{yv}", {1: nested(63)}),
       ("array inside", "v", nested(64, Variant("ay", b"x"))),
       ("struct inside", "v", nested(64, Variant("(y)", (1,)))))
def test_the_65th_level_disconnects_whatever_container_it_is(bus, signature, value):
    with Pair(bus) as pair:
        pair.is_fatal(pair.signal(signature, [value]))


@requirement("WIRE-012")
def test_a_dict_with_a_key_twice_is_forwarded_unchanged(bus):
    with Pair(bus) as pair:
        pair.passes(pair.signal("a{ss}", [[("k", "1"), ("k", "2")]]))


def le(*words):
    return struct.pack(f"<{len(words)}I", *words)


@requirement("WIRE-013", "WIRE-015", "WIRE-022", "WIRE-025")
@cases(("before an int32", "yi", b"\1\0\0\1" + le(5)), ("before an int16", "yn", b"\1\1\1\0"),
       ("before an int64", "yx", b"\1\0\0\0\0\0\1\0" + bytes(8)),
       ("before a double", "id", le(1, 1) + bytes(8)),
       ("before a struct", "y(y)", b"\1" + b"\1" * 7 + b"\1"),
       ("before a string", "ys", b"\1\0\1\0" + le(0) + b"\0"),
       ("before an array's elements", "ax", le(8, 1) + bytes(8)),
       ("before no elements", "ax", le(0, 1)), ("before an array", "yay", b"\1\0\0\1" + le(0)),
       ("before a dict entry", "a{yy}", le(10) + b"\0\0\0\1" + b"\1\1" + bytes(6) + b"\1\1"),
       ("between dict entries", "a{yy}", le(10, 0) + b"\1\1" + b"\0\0\0\0\0\1" + b"\1\1"),
       ("in a variant", "v", b"\1i\0\1" + le(5)), ("in a variant's struct", "v",
                                                   b"\3(y)\0\0\0\1\7"))
def test_padding_that_is_not_zero_disconnects(bus, signature, body):
    with Pair(bus) as pair:
        pair.is_fatal(pair.raw(signature, body))


@requirement("WIRE-016")
@cases(("2", 2), ("256", 256), ("0x01000000", 0x01000000), ("all ones", 0xffffffff))
def test_a_boolean_other_than_0_and_1_disconnects(bus, value):
    with Pair(bus) as pair:
        pair.is_fatal(pair.raw("b", le(value)))
    with Pair(bus) as pair:
        pair.is_fatal(pair.raw("ab", le(8, 1, value)))


@requirement("WIRE-017")
@cases(("quiet NaN", 0x7ff8000000000001), ("signalling NaN", 0x7ff0000000000001),
       ("infinity", 0x7ff0000000000000), ("-infinity", 0xfff0000000000000), ("-0", 1 << 63),
       ("denormal", 1))
def test_no_double_is_refused(bus, bits):
    with Pair(bus) as pair:
        pair.passes(pair.raw("d", struct.pack("<Q", bits)))
        pair.passes(pair.raw("d", struct.pack(">Q", bits), little=False))


@requirement("WIRE-018")
@cases(("no NUL", le(1) + b"ab"), ("NUL inside", le(3) + b"a\0b\0"),
       ("nothing after", le(1) + b"a"),
       ("length beyond the body", le(9) + b"abc\0"),
       ("length of 2^32-1", le(0xffffffff) + b"abc\0"),
       ("length of 2^32-4", le(0xfffffffc) + b"abc\0"))
def test_a_misframed_string_disconnects(bus, body):
    with Pair(bus) as pair:
        pair.is_fatal(pair.raw("s", body))


@requirement("WIRE-019")
@cases(("U+FFFE", "\ufffe"), ("U+FFFF", "\uffff"), ("U+FDD0", "\ufdd0"), ("U+10FFFF", "\U0010ffff"),
       ("U+D7FF", "\ud7ff"), ("U+E000", "\ue000"), ("U+0001", "\x01"), ("U+007F", "\x7f"),
       ("U+0080", "\x80"), ("U+0800", "\u0800"), ("U+10000", "\U00010000"))
def test_any_unicode_character_passes(bus, text):
    with Pair(bus) as pair:
        pair.passes(pair.signal("s", ["before " + text + " after"]))


@requirement("WIRE-019", "RES-015")
@cases(("overlong /", b"\xc0\xaf"), ("overlong NUL", b"\xc0\x80"),
       ("overlong in 3", b"\xe0\x80\xaf"),
       ("overlong in 4", b"\xf0\x80\x80\xaf"), ("surrogate D800", b"\xed\xa0\x80"),
       ("surrogate DFFF", b"\xed\xbf\xbf"), ("above 10FFFF", b"\xf4\x90\x80\x80"),
       ("F5", b"\xf5\x80\x80\x80"),
       ("5 bytes", b"\xf8\x88\x80\x80\x80"), ("lone continuation", b"\x80"), ("FF", b"\xff"),
       ("cut at the end", b"\xe2\x82"), ("cut in the middle", b"\xe2\x82a"))
def test_text_that_is_not_utf_8_disconnects(bus, raw):
    with Pair(bus) as pair:
        pair.is_fatal(pair.signal("s", [b"before " + raw]))


@requirement("WIRE-019", "RES-015")
def test_bad_utf_8_is_found_wherever_it_is_in_a_long_string(bus):
    for offset in (0, 7, 8, 4095, 4096, 65535, 65536):
        with Pair(bus) as pair:
            text = bytearray(b"x" * 70000)
            text[offset] = 0xff
            pair.is_fatal(pair.signal("s", [bytes(text)]))


@requirement("WIRE-020", "NAME-007")
@cases(("root", "/"), ("one letter", "/a"), ("digits first", "/1/2"), ("underscores", "/_/__"),
       ("long", "/" + "a" * 5000), ("deep", "/a" * 500))
def test_a_valid_path_passes_as_a_value_and_as_a_header_field(bus, path):
    with Pair(bus) as pair:
        pair.passes(pair.signal("o", [path], path=path))


@requirement("WIRE-020", "NAME-007")
@cases(("empty", ""), ("no slash first", "a/b"), ("slash last", "/a/"), ("two slashes", "//"),
       ("two slashes inside", "/a//b"), ("hyphen", "/a-b"), ("dot", "/a.b"), ("blank", "/a b"),
       ("not ASCII", "/\u00e4"))
def test_an_invalid_path_disconnects_as_a_value_and_as_a_header_field(bus, path):
    with Pair(bus) as pair:
        pair.is_fatal(pair.signal("o", [path]))
    with Pair(bus) as pair:
        pair.is_fatal(pair.signal(path=path))


@requirement("WIRE-022", "WIRE-024")
@cases(("fixed elements cut", "ai", le(3) + b"\0\0\0"), ("int64 cut", "ax", le(12, 0) + bytes(12)),
       ("booleans cut", "ab", le(6, 1) + b"\0\0"), ("string over the end", "as",
                                                    le(4, 3) + b"abc\0"),
       ("struct over the end", "a(yi)", le(4, 0) + b"\1\0\0\0" + le(1)),
       ("longer than the body", "ai", le(8, 1)), ("2^32-1 bytes", "ay", le(0xffffffff) + b"abc"),
       ("2^32-8 bytes", "ax", le(0xfffffff8, 0) + bytes(8)),
       ("inner longer than outer", "aay", le(8, 8) + bytes(8)),
       ("no room for padding", "ax", le(0)), ("dict entry over the end", "a{ys}",
                                              le(9, 0) + b"\1\0\0\0" + le(1) + b"a\0"))
def test_an_array_whose_length_is_wrong_disconnects(bus, signature, body):
    with Pair(bus) as pair:
        pair.is_fatal(pair.raw(signature, body))


@requirement("WIRE-023", "RES-015")
@differs("dbus-broker", "has no limit for arrays, only that of the message")
def test_an_array_holds_64_mib_and_no_byte_more(kind):
    limits = {"max_message_size": 128 * MIB, "max_incoming_bytes": 200 * MIB,
              "max_outgoing_bytes": 200 * MIB, "max_connections_per_user": 16}
    with start_bus(kind, config(limits=limits)) as bus, Pair(bus) as pair:
        exact = pair.relay(pair.raw("ay", le(64 * MIB) + bytes(64 * MIB)))
        expect.equal(len(exact.body), 64 * MIB + 4)
        pair.is_fatal(pair.raw("ay", le(64 * MIB + 1) + bytes(64 * MIB + 1)))


@requirement("WIRE-027", "WIRE-028")
@cases(("little endian", True), ("big endian", False))
def test_handles_without_descriptors_are_forwarded_unlooked_at(bus, little):
    with Pair(bus) as pair:
        pair.passes(pair.signal("hah", [1000, [0, 0xffffffff]], little=little))


@requirement("WIRE-028")
def test_handles_and_descriptors_of_a_big_endian_message_keep_their_order(bus):
    with Pair(bus) as pair:
        got = pair.relay(pair.signal("hh", [1, 0], little=False), [0, 1])
        expect.equal((got.args, got.unix_fds, len(got.fds)), ([1, 0], 2, 2))
        close_fds(got)


@requirement("WIRE-029")
@cases(("0", 0), ("1", 1), ("7 bytes", 7), ("1 MiB", MIB))
def test_bytes_may_be_of_any_number(bus, count):
    with Pair(bus) as pair:
        pair.passes(pair.signal("ayay", [b"x" * count, b"y" * count]))


@requirement("WIRE-013", "WIRE-022", "WIRE-048")
@cases(("missing bytes", "i", b"\0\0\0"), ("no bytes", "i", b""), ("bytes left", "i", bytes(5)),
       ("bytes but no signature", "", b"\0"), ("second argument missing", "ii", bytes(4)),
       ("padding at the end", "y", bytes(8)), ("struct padded at the end", "(y)", bytes(8)),
       ("padding left out", "yi", b"\1" + le(1)))
def test_a_body_that_is_not_what_its_signature_says_disconnects(bus, signature, body):
    with Pair(bus) as pair:
        pair.is_fatal(pair.raw(signature, body))


@requirement("WIRE-048")
def test_a_body_without_any_signature_field_disconnects(bus):
    with Pair(bus) as pair:
        msg = pair.signal()
        msg.body = marshal("i", [1])
        pair.is_fatal(msg)
