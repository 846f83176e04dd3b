"""The tables. Alembic's migrations make them; a test compares the two."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TextClause,
    UniqueConstraint,
    literal_column,
    select,
    text,
)

from bot.store.columns import ForeignText, Kinds, Names, RowId, UtcDateTime

BATCH_SIZE = 500
"""Rows that one statement takes at most, so that nobody waits long for the writer's turn."""

metadata = MetaData(
    naming_convention={
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(constraint_name)s",
    }
)


def partial(name: str, where: ColumnElement[bool] | TextClause, *columns: Column[Any]) -> None:
    """An index of the rows for which that is true."""
    Index(name, *columns, sqlite_where=where, postgresql_where=where)


servers = Table(
    "servers",
    metadata,
    Column("server", ForeignText, primary_key=True),
    Column("highest", BigInteger, nullable=False),
    Column("floor", BigInteger, nullable=False),  # an unknown job up to this number is old, and no news
    Column("newest_at", UtcDateTime),  # the latest created_at that we have seen
    Column("epoch", Integer, nullable=False, server_default=text("0")),  # which of its databases, from 0
    Column("emptied_at", UtcDateTime),  # the queue was last empty after a job that ended then
)

jobs = Table(
    "jobs",
    metadata,
    Column("server", ForeignText, ForeignKey(servers.c.server, ondelete="CASCADE"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("session_id", ForeignText, nullable=False),  # "": not known
    Column("status", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),  # NULL: unfinished
    Column("parent", BigInteger),  # the job that called this one
    Column("images", ForeignText),  # of a child that ended: JSON of its images' names
)
UNFINISHED = text("closed_at IS NULL")
partial("jobs_unfinished", UNFINISHED, jobs.c.server, jobs.c.number)
CHILDREN = text("parent IS NOT NULL")
partial("jobs_children", CHILDREN, jobs.c.server, jobs.c.parent)
CLOSED = text("closed_at IS NOT NULL")
partial("jobs_closed", CLOSED, jobs.c.server, jobs.c.closed_at)

events = Table(  # what rows of the outbox say, until they were told and nobody reads it any more
    "events",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("event", ForeignText, nullable=False),  # JSON of bot.domain.events.Event
)
outbox = Table(
    "outbox",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("channel_id", BigInteger, nullable=False),
    Column("server", ForeignText, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("session_id", ForeignText, nullable=False),  # not known: which of the server's databases
    Column("kind", Text, nullable=False),
    Column("image", Integer, nullable=False),  # -1: none
    Column("state", Text, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("group_id", Text),  # in hand, or perhaps sent already; NULL once settled
    Column("lease_until", UtcDateTime),
    Column("reason", ForeignText),
    Column("message_id", BigInteger),
    Column("settled_at", UtcDateTime),
    Column("batch_id", ForeignText),  # of a picture
    Column("on_sheet", Boolean, nullable=False, server_default=text("false")),
    Column("coalescing_key", Text),  # rows of a channel with the same one may share a message
    Column("event_id", RowId, ForeignKey(events.c.id)),  # many rows may say the same
    CheckConstraint("state IN ('pending', 'delivered', 'dead')", name="state"),
    UniqueConstraint("channel_id", "server", "number", "session_id", "kind", "image", name="event"),
    sqlite_autoincrement=True,  # a number is never given twice: it is the order of delivery
)
WITH_EVENT = select(outbox, events.c.event).outerjoin(events, events.c.id == outbox.c.event_id)
PENDING = outbox.c.state == literal_column("'pending'")
DELIVERED = outbox.c.state == literal_column("'delivered'")
DEAD = outbox.c.state == literal_column("'dead'")
"""Written out, not bound: SQLite uses a partial index only for a condition that it can read."""
partial("outbox_pending", PENDING, outbox.c.channel_id, outbox.c.server, outbox.c.id)
BATCHES = text("batch_id IS NOT NULL")
partial("outbox_batches", BATCHES, outbox.c.channel_id, outbox.c.batch_id, outbox.c.due_at)
PICTURES = text("state = 'pending' AND batch_id IS NOT NULL")
partial("outbox_pictures", PICTURES, outbox.c.channel_id, outbox.c.due_at)
IN_HAND = text("group_id IS NOT NULL")
partial("outbox_in_hand", IN_HAND, outbox.c.group_id)
partial("outbox_streams_in_hand", IN_HAND, outbox.c.channel_id, outbox.c.server, outbox.c.id)
partial("outbox_delivered", DELIVERED, outbox.c.settled_at)
COALESCED = text("coalescing_key IS NOT NULL AND message_id IS NOT NULL")
partial("outbox_coalesced", COALESCED, outbox.c.channel_id, outbox.c.coalescing_key, outbox.c.id)
COALESCED_PENDING = text("state = 'pending' AND coalescing_key IS NOT NULL")
partial("outbox_coalesced_pending", COALESCED_PENDING, outbox.c.channel_id, outbox.c.coalescing_key)
partial("outbox_dead", DEAD, outbox.c.id)
SAYS = text("event_id IS NOT NULL")
partial("outbox_says", SAYS, outbox.c.event_id)
SAYS_STILL = text("state = 'delivered' AND event_id IS NOT NULL")
partial("outbox_says_still", SAYS_STILL, outbox.c.settled_at)
POSTED = text("message_id IS NOT NULL")
partial("outbox_messages", POSTED, outbox.c.channel_id, outbox.c.message_id)
partial("outbox_jobs", POSTED, outbox.c.server, outbox.c.number)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("channel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("guild_id", BigInteger, nullable=False),
    Column("server", Names),  # of which it hears, with spaces between; NULL: of every one
    Column("kinds", Kinds, nullable=False),
    Column("preferences", ForeignText),  # JSON of bot.domain.subscriptions.Preferences; NULL: none
)
Index("subscriptions_guild", subscriptions.c.guild_id)

suspensions = Table(
    "suspensions",
    metadata,
    Column("channel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", ForeignText, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),  # how often it was tried in vain
    Column("next_attempt_at", UtcDateTime, nullable=False),  # until then nothing is sent there
)

restarts = Table(
    "restarts",
    metadata,
    Column("server", ForeignText, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("batch_id", ForeignText, nullable=False),  # "": not known
    Column("at", UtcDateTime, nullable=False),
)

guilds = Table("guilds", metadata, Column("guild_id", BigInteger, primary_key=True, autoincrement=False))

key_values = Table(
    "key_values",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

cards = Table(  # the live card of each channel
    "cards",
    metadata,
    Column("channel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger),  # NULL: it is being posted
    Column("since", UtcDateTime, nullable=False),  # no card of this row is older
)

pauses = Table(
    "pauses",
    metadata,
    Column("server", ForeignText, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),  # NULL: until somebody resumes
    Column("reason", ForeignText),
    Column("channel_id", BigInteger),  # where it was asked for
    Column("after_batch", ForeignText),  # it begins when this batch has ended; NULL: it has begun
    Column("guild_id", BigInteger),  # that channel's; NULL: not known, and then nothing is told there
)

cancel_requests = Table(  # what people asked to cancel lately
    "cancel_requests",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("server", ForeignText, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("up_to", BigInteger, nullable=False),  # no job with a higher number
    Column("number", BigInteger),  # that job; NULL: not only one
    Column("batch_id", ForeignText),  # those of that batch; NULL: of any
    Column("destination", ForeignText),  # those with that destination; NULL: with any
    Column("not_started", Boolean, nullable=False),  # none that ran
    Column("clear", Boolean, nullable=False),  # every job was removed
    Column("ended_at", UtcDateTime),  # when the last of them ended, as far as that was heard
)

styles = Table(
    "styles",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", ForeignText, primary_key=True),  # the name in small letters
    Column("name", ForeignText, nullable=False),
    Column("server", ForeignText, nullable=False),  # whose job it was
    Column("number", BigInteger, nullable=False),
    Column("graph", ForeignText, nullable=False),  # JSON of the job's graph
    Column("thumbnail", LargeBinary),
    Column("saved_by", BigInteger, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
)
default_styles = Table(
    "default_styles",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("channel_id", BigInteger, primary_key=True, autoincrement=False),  # 0: the whole guild
    Column("key", ForeignText, nullable=False),
    ForeignKeyConstraint(
        ["guild_id", "key"], ["styles.guild_id", "styles.key"], ondelete="CASCADE", name="style"
    ),
)

public_answers = Table(  # those that show a job's pictures
    "public_answers",
    metadata,
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("server", ForeignText, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("session_id", ForeignText, nullable=False),  # "": not known
    Column("at", UtcDateTime, nullable=False),
)
Index("public_answers_job", public_answers.c.server, public_answers.c.number)
Index("public_answers_old", public_answers.c.at)
