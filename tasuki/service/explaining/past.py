"""An entity as it stood at a past moment: its fields, and the records that belonged to it then."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from mappings.values import to_json
from playbook.book import playbook_of
from staging import records, rows
from staging.history import past
from staging.labels import labels
from tasuki.errors import UnknownRecordError
from tasuki.service.app import App
from tasuki.service.explaining.target import named, split, unknown
from tasuki.values import Json, Ref, stamp

SINCE: Final = ("history", "entities", "since")
"""Where the store says since when it keeps what entities held."""


@dataclass(frozen=True, slots=True)
class PastCell:
    """One value as it was, and whether it has changed since."""

    field: str
    value: Json
    ref: str | None
    why: str
    changed_at: str | None
    """When it became something else; None when it is still so."""
    now: Json


@dataclass(frozen=True, slots=True)
class PastLink:
    """A record that belonged to the entity then."""

    ref: str
    rule: str
    evidence: str
    confidence: float
    since: str
    until: str | None


@dataclass(frozen=True, slots=True)
class PastView:
    """One entity at one moment."""

    entity: str
    id: str
    label: str
    moment: str
    local: str
    """The moment in the project's time zone."""
    known_since: str | None
    """Before this moment nothing can be known about it."""
    is_known: bool
    """The moment is not before that."""
    existed: bool
    cells: tuple[PastCell, ...]
    links: tuple[PastLink, ...]


def as_of(app: App, target: str, when: str) -> PastView:
    """An entity (`entity/id`, a name, or a record's ref) as it stood at a moment.

    A date means the end of that day; times are the project's unless they say otherwise.

    Errors: UnknownRecordError for a target or a moment nobody can make sense of.
    """
    moment = moment_of(app, when)
    entity, id_ = _subject(app, target, moment)
    with app.store.reading() as db:
        return _view(db, app, entity, id_, moment)


def moment_of(app: App, text: str) -> str:
    """The instant behind a date or a time as people write it; never one to come."""
    zone = ZoneInfo(app.project.timezone)
    try:
        found = _parsed(text.strip(), zone)
    except ValueError:
        raise UnknownRecordError(
            f"`{text}` is no moment",
            why="it is neither a date nor a date with a time",
            remedy="Write 2026-01-31, 2026-01-31T17:00 or 2026-01-31T08:00:00Z.",
        ) from None
    return stamp(min(found, app.tools.clock.now()))


def _parsed(text: str, zone: ZoneInfo) -> datetime:
    if len(text) <= len("2026-01-31"):
        return datetime.combine(date.fromisoformat(text), time.max, zone)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _subject(app: App, target: str, moment: str) -> tuple[str, str]:
    entity, mark, rest = target.partition("/")
    if mark and entity in app.tools.entities:
        return entity, split(rest)[0]
    if target.count("/") >= 2:
        ref = Ref.parse(target)
        with app.store.reading() as db:
            for each in past.homes(db, ref.connection, ref.object, ref.id):
                if each.valid_from <= moment and (each.valid_to is None or moment < each.valid_to):
                    return each.entity, each.entity_id
        raise unknown(target, "the record belonged to nothing then, as far as is known")
    found = named(app, target, playbook_of(app.tools))
    return found[0], found[1]


def _view(db: Connection, app: App, entity: str, id: str, moment: str) -> PastView:
    shape = app.tools.entities[entity]
    now = rows.read(db, shape, [id]).get(id, {})
    changes = past.of_entity(db, entity, id)
    members = past.members(db, entity, id)
    if not (now or changes or members):
        raise unknown(f"{entity}/{id}", "no such entity is or was in the store")
    kept = records.position(db, *SINCE).value
    since = max(filter(None, (kept, *sorted(m.valid_from for m in members)[:1])), default=None)
    then = past.at(now, changes, moment)
    is_known = since is not None and since <= moment
    links = tuple(_link(m) for m in members if _held(m, moment)) if is_known else ()
    existed = is_known and then is not None and (bool(links) or not members)
    label = labels(db, [(entity, id)]).get((entity, id), (then or {}).get("name") or id)
    names = [field.name for field in shape.fields] if existed else []
    return PastView(
        entity=entity,
        id=id,
        label=label,
        moment=moment,
        local=_local(app, moment),
        known_since=since,
        is_known=is_known,
        existed=existed,
        cells=tuple(_cell(name, then or {}, now, changes, moment) for name in names),
        links=links,
    )


def _cell(
    name: str,
    then: dict[str, Any],
    now: dict[str, Any],
    changes: list[past.Change],
    moment: str,
) -> PastCell:
    later = [c for c in changes if c.field in (name, past.WHOLE) and c.at > moment]
    story: Any = (later[0].trace if later else (now.get("provenance") or {}).get(name)) or {}
    return PastCell(
        field=name,
        value=_plain(then.get(name)),
        ref=story.get("ref"),
        why=str(story.get("why") or ""),
        changed_at=later[0].at if later else None,
        now=_plain(now.get(name)),
    )


def _plain(value: Any) -> Json:
    return to_json(value) if value is not None else None


def _held(member: past.Member, moment: str) -> bool:
    return member.valid_from <= moment and (member.valid_to is None or moment < member.valid_to)


def _link(member: past.Member) -> PastLink:
    return PastLink(
        member.ref, member.rule, member.evidence or "", member.confidence,
        member.valid_from, member.valid_to,
    )  # fmt: skip


def _local(app: App, moment: str) -> str:
    zone = ZoneInfo(app.project.timezone)
    return datetime.fromisoformat(moment).astimezone(zone).isoformat(timespec="seconds")
