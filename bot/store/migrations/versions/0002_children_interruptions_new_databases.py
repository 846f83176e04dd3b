"""Jobs' children, servers' epochs, and interruptions for who hears of cancellations or failures."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

subscriptions = sa.table("subscriptions", sa.column("channel_id", sa.BigInteger), sa.column("kinds", sa.Text))


def upgrade() -> None:
    op.add_column("servers", sa.Column("epoch", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.execute("UPDATE servers SET newest_at = NULL")  # a baseline did not count what had ended before it
    op.add_column("jobs", sa.Column("parent", sa.BigInteger(), nullable=True))
    op.add_column("jobs", sa.Column("images", sa.Text(), nullable=True))
    children = sa.text("parent IS NOT NULL")
    op.create_index(
        "jobs_children", "jobs", ["server", "parent"], sqlite_where=children, postgresql_where=children
    )
    conn = op.get_bind()
    for channel_id, words in conn.execute(sa.select(subscriptions)).all():
        kinds = set(words.split())
        if kinds & {"canceled", "failed"}:
            this = sa.update(subscriptions).where(subscriptions.c.channel_id == channel_id)
            conn.execute(this.values(kinds=" ".join(sorted(kinds | {"interrupted"}))))
