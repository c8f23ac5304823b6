"""Alembic's entry: runs the migrations on the connection that ``tenderline.database.migrate`` hands in."""

from alembic import context

from tenderline.database import Base
from tenderline.review import models as _review_models  # noqa: F401
from tenderline.tasks import models as _task_models  # noqa: F401

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
