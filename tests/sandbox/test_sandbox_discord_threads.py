"""An archived thread of the sandbox: nothing changes there, and a new message opens it."""

import asyncio

import discord
import pytest
from sandbox_discord_support import raw, studio
from sandbox_discord_tiny_bot import TinyBot, running

from sandbox.discord.permissions import Permission

ALL = Permission(1 << 13 | 1 << 51)


async def test_in_an_archived_thread_nothing_is_edited_deleted_or_pinned_and_all_can_be_read() -> None:
    async with studio() as (server, guild, channel), raw(server) as ask:
        thread = guild.add_thread(channel, "foxes")
        guild.allow(channel, guild.bot_role, ALL)
        _, _, message = await ask("POST", f"/channels/{thread.id}/messages", {"content": "x"})
        path = f"/channels/{thread.id}/messages/{message['id']}"
        guild.archive(thread)
        for method, where, body in (
            ("PATCH", path, {"content": "y"}),
            ("DELETE", path, None),
            ("PUT", f"/channels/{thread.id}/messages/pins/{message['id']}", None),
        ):
            status, _, answer = await ask(method, where, body)
            assert (status, answer) == (400, {"message": "Thread is archived", "code": 50083})
        status, _, answer = await ask("GET", f"/channels/{thread.id}/messages")
        assert (status, [one["content"] for one in answer]) == (200, ["x"])


async def test_a_new_message_opens_an_archived_thread_but_not_a_locked_one() -> None:
    async with studio() as (server, guild, channel), raw(server) as ask:
        thread = guild.add_thread(channel, "foxes")
        guild.archive(thread)
        status, _, _ = await ask("POST", f"/channels/{thread.id}/messages", {"content": "x"})
        assert (status, thread.archived) == (200, False)
        guild.archive(thread, locked=True)
        status, _, answer = await ask("POST", f"/channels/{thread.id}/messages", {"content": "x"})
        assert (status, answer["code"], len(thread.messages)) == (400, 160005, 1)


async def test_the_gateway_tells_of_a_thread_that_is_archived_and_of_one_that_is_open_again() -> None:
    async with studio() as (server, guild, channel), running(server, TinyBot()) as bot, raw(server) as ask:
        updates: asyncio.Queue[tuple[int, bool]] = asyncio.Queue()

        async def on_raw_thread_update(event: discord.RawThreadUpdateEvent) -> None:
            metadata = event.data["thread_metadata"]
            await updates.put((event.thread_id, metadata["archived"]))

        bot.event(on_raw_thread_update)
        thread = guild.add_thread(channel, "foxes")
        guild.archive(thread)
        await ask("POST", f"/channels/{thread.id}/messages", {"content": "x"})
        async with asyncio.timeout(5):
            assert [await updates.get(), await updates.get()] == [(thread.id, True), (thread.id, False)]


@pytest.mark.parametrize("kind", [4, 15])
async def test_a_category_and_a_forum_are_listed_and_take_no_messages(kind: int) -> None:
    async with studio() as (server, guild, _), raw(server) as ask:
        silent = guild.add_silent_channel("more", kind)
        status, _, answer = await ask("POST", f"/channels/{silent.id}/messages", {"content": "x"})
        assert (status, answer["code"], silent.messages) == (400, 50008, [])
        status, _, listed = await ask("GET", f"/guilds/{guild.id}/channels")
        assert [(one["name"], one["type"]) for one in listed if one["type"]] == [("more", kind)]
