"""Same-shape changes on one line, riskiest first, with a sample and its reason."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from staging.write.plans import Change
from sync.write.risk import ORDER, Risk
from tasuki.service.app import App
from tasuki.service.writing.views import Fold, Held, Sample, TargetView

_TELLING: Final = ("Subject", "subject", "hs_task_subject", "Name", "name")
_NAMES: Final = tuple(str(each) for each in ORDER)


def rank(risk: str) -> int:
    """Its place among the risks, riskiest first."""
    return _NAMES.index(risk) if risk in _NAMES else len(_NAMES)


def cells_by_risk(changes: Iterable[Change]) -> dict[str, int]:
    """Risk → cells, riskiest first."""
    return {risk: len(group) for risk, group in _by_risk(changes).items()}


def records_by_risk(changes: Iterable[Change]) -> dict[str, int]:
    """Risk → records, riskiest first."""
    return {risk: len({c.write_id for c in group}) for risk, group in _by_risk(changes).items()}


def targets(app: App, changes: Iterable[Change], samples: int) -> tuple[TargetView, ...]:
    """What is done to each object, the riskiest object first."""
    groups: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        groups[change.connection, change.object].append(change)
    found = [_target(app, *key, group, samples) for key, group in groups.items()]
    return tuple(sorted(found, key=lambda t: (rank(t.folds[0].risk), t.connection, t.object)))


def held_groups(changes: Iterable[Change]) -> tuple[Held, ...]:
    """What guards hold, one line per object, rule and reason, most records first."""
    groups: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for change in changes:
        if change.state == "held":
            rule, reason = str(change.cause.get("rule") or ""), change.reason or ""
            groups[change.connection, change.object, rule, reason].add(change.write_id)
    found = [
        Held(connection, object_, rule, len(ids), reason)
        for (connection, object_, rule, reason), ids in groups.items()
    ]
    return tuple(sorted(found, key=lambda held: (-held.records, held.connection, held.object)))


def reason_of(change: Change) -> str:
    """Why a cell is written: the rule's words; for a merged value also where it comes from."""
    why, source = str(change.cause.get("why") or ""), change.cause.get("from")
    if not source:
        return why
    policy = str(change.cause.get("policy") or "no policy")
    return f"{source} ({why if policy in why else f'{why}; {policy}'})"


def _by_risk(changes: Iterable[Change]) -> dict[str, list[Change]]:
    groups: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        groups[change.risk].append(change)
    return {risk: groups[risk] for risk in sorted(groups, key=rank)}


def _target(
    app: App, connection: str, object: str, changes: Sequence[Change], samples: int
) -> TargetView:
    config = app.project.connections.get(connection)
    folds: dict[tuple[str, ...], list[Change]] = defaultdict(list)
    for change in changes:
        folds[_shape(change)].append(change)
    lines = [_fold(group, samples) for group in folds.values()]
    lines.sort(key=lambda fold: (rank(fold.risk), -fold.records, fold.field, fold.rule))
    return TargetView(
        connection,
        object,
        config.environment if config else None,
        len({change.write_id for change in changes}),
        tuple(lines),
    )


def _shape(change: Change) -> tuple[str, ...]:
    """Changes of equal shape stand on one line; whole records are one line per rule."""
    name = change.field if change.risk in (Risk.FILL, Risk.OVERWRITE) else ""
    cause = change.cause
    return (
        change.risk,
        change.verb,
        name,
        str(cause.get("rule") or ""),
        str(cause.get("place") or ""),
        change.state,
        change.reason or "",
    )


def _fold(changes: Sequence[Change], samples: int) -> Fold:
    first = changes[0]
    by_record = _telling(changes)
    return Fold(
        risk=first.risk,
        verb=first.verb,
        field=", ".join(dict.fromkeys(change.field for change in changes)),
        records=len(by_record),
        cells=len(changes),
        rule=str(first.cause.get("rule") or ""),
        place=str(first.cause.get("place") or ""),
        policy=str(first.cause.get("policy") or ""),
        state=first.state,
        reason=first.reason or "",
        samples=tuple(_sample(change) for change in list(by_record.values())[:samples]),
    )


def _telling(changes: Iterable[Change]) -> dict[str, Change]:
    """Of each record, the cell that says most about it: its name, if it is among them."""
    found: dict[str, Change] = {}
    for change in changes:
        known = found.setdefault(change.write_id, change)
        if known.field not in _TELLING and change.field in _TELLING:
            found[change.write_id] = change
    return found


def _sample(change: Change) -> Sample:
    return Sample(change.label, change.record_id, change.before, change.after, reason_of(change))
