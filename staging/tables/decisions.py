"""What the playbook decided: scores, signals, handoffs, scenario runs and their results."""

from typing import Final

from sqlalchemy import Boolean, Column, Index, Table
from sqlalchemy import text as sql

from staging.tables.columns import METADATA, NUMBER, at, document, key, sequence, text

SCORE: Final = Table(
    "score",
    METADATA,
    key("name"),
    key("entity_id"),
    text("entity", required=True),
    Column("value", NUMBER),
    text("grade"),
    document("parts"),  # [{part, points, why}], largest first
    Column("written_value", NUMBER),  # what the systems were last wished to show
    text("written_grade"),
    text("version"),
    at("as_of", required=True),
    Index("ix_score_entity", "entity", "entity_id"),
)

SIGNAL: Final = Table(
    "signal",
    METADATA,
    key("id"),
    text("rule", required=True),
    text("entity", required=True),
    text("entity_id", required=True),
    document("facts"),
    text("version"),
    at("opened_at", required=True),
    at("closed_at"),
    Index(
        "uq_signal_open",
        "rule",
        "entity_id",
        unique=True,
        sqlite_where=sql("closed_at IS NULL"),
        postgresql_where=sql("closed_at IS NULL"),
    ),
)

HANDOFF: Final = Table(
    "handoff",
    METADATA,
    key("id"),
    text("need_id", required=True),
    text("rule", required=True),
    text("from_team", required=True),
    text("to_team", required=True),
    text("state", required=True),  # offered | accepted | returned | recycled | withdrawn
    text("assignee"),  # user_ id
    text("assigned_by"),  # owner | round_robin | person
    at("offered_at", required=True),
    at("accept_due_at"),
    at("contact_due_at"),
    at("decided_at"),
    text("decided_by"),
    text("reason"),
    at("recycle_at"),
    document("facts"),
    text("version"),
    Index("ix_handoff_need", "need_id"),
    Index("ix_handoff_state", "state", "to_team"),
)

HANDOFF_EVENT: Final = Table(
    "handoff_event",
    METADATA,
    sequence(),
    text("handoff_id", required=True),
    text("need_id", required=True),
    text("event", required=True),
    text("by", required=True),
    text("detail"),
    at("at", required=True),
    Index("ix_handoff_event_handoff", "handoff_id"),
)

SCENARIO_RUN: Final = Table(
    "scenario_run",
    METADATA,
    key("id"),
    text("scenario", required=True),
    text("state", required=True),  # previewed | approved | pushed | undone | discarded
    text("version", required=True),
    text("author", required=True),
    at("created_at", required=True),
    text("approved_by"),
    at("approved_at"),
    at("pushed_at"),
    text("plan_id"),
    document("counts"),
    Index("ix_scenario_run_scenario", "scenario"),
)

ASSIGNMENT: Final = Table(
    "assignment",
    METADATA,
    key("scenario_run_id"),
    key("entity_id"),
    text("entity", required=True),
    text("arm", required=True),  # treated | holdout | excluded | held_back | capped
    text("branch"),
    text("reason"),
    Column("in_audience", Boolean, nullable=False),
)

OUTCOME: Final = Table(
    "outcome",
    METADATA,
    key("id"),
    text("origin", required=True),  # handoff:<id> | scenario_run:<id>
    text("entity", required=True),
    text("entity_id", required=True),
    text("kind", required=True),
    Column("value", NUMBER),
    at("at", required=True),
)
