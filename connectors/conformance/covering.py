"""Ids, counts and windows: what a completeness certificate rests on."""

from datetime import timedelta
from typing import Final

from connectors.conformance.bench import Bench, Need, Promise, promises
from connectors.conformance.steps import LATER, MANY, add, add_many, latest, pull, walk
from connectors.protocol import Record, Window


def id_pages_cover_the_living(bench: Bench) -> None:
    """Id pages name each living record once."""
    ids = add_many(bench)
    bench.hand.delete(bench.object, ids[3])
    page = bench.connector.ids(bench.object, None)
    seen = [*page.ids]
    while page.after is not None:
        page = bench.connector.ids(bench.object, page.after)
        seen.extend(page.ids)
    assert sorted(seen) == sorted({*ids} - {ids[3]})


def the_count_is_of_the_living(bench: Bench) -> None:
    """Deleted records do not count."""
    ids = add_many(bench, 3)
    bench.hand.delete(bench.object, ids[0])
    assert bench.connector.count(bench.object) == 2


def _spread(bench: Bench) -> list[Record]:
    """Records whose stamps lie well apart, oldest first, as a pull brings them."""
    for number in range(MANY):
        add(bench, number)
        bench.pass_time(LATER)
    return sorted(pull(bench)[0], key=lambda record: str(record.modified_at))


def the_count_of_a_window_is_what_a_pull_brings(bench: Bench) -> None:
    """A window counts the records stamped in it, its beginning included and its end not."""
    stamps = [record.modified_at for record in _spread(bench)]
    since, until = stamps[2], stamps[5]
    assert since is not None
    assert until is not None
    inside = [at for at in stamps if at is not None and since <= at < until]
    assert bench.connector.count(bench.object, Window(since, until)) == len(inside)
    assert bench.connector.count(bench.object, Window(None, since)) == 2


def a_pull_may_begin_at_a_moment(bench: Bench) -> None:
    """The cursor of a moment asks nobody, and brings all that changed then or later."""
    records = _spread(bench)
    moment = records[3].modified_at
    assert moment is not None
    calls = bench.connector.limits().calls
    cursor = bench.connector.cursor_from(bench.object, moment)
    assert bench.connector.limits().calls == calls
    assert {record.id for record in records[3:]} <= {*latest(pull(bench, cursor)[0])}


def covered_stamps_are_covered(bench: Bench) -> None:
    """What a walk says it covered holds as many records as the system counts there."""
    _spread(bench)
    pages = walk(bench)
    assert [page.covered for page in pages[:-1]] == [None] * (len(pages) - 1)
    covered = pages[-1].covered
    if covered is None:  # an honest answer: full id comparisons then stand in
        return
    stamps = {each.id: each.modified_at for page in pages for each in page.records}
    inside = [at for at in stamps.values() if at is not None and at < covered.until]
    assert covered.since is None
    assert bench.connector.count(bench.object, covered) == len(inside) > 0


def coverage_has_no_hole(bench: Bench) -> None:
    """The next walk covers from where the last one ended, or from before."""
    add_many(bench)
    bench.pass_time(LATER)
    first = walk(bench)[-1]
    bench.pass_time(LATER)
    add(bench, 100)
    bench.pass_time(LATER)
    second = walk(bench, first.next_cursor)[-1]
    if first.covered is None or second.covered is None:
        return
    assert second.covered.since is None or second.covered.since <= first.covered.until
    assert second.covered.until > first.covered.until


def totals_are_true(bench: Bench) -> None:
    """A page that says how many its question matches does not say too few or too many."""
    add_many(bench)
    bench.pass_time(LATER)
    pages = walk(bench)
    assert pages[0].total in {None, MANY}
    assert pages[-1].total is None or pages[-1].total >= len(pages[-1].records)


def the_unreadable_is_never_empty(bench: Bench) -> None:
    """A field we may no longer read is named as such, and is missing from the records."""
    assert bench.hide is not None
    id = add(bench, 1)
    bench.hide(bench.key)
    page = bench.connector.page(bench.object, [bench.text, bench.key], None)
    assert page.unreadable == (bench.key,)
    assert [(each.id, each.fields) for each in page.records] == [(id, {bench.text: "name1"})]


def stamps_do_not_lie_ahead(bench: Bench) -> None:
    """What a walk covered ends before anything that is changed after it."""
    add_many(bench)
    covered = walk(bench)[-1].covered
    bench.pass_time(timedelta(seconds=2))
    id = add(bench, 100)
    (record,) = bench.connector.read(bench.object, [id], [bench.text])
    assert covered is None or record.modified_at is None or covered.until <= record.modified_at


PROMISES: Final[tuple[Promise, ...]] = promises(
    (
        id_pages_cover_the_living,
        the_count_is_of_the_living,
        the_count_of_a_window_is_what_a_pull_brings,
        a_pull_may_begin_at_a_moment,
        covered_stamps_are_covered,
        coverage_has_no_hole,
        stamps_do_not_lie_ahead,
        totals_are_true,
    )
) + promises((the_unreadable_is_never_empty,), Need.HIDING)
