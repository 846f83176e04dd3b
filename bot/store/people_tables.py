"""What is kept of people besides what they asked for; tables as those of `schema`."""

from sqlalchemy import BigInteger, Column, Index, Table, UniqueConstraint

from bot.store.columns import ForeignText, RowId, UtcDateTime
from bot.store.schema import metadata

waits = Table(  # what people want to hear of once
    "waits",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("server", ForeignText, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger, nullable=False),
    Column("channel_id", BigInteger, nullable=False),  # where they said so
    Column("parent_id", BigInteger),  # of a thread the channel around it
    Column("number", BigInteger, nullable=False),  # 0: not one job
    Column("created_at", UtcDateTime),  # that job's
    Column("batch_id", ForeignText, nullable=False),  # "": no batch; and no job either: the queue
    Column("asked_at", UtcDateTime, nullable=False),
    UniqueConstraint("server", "user_id", "number", "batch_id", name="wait"),
)
Index("waits_person", waits.c.user_id)

links = Table(  # which InvokeAI account is which person
    "links",
    metadata,
    Column("server", ForeignText, primary_key=True),
    Column("account", ForeignText, primary_key=True),  # InvokeAI's user_id
    Column("name", ForeignText, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger, nullable=False),
    Column("channel_id", BigInteger, nullable=False),  # where they are mentioned
    Column("linked_at", UtcDateTime, nullable=False),
)
