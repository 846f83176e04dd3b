"""What a channel wishes beside the kinds of event; NULL is what every channel had before."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("wishes", sa.Text(), nullable=True))
