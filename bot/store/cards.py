"""Which message is the live card of which channel, so that after a crash it is found again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from bot.store.columns import insert_into
from bot.store.database import Database
from bot.store.schema import cards


@dataclass(frozen=True, slots=True)
class Card:
    """`message_id` None: it was being posted, and may be in the channel, but not from before `since`."""

    channel_id: int
    message_id: int | None
    since: datetime


class Cards:
    """At most one card for each channel. Everything here may raise DatabaseTrouble."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Card]:
        async with self._database.reading() as conn:
            rows = (await conn.execute(select(cards).order_by(cards.c.channel_id))).mappings()
            return [Card(row["channel_id"], row["message_id"], row["since"]) for row in rows]

    async def put(self, card: Card) -> None:
        """In the place of the channel's card before."""
        values = {"message_id": card.message_id, "since": card.since}
        async with self._database.transaction() as conn:
            await conn.execute(
                insert_into(conn, cards)
                .values(channel_id=card.channel_id, **values)
                .on_conflict_do_update(index_elements=[cards.c.channel_id], set_=values)
            )

    async def forget(self, channel_id: int) -> None:
        async with self._database.transaction() as conn:
            await conn.execute(delete(cards).where(cards.c.channel_id == channel_id))
