"""Pages, deletes, reading and finding: nothing is lost, nothing is invented."""

from datetime import timedelta
from typing import Final

from connectors.conformance.bench import Bench, Need, Promise, promises
from connectors.conformance.steps import LATER, MANY, add, add_many, key, latest, pull


def paging_covers_everything_exactly(bench: Bench) -> None:
    """A first pull shows each record once, with its stamp and only the fields asked for."""
    expected = {id: f"name{number}" for number, id in enumerate(add_many(bench))}
    records, _ = pull(bench)
    assert latest(records) == expected
    assert len(records) == MANY
    assert {tuple(record.fields) for record in records} == {(bench.text,)}
    assert all(record.modified_at for record in records)


def an_empty_object_has_one_empty_last_page(bench: Bench) -> None:
    """Nothing there is an answer too, with a cursor that sees what comes."""
    records, cursor = pull(bench)
    assert records == []
    bench.pass_time(LATER)
    id = add(bench, 1)
    assert latest(pull(bench, cursor)[0]) == {id: "name1"}


def resuming_sees_later_changes(bench: Bench) -> None:
    """From the last cursor, new and edited records come; old ones may repeat, as they are."""
    ids = add_many(bench)
    records, cursor = pull(bench)
    bench.pass_time(LATER)
    bench.hand.edit(bench.object, ids[2], {bench.text: "edited"})
    new = add(bench, 100)
    seen = latest(pull(bench, cursor)[0])
    assert seen.items() >= {ids[2]: "edited", new: "name100"}.items()
    assert {**latest(records), **seen} == latest(pull(bench)[0])


def changes_during_paging_are_not_lost(bench: Bench) -> None:
    """An edit behind the cursor of a running pull is seen by that pull or the next."""
    ids = add_many(bench)
    first = bench.connector.page(bench.object, [bench.text], None)
    bench.pass_time(timedelta(seconds=1))
    bench.hand.edit(bench.object, ids[0], {bench.text: "edited"})
    rest, cursor = pull(bench, first.next_cursor) if first.more else ([], first.next_cursor)
    again, _ = pull(bench, cursor)
    assert latest([*first.records, *rest, *again])[ids[0]] == "edited"


def equal_stamps_are_not_lost(bench: Bench) -> None:
    """Records changed in one instant, some before and some after a pull, all arrive."""
    before = add_many(bench)
    records, cursor = pull(bench)
    after = [add(bench, number) for number in range(MANY, 2 * MANY)]
    seen = {*latest(records), *latest(pull(bench, cursor)[0])}
    assert seen == {*before, *after}


def a_pull_with_nothing_new_keeps_its_place(bench: Bench) -> None:
    """A pull without news ends, and what comes afterwards is still seen."""
    add(bench, 1)
    _, cursor = pull(bench)
    bench.pass_time(LATER)
    _, cursor = pull(bench, cursor)
    bench.pass_time(LATER)
    id = add(bench, 2)
    assert id in latest(pull(bench, cursor)[0])


def deletes_come_after_the_cursor(bench: Bench) -> None:
    """Ids deleted since the cursor are named, earlier ones and the living are not."""
    ids = add_many(bench, 5)
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
    assert not {ids[0], ids[3]} & set(gone)


def reading_leaves_out_the_missing(bench: Bench) -> None:
    """Of the ids asked for, those that exist come back as they are now; deleted ones do not."""
    ids = add_many(bench, 3)
    bench.hand.delete(bench.object, ids[1])
    asked = [ids[0], bench.missing_id, ids[1], ids[2]]
    records = bench.connector.read(bench.object, asked, [bench.text])
    assert latest(records) == {ids[0]: "name0", ids[2]: "name2"}


def reading_only_missing_ids_gives_nothing(bench: Bench) -> None:
    """No record is an answer, not an error."""
    assert list(bench.connector.read(bench.object, [bench.missing_id], [bench.text])) == []
    assert list(bench.connector.read(bench.object, [], [bench.text])) == []


def finding_is_exact(bench: Bench) -> None:
    """Only records whose key equals a value are found, at once and with the key if asked."""
    ids = [add(bench, number) for number in (1, 11, 2)]
    wanted = [key(1), key(2), key(3)]
    found = bench.connector.find(bench.object, bench.key, wanted, [bench.key, bench.text])
    assert {record.id: record.fields[bench.key] for record in found} == {
        ids[0]: key(1),
        ids[2]: key(2),
    }


def discovery_names_the_fields(bench: Bench) -> None:
    """Metadata of an object names the fields that can be read and written."""
    (info,) = bench.connector.discover([bench.object])
    assert info.name == bench.object
    assert {bench.text, bench.key} <= {field.name for field in info.fields}


PROMISES: Final[tuple[Promise, ...]] = promises(
    (
        paging_covers_everything_exactly,
        an_empty_object_has_one_empty_last_page,
        resuming_sees_later_changes,
        changes_during_paging_are_not_lost,
        equal_stamps_are_not_lost,
        a_pull_with_nothing_new_keeps_its_place,
        reading_leaves_out_the_missing,
        reading_only_missing_ids_gives_nothing,
        finding_is_exact,
        discovery_names_the_fields,
    )
) + promises((deletes_come_after_the_cursor,), Need.DELETES)
