"""How the machine runs: runs and steps, leases, budgets, certificates, audit, console accounts."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table

from staging.tables.columns import METADATA, at, document, key, sequence, text

RUN: Final = Table(
    "run",
    METADATA,
    key("id"),
    text("kind", required=True),  # run | apply | undo | push
    text("state", required=True),  # running | done | failed | interrupted | partial
    text("trigger", required=True),  # cli | daemon | console
    text("by", required=True),
    at("started_at", required=True),
    at("beat_at", required=True),
    at("ended_at"),
    document("arguments"),
    document("counts"),
    text("error"),
    Index("ix_run_started", "started_at"),
)

RUN_STEP: Final = Table(
    "run_step",
    METADATA,
    key("run_id"),
    Column("position", Integer, primary_key=True),
    text("name", required=True),
    document("result"),
    at("at", required=True),
)

LEASE: Final = Table(
    "lease",
    METADATA,
    key("name"),
    text("holder", required=True),
    at("until", required=True),
)

API_CALL_BUDGET: Final = Table(
    "api_call_budget",
    METADATA,
    key("connection"),
    key("day"),  # in the account's time zone
    key("lane"),
    Column("calls", Integer, nullable=False),
)

CALL_PACE: Final = Table(
    "call_pace",
    METADATA,
    key("connection"),
    key("call_kind"),  # burst | search | ...
    Column("slot", BigInteger, primary_key=True),  # a small part of the rule's window
    Column("calls", Integer, nullable=False),
)

AUTOMATION: Final = Table(
    "automation",  # what fires by itself when an object is written
    METADATA,
    key("connection"),
    key("object"),
    key("kind"),
    key("name"),
    document("fires_on"),  # [create, update, delete]
    document("fields"),
    text("note"),
    at("fetched_at", required=True),
)

CONNECTION_STATE: Final = Table(
    "connection_state",
    METADATA,
    key("connection"),
    at("paused_at"),
    text("paused_by"),
    text("pause_reason"),
    Column("failures", Integer),  # in a row
    at("open_until"),  # the circuit breaker lets nothing through before this moment
    text("last_error"),
    Column("used", Integer),  # what the system told of its daily allowance
    Column("allowed", Integer),
    at("resets_at"),
    at("told_at"),
    at("automations_at"),  # when it was last asked what fires by itself
)

SWEEP: Final = Table(
    "sweep",
    METADATA,
    key("connection"),
    key("object"),
    key("sweep_kind"),  # deletes | links | ids
    at("at", required=True),
    text("run_id"),
    document("result"),
)

DRIFT: Final = Table(
    "drift",
    METADATA,
    sequence(),
    text("connection", required=True),
    text("object", required=True),
    text("field"),
    text("what", required=True),  # see sync.drift
    document("detail"),
    at("at", required=True),
)

CERTIFICATE: Final = Table(
    "certificate",
    METADATA,
    key("run_id"),
    key("connection"),
    key("object"),
    Column("platform_count", Integer, nullable=False),
    Column("staged_count", Integer, nullable=False),
    Column("complete", Boolean, nullable=False),
    at("at", required=True),
    text("method"),  # whole | window | answer
    at("window_since"),
    at("window_until"),
)

ALERT: Final = Table(
    "alert",  # what was told last, of what is not as it should be
    METADATA,
    key("topic"),  # connection:crm | parked:crm/companies | plan | loop:crm/companies.phone
    text("level", required=True),  # warning | critical
    text("mark"),  # what was told of: something newer is told again
    at("told_at", required=True),
)

AUDIT: Final = Table(
    "audit",
    METADATA,
    sequence(),
    at("at", required=True),
    text("who", required=True),
    text("action", required=True),
    text("target"),
    document("detail"),
)

CONSOLE_USER: Final = Table(
    "console_user",
    METADATA,
    key("id"),
    text("name", required=True),
    text("password_hash", required=True),
    text("role", required=True),  # viewer | marketer | manager | operator | admin
    text("language"),
    text("user_id"),  # the same person as user_, where known
    Column("is_active", Boolean, nullable=False),
    at("created_at", required=True),
)

SESSION: Final = Table(
    "session",
    METADATA,
    key("token_hash"),
    text("console_user_id", required=True),
    at("created_at", required=True),
    at("expires_at", required=True),
)

SETUP_LINK: Final = Table(
    "setup_link",
    METADATA,
    key("token_hash"),
    text("login", required=True),
    text("role", required=True),
    at("created_at", required=True),
    at("expires_at", required=True),
    at("used_at"),
)
