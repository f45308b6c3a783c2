# SPDX-License-Identifier: MIT
"""The whole client side in one import: `from tests.lib.rawbus import *`."""

from tests.lib.client import (BusError, Client, Disconnected, TimedOut, close_fds, connect,
                              parse_address, result)
from tests.lib.codec import CodecError, Variant, marshal, split, unmarshal
from tests.lib.message import (BUS_NAME, BUS_PATH, CALL, DESTINATION, ERROR, ERROR_NAME,
                               INTERACTIVE,
                               INTERFACE, MEMBER, NO_AUTO_START, NO_REPLY, PATH, REPLY_SERIAL,
                               RETURN,
                               SENDER, SIGNAL, SIGNATURE, UNIX_FDS, Message, build, call,
                               driver_call,
                               error, reply, signal)

__all__ = [name for name in dir() if not name.startswith("_")]
