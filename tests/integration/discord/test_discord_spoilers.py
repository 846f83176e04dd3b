"""A spoiler stays one when its message is edited, through discord.py to the sandbox Discord."""

from sandbox_discord_support import PNG, studio
from sandbox_discord_tiny_bot import TinyBot, running

from bot.delivery.message import Message
from bot.discord.sink import DiscordSink, send_notice
from bot.domain.subscriptions import Preferences
from bot.render.message import File, Notice


async def test_an_edit_leaves_the_files_alone_and_so_their_bars() -> None:
    async with studio() as (server, _, channel), running(server, TinyBot()) as bot:
        file = File("a.png", PNG, "a fox", spoiler=True)
        message_id = await send_notice(bot, channel.id, Notice("first", "first", files=(file,)))
        edited = Message(channel.id, Notice("second", "second"), (), "nonce", {}, Preferences(), message_id)
        assert await DiscordSink(bot).put(edited) == message_id
        [message] = channel.messages
        assert message.content == "second"
        assert [one.filename for one in message.files] == ["SPOILER_a.png"]
        [request] = server.sent("PATCH", "/channels/{channel_id}/messages/{message_id}")
        assert "attachments" not in request.payload
