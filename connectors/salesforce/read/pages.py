"""Pages of changes: the walk by `(SystemModstamp, Id)` and the cursor that no change escapes.

A pull asks for everything whose `SystemModstamp` is at or after the cursor's `since`,
oldest first, and follows Salesforce's locator to the end. Only then the cursor moves, to

    since' = the moment Salesforce began to answer the pull's first page - overlap

by Salesforce's own clock. A change is stamped inside its transaction and becomes visible at commit,
at most ten minutes later; so everything stamped before `since'` was visible to this pull, and
everything else is asked for again. The window has no upper end: what is stamped while we read may
come now and comes again next time, which the staging store sees by its hash. Moving by the clock
and not by the newest stamp keeps a mass write from being read again for ever.

A dead locator (two days) is no loss: the walk starts again at the last stamp it saw, that second
included, because many records share one.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from connectors.protocol import Page, Record
from connectors.salesforce import filters
from connectors.salesforce.client import Client
from connectors.salesforce.read.records import records_of
from connectors.salesforce.read.rows import more, query
from tasuki.errors import TasukiError
from tasuki.values import Json, digest, dumps, instant, loads, stamp

_DEAD_LOCATOR: Final = "INVALID_QUERY_LOCATOR"


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a pull stands; the JSON of this is the cursor."""

    since: str | None = None
    """Changes from here on are asked for; None means all."""
    begun: str | None = None
    """When the first page of a running pull was answered, Salesforce's clock."""
    next: str | None = None
    """The locator of the running pull's next page."""
    select: str | None = None
    """Digest of the statement behind the locator: other fields need a new one."""


def page(client: Client, object: str, fields: Sequence[str], cursor: str | None) -> Page:
    """The next page of a pull; see the module's docstring for what it promises."""
    walk = Walk(**loads(cursor)) if cursor else Walk()
    soql = filters.select(object, fields)
    mark = digest(soql)
    answer = _go_on(client, object, walk) if walk.select == mark else None
    if answer is None:
        answer = query(client, object, _walking(object, soql, walk))
    begun = walk.begun or stamp(client.asked_at())
    records = tuple(records_of(object, fields, answer["records"]))
    if url := answer.get("nextRecordsUrl"):
        return Page(records, _cursor(Walk(_last(records) or walk.since, begun, url, mark)), True)
    return Page(records, _cursor(Walk(stamp(instant(begun) - client.settings.overlap))), False)


def _walking(object: str, soql: str, walk: Walk) -> str:
    moment = instant(walk.since) if walk.since else None
    order = f" ORDER BY {filters.stamps(object).at}, Id"
    return soql + filters.where(object, filters.since(object, moment)) + order


def _go_on(client: Client, object: str, walk: Walk) -> Json | None:
    """The page behind the locator; None when it is dead and the walk must start again."""
    if not walk.next:
        return None
    try:
        return more(client, object, walk.next)
    except TasukiError as error:
        if _DEAD_LOCATOR in error.what:
            return None
        raise


def _last(records: Sequence[Record]) -> str | None:
    last = records[-1].modified_at if records else None
    return stamp(last) if last else None


def _cursor(walk: Walk) -> str:
    return dumps({key: value for key, value in asdict(walk).items() if value is not None})
