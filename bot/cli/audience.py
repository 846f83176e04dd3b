"""For `check`: which guilds are adopted, and which channels get what."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.cli.finding import Finding
from bot.cli.guilds import read_stored
from bot.cli.portal import Place
from bot.controls.adoption import EARLIER_FIX
from bot.domain.guilds import AdoptedGuilds
from bot.domain.subscriptions import Subscription
from bot.render.guild_text import adopted_by
from bot.render.subscription_text import in_words
from bot.settings import Settings
from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class Audience:
    """`earlier`: channels that DISCORD_CHANNEL_ID has named before, and that are subscribed still."""

    adopted: AdoptedGuilds = field(default_factory=AdoptedGuilds)
    subscriptions: Mapping[int, Subscription] = field(default_factory=dict[int, Subscription])
    earlier: frozenset[int] = frozenset()

    def guilds(self, there: Sequence[Place]) -> Iterator[Finding]:
        """A finding for each adopted guild. `there`: those that the bot is in."""
        names = {guild.id: guild.name for guild in there}
        for guild_id in sorted(self.adopted.ids):
            by = adopted_by(self.adopted, guild_id)
            if guild_id in names:
                yield Finding("Adopted", f"{names[guild_id]}, {by}")
            else:
                fix = f"Invite it there, or end that with invokeai-discord guilds drop {guild_id}."
                yield Finding("Adopted", f"{guild_id}, {by}; the bot is not in it", fix, doubt=True)

    def channel(self, place: Place) -> Finding:
        """What that channel gets, and what the bot lacks there, if it takes messages at all."""
        told = self.subscriptions.get(place.id)
        said = place.name if told is None else f"{place.name} {in_words(told)}"
        if place.silent is not None:
            one = "one of its posts" if place.silent == "forum" else "one of its channels"
            said = f"{place.name} is a {place.silent}, which takes no messages"
            return Finding("Channel", said, f"Name {one} instead, or run /notify here there.")
        if place.lacks:
            return Finding("Channel", said, f"Give the bot {', '.join(place.lacks)} there.")
        if told is not None and not self.adopted.serves(told.guild_id):
            said = f"{place.name} is subscribed, and gets nothing: its server is not adopted"
            fix = f"Run /notify here there, or end it with invokeai-discord channels off {place.id}."
            return Finding("Channel", said, fix, doubt=True)
        if place.id in self.earlier:
            said = f"{said}, though DISCORD_CHANNEL_ID names another one now"
            return Finding("Channel", said, EARLIER_FIX, doubt=True)
        return Finding("Channel", said)


async def read_audience(database: Database, settings: Settings) -> Audience:
    """From an open database; nothing is changed."""
    stored = await read_stored(database, settings)
    told = {one.channel_id: one for one in await stored.subscriptions.all()}
    earlier = await stored.adoption.earlier_first(settings.discord_channel_id)
    return Audience(stored.adoption.adopted, told, frozenset(one.channel_id for one in earlier))
