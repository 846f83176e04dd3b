"""What people asked the bot to queue, and the styles that they keep."""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _submissions()
    _styles()


def _submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("batch_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.Column("reply_to", sa.BigInteger),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("jobs", sa.Integer, nullable=False),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("in_flight", sa.Integer, nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("ended_at", TIME),
        sa.UniqueConstraint("server", "batch_id", name="batch"),
        sqlite_autoincrement=True,
    )
    unsent, unended = sa.text("body IS NOT NULL"), sa.text("ended_at IS NULL")
    op.create_index(
        "submissions_unsent", "submissions", ["server", "id"], sqlite_where=unsent, postgresql_where=unsent
    )
    op.create_index(
        "submissions_unended",
        "submissions",
        ["server", "user_id"],
        sqlite_where=unended,
        postgresql_where=unended,
    )
    op.create_index("submissions_asked", "submissions", ["user_id", "asked_at"])
    op.create_index("submissions_old", "submissions", ["asked_at"])


def _styles() -> None:
    op.create_table(
        "styles",
        sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("graph", sa.Text, nullable=False),
        sa.Column("thumbnail", sa.LargeBinary),
        sa.Column("saved_by", sa.BigInteger, nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
    )
    op.create_table(
        "default_styles",
        sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("channel_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["guild_id", "key"],
            ["styles.guild_id", "styles.key"],
            ondelete="CASCADE",
            name="style",
        ),
    )
