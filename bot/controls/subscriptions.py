"""Which channel gets what, and which guilds are adopted: what `/notify` and the interaction check ask."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

import structlog

from bot.domain.queue import Suspension
from bot.domain.subscriptions import ENDS, PreferencesChange, Subscription
from bot.store.database import Database
from bot.store.key_values import KeyValues
from bot.store.outbox import Outbox
from bot.store.subscriptions import Guilds, Subscriptions
from bot.store.suspensions import Suspensions

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

AS_IT_IS = PreferencesChange()


class ChannelSubscriptions:
    """`adopted` is kept in memory, since every interaction asks for it. `wake` is called when something that
    is pending may go out at once.
    """

    def __init__(
        self,
        database: Database,
        subscriptions: Subscriptions,
        guilds: Guilds,
        marks: KeyValues,
        outbox: Outbox,
        *,
        suspensions: Suspensions,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._subscriptions = subscriptions
        self._guilds = guilds
        self._marks = marks
        self._outbox = outbox
        self._suspensions = suspensions
        self._clock = clock
        self._wake = wake
        self.adopted: frozenset[int] = frozenset()

    async def open(self, configured: Iterable[int]) -> None:
        """Adopt the guilds that the settings name, beside those adopted before."""
        self.adopted = await self._guilds.adopted() | frozenset(configured)

    async def here(
        self, channel_id: int, guild_id: int, change: PreferencesChange = AS_IT_IS
    ) -> Subscription:
        """Subscribe the channel, first to what most people want, change what is named, adopt its guild.

        RequestRefused, and nothing done, for a change that makes no sense.
        """
        async with self._database.transaction() as transaction:
            before = await self._subscriptions.of(transaction, channel_id)
            first = Subscription(channel_id, guild_id, None, ENDS)
            now = change.of(first if before is None else before)
            await self._guilds.adopt(transaction, guild_id)
            await self._subscriptions.subscribe(transaction, now)
        self.adopted |= {guild_id}
        await self.resumed([channel_id])
        return now

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
        """End the subscription, drop what is pending, and count that. None: the guild has none there."""
        if channel_id not in {one.channel_id for one in await self._subscriptions.in_guild(guild_id)}:
            return None
        async with self._database.transaction() as transaction:
            if not await self._subscriptions.unsubscribe(transaction, channel_id):
                return None
            return await self._outbox.drop_channel(transaction, channel_id)

    async def of(self, channel_id: int) -> Subscription | None:
        """What this channel gets; None: nothing."""
        return await self._subscriptions.one(channel_id)

    async def show(self, guild_id: int) -> list[Subscription]:
        """The guild's subscribed channels, and what each gets and how."""
        return await self._subscriptions.in_guild(guild_id)

    async def suspended(self, guild_id: int) -> list[Suspension]:
        """The guild's subscribed channels that take no messages for now."""
        return await self._suspensions.in_guild(guild_id)

    async def resumed(self, channels: Collection[int]) -> None:
        """These take messages now, as it seems: what is pending there is tried at once."""
        found = await self._suspensions.retry_now(self._clock(), channels)
        if found:
            log.info("suspended_channels_retried", channels=found)
            self._wake()
