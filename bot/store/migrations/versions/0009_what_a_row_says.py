"""What a row of the outbox says stands in a table of its own: once told, it makes room for the next."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox_events",
        sa.Column(
            "row_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("event", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["row_id"], ["outbox.id"], name="fk_outbox_events_row_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("row_id", name="pk_outbox_events"),
    )
    op.execute(
        "INSERT INTO outbox_events (row_id, event) SELECT id, event FROM outbox "
        "WHERE state <> 'delivered' OR coalescing_key IS NOT NULL"
    )
    op.drop_column("outbox", "event")
