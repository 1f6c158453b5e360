"""Association types: listed, made with a label of one's own, changed, removed, limited."""

from typing import Any, Final

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.crm.batch import complete, inputs_of
from sandbox.hubspot.data.kinds import Kind, kinds_in
from sandbox.hubspot.data.links import forget_link_types, link_type, link_types
from sandbox.hubspot.faults import Fault, invalid, not_found
from sandbox.state import State

_FIRST: Final = 1001
MOST: Final = 50
OWN: Final = "USER_DEFINED"


def make(
    state: State,
    one: str,
    other: str,
    name: str,
    label: str | None,
    reverse: str | None,
    to: str = OWN,
) -> list[int]:
    """Add a pair of association types, one for each direction; their ids."""
    last = state.db.execute("SELECT coalesce(max(id), ?) FROM hs_label", (_FIRST - 1,)).fetchone()[
        0
    ]
    id = last + 1
    back = id if one == other and label == reverse else id + 1
    rows = {(one, other, id, back, label, reverse), (other, one, back, id, reverse, label)}
    state.db.executemany(
        "INSERT OR IGNORE INTO hs_label VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(*row, name, to) for row in rows],
    )
    forget_link_types(state)
    return sorted({id, back})


def refuse_beyond(
    state: State, one: Kind, from_id: int, other: Kind, to_id: int, type_id: int
) -> None:
    """Refuse a link past the most records the account lets one record hold by this label."""
    row = state.db.execute(
        "SELECT most FROM hs_pair_limit WHERE from_type = ? AND to_type = ? AND id = ?",
        (one.id, other.id, type_id),
    ).fetchone()
    if row is None:
        return
    held = state.db.execute(
        "SELECT count(*) FROM hs_association WHERE from_type = ? AND from_id = ? "
        "AND to_type = ? AND type_id = ? AND to_id <> ?",
        (one.id, from_id, other.id, type_id, to_id),
    ).fetchone()
    if held[0] >= row[0]:
        raise invalid(
            f"{one.label} {from_id} holds {held[0]} associations of type {type_id} already",
            subCategory="crm.associations.ASSOCIATION_LIMIT_EXCEEDED",
        )


def _list(call: Call) -> Answer:
    found = link_types(call.state, call.kind().id, call.kind("to").id)
    return Answer({"results": [each.shown for each in found]}, rows=len(found))


def _create(call: Call) -> Answer:
    one, other, body = call.kind(), call.kind("to"), call.body()
    name, label = str(body.get("name") or ""), str(body.get("label") or "")
    if not name or not label:
        raise invalid("An association label needs a name and a label")
    held = [each for each in link_types(call.state, one.id, other.id) if each.category == OWN]
    if any(name == each.name or label == each.label for each in held):
        raise Fault(409, f"A label named {name} already exists", "OBJECT_ALREADY_EXISTS")
    if len(held) >= MOST:
        raise invalid(f"{one.label} to {other.label} has {MOST} labels already")
    reverse = str(body.get("inverseLabel") or label)
    with call.state.transaction():
        made = make(call.state, one.id, other.id, name, label, reverse)
    ways = [link_type(call.state, one.id, other.id, id) for id in made]
    ways += [link_type(call.state, other.id, one.id, id) for id in made]
    shown = {each.id: each.shown for each in ways if each is not None}
    return Answer({"results": list(shown.values())}, rows=len(shown))


def _change(call: Call) -> Answer:
    one, other, body = call.kind(), call.kind("to"), call.body()
    found = _own(call, one, other, body.get("associationTypeId"))
    label = str(body.get("label") or "")
    if not label:
        raise invalid("An association label needs a label")
    reverse = str(body.get("inverseLabel") or label)
    with call.state.transaction() as db:
        for a, b, id, mine, theirs in (
            (one.id, other.id, found, label, reverse),
            (other.id, one.id, _reverse(call, one, other, found), reverse, label),
        ):
            db.execute(
                "UPDATE hs_label SET label = ?, reverse_label = ? "
                "WHERE from_type = ? AND to_type = ? AND id = ?",
                (mine, theirs, a, b, id),
            )
    forget_link_types(call.state)
    return Answer(status=204, rows=1)


def _delete(call: Call) -> Answer:
    one, other = call.kind(), call.kind("to")
    found = _own(call, one, other, call.parts["label"])
    ends = [(one.id, other.id, found), (other.id, one.id, _reverse(call, one, other, found))]
    with call.state.transaction() as db:
        for end in ends:
            db.execute(
                "DELETE FROM hs_association WHERE from_type = ? AND to_type = ? AND type_id = ?",
                end,
            )
            db.execute("DELETE FROM hs_label WHERE from_type = ? AND to_type = ? AND id = ?", end)
    forget_link_types(call.state)
    return Answer(status=204, rows=1)


def _own(call: Call, one: Kind, other: Kind, id: object) -> int:
    number = int(str(id)) if str(id).isdigit() else -1
    found = link_type(call.state, one.id, other.id, number)
    if found is None:
        raise not_found(f"No association type {id} from {one.label} to {other.label}")
    if found.category != OWN:
        raise invalid(f"Association type {id} is HubSpot's own")
    return number


def _reverse(call: Call, one: Kind, other: Kind, id: int) -> int | None:
    found = link_type(call.state, one.id, other.id, id)
    return None if found is None else found.reverse


def _limits(call: Call) -> Answer:
    """The most records one record may hold, for the types where the account set one."""
    if "type" in call.parts:
        pairs = [(call.kind().id, call.kind("to").id)]
    else:
        ids = [each.id for each in kinds_in(call.state)]
        pairs = [(one, other) for one in ids for other in ids]
    shown = [_limited(call, *row) for pair in pairs for row in _kept(call, pair)]
    return Answer({"results": shown}, rows=len(shown))


def _kept(call: Call, pair: tuple[str, str]) -> list[tuple[str, str, int, int]]:
    return call.state.db.execute(
        "SELECT * FROM hs_pair_limit WHERE from_type = ? AND to_type = ? ORDER BY id", pair
    ).fetchall()


def _limited(call: Call, one: str, other: str, id: int, most: int) -> dict[str, Any]:
    found = link_type(call.state, one, other, id)
    shown = {"category": OWN, "typeId": id} if found is None else found.shown
    return {**shown, "userEnforcedMaxToObjectIds": most}


def _limit(call: Call) -> Answer:
    return complete(call, _limits_set(call), (), 201)


def _relimit(call: Call) -> Answer:
    changed = _limits_set(call)
    for each in changed:
        each.pop("label", None)
    return complete(call, changed)


def _limits_set(call: Call) -> list[dict[str, Any]]:
    one, other = call.kind(), call.kind("to")
    rows: list[tuple[str, str, int, int]] = []
    for each in inputs_of(call):
        id, most = int(each.get("typeId", -1)), int(each.get("maxToObjectIds", 0))
        if link_type(call.state, one.id, other.id, id) is None or most < 1:
            raise invalid(f"No association type {id}, or a limit below 1")
        rows.append((one.id, other.id, id, most))
    with call.state.transaction() as db:
        db.executemany("INSERT OR REPLACE INTO hs_pair_limit VALUES (?, ?, ?, ?)", rows)
    return [_limited(call, *row) for row in rows]


def _unlimit(call: Call) -> Answer:
    one, other = call.kind(), call.kind("to")
    rows = [(one.id, other.id, int(each.get("typeId", -1))) for each in inputs_of(call)]
    with call.state.transaction() as db:
        db.executemany(
            "DELETE FROM hs_pair_limit WHERE from_type = ? AND to_type = ? AND id = ?", rows
        )
    return Answer(status=204, rows=len(rows))


_LABELS: Final = "crm/associations/{type}/{to}/labels"
_PAIR: Final = "crm/associations/definitions/configurations/{type}/{to}"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", _LABELS, _list),
    ("POST", _LABELS, _create),
    ("PUT", _LABELS, _change),
    ("DELETE", f"{_LABELS}/{{label}}", _delete),
    ("GET", "crm/associations/definitions/configurations/all", _limits),
    ("GET", _PAIR, _limits),
    ("POST", f"{_PAIR}/batch/create", _limit),
    ("POST", f"{_PAIR}/batch/update", _relimit),
    ("POST", f"{_PAIR}/batch/purge", _unlimit),
)
