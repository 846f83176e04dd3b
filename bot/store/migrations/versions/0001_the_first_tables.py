"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "guilds",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_guilds"),
    )
    op.create_table(
        "marks",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_marks"),
    )
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
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('owed', 'delivered', 'abandoned')", name=op.f("ck_outbox_state")),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint(
            "channel_id",
            "server",
            "number",
            "session_id",
            "kind",
            "image",
            name=op.f("uq_outbox_event"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_abandoned", "outbox", ["id"], **_where("state = 'abandoned'"))
    op.create_index("outbox_delivered", "outbox", ["settled_at"], **_where("state = 'delivered'"))
    op.create_index("outbox_in_hand", "outbox", ["group_id"], **_where("group_id IS NOT NULL"))
    op.create_index("outbox_owed", "outbox", ["channel_id", "id", "group_id"], **_where("state = 'owed'"))

    op.create_table(
        "servers",
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("highest", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        sa.Column("newest_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("server", name="pk_servers"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("channel_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("server", sa.Text(), nullable=True),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", name="pk_subscriptions"),
    )
    op.create_index("subscriptions_guild", "subscriptions", ["guild_id"])

    op.create_table(
        "jobs",
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["server"], ["servers.server"], name="fk_jobs_server", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("server", "number", name="pk_jobs"),
    )
    op.create_index("jobs_closed", "jobs", ["closed_at"], **_where("closed_at IS NOT NULL"))
    op.create_index("jobs_unfinished", "jobs", ["server", "number"], **_where("closed_at IS NULL"))
