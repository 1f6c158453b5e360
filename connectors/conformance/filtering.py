"""Filters: a first read that brings some records only, and never fewer than it is asked for."""

from typing import Any, Final

from connectors.conformance.bench import Bench, Need, Promise, promises
from connectors.conformance.steps import LATER, MANY, add, fields, key, pull, walk
from connectors.protocol import Comparison, Filter, Op
from mappings.filter import lets_through


def _filters(bench: Bench) -> dict[str, Filter]:
    """Questions of every kind about the text field, of which some are met."""

    def one(op: Op, *values: Any) -> Comparison:
        return Comparison(bench.text, op, values)

    mail = Comparison(bench.key, Op.IS, (key(3).upper(),))
    return {
        "is": ((one(Op.IS, "NAME1"),),),
        "is not": ((one(Op.IS_NOT, "name1"),),),
        "one of": ((one(Op.ONE_OF, "name1", "Name2", 'it\'s \\ "odd"'),),),
        "none of": ((one(Op.NONE_OF, "name1", "name2"),),),
        "filled": ((one(Op.FILLED),),),
        "blank": ((one(Op.BLANK),),),
        "before": ((one(Op.LESS, "2026-01-01"),),),
        "a number": ((one(Op.MORE, 5),),),
        "another field": ((Comparison("no_such_field", Op.IS, ("x",)),),),
        "both": ((one(Op.FILLED), mail),),
        "either": ((one(Op.IS, "name1"),), (mail,), (one(Op.IS, "name6"),)),
        "many": tuple((one(Op.IS, f"name{number}"),) for number in range(0, 20, 2)),
        "long": (tuple(one(Op.IS_NOT, f"other{number}") for number in range(20)),),
    }


def _told(bench: Bench, filter: Filter | None) -> dict[str, int]:
    """How often each record comes in a walk from the beginning."""
    told: dict[str, int] = {}
    for page in walk(bench, None, filter):
        for record in page.records:
            told[record.id] = told.get(record.id, 0) + 1
    return told


def a_filter_never_brings_too_little(bench: Bench) -> None:
    """A filtered walk from the beginning brings at the least what the filter lets through."""
    ids = {add(bench, number): fields(bench, number) for number in range(MANY)}
    bench.pass_time(LATER)
    for name, filter in _filters(bench).items():
        wanted = {id for id, made in ids.items() if lets_through(filter, made)}
        assert wanted <= {*_told(bench, filter)} <= {*ids}, name


def the_count_agrees_with_the_filtered_walk(bench: Bench) -> None:
    """As many records are counted as the same filter brings."""
    for number in range(MANY):
        add(bench, number)
    bench.pass_time(LATER)
    for name, filter in _filters(bench).items():
        told = _told(bench, filter)
        assert bench.connector.count(bench.object, None, filter) == len(told), name


def a_filtered_walk_goes_on_with_every_change(bench: Bench) -> None:
    """From its last cursor all that changes is seen, so that nobody leaves a scope unseen."""
    ids = [add(bench, number) for number in range(MANY)]
    bench.pass_time(LATER)
    pages = walk(bench, None, ((Comparison(bench.text, Op.IS, ("name1",)),),))
    bench.pass_time(LATER)
    bench.hand.edit(bench.object, ids[1], {bench.text: "left"})
    new = add(bench, 100)
    assert {ids[1], new} <= {record.id for record in pull(bench, pages[-1].next_cursor)[0]}


def a_filtered_walk_covers_what_it_says(bench: Bench) -> None:
    """What it says it covered, counted with the same filter, is what it brought."""
    for number in range(MANY):
        add(bench, number)
    bench.pass_time(LATER)
    filter: Filter = ((Comparison(bench.text, Op.ONE_OF, ("name1", "name2", "name3", "name4")),),)
    pages = walk(bench, None, filter)
    covered = pages[-1].covered
    brought = {record.id for page in pages for record in page.records}
    assert pages[0].total in {None, len(brought)}
    if covered is not None:
        assert covered.since is None
        assert bench.connector.count(bench.object, covered, filter) == len(brought)


PROMISES: Final[tuple[Promise, ...]] = promises(
    (
        a_filter_never_brings_too_little,
        the_count_agrees_with_the_filtered_walk,
        a_filtered_walk_goes_on_with_every_change,
        a_filtered_walk_covers_what_it_says,
    ),
    Need.FILTERS,
)
