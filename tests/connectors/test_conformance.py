"""What every connector promises, whatever system stands behind it.

The suite runs once per bench of `conftest.py`; values are compared as text, since some systems
know nothing else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.protocol import Settled, Verb, Write
from tasuki.errors import RejectedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conftest import Bench

    from connectors.protocol import Receipt, Record

MANY = 7
"""More than two pages of the memory connector."""
LATER = timedelta(minutes=10)
"""Longer than any connector's overlap."""


def add(bench: Bench, number: int) -> str:
    """A record made by hand, told apart by its number."""
    return bench.hand.add(bench.object, fields(bench, number))


def fields(bench: Bench, number: int) -> dict[str, object]:
    """Text and natural key of one numbered record."""
    return {**bench.required, bench.text: f"name{number}", bench.key: key(number)}


def key(number: int) -> str:
    """The natural key of one numbered record; it passes as an e-mail address."""
    return f"n{number}@example.com"


def pull(bench: Bench, cursor: str | None = None) -> tuple[list[Record], str]:
    """Every record from the cursor on, and the cursor to resume from."""
    records: list[Record] = []
    for _ in range(1000):
        page = bench.connector.page(bench.object, [bench.text], cursor)
        records.extend(page.records)
        cursor = page.next_cursor
        if not page.more:
            return records, cursor
    pytest.fail("paging never ends")


def latest(records: Sequence[Record]) -> dict[str, str]:
    """Id to text, the last answer of each record standing."""
    return {record.id: str(next(iter(record.fields.values()))) for record in records}


def create(bench: Bench, number: int, *, natural: bool = True) -> Write:
    """A create with (or without) a natural key."""
    made = fields(bench, number)
    natural_key = (bench.key, str(made[bench.key])) if natural else None
    return Write(f"w{number}", Verb.CREATE, bench.object, made, natural_key=natural_key)


def update(bench: Bench, id: str, name: str, text: str) -> Write:
    """An update of the text field."""
    return Write(name, Verb.UPDATE, bench.object, {bench.text: text}, id)


def summary(receipts: Sequence[Receipt]) -> list[tuple[str, Settled]]:
    """Key and ending of each receipt."""
    return [(receipt.key, receipt.settled) for receipt in receipts]


# ── reading ──


def test_paging_covers_everything_exactly(bench: Bench) -> None:
    """A first pull shows each record once, with its stamp and only the fields asked for."""
    expected = {add(bench, number): f"name{number}" for number in range(MANY)}
    records, _ = pull(bench)
    assert latest(records) == expected
    assert len(records) == MANY
    assert {tuple(record.fields) for record in records} == {(bench.text,)}
    assert all(record.modified_at for record in records)


def test_an_empty_object_has_one_empty_last_page(bench: Bench) -> None:
    """Nothing there is an answer too, with a cursor that sees what comes."""
    records, cursor = pull(bench)
    assert records == []
    bench.pass_time(LATER)
    id = add(bench, 1)
    assert latest(pull(bench, cursor)[0]) == {id: "name1"}


def test_resuming_sees_later_changes(bench: Bench) -> None:
    """From the last cursor, new and edited records come; old ones may repeat, as they are."""
    ids = [add(bench, number) for number in range(MANY)]
    records, cursor = pull(bench)
    bench.pass_time(LATER)
    bench.hand.edit(bench.object, ids[2], {bench.text: "edited"})
    new = add(bench, 100)
    seen = latest(pull(bench, cursor)[0])
    assert seen.items() >= {ids[2]: "edited", new: "name100"}.items()
    assert {**latest(records), **seen} == latest(pull(bench)[0])


def test_changes_during_paging_are_not_lost(bench: Bench) -> None:
    """An edit behind the cursor of a running pull is seen by that pull or the next."""
    ids = [add(bench, number) for number in range(MANY)]
    first = bench.connector.page(bench.object, [bench.text], None)
    bench.pass_time(timedelta(seconds=1))
    bench.hand.edit(bench.object, ids[0], {bench.text: "edited"})
    rest, cursor = pull(bench, first.next_cursor) if first.more else ([], first.next_cursor)
    again, _ = pull(bench, cursor)
    assert latest([*first.records, *rest, *again])[ids[0]] == "edited"


def test_equal_stamps_are_not_lost(bench: Bench) -> None:
    """Records changed in one instant, some before and some after a pull, all arrive."""
    before = [add(bench, number) for number in range(MANY)]
    records, cursor = pull(bench)
    after = [add(bench, number) for number in range(MANY, 2 * MANY)]
    seen = {*latest(records), *latest(pull(bench, cursor)[0])}
    assert seen == {*before, *after}


def test_a_pull_with_nothing_new_keeps_its_place(bench: Bench) -> None:
    """A pull without news ends, and what comes afterwards is still seen."""
    add(bench, 1)
    _, cursor = pull(bench)
    bench.pass_time(LATER)
    _, cursor = pull(bench, cursor)
    bench.pass_time(LATER)
    id = add(bench, 2)
    assert id in latest(pull(bench, cursor)[0])


def test_deletes_come_after_the_cursor(bench: Bench) -> None:
    """Ids deleted since the cursor are named, earlier ones and the living are not."""
    if not bench.connector.can.deletes:
        pytest.skip("this system does not tell its deletes")
    ids = [add(bench, number) for number in range(5)]
    for id in (ids[0], ids[4]):
        bench.hand.delete(bench.object, id)
        bench.pass_time(LATER)
    cursor = bench.connector.deletes(bench.object, None).next_cursor
    bench.pass_time(LATER)
    bench.hand.delete(bench.object, ids[1])
    bench.hand.delete(bench.object, ids[2])
    gone: list[str] = []
    more = True
    while more:
        answer = bench.connector.deletes(bench.object, cursor)
        gone, cursor, more = [*gone, *answer.ids], answer.next_cursor, answer.more
    assert {ids[1], ids[2]} <= set(gone)
    assert ids[3] not in gone
    assert ids[0] not in gone


def test_reading_leaves_out_the_missing(bench: Bench) -> None:
    """Of the ids asked for, those that exist come back as they are now."""
    ids = [add(bench, number) for number in range(3)]
    bench.hand.delete(bench.object, ids[1])
    asked = [ids[0], bench.missing_id, ids[1], ids[2]]
    records = bench.connector.read(bench.object, asked, [bench.text])
    assert latest(records) == {ids[0]: "name0", ids[2]: "name2"}


def test_reading_only_missing_ids_gives_nothing(bench: Bench) -> None:
    """No record is an answer, not an error."""
    assert list(bench.connector.read(bench.object, [bench.missing_id], [bench.text])) == []
    assert list(bench.connector.read(bench.object, [], [bench.text])) == []


def test_finding_is_exact(bench: Bench) -> None:
    """Only records whose key equals a value are found, at once and with the key if asked."""
    ids = [add(bench, number) for number in (1, 11, 2)]
    wanted = [key(1), key(2), key(3)]
    found = bench.connector.find(bench.object, bench.key, wanted, [bench.key, bench.text])
    assert {record.id: record.fields[bench.key] for record in found} == {
        ids[0]: key(1),
        ids[2]: key(2),
    }


def test_id_pages_cover_the_living(bench: Bench) -> None:
    """Id pages name each living record once."""
    ids = [add(bench, number) for number in range(MANY)]
    bench.hand.delete(bench.object, ids[3])
    seen: list[str] = []
    after: str | None = None
    while True:
        page = bench.connector.ids(bench.object, after)
        seen.extend(page.ids)
        after = page.after
        if after is None:
            break
    assert sorted(seen) == sorted({*ids} - {ids[3]})


def test_the_count_is_of_the_living(bench: Bench) -> None:
    """Deleted records do not count."""
    ids = [add(bench, number) for number in range(3)]
    bench.hand.delete(bench.object, ids[0])
    assert bench.connector.count(bench.object) == 2


def test_discovery_names_the_fields(bench: Bench) -> None:
    """Metadata of an object names the fields that can be read and written."""
    (info,) = bench.connector.discover([bench.object])
    assert info.name == bench.object
    assert {bench.text, bench.key} <= {field.name for field in info.fields}


# ── writing ──


def test_every_write_has_its_receipt_in_order(bench: Bench) -> None:
    """One receipt per write, in the order of the batch, with the id of its record."""
    ids = [add(bench, number) for number in range(5)]
    order = [3, 0, 4, 1, 2]
    batch = [update(bench, ids[n], f"w{n}", f"new{n}") for n in order]
    receipts = bench.connector.write(batch)
    assert summary(receipts) == [(f"w{n}", Settled.WRITTEN) for n in order]
    assert [receipt.id for receipt in receipts] == [ids[n] for n in order]
    assert sorted(bench.hand.values(bench.object, bench.text)) == [f"new{n}" for n in range(5)]


def test_creates_are_told_from_each_other(bench: Bench) -> None:
    """Each create's receipt carries the id of the record made from it."""
    receipts = bench.connector.write([create(bench, number) for number in (5, 3, 4)])
    assert summary(receipts) == [(f"w{n}", Settled.WRITTEN) for n in (5, 3, 4)]
    assert all(receipt.created for receipt in receipts)
    ids = [str(receipt.id) for receipt in receipts]
    texts = latest(bench.connector.read(bench.object, ids, [bench.text]))
    assert [texts[id] for id in ids] == ["name5", "name3", "name4"]


def test_a_rejected_record_does_not_harm_its_neighbours(bench: Bench) -> None:
    """The bad one is parked with a remedy; those before and after it are written."""
    ids = [add(bench, number) for number in range(3)]
    bad = Write("bad", Verb.UPDATE, bench.object, {"no_such_field": "x"}, ids[1])
    batch = [update(bench, ids[0], "a", "new0"), bad, update(bench, ids[2], "c", "new2")]
    receipts = bench.connector.write(batch)
    assert summary(receipts) == [
        ("a", Settled.WRITTEN),
        ("bad", Settled.REJECTED),
        ("c", Settled.WRITTEN),
    ]
    assert sorted(bench.hand.values(bench.object, bench.text)) == ["name1", "new0", "new2"]


def test_a_rejected_create_does_not_harm_its_neighbours(bench: Bench) -> None:
    """Creates around a bad one are made, once each."""
    bad = create(bench, 2)
    bad = Write("bad", Verb.CREATE, bench.object, {**bad.fields, "no_such_field": "x"})
    receipts = bench.connector.write([create(bench, 1), bad, create(bench, 3)])
    assert [receipt.settled for receipt in receipts] == ["written", "rejected", "written"]
    assert sorted(bench.hand.values(bench.object, bench.text)) == ["name1", "name3"]


def test_an_unknown_field_is_rejected_by_name(bench: Bench) -> None:
    """The refusal names the field and what to do, and no value."""
    bad = Write("bad", Verb.UPDATE, bench.object, {"no_such_field": "secret"}, add(bench, 1))
    (receipt,) = bench.connector.write([bad])
    assert isinstance(receipt.error, RejectedError)
    text = "\n".join(receipt.error.lines())
    assert "no_such_field" in text
    assert "secret" not in text
    assert receipt.error.remedy


def test_updating_a_missing_record_is_rejected(bench: Bench) -> None:
    """An update never makes a record, and says that there is none."""
    id = add(bench, 1)
    good = update(bench, id, "good", "new")
    receipts = bench.connector.write([update(bench, bench.missing_id, "bad", "x"), good])
    assert summary(receipts) == [("bad", Settled.REJECTED), ("good", Settled.WRITTEN)]
    assert bench.hand.values(bench.object, bench.text) == ["new"]


def test_a_deleted_record_is_gone(bench: Bench) -> None:
    """A delete takes the record out of sight."""
    ids = [add(bench, number) for number in range(2)]
    receipts = bench.connector.write([Write("d", Verb.DELETE, bench.object, {}, ids[0])])
    assert summary(receipts) == [("d", Settled.WRITTEN)]
    assert bench.hand.values(bench.object, bench.text) == ["name1"]


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.UPSERT])
def test_a_natural_key_makes_one_record(bench: Bench, verb: Verb) -> None:
    """The same key twice is the same record, and only the first receipt says created."""
    write = create(bench, 1)
    write = Write("w", verb, bench.object, write.fields, natural_key=write.natural_key)
    first, second = (bench.connector.write([write])[0] for _ in range(2))
    assert (first.settled, second.settled) == (Settled.WRITTEN, Settled.WRITTEN)
    assert first.id == second.id
    assert (first.created, second.created) == (True, False)
    assert bench.hand.values(bench.object, bench.key) == [key(1)]


def test_one_key_twice_in_a_batch_makes_one_record(bench: Bench) -> None:
    """Two writes of one batch that mean the same record make one."""
    one, two = create(bench, 1), create(bench, 1)
    two = Write("other", Verb.CREATE, bench.object, two.fields, natural_key=two.natural_key)
    receipts = bench.connector.write([one, two])
    assert summary(receipts) == [("w1", Settled.WRITTEN), ("other", Settled.WRITTEN)]
    assert receipts[0].id == receipts[1].id
    assert bench.hand.values(bench.object, bench.key) == [key(1)]


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.UPSERT])
def test_a_lost_answer_never_doubles(bench: Bench, verb: Verb) -> None:
    """After a lost answer the write is told unknown or found done; again, it makes no second."""
    if bench.lose_answer is None:
        pytest.skip("this system loses no answers")
    write = create(bench, 1)
    write = Write("w", verb, bench.object, write.fields, natural_key=write.natural_key)
    bench.lose_answer()
    (first,) = bench.connector.write([write])
    assert first.settled in {Settled.UNKNOWN, Settled.WRITTEN}
    (second,) = bench.connector.write([write])
    assert second.settled is Settled.WRITTEN
    assert bench.hand.values(bench.object, bench.key) == [key(1)]


def test_a_plain_create_whose_answer_is_lost_is_sent_once(bench: Bench) -> None:
    """Without a natural key nobody can look first, so nothing is repeated."""
    if bench.lose_answer is None:
        pytest.skip("this system loses no answers")
    bench.lose_answer()
    (receipt,) = bench.connector.write([create(bench, 1, natural=False)])
    assert receipt.settled is Settled.UNKNOWN
    assert len(bench.hand.values(bench.object, bench.text)) == 1


def test_calls_are_counted(bench: Bench) -> None:
    """Every call to the system shows in the limits."""
    before = bench.connector.limits().calls
    bench.connector.count(bench.object)
    assert bench.connector.limits().calls > before
