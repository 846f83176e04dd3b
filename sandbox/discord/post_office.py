"""Messages are stored, changed and taken away here, and the gateway hears of it."""

from collections.abc import Callable
from typing import Literal

from sandbox.discord import messages, payloads
from sandbox.discord.gateway_codes import Intent
from sandbox.discord.state import Message
from sandbox.discord.world import Channel, Event, World

Happened = Literal["created", "changed", "removed"]
Listener = Callable[[Happened, Message], None]


class PostOffice:
    """`listeners` hear of every message, ephemeral ones too: people's screens, as it were."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.listeners: list[Listener] = []

    def deliver(self, message: Message) -> None:
        """A new message. An ephemeral one stands in no channel and no gateway event."""
        if message.ephemeral_for is None:
            channel = self._world.channels[message.channel_id]
            channel.stored[message.id] = message
            if channel.archived:
                self._open(channel)
            self._tell("MESSAGE_CREATE", message)
            channel.watch.changed()
        self._show("created", message)

    def _open(self, thread: Channel) -> None:
        """A new message opens an archived thread."""
        thread.archived = False
        guild_id = thread.guild.id if thread.guild else None
        self._world.publish(Event("THREAD_UPDATE", payloads.channel(thread), guild_id, Intent.GUILDS))

    def changed(self, message: Message) -> None:
        if message.ephemeral_for is None:
            self._tell("MESSAGE_UPDATE", message)
        self._world.channels[message.channel_id].watch.changed()
        self._show("changed", message)

    def remove(self, message: Message) -> None:
        channel = self._world.channels[message.channel_id]
        if channel.stored.pop(message.id, None) is not None:
            data = {"id": str(message.id), "channel_id": str(message.channel_id)}
            if message.guild_id:
                data["guild_id"] = str(message.guild_id)
            self._world.publish(Event("MESSAGE_DELETE", data, message.guild_id, _intent(message)))
        channel.watch.changed()
        self._show("removed", message)

    def _show(self, what: Happened, message: Message) -> None:
        for listener in self.listeners:
            listener(what, message)

    def _tell(self, kind: str, message: Message) -> None:
        data = messages.payload(message, self._world)
        if message.guild_id is not None:
            data["guild_id"] = str(message.guild_id)
            member = self._world.guilds[message.guild_id].members.get(message.author.id)
            if member:
                data["member"] = payloads.member(member, with_user=False)
        self._world.publish(Event(kind, data, message.guild_id, _intent(message)))


def _intent(message: Message) -> Intent:
    return Intent.GUILD_MESSAGES if message.guild_id else Intent.DIRECT_MESSAGES
