"""A guild as a test furnishes it: channels, roles, people, and who may do what."""

from collections.abc import Iterable

from sandbox.discord import payloads
from sandbox.discord.gateway_codes import Intent
from sandbox.discord.interactions import Desk
from sandbox.discord.people import Person
from sandbox.discord.permissions import Overwrite
from sandbox.discord.post_office import PostOffice
from sandbox.discord.state import Member, Role
from sandbox.discord.world import Channel, Event, Guild, World


class SandboxGuild:
    """`bot_role` is the role that Discord makes for the bot when it is invited."""

    def __init__(
        self, world: World, desk: Desk, post: PostOffice, guild: Guild, *, bot_permissions: int
    ) -> None:
        self._world = world
        self._desk = desk
        self._post = post
        self.state = guild
        self.bot_role = self.add_role(world.application_name, permissions=bot_permissions)
        guild.members[world.bot.id].role_ids.append(self.bot_role.id)

    @property
    def id(self) -> int:
        return self.state.id

    @property
    def everyone(self) -> Role:
        return self.state.roles[self.state.id]

    def add_text_channel(self, name: str) -> Channel:
        channel = self._world.new_channel(self.state, name)
        self._tell("CHANNEL_CREATE", payloads.channel(channel))
        return channel

    def add_silent_channel(self, name: str, kind: int) -> Channel:
        """A category (4) or a forum (15)."""
        channel = self._world.new_channel(self.state, name)
        channel.kind = kind
        self._tell("CHANNEL_CREATE", payloads.channel(channel))
        return channel

    def add_thread(self, parent: Channel, name: str) -> Channel:
        """A public thread in one of the channels."""
        thread = self._world.new_thread(parent, name)
        self._tell("THREAD_CREATE", payloads.channel(thread) | {"newly_created": True})
        return thread

    def block(self, word: str) -> None:
        """From now on no message passes that says the word: in its text, a file's name or an alt text."""
        self.state.blocked.add(word.lower())

    def archive(self, thread: Channel, *, locked: bool = False) -> None:
        """As Discord does by itself after an hour or more without a message, or somebody does (`locked`)."""
        if thread.parent is None:
            raise ValueError("only threads are archived")
        thread.archived, thread.locked = True, locked
        self._tell("THREAD_UPDATE", payloads.channel(thread))

    def remove_channel(self, channel: Channel) -> None:
        """With its threads."""
        for thread in [one for one in self.state.threads.values() if one.parent is channel]:
            del self.state.threads[thread.id], self._world.channels[thread.id]
        del self.state.channels[channel.id], self._world.channels[channel.id]
        self._tell("CHANNEL_DELETE", payloads.channel(channel))

    def open_all_commands(self) -> None:
        """Its admins let everybody use every command, under Server Settings, Integrations."""
        self.state.all_commands = True

    def add_role(self, name: str, *, permissions: int = 0) -> Role:
        role = Role(self._world.new_id(), name, int(permissions), len(self.state.roles))
        self.state.roles[role.id] = role
        self._tell("GUILD_ROLE_CREATE", {"guild_id": str(self.id), "role": payloads.role(role)})
        return role

    def add_member(self, name: str, *, roles: Iterable[Role] = ()) -> Person:
        user = self._world.new_user(name)
        member = Member(user, self._world.now(), [role.id for role in roles])
        self.state.members[user.id] = member
        data = payloads.member(member) | {"guild_id": str(self.id)}
        self._tell("GUILD_MEMBER_ADD", data, Intent.GUILD_MEMBERS)
        return Person(self._world, self._desk, self._post, user)

    def allow(self, channel: Channel, target: Role | Person, permissions: int) -> None:
        """An overwrite of the channel, added to what stands there for the same target."""
        self._overwrite(channel, target, allow=int(permissions), deny=0)

    def deny(self, channel: Channel, target: Role | Person, permissions: int) -> None:
        self._overwrite(channel, target, allow=0, deny=int(permissions))

    def _overwrite(self, channel: Channel, target: Role | Person, *, allow: int, deny: int) -> None:
        found = next((one for one in channel.overwrites if one.target_id == target.id), None)
        if found is None:
            found = Overwrite(target.id, 0 if isinstance(target, Role) else 1)
            channel.overwrites.append(found)
        found.allow = found.allow & ~deny | allow
        found.deny = found.deny & ~allow | deny
        self._tell("CHANNEL_UPDATE", payloads.channel(channel))

    def _tell(self, kind: str, data: payloads.Json, intent: Intent = Intent.GUILDS) -> None:
        self._world.publish(Event(kind, data, self.id, intent))
