"""The links and identity keys of a mapping."""

from catalog.shape import Field, Type
from config.yaml import KeyPath
from mappings.reading.document import KeyDocument, LinkDocument, MappingDocument, WayDocument
from mappings.reading.problems import Frame
from mappings.reading.steps import read_policy, read_steps
from mappings.spec import (
    LINKED,
    Confidence,
    KeyPart,
    KeyRule,
    LinkRule,
    Pointer,
    Policy,
    Rule,
    Side,
    Way,
)


def read_links(document: MappingDocument, frame: Frame) -> dict[str, LinkRule]:
    """Every link whose entity reference exists; the others are noted."""
    found: dict[str, LinkRule] = {}
    references = {f.name: f for f in frame.entity.fields if f.type is Type.REF}
    for name, link in document.links.items():
        if (known := references.get(name)) is None:
            what = f"reference of `{frame.entity.name}`"
            frame.problems.unknown(what, ("links", name), name, references)
        else:
            found[name] = _link(known, link, frame)
    return found


def _link(known: Field, link: LinkDocument, frame: Frame) -> LinkRule:
    path = ("links", known.name)
    sides: dict[str, tuple[Way, ...]] = {}
    for name, raw in (link.__pydantic_extra__ or {}).items():
        if (side := frame.side(name, (*path, name))) is not None:
            ways = raw if isinstance(raw, list) else [raw]
            found = (_way(way, (*path, name), side, frame) for way in ways)
            sides[name] = tuple(way for way in found if way is not None)
    named = [link.to] if isinstance(link.to, str) else link.to
    for name in named:
        frame.side(name, (*path, "to"), value=True)
    writes = frozenset(named or sides) if link.direction == "both" else frozenset[str]()
    _check_written(known.name, writes, sides, frame)
    policy = Policy(Rule.SIDE_WINS, tuple(frame.sides))
    if link.conflict is not None:
        policy = read_policy(link.conflict, (*path, "conflict"), frame)
    place = frame.problems.document.place(path)
    return LinkRule(known.name, str(known.to), sides, policy, writes, place)


def _check_written(
    name: str, writes: frozenset[str], sides: dict[str, tuple[Way, ...]], frame: Frame
) -> None:
    """The first way of a side is the one written, and a key is nothing to write."""
    for side in sorted(writes & set(sides)):
        first = next(iter(sides[side]), None)
        if first is not None and first.pointer is Pointer.VALUE:
            frame.problems.add(
                f"`{name}` cannot be written to `{side}`",
                ("links", name, side),
                f"its first way there, `{first.source}`, is a key of the other record, no pointer",
                "Put a `lookup` or an `association` first, or name the other sides in `to`.",
            )


def _way(way: WayDocument, path: KeyPath, side: Side, frame: Frame) -> Way | None:
    given = [name for name in ("lookup", "association", "value") if getattr(way, name)]
    if len(given) != 1:
        frame.problems.add(
            "A link needs one way",
            path,
            f"{len(given)} of `lookup`, `association` and `value` are given",
            "Write exactly one of them.",
        )
        return None
    if not _complete(way, given[0], path, frame):
        return None
    connection = way.connection or side.connection
    _check_connection(connection, (*path, "connection"), frame)
    source = getattr(way, given[0])
    return Way(
        pointer=Pointer(given[0]),
        source=_association(source, way.label) if way.association else source,
        connection=connection,
        object=way.association or way.object,
        by_prefix=way.by_prefix,
        via=way.via,
        transform=read_steps(way.transform, (*path, "transform"), frame),
        unless=tuple(way.unless),
        not_beside=way.not_beside,
        label=way.label,
    )


def _association(object: str, label: str | None) -> str:
    """The pseudo-field that lists the links, or those under a label alone."""
    return f"{LINKED}{object}#{label}" if label else f"{LINKED}{object}"


def _complete(way: WayDocument, given: str, path: KeyPath, frame: Frame) -> bool:
    if given == "lookup" and not way.object and not way.by_prefix:
        frame.problems.add(
            f"The lookup `{way.lookup}` does not say where it leads",
            path,
            "an id alone does not tell its object",
            "Add `object: Account`, or `by_prefix: {'001': Account}`.",
        )
        return False
    if given == "value" and not way.via:
        frame.problems.add(
            f"The value `{way.value}` does not say which key it is",
            path,
            "it must equal a key of the other entity",
            "Add `via: email`, or another rule of the other mapping's `identity`.",
        )
        return False
    return True


def _check_connection(name: str, path: KeyPath, frame: Frame) -> None:
    if frame.connections is not None and name not in frame.connections:
        frame.problems.unknown("connection", path, name, frame.connections, value=True)


def read_keys(document: MappingDocument, frame: Frame) -> tuple[KeyRule, ...]:
    """The identity keys in their order."""
    kinds = [key.rule for key in document.identity]
    return tuple(
        _key(key, ("identity", index), kinds, frame) for index, key in enumerate(document.identity)
    )


def _key(key: KeyDocument, path: KeyPath, kinds: list[str], frame: Frame) -> KeyRule:
    stored_in = key.__pydantic_extra__ or {}
    for side in stored_in:
        frame.side(side, (*path, side))
    if key.refers_to is not None:
        frame.side(key.refers_to, (*path, "refers_to"), value=True)
    parts = _parts(key, path, frame)
    _check_compare(key, path, frame)
    if bool(parts) == bool(stored_in and key.refers_to):
        frame.problems.add(
            f"The identity rule `{key.rule}` is not complete",
            path,
            "it names either entity fields, or sides that store the id of another side's record",
            "Write `field: email`, or `hubspot: salesforce_id_field` with `refers_to: salesforce`.",
        )
    return KeyRule(
        kind=key.rule,
        parts=parts,
        transform=read_steps(key.transform, (*path, "transform"), frame),
        stored_in=stored_in,
        refers_to=key.refers_to,
        confidence=key.confidence,
        veto=key.veto,
        apart_by=_others("apart_by", key, path, kinds, frame),
        apart_within=_others("apart_within", key, path, kinds, frame),
        compare=key.compare,
        place=frame.problems.document.place(path),
    )


def _others(
    word: str, key: KeyDocument, path: KeyPath, kinds: list[str], frame: Frame
) -> tuple[str, ...]:
    """The rules whose keys must not differ; each is another rule of the file."""
    named: list[str] = getattr(key, word)
    for name in named:
        if name not in kinds or name == key.rule:
            others = [kind for kind in kinds if kind != key.rule]
            frame.problems.unknown("identity rule", (*path, word), name, others, value=True)
    return tuple(named)


def _check_compare(key: KeyDocument, path: KeyPath, frame: Frame) -> None:
    """Likeness only proposes, and only among records that share something."""
    known = {f.name for f in frame.entity.fields if f.type is Type.TEXT}
    for name in key.compare:
        if name not in known:
            what = f"text field of `{frame.entity.name}`"
            frame.problems.unknown(what, (*path, "compare", name), name, known)
    if bool(key.compare) != bool(key.block_on):
        frame.problems.add(
            f"The identity rule `{key.rule}` is not complete",
            path,
            "`compare` looks at records that share what `block_on` names; all with all is too many",
            "Write both, e.g. `compare: {name: 0.92}` and `block_on: [account_id]`.",
        )
    if key.compare and (key.confidence is not Confidence.POSSIBLE or key.veto or key.field):
        frame.problems.add(
            f"The identity rule `{key.rule}` is only a likeness",
            path,
            "likeness proposes; it neither links nor forbids by itself",
            "Write `confidence: possible`, and neither `veto` nor `field`.",
        )


def _parts(key: KeyDocument, path: KeyPath, frame: Frame) -> tuple[KeyPart, ...]:
    """The entity fields that make a key; with a reference it holds within what that points at."""
    items = key.block_on or key.fields or ([key.field] if key.field else [])
    within = key.compare or len(items) > 1
    known = {f.name for f in frame.entity.fields if f.type is not Type.REF or within}
    usual = read_steps(key.transform, (*path, "transform"), frame)
    given = "block_on" if key.block_on else "fields" if key.fields else "field"
    found: list[KeyPart] = []
    for item in items:
        name, steps = (item, None) if isinstance(item, str) else next(iter(item.items()))
        if name not in known:
            what = f"field of `{frame.entity.name}`"
            frame.problems.unknown(what, (*path, given), name, known, value=True)
        own = usual if steps is None else read_steps(steps, (*path, given), frame)
        found.append(KeyPart(name, own))
    return tuple(found)
