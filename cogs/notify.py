"""Which channel is told what: /notify here, stop, show, test."""

from dataclasses import replace

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord.client import InvokeAIBot, needs
from bot.discord.errors import missing_permissions
from bot.discord.mentions import let_follow, mentionable
from bot.discord.replies import reply, think
from bot.domain import actions
from bot.domain.quiet_hours import Buzz
from bot.domain.subscriptions import MAX_WORD, Mine, PreferencesChange
from bot.errors import AccessRefused, RequestRefused
from bot.render import channel_panel, guild_text, panels
from bot.render.guild_text import GuildSummary
from bot.render.subscription_text import BUZZES, MINE
from bot.render.text import many
from cogs.autocomplete import boards, channel_servers, known_guilds, told_channels, users
from cogs.channel_buttons import post_samples
from cogs.channel_views import page_of, view_of

WORDS = app_commands.Range[str, 1, MAX_WORD]
A_DAY = 86_400
Interaction = discord.Interaction[InvokeAIBot]
_MAX_ID = 19


class NotifyCog(
    commands.GroupCog,
    group_name="notify",
    group_description="Notices in channels: start, change, test and stop them",
):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._channels = bot.channels
        self._clock = bot.clock

    @needs(actions.NOTIFY)
    @app_commands.command(description="Post finished jobs in this channel, or change its settings")
    @app_commands.describe(
        images="Post finished pictures",
        failures="Post failures, with what helps",
        cancellations="Post cancellations and interruptions",
        live="Show a live card: what runs now",
        canvas="Also post pictures staged in the canvas",
        others="Also say when other users' jobs end that the bot's account may not see into",
        queue_empty="Say when a long queue has finished (not with a filter)",
        buzz="Which notices make phones buzz; the others arrive silently",
        longer_than="Jobs that ran for fewer seconds arrive silently",
        quiet="Silent hours, such as 22:00-07:30 or 10pm-7am Europe/Berlin; off to end them",
        failures_at_night="Let failures buzz in quiet hours",
        spoiler="Hide pictures and prompts until tapped",
        hide_prompts="Never show prompts, and remove them from the picture files",
        mention="A role or person to mention with each notice",
        no_mention="Stop mentioning anyone",
        mine="How those who asked here for a picture hear that it is ready",
        server="Only jobs of these InvokeAI servers, separated by commas; any to end it",
        origin="Only jobs with these origins, separated by commas; any to end it",
        destination="Only jobs with these destinations; any to end it",
        board="Only pictures on these boards, by name; none for no board; any to end it",
        user="Only jobs of these InvokeAI users; any to end it",
    )
    @app_commands.choices(
        buzz=[app_commands.Choice(name=words, value=buzz.value) for buzz, words in BUZZES.items()],
        mine=[app_commands.Choice(name=words, value=mine.value) for mine, words in MINE.items()],
    )
    @app_commands.autocomplete(server=channel_servers, board=boards, user=users)
    async def here(
        self,
        interaction: Interaction,
        *,
        images: bool | None = None,
        failures: bool | None = None,
        cancellations: bool | None = None,
        live: bool | None = None,
        queue_empty: bool | None = None,
        canvas: bool | None = None,
        others: bool | None = None,
        buzz: str | None = None,
        longer_than: app_commands.Range[int, 0, A_DAY] | None = None,
        quiet: WORDS | None = None,
        failures_at_night: bool | None = None,
        spoiler: bool | None = None,
        hide_prompts: bool | None = None,
        mention: discord.Role | discord.Member | None = None,
        no_mention: bool | None = None,
        mine: str | None = None,
        server: WORDS | None = None,
        origin: WORDS | None = None,
        destination: WORDS | None = None,
        board: WORDS | None = None,
        user: WORDS | None = None,
    ) -> None:
        change = PreferencesChange(
            images=images,
            failures=failures,
            cancellations=cancellations,
            live=live,
            queue_empty=queue_empty,
            canvas=canvas,
            others=others,
            buzz=None if buzz is None else Buzz(buzz),
            longer_than=longer_than,
            quiet=quiet,
            failures_at_night=failures_at_night,
            spoiler=spoiler,
            hide_prompts=hide_prompts,
            mention=None if mention is None else mentionable(interaction, _place(interaction)[0], mention),
            no_mention=no_mention,
            mine=None if mine is None else Mine(mine),
            server=server,
            origin=origin,
            destination=destination,
            board=board,
            user=user,
        )
        await self._subscribe(interaction, replace(change, zone=interaction.client.zone))

    async def _subscribe(self, interaction: Interaction, change: PreferencesChange) -> None:
        channel_id, guild_id = _place(interaction)
        _require_permissions(interaction)
        await interaction.response.defer(ephemeral=True)
        before, adopt = await self._channels.of(channel_id), interaction.client.owns(interaction)
        change = await interaction.client.servers.filters.resolved(change, before)
        await let_follow(interaction, channel_id, change.mention)
        now = await self._channels.here(channel_id, guild_id, change, adopt=adopt)
        await reply(interaction, channel_panel.settings(await view_of(interaction, now)))

    @needs(actions.NOTIFY)
    @app_commands.command(description="Stop notices in this channel, in another one, or in a whole server")
    @app_commands.describe(
        channel="Another channel, even a deleted one; the owner may name one in any server",
        guild="Owner only: stop working for this server (by its id)",
    )
    @app_commands.autocomplete(channel=told_channels, guild=known_guilds)
    async def stop(
        self, interaction: Interaction, channel: str | None = None, guild: str | None = None
    ) -> None:
        if guild is None:
            sentence = await _end_channel(interaction, channel)
        else:
            sentence = await _end_guild(interaction, guild)
        await reply(interaction, panels.one_sentence(sentence))

    @needs(actions.NOTIFY)
    @app_commands.command(description="Show what each channel gets, with buttons to change it")
    async def show(self, interaction: Interaction) -> None:
        await think(interaction)
        guild_id = interaction.guild_id
        if guild_id is not None and guild_id in self._channels.adoption.adopted.ids:
            shown = await page_of(interaction, guild_id, 1)
        else:  # here only the owner is answered
            suspended = await self._channels.suspended(guild_id)
            shown = guild_text.everywhere(await _guilds(interaction), suspended, self._clock())
        await reply(interaction, shown)

    @needs(actions.NOTIFY)
    @app_commands.command(description="Post a sample of each kind of notice this channel gets")
    async def test(self, interaction: Interaction) -> None:
        await think(interaction)
        channel_id, _ = _place(interaction)
        found = await self._channels.of(channel_id)
        if found is None:
            raise RequestRefused("This channel gets no notices yet. Type /notify here to start them.")
        await reply(interaction, panels.one_sentence(await post_samples(interaction, found)))


def _require_permissions(interaction: Interaction) -> None:
    """RequestRefused where the bot can't post in this channel."""
    thread = isinstance(interaction.channel, discord.Thread)
    missing = missing_permissions(interaction.app_permissions, thread=thread)
    if missing:
        raise RequestRefused(
            f"I can't post here yet: give me {', '.join(missing)} in this channel, then ask again."
        )


def _place(interaction: Interaction) -> tuple[int, int]:
    if interaction.channel_id is None or interaction.guild_id is None:
        raise RequestRefused("That works in a server's channel only.")
    if not interaction.is_guild_integration():
        raise RequestRefused("I am not a member of this server. Invite me, then ask again.")
    return interaction.channel_id, interaction.guild_id


async def _end_channel(interaction: Interaction, channel: str | None) -> str:
    """End this channel or another one, for the owner of any guild; what the person is told."""
    here, guild_id = interaction.channel_id, interaction.guild_id
    if here is None or (channel is None and guild_id is None):
        raise RequestRefused("Say which channel or which server gets no more notices.")
    channel_id = here if channel is None else _id_in(channel, "channel")
    client = interaction.client
    dropped = await client.channels.off(channel_id, None if client.owns(interaction) else guild_id)
    which = "This channel" if channel_id == here else f"Channel {channel_id}"
    if dropped is None:
        raise RequestRefused(f"{which} already gets no notices.")
    rest = f" Dropped {many(dropped, 'notice')} still waiting." if dropped else ""
    return f"{which} gets no more notices.{rest}"


async def _end_guild(interaction: Interaction, guild: str) -> str:
    """End a whole guild; what the owner is told. AccessRefused for anybody else."""
    if not interaction.client.owns(interaction):
        raise AccessRefused("Only the owner of this application may end a whole server.")
    guild_id, adoption = _id_in(guild, "server"), interaction.client.channels.adoption
    return guild_text.ended(guild_id, await adoption.drop(guild_id), adoption.adopted)


async def _guilds(interaction: Interaction) -> list[GuildSummary]:
    """All that are adopted, or in which a channel is subscribed; of these only the one where it is asked."""
    client, here = interaction.client, interaction.guild_id
    adopted, told = client.channels.adoption.adopted, await client.channels.everywhere()
    return [
        GuildSummary(
            guild_id,
            guild.name if (guild := client.get_guild(guild_id)) else "",
            guild_text.adopted_by(adopted, guild_id),
            [one for one in told if one.guild_id == guild_id],
        )
        for guild_id in sorted(adopted.ids | {one.guild_id for one in told})
        if here in (None, guild_id)
    ]


def _id_in(text: str, what: str) -> int:
    """From a choice, a number or a mention of a channel."""
    digits = text.strip().removeprefix("<#").removesuffix(">")
    if not digits.isascii() or not digits.isdigit() or len(digits) > _MAX_ID:
        raise RequestRefused(f"Pick one of the {what}s, or give a {what}'s id.")
    return int(digits)


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(NotifyCog(bot))
