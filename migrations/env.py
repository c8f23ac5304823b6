"""Alembic's entry: runs the migrations on the connection that ``tenderline.database.migrate`` hands in."""

from alembic import context

attributes = context.config.attributes
context.configure(connection=attributes["connection"], target_metadata=attributes.get("metadata"), render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
