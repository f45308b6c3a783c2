# SPDX-License-Identifier: MIT
"""org.headway.Bus1: the bus tells why it refused something, and what it would refuse."""

import json
import os
import re

from tests.integration.support import output
from tests.lib import expect
from tests.lib.buses import REPO, config, start_bus
from tests.lib.runner import requirement, skip_on

OURS = skip_on("dbus-daemon", "cannot say why")
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus")
WHY = "org.headway.Bus1"
DENY = '<policy context="mandatory"><deny send_interface="a.b" send_member="No"/></policy>'


def refuse(client, receiver):
    with expect.error("AccessDenied"):
        client.call(receiver.name, "/", "a.b", "No")


def refusals(client, after=0):
    return [{key: value for key, (_, value) in record.items()}
            for record in client.call(*BUS, WHY, "ListRefusals", "t", after)]


def debian_policy():
    """Debian's configuration of a system bus without what is about its process."""
    with open("/usr/share/dbus-1/system.conf", encoding="utf-8") as f:
        text = re.sub(r"<!--.*?-->", "", f.read(), flags=re.DOTALL)
    return "".join(re.findall(r"<policy.*?</policy>", text, flags=re.DOTALL))


@OURS
@requirement("POL-051")
def test_busctl_shows_root_why_a_message_was_refused(kind):
    with start_bus(kind, config(extra=DENY)) as bus, bus.client(uid=1) as sender, \
            bus.client() as receiver:
        refuse(sender, receiver)
        busctl = ["busctl", f"--address={bus.address}", "--json=short"]
        answer = json.loads(output(*busctl, "call", *BUS, WHY, "ListRefusals", "t", "0"))
        record, = answer["data"][0]
        facts = {key: variant["data"] for key, variant in record.items()}
        wanted = {"layer": "send policy", "file": bus.config_path, "member": "No",
                  "sender": sender.name, "sender_uid": 1, "receiver": receiver.name,
                  "receiver_pid": os.getpid()}
        expect.equal({key: facts.get(key) for key in wanted}, wanted)
        expect.contains(output(*busctl, "introspect", *BUS), WHY)
        offered = output(*busctl, "get-property", *BUS, BUS[0], "Interfaces")
        expect.contains(offered, f'"{WHY}"')


@OURS
@requirement("POL-051")
def test_with_the_packaged_policy_everybody_asks_and_hears_of_his_own(kind):
    packaged = os.path.join(REPO, "packaging/org.headway.Bus1.conf")
    text = config(policy=debian_policy(), extra=DENY + f"<include>{packaged}</include>")
    with start_bus(kind, text) as bus, bus.client() as root, bus.client(uid=1) as one, \
            bus.client(uid=2) as two:
        refuse(one, two)
        refuse(root, one)
        refuse(root, root)
        numbers = [[x["number"] for x in refusals(c)] for c in (root, one, two)]
        expect.equal(numbers, [[1, 2, 3], [1, 2], [1]])
        expect.equal([x["number"] for x in refusals(root, 2)], [3])


@OURS
@requirement("POL-051", "CONF-034")
def test_what_would_be_refused_can_be_asked_before_and_after_a_reload(kind):
    with start_bus(kind, config(extra=DENY)) as bus, bus.client() as c:
        question = {"destination": ("s", c.name), "interface": ("s", "a.b"),
                    "member": ("s", "No")}

        def allowed():
            return [verdict["allowed"][1]
                    for verdict in c.call(*BUS, WHY, "Explain", "a{sv}", question)]
        expect.equal(allowed(), [False, True])
        bus.write("bus.conf", config())
        bus.reload()
        expect.equal(allowed(), [True, True])
        expect.equal(refusals(c), [])
