"""What the systems said: records, their history, and how far we have read."""

from typing import Final

from sqlalchemy import Index, Table
from sqlalchemy import text as sql

from staging.tables.columns import METADATA, at, document, key, sequence, text

ERASED: Final = "$erased"
"""All that stands in the payload of an erased record: its system still counts it, so we do."""

RECORD: Final = Table(
    "record",
    METADATA,
    key("connection"),
    key("object"),
    key("id"),
    document("payload"),
    text("digest", required=True),
    at("modified_at"),
    text("modified_by"),
    at("deleted_at"),
    text("gone"),  # of a deleted one: told (its system said so) | missing (nobody shows it)
    text("seen_run"),
    Index(
        "ix_record_modified",
        "connection",
        "object",
        "modified_at",
        sqlite_where=sql("deleted_at IS NULL"),
        postgresql_where=sql("deleted_at IS NULL"),
    ),
)

RECORD_CHANGE: Final = Table(
    "record_change",
    METADATA,
    sequence(),
    text("connection", required=True),
    text("object", required=True),
    text("id", required=True),
    text("field", required=True),
    document("before"),
    document("after"),
    at("modified_at"),
    text("modified_by"),
    text("run_id"),
    at("at", required=True),
    Index("ix_record_change_ref", "connection", "object", "id"),
)

BASE: Final = Table(
    "base",
    METADATA,
    key("connection"),
    key("object"),
    key("id"),
    document("normalized"),  # entity field -> value both sides last agreed on
    document("sent"),  # platform field -> value we last sent
    text("mapping_version"),
    text("digest"),  # of the record that says all of `normalized`; none where it says more
)

ALIAS: Final = Table(
    "alias",
    METADATA,
    key("connection"),
    key("object"),
    key("old_id"),
    text("new_id", required=True),
    at("at", required=True),
)

REFERENCE: Final = Table(
    "reference",
    METADATA,
    key("connection"),
    key("object"),
    key("id"),
    key("field"),
    key("target"),  # what the record points at: `ref:<connection>/<id>` or `key:<kind>=<value>`
    text("entity", required=True),
    Index("ix_reference_target", "entity", "target"),
)

PLATFORM_SCHEMA: Final = Table(
    "platform_schema",
    METADATA,
    key("connection"),
    key("object"),
    document("info"),
    at("fetched_at", required=True),
)

CURSOR: Final = Table(
    "cursor",
    METADATA,
    key("connection"),
    key("object"),
    key("stream"),  # page | deletes
    text("value"),
    text("fields_digest"),
    text("run_id"),
    at("at", required=True),
)

DIRTY: Final = Table(
    "dirty",
    METADATA,
    key("consumer"),
    key("kind"),
    key("id"),
)

WAKE: Final = Table(
    "wake",
    METADATA,
    key("entity"),
    key("id"),
    key("rule"),
    at("at", required=True),
    Index("ix_wake_at", "at"),
)
