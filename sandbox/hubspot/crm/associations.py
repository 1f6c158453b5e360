"""Associations v4: read, create, label and remove, one by one or in batches."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.crm.batch import Input, complete, inputs_of
from sandbox.hubspot.crm.linking import drop_label, end_leads, link, part, take
from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.data.links import link_type, plain_type
from sandbox.hubspot.data.records import read
from sandbox.hubspot.faults import Fault, invalid, not_found
from sandbox.hubspot.model.labels import refuse_beyond
from sandbox.hubspot.webhooks.links import note_links

_MOST_READ: Final = 1000
_MOST_WRITTEN: Final = 2000
_MOST_STARTS: Final = 100
_PAGE: Final = 500
_LINKED: Final = (
    "SELECT to_id, json_group_array(type_id) FROM hs_association WHERE from_type = ? "
    "AND from_id = ? AND to_type = ? AND to_id >= ? GROUP BY to_id ORDER BY to_id LIMIT ?"
)


def _batch_read(call: Call) -> Answer:
    one, other = _ends(call)
    results: list[Any] = []
    missing: list[str] = []
    for each in inputs_of(call, _MOST_READ):
        id = str(each.get("id", ""))
        linked, after = _linked(call, one, _int(id), other, _int(str(each.get("after") or "0")))
        if not linked:
            missing.append(id)
            continue
        result: dict[str, Any] = {"from": {"id": id}, "to": linked}
        if after is not None:
            result["paging"] = {"next": {"after": str(after), "link": f"?after={after}"}}
        results.append(result)
    errors = [_none(one, other, id).in_batch({}) for id in missing]
    return complete(call, results, errors)


def _none(one: Kind, other: Kind, id: str) -> Fault:
    """What a batch read says of a record without such associations."""
    fault = Fault(404, f"No {other.label} is associated with {one.label} {id}.", "OBJECT_NOT_FOUND")
    fault.body |= {
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "context": {"fromObjectId": [id], "fromObjectType": [one.id], "toObjectType": [other.id]},
    }
    return fault


def _linked(
    call: Call, one: Kind, id: int, other: Kind, start: int, limit: int = _PAGE
) -> tuple[list[dict[str, Any]], int | None]:
    """The linked records of one page with their types, and where the next page starts."""
    rows = call.state.db.execute(_LINKED, (one.id, id, other.id, start, limit + 1)).fetchall()
    shown = [
        {"toObjectId": to_id, "associationTypes": _types(call, one, other, types)}
        for to_id, types in rows[:limit]
    ]
    return shown, rows[limit][0] if len(rows) > limit else None


def _types(call: Call, one: Kind, other: Kind, text: str) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    for type_id in sorted(int(each) for each in text.strip("[]").split(",")):
        found = link_type(call.state, one.id, other.id, type_id)
        if found is not None:
            shown.append(found.shown)
    return shown


def _get(call: Call) -> Answer:
    one, other = _ends(call)
    if read(call.state, one, call.parts["id"]) is None:
        raise not_found()
    linked, after = _linked(
        call, one, int(call.parts["id"]), other, call.number("after") or 0, call.limit(500, 500)
    )
    content: dict[str, Any] = {"results": linked}
    if after is not None:
        address = f"{call.origin}{call.path}?after={after}"
        content["paging"] = {"next": {"after": str(after), "link": address}}
    return Answer(content, rows=len(linked))


def _batch_create(call: Call) -> Answer:
    one, other = _ends(call)
    return _each(call, lambda given: _label(call, one, other, given, given.get("types")), 201)


def _batch_default(call: Call) -> Answer:
    one, other = _ends(call)
    return _each(call, lambda given: _plain(call, one, other, given), 200)


def _each(call: Call, write: Any, status: int) -> Answer:
    results: list[Any] = []
    errors: list[Any] = []
    with call.state.transaction():
        for given in inputs_of(call, _MOST_WRITTEN):
            try:
                with call.state.transaction():
                    results.extend(write(given))
            except Fault as fault:
                ids = {"fromObjectId": [_id(given, "from")], "toObjectId": [_id(given, "to")]}
                errors.append(fault.in_batch(ids))
    return complete(call, results, errors, status)


def _label(call: Call, one: Kind, other: Kind, given: Input, specs: Any) -> list[Any]:
    if not isinstance(specs, list) or not specs:
        raise invalid("Invalid input JSON: association types must be a list")
    from_id, to_id = _int(_id(given, "from")), _int(_id(given, "to"))
    labels: list[str] = []
    for spec in specs:
        type_id = _int(str(spec.get("associationTypeId", "")))
        found = link_type(call.state, one.id, other.id, type_id)
        if found is not None and spec.get("associationCategory", found.category) != found.category:
            raise invalid(f"Association type {type_id} is {found.category}")
        refuse_beyond(call.state, one, from_id, other, to_id, type_id)
        link(call.state, one, from_id, other, to_id, type_id, call.author)
        labels += [found.label] if found is not None and found.label else []
    return [
        {
            "fromObjectTypeId": one.id,
            "fromObjectId": from_id,
            "toObjectTypeId": other.id,
            "toObjectId": to_id,
            "labels": labels,
        }
    ]


def _plain(call: Call, one: Kind, other: Kind, given: Input) -> list[Any]:
    from_id, to_id = _int(_id(given, "from")), _int(_id(given, "to"))
    link(call.state, one, from_id, other, to_id, None, call.author)
    shown: list[Any] = []
    for a, a_id, b, b_id in ((one, from_id, other, to_id), (other, to_id, one, from_id)):
        plain = plain_type(call.state, a.id, b.id)
        if plain is not None:
            spec = {"associationCategory": plain.category, "associationTypeId": plain.id}
            ends = {"from": {"id": str(a_id)}, "to": {"id": str(b_id)}}
            shown.append({**ends, "associationSpec": spec})
    return shown


def _put(call: Call) -> Answer:
    """Replaces the labels between the two records by those sent."""
    one, other = _ends(call)
    given = {"from": {"id": call.parts["id"]}, "to": {"id": call.parts["to_id"]}}
    with call.state.transaction():
        gone = take(call.state, one, _int(call.parts["id"]), other, _int(call.parts["to_id"]))
        shown = _label(call, one, other, given, call.json())
        note_links(call.state, gone, call.author.signed, removed=True)
        end_leads(call.state, gone, call.author)
    return Answer(shown[0], 201, 1)


def _put_default(call: Call) -> Answer:
    one, other = _ends(call)
    given = {"from": {"id": call.parts["id"]}, "to": {"id": call.parts["to_id"]}}
    with call.state.transaction():
        shown = _plain(call, one, other, given)
    return complete(call, shown)


def _delete(call: Call) -> Answer:
    one, other = _ends(call)
    with call.state.transaction():
        to_id = _int(call.parts["to_id"])
        part(call.state, one, _int(call.parts["id"]), other, to_id, call.author)
    return Answer(status=204, rows=1)


def _batch_archive(call: Call) -> Answer:
    one, other = _ends(call)
    inputs = _distinct(call)
    with call.state.transaction():
        for given in inputs:
            for end in given.get("to") or ():
                from_id, to_id = _int(_id(given, "from")), _int(str(end.get("id")))
                part(call.state, one, from_id, other, to_id, call.author)
    return _gone(call, len(inputs))


def _distinct(call: Call) -> list[Input]:
    """The inputs of a removal: they start at no more than 100 different records."""
    inputs = inputs_of(call, _MOST_WRITTEN)
    if len({_id(each, "from") for each in inputs}) > _MOST_STARTS:
        raise invalid(f"A removal names at most {_MOST_STARTS} different records to start from")
    return inputs


def _batch_unlabel(call: Call) -> Answer:
    one, other = _ends(call)
    inputs = _distinct(call)
    with call.state.transaction():
        for given in inputs:
            _unlabel(call, one, other, given)
    return _gone(call, len(inputs))


def _unlabel(call: Call, one: Kind, other: Kind, given: Input) -> None:
    """Removing the unlabelled type removes everything between the two."""
    from_id, to_id = _int(_id(given, "from")), _int(_id(given, "to"))
    for spec in given.get("types") or ():
        found = link_type(call.state, one.id, other.id, _int(str(spec.get("associationTypeId"))))
        if found is not None and found.label is None:
            part(call.state, one, from_id, other, to_id, call.author)
        elif found is not None:
            drop_label(call.state, (one.id, from_id, other.id, to_id, found.id), call.author)


def _gone(call: Call, rows: int) -> Answer:
    """Dated paths answer 200 where v4 answers 204."""
    return Answer(status=204 if call.version == "v4" else 200, rows=rows)


def _ends(call: Call) -> tuple[Kind, Kind]:
    if call.version in ("v1", "v2", "v3"):
        raise not_found("The sandbox serves associations from v4 on")
    return call.kind(), call.kind("to")


def _id(given: Mapping[str, Any], end: str) -> str:
    found = given.get(end)
    return str(found.get("id", "")) if isinstance(found, Mapping) else ""


def _int(text: str) -> int:
    return int(text) if text.isdigit() else -1


_BATCH: Final = "crm/associations/{type}/{to}/batch"
_ONE: Final = "crm/objects/{type}/{id}/associations"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("POST", f"{_BATCH}/read", _batch_read),
    ("POST", f"{_BATCH}/create", _batch_create),
    ("POST", f"{_BATCH}/associate/default", _batch_default),
    ("POST", f"{_BATCH}/archive", _batch_archive),
    ("POST", f"{_BATCH}/labels/archive", _batch_unlabel),
    ("GET", f"{_ONE}/{{to}}", _get),
    ("PUT", f"{_ONE}/{{to}}/{{to_id}}", _put),
    ("DELETE", f"{_ONE}/{{to}}/{{to_id}}", _delete),
    ("PUT", f"{_ONE}/default/{{to}}/{{to_id}}", _put_default),
)
