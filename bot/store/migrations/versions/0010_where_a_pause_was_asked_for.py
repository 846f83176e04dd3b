"""A pause knows its guild: where the bot no longer works, nothing is told of it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pauses", sa.Column("guild_id", sa.BigInteger()))
