"""The tables of the first release; revisions 0001 to 0007 were never released."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _ledger()
    _outbox()
    _channels()
    _small_things()


def _ledger() -> None:
    op.create_table(
        "servers",
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("highest", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        _time("newest_at", nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False, server_default=sa.text("0")),
        _time("emptied_at", nullable=True),
        sa.PrimaryKeyConstraint("server", name="pk_servers"),
    )
    op.create_table(
        "jobs",
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        _time("created_at"),
        _time("closed_at", nullable=True),
        sa.Column("parent", sa.BigInteger(), nullable=True),
        sa.Column("images", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["server"], ["servers.server"], name="fk_jobs_server", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("server", "number", name="pk_jobs"),
    )
    op.create_index("jobs_unfinished", "jobs", ["server", "number"], **_where("closed_at IS NULL"))
    op.create_index("jobs_children", "jobs", ["server", "parent"], **_where("parent IS NOT NULL"))
    op.create_index("jobs_closed", "jobs", ["closed_at"], **_where("closed_at IS NOT NULL"))
    op.create_table(
        "restarts",
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        _time("at"),
        sa.PrimaryKeyConstraint("server", "number", name="pk_restarts"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("image", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        _time("added_at"),
        _time("due_at"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=True),
        _time("lease_until", nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        _time("settled_at", nullable=True),
        sa.Column("batch_id", sa.Text(), nullable=True),
        sa.Column("on_sheet", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("coalescing_key", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'delivered', 'dead')", name=op.f("ck_outbox_state")),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint(
            "channel_id", "server", "number", "session_id", "kind", "image", name=op.f("uq_outbox_event")
        ),
        sqlite_autoincrement=True,
    )
    channel = "channel_id"
    pending, dead = "state = 'pending'", "state = 'dead'"
    coalesced = "coalescing_key IS NOT NULL AND message_id IS NOT NULL"
    op.create_index("outbox_pending", "outbox", [channel, "id", "group_id"], **_where(pending))
    op.create_index(
        "outbox_batches", "outbox", [channel, "batch_id", "due_at"], **_where("batch_id IS NOT NULL")
    )
    op.create_index(
        "outbox_pictures", "outbox", [channel, "due_at"], **_where(f"{pending} AND batch_id IS NOT NULL")
    )
    op.create_index("outbox_in_hand", "outbox", ["group_id"], **_where("group_id IS NOT NULL"))
    op.create_index("outbox_delivered", "outbox", ["settled_at"], **_where("state = 'delivered'"))
    op.create_index("outbox_coalesced", "outbox", [channel, "coalescing_key", "id"], **_where(coalesced))
    op.create_index("outbox_dead", "outbox", ["id"], **_where(dead))


def _channels() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("channel_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("server", sa.Text(), nullable=True),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("preferences", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("channel_id", name="pk_subscriptions"),
    )
    op.create_index("subscriptions_guild", "subscriptions", ["guild_id"])
    op.create_table(
        "suspensions",
        sa.Column("channel_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _time("since"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _time("next_attempt_at"),
        sa.PrimaryKeyConstraint("channel_id", name="pk_suspensions"),
    )
    op.create_table(
        "guilds",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_guilds"),
    )
    op.create_table(
        "cards",
        sa.Column("channel_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        _time("since"),
        sa.PrimaryKeyConstraint("channel_id", name="pk_cards"),
    )


def _small_things() -> None:
    op.create_table(
        "pauses",
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        _time("asked_at"),
        _time("until", nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("after_batch", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("server", name="pk_pauses"),
    )
    op.create_table(
        "key_values",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_key_values"),
    )


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
