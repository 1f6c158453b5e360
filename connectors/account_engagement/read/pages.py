"""Pages of changes, and the cursor that no change escapes.

A walk goes by id through everything that is stamped at or after `since`. It is complete whatever
moves meanwhile: a record that changes is stamped later than the walk began, and the next walk
begins at

    since' = the moment the platform began to answer the first page - overlap

by the platform's own clock. Reads may come from a cache up to 60 seconds behind; the overlap is
longer, so whatever this walk could not see yet belongs to the next one.

Page views, activities and e-mails have no stamp to go by: who did them is told later without
moving it. They are walked by id alone, from the last id that is older than the overlap. Whose they
are is known from their visitor and visit, which do move when a visitor is identified.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from connectors.account_engagement.client import Client
from connectors.account_engagement.metadata import BORN, MOVED, Kind, kind_of
from connectors.account_engagement.read.rows import Rows, asked, record, rows, second
from connectors.protocol import Page, Window
from tasuki.values import dumps, instant, loads, stamp


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a pull stands; the JSON of this is the cursor."""

    since: str | None = None
    """Stamps from here on belong to the pull; None means all."""
    floor: int | None = None
    """By id: everything up to this id was read for good."""
    begun: str | None = None
    """When the first page of a running pull was asked for, the platform's clock."""
    after: int | None = None
    """The last id read."""
    settled: int | None = None
    """By id: the floor of the next pull, as far as it is known."""
    is_young: bool = False
    """By id: a record younger than the overlap was met."""


def page(client: Client, object: str, fields: Sequence[str], cursor: str | None) -> Page:
    """The next page of a pull; see the module's docstring for what it promises."""
    kind = kind_of(object, client.connection)
    walk = Walk(**loads(cursor)) if cursor else Walk()
    first = walk.begun is None
    found = rows(client, kind, asked(kind, fields), _conditions(kind, walk), _after(walk))
    walk = replace(walk, begun=walk.begun or stamp(client.asked_at()))
    walk = replace(walk, after=found.last or walk.after)
    until = second(instant(str(walk.begun)) - client.settings.overlap)
    if not kind.is_stamped:
        walk = _settle(walk, found, until)
    records = tuple(record(kind, row, fields) for row in found.rows)
    if found.more:
        return Page(records, _cursor(walk), more=True)
    covered = Window(instant(walk.since) if walk.since else None, until)
    following = Walk(stamp(until), walk.settled or walk.floor)
    total = len(records) if first else None
    return Page(records, _cursor(following), more=False, total=total, covered=covered)


def cursor_from(moment: datetime) -> str:
    """The cursor of a pull of everything stamped at the moment or later."""
    return _cursor(Walk(stamp(moment)))


def _conditions(kind: Kind, walk: Walk) -> dict[str, str]:
    """From the floor by id where there is one, else from the stamp."""
    if walk.since is None or walk.floor is not None:
        return {}
    return {f"{MOVED if kind.is_stamped else BORN}AfterOrEqualTo": walk.since}


def _after(walk: Walk) -> int | None:
    return walk.after if walk.after is not None else walk.floor


def _settle(walk: Walk, found: Rows, until: datetime) -> Walk:
    """Move the next floor up to the last id before the first young record."""
    for row in found.rows:
        if walk.is_young or instant(row[BORN]) >= until:
            return replace(walk, is_young=True)
        walk = replace(walk, settled=int(row["id"]))
    return walk


def _cursor(walk: Walk) -> str:
    return dumps({key: value for key, value in asdict(walk).items() if value})
