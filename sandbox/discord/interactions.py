"""Interactions: opened by a person, answered by the bot within its deadlines."""

import secrets
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from sandbox.discord import messages, payloads
from sandbox.discord.foreign import Json, items
from sandbox.discord.permissions import EVERYONE
from sandbox.discord.refusals import already_acknowledged, expired_token, unknown
from sandbox.discord.state import Command, Message, User
from sandbox.discord.watch import Watch
from sandbox.discord.world import Channel, Event, World


class Kind(IntEnum):
    """Discord's interaction types."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class Stage(Enum):
    OPEN = "open"
    DEFERRED = "deferred"
    TAKEN_BACK = "taken back"
    """The message that said that the bot is thinking was deleted; what comes instead is a follow-up."""
    ANSWERED = "answered"


@dataclass(slots=True, eq=False)
class Interaction:
    """`original` is what `@original` names: the answer, or the message whose component was used.

    `instead`: the follow-up that came when the deferral had been taken back.
    """

    id: int
    token: str
    kind: Kind
    user: User
    channel: Channel
    at: float
    data: Json
    command: Command | None = None
    source: Message | None = None
    focused_type: int = 0
    opened_by: "Interaction | None" = None
    stage: Stage = Stage.OPEN
    deferred: bool = False
    ephemeral: bool = False
    answered_at: float | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list[Message])
    choices: list[Json] | None = None
    modal: Json | None = None
    deleted: bool = False
    instead: Message | None = None
    watch: Watch = field(default_factory=Watch)


class Desk:
    """`first_answer` and `token_life` in seconds."""

    def __init__(self, world: World, *, first_answer: float, token_life: float) -> None:
        self._world = world
        self.first_answer = first_answer
        self.token_life = token_life
        self._by_id: dict[int, Interaction] = {}
        self._by_token: dict[str, Interaction] = {}

    def open(
        self,
        kind: Kind,
        user: User,
        channel: Channel,
        data: Json,
        *,
        command: Command | None = None,
        source: Message | None = None,
        focused_type: int = 0,
        opened_by: Interaction | None = None,
    ) -> Interaction:
        """Tells the bot."""
        interaction = Interaction(
            id=self._world.new_id(),
            token=secrets.token_urlsafe(60),
            kind=kind,
            user=user,
            channel=channel,
            at=self._world.clock(),
            data=data,
            command=command,
            source=source,
            focused_type=focused_type,
            opened_by=opened_by,
        )
        self._forget_expired()
        self._by_id[interaction.id] = self._by_token[interaction.token] = interaction
        guild_id = channel.guild.id if channel.guild else None
        self._world.publish(Event("INTERACTION_CREATE", self._payload(interaction), guild_id))
        return interaction

    def _forget_expired(self) -> None:
        """Twice a token's life later nobody is told that it has expired; it is unknown then."""
        gone = [one for one in self._by_id.values() if self._world.clock() - one.at > 2 * self.token_life]
        for one in gone:
            del self._by_id[one.id], self._by_token[one.token]

    def to_answer(self, interaction_id: str, token: str) -> Interaction:
        """For the first answer. Raises `Refusal`: 10062 if unknown or too late, 40060 if answered before."""
        found = self._by_id.get(int(interaction_id))
        if found is None or found.token != token or self._world.clock() - found.at > self.first_answer:
            raise unknown("Interaction")
        if found.stage is not Stage.OPEN:
            raise already_acknowledged()
        return found

    def by_token(self, webhook_id: str, token: str) -> Interaction:
        """For edits and follow-ups. Raises `Refusal`: 10015 if unknown or unanswered, 50027 if expired."""
        found = self._by_token.get(token)
        if found is None or int(webhook_id) != self._world.application_id or found.stage is Stage.OPEN:
            raise unknown("Webhook")
        if self._world.clock() - found.at > self.token_life:
            raise expired_token()
        return found

    def metadata(self, interaction: Interaction) -> Json:
        """`interaction_metadata` of a message that answers this interaction."""
        body: Json = {
            "id": str(interaction.id),
            "type": 2 if interaction.kind is Kind.COMMAND else int(interaction.kind),
            "user": payloads.user(interaction.user),
            "authorizing_integration_owners": _owners(interaction.channel, interaction.user),
        }
        if interaction.kind is Kind.COMPONENT and interaction.source:
            body["interacted_message_id"] = str(interaction.source.id)
        if interaction.kind is Kind.MODAL and interaction.opened_by:
            body["triggering_interaction_metadata"] = self.metadata(interaction.opened_by)
        return body

    def _payload(self, interaction: Interaction) -> Json:
        channel, guild = interaction.channel, interaction.channel.guild
        body: Json = {
            "id": str(interaction.id),
            "application_id": str(self._world.application_id),
            "type": int(interaction.kind),
            "token": interaction.token,
            "version": 1,
            "data": interaction.data,
            "channel_id": str(channel.id),
            "channel": payloads.channel(channel),
            "locale": "en-US",
            "app_permissions": str(int(self._world.bot_permissions(channel))),
            "entitlements": [],
            "authorizing_integration_owners": _owners(channel, interaction.user),
            "context": 0 if guild else 1,
            "attachment_size_limit": channel.file_limit,
        }
        if interaction.source:
            body["message"] = messages.payload(interaction.source, self._world)
        if guild is None:
            return body | {"user": payloads.user(interaction.user)}
        permissions = guild.permissions(interaction.user.id, channel)
        body["channel"]["permissions"] = str(int(permissions))
        member = payloads.member(guild.members[interaction.user.id]) | {"permissions": str(int(permissions))}
        return body | {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "member": member,
        }


def words(data: Json) -> str:
    """The command of an interaction's `data` as it was typed, sub-commands too."""
    said = data["name"]
    level = items(data, "options")
    while level and level[0]["type"] in (1, 2):
        said += f" {level[0]['name']}"
        level = items(level[0], "options")
    return said


def permissions_of(channel: Channel, user: User) -> int:
    """A person's permissions in a channel; a DM is theirs."""
    return channel.guild.permissions(user.id, channel) if channel.guild else EVERYONE


def _owners(channel: Channel, user: User) -> Json:
    """By whose installation the application is there: the guild's, or the person's own."""
    if channel.guild is None:
        return {"0": "0"}
    return {"0": str(channel.guild.id)} if channel.guild.installed else {"1": str(user.id)}
