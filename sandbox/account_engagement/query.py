"""Lists of records: filters, order, pages by token.

A token remembers the whole question, so nothing but `fields` may stand beside it. It lives for four
hours, and a sequence of tokens ends at 100,000 records with a warning in the headers.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import orjson

from sandbox.account_engagement.account.settings import Settings, settings
from sandbox.account_engagement.faults import invalid
from sandbox.account_engagement.model import Object
from sandbox.account_engagement.show import Shown, wanted
from sandbox.account_engagement.store import VIEW, Row, row_of
from sandbox.state import State

MOST: Final = 1000
USUAL: Final = 200
_RANGE: Final = re.compile(
    r"(id)(Greater|Less)Than(OrEqualTo)?|(createdAt|updatedAt)(After|Before)(OrEqualTo)?"
)
_KEYS: Final = {"id": "id", "createdAt": "created", "updatedAt": "updated"}
_OTHERS: Final = frozenset({"fields", "limit", "orderBy", "deleted", "nextPageToken"})


@dataclass(frozen=True, slots=True)
class Question:
    """What a query asks for, and how far its tokens have come."""

    object: str
    conditions: tuple[tuple[str, Any], ...] = ()
    """SQL with one `?`, and its value."""
    key: str = "id"
    down: bool = False
    limit: int = USUAL
    last: tuple[int, int] | None = None
    """Order key and id of the last record told."""
    told: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """One page as it is answered."""

    content: dict[str, Any]
    headers: Mapping[str, str]


def listed(state: State, object: Object, query: Mapping[str, str], url: str) -> Listed:
    """The page of a query's first call, or behind a token."""
    now = settings(state)
    paths = wanted(object, query.get("fields"))
    at = state.now().timestamp() - now.lag_seconds
    question = _question(state, object, query, now)
    room = min(question.limit, now.token_records - question.told)
    rows = _rows(state, question, at, room + 1)
    page, more = rows[:room], len(rows) > room
    shown = Shown(state, at, now.zone)
    token, headers = None, {}
    if more and question.told + len(page) >= now.token_records:
        headers = {"Pardot-Warning": "203"}
    elif more:
        token = _kept(state, _after(question, page))
    fields = quote(query["fields"], safe=",")
    content = {
        "nextPageToken": token,
        "nextPageUrl": f"{url}?fields={fields}&nextPageToken={token}" if token else None,
        "values": [shown.record(row, paths) for row in page],
    }
    return Listed(content, headers)


def _question(state: State, object: Object, query: Mapping[str, str], now: Settings) -> Question:
    token = query.get("nextPageToken")
    if token is None:
        return _asked(object, query, now.zone)
    if others := set(query) - {"fields", "nextPageToken"}:
        raise invalid(f"{min(others)} cannot be used together with nextPageToken")
    found = state.db.execute("SELECT made, body FROM ae_token WHERE token = ?", (token,)).fetchone()
    age = state.now().timestamp() - found[0] if found else 0
    if found is None or age > now.token_hours * 3600:
        raise invalid("nextPageToken is invalid or expired")
    kept = orjson.loads(found[1])
    if kept["object"] != object.name:
        raise invalid("nextPageToken is invalid or expired")
    conditions = tuple((sql, value) for sql, value in kept["conditions"])
    return Question(**{**kept, "conditions": conditions, "last": tuple(kept["last"])})


def _asked(object: Object, query: Mapping[str, str], zone: ZoneInfo) -> Question:
    conditions = [_deleted(object, query.get("deleted", "false"))]
    for name, text in query.items():
        if name not in _OTHERS:
            conditions.append(_condition(object, name, text, zone))
    key, _, direction = query.get("orderBy", "id ASC").partition(" ")
    if key not in _KEYS or key not in object.fields or direction.upper() not in {"", "ASC", "DESC"}:
        raise invalid("Invalid value for orderBy")
    limit = query.get("limit", str(USUAL))
    if not limit.isdigit() or not 1 <= int(limit) <= MOST:
        raise invalid(f"limit must be between 1 and {MOST}")
    kept = tuple(each for each in conditions if each)
    return Question(object.name, kept, _KEYS[key], direction.upper() == "DESC", int(limit))


def _deleted(object: Object, text: str) -> tuple[str, Any] | None:
    if text not in {"all", "true", "false"}:
        raise invalid("deleted must be one of: all, true, false")
    return None if text == "all" else ("deleted = ?", int(text == "true"))


def _condition(object: Object, name: str, text: str, zone: ZoneInfo) -> tuple[str, Any]:
    ranged = _RANGE.fullmatch(name)
    if ranged is not None:
        field = ranged[1] or ranged[4]
        if field in object.fields:
            is_more = (ranged[2] or ranged[5]) in {"Greater", "After"}
            sign = (">" if is_more else "<") + ("=" if ranged[3] or ranged[6] else "")
            value = _number(name, text) if field == "id" else moment(name, text, zone)
            return f"{_KEYS[field]} {sign} ?", value
    elif name in object.filters:
        return f"json_extract(fields, '$.{name}') = ?", _value(object, name, text)
    elif name.removesuffix("s") in object.filters and name.endswith("Ids"):
        numbers = [_number(name, each) for each in text.split(",")]
        listed = ", ".join(map(str, numbers))
        field = name.removesuffix("s")
        return f"json_extract(fields, '$.{field}') IN ({listed}) AND ?", 1
    raise invalid(f"Invalid parameter: {name}")


def _value(object: Object, name: str, text: str) -> Any:
    match object.fields[name].type:
        case "int":
            return _number(name, text)
        case "bool":
            return int(text == "true")
    return text


def _number(name: str, text: str) -> int:
    if not text.isdigit():
        raise invalid(f"{name} must be an integer")
    return int(text)


def moment(name: str, text: str, zone: ZoneInfo) -> float:
    """Seconds since 1970 of ISO 8601 text; without an offset it is meant in the user's zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"{name} must be an ISO 8601 datetime") from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()


def _rows(state: State, question: Question, at: float, limit: int) -> list[Row]:
    given: dict[str, Any] = {"object": question.object, "at": at, "limit": limit}
    where = ["1"]
    for place, (sql, value) in enumerate(question.conditions):
        where.append(sql.replace("?", f":c{place}"))
        given[f"c{place}"] = value
    if question.last is not None:
        sign = "<" if question.down else ">"
        where.append(f"({question.key}, id) {sign} (:k, :i)")
        given |= {"k": question.last[0], "i": question.last[1]}
    down = " DESC" if question.down else ""
    order = f"id{down}" if question.key == "id" else f"{question.key}{down}, id{down}"
    sql = (
        f"SELECT object, id, created, updated, deleted, fields FROM {VIEW} "
        f"WHERE {' AND '.join(where)} ORDER BY {order} LIMIT :limit"
    )
    return [row_of(found) for found in state.db.execute(sql, given).fetchall()]


def _after(question: Question, page: list[Row]) -> Question:
    last = page[-1]
    key = {"id": last.id, "created": last.created, "updated": last.updated}[question.key]
    return Question(
        question.object,
        question.conditions,
        question.key,
        question.down,
        question.limit,
        (key, last.id),
        question.told + len(page),
    )


def _kept(state: State, question: Question) -> str:
    token = secrets.token_urlsafe(24)
    now = state.now().timestamp()
    with state.transaction() as db:
        db.execute("DELETE FROM ae_token WHERE made < ?", (now - 86_400,))
        body = orjson.dumps(asdict(question)).decode()
        db.execute("INSERT INTO ae_token VALUES (?, ?, ?)", (token, now, body))
    return token
