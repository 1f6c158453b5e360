"""The fields of a mapping: each entity field with its look on every side."""

from collections.abc import Mapping as Table
from typing import Any

from catalog.shape import Field, Grain, Type
from config.yaml import KeyPath
from mappings.reading.document import FieldDocument, LookDocument, MappingDocument
from mappings.reading.problems import Frame
from mappings.reading.rules import check_policy, read_currency, read_protect
from mappings.reading.steps import policies, read_policy, read_steps
from mappings.spec import Direction, MappedField, Policy, Rule, SideField


def read_fields(document: MappingDocument, frame: Frame) -> dict[str, MappedField]:
    """Every field whose entity field exists; the others are noted."""
    found: dict[str, MappedField] = {}
    for name, field in document.fields.items():
        known = _entity_field(name, frame)
        if known is not None:
            found[name] = _field(known, field, frame)
    return found


def _entity_field(name: str, frame: Frame) -> Field | None:
    path = ("fields", name)
    known = next((f for f in frame.entity.fields if f.name == name), None)
    if known is None:
        names = (f.name for f in frame.entity.fields)
        frame.problems.unknown(f"field of `{frame.entity.name}`", path, name, names)
        return None
    if known.type is Type.REF:
        frame.problems.add(
            f"`{name}` points at another record",
            path,
            f"it is a reference to `{known.to}`, not a value",
            f"Move it under `links:` as `{name}`.",
        )
        return None
    return known


def _field(known: Field, field: FieldDocument, frame: Frame) -> MappedField:
    path = ("fields", known.name)
    written = _written_sides(field, path, frame)
    looks: dict[str, SideField] = {}
    for side, raw in (field.__pydantic_extra__ or {}).items():
        if _is_side(side, path, frame):
            looks[side] = _look(side, raw, field, written, frame, known)
    if not looks and not frame.problems.found:
        _no_side(path, frame)
    policy = _policy(field, looks, path, frame)
    check_policy(known, policy, looks, path, frame)
    return MappedField(
        name=known.name,
        type=known.type,
        direction=field.direction,
        policy=policy,
        sides=looks,
        default=field.default,
        clear=field.clear,
        on_create_only=field.on_create_only,
        personal=known.personal,
        protect=read_protect(field.protect, looks, path, frame),
        renamed_from=_old_name(field, known, frame),
        place=frame.problems.document.place(path),
    )


def _old_name(field: FieldDocument, known: Field, frame: Frame) -> str | None:
    """The name the field had before; it cannot be in use still."""
    old = field.renamed_from
    if old is not None and old in frame.fields:
        frame.problems.add(
            f"`{known.name}` cannot have been `{old}`",
            ("fields", known.name, "renamed_from"),
            f"`{old}` is still mapped, so its history is its own",
            f"Remove `{old}`, or take `renamed_from` out.",
            value=True,
        )
    return old


def _is_side(name: str, path: KeyPath, frame: Frame) -> bool:
    if name in frame.sides:
        return True
    known = [*frame.sides, *FieldDocument.model_fields]
    frame.problems.unknown("side or key", (*path, name), name, known)
    return False


def _no_side(path: KeyPath, frame: Frame) -> None:
    some = next(iter(frame.sides), "side")
    frame.problems.add(
        f"`{path[-1]}` is on no side",
        path,
        "a field must come from or go to a platform field",
        f"Add `{some}: FieldName`.",
    )


def _written_sides(field: FieldDocument, path: KeyPath, frame: Frame) -> frozenset[str]:
    """The sides that the field as a whole is written to."""
    named = [field.to] if isinstance(field.to, str) else field.to
    for name in named:
        frame.side(name, (*path, "to"), value=True)
    if field.direction is Direction.PULL:
        return frozenset()
    if field.direction is Direction.PUSH and not named:
        frame.problems.add(
            f"`{path[-1]}` does not say where it goes",
            (*path, "direction"),
            "`push` writes to the sides that `to` names and reads from the others",
            "Add `to: <side>`, or write `direction: both`.",
        )
    return frozenset(named or (field.__pydantic_extra__ or {}))


def _look(
    side: str,
    raw: str | list[str] | LookDocument,
    field: FieldDocument,
    written: frozenset[str],
    frame: Frame,
    known: Field,
) -> SideField:
    path = ("fields", known.name, side)
    look = _as_look(raw)
    names = tuple(look.first or look.join or ([look.field] if look.field else []))
    reads, writes = _ways(side, look, field, written)
    if not names and "value" not in look.model_fields_set:
        frame.problems.add(
            f"`{known.name}` names no field of `{side}`",
            path,
            "a side needs `field`, `first`, `join` or `value`",
            "Add `field: FieldName`.",
        )
    if look.join and writes:
        frame.problems.add(
            f"`{known.name}` cannot be written to `{side}`",
            path,
            "joined fields cannot be taken apart again",
            "Write `direction: pull` at this side.",
        )
    steps = field.transform if look.transform is None else look.transform
    steps_path = ("fields", known.name) if look.transform is None else path
    return SideField(
        side=side,
        names=names,
        joined_with=look.with_ if look.join else None,
        constant=look.value,
        reads=reads,
        writes=writes and bool(names),
        transform=read_steps(steps, (*steps_path, "transform"), frame),
        value_map=_value_map(look, field, reads=reads, writes=writes, path=path, frame=frame),
        unknown_value=look.unknown_value or field.unknown_value,
        written_as=look.written_as,
        currency=read_currency(look, field, known, path, frame),
        place=frame.problems.document.place(path),
    )


def _as_look(raw: str | list[str] | LookDocument) -> LookDocument:
    if isinstance(raw, str):
        return LookDocument(field=raw)
    return LookDocument(first=raw) if isinstance(raw, list) else raw


def _ways(
    side: str, look: LookDocument, field: FieldDocument, written: frozenset[str]
) -> tuple[bool, bool]:
    """Whether the side is read, and whether it is written."""
    if look.direction is not None:
        return look.direction is not Direction.PUSH, look.direction is not Direction.PULL
    if field.direction is Direction.PUSH:
        return side not in written, side in written
    return True, side in written


def _value_map(
    look: LookDocument,
    field: FieldDocument,
    *,
    reads: bool,
    writes: bool,
    path: KeyPath,
    frame: Frame,
) -> Table[str, Any]:
    """The side's own value map, or the field's on a side that is only read."""
    if look.value_map or not field.value_map:
        return look.value_map
    if writes and reads:
        frame.problems.add(
            f"`{path[1]}` does not say whose values its value map names",
            ("fields", path[1], "value_map"),
            f"`{path[2]}` is both read and written",
            "Move `value_map` under the side whose values it names.",
        )
    return {} if writes else field.value_map


def _policy(
    field: FieldDocument, looks: Table[str, SideField], path: KeyPath, frame: Frame
) -> Policy:
    readers = [look for look in looks.values() if look.reads]
    if field.conflict is not None:
        return read_policy(field.conflict, (*path, "conflict"), frame)
    if len(readers) > 1 and frame.entity.grain is Grain.MERGED:
        some = ", ".join(f"`{name}`" for name in policies(frame))
        frame.problems.add(
            f"`{path[-1]}` does not say who wins",
            path,
            f"{len(readers)} sides give it a value and they may differ",
            f"Add `conflict:` with one of {some}.",
        )
    return Policy(Rule.LATEST_WINS, tuple(frame.sides))
