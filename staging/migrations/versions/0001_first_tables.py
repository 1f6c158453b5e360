"""First tables.

Revision 0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.Numeric(20, 4).with_variant(sa.Float(), "sqlite")
DOCUMENT = sa.Text().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", STRING, nullable=False),
        sa.Column("name", STRING, nullable=True),
        sa.Column("name_kana", STRING, nullable=True),
        sa.Column("corporate_number", STRING, nullable=True),
        sa.Column("customer_code", STRING, nullable=True),
        sa.Column("domain", STRING, nullable=True),
        sa.Column("phone", STRING, nullable=True),
        sa.Column("city", STRING, nullable=True),
        sa.Column("industry", STRING, nullable=True),
        sa.Column("employees", sa.Integer(), nullable=True),
        sa.Column("is_partner", sa.Boolean(), nullable=True),
        sa.Column("is_marked_customer", sa.Boolean(), nullable=True),
        sa.Column("owner_id", STRING, nullable=True),
        sa.Column("provenance", DOCUMENT, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index("ix_account_owner_id", ["owner_id"], unique=False)

    op.create_table(
        "account_metric",
        sa.Column("id", STRING, nullable=False),
        sa.Column("is_customer", sa.Boolean(), nullable=True),
        sa.Column("revenue_total", NUMBER, nullable=True),
        sa.Column("revenue_365d", NUMBER, nullable=True),
        sa.Column("revenue_90d", NUMBER, nullable=True),
        sa.Column("revenue_prev_90d", NUMBER, nullable=True),
        sa.Column("orders", sa.Integer(), nullable=True),
        sa.Column("first_order_on", STRING, nullable=True),
        sa.Column("last_order_on", STRING, nullable=True),
        sa.Column("next_renewal_on", STRING, nullable=True),
        sa.Column("open_opportunities", sa.Integer(), nullable=True),
        sa.Column("won_opportunities", sa.Integer(), nullable=True),
        sa.Column("open_complaints", sa.Integer(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("active_prospects", sa.Integer(), nullable=True),
        sa.Column("page_views_30d", sa.Integer(), nullable=True),
        sa.Column("pricing_views_30d", sa.Integer(), nullable=True),
        sa.Column("forms_90d", sa.Integer(), nullable=True),
        sa.Column("last_engaged_at", STRING, nullable=True),
        sa.Column("last_touched_at", STRING, nullable=True),
        sa.Column("touched_30d", sa.Boolean(), nullable=True),
        sa.Column("as_of", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_metric")),
    )
    op.create_table(
        "activity",
        sa.Column("id", STRING, nullable=False),
        sa.Column("kind", STRING, nullable=True),
        sa.Column("subject", STRING, nullable=True),
        sa.Column("status", STRING, nullable=True),
        sa.Column("is_done", sa.Boolean(), nullable=True),
        sa.Column("due_at", STRING, nullable=True),
        sa.Column("created_at", STRING, nullable=True),
        sa.Column("tasuki_key", STRING, nullable=True),
        sa.Column("account_id", STRING, nullable=True),
        sa.Column("person_id", STRING, nullable=True),
        sa.Column("opportunity_id", STRING, nullable=True),
        sa.Column("owner_id", STRING, nullable=True),
        sa.Column("connection", STRING, nullable=True),
        sa.Column("object", STRING, nullable=True),
        sa.Column("record_id", STRING, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index("ix_activity_account_id", ["account_id"], unique=False)
        batch_op.create_index("ix_activity_opportunity_id", ["opportunity_id"], unique=False)
        batch_op.create_index("ix_activity_owner_id", ["owner_id"], unique=False)
        batch_op.create_index("ix_activity_person_id", ["person_id"], unique=False)
        batch_op.create_index(
            "ix_activity_tasuki_key",
            ["tasuki_key"],
            unique=False,
            sqlite_where=sa.text("tasuki_key IS NOT NULL"),
            postgresql_where=sa.text("tasuki_key IS NOT NULL"),
        )

    op.create_table(
        "alias",
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("old_id", STRING, nullable=False),
        sa.Column("new_id", STRING, nullable=False),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("connection", "object", "old_id", name=op.f("pk_alias")),
    )
    op.create_table(
        "api_call_budget",
        sa.Column("connection", STRING, nullable=False),
        sa.Column("day", STRING, nullable=False),
        sa.Column("lane", STRING, nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "day", "lane", name=op.f("pk_api_call_budget")),
    )
    op.create_table(
        "approval",
        sa.Column("plan_id", STRING, nullable=False),
        sa.Column("by", STRING, nullable=False),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "by", name=op.f("pk_approval")),
    )
    op.create_table(
        "assignment",
        sa.Column("scenario_run_id", STRING, nullable=False),
        sa.Column("entity_id", STRING, nullable=False),
        sa.Column("entity", STRING, nullable=False),
        sa.Column("arm", STRING, nullable=False),
        sa.Column("branch", STRING, nullable=True),
        sa.Column("reason", STRING, nullable=True),
        sa.Column("in_audience", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("scenario_run_id", "entity_id", name=op.f("pk_assignment")),
    )
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", STRING, nullable=False),
        sa.Column("who", STRING, nullable=False),
        sa.Column("action", STRING, nullable=False),
        sa.Column("target", STRING, nullable=True),
        sa.Column("detail", DOCUMENT, nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_table(
        "base",
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("id", STRING, nullable=False),
        sa.Column("normalized", DOCUMENT, nullable=True),
        sa.Column("sent", DOCUMENT, nullable=True),
        sa.Column("mapping_version", STRING, nullable=True),
        sa.PrimaryKeyConstraint("connection", "object", "id", name=op.f("pk_base")),
    )
    op.create_table(
        "campaign",
        sa.Column("id", STRING, nullable=False),
        sa.Column("name", STRING, nullable=True),
        sa.Column("status", STRING, nullable=True),
        sa.Column("connection", STRING, nullable=True),
        sa.Column("object", STRING, nullable=True),
        sa.Column("record_id", STRING, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_table(
        "campaign_member",
        sa.Column("id", STRING, nullable=False),
        sa.Column("campaign_id", STRING, nullable=True),
        sa.Column("person_id", STRING, nullable=True),
        sa.Column("status", STRING, nullable=True),
        sa.Column("has_responded", sa.Boolean(), nullable=True),
        sa.Column("connection", STRING, nullable=True),
        sa.Column("object", STRING, nullable=True),
        sa.Column("record_id", STRING, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_member")),
    )
    with op.batch_alter_table("campaign_member", schema=None) as batch_op:
        batch_op.create_index("ix_campaign_member_campaign_id", ["campaign_id"], unique=False)
        batch_op.create_index("ix_campaign_member_person_id", ["person_id"], unique=False)

    op.create_table(
        "case_",
        sa.Column("id", STRING, nullable=False),
        sa.Column("subject", STRING, nullable=True),
        sa.Column("kind", STRING, nullable=True),
        sa.Column("is_closed", sa.Boolean(), nullable=True),
        sa.Column("opened_at", STRING, nullable=True),
        sa.Column("account_id", STRING, nullable=True),
        sa.Column("person_id", STRING, nullable=True),
        sa.Column("connection", STRING, nullable=True),
        sa.Column("object", STRING, nullable=True),
        sa.Column("record_id", STRING, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_")),
    )
    with op.batch_alter_table("case_", schema=None) as batch_op:
        batch_op.create_index("ix_case__account_id", ["account_id"], unique=False)
        batch_op.create_index("ix_case__person_id", ["person_id"], unique=False)

    op.create_table(
        "certificate",
        sa.Column("run_id", STRING, nullable=False),
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("platform_count", sa.Integer(), nullable=False),
        sa.Column("staged_count", sa.Integer(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "connection", "object", name=op.f("pk_certificate")),
    )
    op.create_table(
        "change",
        sa.Column("id", STRING, nullable=False),
        sa.Column("plan_id", STRING, nullable=False),
        sa.Column("write_id", STRING, nullable=False),
        sa.Column("intent_id", STRING, nullable=True),
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("record_id", STRING, nullable=True),
        sa.Column("verb", STRING, nullable=False),
        sa.Column("field", STRING, nullable=False),
        sa.Column("before", DOCUMENT, nullable=True),
        sa.Column("after", DOCUMENT, nullable=True),
        sa.Column("risk", STRING, nullable=False),
        sa.Column("cause", DOCUMENT, nullable=True),
        sa.Column("label", STRING, nullable=True),
        sa.Column("state", STRING, nullable=False),
        sa.Column("reason", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
    )
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.create_index("ix_change_plan", ["plan_id", "state"], unique=False)
        batch_op.create_index(
            "ix_change_record", ["connection", "object", "record_id"], unique=False
        )
        batch_op.create_index("ix_change_write", ["write_id"], unique=False)

    op.create_table(
        "conflict",
        sa.Column("id", STRING, nullable=False),
        sa.Column("entity", STRING, nullable=False),
        sa.Column("entity_id", STRING, nullable=False),
        sa.Column("field", STRING, nullable=False),
        sa.Column("candidates", DOCUMENT, nullable=True),
        sa.Column("state", STRING, nullable=False),
        sa.Column("chosen", DOCUMENT, nullable=True),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict")),
    )
    op.create_table(
        "console_user",
        sa.Column("id", STRING, nullable=False),
        sa.Column("name", STRING, nullable=False),
        sa.Column("password_hash", STRING, nullable=False),
        sa.Column("role", STRING, nullable=False),
        sa.Column("language", STRING, nullable=True),
        sa.Column("user_id", STRING, nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_user")),
    )
    op.create_table(
        "contact_role",
        sa.Column("id", STRING, nullable=False),
        sa.Column("opportunity_id", STRING, nullable=True),
        sa.Column("person_id", STRING, nullable=True),
        sa.Column("role", STRING, nullable=True),
        sa.Column("is_primary", sa.Boolean(), nullable=True),
        sa.Column("connection", STRING, nullable=True),
        sa.Column("object", STRING, nullable=True),
        sa.Column("record_id", STRING, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_role")),
    )
    with op.batch_alter_table("contact_role", schema=None) as batch_op:
        batch_op.create_index("ix_contact_role_opportunity_id", ["opportunity_id"], unique=False)
        batch_op.create_index("ix_contact_role_person_id", ["person_id"], unique=False)

    op.create_table(
        "contract",
        sa.Column("id", STRING, nullable=False),
        sa.Column("account_id", STRING, nullable=True),
        sa.Column("customer_code", STRING, nullable=True),
        sa.Column("product", STRING, nullable=True),
        sa.Column("started_on", STRING, nullable=True),
        sa.Column("renews_on", STRING, nullable=True),
        sa.Column("installed_on", STRING, nullable=True),
        sa.Column("annual_amount", NUMBER, nullable=True),
        sa.Column("connection", STRING, nullable=True),
        sa.Column("object", STRING, nullable=True),
        sa.Column("record_id", STRING, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
    )
    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.create_index("ix_contract_account_id", ["account_id"], unique=False)

    op.create_table(
        "cursor",
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("stream", STRING, nullable=False),
        sa.Column("value", STRING, nullable=True),
        sa.Column("fields_digest", STRING, nullable=True),
        sa.Column("run_id", STRING, nullable=True),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("connection", "object", "stream", name=op.f("pk_cursor")),
    )
    op.create_table(
        "dirty",
        sa.Column("consumer", STRING, nullable=False),
        sa.Column("kind", STRING, nullable=False),
        sa.Column("id", STRING, nullable=False),
        sa.PrimaryKeyConstraint("consumer", "kind", "id", name=op.f("pk_dirty")),
    )
    op.create_table(
        "engagement",
        sa.Column("id", STRING, nullable=False),
        sa.Column("kind", STRING, nullable=True),
        sa.Column("occurred_at", STRING, nullable=True),
        sa.Column("visitor", STRING, nullable=True),
        sa.Column("session", STRING, nullable=True),
        sa.Column("url", STRING, nullable=True),
        sa.Column("topic", STRING, nullable=True),
        sa.Column("product", STRING, nullable=True),
        sa.Column("interest_stage", STRING, nullable=True),
        sa.Column("interest", STRING, nullable=True),
        sa.Column("email", STRING, nullable=True),
        sa.Column("person_id", STRING, nullable=True),
        sa.Column("connection", STRING, nullable=True),
        sa.Column("object", STRING, nullable=True),
        sa.Column("record_id", STRING, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement")),
    )
    with op.batch_alter_table("engagement", schema=None) as batch_op:
        batch_op.create_index("ix_engagement_person_id", ["person_id"], unique=False)
        batch_op.create_index(
            "ix_engagement_untagged",
            ["interest"],
            unique=False,
            sqlite_where=sa.text("interest IS NULL AND url IS NOT NULL"),
            postgresql_where=sa.text("interest IS NULL AND url IS NOT NULL"),
        )
        batch_op.create_index("ix_engagement_visitor", ["visitor"], unique=False)

    op.create_table(
        "handoff",
        sa.Column("id", STRING, nullable=False),
        sa.Column("need_id", STRING, nullable=False),
        sa.Column("rule", STRING, nullable=False),
        sa.Column("from_team", STRING, nullable=False),
        sa.Column("to_team", STRING, nullable=False),
        sa.Column("state", STRING, nullable=False),
        sa.Column("assignee", STRING, nullable=True),
        sa.Column("assigned_by", STRING, nullable=True),
        sa.Column("offered_at", STRING, nullable=False),
        sa.Column("accept_due_at", STRING, nullable=True),
        sa.Column("contact_due_at", STRING, nullable=True),
        sa.Column("decided_at", STRING, nullable=True),
        sa.Column("decided_by", STRING, nullable=True),
        sa.Column("reason", STRING, nullable=True),
        sa.Column("recycle_at", STRING, nullable=True),
        sa.Column("facts", DOCUMENT, nullable=True),
        sa.Column("version", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoff")),
    )
    with op.batch_alter_table("handoff", schema=None) as batch_op:
        batch_op.create_index("ix_handoff_need", ["need_id"], unique=False)
        batch_op.create_index("ix_handoff_state", ["state", "to_team"], unique=False)

    op.create_table(
        "handoff_event",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("handoff_id", STRING, nullable=False),
        sa.Column("need_id", STRING, nullable=False),
        sa.Column("event", STRING, nullable=False),
        sa.Column("by", STRING, nullable=False),
        sa.Column("detail", STRING, nullable=True),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_handoff_event")),
    )
    with op.batch_alter_table("handoff_event", schema=None) as batch_op:
        batch_op.create_index("ix_handoff_event_handoff", ["handoff_id"], unique=False)

    op.create_table(
        "identity_key",
        sa.Column("entity", STRING, nullable=False),
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("id", STRING, nullable=False),
        sa.Column("kind", STRING, nullable=False),
        sa.Column("value", STRING, nullable=False),
        sa.PrimaryKeyConstraint(
            "entity", "connection", "object", "id", "kind", "value", name=op.f("pk_identity_key")
        ),
    )
    with op.batch_alter_table("identity_key", schema=None) as batch_op:
        batch_op.create_index("ix_identity_key_value", ["entity", "kind", "value"], unique=False)

    op.create_table(
        "intent",
        sa.Column("id", STRING, nullable=False),
        sa.Column("origin", STRING, nullable=False),
        sa.Column("lane", STRING, nullable=False),
        sa.Column("verb", STRING, nullable=False),
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("record_id", STRING, nullable=True),
        sa.Column("natural_key", DOCUMENT, nullable=True),
        sa.Column("fields", DOCUMENT, nullable=True),
        sa.Column("links", DOCUMENT, nullable=True),
        sa.Column("entity", STRING, nullable=True),
        sa.Column("entity_id", STRING, nullable=True),
        sa.Column("owner", STRING, nullable=True),
        sa.Column("cause", DOCUMENT, nullable=True),
        sa.Column("state", STRING, nullable=False),
        sa.Column("created_at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intent")),
    )
    with op.batch_alter_table("intent", schema=None) as batch_op:
        batch_op.create_index("ix_intent_state", ["state", "connection", "object"], unique=False)
        batch_op.create_index(
            "ix_intent_target", ["connection", "object", "record_id"], unique=False
        )

    op.create_table(
        "lease",
        sa.Column("name", STRING, nullable=False),
        sa.Column("holder", STRING, nullable=False),
        sa.Column("until", STRING, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "link",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("id", STRING, nullable=False),
        sa.Column("entity", STRING, nullable=False),
        sa.Column("entity_id", STRING, nullable=False),
        sa.Column("rule", STRING, nullable=False),
        sa.Column("evidence", STRING, nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("valid_from", STRING, nullable=False),
        sa.Column("valid_to", STRING, nullable=True),
        sa.Column("decided_by", STRING, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_link")),
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index("ix_link_entity", ["entity", "entity_id"], unique=False)
        batch_op.create_index("ix_link_record", ["connection", "entity", "id"], unique=False)
        batch_op.create_index(
            "uq_link_current",
            ["connection", "object", "id", "entity"],
            unique=True,
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )

    op.create_table(
        "need",
        sa.Column("id", STRING, nullable=False),
        sa.Column("account_id", STRING, nullable=True),
        sa.Column("person_id", STRING, nullable=True),
        sa.Column("opportunity_id", STRING, nullable=True),
        sa.Column("product", STRING, nullable=True),
        sa.Column("confidence", sa.Integer(), nullable=True),
        sa.Column("team", STRING, nullable=True),
        sa.Column("state", STRING, nullable=True),
        sa.Column("owner_id", STRING, nullable=True),
        sa.Column("opened_at", STRING, nullable=True),
        sa.Column("since", STRING, nullable=True),
        sa.Column("waiting", sa.Boolean(), nullable=True),
        sa.Column("provenance", DOCUMENT, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
    )
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.create_index("ix_need_account_id", ["account_id"], unique=False)
        batch_op.create_index("ix_need_opportunity_id", ["opportunity_id"], unique=False)
        batch_op.create_index("ix_need_owner_id", ["owner_id"], unique=False)
        batch_op.create_index("ix_need_person_id", ["person_id"], unique=False)

    op.create_table(
        "opportunity",
        sa.Column("id", STRING, nullable=False),
        sa.Column("name", STRING, nullable=True),
        sa.Column("stage", STRING, nullable=True),
        sa.Column("amount", NUMBER, nullable=True),
        sa.Column("close_date", STRING, nullable=True),
        sa.Column("is_closed", sa.Boolean(), nullable=True),
        sa.Column("is_won", sa.Boolean(), nullable=True),
        sa.Column("product", STRING, nullable=True),
        sa.Column("salesforce_id", STRING, nullable=True),
        sa.Column("created_at", STRING, nullable=True),
        sa.Column("account_id", STRING, nullable=True),
        sa.Column("owner_id", STRING, nullable=True),
        sa.Column("provenance", DOCUMENT, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunity")),
    )
    with op.batch_alter_table("opportunity", schema=None) as batch_op:
        batch_op.create_index("ix_opportunity_account_id", ["account_id"], unique=False)
        batch_op.create_index("ix_opportunity_owner_id", ["owner_id"], unique=False)

    op.create_table(
        "opportunity_line",
        sa.Column("id", STRING, nullable=False),
        sa.Column("opportunity_id", STRING, nullable=True),
        sa.Column("product", STRING, nullable=True),
        sa.Column("quantity", NUMBER, nullable=True),
        sa.Column("amount", NUMBER, nullable=True),
        sa.Column("connection", STRING, nullable=True),
        sa.Column("object", STRING, nullable=True),
        sa.Column("record_id", STRING, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunity_line")),
    )
    with op.batch_alter_table("opportunity_line", schema=None) as batch_op:
        batch_op.create_index(
            "ix_opportunity_line_opportunity_id", ["opportunity_id"], unique=False
        )

    op.create_table(
        "opportunity_metric",
        sa.Column("id", STRING, nullable=False),
        sa.Column("last_activity_at", STRING, nullable=True),
        sa.Column("last_stage_change_at", STRING, nullable=True),
        sa.Column("next_activity_at", STRING, nullable=True),
        sa.Column("idle_days", sa.Integer(), nullable=True),
        sa.Column("as_of", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunity_metric")),
    )
    op.create_table(
        "outcome",
        sa.Column("id", STRING, nullable=False),
        sa.Column("origin", STRING, nullable=False),
        sa.Column("entity", STRING, nullable=False),
        sa.Column("entity_id", STRING, nullable=False),
        sa.Column("kind", STRING, nullable=False),
        sa.Column("value", NUMBER, nullable=True),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome")),
    )
    op.create_table(
        "parked",
        sa.Column("id", STRING, nullable=False),
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("record_id", STRING, nullable=True),
        sa.Column("run_id", STRING, nullable=True),
        sa.Column("code", STRING, nullable=False),
        sa.Column("reason", STRING, nullable=False),
        sa.Column("fix", STRING, nullable=False),
        sa.Column("place", STRING, nullable=True),
        sa.Column("state", STRING, nullable=False),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked")),
    )
    op.create_table(
        "person",
        sa.Column("id", STRING, nullable=False),
        sa.Column("email", STRING, nullable=True),
        sa.Column("family_name", STRING, nullable=True),
        sa.Column("given_name", STRING, nullable=True),
        sa.Column("phone", STRING, nullable=True),
        sa.Column("title", STRING, nullable=True),
        sa.Column("role", STRING, nullable=True),
        sa.Column("lifecycle", STRING, nullable=True),
        sa.Column("company_name", STRING, nullable=True),
        sa.Column("opted_out", sa.Boolean(), nullable=True),
        sa.Column("account_id", STRING, nullable=True),
        sa.Column("owner_id", STRING, nullable=True),
        sa.Column("provenance", DOCUMENT, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index("ix_person_account_id", ["account_id"], unique=False)
        batch_op.create_index("ix_person_owner_id", ["owner_id"], unique=False)

    op.create_table(
        "person_metric",
        sa.Column("id", STRING, nullable=False),
        sa.Column("page_views_30d", sa.Integer(), nullable=True),
        sa.Column("pricing_views_30d", sa.Integer(), nullable=True),
        sa.Column("forms_90d", sa.Integer(), nullable=True),
        sa.Column("email_clicks_90d", sa.Integer(), nullable=True),
        sa.Column("last_engaged_at", STRING, nullable=True),
        sa.Column("has_cookie", sa.Boolean(), nullable=True),
        sa.Column("as_of", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_metric")),
    )
    op.create_table(
        "pin",
        sa.Column("entity", STRING, nullable=False),
        sa.Column("entity_id", STRING, nullable=False),
        sa.Column("field", STRING, nullable=False),
        sa.Column("value", DOCUMENT, nullable=True),
        sa.Column("by", STRING, nullable=False),
        sa.Column("reason", STRING, nullable=True),
        sa.Column("until", STRING, nullable=True),
        sa.PrimaryKeyConstraint("entity", "entity_id", "field", name=op.f("pk_pin")),
    )
    op.create_table(
        "plan",
        sa.Column("id", STRING, nullable=False),
        sa.Column("digest", STRING, nullable=False),
        sa.Column("state", STRING, nullable=False),
        sa.Column("author", STRING, nullable=False),
        sa.Column("created_at", STRING, nullable=False),
        sa.Column("expires_at", STRING, nullable=False),
        sa.Column("applied_at", STRING, nullable=True),
        sa.Column("run_id", STRING, nullable=True),
        sa.Column("undo_of", STRING, nullable=True),
        sa.Column("origin", STRING, nullable=True),
        sa.Column("counts", DOCUMENT, nullable=True),
        sa.Column("notes", DOCUMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_table(
        "platform_schema",
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("info", DOCUMENT, nullable=True),
        sa.Column("fetched_at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("connection", "object", name=op.f("pk_platform_schema")),
    )
    op.create_table(
        "product",
        sa.Column("id", STRING, nullable=False),
        sa.Column("sku", STRING, nullable=True),
        sa.Column("name", STRING, nullable=True),
        sa.Column("connection", STRING, nullable=True),
        sa.Column("object", STRING, nullable=True),
        sa.Column("record_id", STRING, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
    )
    op.create_table(
        "receipt",
        sa.Column("id", STRING, nullable=False),
        sa.Column("plan_id", STRING, nullable=False),
        sa.Column("run_id", STRING, nullable=False),
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("record_id", STRING, nullable=True),
        sa.Column("verb", STRING, nullable=False),
        sa.Column("natural_key", DOCUMENT, nullable=True),
        sa.Column("fields", DOCUMENT, nullable=True),
        sa.Column("links", DOCUMENT, nullable=True),
        sa.Column("before", DOCUMENT, nullable=True),
        sa.Column("state", STRING, nullable=False),
        sa.Column("created", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("reason", STRING, nullable=True),
        sa.Column("opened_at", STRING, nullable=False),
        sa.Column("settled_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index(
            "ix_receipt_record", ["connection", "object", "record_id"], unique=False
        )
        batch_op.create_index("ix_receipt_run", ["run_id"], unique=False)
        batch_op.create_index("ix_receipt_state", ["state"], unique=False)

    op.create_table(
        "record",
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("id", STRING, nullable=False),
        sa.Column("payload", DOCUMENT, nullable=True),
        sa.Column("digest", STRING, nullable=False),
        sa.Column("modified_at", STRING, nullable=True),
        sa.Column("modified_by", STRING, nullable=True),
        sa.Column("deleted_at", STRING, nullable=True),
        sa.Column("seen_run", STRING, nullable=True),
        sa.PrimaryKeyConstraint("connection", "object", "id", name=op.f("pk_record")),
    )
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.create_index(
            "ix_record_living",
            ["connection", "object", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "record_change",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("id", STRING, nullable=False),
        sa.Column("field", STRING, nullable=False),
        sa.Column("before", DOCUMENT, nullable=True),
        sa.Column("after", DOCUMENT, nullable=True),
        sa.Column("modified_at", STRING, nullable=True),
        sa.Column("modified_by", STRING, nullable=True),
        sa.Column("run_id", STRING, nullable=True),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_record_change")),
    )
    with op.batch_alter_table("record_change", schema=None) as batch_op:
        batch_op.create_index("ix_record_change_ref", ["connection", "object", "id"], unique=False)

    op.create_table(
        "reference",
        sa.Column("connection", STRING, nullable=False),
        sa.Column("object", STRING, nullable=False),
        sa.Column("id", STRING, nullable=False),
        sa.Column("field", STRING, nullable=False),
        sa.Column("target", STRING, nullable=False),
        sa.Column("entity", STRING, nullable=False),
        sa.PrimaryKeyConstraint(
            "connection", "object", "id", "field", "target", name=op.f("pk_reference")
        ),
    )
    with op.batch_alter_table("reference", schema=None) as batch_op:
        batch_op.create_index("ix_reference_target", ["entity", "target"], unique=False)

    op.create_table(
        "review",
        sa.Column("id", STRING, nullable=False),
        sa.Column("entity", STRING, nullable=False),
        sa.Column("left_ref", STRING, nullable=False),
        sa.Column("right_ref", STRING, nullable=False),
        sa.Column("reason", STRING, nullable=False),
        sa.Column("state", STRING, nullable=False),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_table(
        "run",
        sa.Column("id", STRING, nullable=False),
        sa.Column("kind", STRING, nullable=False),
        sa.Column("state", STRING, nullable=False),
        sa.Column("trigger", STRING, nullable=False),
        sa.Column("by", STRING, nullable=False),
        sa.Column("started_at", STRING, nullable=False),
        sa.Column("beat_at", STRING, nullable=False),
        sa.Column("ended_at", STRING, nullable=True),
        sa.Column("arguments", DOCUMENT, nullable=True),
        sa.Column("counts", DOCUMENT, nullable=True),
        sa.Column("error", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index("ix_run_started", ["started_at"], unique=False)

    op.create_table(
        "run_step",
        sa.Column("run_id", STRING, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", STRING, nullable=False),
        sa.Column("result", DOCUMENT, nullable=True),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_run_step")),
    )
    op.create_table(
        "sale",
        sa.Column("id", STRING, nullable=False),
        sa.Column("account_id", STRING, nullable=True),
        sa.Column("invoice_no", STRING, nullable=True),
        sa.Column("invoiced_on", STRING, nullable=True),
        sa.Column("customer_code", STRING, nullable=True),
        sa.Column("customer_name", STRING, nullable=True),
        sa.Column("corporate_number", STRING, nullable=True),
        sa.Column("product", STRING, nullable=True),
        sa.Column("quantity", NUMBER, nullable=True),
        sa.Column("amount", NUMBER, nullable=True),
        sa.Column("currency", STRING, nullable=True),
        sa.Column("connection", STRING, nullable=True),
        sa.Column("object", STRING, nullable=True),
        sa.Column("record_id", STRING, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale")),
    )
    with op.batch_alter_table("sale", schema=None) as batch_op:
        batch_op.create_index("ix_sale_account_id", ["account_id"], unique=False)

    op.create_table(
        "scenario_run",
        sa.Column("id", STRING, nullable=False),
        sa.Column("scenario", STRING, nullable=False),
        sa.Column("state", STRING, nullable=False),
        sa.Column("version", STRING, nullable=False),
        sa.Column("author", STRING, nullable=False),
        sa.Column("created_at", STRING, nullable=False),
        sa.Column("approved_by", STRING, nullable=True),
        sa.Column("approved_at", STRING, nullable=True),
        sa.Column("pushed_at", STRING, nullable=True),
        sa.Column("plan_id", STRING, nullable=True),
        sa.Column("counts", DOCUMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenario_run")),
    )
    with op.batch_alter_table("scenario_run", schema=None) as batch_op:
        batch_op.create_index("ix_scenario_run_scenario", ["scenario"], unique=False)

    op.create_table(
        "score",
        sa.Column("name", STRING, nullable=False),
        sa.Column("entity_id", STRING, nullable=False),
        sa.Column("entity", STRING, nullable=False),
        sa.Column("value", NUMBER, nullable=True),
        sa.Column("grade", STRING, nullable=True),
        sa.Column("parts", DOCUMENT, nullable=True),
        sa.Column("written_value", NUMBER, nullable=True),
        sa.Column("written_grade", STRING, nullable=True),
        sa.Column("version", STRING, nullable=True),
        sa.Column("as_of", STRING, nullable=False),
        sa.PrimaryKeyConstraint("name", "entity_id", name=op.f("pk_score")),
    )
    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.create_index("ix_score_entity", ["entity", "entity_id"], unique=False)

    op.create_table(
        "session",
        sa.Column("token_hash", STRING, nullable=False),
        sa.Column("console_user_id", STRING, nullable=False),
        sa.Column("created_at", STRING, nullable=False),
        sa.Column("expires_at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_table(
        "setup_link",
        sa.Column("token_hash", STRING, nullable=False),
        sa.Column("login", STRING, nullable=False),
        sa.Column("role", STRING, nullable=False),
        sa.Column("created_at", STRING, nullable=False),
        sa.Column("expires_at", STRING, nullable=False),
        sa.Column("used_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_setup_link")),
    )
    op.create_table(
        "signal",
        sa.Column("id", STRING, nullable=False),
        sa.Column("rule", STRING, nullable=False),
        sa.Column("entity", STRING, nullable=False),
        sa.Column("entity_id", STRING, nullable=False),
        sa.Column("facts", DOCUMENT, nullable=True),
        sa.Column("version", STRING, nullable=True),
        sa.Column("opened_at", STRING, nullable=False),
        sa.Column("closed_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal")),
    )
    with op.batch_alter_table("signal", schema=None) as batch_op:
        batch_op.create_index(
            "uq_signal_open",
            ["rule", "entity_id"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "stage_change",
        sa.Column("id", STRING, nullable=False),
        sa.Column("opportunity_id", STRING, nullable=True),
        sa.Column("stage", STRING, nullable=True),
        sa.Column("amount", NUMBER, nullable=True),
        sa.Column("changed_at", STRING, nullable=True),
        sa.Column("connection", STRING, nullable=True),
        sa.Column("object", STRING, nullable=True),
        sa.Column("record_id", STRING, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_change")),
    )
    with op.batch_alter_table("stage_change", schema=None) as batch_op:
        batch_op.create_index("ix_stage_change_opportunity_id", ["opportunity_id"], unique=False)

    op.create_table(
        "tombstone",
        sa.Column("hash", STRING, nullable=False),
        sa.Column("detail", DOCUMENT, nullable=True),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_tombstone")),
    )
    op.create_table(
        "user_",
        sa.Column("id", STRING, nullable=False),
        sa.Column("email", STRING, nullable=True),
        sa.Column("name", STRING, nullable=True),
        sa.Column("team", STRING, nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=True),
        sa.Column("provenance", DOCUMENT, nullable=True),
        sa.Column("updated_at", STRING, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_")),
    )
    op.create_table(
        "visitor_link",
        sa.Column("visitor", STRING, nullable=False),
        sa.Column("valid_from", STRING, nullable=False),
        sa.Column("person_id", STRING, nullable=False),
        sa.Column("rule", STRING, nullable=False),
        sa.PrimaryKeyConstraint("visitor", "valid_from", name=op.f("pk_visitor_link")),
    )
    op.create_table(
        "wake",
        sa.Column("entity", STRING, nullable=False),
        sa.Column("id", STRING, nullable=False),
        sa.Column("rule", STRING, nullable=False),
        sa.Column("at", STRING, nullable=False),
        sa.PrimaryKeyConstraint("entity", "id", "rule", name=op.f("pk_wake")),
    )
    with op.batch_alter_table("wake", schema=None) as batch_op:
        batch_op.create_index("ix_wake_at", ["at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("wake", schema=None) as batch_op:
        batch_op.drop_index("ix_wake_at")

    op.drop_table("wake")
    op.drop_table("visitor_link")
    op.drop_table("user_")
    op.drop_table("tombstone")
    with op.batch_alter_table("stage_change", schema=None) as batch_op:
        batch_op.drop_index("ix_stage_change_opportunity_id")

    op.drop_table("stage_change")
    with op.batch_alter_table("signal", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_signal_open",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.drop_table("signal")
    op.drop_table("setup_link")
    op.drop_table("session")
    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.drop_index("ix_score_entity")

    op.drop_table("score")
    with op.batch_alter_table("scenario_run", schema=None) as batch_op:
        batch_op.drop_index("ix_scenario_run_scenario")

    op.drop_table("scenario_run")
    with op.batch_alter_table("sale", schema=None) as batch_op:
        batch_op.drop_index("ix_sale_account_id")

    op.drop_table("sale")
    op.drop_table("run_step")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index("ix_run_started")

    op.drop_table("run")
    op.drop_table("review")
    with op.batch_alter_table("reference", schema=None) as batch_op:
        batch_op.drop_index("ix_reference_target")

    op.drop_table("reference")
    with op.batch_alter_table("record_change", schema=None) as batch_op:
        batch_op.drop_index("ix_record_change_ref")

    op.drop_table("record_change")
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_record_living",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.drop_table("record")
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_index("ix_receipt_state")
        batch_op.drop_index("ix_receipt_run")
        batch_op.drop_index("ix_receipt_record")

    op.drop_table("receipt")
    op.drop_table("product")
    op.drop_table("platform_schema")
    op.drop_table("plan")
    op.drop_table("pin")
    op.drop_table("person_metric")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index("ix_person_owner_id")
        batch_op.drop_index("ix_person_account_id")

    op.drop_table("person")
    op.drop_table("parked")
    op.drop_table("outcome")
    op.drop_table("opportunity_metric")
    with op.batch_alter_table("opportunity_line", schema=None) as batch_op:
        batch_op.drop_index("ix_opportunity_line_opportunity_id")

    op.drop_table("opportunity_line")
    with op.batch_alter_table("opportunity", schema=None) as batch_op:
        batch_op.drop_index("ix_opportunity_owner_id")
        batch_op.drop_index("ix_opportunity_account_id")

    op.drop_table("opportunity")
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.drop_index("ix_need_person_id")
        batch_op.drop_index("ix_need_owner_id")
        batch_op.drop_index("ix_need_opportunity_id")
        batch_op.drop_index("ix_need_account_id")

    op.drop_table("need")
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_link_current",
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )
        batch_op.drop_index("ix_link_record")
        batch_op.drop_index("ix_link_entity")

    op.drop_table("link")
    op.drop_table("lease")
    with op.batch_alter_table("intent", schema=None) as batch_op:
        batch_op.drop_index("ix_intent_target")
        batch_op.drop_index("ix_intent_state")

    op.drop_table("intent")
    with op.batch_alter_table("identity_key", schema=None) as batch_op:
        batch_op.drop_index("ix_identity_key_value")

    op.drop_table("identity_key")
    with op.batch_alter_table("handoff_event", schema=None) as batch_op:
        batch_op.drop_index("ix_handoff_event_handoff")

    op.drop_table("handoff_event")
    with op.batch_alter_table("handoff", schema=None) as batch_op:
        batch_op.drop_index("ix_handoff_state")
        batch_op.drop_index("ix_handoff_need")

    op.drop_table("handoff")
    with op.batch_alter_table("engagement", schema=None) as batch_op:
        batch_op.drop_index("ix_engagement_visitor")
        batch_op.drop_index(
            "ix_engagement_untagged",
            sqlite_where=sa.text("interest IS NULL AND url IS NOT NULL"),
            postgresql_where=sa.text("interest IS NULL AND url IS NOT NULL"),
        )
        batch_op.drop_index("ix_engagement_person_id")

    op.drop_table("engagement")
    op.drop_table("dirty")
    op.drop_table("cursor")
    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.drop_index("ix_contract_account_id")

    op.drop_table("contract")
    with op.batch_alter_table("contact_role", schema=None) as batch_op:
        batch_op.drop_index("ix_contact_role_person_id")
        batch_op.drop_index("ix_contact_role_opportunity_id")

    op.drop_table("contact_role")
    op.drop_table("console_user")
    op.drop_table("conflict")
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.drop_index("ix_change_write")
        batch_op.drop_index("ix_change_record")
        batch_op.drop_index("ix_change_plan")

    op.drop_table("change")
    op.drop_table("certificate")
    with op.batch_alter_table("case_", schema=None) as batch_op:
        batch_op.drop_index("ix_case__person_id")
        batch_op.drop_index("ix_case__account_id")

    op.drop_table("case_")
    with op.batch_alter_table("campaign_member", schema=None) as batch_op:
        batch_op.drop_index("ix_campaign_member_person_id")
        batch_op.drop_index("ix_campaign_member_campaign_id")

    op.drop_table("campaign_member")
    op.drop_table("campaign")
    op.drop_table("base")
    op.drop_table("audit")
    op.drop_table("assignment")
    op.drop_table("approval")
    op.drop_table("api_call_budget")
    op.drop_table("alias")
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_activity_tasuki_key",
            sqlite_where=sa.text("tasuki_key IS NOT NULL"),
            postgresql_where=sa.text("tasuki_key IS NOT NULL"),
        )
        batch_op.drop_index("ix_activity_person_id")
        batch_op.drop_index("ix_activity_owner_id")
        batch_op.drop_index("ix_activity_opportunity_id")
        batch_op.drop_index("ix_activity_account_id")

    op.drop_table("activity")
    op.drop_table("account_metric")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_index("ix_account_owner_id")

    op.drop_table("account")
