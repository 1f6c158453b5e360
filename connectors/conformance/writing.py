"""One receipt per write, in order; one bad record harms no neighbour; nothing is made twice."""

from dataclasses import replace
from typing import Final

from connectors.conformance.bench import Bench, Need, Promise, promises
from connectors.conformance.steps import LATER, add, add_many, create, key, latest, summary, update
from connectors.protocol import Settled, Verb, Write
from tasuki.errors import MovedError, RejectedError


def every_write_has_its_receipt_in_order(bench: Bench) -> None:
    """One receipt per write, in the order of the batch, with the id of its record."""
    ids = add_many(bench, 5)
    order = [3, 0, 4, 1, 2]
    batch = [update(bench, ids[n], f"w{n}", f"new{n}") for n in order]
    receipts = bench.connector.write(batch)
    assert summary(receipts) == [(f"w{n}", Settled.WRITTEN) for n in order]
    assert [receipt.id for receipt in receipts] == [ids[n] for n in order]
    assert sorted(bench.hand.values(bench.object, bench.text)) == [f"new{n}" for n in range(5)]


def creates_are_told_from_each_other(bench: Bench) -> None:
    """Each create's receipt carries the id of the record made from it."""
    receipts = bench.connector.write([create(bench, number) for number in (5, 3, 4)])
    assert summary(receipts) == [(f"w{n}", Settled.WRITTEN) for n in (5, 3, 4)]
    assert all(receipt.created for receipt in receipts)
    ids = [str(receipt.id) for receipt in receipts]
    texts = latest(bench.connector.read(bench.object, ids, [bench.text]))
    assert [texts[id] for id in ids] == ["name5", "name3", "name4"]


def a_rejected_record_does_not_harm_its_neighbours(bench: Bench) -> None:
    """The bad one is parked with a remedy; those before and after it are written."""
    ids = add_many(bench, 3)
    bad = Write("bad", Verb.UPDATE, bench.object, {"no_such_field": "x"}, ids[1])
    batch = [update(bench, ids[0], "a", "new0"), bad, update(bench, ids[2], "c", "new2")]
    receipts = bench.connector.write(batch)
    assert summary(receipts) == [
        ("a", Settled.WRITTEN),
        ("bad", Settled.REJECTED),
        ("c", Settled.WRITTEN),
    ]
    assert sorted(bench.hand.values(bench.object, bench.text)) == ["name1", "new0", "new2"]


def a_rejected_create_does_not_harm_its_neighbours(bench: Bench) -> None:
    """Creates around a bad one are made, once each."""
    bad = create(bench, 2)
    bad = Write("bad", Verb.CREATE, bench.object, {**bad.fields, "no_such_field": "x"})
    receipts = bench.connector.write([create(bench, 1), bad, create(bench, 3)])
    assert [receipt.settled for receipt in receipts] == ["written", "rejected", "written"]
    assert sorted(bench.hand.values(bench.object, bench.text)) == ["name1", "name3"]


def an_unknown_field_is_rejected_by_name(bench: Bench) -> None:
    """The refusal names the field and what to do, and no value."""
    bad = Write("bad", Verb.UPDATE, bench.object, {"no_such_field": "secret"}, add(bench, 1))
    (receipt,) = bench.connector.write([bad])
    assert isinstance(receipt.error, RejectedError)
    text = "\n".join(receipt.error.lines())
    assert "no_such_field" in text
    assert "secret" not in text
    assert receipt.error.remedy


def updating_a_missing_record_is_rejected(bench: Bench) -> None:
    """An update never makes a record, and says that there is none."""
    id = add(bench, 1)
    good = update(bench, id, "good", "new")
    receipts = bench.connector.write([update(bench, bench.missing_id, "bad", "x"), good])
    assert summary(receipts) == [("bad", Settled.REJECTED), ("good", Settled.WRITTEN)]
    assert bench.hand.values(bench.object, bench.text) == ["new"]


def a_deleted_record_is_gone(bench: Bench) -> None:
    """A delete takes the record out of sight."""
    ids = add_many(bench, 2)
    receipts = bench.connector.write([Write("d", Verb.DELETE, bench.object, {}, ids[0])])
    assert summary(receipts) == [("d", Settled.WRITTEN)]
    assert bench.hand.values(bench.object, bench.text) == ["name1"]


def _keyed(bench: Bench, verb: Verb) -> Write:
    """A write that makes a record, named by its natural key."""
    made = create(bench, 1)
    return Write("w", verb, bench.object, made.fields, natural_key=made.natural_key)


def _makes_one(bench: Bench, write: Write) -> None:
    first, second = (bench.connector.write([write])[0] for _ in range(2))
    assert (first.settled, second.settled) == (Settled.WRITTEN, Settled.WRITTEN)
    assert first.id == second.id
    assert (first.created, second.created) == (True, False)
    assert bench.hand.values(bench.object, bench.key) == [key(1)]


def a_created_key_makes_one_record(bench: Bench) -> None:
    """The same key created twice is the same record; only the first receipt says created."""
    _makes_one(bench, _keyed(bench, Verb.CREATE))


def an_upserted_key_makes_one_record(bench: Bench) -> None:
    """The same key upserted twice is the same record; only the first receipt says created."""
    _makes_one(bench, _keyed(bench, Verb.UPSERT))


def one_key_twice_in_a_batch_makes_one_record(bench: Bench) -> None:
    """Two writes of one batch that mean the same record make one."""
    one, two = create(bench, 1), create(bench, 1)
    two = Write("other", Verb.CREATE, bench.object, two.fields, natural_key=two.natural_key)
    receipts = bench.connector.write([one, two])
    assert summary(receipts) == [("w1", Settled.WRITTEN), ("other", Settled.WRITTEN)]
    assert receipts[0].id == receipts[1].id
    assert bench.hand.values(bench.object, bench.key) == [key(1)]


def _never_doubles(bench: Bench, write: Write) -> None:
    assert bench.lose_answer is not None
    bench.lose_answer()
    (first,) = bench.connector.write([write])
    assert first.settled in {Settled.UNKNOWN, Settled.WRITTEN}
    (second,) = bench.connector.write([write])
    assert second.settled is Settled.WRITTEN
    assert bench.hand.values(bench.object, bench.key) == [key(1)]


def a_lost_create_never_doubles(bench: Bench) -> None:
    """After a lost answer the create is told unknown or found done; again, it makes no second."""
    _never_doubles(bench, _keyed(bench, Verb.CREATE))


def a_lost_upsert_never_doubles(bench: Bench) -> None:
    """After a lost answer the upsert is told unknown or found done; again, it makes no second."""
    _never_doubles(bench, _keyed(bench, Verb.UPSERT))


def a_plain_create_whose_answer_is_lost_is_sent_once(bench: Bench) -> None:
    """Without a natural key nobody can look first, so nothing is repeated."""
    assert bench.lose_answer is not None
    bench.lose_answer()
    (receipt,) = bench.connector.write([create(bench, 1, natural=False)])
    assert receipt.settled is Settled.UNKNOWN
    assert len(bench.hand.values(bench.object, bench.text)) == 1


def a_record_that_moved_refuses_a_guarded_update(bench: Bench) -> None:
    """It stays as somebody made it meanwhile, and says so; its neighbours are written."""
    ids = add_many(bench, 3)
    bench.pass_time(LATER)
    bench.hand.edit(bench.object, ids[1], {bench.text: "looked at"})
    records = bench.connector.read(bench.object, ids, [bench.text])
    stamps = {record.id: record.modified_at for record in records}
    bench.pass_time(LATER)
    bench.hand.edit(bench.object, ids[1], {bench.text: "theirs"})
    batch = [replace(update(bench, id, id, "ours"), unmoved_since=stamps[id]) for id in ids]
    receipts = bench.connector.write(batch)
    assert [each.settled for each in receipts] == ["written", "rejected", "written"]
    assert isinstance(receipts[1].error, MovedError)
    assert receipts[1].error.remedy
    assert sorted(bench.hand.values(bench.object, bench.text)) == ["ours", "ours", "theirs"]


def a_large_batch_is_like_any_other(bench: Bench) -> None:
    """More than a call takes: a receipt each, in order; doing it again makes nothing twice."""
    batch = [create(bench, number) for number in range(bench.connector.can.batch_size + 5)]
    first, second = bench.connector.write(batch), bench.connector.write(batch)
    written = [(each.key, Settled.WRITTEN) for each in batch]
    assert summary(first) == summary(second) == written
    assert [each.id for each in first] == [each.id for each in second]
    assert ({each.created for each in first}, {each.created for each in second}) == (
        {True},
        {False},
    )
    made = sorted(bench.hand.values(bench.object, bench.key))
    assert made == sorted(key(number) for number in range(len(batch)))


PROMISES: Final[tuple[Promise, ...]] = (
    *promises(
        (
            every_write_has_its_receipt_in_order,
            creates_are_told_from_each_other,
            a_rejected_record_does_not_harm_its_neighbours,
            a_rejected_create_does_not_harm_its_neighbours,
            an_unknown_field_is_rejected_by_name,
            updating_a_missing_record_is_rejected,
            a_deleted_record_is_gone,
            a_created_key_makes_one_record,
            an_upserted_key_makes_one_record,
            one_key_twice_in_a_batch_makes_one_record,
        ),
        Need.WRITES,
    ),
    *promises(
        (
            a_lost_create_never_doubles,
            a_lost_upsert_never_doubles,
            a_plain_create_whose_answer_is_lost_is_sent_once,
        ),
        Need.WRITES,
        Need.LOST_ANSWERS,
    ),
    *promises((a_record_that_moved_refuses_a_guarded_update,), Need.WRITES, Need.GUARDS),
    *promises((a_large_batch_is_like_any_other,), Need.WRITES, Need.BULK),
)
