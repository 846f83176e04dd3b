"""Autocomplete for servers, channels, styles, workflows, boards and users."""

from collections import Counter
from collections.abc import Mapping

import discord
from discord import app_commands

from bot.controls.filters import FilterNames
from bot.controls.server_controls import ServerControls
from bot.discord.client import InvokeAIBot
from bot.discord.server_options import SERVER
from bot.domain.limits import MAX_OPTION_NAME, MAX_OPTIONS
from bot.domain.subscriptions import ANY, MAX_WORD, NO_BOARD
from bot.own_secrets import hide
from bot.render.workflow_forms import workflow_choice


async def servers(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[str]]:
    """The InvokeAIs, by name."""
    return _choices({each.server: each.server for each in interaction.client.servers}, typed)


def server_named(interaction: discord.Interaction[InvokeAIBot]) -> ServerControls | None:
    """The one in the command's `server` so far."""
    known = interaction.client.servers
    if not known.several:
        return known.first
    return known.named(str(getattr(interaction.namespace, SERVER, "")).strip().lower())


async def told_channels(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[str]]:
    """The server's subscribed channels, those that are gone included; for the owner those of all servers."""
    client, here = interaction.client, interaction.guild_id
    told = await client.channels.everywhere()
    if not client.owns(interaction):
        told = [one for one in told if one.guild_id == here]
    named: dict[int, str] = {}
    for one in sorted(told, key=lambda one: one.guild_id != here):
        guild = client.get_guild(one.guild_id)
        channel = guild.get_channel_or_thread(one.channel_id) if guild else None
        name = f"#{channel.name}" if channel else f"{one.channel_id} (not visible to me)"
        named[one.channel_id] = name if one.guild_id == here or guild is None else f"{name} in {guild.name}"
    return _choices(named, typed)


async def known_guilds(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[str]]:
    """For the owner: the servers that are adopted, or in which a channel is subscribed."""
    client = interaction.client
    if not client.owns(interaction):
        return []
    named: dict[int, str] = {}
    for guild_id in sorted(await client.channels.adoption.known()):
        guild = client.get_guild(guild_id)
        named[guild_id] = guild.name if guild else f"{guild_id} (not visible to me)"
    return _choices(named, typed)


async def styles(interaction: discord.Interaction[InvokeAIBot], typed: str) -> list[app_commands.Choice[str]]:
    """The server's, by name."""
    known = await interaction.client.controls.styles.all(interaction.guild_id or 0)
    wanted = typed.strip().casefold()
    names = [each.name for each in known if wanted in each.name.casefold()]
    return [app_commands.Choice(name=hide(name), value=name) for name in names[:MAX_OPTIONS]]


async def workflows(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[str]]:
    """InvokeAI's saved and shipped ones, the last opened first; what is sent is the id."""
    controls = server_named(interaction) or interaction.client.servers.first
    found = await controls.workflows.suggestions(typed)
    return [
        app_commands.Choice(name=hide(workflow_choice(each)), value=each.id)
        for each in found
        if each.name.strip() and 0 < len(each.id) <= MAX_OPTION_NAME
    ][:MAX_OPTIONS]


def _choices(named: Mapping[int, str] | Mapping[str, str], typed: str) -> list[app_commands.Choice[str]]:
    """Those whose name or id has what was typed in it."""
    wanted = typed.strip().lower()
    found = [one for one in named.items() if wanted in one[1].lower() or wanted in str(one[0])]
    choices = [app_commands.Choice(name=hide(name)[:MAX_OPTION_NAME], value=str(one)) for one, name in found]
    return choices[:MAX_OPTIONS]


async def boards(interaction: discord.Interaction[InvokeAIBot], typed: str) -> list[app_commands.Choice[str]]:
    """After a comma the next one."""
    filters = interaction.client.servers.filters
    heard = await _heard(interaction)
    names = await filters.board_names(heard)
    counts = Counter(name.casefold() for name in names.values())
    several = len(heard) > 1  # then a name has its server's before it, which InvokeAI does not know
    words = {
        name: name if counts[name.casefold()] == 1 and "," not in name and not several else board_id
        for board_id, name in names.items()
    }
    return _words(typed, {**words, NO_BOARD: NO_BOARD, ANY: ANY})


async def one_board(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[str]]:
    """By name, and `none`."""
    controls = server_named(interaction) or interaction.client.servers.first
    names = await controls.filters.board_names()
    wanted = typed.strip().casefold()
    found = [name for name in dict.fromkeys([*names.values(), NO_BOARD]) if wanted in name.casefold()]
    return [
        app_commands.Choice(name=hide(name)[:MAX_OPTION_NAME], value=name)
        for name in found
        if name.strip() and len(name) <= MAX_WORD
    ][:MAX_OPTIONS]


async def users(interaction: discord.Interaction[InvokeAIBot], typed: str) -> list[app_commands.Choice[str]]:
    """Without names that hold a comma: it would part them into two."""
    names = await interaction.client.servers.filters.user_names(await _heard(interaction))
    return _words(typed, {**{name: name for name in names if "," not in name}, ANY: ANY})


async def channel_servers(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[str]]:
    """Of which a channel is to hear; after a comma the next one."""
    return _words(typed, {name: name for name in (*interaction.client.servers.filters.names, ANY)})


async def _heard(interaction: discord.Interaction[InvokeAIBot]) -> Mapping[str, FilterNames]:
    """Those of which this channel hears, as it is typed in the same command or as it is set."""
    client, channel_id = interaction.client, interaction.channel_id
    found = await client.channels.of(channel_id) if channel_id is not None else None
    return client.servers.filters.heard(found, getattr(interaction.namespace, SERVER, None))


async def accounts(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[str]]:
    """InvokeAI's users; what is sent is their id, where that fits."""
    controls = server_named(interaction) or interaction.client.servers.first
    names = await controls.linking.names()
    fit = {account: name for account, name in names.items() if len(account) <= MAX_OPTION_NAME}
    return _choices(fit, typed)


def _words(typed: str, words: Mapping[str, str]) -> list[app_commands.Choice[str]]:
    """The names that hold what was typed after the last comma; each choice keeps what stands before it.

    `words`: what is sent for a name.
    """
    before, comma, last = typed.rpartition(",")
    kept = f"{before}{comma} " if comma else ""
    wanted = last.strip().casefold()
    found = [(f"{kept}{name}", f"{kept}{word}") for name, word in words.items() if wanted in name.casefold()]
    return [
        app_commands.Choice(name=hide(name)[:MAX_OPTION_NAME], value=value)
        for name, value in found
        if name.strip() and len(value) <= MAX_WORD
    ][:MAX_OPTIONS]
