"""Followers, parents, the periodic schedule and totals of deleted tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "periodic",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("seen_until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_periodic")),
    )
    op.create_table(
        "task_totals",
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("executor", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("retries", sa.BigInteger(), nullable=False),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.Column("moves", sa.BigInteger(), nullable=False),
        sa.Column("waiting_seconds", sa.Double(), nullable=False),
        sa.Column("running_seconds", sa.Double(), nullable=False),
        sa.Column("waiting", sa.JSON(), nullable=False),
        sa.Column("running", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("operation", "executor", "state", name=op.f("pk_task_totals")),
    )
    op.create_table(
        "task_followers",
        sa.Column("task_id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("followed_at", sa.Double(), nullable=False),
        sa.Column("left_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_task_followers_task_id_tasks"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("task_id", "owner", name=op.f("pk_task_followers")),
    )
    with op.batch_alter_table("task_followers", schema=None) as batch_op:
        batch_op.create_index("ix_task_followers_owner", ["owner", "followed_at"], unique=False)

    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("moves", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("children_left", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index("ix_tasks_parent", ["parent_id"], unique=False)
    op.execute("INSERT INTO task_followers (task_id, owner, followed_at) SELECT id, owner, created_at FROM tasks")


def downgrade() -> None:
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index("ix_tasks_parent")
        batch_op.drop_column("children_left")
        batch_op.drop_column("moves")

    with op.batch_alter_table("task_followers", schema=None) as batch_op:
        batch_op.drop_index("ix_task_followers_owner")

    op.drop_table("task_followers")
    op.drop_table("task_totals")
    op.drop_table("periodic")
