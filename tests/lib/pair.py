# SPDX-License-Identifier: MIT
"""A sender and a receiver, and what the bus makes of a message between them."""

from tests.lib import expect
from tests.lib.client import Client, close_fds
from tests.lib.message import DESTINATION, build, SIGNAL


class Pair:
    """Two clients of one bus: `s` sends, `r` receives (options as Client's, for the sender)."""

    def __init__(self, bus, **options):
        self.s = Client(bus.address, **options)
        self.r = Client(bus.address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.close()
        self.r.close()

    def signal(self, signature="", args=(), **more):
        """A signal addressed to the receiver."""
        fields = {"path": "/o", "interface": "org.example.I", "member": "M",
                  "destination": self.r.name, **more}
        return build(SIGNAL, signature, args, **fields)

    def raw(self, signature, body, **more):
        """The same with a body of these bytes, whatever the signature."""
        msg = self.signal(**more)
        msg.with_field(8, signature)
        msg.body = body
        return msg

    def relay(self, msg, fds=()):
        """Sends `msg`; what the receiver got of it (Message), or None. The sender must survive."""
        if not msg.get(DESTINATION):
            msg.with_field(DESTINATION, self.r.name)
        self.s.post(msg, fds)
        self.s.sync()
        got = [x for x in self.r.drain() if x.sender == self.s.name]
        expect.true(len(got) < 2, f"delivered {len(got)} times")
        return got[0] if got else None

    def passes(self, msg):
        """`msg` arrives with byte order, type, flags, serial and body as they were sent."""
        got = self.relay(msg)
        expect.true(got is not None, "not delivered")
        expect.equal((got.little, got.type, got.flags, got.serial, got.signature, got.body),
                     (msg.little, msg.type, msg.flags, msg.serial, msg.signature, msg.body))
        close_fds(got)
        return got

    def is_fatal(self, data, fds=()):
        """Sending this message (or bytes) costs the sender its connection, without a word, and the
        receiver gets nothing."""
        if not isinstance(data, bytes):
            data.serial = data.serial or 77
            data = data.pack()
        self.s.drain()
        self.s.try_send(data, fds)
        expect.true(self.s.disconnected(), "the sender is still connected")
        expect.equal(self.s.inbox, [], "said before the disconnection")
        expect.equal([x for x in self.r.drain() if x.sender], [], "got by the receiver")
