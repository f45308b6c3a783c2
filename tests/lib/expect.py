# SPDX-License-Identifier: MIT
"""Assertions that say what they saw."""

import contextlib

from tests.lib.client import BusError
from tests.lib.message import ERROR

DBUS_ERROR = "org.freedesktop.DBus.Error."


def equal(got, wanted, what=""):
    if got != wanted:
        raise AssertionError(f"{what + ': ' if what else ''}got {got!r}, wanted {wanted!r}")


def true(condition, what):
    if not condition:
        raise AssertionError(what)


def contains(text, part):
    if part not in text:
        raise AssertionError(f"{part!r} is not in {text!r}")


@contextlib.contextmanager
def error(name, text=""):
    """The block must raise a BusError of this name (the D-Bus prefix may be left out) whose text
    contains `text`."""
    try:
        yield
    except BusError as e:
        equal(e.name, _full(name), f"error ({e.text})")
        contains(e.text, text)
    else:
        raise AssertionError(f"no error, wanted {name}")


def is_error(reply, name):
    """`reply` is an error of this name (the D-Bus prefix may be left out)."""
    true(reply is not None, f"no reply at all, wanted {name}")
    true(reply.type == ERROR, f"a reply of type {reply.type}, wanted {name}")
    equal(reply.error_name, _full(name))


def _full(name):
    return name if name.count(".") > 1 else DBUS_ERROR + name
