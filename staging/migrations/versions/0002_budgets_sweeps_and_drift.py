"""Budgets, sweeps and drift.

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.Numeric(20, 4).with_variant(sa.Float(), "sqlite")
DOCUMENT = sa.Text().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "call_pace",
        sa.Column("connection", STRING, nullable=False),
        sa.Column("call_kind", STRING, nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "call_kind", "slot", name=op.f("pk_call_pace")),
    )
    op.create_table(
        "connection_state",
        sa.Column("connection", STRING, nullable=False),
        sa.Column("paused_at", STRING, nullable=True),
        sa.Column("paused_by", STRING, nullable=True),
        sa.Column("pause_reason", STRING, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=True),
        sa.Column("open_until", STRING, nullable=True),
        sa.Column("last_error", STRING, nullable=True),
        sa.Column("used", sa.Integer(), nullable=True),
        sa.Column("allowed", sa.Integer(), nullable=True),
        sa.Column("resets_at", STRING, nullable=True),
        sa.Column("told_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("connection", name=op.f("pk_connection_state")),
    )
    op.create_table(
        "drift",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("field", STRING, nullable=True),
        sa.Column("what", STRING, nullable=False),
        sa.Column("detail", DOCUMENT, nullable=True),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_drift")),
    )
    op.create_table(
        "sweep",
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("sweep_kind", STRING, nullable=False),
        sa.Column("at", STRING, nullable=False),
        sa.Column("run_id", STRING, nullable=True),
        sa.Column("result", DOCUMENT, nullable=True),
        sa.PrimaryKeyConstraint("connection", "object", "sweep_kind", name=op.f("pk_sweep")),
    )
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.add_column(sa.Column("method", STRING, nullable=True))
        batch_op.add_column(sa.Column("window_since", STRING, nullable=True))
        batch_op.add_column(sa.Column("window_until", STRING, nullable=True))

    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.drop_index(
            batch_op.f("ix_record_living"), sqlite_where=sa.text("deleted_at IS NULL")
        )
        batch_op.create_index(
            "ix_record_modified",
            ["connection", "object", "modified_at"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_record_modified",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_record_living"),
            ["connection", "object", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
        )

    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.drop_column("window_until")
        batch_op.drop_column("window_since")
        batch_op.drop_column("method")

    op.drop_table("sweep")
    op.drop_table("drift")
    op.drop_table("connection_state")
    op.drop_table("call_pace")
