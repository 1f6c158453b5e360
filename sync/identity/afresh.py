"""A whole entity resolved at once: found out by reading, then written in parts.

What was found lives as long as the process. Killed anywhere, the next run finds what is still
dirty, reads again and comes to the same result: a link that stands already is not written twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection

from catalog.shape import Entity
from mappings.spec import KeyRule
from staging import identities, queue
from staging.identities import Link
from staging.identity import reviews, rulings
from sync.context import Runner, Step, Tools
from sync.identity import doubts
from sync.identity.grouping.alike import alike
from sync.identity.grouping.ids import assign
from sync.identity.grouping.whole import Found, find_all
from sync.identity.groups import Doubt, Evidence
from sync.identity.links import link_to, reason, relink
from tasuki.values import Json, Ref

_PART: Final = 2_500
"""Links written in one transaction, a tenth of a second's work; doubts and dirty rows likewise."""


def resolve_whole(run: Runner, entity: str, rules: Sequence[KeyRule]) -> Iterator[dict[str, Json]]:
    """Resolve every record of an entity; what each step did."""
    whole = Whole(run.tools.entities[entity], list(rules))
    find = Step("identify.whole", ask=whole.find, keep=whole.keep_found)
    yield run.step(find, entity=entity)
    parts = len(whole.parts)
    for part in range(parts):
        yield run.step(Step("identify.links", whole.keep_links), entity=entity, part=part)
        run.tell("identify", part + 1, parts, entity)
    for part in range(parts if any(rule.compare for rule in rules) else 0):
        yield run.step(Step("identify.alike", whole.keep_alike), entity=entity, part=part)
    for part in range(whole.count(list(whole.asked))):
        yield run.step(Step("identify.doubts", whole.keep_doubts), entity=entity, part=part)
    for part in range(whole.count(whole.dirty)):
        yield run.step(Step("identify.done", whole.keep_done), entity=entity, part=part)


@dataclass(slots=True)
class Whole:
    """What was found out about all records of an entity, while it is written down.

    It says what the store said when it was read, under the writer's lease. What a person ruled
    since, who needs no lease, leaves everything dirty, and it is resolved once more.
    """

    entity: Entity
    rules: list[KeyRule]
    found: Found = field(default_factory=Found)
    ids: list[str] = field(default_factory=list)
    dirty: list[str] = field(default_factory=list)
    ruled: tuple[int, Any] = (0, None)
    asked: dict[tuple[str, str], Doubt] = field(default_factory=dict)
    parts: list[range] = field(default_factory=list)
    """Which groups are written together."""
    gone: list[str] = field(default_factory=list)
    """Records that are linked and live no more."""

    def find(self, db: Connection, _tools: Tools, _arguments: dict[str, Json]) -> None:
        """Find out who is who; reads only."""
        self.ruled = rulings.version(db, self.entity.name)
        self.dirty = queue.peek(db, queue.IDENTIFY, self.entity.name)
        self.found = found = find_all(db, self.entity, self.rules)
        groups = [[found.refs[at] for at in group] for group in found.groups]
        links = {ref: link.entity_id for ref, link in found.links.items()}
        present = frozenset(links.values())
        self.ids = assign(self.entity.name, groups, links, present.intersection)
        self.gone = sorted(links.keys() - found.refs)
        self.asked = {doubt.pair: doubt for doubt in found.doubts}
        self.parts = list(_parts(found.groups))

    def keep_found(
        self, _db: Connection, _tools: Tools, _arguments: dict[str, Json], _answer: Any
    ) -> dict[str, Json]:
        """Nothing is written yet."""
        return {"groups": len(self.found.groups), "parts": len(self.parts)}

    def keep_links(
        self, db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
    ) -> dict[str, Json]:
        """Write the links of one part that are not so already; the first part ends the dead."""
        part, name, now = int(arguments["part"]), self.entity.name, tools.now()
        wanted: dict[Ref, Link] = {}
        for number in self.parts[part]:
            id_ = self.ids[number]
            for at in self.found.groups[number]:
                text, why = self.found.refs[at], self.found.why(at)
                if _says_else(self.found.links.get(text), id_, why):
                    ref = Ref.parse(text)
                    wanted[ref] = link_to(name, ref, id_, why, now)
        before = {ref: self.found.links[t] for ref in wanted if (t := str(ref)) in self.found.links}
        if part == 0:
            before |= {Ref.parse(ref): self.found.links[ref] for ref in self.gone}
        return {"links": relink(db, tools, name, wanted, before)}

    def keep_alike(
        self, db: Connection, _tools: Tools, arguments: dict[str, Json], _answer: Any
    ) -> dict[str, Json]:
        """Compare the records of one part with those of their blocks."""
        groups = (self.found.groups[number] for number in self.parts[int(arguments["part"])])
        refs = [Ref.parse(self.found.refs[at]) for group in groups for at in group]
        keys = identities.keys_of(db, self.entity.name, refs)
        found, too_large = alike(db, self.entity, self.rules, keys)
        for doubt in found:
            self.asked.setdefault(doubt.pair, doubt)
        return {"too_large": too_large}

    def keep_doubts(
        self, db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
    ) -> dict[str, Json]:
        """Ask a part of what is in doubt."""
        part = _slice(list(self.asked.values()), arguments)
        return {"doubts": doubts.ask(db, tools, self.entity, part)}

    def keep_done(
        self, db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
    ) -> dict[str, Json]:
        """A part of the dirty records is done, unless a person ruled meanwhile.

        The race it prevents: somebody rules and marks a record after it was read; were that mark
        taken away, the ruling would wait for the record's next change.
        """
        name = self.entity.name
        if rulings.version(db, name) != self.ruled:
            return {"done": 0}
        part = _slice(self.dirty, arguments)
        queue.done(db, queue.IDENTIFY, name, part)
        if not arguments["part"]:
            still = {reviews.review_id(name, *pair) for pair in self.asked}
            reviews.settle(db, name, None, still, tools.now())
        return {"done": len(part)}

    def count(self, many: Sequence[Any]) -> int:
        """In how many parts so many are written."""
        return -(-len(many) // _PART)


def _slice(many: Sequence[Any], arguments: dict[str, Json]) -> list[Any]:
    start = int(arguments["part"]) * _PART
    return list(islice(many, start, start + _PART))


def _says_else(present: Link | None, entity_id: str, why: Evidence) -> bool:
    """Whether a link must be written: it is not so yet, or was so for another reason."""
    if present is None or present.entity_id != entity_id:
        return True
    return reason(present) != (why.rule, why.value, why.by)


def _parts(groups: Sequence[Sequence[int]]) -> Iterator[range]:
    """Groups side by side, until they hold enough records."""
    begin = records = 0
    for number, group in enumerate(groups):
        records += len(group)
        if records >= _PART:
            yield range(begin, number + 1)
            begin, records = number + 1, 0
    if begin < len(groups) or not groups:
        yield range(begin, len(groups))
