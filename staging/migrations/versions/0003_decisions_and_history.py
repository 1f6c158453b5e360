"""Decisions and history.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.Numeric(20, 4).with_variant(sa.Float(), "sqlite")
DOCUMENT = sa.Text().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "entity_change",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("entity", STRING, nullable=False),
        sa.Column("entity_id", STRING, nullable=False),
        sa.Column("field", STRING, nullable=False),
        sa.Column("before", DOCUMENT, nullable=True),
        sa.Column("after", DOCUMENT, nullable=True),
        sa.Column("trace", DOCUMENT, nullable=True),
        sa.Column("run_id", STRING, nullable=True),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_entity_change")),
    )
    with op.batch_alter_table("entity_change", schema=None) as batch_op:
        batch_op.create_index("ix_entity_change_entity", ["entity", "entity_id"], unique=False)

    op.create_table(
        "org_unit",
        sa.Column("id", STRING, nullable=False),
        sa.Column("name", STRING, nullable=True),
        sa.Column("kind", STRING, nullable=True),
        sa.Column("city", STRING, nullable=True),
        sa.Column("account_id", STRING, nullable=True),
        sa.Column("provenance", DOCUMENT, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_org_unit")),
    )
    with op.batch_alter_table("org_unit", schema=None) as batch_op:
        batch_op.create_index("ix_org_unit_account_id", ["account_id"], unique=False)

    op.create_table(
        "ruling",
        sa.Column("entity", STRING, nullable=False),
        sa.Column("left_ref", STRING, nullable=False),
        sa.Column("right_ref", STRING, nullable=False),
        sa.Column("verdict", STRING, nullable=False),
        sa.Column("by", STRING, nullable=False),
        sa.Column("reason", STRING, nullable=True),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("entity", "left_ref", "right_ref", name=op.f("pk_ruling")),
    )
    with op.batch_alter_table("ruling", schema=None) as batch_op:
        batch_op.create_index("ix_ruling_right", ["entity", "right_ref"], unique=False)

    op.drop_table("pin")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("parent_id", STRING, nullable=True))
        batch_op.create_index("ix_account_parent_id", ["parent_id"], unique=False)

    with op.batch_alter_table("account_metric", schema=None) as batch_op:
        batch_op.add_column(sa.Column("billed_total", NUMBER, nullable=True))

    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ends_at", STRING, nullable=True))
        batch_op.add_column(sa.Column("provenance", DOCUMENT, nullable=True))
        batch_op.drop_column("connection")
        batch_op.drop_column("record_id")
        batch_op.drop_column("object")

    with op.batch_alter_table("base", schema=None) as batch_op:
        batch_op.add_column(sa.Column("digest", STRING, nullable=True))

    with op.batch_alter_table("case_", schema=None) as batch_op:
        batch_op.add_column(sa.Column("status", STRING, nullable=True))
        batch_op.add_column(sa.Column("priority", STRING, nullable=True))
        batch_op.add_column(sa.Column("tasuki_key", STRING, nullable=True))
        batch_op.add_column(sa.Column("provenance", DOCUMENT, nullable=True))
        batch_op.drop_column("connection")
        batch_op.drop_column("record_id")
        batch_op.drop_column("object")

    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.add_column(sa.Column("decided_at", STRING, nullable=True))
        batch_op.add_column(sa.Column("decided_by", STRING, nullable=True))
        batch_op.add_column(sa.Column("reason", STRING, nullable=True))
        batch_op.create_index("ix_conflict_state", ["state", "entity"], unique=False)

    with op.batch_alter_table("engagement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("recipient", STRING, nullable=True))
        batch_op.add_column(sa.Column("user_agent", STRING, nullable=True))
        batch_op.add_column(sa.Column("consent", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("filtered", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("issuer", STRING, nullable=True))
        batch_op.add_column(sa.Column("said_person_id", STRING, nullable=True))
        batch_op.add_column(sa.Column("ignored", STRING, nullable=True))
        batch_op.drop_index(batch_op.f("ix_engagement_visitor"))
        batch_op.create_index("ix_engagement_visitor", ["visitor", "occurred_at"], unique=False)
        batch_op.create_index(
            "ix_engagement_recipient",
            ["recipient"],
            unique=False,
            sqlite_where=sa.text("recipient IS NOT NULL"),
            postgresql_where=sa.text("recipient IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_engagement_telling",
            ["visitor", "occurred_at"],
            unique=False,
            sqlite_where=sa.text("email IS NOT NULL OR recipient IS NOT NULL OR consent IS FALSE"),
            postgresql_where=sa.text(
                "email IS NOT NULL OR recipient IS NOT NULL OR consent IS FALSE"
            ),
        )

    with op.batch_alter_table("identity_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_key_value"))
        batch_op.create_index(
            "ix_identity_key_value",
            ["entity", "kind", "value", "connection", "object", "id"],
            unique=False,
        )

    with op.batch_alter_table("parked", schema=None) as batch_op:
        batch_op.create_index(
            "ix_parked_record", ["connection", "object", "record_id"], unique=False
        )

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("department", STRING, nullable=True))
        batch_op.add_column(sa.Column("acquired_from", STRING, nullable=True))
        batch_op.add_column(sa.Column("acquired_on", STRING, nullable=True))
        batch_op.add_column(sa.Column("org_unit_id", STRING, nullable=True))
        batch_op.create_index("ix_person_org_unit_id", ["org_unit_id"], unique=False)

    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.add_column(sa.Column("description", STRING, nullable=True))
        batch_op.add_column(sa.Column("is_active", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("provenance", DOCUMENT, nullable=True))
        batch_op.drop_column("connection")
        batch_op.drop_column("record_id")
        batch_op.drop_column("object")

    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("gone", STRING, nullable=True))

    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.add_column(sa.Column("evidence", DOCUMENT, nullable=True))
        batch_op.add_column(sa.Column("decided_at", STRING, nullable=True))
        batch_op.add_column(sa.Column("decided_by", STRING, nullable=True))
        batch_op.create_index("ix_review_state", ["state", "entity"], unique=False)

    with op.batch_alter_table("sale", schema=None) as batch_op:
        batch_op.add_column(sa.Column("end_user_code", STRING, nullable=True))
        batch_op.add_column(sa.Column("end_user_name", STRING, nullable=True))
        batch_op.add_column(sa.Column("billed_account_id", STRING, nullable=True))
        batch_op.add_column(sa.Column("delivered_account_id", STRING, nullable=True))
        batch_op.add_column(sa.Column("paid_on", STRING, nullable=True))
        batch_op.create_index("ix_sale_billed_account_id", ["billed_account_id"], unique=False)
        batch_op.create_index(
            "ix_sale_delivered_account_id", ["delivered_account_id"], unique=False
        )

    with op.batch_alter_table("visitor_link", schema=None) as batch_op:
        batch_op.add_column(sa.Column("state", STRING, server_default="linked", nullable=False))
        batch_op.add_column(sa.Column("claimant_id", STRING, nullable=True))
        batch_op.alter_column("person_id", existing_type=STRING, nullable=True)
        batch_op.create_index("ix_visitor_link_person_id", ["person_id"], unique=False)
        batch_op.create_index("ix_visitor_link_state", ["state"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("visitor_link", schema=None) as batch_op:
        batch_op.drop_index("ix_visitor_link_state")
        batch_op.drop_index("ix_visitor_link_person_id")
        batch_op.alter_column("person_id", existing_type=STRING, nullable=False)
        batch_op.drop_column("claimant_id")
        batch_op.drop_column("state")

    with op.batch_alter_table("sale", schema=None) as batch_op:
        batch_op.drop_index("ix_sale_delivered_account_id")
        batch_op.drop_index("ix_sale_billed_account_id")
        batch_op.drop_column("paid_on")
        batch_op.drop_column("delivered_account_id")
        batch_op.drop_column("billed_account_id")
        batch_op.drop_column("end_user_name")
        batch_op.drop_column("end_user_code")

    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.drop_index("ix_review_state")
        batch_op.drop_column("decided_by")
        batch_op.drop_column("decided_at")
        batch_op.drop_column("evidence")

    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.drop_column("gone")

    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.add_column(sa.Column("object", STRING, nullable=True))
        batch_op.add_column(sa.Column("record_id", STRING, nullable=True))
        batch_op.add_column(sa.Column("connection", STRING, nullable=True))
        batch_op.drop_column("provenance")
        batch_op.drop_column("is_active")
        batch_op.drop_column("description")

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index("ix_person_org_unit_id")
        batch_op.drop_column("org_unit_id")
        batch_op.drop_column("acquired_on")
        batch_op.drop_column("acquired_from")
        batch_op.drop_column("department")

    with op.batch_alter_table("parked", schema=None) as batch_op:
        batch_op.drop_index("ix_parked_record")

    with op.batch_alter_table("identity_key", schema=None) as batch_op:
        batch_op.drop_index("ix_identity_key_value")
        batch_op.create_index(
            batch_op.f("ix_identity_key_value"), ["entity", "kind", "value"], unique=False
        )

    with op.batch_alter_table("engagement", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_engagement_telling",
            sqlite_where=sa.text("email IS NOT NULL OR recipient IS NOT NULL OR consent IS FALSE"),
            postgresql_where=sa.text(
                "email IS NOT NULL OR recipient IS NOT NULL OR consent IS FALSE"
            ),
        )
        batch_op.drop_index(
            "ix_engagement_recipient",
            sqlite_where=sa.text("recipient IS NOT NULL"),
            postgresql_where=sa.text("recipient IS NOT NULL"),
        )
        batch_op.drop_index("ix_engagement_visitor")
        batch_op.create_index(batch_op.f("ix_engagement_visitor"), ["visitor"], unique=False)
        batch_op.drop_column("ignored")
        batch_op.drop_column("said_person_id")
        batch_op.drop_column("issuer")
        batch_op.drop_column("filtered")
        batch_op.drop_column("consent")
        batch_op.drop_column("user_agent")
        batch_op.drop_column("recipient")

    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.drop_index("ix_conflict_state")
        batch_op.drop_column("reason")
        batch_op.drop_column("decided_by")
        batch_op.drop_column("decided_at")

    with op.batch_alter_table("case_", schema=None) as batch_op:
        batch_op.add_column(sa.Column("object", STRING, nullable=True))
        batch_op.add_column(sa.Column("record_id", STRING, nullable=True))
        batch_op.add_column(sa.Column("connection", STRING, nullable=True))
        batch_op.drop_column("provenance")
        batch_op.drop_column("tasuki_key")
        batch_op.drop_column("priority")
        batch_op.drop_column("status")

    with op.batch_alter_table("base", schema=None) as batch_op:
        batch_op.drop_column("digest")

    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("object", STRING, nullable=True))
        batch_op.add_column(sa.Column("record_id", STRING, nullable=True))
        batch_op.add_column(sa.Column("connection", STRING, nullable=True))
        batch_op.drop_column("provenance")
        batch_op.drop_column("ends_at")

    with op.batch_alter_table("account_metric", schema=None) as batch_op:
        batch_op.drop_column("billed_total")

    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_index("ix_account_parent_id")
        batch_op.drop_column("parent_id")

    op.create_table(
        "pin",
        sa.Column("entity", STRING, nullable=False),
        sa.Column("entity_id", STRING, nullable=False),
        sa.Column("field", STRING, nullable=False),
        sa.Column("value", STRING, nullable=True),
        sa.Column("by", STRING, nullable=False),
        sa.Column("reason", STRING, nullable=True),
        sa.Column("until", STRING, nullable=True),
        sa.PrimaryKeyConstraint("entity", "entity_id", "field", name=op.f("pk_pin")),
    )
    with op.batch_alter_table("ruling", schema=None) as batch_op:
        batch_op.drop_index("ix_ruling_right")

    op.drop_table("ruling")
    with op.batch_alter_table("org_unit", schema=None) as batch_op:
        batch_op.drop_index("ix_org_unit_account_id")

    op.drop_table("org_unit")
    with op.batch_alter_table("entity_change", schema=None) as batch_op:
        batch_op.drop_index("ix_entity_change_entity")

    op.drop_table("entity_change")
