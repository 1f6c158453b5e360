"""Owners: the people records belong to, archived ones included."""

from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.faults import not_found

_PAGE: Final = (
    "SELECT id, document FROM hs_owner WHERE archived = ? AND id >= ? "
    "AND (? IS NULL OR lower(email) = lower(?)) ORDER BY id LIMIT ?"
)


def _list(call: Call) -> Answer:
    limit, email = call.limit(100, 500), call.one("email")
    start = call.number("after") or 0
    rows = call.state.db.execute(
        _PAGE, (int(call.flag("archived")), start, email, email, limit + 1)
    ).fetchall()
    content: dict[str, Any] = {"results": [orjson.loads(row[1]) for row in rows[:limit]]}
    if len(rows) > limit:
        after = str(rows[limit][0])
        link = f"{call.origin}{call.path}?limit={limit}&after={after}"
        content["paging"] = {"next": {"after": after, "link": link}}
    return Answer(content, rows=min(limit, len(rows)))


def _get(call: Call) -> Answer:
    """By owner id, or by user id: an archived owner keeps that only for looking back."""
    column = "user_id" if call.one("idProperty") == "userId" else "id"
    row = call.state.db.execute(
        f"SELECT document FROM hs_owner WHERE {column} = ? AND archived = ?",
        (call.parts["owner"], int(call.flag("archived"))),
    ).fetchone()
    if row is None:
        raise not_found()
    return Answer(orjson.loads(row[0]), rows=1)


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", "crm/owners", _list),
    ("GET", "crm/owners/{owner}", _get),
)
