"""Writes one can trust.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.Numeric(20, 4).with_variant(sa.Float(), "sqlite")
DOCUMENT = sa.Text().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("topic", STRING, nullable=False),
        sa.Column("level", STRING, nullable=False),
        sa.Column("mark", STRING, nullable=True),
        sa.Column("told_at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_alert")),
    )
    op.create_table(
        "automation",
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("kind", STRING, nullable=False),
        sa.Column("name", STRING, nullable=False),
        sa.Column("fires_on", DOCUMENT, nullable=True),
        sa.Column("fields", DOCUMENT, nullable=True),
        sa.Column("note", STRING, nullable=True),
        sa.Column("fetched_at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("connection", "object", "kind", "name", name=op.f("pk_automation")),
    )
    op.create_table(
        "rival",
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("record_id", STRING, nullable=False),
        sa.Column("field", STRING, nullable=False),
        sa.Column("rule", STRING, nullable=True),
        sa.Column("ours", DOCUMENT, nullable=True),
        sa.Column("theirs", DOCUMENT, nullable=True),
        sa.Column("flips", sa.Integer(), nullable=False),
        sa.Column("cycle", DOCUMENT, nullable=True),
        sa.Column("writer", STRING, nullable=True),
        sa.Column("writer_kind", STRING, nullable=True),
        sa.Column("state", STRING, nullable=False),
        sa.Column("first_at", STRING, nullable=False),
        sa.Column("last_at", STRING, nullable=False),
        sa.Column("resumed_by", STRING, nullable=True),
        sa.PrimaryKeyConstraint(
            "connection", "object", "record_id", "field", name=op.f("pk_rival")
        ),
    )
    with op.batch_alter_table("rival", schema=None) as batch_op:
        batch_op.create_index("ix_rival_state", ["state", "connection", "object"], unique=False)

    op.create_table(
        "trusted",
        sa.Column("rule", STRING, nullable=False),
        sa.Column("connection", STRING, nullable=False),
        sa.Column("plan_id", STRING, nullable=False),
        sa.Column("by", STRING, nullable=False),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("rule", "connection", name=op.f("pk_trusted")),
    )
    with op.batch_alter_table("approval", schema=None) as batch_op:
        batch_op.add_column(sa.Column("digest", STRING, nullable=True))

    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.create_index("ix_change_intent", ["intent_id"], unique=False)

    with op.batch_alter_table("connection_state", schema=None) as batch_op:
        batch_op.add_column(sa.Column("automations_at", STRING, nullable=True))

    with op.batch_alter_table("parked", schema=None) as batch_op:
        batch_op.add_column(sa.Column("intent_id", STRING, nullable=True))
        batch_op.add_column(sa.Column("label", STRING, nullable=True))
        batch_op.add_column(sa.Column("cells", STRING, nullable=True))
        batch_op.add_column(sa.Column("attempts", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("next_at", STRING, nullable=True))
        batch_op.add_column(sa.Column("settled_by", STRING, nullable=True))
        batch_op.add_column(sa.Column("settled_at", STRING, nullable=True))
        batch_op.create_index("ix_parked_state", ["state", "next_at"], unique=False)

    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("exchange", DOCUMENT, nullable=True))

    with op.batch_alter_table("user_", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", STRING, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("user_", schema=None) as batch_op:
        batch_op.drop_column("language")

    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_column("exchange")

    with op.batch_alter_table("parked", schema=None) as batch_op:
        batch_op.drop_index("ix_parked_state")
        batch_op.drop_column("settled_at")
        batch_op.drop_column("settled_by")
        batch_op.drop_column("next_at")
        batch_op.drop_column("attempts")
        batch_op.drop_column("cells")
        batch_op.drop_column("label")
        batch_op.drop_column("intent_id")

    with op.batch_alter_table("connection_state", schema=None) as batch_op:
        batch_op.drop_column("automations_at")

    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.drop_index("ix_change_intent")

    with op.batch_alter_table("approval", schema=None) as batch_op:
        batch_op.drop_column("digest")

    op.drop_table("trusted")
    with op.batch_alter_table("rival", schema=None) as batch_op:
        batch_op.drop_index("ix_rival_state")

    op.drop_table("rival")
    op.drop_table("automation")
    op.drop_table("alert")
