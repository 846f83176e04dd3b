"""The sandbox's Discord as it stands: guilds, channels, people, the one application and its bot."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.discord.foreign import Json
from sandbox.discord.permissions import EVERYONE, Overwrite, in_channel, in_guild
from sandbox.discord.refusals import unknown
from sandbox.discord.state import Command, File, Member, Message, Role, TeamMember, User
from sandbox.discord.watch import Watch

DISCORD_EPOCH_MS = 1_420_070_400_000
MIB = 1024 * 1024
TEXT = 0
"""Discord's number for a text channel."""
FILE_LIMITS = (10 * MIB, 10 * MIB, 50 * MIB, 100 * MIB)
"""Bytes of one file, by the guild's boost tier."""


@dataclass(frozen=True, slots=True)
class Event:
    """A gateway dispatch. `intent` 0 goes to everyone; `guild_id` None goes to shard 0."""

    type: str
    data: Json
    guild_id: int | None
    intent: int = 0


class Channel:
    """A text channel of a guild, a thread in its `parent`, or a DM with `recipient`.

    `kind` is Discord's number: what is no text channel, such as a category or a forum, holds no messages.
    In an `archived` thread no message changes; a new one opens it again, unless it is `locked`.
    """

    def __init__(
        self,
        channel_id: int,
        name: str,
        *,
        guild: "Guild | None",
        position: int = 0,
        recipient: User | None = None,
        parent: "Channel | None" = None,
    ) -> None:
        self.id = channel_id
        self.name = name
        self.guild = guild
        self.position = position
        self.recipient = recipient
        self.parent = parent
        self.overwrites: list[Overwrite] = parent.overwrites if parent else []
        self.stored: dict[int, Message] = {}
        self.nonces: dict[tuple[int, str], tuple[float, int]] = {}
        self.typing_at: list[float] = []
        self.archived = self.locked = False
        self.followers: set[int] = set()
        """Who was added to this thread, by id."""
        self.kind = TEXT
        self.watch = Watch()

    @property
    def messages(self) -> list[Message]:
        """Oldest first; ephemeral messages are not among them."""
        return [self.stored[message_id] for message_id in sorted(self.stored)]

    @property
    def file_limit(self) -> int:
        """Bytes of one file."""
        return self.guild.file_limit if self.guild else FILE_LIMITS[0]

    async def wait_for(self, wanted: Callable[[Message], bool], *, timeout: float = 5.0) -> Message:  # noqa: ASYNC109 - see Watch
        """The first stored message that is `wanted`, now or later. Raises TimeoutError."""
        await self.watch.until(
            lambda: any(map(wanted, self.stored.values())), timeout=timeout, what=f"a message in #{self.name}"
        )
        return next(message for message in self.stored.values() if wanted(message))


@dataclass(slots=True)
class Guild:
    """`roles` holds @everyone under the guild's own id. `tier` is the boost level, 0 to 3.

    `installed`: the application is in it; else people bring it along by a user install. `all_commands`: its
    admins have opened every command to everybody, under Server Settings, Integrations. `blocked`: words that
    its moderation lets no message say.
    """

    id: int
    name: str
    owner_id: int
    tier: int = 0
    installed: bool = True
    all_commands: bool = False
    roles: dict[int, Role] = field(default_factory=dict[int, Role])
    members: dict[int, Member] = field(default_factory=dict[int, Member])
    channels: dict[int, Channel] = field(default_factory=dict[int, Channel])
    threads: dict[int, Channel] = field(default_factory=dict[int, Channel])
    blocked: set[str] = field(default_factory=set[str])

    @property
    def file_limit(self) -> int:
        return FILE_LIMITS[self.tier]

    def permissions(self, user_id: int, channel: Channel | None = None) -> int:
        """A member's bits in the guild, or in one of its channels; 0 for a stranger."""
        member = self.members.get(user_id)
        if member is None:
            return 0
        base = in_guild(
            owner=user_id == self.owner_id,
            everyone=self.roles[self.id].permissions,
            roles=(self.roles[role_id].permissions for role_id in member.role_ids),
        )
        if channel is None:
            return base
        return in_channel(
            base,
            channel.overwrites,
            guild_id=self.id,
            role_ids=member.role_ids,
            member_id=user_id,
            thread=channel.parent is not None,
        )


class World:
    """`clock` gives seconds since 1970. `base` is the sandbox's own address, known once it listens."""

    def __init__(self, clock: Callable[[], float], application: str) -> None:
        self.clock = clock
        self.base = ""
        self.publish: Callable[[Event], None] = lambda _event: None
        self._last_id = 0
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.files: dict[int, File] = {}
        self.commands: dict[int | None, dict[int, Command]] = {None: {}}
        self.application_name = application
        self.application_flags = 0
        self.owner = self.new_user("owner")
        self.team: list[TeamMember] = []
        """Whom the application's team was offered to; without anybody there is no team."""
        self.bot = self.new_user(application, bot=True)

    @property
    def application_id(self) -> int:
        """As for every newer application: the id of its bot user."""
        return self.bot.id

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def new_id(self) -> int:
        """A snowflake: it carries the clock's time and is larger than the last."""
        born = (int(self.clock() * 1000) - DISCORD_EPOCH_MS) << 22
        self._last_id = max(born, self._last_id + 1)
        return self._last_id

    def new_user(self, username: str, *, bot: bool = False) -> User:
        user = User(self.new_id(), username, bot)
        self.users[user.id] = user
        return user

    def new_guild(self, name: str, *, tier: int, everyone: int = EVERYONE) -> Guild:
        guild = Guild(self.new_id(), name, self.owner.id, tier)
        guild.roles[guild.id] = Role(guild.id, "@everyone", everyone, 0)
        self.guilds[guild.id] = guild
        self.commands[guild.id] = {}
        for user in (self.owner, self.bot):
            guild.members[user.id] = Member(user, self.now())
        return guild

    def new_channel(self, guild: Guild, name: str) -> Channel:
        channel = Channel(self.new_id(), name, guild=guild, position=len(guild.channels))
        guild.channels[channel.id] = self.channels[channel.id] = channel
        return channel

    def new_thread(self, parent: Channel, name: str) -> Channel:
        """A public thread; a forum's post is one as well."""
        if parent.guild is None or parent.parent is not None:
            raise ValueError("threads are made in a guild's channels")
        thread = Channel(self.new_id(), name, guild=parent.guild, parent=parent)
        parent.guild.threads[thread.id] = self.channels[thread.id] = thread
        return thread

    def direct_channel(self, user: User) -> Channel:
        """The DM between the bot and `user`; made at the first call."""
        for channel in self.channels.values():
            if channel.recipient is user:
                return channel
        channel = Channel(self.new_id(), user.username, guild=None, recipient=user)
        self.channels[channel.id] = channel
        return channel

    def bot_permissions(self, channel: Channel) -> int:
        """In a DM a bot may do what @everyone may."""
        return channel.guild.permissions(self.bot.id, channel) if channel.guild else EVERYONE

    def channel(self, channel_id: str | int) -> Channel:
        if found := self.channels.get(int(channel_id)):
            return found
        raise unknown("Channel")

    def guild(self, guild_id: str | int) -> Guild:
        """A guild that the bot is a member of."""
        found = self.guilds.get(int(guild_id))
        if found is None or self.bot.id not in found.members:
            raise unknown("Guild")
        return found
