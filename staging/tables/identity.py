"""Who is who: keys, dated links with their evidence, and what waits for a person."""

from typing import Final

from sqlalchemy import Column, Float, Index, Table
from sqlalchemy import text as sql

from staging.tables.columns import METADATA, at, document, key, sequence, text

IDENTITY_KEY: Final = Table(
    "identity_key",
    METADATA,
    key("entity"),
    key("connection"),
    key("object"),
    key("id"),
    key("kind"),
    key("value"),
    # holds the whole row, so that who shares a value is answered without a look at the table
    Index("ix_identity_key_value", "entity", "kind", "value", "connection", "object", "id"),
)

LINK: Final = Table(
    "link",
    METADATA,
    sequence(),
    text("connection", required=True),
    text("object", required=True),
    text("id", required=True),
    text("entity", required=True),
    text("entity_id", required=True),
    text("rule", required=True),
    text("evidence"),
    Column("confidence", Float, nullable=False),
    at("valid_from", required=True),
    at("valid_to"),
    text("decided_by", required=True),
    Index(
        "uq_link_current",
        "connection",
        "object",
        "id",
        "entity",
        unique=True,
        sqlite_where=sql("valid_to IS NULL"),
        postgresql_where=sql("valid_to IS NULL"),
    ),
    Index("ix_link_entity", "entity", "entity_id"),
    Index("ix_link_record", "connection", "entity", "id"),
)

VISITOR_LINK: Final = Table(
    "visitor_link",
    METADATA,
    key("visitor"),
    key("valid_from"),  # the identify moment; the first one reaches back to the beginning
    text("person_id"),  # whose events they are from here on; empty: nobody's
    text("rule", required=True),
    # linked | unknown | quarantined (a forwarded link) | staff | bot | no_consent
    text("state", required=True, default="linked"),
    text("claimant_id"),  # for whom a quarantined link was made
    Index("ix_visitor_link_person_id", "person_id"),
    Index("ix_visitor_link_state", "state"),
)

REVIEW: Final = Table(
    "review",
    METADATA,
    key("id"),
    text("entity", required=True),
    text("left_ref", required=True),
    text("right_ref", required=True),
    text("reason", required=True),
    text("state", required=True),  # open | accepted | rejected | settled (answered by new data)
    at("at", required=True),
    document("evidence"),  # what the two share and in what they differ
    at("decided_at"),
    text("decided_by"),
    Index("ix_review_state", "state", "entity"),
)

RULING: Final = Table(
    "ruling",
    METADATA,
    key("entity"),
    key("left_ref"),  # the two records, in text order
    key("right_ref"),
    text("verdict", required=True),  # same | different; stands above every rule
    text("by", required=True),
    text("reason"),
    at("at", required=True),
    Index("ix_ruling_right", "entity", "right_ref"),
)

TOMBSTONE: Final = Table(
    "tombstone", METADATA, key("hash"), document("detail"), at("at", required=True)
)
