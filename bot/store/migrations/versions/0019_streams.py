"""What is pending is looked for by channel and server."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pending = sa.text("state = 'pending'")
    columns = ["channel_id", "server", "id", "group_id"]
    op.drop_index("outbox_pending", "outbox")
    op.create_index("outbox_pending", "outbox", columns, sqlite_where=pending, postgresql_where=pending)
