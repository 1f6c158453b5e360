"""Marketing e-mails: list and read; every campaign that has events is an e-mail."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.times import iso, millis, parse
from sandbox.hubspot.faults import invalid, not_found
from sandbox.hubspot.mailings.statistics import data
from sandbox.state import State

APP_ID: Final = 113
_MOST: Final = 100
_SORTS: Final = ("createdAt", "updatedAt", "name", "id")
Row = tuple[int, int, int, int, str]
_NEW: Final = (
    "INSERT OR IGNORE INTO hs_email SELECT json_extract(document, '$.emailCampaignId'), "
    "min(created), max(created), 0, '{}' FROM hs_email_event "
    "WHERE json_extract(document, '$.emailCampaignId') IS NOT NULL GROUP BY 1"
)
_SEEN: Final = "hubspot_email_events_seen"


def gather(state: State) -> None:
    """Make an e-mail of each campaign that has events and no e-mail yet."""
    count = str(state.db.execute("SELECT count(*) FROM hs_email_event").fetchone()[0])
    if state.setting(_SEEN) != count:
        with state.transaction() as db:
            db.execute(_NEW)
            state.set_setting(_SEEN, count)


def describe(state: State, asked: Mapping[str, Any]) -> None:
    """Write an e-mail in the product: `{id, name?, subject?, isPublished?, archived?, …}`."""
    at, archived = millis(state.now()), int(bool(asked.get("archived")))
    document = {name: value for name, value in asked.items() if name not in ("id", "archived")}
    with state.transaction() as db:
        db.execute(
            "INSERT INTO hs_email VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
            "updated = excluded.updated, archived = excluded.archived, "
            "document = excluded.document",
            (int(asked["id"]), at, at, archived, orjson.dumps(document).decode()),
        )


def _list(call: Call) -> Answer:
    gather(call.state)
    limit = call.limit(10, _MOST)
    rows: list[Row] = call.state.db.execute(
        "SELECT id, created, updated, archived, document FROM hs_email WHERE archived = ?",
        (int(call.flag("archived")),),
    ).fetchall()
    chosen = [each for row in rows if _fits(call, each := _email(row))]
    _sort(chosen, call.one("sort") or "createdAt")
    start = call.number("after") or 0
    page = chosen[start : start + limit]
    content: dict[str, Any] = {
        "total": len(chosen),
        "results": [_completed(call, each) for each in page],
    }
    if start + limit < len(chosen):
        after = str(start + limit)
        link = f"{call.origin}{call.path}?after={after}"
        content["paging"] = {"next": {"after": after, "link": link}}
    return Answer(content, rows=len(page))


def _sort(emails: list[dict[str, Any]], asked: str) -> None:
    name = asked.lstrip("-")
    if name not in _SORTS:
        raise invalid(f"sort must be one of {', '.join(_SORTS)}, with - for descending")
    emails.sort(key=lambda each: (each[name], each["id"]), reverse=asked.startswith("-"))


def _fits(call: Call, email: Mapping[str, Any]) -> bool:
    published, kind = call.one("isPublished"), call.one("type")
    if published is not None and email["isPublished"] != (published.lower() == "true"):
        return False
    if kind is not None and email["type"] != kind:
        return False
    return all(
        _within(call, f"{name}{way}", email.get(shown), way)
        for name, shown in (
            ("created", "createdAt"),
            ("updated", "updatedAt"),
            ("published", "publishedAt"),
        )
        for way in ("At", "After", "Before")
    )


def _within(call: Call, parameter: str, shown: str | None, way: str) -> bool:
    asked = call.one(parameter)
    if asked is None:
        return True
    bound, held = parse(asked.replace(" ", "+")), parse(shown or "")
    if bound is None:
        raise invalid(f"{parameter} is not a date: {asked}")
    if held is None:
        return False
    return {"At": held == bound, "After": held > bound, "Before": held < bound}[way]


def _get(call: Call) -> Answer:
    gather(call.state)
    row = call.state.db.execute(
        "SELECT id, created, updated, archived, document FROM hs_email WHERE id = ? "
        "AND archived = ?",
        (call.parts["id"], int(call.flag("archived"))),
    ).fetchone()
    if row is None:
        raise not_found()
    return Answer(_completed(call, _email(row)), rows=1)


def _completed(call: Call, email: dict[str, Any]) -> dict[str, Any]:
    return (
        email | {"stats": data(call.state, [email["id"]])} if call.flag("includeStats") else email
    )


def _email(row: Row) -> dict[str, Any]:
    id, created, updated, archived, text = row
    written = orjson.loads(text)
    is_published = bool(written.get("isPublished", True))
    sender = {"fromName": "Nagare", "replyTo": "hello@nagare.example"}
    shown = {
        "id": str(id),
        "name": f"Campaign {id}",
        "subject": f"Campaign {id}",
        "type": "BATCH_EMAIL",
        "subcategory": "batch",
        "state": "PUBLISHED" if is_published else "DRAFT",
        "isPublished": is_published,
        "isTransactional": False,
        "archived": bool(archived),
        "sendOnPublish": True,
        "from": sender,
        "to": {"contactIds": {"include": [], "exclude": []}, "suppressGraymail": False},
        "content": {"templatePath": "@hubspot/email/dnd/Start_from_scratch.html", "widgets": {}},
        "language": "en",
        "activeDomain": "nagare.example",
        "createdAt": iso(created),
        "updatedAt": iso(updated),
        "primaryEmailCampaignId": str(id),
        "allEmailCampaignIds": [str(id)],
        "emailCampaignGroupId": str(id),
        **written,
    }
    dates = {"publishDate": iso(created), "publishedAt": iso(created)} if is_published else {}
    return {**dates, **shown}


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", "marketing/emails", _list),
    ("GET", "marketing/emails/{id}", _get),
)
CONTROLS: Final = {"email": describe}
