"""The batch of an owed picture, and whether it goes onto a contact sheet."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("batch_id", sa.Text(), nullable=True))
    op.add_column(
        "outbox", sa.Column("on_sheet", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    batches = sa.text("batch_id IS NOT NULL")
    op.create_index(
        "outbox_batches",
        "outbox",
        ["channel_id", "batch_id", "due_at"],
        sqlite_where=batches,
        postgresql_where=batches,
    )
    pictures = sa.text("state = 'owed' AND batch_id IS NOT NULL")
    op.create_index(
        "outbox_pictures",
        "outbox",
        ["channel_id", "due_at"],
        sqlite_where=pictures,
        postgresql_where=pictures,
    )
