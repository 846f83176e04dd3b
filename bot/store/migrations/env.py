"""Run by Alembic inside the transaction that `bot.store.migrate` hands over."""

from alembic import context

from bot.store import asked_schema, hourly_totals, people_tables
from bot.store.migrate import VERSION_TABLE

[metadata] = {each.metadata for each in (asked_schema, hourly_totals, people_tables)}
"""One for all tables: each of these adds its own."""

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
