"""What is wanted and not done, by object and reason, as a plan tells it."""

from collections import defaultdict

from sqlalchemy import Connection

from sync.write.intent import PROTECTED, held, kept_cells
from tasuki.values import Json

_SCENARIO = "scenario:"


def held_back(db: Connection, origin: str) -> list[dict[str, Json]]:
    """Records that are not made, people not reached, and cells that are not overwritten.

    Of cells, `field` is theirs and `since` the day of the newest edit. A plan of one origin tells
    its own; one of everything tells all but those of scenarios, which belong to their push.
    """
    made = [
        {"rule": of.partition(":")[2], "to": f"{connection}/{object_}", "why": why, "n": n}
        for (of, connection, object_, why), n in held(db).items()
        if why != PROTECTED and _belongs(of, origin)
    ]
    return made + ([] if origin else _kept(db))


def _belongs(of: str, origin: str) -> bool:
    return of.startswith(origin) if origin else not of.startswith(_SCENARIO)


def _kept(db: Connection) -> list[dict[str, Json]]:
    edits: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for origin, connection, object_, cause in kept_cells(db):
        for name, cell in (cause.get("cells") or {}).items():
            key = (origin.partition(":")[2], f"{connection}/{object_}", name)
            edits[key].append(str(cell["since"]))
    return [
        {
            "rule": rule,
            "to": to,
            "field": name,
            "why": PROTECTED,
            "n": len(days),
            "since": max(days),
        }
        for (rule, to, name), days in sorted(edits.items())
    ]
