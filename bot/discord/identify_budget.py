"""How often the bot may still IDENTIFY today: whoever exceeds Discord's limit gets the token reset.

A RESUME costs nothing. The count is kept in the database: a bot that starts again and again forgets all else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from bot.store.database import Database
from bot.store.key_values import KeyValues

if TYPE_CHECKING:  # discord.types can't be imported
    from discord.types.gateway import SessionStartLimit

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)
SMALL = 4
"""When less than one part in so many of the limit is left, the rest is spread over a day."""
KEY = "identifies"


@dataclass(frozen=True, slots=True)
class Identifies:
    """Those of the last day, by the hour in which they were sent, and Discord's limit."""

    limit: int = 1000
    by_hour: Mapping[datetime, int] = field(default_factory=dict[datetime, int])
    last_at: datetime | None = None

    def used(self, now: datetime) -> int:
        """How many count now; an hour counts until its last minute is a day old."""
        return sum(count for hour, count in self.by_hour.items() if hour + HOUR + DAY > now)

    def left(self, now: datetime) -> int:
        return max(self.limit - self.used(now), 0)

    def delay(self, now: datetime) -> timedelta:
        """How long the next one has to wait. While few are left, so long that they last for a day."""
        left = self.left(now)
        if left * SMALL > self.limit or (left and self.last_at is None):
            return timedelta()
        if not left:
            oldest = min(hour for hour in self.by_hour if hour + HOUR + DAY > now)
            return oldest + HOUR + DAY - now
        apart = DAY / left
        return min(max((self.last_at or now) + apart - now, timedelta()), apart)

    def counted(self, now: datetime) -> "Identifies":
        """With one more, sent now."""
        return replace(self._with(now, 1, now), last_at=now)

    def told(self, now: datetime, limit: "SessionStartLimit") -> "Identifies":
        """With those that Discord counts and we do not; it forgets them after `reset_after` milliseconds."""
        unknown = max(limit["total"] - limit["remaining"] - self.used(now), 0)
        forgotten_at = now + timedelta(milliseconds=limit["reset_after"])
        return replace(self._with(forgotten_at - DAY, unknown, now), limit=limit["total"])

    def _with(self, at: datetime, more: int, now: datetime) -> "Identifies":
        hour = at.replace(minute=0, second=0, microsecond=0)
        kept = {each: count for each, count in self.by_hour.items() if each + HOUR + DAY > now}
        return replace(self, by_hour=kept | {hour: kept.get(hour, 0) + more} if more else kept)


IDENTIFIES = TypeAdapter(Identifies)


class IdentifyBudget:
    """Raises DatabaseTrouble: then nothing was counted, and nothing may be sent."""

    def __init__(self, database: Database, key_values: KeyValues, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._key_values = key_values
        self.clock = clock

    async def read(self) -> Identifies:
        kept = await self._key_values.get(KEY)
        return Identifies() if kept is None else IDENTIFIES.validate_json(kept)

    async def learn(self, limit: "SessionStartLimit") -> None:
        """What Discord says of the day."""
        await self._keep((await self.read()).told(self.clock(), limit))

    async def count(self) -> None:
        """One is about to be sent."""
        await self._keep((await self.read()).counted(self.clock()))

    async def _keep(self, identifies: Identifies) -> None:
        async with self._database.transaction() as transaction:
            await self._key_values.set(transaction, KEY, IDENTIFIES.dump_json(identifies).decode())
