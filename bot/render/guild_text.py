"""Guilds in words: by whom they are adopted, what their channels get, what ended with one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.guilds import AdoptedGuilds, EndedGuild
from bot.domain.queue import Suspension
from bot.domain.subscriptions import Subscription
from bot.render import panels
from bot.render.message import Block, Colour, Panel, Text
from bot.render.subscription_text import summary
from bot.render.text import line, many

_MAX_GUILDS = 3400
_STILL_NAMED = (
    "The settings still adopt it: take it out of DISCORD_GUILD_IDS or DISCORD_CHANNEL_ID and restart the bot."
)


@dataclass(frozen=True, slots=True)
class GuildSummary:
    """A guild's name, "" if the bot is not in it; by whom it is adopted; its subscribed channels."""

    id: int
    name: str
    adopted: str
    subscriptions: Sequence[Subscription]


def adopted_by(adopted: AdoptedGuilds, guild_id: int) -> str:
    """`adopted by the settings`, or why its channels get nothing."""
    by = [
        words
        for words, guild_ids in (("the owner", adopted.kept), ("the settings", adopted.named))
        if guild_id in guild_ids
    ]
    return f"adopted by {' and '.join(by)}" if by else "not adopted, so it gets nothing"


def everywhere(guilds: Sequence[GuildSummary], suspended: Sequence[Suspension], now: datetime) -> Panel:
    """Each guild with its subscribed channels; those that are suspended with the reason."""
    if not guilds:
        return panels.one_sentence(
            "No server is adopted. Run /notify here in one, in the channel that should get notices."
        )
    told = [
        "\n".join(
            [
                f"**{line(one.name, 60) or 'Unknown'}** (`{one.id}`): {one.adopted}",
                *(summary(subscription, now) for subscription in one.subscriptions),
            ]
        )
        for one in guilds
    ]
    blocks: list[Block] = [Text("### Servers")]
    if suspended:
        blocks.append(Text(panels.suspensions(suspended)))
    blocks.append(Text(panels.listed(told, "server", _MAX_GUILDS // 2 if suspended else _MAX_GUILDS)))
    return Panel(Colour.WARNING if suspended else Colour.RUNNING, tuple(blocks))


def ended(guild_id: int, what: EndedGuild, adopted: AdoptedGuilds) -> str:
    """What a person is told who ended a guild, as plain sentences."""
    named = guild_id in adopted.named
    if not what.adopted and not what.channels:
        return (
            f"Server {guild_id} already gets no notices. {_STILL_NAMED}"
            if named
            else f"Server {guild_id} was not adopted."
        )
    parts = [f"Server {guild_id} is no longer adopted."] if not named else []
    count = len(what.channels)
    if count:
        parts.append(f"{many(count, 'channel')} there get{'s' if count == 1 else ''} no more notices.")
    if what.notices:
        parts.append(f"Dropped {many(what.notices, 'notice')} still waiting.")
    return " ".join([*parts, _STILL_NAMED] if named else parts)
