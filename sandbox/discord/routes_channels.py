"""Routes of channels and messages, with the permissions that Discord asks for."""

from sandbox.discord import forms, messages, payloads
from sandbox.discord.calls import NO_CONTENT, Call, Reply, Route
from sandbox.discord.composer import Composer
from sandbox.discord.foreign import items, part
from sandbox.discord.permissions import Permission
from sandbox.discord.post_office import PostOffice
from sandbox.discord.refusals import (
    Refusal,
    blocked,
    invalid,
    missing_access,
    missing_permissions,
    no_text_channel,
    thread_archived,
    thread_locked,
    unknown,
)
from sandbox.discord.state import EPHEMERAL, Message
from sandbox.discord.world import TEXT, Channel, World

NONCE_SECONDS = 300
"""Discord says "the past few minutes"."""
OLD_SECONDS = 3600
MAX_OLD_EDITS, OLD_EDITS_SECONDS = 3, 20
"""Edits of messages older than an hour in one channel (30046); seen by bots, not published."""


class ChannelRoutes:
    """For `nonce_memory` seconds a nonce is remembered."""

    def __init__(
        self,
        world: World,
        composer: Composer,
        post: PostOffice,
        nonce_memory: float = NONCE_SECONDS,
    ) -> None:
        self._world = world
        self._composer = composer
        self._post = post
        self._nonce_memory = nonce_memory
        self._old_edits: dict[int, list[float]] = {}

    def routes(self) -> list[Route]:
        channel = "/channels/{channel_id}"
        message = "/channels/{channel_id}/messages/{message_id}"
        return [
            Route("GET", channel, self.channel),
            Route("POST", f"{channel}/typing", self.typing),
            Route("GET", f"{channel}/messages", self.history),
            Route("POST", f"{channel}/messages", self.create),
            Route("GET", f"{channel}/messages/pins", self.pins),
            Route("PUT", f"{channel}/messages/pins/{{message_id}}", self.pin),
            Route("DELETE", f"{channel}/messages/pins/{{message_id}}", self.unpin),
            Route("PUT", f"{channel}/thread-members/{{user_id}}", self.add_to_thread),
            Route("GET", message, self.message),
            Route("PATCH", message, self.edit),
            Route("DELETE", message, self.delete),
        ]

    def _channel(self, call: Call, *needs: Permission) -> Channel:
        """Raises `Refusal`: 50001 if the bot does not see the channel, 50013 if it lacks another right."""
        channel = self._world.channel(call.params["channel_id"])
        granted = self._world.bot_permissions(channel)
        if not granted & Permission.VIEW_CHANNEL:
            raise missing_access()
        sends = Permission.SEND_MESSAGES_IN_THREADS if channel.parent else Permission.SEND_MESSAGES
        if any(not granted & (sends if need is Permission.SEND_MESSAGES else need) for need in needs):
            raise missing_permissions()
        return channel

    async def add_to_thread(self, call: Call) -> Reply:
        """From now on that person is told of what happens there."""
        channel = self._channel(call, Permission.SEND_MESSAGES)
        if channel.parent is None:
            raise unknown("Channel")
        if channel.archived:
            raise thread_archived()
        channel.followers.add(int(call.params["user_id"]))
        return NO_CONTENT

    def _message(self, call: Call, channel: Channel) -> Message:
        if found := channel.stored.get(int(call.params["message_id"])):
            return found
        raise unknown("Message")

    def _open_message(self, call: Call, channel: Channel) -> Message:
        """One that may change: not in an archived thread."""
        message = self._message(call, channel)
        if channel.archived:
            raise thread_archived()
        return message

    async def channel(self, call: Call) -> Reply:
        return Reply(200, payloads.channel(self._channel(call)))

    async def typing(self, call: Call) -> Reply:
        self._channel(call, Permission.SEND_MESSAGES).typing_at.append(self._world.clock())
        return NO_CONTENT

    async def history(self, call: Call) -> Reply:
        """Newest first. Without Read Message History Discord gives an empty list, not an error."""
        channel = self._channel(call)
        limit = call.whole("limit", 50, 1, 100)
        if not self._world.bot_permissions(channel) & Permission.READ_MESSAGE_HISTORY:
            return Reply(200, [])
        found = list(reversed(channel.messages))
        cursors = [name for name in ("around", "before", "after") if name in call.query]
        if len(cursors) > 1:
            raise invalid((cursors[1],), "MUTUALLY_EXCLUSIVE", "around, before and after exclude each other.")
        for cursor in cursors:
            at = call.whole(cursor, 0, 0, 2**63)
            if cursor == "before":
                found = [one for one in found if one.id < at]
            elif cursor == "after":
                found = [one for one in found if one.id > at][-limit:]
            else:
                newer = [one for one in found if one.id > at][-(limit // 2) :]
                older = [one for one in found if one.id <= at]
                found = newer + older[: limit - len(newer)]
        return Reply(200, [messages.payload(one, self._world) for one in found[:limit]])

    async def create(self, call: Call) -> Reply:
        given = call.form()
        channel = self._channel(call, Permission.SEND_MESSAGES)
        if channel.kind != TEXT:
            raise no_text_channel()
        if channel.locked:
            raise thread_locked()
        if items(given, "embeds"):
            self._channel(call, Permission.EMBED_LINKS)
        if call.files:
            self._channel(call, Permission.ATTACH_FILES)
        message = self._composer.create(forms.CREATE, given, call.files, channel, self._world.bot)
        message.flags &= ~EPHEMERAL
        _moderate(message, channel)
        if part(given, "message_reference"):
            self._refer(message, channel, int(given["message_reference"]["message_id"]), given)
        nonce = given.get("nonce")
        key = (self._world.bot.id, str(nonce))
        if nonce is not None and given.get("enforce_nonce"):
            at, message_id = channel.nonces.get(key, (0.0, 0))
            if self._world.clock() - at < self._nonce_memory and message_id in channel.stored:
                return Reply(200, messages.payload(channel.stored[message_id], self._world))
        if nonce is not None:
            channel.nonces[key] = (self._world.clock(), message.id)
        self._post.deliver(message)
        return Reply(200, messages.payload(message, self._world))

    def _refer(self, message: Message, channel: Channel, target: int, given: dict[str, object]) -> None:
        if not self._world.bot_permissions(channel) & Permission.READ_MESSAGE_HISTORY:
            raise Refusal(400, 160002, "Cannot reply without permission to read message history")
        reference = part(given, "message_reference")
        if target in channel.stored:
            message.type, message.reference_id = 19, target
        elif reference.get("fail_if_not_exists") is not False:
            raise invalid(("message_reference",), "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")

    async def message(self, call: Call) -> Reply:
        channel = self._channel(call, Permission.READ_MESSAGE_HISTORY)
        return Reply(200, messages.payload(self._message(call, channel), self._world))

    async def edit(self, call: Call) -> Reply:
        channel = self._channel(call)
        message = self._open_message(call, channel)
        if message.author is not self._world.bot:
            raise Refusal(403, 50005, "Cannot edit a message authored by another user")
        if call.files:
            self._channel(call, Permission.ATTACH_FILES)
        self._check_age(message)
        self._composer.edit(forms.EDIT, message, call.form(), call.files)
        self._post.changed(message)
        return Reply(200, messages.payload(message, self._world))

    def _check_age(self, message: Message) -> None:
        now = self._world.clock()
        if now - message.at.timestamp() <= OLD_SECONDS:
            return
        recent = [at for at in self._old_edits.get(message.channel_id, []) if now - at < OLD_EDITS_SECONDS]
        if len(recent) >= MAX_OLD_EDITS:
            reason = "Maximum number of edits to messages older than 1 hour reached. Try again later."
            raise Refusal(429, 30046, reason, retry_after=recent[0] + OLD_EDITS_SECONDS - now)
        self._old_edits[message.channel_id] = [*recent, now]

    async def delete(self, call: Call) -> Reply:
        channel = self._channel(call)
        message = self._open_message(call, channel)
        if message.author is not self._world.bot:
            self._channel(call, Permission.MANAGE_MESSAGES)
        self._post.remove(message)
        return NO_CONTENT

    async def pins(self, call: Call) -> Reply:
        channel = self._channel(call)
        limit = call.whole("limit", 50, 1, 50)
        pinned = [(one.pinned_at, one) for one in channel.messages if one.pinned_at]
        pinned.sort(key=lambda pair: pair[0], reverse=True)
        found = [
            {"pinned_at": at.isoformat(), "message": messages.payload(one, self._world)}
            for at, one in pinned[:limit]
        ]
        return Reply(200, {"items": found, "has_more": len(pinned) > limit})

    async def pin(self, call: Call) -> Reply:
        channel = self._channel(call, Permission.PIN_MESSAGES)
        message = self._open_message(call, channel)
        message.pinned_at = message.pinned_at or self._world.now()
        self._post.changed(message)
        return NO_CONTENT

    async def unpin(self, call: Call) -> Reply:
        channel = self._channel(call, Permission.PIN_MESSAGES)
        message = self._open_message(call, channel)
        message.pinned_at = None
        self._post.changed(message)
        return NO_CONTENT


def _moderate(message: Message, channel: Channel) -> None:
    words = [message.text, *(f"{file.filename} {file.description}" for file in message.files)]
    said = "\n".join(words).lower()
    if channel.guild is not None and any(word in said for word in channel.guild.blocked):
        raise blocked()
