# SPDX-License-Identifier: MIT
"""Floods of what the bus has to remember: names, match rules, queues, and of what it has to answer.
"""

import random

from tests.integration.attack import keeps_nothing, under_attack
from tests.lib import expect
from tests.lib.client import Client
from tests.lib.message import ERROR, RETURN, driver_call, signal
from tests.lib.runner import cases, requirement

BATCH = 500


def ask_many(c, requests):
    """Asks the bus many questions at once; the replies, in order. Signals are dropped."""
    requests = list(requests)
    replies = []
    for start in range(0, len(requests), BATCH):
        for serial in [c.post(request) for request in requests[start:start + BATCH]]:
            while (got := c.receive()).reply_serial != serial:
                expect.equal(got.reply_serial, None, "a reply out of order")
            replies.append(got)
    return replies


def counts(replies):
    """(method returns, errors that are LimitsExceeded, other errors)"""
    errors = [x.error_name for x in replies if x.type == ERROR]
    limits = errors.count("org.freedesktop.DBus.Error.LimitsExceeded")
    return sum(x.type == RETURN for x in replies), limits, len(errors) - limits


@requirement("LIM-014", "RES-015")
def test_a_flood_of_names_ends_at_the_limit_and_leaves_nothing(kind):
    def attack(bus, traffic):
        with Client(bus.address) as c:
            got = ask_many(c, (driver_call("RequestName", "su", [f"org.example.N{i}", 0])
                               for i in range(1000)))
            expect.equal(counts(got), (511, 489, 0))
            traffic.goes_on()

    keeps_nothing(kind, attack)


@requirement("LIM-015", "RES-015")
@cases(("different", "path='/p{0}',arg0='{0}',member='M{0}'"), ("alike", "member='M'"),
       ("prefixes", "arg0path='/p/{0}/'"), ("namespaces", "arg0namespace='org.n{0}'"))
def test_a_flood_of_match_rules_ends_at_the_limit_and_leaves_nothing(kind, rule):
    def attack(bus, traffic):
        with Client(bus.address) as c:
            got = ask_many(c, (driver_call("AddMatch", "s", [rule.format(i)])
                               for i in range(1000)))
            expect.equal(counts(got), (512, 488, 0))
            traffic.goes_on()

    keeps_nothing(kind, attack, rounds=4)


@requirement("RES-014", "RES-015")
@cases(("seed 1", 1), ("seed 2", 2))
def test_mutated_match_rules_are_refused_or_kept_and_never_fatal(kind, seed):
    rng = random.Random(seed)
    letters = "typesigna'=,.:/*\\ \x01\u00fc0123456789rghedcob"
    models = ("type='signal',interface='a.b',path='/x'", "arg0='x',arg63path='/y/'",
              "eavesdrop='true',sender=':1.5'", "arg0namespace='org.example',destination=':1.9'")

    def rules(count):
        for _ in range(count):
            text = list(rng.choice(models))
            for _ in range(rng.randrange(1, 5)):
                text[rng.randrange(len(text))] = rng.choice(letters)
            yield "".join(text)

    with under_attack(kind, {"max_match_rules_per_connection": 100000}) as (bus, traffic):
        with bus.client() as c:
            texts = list(rules(2000))
            got = ask_many(c, (driver_call("AddMatch", "s", [text]) for text in texts))
            bad = {x.error_name for x in got if x.type == ERROR}
            expect.equal(bad, {"org.freedesktop.DBus.Error.MatchRuleInvalid"})
            kept = [text for text, x in zip(texts, got) if x.type == RETURN]
            expect.true(kept, "none was valid")
            gone = ask_many(c, (driver_call("RemoveMatch", "s", [text]) for text in kept))
            expect.equal(counts(gone), (len(kept), 0, 0))
            traffic.goes_on()


@requirement("RES-015")
def test_a_thousand_queue_for_one_name_and_go_in_any_order(kind):
    limits = {"max_connections_per_user": 2000}
    with under_attack(kind, limits) as (bus, traffic):
        crowd = [bus.client() for _ in range(1000)]
        for c in crowd:
            c.request_name("org.example.Wanted")
        with bus.client() as judge:
            queue = judge.bus("ListQueuedOwners", "s", "org.example.Wanted")
            expect.equal(queue, [c.name for c in crowd])
            random.Random(1).shuffle(crowd)
            while len(crowd) > 1:
                crowd.pop().close()
            traffic.goes_on()
            while judge.bus("ListQueuedOwners", "s", "org.example.Wanted") != [crowd[0].name]:
                traffic.goes_on()
        crowd[0].close()


@requirement("RES-015", "RES-022")
def test_names_that_change_hands_all_the_time_confuse_nobody(kind):
    def attack(bus, traffic):
        with Client(bus.address) as a, Client(bus.address) as b, Client(bus.address) as watcher:
            watcher.add_match("member='NameOwnerChanged',arg0='org.example.Hot'")
            a.bus("RequestName", "su", "org.example.Hot", 1)
            for _ in range(50):
                expect.equal(b.bus("RequestName", "su", "org.example.Hot", 3), 1)
                expect.equal(a.bus("RequestName", "su", "org.example.Hot", 3), 1)
            changes = [x.args for x in watcher.drain() if x.member == "NameOwnerChanged"]
            expect.equal(len(changes), 101)
            for before, after in zip(changes, changes[1:]):
                expect.equal(before[2], after[1], "a change was lost")
            traffic.goes_on()

    keeps_nothing(kind, attack, rounds=4)


@requirement("RES-015", "LIM-001")
@cases(("GetStats", "GetStats", "org.freedesktop.DBus.Debug.Stats"),
       ("ListNames", "ListNames", None), ("Introspect", "Introspect",
                                          "org.freedesktop.DBus.Introspectable"),
       ("no such method", "Nonsense", None))
def test_a_flood_of_questions_is_answered_in_order(kind, member, interface):
    with under_attack(kind) as (bus, traffic), bus.client() as c:
        more = {"interface": interface} if interface else {}
        serials = [c.post(driver_call(member, **more)) for _ in range(300)]
        for serial in serials:
            while True:
                got = c.receive()
                if got.reply_serial:
                    break
            expect.equal(got.reply_serial, serial)
        traffic.goes_on()


@requirement("RES-015")
def test_broadcasts_to_nobody_cost_nothing(kind):
    def attack(bus, traffic):
        with Client(bus.address) as c:
            data = signal("/", "a.b", "M", "s", ["x" * 200], serial=9).pack() * 200
            for _ in range(20):
                c.send(data)
            c.sync()
            traffic.goes_on()

    keeps_nothing(kind, attack, rounds=3)
