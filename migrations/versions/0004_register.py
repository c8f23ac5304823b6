"""The contract register: segments and which of them count, uploads, conflicts, saved mappings and filters, exports."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "register_conflicts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("import_no", sa.BigInteger(), nullable=False),
        sa.Column("new_uid", sa.BigInteger(), nullable=False),
        sa.Column("old_uid", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("decided_at", sa.Double(), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_conflicts")),
    )
    with op.batch_alter_table("register_conflicts", schema=None) as batch_op:
        batch_op.create_index("ix_register_conflicts_import", ["import_no", "state", "id"], unique=False)

    op.create_table(
        "register_exports",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_exports")),
    )
    with op.batch_alter_table("register_exports", schema=None) as batch_op:
        batch_op.create_index("ix_register_exports_owned", ["owner", "expires_at"], unique=False)

    op.create_table(
        "register_filters",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_filters")),
    )
    with op.batch_alter_table("register_filters", schema=None) as batch_op:
        batch_op.create_index("uq_register_filters_named", ["owner", "name"], unique=True)

    op.create_table(
        "register_mappings",
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("columns_key", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("used_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "columns_key", name=op.f("pk_register_mappings")),
    )
    op.create_table(
        "register_segments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("imports", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("retired_at", sa.Double(), nullable=True),
        sa.Column("damaged", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_segments")),
    )
    op.create_table(
        "register_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_state")),
    )
    op.create_table(
        "register_uploads",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("recognised", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("mapping", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("on_duplicate", sa.String(length=8), nullable=True),
        sa.Column("task_id", sa.String(length=36), nullable=True),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_register_uploads")),
        sa.UniqueConstraint("id", name=op.f("uq_register_uploads_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("register_uploads", schema=None) as batch_op:
        batch_op.create_index("ix_register_uploads_owned", ["owner", "created_at"], unique=False)

    op.create_table(
        "register_members",
        sa.Column("segment_id", sa.String(length=36), nullable=False),
        sa.Column("hidden_file", sa.String(length=64), nullable=True),
        sa.Column("hidden_rows", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["register_segments.id"], name=op.f("fk_register_members_segment_id_register_segments")),
        sa.PrimaryKeyConstraint("segment_id", name=op.f("pk_register_members")),
    )
    state = sa.table("register_state", sa.column("id"), sa.column("version"), sa.column("updated_at"))
    op.execute(sa.insert(state).values(id=1, version=0, updated_at=0.0))


def downgrade() -> None:
    for table in ("members", "segments", "state", "uploads", "conflicts", "mappings", "filters", "exports"):
        op.drop_table(f"register_{table}")
