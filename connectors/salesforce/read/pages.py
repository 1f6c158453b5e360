"""Pages of changes: the walk by `(SystemModstamp, Id)` and the cursor that no change escapes.

A pull asks for everything whose `SystemModstamp` is at or after the cursor's `since`,
oldest first, and follows it to the end. Only then the cursor moves, to

    since' = the moment Salesforce began to answer the pull's first page - overlap

by Salesforce's own clock. A change is stamped inside its transaction and becomes visible at commit,
at most ten minutes later; so everything stamped before `since'` was visible to this pull (the last
page says so: `covered`), and everything else is asked for again. The window has no upper end: what
is stamped while we read may come now and comes again next time, which the staging store sees by its
hash. Moving by the clock and not by the newest stamp keeps a mass write from being read for ever.

The first page tells how many records there are. When many are left, a Bulk API job reads them
(`bulk_above`): from the first page's last stamp on, in the same order. While it runs, pages are
empty; the job and where its results stand are in the cursor, so that a killed run goes on. A job
that is refused, fails or takes for ever is no loss: REST goes on where the walk stands.

A dead locator (two days) is no loss either: the walk starts again at the last stamp it saw, that
second included, because many records share one.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final

from connectors.protocol import Filter, Page, Record, Window
from connectors.salesforce import filters
from connectors.salesforce.client import Client
from connectors.salesforce.metadata.describe import described_field
from connectors.salesforce.read import bulk, job
from connectors.salesforce.read.records import read, records_of
from connectors.salesforce.read.rows import more, query
from connectors.salesforce.read.scope import condition, names
from connectors.salesforce.read.visible import asking
from tasuki.errors import ConfigError, RejectedError, TasukiError
from tasuki.values import Json, digest, dumps, instant, loads, stamp

_DEAD_LOCATOR: Final = "INVALID_QUERY_LOCATOR"


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a pull stands; the JSON of this is the cursor."""

    start: str | None = None
    """Changes from here on belong to the pull; None means all."""
    since: str | None = None
    """Changes from here on have not been read yet."""
    begun: str | None = None
    """When the first page of a running pull was asked for, Salesforce's clock."""
    select: str | None = None
    """Digest of the statement behind the locator: other fields need a new one."""
    without: tuple[str, ...] = ()
    """Fields that the running pull is not shown."""
    next: str | None = None
    """REST: the locator of the next page."""
    bulk: bool | None = None
    """Whether Bulk API reads the rest; None: not decided."""
    job: str | None = None
    results: str | None = None
    """Where the job's results stand; empty: at their beginning; None: not known to be there."""
    polls: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One page's records, the walk after them, and whether it goes on."""

    records: tuple[Record, ...]
    walk: Walk
    more: bool
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a pull asks for, whatever page it is at."""

    client: Client
    object: str
    fields: Sequence[str]
    filter: Filter | None = None
    room: int = 10_000
    """Bytes of a URI that the selected fields may take; conditions need the rest."""

    @property
    def mark(self) -> str:
        """A digest of it."""
        tests = [[[c.field, c.op, *c.values] for c in group] for group in self.filter or ()]
        head = filters.select(self.object, self.fields)
        return digest([head, tests] if tests else head)

    def seen(self, walk: Walk) -> list[str]:
        """The fields that the walk is shown."""
        return [name for name in self.fields if name not in walk.without]

    def selected(self, seen: Sequence[str]) -> Sequence[str]:
        """What a statement in a URI selects of these: all, or what can only be had by a query."""
        if filters.size(filters.select(self.object, seen)) <= self.room:
            return seen
        return [name for name in seen if "." in name]

    def records(self, rows: Sequence[Json], seen: Sequence[str]) -> tuple[Record, ...]:
        """Rows as records, with the fields that no URI had room for."""
        selected = self.selected(seen)
        found = tuple(records_of(self.object, selected, rows))
        if len(selected) == len(seen):
            return found
        rest = [name for name in seen if "." not in name]
        told = read(self.client, self.object, [record.id for record in found], rest)
        full = {record.id: record.fields for record in told}
        return tuple(
            replace(record, fields={**full[record.id], **record.fields})
            for record in found
            if record.id in full
        )

    def statement(self, fields: Sequence[str], walk: Walk) -> str:
        """What has not been read yet, oldest first."""
        moment = instant(walk.since) if walk.since else None
        only = condition(self.client, self.object, self.filter)
        where = filters.where(self.object, filters.since(self.object, moment), only)
        order = f" ORDER BY {filters.stamps(self.object).at}, Id"
        return filters.select(self.object, fields) + where + order


def page(
    client: Client,
    object: str,
    fields: Sequence[str],
    cursor: str | None,
    filter: Filter | None = None,
) -> Page:
    """The next page of a pull; see the module's docstring for what it promises."""
    walk, asked = _walk(cursor), Question(client, object, fields, filter)
    if walk.select not in {None, asked.mark}:
        walk = Walk(walk.start, walk.start)
    turn = _turn(asked, replace(walk, select=asked.mark), begins=walk.select is None)
    cursor, covered = _cursor(turn.walk), None
    if not turn.more:
        covered = _covered(client, turn.walk)
        cursor = cursor_from(covered.until)
    return Page(
        turn.records,
        cursor,
        turn.more,
        total=turn.total,
        covered=covered,
        unreadable=turn.walk.without,
    )


def cursor_from(moment: datetime) -> str:
    """The cursor of a pull of everything stamped at the moment or later."""
    return _cursor(Walk(stamp(moment), stamp(moment)))


def _covered(client: Client, walk: Walk) -> Window:
    """Whole seconds, as stamps are and SOQL compares them."""
    begun = instant(walk.begun) if walk.begun else client.asked_at()
    since = _second(instant(walk.start)) if walk.start else None
    return Window(since, _second(begun - client.settings.overlap))


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _turn(asked: Question, walk: Walk, *, begins: bool) -> Turn:
    if begins:
        return _begin(asked, walk)
    return _by_bulk(asked, walk) if walk.bulk else _by_rest(asked, walk)


def _begin(asked: Question, walk: Walk) -> Turn:
    """The first page of a statement from where the walk stands; it tells how much there is."""
    client, object = asked.client, asked.object

    def ask(known: Sequence[str]) -> tuple[Json, Sequence[str]]:
        shown = [name for name in asked.fields if name in known]
        selected = asked.selected(shown)
        if len(selected) < len(shown):  # what is not selected is not refused either
            shown = [name for name in shown if described_field(client, object, name)]
        return query(client, object, asked.statement(selected, walk)), shown

    answer, seen = asking(client, object, [*asked.fields, *names(asked.filter)], ask)
    records = asked.records(answer["records"], seen)
    total = int(answer["totalSize"])
    after = replace(
        walk,
        since=_last(records) or walk.since,
        begun=walk.begun or stamp(client.asked_at()),
        without=tuple(name for name in asked.fields if name not in seen),
        next=answer.get("nextRecordsUrl"),
        job=None,
        results=None,
        polls=None,
    )
    if walk.bulk is None and total - len(records) > client.settings.bulk_above:
        after = replace(after, bulk=bulk.can_read(client, object, seen))
    return Turn(records, after, after.next is not None, None if walk.begun else total)


def _by_rest(asked: Question, walk: Walk) -> Turn:
    """The page behind the locator; when that is dead the walk asks anew from where it stands."""
    try:
        answer = more(asked.client, asked.object, str(walk.next))
    except TasukiError as error:
        if _DEAD_LOCATOR in error.what:
            return _begin(asked, walk)
        raise
    records = asked.records(answer["records"], asked.seen(walk))
    url = answer.get("nextRecordsUrl")
    after = replace(walk, since=_last(records) or walk.since, next=url)
    return Turn(records, after, url is not None)


def _by_bulk(asked: Question, walk: Walk) -> Turn:
    """An empty page while the job is made or runs, then its results; else REST goes on."""
    client, object, seen = asked.client, asked.object, asked.seen(walk)
    try:
        if walk.job is None:
            made = bulk.start(client, object, asked.statement(seen, walk))
            return Turn((), replace(walk, job=made), more=True)
        if walk.results is None:
            walk = _wait(client, object, walk)
        if walk.bulk and walk.results is None:
            return Turn((), walk, more=True)
        if walk.bulk:
            return _results(client, object, seen, walk)
    except (RejectedError, ConfigError):  # no such job any more, or no Bulk API in this org
        pass
    return _begin(asked, replace(walk, bulk=False))


def _wait(client: Client, object: str, walk: Walk) -> Walk:
    """Give the job time, then ask how far it is; not by Bulk any more when it failed."""
    polls = walk.polls or 0
    job.wait(client, polls)
    made = str(walk.job)
    match job.progress(client, object, job.Kind.QUERY, made).state:
        case job.State.DONE:
            return replace(walk, results="")
        case job.State.RUNNING if polls < job.PATIENCE:
            return replace(walk, polls=polls + 1)
    job.drop(client, object, job.Kind.QUERY, made)
    return replace(walk, bulk=False)


def _results(client: Client, object: str, fields: Sequence[str], walk: Walk) -> Turn:
    made = str(walk.job)
    found = bulk.read(client, object, fields, made, str(walk.results))
    after = replace(walk, since=_last(found.records) or walk.since, results=found.locator)
    if found.locator is None:
        job.drop(client, object, job.Kind.QUERY, made)
    return Turn(found.records, after, found.locator is not None)


def _last(records: Sequence[Record]) -> str | None:
    last = records[-1].modified_at if records else None
    return stamp(last) if last else None


def _walk(cursor: str | None) -> Walk:
    if cursor is None:
        return Walk()
    told = loads(cursor)
    told.setdefault("start", told.get("since"))
    return Walk(**{**told, "without": tuple(told.get("without", ()))})


def _cursor(walk: Walk) -> str:
    """Only what is said, but always where the pull began: None means from the beginning."""
    said = {key: value for key, value in asdict(walk).items() if value is not None and value != ()}
    return dumps({**said, "start": walk.start})
