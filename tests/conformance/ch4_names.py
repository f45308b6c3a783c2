# SPDX-License-Identifier: MIT
"""Section 4.2: names, their owners, and the queues behind them."""

from tests.lib import expect
from tests.lib.buses import config, start_bus
from tests.lib.rawbus import *  # pylint: disable=wildcard-import,unused-wildcard-import
from tests.lib.runner import cases, differs, requirement

ALLOW, REPLACE, NO_QUEUE = 1, 2, 4
PRIMARY, QUEUED, EXISTS, ALREADY = 1, 2, 3, 4
RELEASED, NON_EXISTENT, NOT_OWNER = 1, 2, 3
NAME = "org.example.Name"
QUOTAS = "has quotas per user instead; DIFF-022"


class Crowd:
    """Clients a, b, c ... of a bus, which ask for one name."""

    def __init__(self, bus, count=3):
        self.clients = [Client(bus.address) for _ in range(count)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            if client.sock.fileno() >= 0:
                client.bus("ReleaseName", "s", NAME)
                client.close()

    def __getattr__(self, letter):
        return self.clients[ord(letter) - ord("a")]

    def ask(self, script):
        """Each step is a letter, flags and the wanted reply."""
        for letter, flags, wanted in script:
            expect.equal(getattr(self, letter).request_name(NAME, flags), wanted,
                         f"{letter} with flags {flags}")

    def is_queue(self, letters):
        """Owner first; "" means that nobody owns the name."""
        judge = self.clients[0]
        if not letters:
            with expect.error("NameHasNoOwner"):
                judge.bus("ListQueuedOwners", "s", NAME)
            return
        expect.equal(judge.bus("ListQueuedOwners", "s", NAME),
                     [getattr(self, letter).name for letter in letters])
        expect.equal(judge.bus("GetNameOwner", "s", NAME), getattr(self, letters[0]).name)


# RequestName and the queue

SCRIPTS = (
    ("free", [("a", 0, PRIMARY)], "a"),
    ("free, without queueing", [("a", NO_QUEUE, PRIMARY)], "a"),
    ("free, replacing", [("a", REPLACE, PRIMARY)], "a"),
    ("unknown flags only", [("a", 0xfffffff8, PRIMARY), ("b", 0xfffffff8, QUEUED)], "ab"),
    ("unknown flags beside a known one", [("a", 0, PRIMARY), ("b", 0xfffffffc, EXISTS)], "a"),
    ("again", [("a", 0, PRIMARY), ("a", 0, ALREADY), ("a", 7, ALREADY)], "a"),
    ("turned away", [("a", 0, PRIMARY), ("b", NO_QUEUE, EXISTS)], "a"),
    ("turned away though replacing",
     [("a", 0, PRIMARY), ("b", NO_QUEUE | REPLACE, EXISTS)], "a"),
    ("turned away though replaceable",
     [("a", ALLOW, PRIMARY), ("b", NO_QUEUE, EXISTS)], "a"),
    ("out of the queue",
     [("a", 0, PRIMARY), ("b", 0, QUEUED), ("c", 0, QUEUED), ("b", NO_QUEUE, EXISTS)], "ac"),
    ("queued", [("a", 0, PRIMARY), ("b", 0, QUEUED), ("c", 0, QUEUED)], "abc"),
    ("queued twice keeps its place",
     [("a", 0, PRIMARY), ("b", 0, QUEUED), ("c", 0, QUEUED), ("b", ALLOW, QUEUED)], "abc"),
    ("queued though replaceable", [("a", ALLOW, PRIMARY), ("b", 0, QUEUED)], "ab"),
    ("replaced", [("a", ALLOW, PRIMARY), ("b", REPLACE, PRIMARY)], "ba"),
    ("replaced, ahead of the queue",
     [("a", ALLOW, PRIMARY), ("b", 0, QUEUED), ("c", REPLACE, PRIMARY)], "cab"),
    ("replaced from the queue",
     [("a", ALLOW, PRIMARY), ("b", 0, QUEUED), ("c", 0, QUEUED), ("c", REPLACE, PRIMARY)], "cab"),
    ("replaced without queueing the loser",
     [("a", ALLOW | NO_QUEUE, PRIMARY), ("b", REPLACE, PRIMARY)], "b"),
    ("replaced without queueing the winner",
     [("a", ALLOW, PRIMARY), ("b", REPLACE | NO_QUEUE, PRIMARY)], "ba"),
    ("replaced and back",
     [("a", ALLOW, PRIMARY), ("b", REPLACE | ALLOW, PRIMARY), ("a", REPLACE, PRIMARY)], "ab"),
    ("no longer replaceable",
     [("a", ALLOW, PRIMARY), ("a", 0, ALREADY), ("b", REPLACE | NO_QUEUE, EXISTS)], "a"),
    ("replaceable later",
     [("a", 0, PRIMARY), ("a", ALLOW, ALREADY), ("b", REPLACE, PRIMARY)], "ba"),
    ("no queueing later",
     [("a", ALLOW, PRIMARY), ("a", ALLOW | NO_QUEUE, ALREADY), ("b", REPLACE, PRIMARY)], "b"),
    ("the waiting one's permission does not count",
     [("a", 0, PRIMARY), ("b", ALLOW, QUEUED), ("c", REPLACE | NO_QUEUE, EXISTS)], "ab"),
)


@requirement("BUS-017", "BUS-018", "BUS-021", "BUS-022", "BUS-023", "BUS-024", "BUS-026", "BUS-027",
             "DRV-002", "DRV-010")
@cases(*SCRIPTS)
def test_request_name_answers_by_flags_and_owner_and_leaves_the_right_queue(bus, script, queue):
    with Crowd(bus) as crowd:
        crowd.ask(script)
        crowd.is_queue(queue)


@requirement("BUS-025")
@differs("dbus-broker", "appends or keeps the place; DIFF-023")
@cases(("new", [("a", 0, PRIMARY), ("b", 0, QUEUED), ("c", REPLACE, QUEUED)], "acb"),
       ("moved", [("a", 0, PRIMARY), ("b", 0, QUEUED), ("c", 0, QUEUED), ("c", REPLACE, QUEUED)],
        "acb"))
def test_who_would_replace_but_may_not_waits_right_behind_the_owner(bus, script, queue):
    with Crowd(bus) as crowd:
        crowd.ask(script)
        crowd.is_queue(queue)


@requirement("BUS-027")
def test_flags_given_while_waiting_count_once_the_name_is_owned(bus):
    with Crowd(bus) as crowd:
        crowd.ask([("a", 0, PRIMARY), ("b", 0, QUEUED), ("b", ALLOW, QUEUED)])
        crowd.a.release_name(NAME)
        crowd.ask([("c", REPLACE, PRIMARY)])
        crowd.is_queue("cb")


@requirement("BUS-030", "BUS-024")
def test_names_pass_down_the_queue(bus):
    with Crowd(bus, 4) as crowd:
        crowd.ask([("a", 0, PRIMARY), ("b", 0, QUEUED), ("c", 0, QUEUED), ("d", 0, QUEUED)])
        crowd.a.release_name(NAME)
        crowd.is_queue("bcd")
        crowd.c.release_name(NAME)
        crowd.is_queue("bd")
        crowd.b.release_name(NAME)
        crowd.is_queue("d")
        crowd.d.release_name(NAME)
        crowd.is_queue("")


@requirement("BUS-023")
def test_leaving_the_queue_by_asking_not_to_wait_is_final(bus):
    with Crowd(bus) as crowd:
        crowd.ask([("a", 0, PRIMARY), ("b", 0, QUEUED), ("b", NO_QUEUE, EXISTS)])
        crowd.a.release_name(NAME)
        crowd.is_queue("")


# Errors

BAD_NAMES = ("", "a", "a.", ".a", "a..b", "a.b-\u00e9", "a.1", "1a.b", "a b.c", "a.b/c",
             "a." + "b" * 254, ":1.0", ":1.4294967296", ":a.b", ":", BUS_NAME)


@requirement("BUS-019", "BUS-029")
@cases(*((repr(name[:16]), name) for name in BAD_NAMES))
def test_a_name_that_cannot_be_owned_is_refused(bus, name):
    with Client(bus.address) as c:
        for member, signature, *more in (("RequestName", "su", 0), ("ReleaseName", "s")):
            with expect.error("InvalidArgs"):
                c.bus(member, signature, name, *more)


@requirement("BUS-019")
def test_ones_own_unique_name_can_neither_be_requested_nor_released(bus):
    with Client(bus.address) as c:
        with expect.error("InvalidArgs"):
            c.request_name(c.name)
        with expect.error("InvalidArgs"):
            c.release_name(c.name)
        expect.equal(c.bus("GetNameOwner", "s", c.name), c.name)


@requirement("BUS-019")
@differs("dbus-broker", QUOTAS, case="limit")
@cases(("grammar before policy", "x", "InvalidArgs"),
       ("unique before policy", ":1.0", "InvalidArgs"),
       ("the bus's before policy", BUS_NAME, "InvalidArgs"),
       ("policy before limit", "org.example.Denied", "AccessDenied"),
       ("limit", "org.example.Other", "LimitsExceeded"))
def test_request_name_is_checked_in_order(kind, name, wanted):
    policy = """<policy context="default"><allow user="*"/><allow send_destination="*"/>
        <allow receive_sender="*"/><allow own_prefix="org.example"/><deny own="org.example.Denied"/>
        </policy>"""
    with start_bus(kind, config(policy=policy, limits={"max_names_per_connection": 1})) as bus:
        with bus.client() as c, expect.error(wanted):
            c.request_name(name)


@requirement("BUS-020", "LIM-014")
@differs("dbus-broker", QUOTAS)
def test_names_waited_for_count_against_the_limit_and_the_answer_is_the_same_for_owned_ones(kind):
    with start_bus(kind, config(limits={"max_names_per_connection": 2})) as bus:
        with bus.client() as c, bus.client() as other:
            other.request_name("a.b")
            expect.equal(c.request_name("a.b"), QUEUED)
            with expect.error("LimitsExceeded"):
                c.request_name("a.c")
            c.release_name("a.b")
            expect.equal(c.request_name("a.c"), PRIMARY)
            with expect.error("LimitsExceeded"):
                c.request_name("a.c")


# ReleaseName


@requirement("BUS-028", "DRV-002")
def test_release_name_says_what_there_was_to_release(bus):
    with Crowd(bus) as crowd:
        expect.equal(crowd.a.release_name(NAME), NON_EXISTENT)
        crowd.ask([("a", 0, PRIMARY), ("b", 0, QUEUED)])
        expect.equal(crowd.c.release_name(NAME), NOT_OWNER)
        expect.equal(crowd.b.release_name(NAME), RELEASED)
        expect.equal(crowd.b.release_name(NAME), NOT_OWNER)
        expect.equal(crowd.a.release_name(NAME), RELEASED)
        expect.equal(crowd.a.release_name(NAME), NON_EXISTENT)


@requirement("BUS-028")
def test_leaving_the_queue_causes_no_signal(bus):
    with Crowd(bus) as crowd:
        crowd.ask([("a", 0, PRIMARY), ("b", 0, QUEUED)])
        for c in crowd.clients:
            c.add_match(f"arg0='{NAME}'")
        crowd.b.drain()
        crowd.a.drain()
        crowd.b.release_name(NAME)
        for c in crowd.clients:
            expect.equal(c.signals(), [])


# Signals and their order


def told(client, post=None):
    """What `client` hears about NAME, in order, up to the reply to `post` if given: (what, ...)."""
    serial = client.post(post) if post else None
    client.sync()
    heard, client.inbox = client.inbox, []
    rows = []
    for msg in heard:
        if msg.type == RETURN and msg.reply_serial == serial:
            rows.append(("reply", *msg.args))
        elif msg.type == SIGNAL and msg.args and msg.args[0] == NAME:
            short = {"NameOwnerChanged": "changed", "NameAcquired": "acquired", "NameLost": "lost"}
            rows.append((short[msg.member], *msg.args[1:]))
    return rows


def request(flags=0):
    return driver_call("RequestName", "su", [NAME, flags])


def release():
    return driver_call("ReleaseName", "s", [NAME])


def watch(crowd):
    for client in crowd.clients:
        client.add_match(f"type='signal',member='NameOwnerChanged',arg0='{NAME}'")
        client.drain()


@requirement("BUS-031", "BUS-035", "BUS-036", "BUS-037")
def test_a_first_owner_hears_of_the_change_then_of_its_name_then_the_reply(bus):
    with Crowd(bus) as crowd:
        watch(crowd)
        a = crowd.a.name
        expect.equal(told(crowd.a, request()),
                     [("changed", "", a), ("acquired",), ("reply", PRIMARY)])
        expect.equal(told(crowd.b), [("changed", "", a)])


@requirement("BUS-022", "BUS-024")
def test_nobody_hears_of_a_request_that_changes_no_owner(bus):
    with Crowd(bus) as crowd:
        crowd.ask([("a", 0, PRIMARY)])
        watch(crowd)
        expect.equal(told(crowd.a, request(ALLOW)), [("reply", ALREADY)])
        expect.equal(told(crowd.b, request()), [("reply", QUEUED)])
        expect.equal(told(crowd.c, request(NO_QUEUE)), [("reply", EXISTS)])
        expect.equal([told(c) for c in crowd.clients], [[], [], []])


@requirement("BUS-032", "BUS-035", "BUS-037")
def test_at_a_replacement_loss_comes_first_then_the_change_then_the_gain(bus):
    with Crowd(bus) as crowd:
        crowd.ask([("a", ALLOW, PRIMARY)])
        watch(crowd)
        a, b = crowd.a.name, crowd.b.name
        expect.equal(told(crowd.b, request(REPLACE)),
                     [("changed", a, b), ("acquired",), ("reply", PRIMARY)])
        expect.equal(told(crowd.a), [("lost",), ("changed", a, b)])
        expect.equal(told(crowd.c), [("changed", a, b)])


@requirement("BUS-033", "BUS-030", "BUS-035", "BUS-037")
def test_at_a_release_loss_comes_first_then_the_change_then_the_reply(bus):
    with Crowd(bus) as crowd:
        crowd.ask([("a", 0, PRIMARY), ("b", 0, QUEUED)])
        watch(crowd)
        a, b = crowd.a.name, crowd.b.name
        expect.equal(told(crowd.a, release()), [("lost",), ("changed", a, b), ("reply", RELEASED)])
        expect.equal(told(crowd.b), [("changed", a, b), ("acquired",)])
        expect.equal(told(crowd.b, release()), [("lost",), ("changed", b, ""), ("reply", RELEASED)])
        expect.equal(told(crowd.c), [("changed", a, b), ("changed", b, "")])


@requirement("BUS-033", "BUS-012")
def test_all_hear_of_the_successor_when_an_owner_goes(bus):
    with Crowd(bus) as crowd:
        crowd.ask([("b", 0, PRIMARY), ("c", 0, QUEUED)])
        watch(crowd)
        b, c = crowd.b.name, crowd.c.name
        crowd.b.close()
        expect.equal(crowd.a.next_signal("NameOwnerChanged").args, [NAME, b, c])
        expect.equal(told(crowd.c), [("changed", b, c), ("acquired",)])


@requirement("BUS-035")
def test_gain_and_loss_are_told_to_the_one_concerned_only_and_without_any_rule(bus):
    with Crowd(bus) as crowd:
        crowd.c.add_match("member='NameAcquired'")
        crowd.c.add_match("member='NameLost'")
        for client in crowd.clients:
            client.drain()
        crowd.ask([("a", ALLOW, PRIMARY), ("b", REPLACE, PRIMARY)])
        gained, lost = crowd.a.signals()
        for msg, member in ((gained, "NameAcquired"), (lost, "NameLost")):
            expect.equal((msg.member, msg.args, msg.path, msg.interface, msg.destination,
                          msg.sender), (member, [NAME], BUS_PATH, BUS_NAME, crowd.a.name, BUS_NAME))
        expect.equal([x.member for x in crowd.b.signals()], ["NameAcquired"])
        expect.equal(crowd.c.signals(), [])


@requirement("BUS-036")
def test_changes_of_owners_need_a_rule(bus):
    with Crowd(bus) as crowd:
        for client in crowd.clients:
            client.drain()
        crowd.ask([("a", 0, PRIMARY)])
        crowd.a.release_name(NAME)
        expect.equal([x.member for x in crowd.a.signals()], ["NameAcquired", "NameLost"])
        expect.equal(crowd.b.signals(), [])


@requirement("BUS-036", "BUS-016")
def test_changes_of_owners_are_broadcasts_of_three_strings(bus):
    with Crowd(bus) as crowd:
        watch(crowd)
        crowd.ask([("a", 0, PRIMARY)])
        got = crowd.c.next_signal()
        expect.equal((got.signature, got.args), ("sss", [NAME, "", crowd.a.name]))
        expect.equal((got.path, got.interface, got.member, got.sender, got.destination),
                     (BUS_PATH, BUS_NAME, "NameOwnerChanged", BUS_NAME, None))
