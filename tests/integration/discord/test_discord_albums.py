"""An album's message is asked what it has only where that is not known from our own last edit."""

import pytest
from sandbox_discord_support import PNG, studio
from sandbox_discord_tiny_bot import TinyBot, running

from bot.delivery.message import Message
from bot.discord.known_contents import KnownContents
from bot.discord.posts import retract
from bot.discord.sink import DiscordSink
from bot.domain.subscriptions import Preferences
from bot.errors import DeliveryDelayed
from bot.render.deletions import Deletion
from bot.render.message import File, Notice
from bot.store.posts import Post

ROUTE = "/channels/{channel_id}/messages/{message_id}"


def notice(number: int) -> Notice:
    file = File(f"{number}-fox.png", PNG, "a fox")
    return Notice(f"⏳ 1 of 3 · #{number}", f"#{number}", files=(file,))


async def test_it_is_asked_before_the_first_edit_and_after_a_deletion_or_a_failure() -> None:
    async with studio() as (server, _, channel), running(server, TinyBot()) as bot:
        known = KnownContents()
        sink = DiscordSink(bot, known=known)
        album = await sink.put(Message(channel.id, notice(1), (), "nonce", {}, Preferences()))

        async def joined(number: int) -> None:
            keeps = tuple((await sink.posted(channel.id, album)).files.values())
            more = Message(
                channel.id, notice(number), (), "nonce", {}, Preferences(), edits=album, keeps=keeps
            )
            await sink.put(more)

        def asked() -> int:
            return len(server.sent("GET", ROUTE))

        await joined(2)
        await joined(3)
        assert asked() == 1
        await retract(bot, [Post(channel.id, album)], Deletion("invokeai", 2, 9, from_posts=False), known)
        before = asked()
        await joined(4)
        assert asked() == before + 1
        server.fail_next(f"PATCH {ROUTE}", 400)
        with pytest.raises(DeliveryDelayed):
            await joined(5)
        await joined(5)
        assert asked() == before + 2
        assert [one.filename for one in channel.messages[0].files] == [
            f"{number}-fox.png" for number in (1, 2, 3, 4, 5)
        ]
