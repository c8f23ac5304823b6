"""Parts of a larger task are marked among what an owner follows: the others are listed and counted by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("task_followers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("part", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.drop_index("ix_task_followers_owner")
        batch_op.create_index("ix_task_followers_listed", ["owner", "part", "followed_at", "task_id"], unique=False)
    followers = sa.table("task_followers", sa.column("task_id"), sa.column("part", sa.Boolean()))
    tasks = sa.table("tasks", sa.column("id"), sa.column("parent_id"))
    parts = sa.select(tasks.c.id).where(tasks.c.parent_id.is_not(None))
    op.execute(sa.update(followers).where(followers.c.task_id.in_(parts)).values(part=sa.true()))


def downgrade() -> None:
    with op.batch_alter_table("task_followers", schema=None) as batch_op:
        batch_op.drop_index("ix_task_followers_listed")
        batch_op.create_index("ix_task_followers_owner", ["owner", "followed_at"], unique=False)
        batch_op.drop_column("part")
