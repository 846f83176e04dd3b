"""Which channel gets what: what `/notify` asks."""

from collections.abc import Callable, Collection
from datetime import datetime

import structlog

from bot.controls.adoption import Adoption
from bot.domain.queue import Suspension
from bot.domain.subscriptions import ENDS, PreferencesChange, Subscription
from bot.errors import RequestRefused
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.subscriptions import Subscriptions
from bot.store.suspensions import Suspensions

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

AS_IT_IS = PreferencesChange()
NOT_SUBSCRIBED = "That channel gets no notices. Type /notify here in it to start them."


class ChannelSubscriptions:
    """`wake` is called when something that is pending may go out at once."""

    def __init__(
        self,
        database: Database,
        subscriptions: Subscriptions,
        adoption: Adoption,
        outbox: Outbox,
        *,
        suspensions: Suspensions,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._subscriptions = subscriptions
        self.adoption = adoption
        self._outbox = outbox
        self._suspensions = suspensions
        self._clock = clock
        self._wake = wake

    async def here(
        self, channel_id: int, guild_id: int, change: PreferencesChange = AS_IT_IS, *, adopt: bool = False
    ) -> Subscription:
        """Subscribe the channel, first to what most people want, and change what is named. `adopt`: its guild
        too, for good.

        RequestRefused, and nothing done, for a change that makes no sense.
        """
        async with self._database.transaction() as transaction:
            before = await self._subscriptions.of(transaction, channel_id)
            first = Subscription(channel_id, guild_id, None, ENDS)
            now = change.of(first if before is None else before)
            await self._subscriptions.subscribe(transaction, now)
            if adopt:
                await self.adoption.adopt(transaction, guild_id)
        await self.adoption.refresh()
        await self.resumed([channel_id])
        return now

    async def change(self, channel_id: int, guild_id: int | None, change: PreferencesChange) -> Subscription:
        """Change what is named of a subscribed channel (`guild_id`: of that guild).

        RequestRefused where there is no such subscription, and for a change that makes no sense.
        """
        async with self._database.transaction() as transaction:
            before = _required(await self._subscriptions.of(transaction, channel_id), guild_id)
            now = change.of(before)
            await self._subscriptions.subscribe(transaction, now)
        return now

    async def required(self, channel_id: int, guild_id: int | None) -> Subscription:
        """What this channel (`guild_id`: of that guild) gets. RequestRefused where it gets nothing."""
        return _required(await self._subscriptions.one(channel_id), guild_id)

    async def first_channel(self, channel_id: int, guild_id: int) -> bool:
        """Subscribe the channel of the settings, once: a later `/notify stop` lasts. True if done now."""
        await self.adoption.decide(guild_id)
        is_new = await self.adoption.is_new_first(channel_id)
        async with self._database.transaction() as transaction:
            await self.adoption.remember_first(transaction, channel_id, guild_id)
            if is_new and await self._subscriptions.of(transaction, channel_id) is None:
                first = Subscription(channel_id, guild_id, None, ENDS)
                await self._subscriptions.subscribe(transaction, first)
        return is_new

    async def off(self, channel_id: int, guild_id: int | None = None) -> int | None:
        """End the subscription, drop what is pending, and count that. None: there is none, or it is not that
        guild's.
        """
        found = await self._subscriptions.one(channel_id)
        if found is None or guild_id not in (None, found.guild_id):
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

    async def everywhere(self) -> list[Subscription]:
        """The subscribed channels of all guilds."""
        return await self._subscriptions.all()

    async def suspended(self, guild_id: int | None = None) -> list[Suspension]:
        """The guild's subscribed channels that take no messages for now; all without a guild."""
        return await (self._suspensions.all() if guild_id is None else self._suspensions.in_guild(guild_id))

    async def discord_returned(self) -> None:
        """Discord was away, or we were: what was delayed meanwhile is tried at once."""
        if await self._outbox.retry_delayed(self._clock()):
            self._wake()

    async def resumed(self, channels: Collection[int]) -> None:
        """These take messages now, as it seems: what is pending there is tried at once."""
        found = await self._suspensions.retry_now(self._clock(), channels)
        if found:
            log.info("suspended_channels_retried", channels=found)
            self._wake()


def _required(found: Subscription | None, guild_id: int | None) -> Subscription:
    if found is None or guild_id not in (None, found.guild_id):
        raise RequestRefused(NOT_SUBSCRIBED)
    return found
