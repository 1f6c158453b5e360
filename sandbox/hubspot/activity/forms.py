"""Forms and what people sent through them, newest first."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import not_found
from sandbox.state import State

Row = tuple[str, str, int, int, int]
_OPTIONS: Final = ("createNewContactForNewEmail",)
_CONFIGURATION: Final = {
    "language": "en",
    "cloneable": True,
    "postSubmitAction": {"type": "thank_you", "value": ""},
    "editable": True,
    "archivable": True,
    "recaptchaEnabled": False,
    "notifyContactOwner": False,
    "notifyRecipients": [],
    "createNewContactForNewEmail": False,
    "prePopulateKnownValues": True,
    "allowLinkToResetKnownValues": False,
    "lifecycleStages": [],
}
_DISPLAY: Final = {
    "renderRawHtml": False,
    "theme": "default_style",
    "submitButtonText": "Submit",
    "style": {
        "labelTextSize": "13px",
        "legalConsentTextColor": "#33475b",
        "fontFamily": "arial, helvetica, sans-serif",
        "legalConsentTextSize": "14px",
        "backgroundWidth": "100%",
        "helpTextSize": "11px",
        "submitFontColor": "#ffffff",
        "labelTextColor": "#33475b",
        "submitAlignment": "left",
        "submitSize": "12px",
        "helpTextColor": "#7c98b6",
        "submitColor": "#ff7a59",
    },
}
_EMAIL_FIELD: Final = {
    "objectTypeId": "0-1",
    "name": "email",
    "label": "Email",
    "required": True,
    "hidden": False,
    "fieldType": "email",
    "validation": {"blockedEmailDomains": [], "useDefaultBlockList": False},
}


def option(state: State, form: str, name: str) -> bool:
    """Whether an option of the form is on."""
    kept = state.setting(f"hubspot_form_{form}")
    return False if kept is None else bool(orjson.loads(kept).get(name))


def set_options(state: State, asked: Mapping[str, Any]) -> None:
    """Change a form's options as its editor does: `{id, createNewContactForNewEmail}`."""
    chosen = {name: bool(asked[name]) for name in _OPTIONS if name in asked}
    state.set_setting(f"hubspot_form_{asked['id']}", orjson.dumps(chosen).decode())


def _list(call: Call) -> Answer:
    limit, start = call.limit(20, 100), call.one("after") or ""
    rows = call.state.db.execute(
        "SELECT id, name, created, updated, archived FROM hs_form WHERE archived = ? "
        "AND id >= ? ORDER BY id LIMIT ?",
        (int(call.flag("archived")), start, limit + 1),
    ).fetchall()
    content: dict[str, Any] = {"results": [_shown(call.state, row) for row in rows[:limit]]}
    if len(rows) > limit:
        after = rows[limit][0]
        link = f"{call.origin}{call.path}?limit={limit}&after={after}"
        content["paging"] = {"next": {"after": after, "link": link}}
    return Answer(content, rows=min(limit, len(rows)))


def _get(call: Call) -> Answer:
    row = call.state.db.execute(
        "SELECT id, name, created, updated, archived FROM hs_form WHERE id = ?",
        (call.parts["form"],),
    ).fetchone()
    if row is None:
        raise not_found()
    return Answer(_shown(call.state, row), rows=1)


def _submissions(call: Call) -> Answer:
    limit, form = call.limit(20, 50), call.parts["form"]
    if not call.state.db.execute("SELECT 1 FROM hs_form WHERE id = ?", (form,)).fetchone():
        raise not_found()
    submitted, _, number = (call.one("after") or "").partition("-")
    position = (int(submitted or 2**62), int(number or 2**62)) if _is_position(submitted) else None
    if position is None:
        raise not_found("after is not a cursor of this listing")
    rows = call.state.db.execute(
        "SELECT submitted, number, document FROM hs_submission WHERE form = ? "
        "AND (submitted, number) < (?, ?) ORDER BY submitted DESC, number DESC LIMIT ?",
        (form, *position, limit + 1),
    ).fetchall()
    content: dict[str, Any] = {"results": [orjson.loads(row[2]) for row in rows[:limit]]}
    if len(rows) > limit:
        after = f"{rows[limit - 1][0]}-{rows[limit - 1][1]}"
        content["paging"] = {"next": {"after": after, "link": f"?limit={limit}&after={after}"}}
    return Answer(content, rows=min(limit, len(rows)))


def _is_position(text: str) -> bool:
    return not text or text.isdigit()


def _shown(state: State, row: Row) -> dict[str, Any]:
    id, name, created, updated, archived = row
    chosen = {each: option(state, id, each) for each in _OPTIONS}
    group = {"groupType": "default_group", "richTextType": "text", "fields": [_EMAIL_FIELD]}
    return {
        "id": id,
        "name": name,
        "createdAt": iso(created),
        "updatedAt": iso(updated),
        "archived": bool(archived),
        "fieldGroups": [group],
        "configuration": _CONFIGURATION | chosen,
        "displayOptions": _DISPLAY,
        "legalConsentOptions": {"type": "none"},
        "formType": "hubspot",
    }


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", "marketing/forms", _list),
    ("GET", "marketing/forms/{form}", _get),
    ("GET", "form-integrations/submissions/forms/{form}", _submissions),
)
CONTROLS: Final = {"form": set_options}
