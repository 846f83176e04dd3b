"""Who asked for a retry, which jobs were put in front, and what is to run first."""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "submissions", sa.Column("first", sa.Boolean, nullable=False, server_default=sa.text("false"))
    )
    op.create_table(
        "retries",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.Column("reply_to", sa.BigInteger),
        sa.Column("parent_id", sa.BigInteger),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("retried", sa.BigInteger, nullable=False),
        sa.Column("above", sa.BigInteger, nullable=False),
        sa.Column("number", sa.BigInteger),
        sa.Column("ended_at", TIME),
        sqlite_autoincrement=True,
    )
    unended = sa.text("ended_at IS NULL")
    op.create_index("retries_unended", "retries", ["server"], sqlite_where=unended, postgresql_where=unended)
    op.create_index("retries_number", "retries", ["server", "number"])
    op.create_index("retries_retried", "retries", ["server", "retried"])
    op.create_index("retries_asked", "retries", ["asked_at"])
    op.create_table(
        "replacements",
        sa.Column("submission_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], ondelete="CASCADE", name="submission"),
    )
    op.create_index("replacements_number", "replacements", ["server", "number"])
