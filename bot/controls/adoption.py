"""Which guilds the bot works for: who adopts them, what the settings adopt, and how that ends."""

from collections.abc import Awaitable, Callable, Collection, Iterable

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.guilds import AdoptedGuilds, EndedGuild
from bot.domain.subscriptions import Subscription
from bot.errors import DatabaseTrouble
from bot.store.database import Database
from bot.store.guilds import FirstChannels, Guilds
from bot.store.links import drop_links
from bot.store.outbox import Outbox
from bot.store.styles import Styles
from bot.store.submissions import places_asked_in
from bot.store.subscriptions import Subscriptions
from bot.store.waits import drop_waits

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

INTERVAL = 30.0
"""Seconds after which it is looked for what the command line has changed meanwhile."""
EARLIER_FIX = "End it with /notify stop there, or with invokeai-discord channels off."


class Adoption:
    """Keeps `adopted` as the settings and the database say it. Of a guild that is no longer adopted nothing
    that waits is sent.
    """

    def __init__(
        self,
        database: Database,
        adopted: AdoptedGuilds,
        guilds: Guilds,
        *,
        first_channels: FirstChannels,
        subscriptions: Subscriptions,
        outbox: Outbox,
        styles: Styles,
    ) -> None:
        self._database = database
        self.adopted = adopted
        self._guilds = guilds
        self._first_channels = first_channels
        self._subscriptions = subscriptions
        self._outbox = outbox
        self._styles = styles
        self._left: dict[int, frozenset[int]] = {}

    async def read(self, named: Iterable[int], first_channel: int | None = None) -> None:
        """Adopt the guilds that the settings name, that of `first_channel` included, beside those kept.

        Nothing is changed but what this process knows.
        """
        guild_ids, guild_id = frozenset(named), None
        if first_channel is not None:
            found = await self._subscriptions.one(first_channel)
            guild_id = found.guild_id if found else (await self._first_channels.all()).get(first_channel)
        self.adopted.named = guild_ids if guild_id is None else guild_ids | {guild_id}
        self.adopted.undecided = first_channel is not None and guild_id is None
        self.adopted.kept = await self._guilds.adopted()

    async def decide(self, guild_id: int | None) -> None:
        """Discord has said in which guild the setting's channel is; None: in none that the bot can see."""
        if guild_id is not None:
            self.adopted.named |= {guild_id}
        self.adopted.undecided = False
        await self.refresh()

    async def is_new_first(self, channel_id: int) -> bool:
        """Whether the setting names this channel for the first time."""
        return channel_id not in await self._first_channels.all()

    async def remember_first(self, conn: AsyncConnection, channel_id: int, guild_id: int) -> None:
        await self._first_channels.remember(conn, channel_id, guild_id)

    async def earlier_first(self, first_channel: int | None) -> list[Subscription]:
        """The channels that the setting named before, and that are subscribed still."""
        earlier = set(await self._first_channels.all()) - {first_channel}
        return [one for one in await self._subscriptions.all() if one.channel_id in earlier]

    async def tell_earlier(self, first_channel: int | None) -> None:
        """Say in the log which channels a changed setting has left subscribed."""
        for one in await self.earlier_first(first_channel):
            log.warning(
                "earlier_channel_subscribed",
                channel=one.channel_id,
                guild=one.guild_id,
                served=self.adopted.serves(one.guild_id),
                fix=EARLIER_FIX,
            )

    async def adopt(self, conn: AsyncConnection, guild_id: int) -> None:
        """For good, as the owner wants it; it counts from the next `refresh`."""
        await self._guilds.adopt(conn, guild_id)

    async def drop(self, guild_id: int, channels: Collection[int] = ()) -> EndedGuild:
        """End the guild's adoption by the owner, its subscriptions, its styles, what people wait for there,
        and who they are in InvokeAI. What is pending for its channels, and for these, is forgotten.
        """
        notices = 0
        async with self._database.transaction() as transaction:
            adopted = await self._guilds.drop(transaction, guild_id)
            subscribed = await self._subscriptions.drop_guild(transaction, guild_id)
            await self._styles.drop_guild(transaction, guild_id)
            await drop_waits(transaction, guild_id)
            await drop_links(transaction, guild_id)
            asked_in = {channel for channel, guild in await places_asked_in(transaction) if guild == guild_id}
            for channel_id in {*subscribed, *channels, *asked_in}:
                notices += await self._outbox.drop_channel(transaction, channel_id)
        self.adopted.kept -= {guild_id}
        return EndedGuild(adopted, subscribed, notices)

    async def left(self, guild_id: int, channels: Collection[int] = ()) -> None:
        """The bot is in that guild no more: all of it ends, at the latest when the database can be used."""
        self._left[guild_id] = frozenset(channels)
        await self._try(self._end_left)

    async def known(self) -> frozenset[int]:
        """The guilds that the owner adopted, or in which a channel is subscribed."""
        return self.adopted.kept | {one.guild_id for one in await self._subscriptions.all()}

    async def refresh(self) -> None:
        """As the database says it now, since the command line may have changed it.

        What waits for a guild that is no longer adopted is dropped.
        """
        self.adopted.kept = await self._guilds.adopted()
        for channel_id in await self._unserved():
            if await self._outbox.pending_count(channel_id):
                async with self._database.transaction() as transaction:
                    dropped = await self._outbox.drop_channel(transaction, channel_id)
                log.info("unserved_notices_dropped", channel=channel_id, notices=dropped)

    async def _unserved(self) -> Collection[int]:
        """The channels, subscribed or asked in, of guilds that are not served."""
        async with self._database.reading() as conn:
            asked_in = await places_asked_in(conn)
        subscribed = {one.channel_id for one in await self._subscriptions.unserved()}
        return subscribed | {channel for channel, guild in asked_in if not self.adopted.serves(guild)}

    async def run(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Look again and again, for ever."""
        while True:
            await sleep(INTERVAL)
            await self._try(self._end_left)
            await self._try(self.refresh)

    async def _end_left(self) -> None:
        for guild_id, channels in list(self._left.items()):
            ended = await self.drop(guild_id, channels)
            del self._left[guild_id]
            log.info("guild_left", guild=guild_id, channels=sorted(ended.channels), notices=ended.notices)

    async def _try(self, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except DatabaseTrouble as error:  # tried again at the next look
            log.warning("guilds_read_failed", reason=str(error))
