"""Whole reviews: decisions and edits of findings, coverage of the guidelines, activities, standing guidelines, exports, costs."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("places", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("original", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("present", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("decided_at", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("decided_by", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("pattern", sa.String(length=200), server_default="", nullable=False))
    with op.batch_alter_table("chat_messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lookups", sa.JSON(), server_default="[]", nullable=False))
    with op.batch_alter_table("desk_sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("own_guidelines", sa.Text(), nullable=True))
    with op.batch_alter_table("section_reviews", schema=None) as batch_op:
        batch_op.add_column(sa.Column("key", sa.String(length=96), server_default="", nullable=False))
    with op.batch_alter_table("usage_records", schema=None) as batch_op:
        batch_op.add_column(sa.Column("section_index", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("cost", sa.BigInteger(), nullable=True))
        batch_op.create_index("ix_usage_records_day", ["created_at"], unique=False)

    op.create_table(
        "check_coverage",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("check_id", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("task_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["desk_sessions.id"], name=op.f("fk_check_coverage_session_id_desk_sessions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "check_id", name=op.f("pk_check_coverage")),
    )
    op.create_table(
        "activities",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("section_index", sa.Integer(), nullable=True),
        sa.Column("finding_id", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("undone_by", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["desk_sessions.id"], name=op.f("fk_activities_session_id_desk_sessions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
    )
    with op.batch_alter_table("activities", schema=None) as batch_op:
        batch_op.create_index("ix_activities_session", ["session_id", "id"], unique=False)

    op.create_table(
        "guidelines",
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("markdown", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_guidelines")),
    )
    op.create_table(
        "review_exports",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["desk_sessions.id"], name=op.f("fk_review_exports_session_id_desk_sessions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_exports")),
    )
    with op.batch_alter_table("review_exports", schema=None) as batch_op:
        batch_op.create_index("ix_review_exports_session", ["session_id", "created_at"], unique=False)


def downgrade() -> None:
    for table in ("review_exports", "guidelines", "activities", "check_coverage"):
        op.drop_table(table)
    with op.batch_alter_table("desk_sessions", schema=None) as batch_op:
        batch_op.drop_column("own_guidelines")
    with op.batch_alter_table("chat_messages", schema=None) as batch_op:
        batch_op.drop_column("lookups")
    with op.batch_alter_table("usage_records", schema=None) as batch_op:
        batch_op.drop_index("ix_usage_records_day")
        batch_op.drop_column("cost")
        batch_op.drop_column("section_index")
    # What the older schema has no word for goes: findings on the whole document, and those that only a decision had kept.
    op.execute("DELETE FROM findings WHERE section_index < 0 OR NOT present")
    op.execute("DELETE FROM section_reviews WHERE section_index < 0")
    with op.batch_alter_table("section_reviews", schema=None) as batch_op:
        batch_op.drop_column("key")
    with op.batch_alter_table("findings", schema=None) as batch_op:
        for column in ("pattern", "decided_by", "decided_at", "present", "original", "places"):
            batch_op.drop_column(column)
