"""The channel around a thread in which a person asked, what people want to hear of once, and who they are in
InvokeAI.
"""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("submissions", sa.Column("parent_id", sa.BigInteger))
    op.create_table(
        "waits",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("parent_id", sa.BigInteger),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("created_at", TIME),
        sa.Column("batch_id", sa.Text, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.UniqueConstraint("server", "user_id", "number", "batch_id", name="wait"),
    )
    op.create_index("waits_person", "waits", ["user_id"])
    op.create_table(
        "links",
        sa.Column("server", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("linked_at", TIME, nullable=False),
    )
