"""What writes one can trust rest on: links taken away, past values, fields made, exchanges kept."""

from datetime import datetime, timedelta
from typing import Final

from connectors.conformance.bench import Bench, Need, Promise, promises
from connectors.conformance.steps import LATER, add, update
from connectors.protocol import LINKED, LinkTo, NewField, Settled, Verb, Write
from tasuki.errors import RejectedError

_NEW: Final = "conformance_key"


def _linked(bench: Bench, id: str, object: str) -> list[str]:
    (record,) = bench.connector.read(bench.object, [id], [f"{LINKED}{object}"])
    return [*record.fields[f"{LINKED}{object}"]]


def a_link_is_taken_away_once(bench: Bench) -> None:
    """An unlink parts two records and no others; a second one finds it done."""
    assert bench.link_to is not None
    id, (object, one), (_, two) = add(bench, 1), bench.link_to(), bench.link_to()
    both = (LinkTo(object, one), LinkTo(object, two))
    away = (LinkTo(object, one),)
    linking = Write("w", Verb.UPDATE, bench.object, {bench.text: "a"}, id, links=both)
    parting = Write("w", Verb.UPDATE, bench.object, {bench.text: "b"}, id, unlinks=away)
    for write, left in ((linking, {one, two}), (parting, {two}), (parting, {two})):
        assert [each.settled for each in bench.connector.write([write])] == [Settled.WRITTEN]
        assert {*_linked(bench, id, object)} == left


def past_values_come_with_their_writer(bench: Bench) -> None:
    """Where a field's past is kept, it is told oldest first, and a person from ourselves."""
    id = add(bench, 1)
    bench.pass_time(LATER)
    bench.hand.edit(bench.object, id, {bench.text: "theirs"})
    bench.pass_time(LATER)
    bench.connector.write([update(bench, id, "w", "ours")])
    found = bench.connector.history(bench.object, [id], [bench.text], _long_ago(bench, id))
    past = [each for each in found if each.value in {"theirs", "ours"}]
    if not past:  # an honest answer: this field's past is not kept
        return
    assert [(each.id, each.field, each.value) for each in past] == [
        (id, bench.text, "theirs"),
        (id, bench.text, "ours"),
    ]
    assert past[0].by != past[1].by
    assert past[0].at <= past[1].at
    later = past[1].at + timedelta(seconds=1)
    assert list(bench.connector.history(bench.object, [id], [bench.text], later)) == []


def _long_ago(bench: Bench, id: str) -> datetime:
    (record,) = bench.connector.read(bench.object, [id], [bench.text])
    assert record.modified_at is not None
    return record.modified_at - timedelta(days=1)


def a_field_is_made_once(bench: Bench) -> None:
    """A field defined twice is there; the first receipt alone says created."""
    field = NewField(bench.object, _NEW, "text", {"en": "Key"}, unique=True)
    (first,) = bench.connector.define([field])
    (second,) = bench.connector.define([field])
    assert (first.key, first.settled, first.created) == (
        f"{bench.object}.{_NEW}",
        Settled.WRITTEN,
        True,
    )
    assert (second.settled, second.created) == (Settled.WRITTEN, False)
    (info,) = bench.connector.discover([bench.object])
    assert _NEW in {each.name for each in info.fields}


def a_field_that_does_not_fit_is_refused(bench: Bench) -> None:
    """What stands under the name is left as it is, and its difference is told with a remedy."""
    plain = NewField(bench.object, _NEW, "text", {"en": "Key"})
    bench.connector.define([plain])
    (receipt,) = bench.connector.define([NewField(bench.object, _NEW, "date", {"en": "Key"})])
    assert receipt.settled is Settled.REJECTED
    assert isinstance(receipt.error, RejectedError)
    assert _NEW in receipt.error.what
    assert receipt.error.remedy


def exchanges_hold_no_value(bench: Bench) -> None:
    """What a receipt keeps of the wire names the call, and neither what was sent nor a person."""
    id, secret = add(bench, 1), "Sazanami"
    good = update(bench, id, "good", secret)
    bad = Write("bad", Verb.UPDATE, bench.object, {"no_such_field": secret}, add(bench, 2))
    for receipt in bench.connector.write([good, bad]):
        if receipt.exchange is not None:
            assert receipt.exchange.call
            assert secret not in str(receipt.exchange)


PROMISES: Final[tuple[Promise, ...]] = (
    *promises((a_link_is_taken_away_once,), Need.WRITES, Need.LINKS),
    *promises((past_values_come_with_their_writer,), Need.WRITES, Need.HISTORY),
    *promises((a_field_is_made_once, a_field_that_does_not_fit_is_refused), Need.DEFINES),
    *promises((exchanges_hold_no_value,), Need.WRITES),
)
