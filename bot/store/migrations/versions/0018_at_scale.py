"""What many rows of the outbox say is written once; indices for what would look through all that was."""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _events()
    _outbox_indices()
    _other_indices()


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("event", sa.Text, nullable=False),
    )
    op.execute(  # Alembic would copy all of SQLite's table for the key
        f"ALTER TABLE outbox ADD COLUMN event_id {'BIGINT' if _on_postgresql() else 'INTEGER'} "
        "CONSTRAINT fk_outbox_event_id REFERENCES events (id)"
    )
    op.execute("INSERT INTO events (id, event) SELECT row_id, event FROM outbox_events")
    op.execute("UPDATE outbox SET event_id = id WHERE id IN (SELECT row_id FROM outbox_events)")
    op.drop_table("outbox_events")
    if _on_postgresql():
        newest = "SELECT coalesce(max(id), 0) + 1 FROM events"
        op.execute(f"SELECT setval(pg_get_serial_sequence('events', 'id'), ({newest}), false)")


def _outbox_indices() -> None:
    _index("outbox_says", "outbox", ["event_id"], "event_id IS NOT NULL")
    _index("outbox_says_still", "outbox", ["settled_at"], "state = 'delivered' AND event_id IS NOT NULL")
    _index("outbox_messages", "outbox", ["channel_id", "message_id"], "message_id IS NOT NULL")
    _index("outbox_jobs", "outbox", ["server", "number"], "message_id IS NOT NULL")
    op.drop_index("outbox_pending", "outbox")
    _index("outbox_pending", "outbox", ["channel_id", "id"], "state = 'pending'")
    _index(
        "outbox_coalesced_pending",
        "outbox",
        ["channel_id", "coalescing_key"],
        "state = 'pending' AND coalescing_key IS NOT NULL",
    )
    _index("outbox_channels_in_hand", "outbox", ["channel_id", "id"], "group_id IS NOT NULL")


def _other_indices() -> None:
    op.drop_index("jobs_closed", "jobs")
    _index("jobs_closed", "jobs", ["server", "closed_at"], "closed_at IS NOT NULL")
    _index("public_answers_job", "public_answers", ["server", "number"])
    _index("public_answers_old", "public_answers", ["at"])
    _index("submissions_places", "submissions", ["channel_id", "guild_id"], "guild_id IS NOT NULL")
    op.drop_index("retries_asked", "retries")
    _index("retries_asked", "retries", ["user_id", "asked_at"])
    _index("retries_old", "retries", ["asked_at"])
    _index("replacements_open", "replacements", ["server"], "step <> 'done'")


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _index(name: str, table: str, columns: list[str], where: str | None = None) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
