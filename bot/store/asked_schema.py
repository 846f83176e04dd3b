"""The tables of what people asked the bot to queue; those of `schema` and `people_tables` come with them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    literal_column,
    text,
)

from bot.store.columns import ForeignText, RowId, UtcDateTime
from bot.store.people_tables import metadata
from bot.store.schema import partial

submissions = Table(  # what people asked for, with how much of it is in InvokeAI's queue
    "submissions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("server", ForeignText, nullable=False),
    Column("batch_id", ForeignText, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger),
    Column("counted", Boolean, nullable=False),  # the quotas are for this person
    Column("reply_to", BigInteger),  # the message that answered, where all see it
    Column("asked_at", UtcDateTime, nullable=False),
    Column("jobs", Integer, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("in_flight", Integer, nullable=False),  # so many more may be there
    Column("body", ForeignText),  # JSON of the batch; NULL: all of it is sent
    Column("first", Boolean, nullable=False, server_default=text("false")),  # it runs before all that waits
    Column("ended_at", UtcDateTime),  # none of its jobs waits or runs since
    Column("parent_id", BigInteger),  # of a thread the channel around it
    UniqueConstraint("server", "batch_id", name="batch"),
    sqlite_autoincrement=True,
)
UNSENT = text("body IS NOT NULL")
partial("submissions_unsent", UNSENT, submissions.c.server, submissions.c.id)
UNENDED = text("ended_at IS NULL")
partial("submissions_unended", UNENDED, submissions.c.server, submissions.c.user_id)
Index("submissions_asked", submissions.c.user_id, submissions.c.asked_at)
Index("submissions_old", submissions.c.asked_at)
IN_GUILD = text("guild_id IS NOT NULL")
partial("submissions_places", IN_GUILD, submissions.c.channel_id, submissions.c.guild_id)

retries = Table(  # jobs that InvokeAI queued again itself: these keep their old batch
    "retries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("server", ForeignText, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger),
    Column("counted", Boolean, nullable=False),
    Column("reply_to", BigInteger),
    Column("parent_id", BigInteger),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("retried", BigInteger, nullable=False),  # the job that the new one names as its original
    Column("above", BigInteger, nullable=False),  # the new one's number is above that
    Column("number", BigInteger),  # the new one's; NULL: not known yet
    Column("ended_at", UtcDateTime),  # it neither waits nor runs since, or never came
    sqlite_autoincrement=True,
)
partial("retries_unended", UNENDED, retries.c.server)
Index("retries_number", retries.c.server, retries.c.number)
Index("retries_retried", retries.c.server, retries.c.retried)
Index("retries_asked", retries.c.user_id, retries.c.asked_at)
Index("retries_old", retries.c.asked_at)

replacements = Table(  # waiting jobs, queued anew in front: the old one is canceled when the new one is there
    "replacements",
    metadata,
    Column(
        "submission_id",
        BigInteger,
        ForeignKey("submissions.id", ondelete="CASCADE", name="submission"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("server", ForeignText, nullable=False),
    Column("number", BigInteger, nullable=False),  # the old one's
    Column("step", ForeignText, nullable=False),
)
Index("replacements_number", replacements.c.server, replacements.c.number)
OPEN = replacements.c.step != literal_column("'done'")
"""Written out: see `schema.DEAD`."""
partial("replacements_open", OPEN, replacements.c.server)
