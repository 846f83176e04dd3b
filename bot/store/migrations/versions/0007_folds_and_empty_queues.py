"""News that may share a message, and when each queue was last empty."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("fold", sa.Text(), nullable=True))
    folded = sa.text("fold IS NOT NULL AND message_id IS NOT NULL")
    op.create_index(
        "outbox_folded", "outbox", ["channel_id", "fold", "id"], sqlite_where=folded, postgresql_where=folded
    )
    op.add_column("servers", sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(  # what ended before is no news
        "UPDATE servers SET emptied_at = (SELECT max(closed_at) FROM jobs WHERE jobs.server = servers.server)"
    )
