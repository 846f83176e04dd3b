"""The bot as Discord sees it: least intents, commands synced when they changed, one check first of all."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

import discord
import structlog
from discord import app_commands
from discord.http import Route

from bot.controls.server_controls import ServerControls
from bot.controls.servers import Servers
from bot.controls.statistics import StatisticsControls
from bot.controls.subscriptions import ChannelSubscriptions
from bot.discord.gateway import GatewayClient
from bot.discord.guild_events import GuildEvents
from bot.discord.hidden_commands import CAPABILITY, hide_by_permission, needed
from bot.discord.identify_budget import IdentifyBudget
from bot.discord.interaction_http import repeat_answers
from bot.discord.known_contents import KnownContents
from bot.discord.login import log_in
from bot.discord.open_forms import OpenForms
from bot.discord.owners import Owners
from bot.discord.reconnect_throttle import ReconnectThrottle
from bot.discord.server_options import fit_options
from bot.discord.time_limit import request_trace
from bot.discord.unclear_commands import UnclearCommands
from bot.domain.access import Caller, Capability, Policy
from bot.domain.actions import Action
from bot.errors import AccessRefused, DatabaseTrouble, StartRefused, TokenRefused
from bot.own_secrets import hide
from bot.store.database import Database
from bot.store.key_values import KeyValues

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

AUTHENTICATION_FAILED = 4004
"""The gateway's close code for a token that it does not take."""


CommandT = TypeVar("CommandT", bound=app_commands.Command[Any, ..., Any] | app_commands.ContextMenu)


def needs(action: Action) -> Callable[[CommandT], CommandT]:
    """Says which action a command is, and so what its caller must be able to do; without it: an admin."""

    def tag(command: CommandT) -> CommandT:
        command.extras[CAPABILITY] = action.capability
        return command

    return tag


def point_at(api_url: str) -> None:
    """Talk to the Discord at that base URL, in this whole process: discord.py knows no other way."""
    Route.BASE = api_url


class Guard(app_commands.CommandTree["InvokeAIBot"]):
    """Every interaction with a command, autocomplete included, passes here first."""

    def take(self, command: discord.Interaction["InvokeAIBot"]) -> None:
        self._from_interaction(command)

    async def interaction_check(self, interaction: discord.Interaction["InvokeAIBot"], /) -> bool:
        return await self.client.admit(interaction, needed(interaction.command))


@dataclass(frozen=True, slots=True)
class CogParts:
    """What the cogs use, and who may use it. `zone`: that of times without one."""

    servers: Servers
    channels: ChannelSubscriptions
    statistics: StatisticsControls
    policy: Policy
    clock: Callable[[], datetime]
    zone: ZoneInfo


class InvokeAIBot(GatewayClient):
    """Holds what the cogs use: `servers`, `channels`, `statistics`, `clock`, `zone`, `open_forms`,
    `unclear_commands`.
    """

    def __init__(
        self,
        parts: CogParts,
        *,
        database: Database,
        cogs: Sequence[str],
        first_channel: int | None,
        throttle: ReconnectThrottle,
        permit: Callable[[], None],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """`permit` raises where Discord may not be asked for anything."""
        key_values = KeyValues(database)
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # we never speak
        super().__init__(
            throttle,
            IdentifyBudget(database, key_values, parts.clock),
            command_prefix=(),
            help_command=None,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            tree_cls=Guard,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            http_trace=request_trace(permit),
        )
        self.servers = parts.servers
        self.channels = parts.channels
        self.known_contents = KnownContents()
        self.statistics = parts.statistics
        self.clock = parts.clock
        self.zone = parts.zone
        self.open_forms = OpenForms(parts.clock)
        self.unclear_commands = UnclearCommands(parts.clock)
        self._policy = parts.policy
        self._key_values = key_values
        self._cog_names = cogs
        self._first_channel = first_channel
        self._began = False
        self.owners = Owners(self.application_info, sleep)

    def take(self, command: discord.Interaction["InvokeAIBot"]) -> None:
        """A command once more, as if it had come from Discord just now: the same checks, the same errors."""
        cast("Guard", self.tree).take(command)

    @property
    def controls(self) -> ServerControls:
        """Of the first InvokeAI: for what is the same for all, and where there is only one."""
        return self.servers.first

    async def serve(self, token: str) -> None:
        """Log in and stay connected. TokenRefused when Discord does not take the token."""
        self._began = True
        repeat_answers()
        try:
            await log_in(lambda: self.login(token))
            await self.may_identify()
            await self.connect()
        except discord.LoginFailure as error:
            raise TokenRefused from error
        except discord.ConnectionClosed as error:
            if error.code == AUTHENTICATION_FAILED:
                raise TokenRefused from error
            raise StartRefused(
                f"Discord ended the connection for good (close code {error.code}). Update the bot, or look "
                "at its intents in the developer portal."
            ) from error

    async def close(self) -> None:
        """May come before `serve`, where discord.py's own would fail; and after a close that was cancelled
        half-way, which discord.py would only report.
        """
        if not self._began:
            return
        try:
            await super().close()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            await self.http.close()

    async def setup_hook(self) -> None:
        for name in self._cog_names:
            if name in self.extensions:
                continue  # a start before this one fell further on
            await self.load_extension(name)
        if self.get_cog(GuildEvents.__cog_name__) is None:
            await self.add_cog(GuildEvents(self, self.channels))
        if self.application is not None:
            self.owners.learn(self.application)
        fit_options(self.tree, several=self.servers.several)
        if self._policy.by_permission:
            hide_by_permission(self.tree, creator_roles=bool(self._policy.creator_roles))
        await self._sync_if_changed()
        if self._first_channel is not None:
            await self._subscribe_first(self._first_channel)

    async def on_connect(self) -> None:
        log.info("discord_connected", application=self.application_id)
        await self._returned()

    async def on_resumed(self) -> None:
        await self._returned()

    async def _returned(self) -> None:
        try:
            await self.channels.discord_returned()
        except DatabaseTrouble as error:  # it is tried later anyway
            log.warning("delayed_notices_retry_failed", reason=str(error))
        await self.owners.refresh()

    async def _sync_if_changed(self) -> None:
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        digest = hashlib.sha256(json.dumps(payload, sort_keys=True, default=str).encode()).hexdigest()
        name = f"commands of {self.application_id} at {Route.BASE}"
        if await self._key_values.get(name) == digest:
            return
        await self.tree.sync()
        await self._key_values.put(name, digest)
        log.info("commands_synced", commands=len(payload))

    async def _subscribe_first(self, channel_id: int) -> None:
        try:
            channel = await self.fetch_channel(channel_id)
        except (discord.NotFound, discord.Forbidden, discord.InvalidData) as error:
            if isinstance(error, discord.HTTPException) and not error.code:
                raise  # not Discord's own words, so it decides nothing
            await self.channels.adoption.decide(None)
            log.error(  # noqa: TRY400  # a person's mistake, not a fault of ours
                "first_channel_failed",
                channel=channel_id,
                fix="Invite the bot to that server with View Channel, or correct DISCORD_CHANNEL_ID.",
            )
            return
        guild = getattr(channel, "guild", None)
        if guild is None:
            await self.channels.adoption.decide(None)
        elif await self.channels.first_channel(channel_id, guild.id):
            log.info("first_channel_subscribed", channel=channel_id, guild=guild.id)

    async def admit(self, interaction: discord.Interaction[Any], needed: Capability) -> bool:
        """Whether the person may; if not they are told so privately, and nothing else happens."""
        try:
            self._policy.require(await self._caller(interaction), needed, self.channels.adoption.adopted.ids)
        except AccessRefused as refusal:
            log.info(
                "access_refused", user=interaction.user.id, guild=interaction.guild_id, needed=needed.name
            )
            if interaction.type is discord.InteractionType.autocomplete:
                await interaction.response.autocomplete([])
            else:
                await interaction.response.send_message(hide(str(refusal)), ephemeral=True)
            return False
        return True

    async def capability(self, interaction: discord.Interaction[Any]) -> Capability:
        """What the person who was admitted may do at most."""
        return self._policy.capability(await self._caller(interaction))

    def owns(self, interaction: discord.Interaction[Any]) -> bool:
        """Whether it is the application's owner, or one of its team."""
        return interaction.user.id in self.owners.ids

    async def _caller(self, interaction: discord.Interaction[Any]) -> Caller:
        user = interaction.user
        owner, installed = self.owns(interaction), interaction.is_guild_integration()
        if not isinstance(user, discord.Member):
            return Caller(interaction.guild_id, owner, installed)
        permissions = interaction.permissions  # as Discord counted them in this channel, its overwrites too
        return Caller(
            interaction.guild_id,
            owner,
            installed,
            frozenset(role.id for role in user.roles),
            frozenset(role.name for role in user.roles if not role.is_default()),
            permissions.manage_messages,
            permissions.manage_guild,
        )
