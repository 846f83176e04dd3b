"""`guilds list` and `drop`, `channels list` and `off`: for whom the bot works, and how that is ended."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.cli.outbox import opened
from bot.controls.adoption import Adoption
from bot.domain.guilds import AdoptedGuilds
from bot.errors import RequestRefused
from bot.render.guild_text import adopted_by, ended
from bot.render.subscription_text import in_words
from bot.render.text import many, plain
from bot.settings import Settings
from bot.store.database import Database
from bot.store.guilds import FirstChannels, Guilds
from bot.store.outbox import Outbox
from bot.store.styles import Styles
from bot.store.subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database and the settings say of guilds and channels."""

    database: Database
    adoption: Adoption
    subscriptions: Subscriptions
    outbox: Outbox


async def read_stored(database: Database, settings: Settings) -> Stored:
    """From an open database; nothing is changed."""
    subscriptions, outbox = Subscriptions(database), Outbox(database)
    adoption = Adoption(
        database,
        AdoptedGuilds(),
        Guilds(database),
        first_channels=FirstChannels(database),
        subscriptions=subscriptions,
        outbox=outbox,
        styles=Styles(database),
    )
    await adoption.read(settings.discord_guild_ids, settings.discord_channel_id)
    return Stored(database, adoption, subscriptions, outbox)


async def list_guilds(settings: Settings, say: Callable[[str], None]) -> None:
    """A line for each guild that is adopted, or in which a channel is subscribed."""
    async with _opened(settings, say) as stored:
        adopted, told = stored.adoption.adopted, await stored.subscriptions.all()
    for guild_id in sorted(adopted.ids | {one.guild_id for one in told}):
        count = sum(one.guild_id == guild_id for one in told)
        say(f"{guild_id}  {adopted_by(adopted, guild_id)}  {many(count, 'channel')}")
    say(f"{many(len(adopted.ids), 'server')} {'is' if len(adopted.ids) == 1 else 'are'} adopted.")
    if adopted.undecided:
        say("The server of DISCORD_CHANNEL_ID will be, once the bot has started.")


async def drop_guild(settings: Settings, say: Callable[[str], None], guild_id: int) -> None:
    """End the guild; a running bot knows it within half a minute."""
    async with _opened(settings, say) as stored:
        say(ended(guild_id, await stored.adoption.drop(guild_id), stored.adoption.adopted))


async def list_channels(settings: Settings, say: Callable[[str], None]) -> None:
    """A line for each subscribed channel: where it is, and what it gets."""
    async with _opened(settings, say) as stored:
        adopted, told = stored.adoption.adopted, await stored.subscriptions.all()
    for one in told:
        where = f"server {one.guild_id}, {adopted_by(adopted, one.guild_id)}"
        say(f"{one.channel_id}  {where}  {' '.join(plain(in_words(one)).split())}")
    say(f"{many(len(told), 'channel')} {'is' if len(told) == 1 else 'are'} subscribed.")


async def end_channel(settings: Settings, say: Callable[[str], None], channel_id: int) -> None:
    """End the channel's subscription and drop what waits for it. RequestRefused if there is none."""
    async with _opened(settings, say) as stored, stored.database.transaction() as transaction:
        if not await stored.subscriptions.unsubscribe(transaction, channel_id):
            raise RequestRefused(f"Channel {channel_id} is not subscribed: see channels list.")
        dropped = await stored.outbox.drop_channel(transaction, channel_id)
    rest = f" Dropped {many(dropped, 'notice')} still waiting." if dropped else ""
    say(f"Channel {channel_id} gets no more notices.{rest}")


@asynccontextmanager
async def _opened(settings: Settings, say: Callable[[str], None]) -> AsyncGenerator[Stored]:
    async with opened(settings, say) as database:
        yield await read_stored(database, settings)
