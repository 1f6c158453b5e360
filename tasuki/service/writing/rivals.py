"""Fields that somebody sets back whenever we write them: who, in which cycle, and letting go."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from staging import identities
from staging.labels import labels
from staging.write import rivals
from staging.write.rivals import WHOLE, Rival
from sync.write.rivals.flips import OURSELVES
from tasuki.errors import UnknownRecordError
from tasuki.service.accounts import audit
from tasuki.service.app import App
from tasuki.service.explaining.people import who
from tasuki.values import Json, Ref, instant

_SHOWN = 3
"""Records of a field that are shown with their cycle."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One turn of a cycle: who set the cell to what."""

    at: str
    local: str
    """The same in the project's time zone, `2026-01-05 09:04`."""
    by: str | None
    kind: str
    """user | app | automation | unknown"""
    value: Json
    ours: bool


@dataclass(frozen=True, slots=True)
class RivalView:
    """One cell that is set back."""

    ref: str
    label: str
    field: str
    state: str
    """watched | paused | resumed"""
    flips: int
    writer: str | None
    kind: str | None
    rule: str | None
    ours: Json
    theirs: Json
    first_at: str
    last_at: str
    cycle: tuple[Moment, ...]
    resumed_by: str | None


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field of an object on which somebody sets our values back."""

    target: str
    """`connection/object.field`, as `rivals resume` wants it."""
    rule: str | None
    records: int
    """How many records of it are paused."""
    whole: bool
    """So many that the rule leaves the field alone on every record."""
    writer: str | None
    kind: str | None
    cells: tuple[RivalView, ...]
    """Some of its records, the last flip first."""


def fields(app: App, states: Sequence[str] = ("paused",)) -> tuple[FieldView, ...]:
    """The fields on which something is in these states, the last flip first."""
    with app.store.reading() as db:
        counts = rivals.paused_fields(db)
        groups: dict[tuple[str, str, str], list[Rival]] = {}
        for each in rivals.listed(db, states):
            groups.setdefault((each.connection, each.object, each.field), []).append(each)
        return tuple(_field(db, app, at, mine, counts) for at, mine in groups.items())


def sentence(found: FieldView) -> str:
    """Who sets a field back, how often it is left alone, and the last turns of the cycle."""
    kind = f"{found.kind} " if found.kind and found.kind != "unknown" else ""
    by = f"{kind}{found.writer or 'somebody'}"
    of = "every record" if found.whole else f"{found.records} records"
    turns = found.cells[0].cycle[-4:] if found.cells else ()
    cycle = " · ".join(f"{m.local} {m.by or 'somebody'} → {m.value}" for m in turns)
    return f"set back by {by}, left alone on {of}: {cycle}".rstrip(": ")


def of_cell(db: Connection, app: App, ref: Ref, names: Iterable[str]) -> tuple[RivalView, ...]:
    """What is known of those who set these fields of a record back."""
    known = rivals.of_records(db, ref.connection, ref.object, [ref.id])
    wanted = set(names)
    return tuple(_views(db, app, [each for (_, name), each in known.items() if name in wanted]))


def resume(app: App, target: str, by: str) -> int:
    """Let a field be written again, on every record; how many cells that frees.

    Two further flips pause it again.

    Errors: UnknownRecordError when nothing of that name is paused.
    """
    place, _, field = target.rpartition(".")
    connection, _, object_ = place.partition("/")
    with app.store.writing() as db:
        freed = rivals.resume(db, connection, object_, field, by)
    if not freed:
        raise UnknownRecordError(
            f"nothing is paused at `{target}`",
            why="only a field that somebody set back twice is paused",
            remedy="`tasuki rivals` lists what is paused, as connection/object.field.",
        )
    audit(app, by, "rival.resumed", target, cells=freed)
    return freed


def _field(
    db: Connection,
    app: App,
    at: tuple[str, str, str],
    mine: Sequence[Rival],
    counts: Mapping[tuple[str, str, str], int],
) -> FieldView:
    cells = [each for each in mine if each.record_id != WHOLE]
    first = cells[0] if cells else mine[0]
    return FieldView(
        target=f"{at[0]}/{at[1]}.{at[2]}",
        rule=first.rule,
        records=counts.get(at, 0),
        whole=len(cells) < len(mine),
        writer=who(db, at[0], first.writer),
        kind=first.writer_kind,
        cells=tuple(_views(db, app, cells[:_SHOWN])),
    )


def _views(db: Connection, app: App, found: Sequence[Rival]) -> list[RivalView]:
    names = _names(db, app, [Ref(r.connection, r.object, r.record_id) for r in found])
    return [_view(db, app, each, names) for each in found]


def _view(db: Connection, app: App, found: Rival, names: Mapping[Ref, str]) -> RivalView:
    ref = Ref(found.connection, found.object, found.record_id)
    return RivalView(
        ref=str(ref),
        label=names.get(ref, found.record_id),
        field=found.field,
        state=found.state,
        flips=found.flips,
        writer=who(db, found.connection, found.writer),
        kind=found.writer_kind,
        rule=found.rule,
        ours=found.ours,
        theirs=found.theirs,
        first_at=found.first_at,
        last_at=found.last_at,
        cycle=tuple(_moment(db, app, found.connection, moment) for moment in found.cycle),
        resumed_by=found.resumed_by,
    )


def _moment(db: Connection, app: App, connection: str, moment: Mapping[str, Json]) -> Moment:
    local = instant(moment["at"]).astimezone(ZoneInfo(app.project.timezone))
    ours = bool(moment["ours"])
    return Moment(
        at=moment["at"],
        local=f"{local:%Y-%m-%d %H:%M}",
        by=OURSELVES if ours else who(db, connection, moment["by"]),
        kind=str(moment["by_kind"]),
        value=moment["value"],
        ours=ours,
    )


def _names(db: Connection, app: App, refs: Sequence[Ref]) -> dict[Ref, str]:
    """What people call these records: the names of the entities they belong to."""
    homes: dict[Ref, tuple[str, str]] = {}
    for mapping in app.tools.mappings:
        mine = [ref for ref in refs if mapping.side_of(ref.connection, ref.object) is not None]
        found = identities.links_of(db, mapping.entity.name, mine) if mine else {}
        homes = {ref: (mapping.entity.name, id_) for ref, id_ in found.items()} | homes
    called = labels(db, homes.values())
    return {ref: called[home] for ref, home in homes.items() if home in called}
