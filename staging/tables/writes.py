"""What we want to be true, what we plan to write, and the answer to every write."""

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, Table
from sqlalchemy import text as sql

from staging.tables.columns import METADATA, at, document, key, text

INTENT: Final = Table(
    "intent",
    METADATA,
    key("id"),  # `<origin>:<target>`: the same wish twice is one intent
    text("origin", required=True),  # mapping:account | score:… | handoff:… | scenario:… | undo:…
    text("lane", required=True),  # handoffs | scenarios | mappings
    text("verb", required=True),
    text("connection", required=True),
    text("object", required=True),
    text("record_id"),
    document("natural_key"),  # [field, value] for creates
    document("fields"),  # platform field -> wanted value
    document("links"),  # [[object, id]]
    text("entity"),
    text("entity_id"),
    text("owner"),  # who receives a task: user_ id
    document("cause"),  # {rule, place, why, policy}
    text("state", required=True),  # open | held:why | parked | dropped | done | withdrawn | undone
    at("created_at", required=True),
    Index("ix_intent_state", "state", "connection", "object"),
    Index("ix_intent_target", "connection", "object", "record_id"),
)

PLAN: Final = Table(
    "plan",
    METADATA,
    key("id"),
    text("digest", required=True),
    text("state", required=True),  # draft | approved | applying | applied | discarded
    text("author", required=True),
    at("created_at", required=True),
    at("expires_at", required=True),
    at("applied_at"),
    text("run_id"),
    text("undo_of"),
    text("origin"),  # all | scenario:<run id> | undo:<run id>
    document("counts"),
    document("notes"),  # held back, guards tripped, calls needed
)

CHANGE: Final = Table(
    "change",
    METADATA,
    key("id"),
    text("plan_id", required=True),
    text("write_id", required=True),  # all changes of one record's write share it
    text("intent_id"),
    text("connection", required=True),
    text("object", required=True),
    text("record_id"),
    text("verb", required=True),
    text("field", required=True),
    document("before"),
    document("after"),
    text("risk", required=True),  # fill | create | overwrite | delete | automation
    document("cause"),
    text("label"),  # what a person calls the record
    text("state", required=True),  # planned | held | written | refused | parked | unknown
    text("reason"),
    Index("ix_change_plan", "plan_id", "state"),
    Index("ix_change_write", "write_id"),
    Index("ix_change_record", "connection", "object", "record_id"),
    Index("ix_change_intent", "intent_id"),
)

APPROVAL: Final = Table(
    "approval",
    METADATA,
    key("plan_id"),
    key("by"),
    at("at", required=True),
    text("digest"),  # what the plan said when this person said yes
)

RECEIPT: Final = Table(
    "receipt",
    METADATA,
    key("id"),  # the write's id
    text("plan_id", required=True),
    text("run_id", required=True),
    text("connection", required=True),
    text("object", required=True),
    text("record_id"),
    text("verb", required=True),
    document("natural_key"),
    document("fields"),  # what is sent
    document("links"),
    document("before"),  # what stood there at the re-read
    text("state", required=True),  # open | written | rejected | unknown | lost
    Column("created", Boolean, nullable=False, server_default=sql("false")),
    text("reason"),
    document("exchange"),  # what went over the wire, without secrets and values
    at("opened_at", required=True),
    at("settled_at"),
    Index("ix_receipt_state", "state"),
    Index("ix_receipt_run", "run_id"),
    Index("ix_receipt_record", "connection", "object", "record_id"),
)

PARKED: Final = Table(
    "parked",
    METADATA,
    key("id"),  # the write's id, or the ref of a row that could not be read
    text("connection", required=True),
    text("object", required=True),
    text("record_id"),
    text("run_id"),
    text("code", required=True),
    text("reason", required=True),
    text("fix", required=True),
    text("place"),
    text("state", required=True),  # open | dead | retried | dropped | closed
    at("at", required=True),
    text("intent_id"),  # the wish behind a refused write
    text("label"),  # what a person calls the record
    text("cells"),  # digest of what was refused: other values are another try
    Column("attempts", Integer),  # how often it was sent and refused
    at("next_at"),  # when it is tried again by itself; none: a person does
    text("settled_by"),  # who dropped or retried it
    at("settled_at"),
    Index("ix_parked_record", "connection", "object", "record_id"),
    Index("ix_parked_state", "state", "next_at"),
)

TRUSTED: Final = Table(
    "trusted",  # a rule's first apply to a connection was approved by a person and came true
    METADATA,
    key("rule"),  # mapping:account | score:… | signal:… | handoff:… | scenario:… | create:…
    key("connection"),
    text("plan_id", required=True),
    text("by", required=True),
    at("at", required=True),
)

RIVAL: Final = Table(
    "rival",  # somebody sets a field back that we write
    METADATA,
    key("connection"),
    key("object"),
    key("record_id"),
    key("field"),
    text("rule"),  # whose wish it is
    document("ours"),  # the value we write
    document("theirs"),  # the value it is set back to
    Column("flips", Integer, nullable=False),  # how often it was set back
    document("cycle"),  # [{value, at, by, by_kind, ours}] oldest first
    text("writer"),  # who sets it back
    text("writer_kind"),  # user | app | automation | unknown
    text("state", required=True),  # watched | paused | resumed
    at("first_at", required=True),
    at("last_at", required=True),
    text("resumed_by"),
    Index("ix_rival_state", "state", "connection", "object"),
)

CONFLICT: Final = Table(
    "conflict",
    METADATA,
    key("id"),  # `<entity>:<id>:<field>`
    text("entity", required=True),
    text("entity_id", required=True),
    text("field", required=True),
    document("candidates"),
    text("state", required=True),  # open | decided | resolved (they agree again) | overtaken
    document("chosen"),  # {value, ref}: what a person decided
    at("at", required=True),
    at("decided_at"),
    text("decided_by"),
    text("reason"),
    Index("ix_conflict_state", "state", "entity"),
)
