"""Run by Alembic inside the transaction that `bot.store.migrate` hands over."""

from alembic import context

from bot.store import asked_schema
from bot.store.migrate import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=asked_schema.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
