"""From a rule about an entity to the rows it is true for: one set-based query."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Table, and_, select, true
from sqlalchemy.sql.selectable import Select

from catalog.expression.lower import lower
from catalog.expression.tree import Node
from playbook.book import Playbook
from staging.bulk import chunks
from staging.tables.decisions import SCORE, SIGNAL
from staging.tables.entities import METRIC_TABLES, table_of
from sync.context import Tools
from tasuki.clock import today


@dataclass(slots=True)
class Query:
    """The tables a rule about one entity can see, joined as the rule asks for them."""

    entity: str
    playbook: Playbook
    tools: Tools
    source: FromClause = field(init=False)
    joined: dict[tuple[str, str], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source = self.own

    @property
    def own(self) -> Table:
        """The entity's own table."""
        return self._table(self.entity)

    def column(self, relation: str, name: str) -> ColumnElement[Any]:
        """The column behind `relation.name`, joining its table when it is first asked for."""
        found: ColumnElement[Any]
        if relation in ("score", "grade"):
            found = self._score(name).c["grade" if relation == "grade" else "value"]
        elif relation == "signal":
            found = self._signal(name).c.id.is_not(None)
        elif relation in METRIC_TABLES and name in {
            f.name for f in self.tools.entities[relation].metrics
        }:
            found = self._metrics(relation).c[name]
        else:
            found = self._row(relation).c[name]
        return found

    def where(self, tree: Node) -> ColumnElement[bool]:
        """The rule's condition as SQL."""
        clock = self.tools.clock
        return lower(tree, self.column, today(clock), clock.now())

    def rows(
        self,
        db: Connection,
        columns: Mapping[str, ColumnElement[Any]],
        *conditions: ColumnElement[bool],
        ids: Iterable[str] | None = None,
    ) -> list[Any]:
        """Rows of the entity (of these ids) with the named columns, in id order."""
        wanted = [column.label(name) for name, column in columns.items()]
        query = select(self.own.c.id, *wanted).select_from(self.source).where(true(), *conditions)
        if ids is None:
            return list(db.execute(query.order_by(self.own.c.id)))
        return self._chunked(db, query, sorted(set(ids)))

    def _chunked(self, db: Connection, query: Select[Any], ids: Sequence[str]) -> list[Any]:
        found: list[Any] = []
        for chunk in chunks(ids):
            found.extend(db.execute(query.where(self.own.c.id.in_(chunk)).order_by(self.own.c.id)))
        return found

    def _table(self, entity: str) -> Table:
        return table_of(self.tools.entities[entity])

    def _row(self, relation: str) -> Any:
        if relation == self.entity:
            return self.own
        return self._join(
            ("row", relation),
            self._table(relation).alias(f"{relation}_row"),
            lambda table: table.c.id == self._parent_id(relation),
        )

    def _metrics(self, relation: str) -> Any:
        return self._join(
            ("metric", relation),
            METRIC_TABLES[relation].alias(f"{relation}_numbers"),
            lambda table: table.c.id == self._parent_id(relation),
        )

    def _score(self, name: str) -> Any:
        of = self.playbook.score_entities[name]
        return self._join(
            ("score", name),
            SCORE.alias(f"score_{name}"),
            lambda table: and_(table.c.name == name, table.c.entity_id == self._parent_id(of)),
        )

    def _signal(self, name: str) -> Any:
        of = self.playbook.signal_entities[name]
        return self._join(
            ("signal", name),
            SIGNAL.alias(f"signal_{name}"),
            lambda table: and_(
                table.c.rule == name,
                table.c.entity_id == self._parent_id(of),
                table.c.closed_at.is_(None),
            ),
        )

    def _parent_id(self, relation: str) -> ColumnElement[Any]:
        if relation == self.entity:
            return self.own.c.id
        return self.own.c[self.tools.entities[self.entity].parents()[relation]]

    def _join(self, key: tuple[str, str], table: Any, on: Any) -> Any:
        if key not in self.joined:
            self.joined[key] = table
            self.source = self.source.outerjoin(table, on(table))
        return self.joined[key]
