"""What is pending, and what is in hand, is looked for by channel and server."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

STREAM = ["channel_id", "server", "id"]


def upgrade() -> None:
    op.drop_index("outbox_pending", "outbox")
    op.drop_index("outbox_channels_in_hand", "outbox")
    _index("outbox_pending", "state = 'pending'")
    _index("outbox_streams_in_hand", "group_id IS NOT NULL")


def _index(name: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "outbox", STREAM, sqlite_where=condition, postgresql_where=condition)
