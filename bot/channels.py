"""Which channel gets what, and which guilds are adopted: what `/notify` and the interaction check ask."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

import structlog

from bot.events import EventKind, Suspension
from bot.store.database import Database
from bot.store.guilds import Guilds
from bot.store.marks import Marks
from bot.store.outbox import Outbox
from bot.store.subscriptions import Subscription, Subscriptions
from bot.store.suspensions import Suspensions

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

DEFAULT_KINDS = frozenset({EventKind.COMPLETED, EventKind.FAILED, EventKind.CANCELED, EventKind.INTERRUPTED})


class Channels:
    """`adopted` is kept in memory, since every interaction asks for it. `owed` is called when something that
    is owed may go out at once.
    """

    def __init__(
        self,
        database: Database,
        subscriptions: Subscriptions,
        guilds: Guilds,
        marks: Marks,
        outbox: Outbox,
        *,
        suspensions: Suspensions,
        clock: Callable[[], datetime],
        owed: Callable[[], None],
    ) -> None:
        self._database = database
        self._subscriptions = subscriptions
        self._guilds = guilds
        self._marks = marks
        self._outbox = outbox
        self._suspensions = suspensions
        self._clock = clock
        self._owed = owed
        self.adopted: frozenset[int] = frozenset()

    async def open(self, configured: Iterable[int]) -> None:
        """Adopt the guilds that the settings name, beside those adopted before."""
        self.adopted = await self._guilds.adopted() | frozenset(configured)

    async def here(self, channel_id: int, guild_id: int) -> None:
        """Subscribe the channel to what most people want, and adopt its guild."""
        async with self._database.transaction() as transaction:
            await self._guilds.adopt(transaction, guild_id)
            await self._subscriptions.subscribe(
                transaction, Subscription(channel_id, guild_id, None, DEFAULT_KINDS)
            )
        self.adopted |= {guild_id}
        await self.mended([channel_id])

    async def first_channel(self, channel_id: int, guild_id: int) -> bool:
        """Subscribe the channel of the settings, once: a later `/notify off` stays off. True if done now."""
        name = f"first channel {channel_id}"
        self.adopted |= {guild_id}
        if await self._marks.get(name) is not None:
            return False
        await self.here(channel_id, guild_id)
        async with self._database.transaction() as transaction:
            await self._marks.set(transaction, name, "subscribed")
        return True

    async def off(self, channel_id: int, guild_id: int) -> int | None:
        """End the subscription and forget what is owed; how much that was. None: the guild has none there."""
        if channel_id not in {one.channel_id for one in await self._subscriptions.in_guild(guild_id)}:
            return None
        async with self._database.transaction() as transaction:
            if not await self._subscriptions.unsubscribe(transaction, channel_id):
                return None
            return await self._outbox.drop_channel(transaction, channel_id)

    async def show(self, guild_id: int) -> list[tuple[int, frozenset[EventKind]]]:
        """The guild's subscribed channels and what each gets."""
        found = await self._subscriptions.in_guild(guild_id)
        return [(subscription.channel_id, subscription.kinds) for subscription in found]

    async def suspended(self, guild_id: int) -> list[Suspension]:
        """The guild's subscribed channels that take no messages for now."""
        return await self._suspensions.in_guild(guild_id)

    async def mended(self, channels: Collection[int]) -> None:
        """These take messages now, as it seems: what is owed there is tried at once."""
        found = await self._suspensions.look_now(self._clock(), channels)
        if found:
            log.info("channels_looked_at_again", channels=found)
            self._owed()
