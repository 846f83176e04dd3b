import json
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from house import InvokeAI, Studio, says
from job_buttons_place import new_board
from person import Graph, Person, draw
from PIL import Image

from sandbox.bot_process import BotProcess
from sandbox.discord.people import Person as Member
from sandbox.discord.permissions import Permission
from sandbox.discord.state import SUPPRESS_NOTIFICATIONS, Message
from sandbox.discord.world import Channel

NOBODY: dict[str, list[Any]] = {"parse": [], "users": [], "roles": []}
MESSAGES = "/channels/{channel_id}/messages"
PROMPT = "red fox in snow"
MENTIONABLE = Permission.MENTION_EVERYONE
"""With it the bot may mention any role."""


def now_quiet() -> str:
    """Quiet hours that cover this moment, and the next hours as well."""
    now = datetime.now(UTC)
    return f"{now - timedelta(hours=2):%H:%M}-{now + timedelta(hours=2):%H:%M} UTC"


def sent(studio: Studio, message: Message) -> dict[str, Any]:
    """What the bot asked Discord for when it sent this message."""
    bodies: list[dict[str, Any]] = [one.payload for one in studio.discord.sent("POST", MESSAGES)]
    [found] = [body for body in bodies if body.get("content") == message.content]
    return found


async def notify_here(studio: Studio, channel: Channel | None = None, **options: Any) -> str:
    return (await admin(studio).slash(channel or studio.channel, "notify here", **options)).text


def admin(studio: Studio) -> Member:
    return studio.person("admin")


async def test_a_channel_with_the_defaults_buzzes_and_mentions_nobody(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    [number] = (await person.enqueue(draw(prompt="@everyone <@&1> <@1>"))).numbers
    message = await studio.posted(f"✅ #{number}")
    body = sent(studio, message)
    assert not (body.get("flags") or 0) & SUPPRESS_NOTIFICATIONS
    assert body["allowed_mentions"] == NOBODY
    assert message.push


async def test_quiet_hours_post_silently_and_failures_break_through_if_they_may(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    assert "Quiet hours" in await notify_here(studio, quiet=now_quiet())
    [done] = (await person.enqueue(draw())).numbers
    [failed] = (await person.enqueue(draw(fail_at_step=1))).numbers
    for words in (f"✅ #{done}", f"❌ #{failed}"):
        message = await studio.posted(words)
        assert sent(studio, message)["flags"] & SUPPRESS_NOTIFICATIONS
        assert not message.push
    assert "failures still buzz" in await notify_here(studio, failures_at_night=True)
    [again] = (await person.enqueue(draw(fail_at_step=1))).numbers
    assert (await studio.posted(f"❌ #{again}")).push
    await notify_here(studio, quiet="off")
    [loud] = (await person.enqueue(draw())).numbers
    assert (await studio.posted(f"✅ #{loud}")).push


async def test_once_a_batch_only_its_last_notice_buzzes(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    await notify_here(studio, buzz="per_batch")
    await person.enqueue(draw(seconds=1, use_cache=False), runs=3)
    await studio.channel.wait_for(lambda message: message.reference_id is not None, timeout=30)
    notices = [message for message in studio.channel.messages if message.content]
    *before, last = [message.push for message in notices]
    assert before == [False] * (len(notices) - 1)
    assert last
    assert len(notices) > 1


async def test_short_jobs_and_what_is_no_failure_come_silently(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    await notify_here(studio, longer_than=3600)
    [short] = (await person.enqueue(draw())).numbers
    assert not (await studio.posted(f"✅ #{short}")).push
    [failed] = (await person.enqueue(draw(fail_at_step=1))).numbers
    assert (await studio.posted(f"❌ #{failed}")).push
    await notify_here(studio, longer_than=0, buzz="failures")
    [done] = (await person.enqueue(draw())).numbers
    assert not (await studio.posted(f"✅ #{done}")).push
    [failed] = (await person.enqueue(draw(fail_at_step=1))).numbers
    assert (await studio.posted(f"❌ #{failed}")).push


async def test_a_filter_lets_through_only_the_jobs_that_fit(
    bot: BotProcess, studio: Studio, person: Person, invokeai: InvokeAI
) -> None:
    del bot
    canvas = studio.guild.add_text_channel("canvas")
    foxes = studio.guild.add_text_channel("foxes")
    assert "Only** origin canvas" in await notify_here(studio, canvas, origin="Canvas")
    board = await new_board(invokeai, "Foxes")
    assert "Only** destination gallery · board Foxes" in await notify_here(
        studio, foxes, board="foxes", destination="gallery", failures=False
    )
    on_board = draw(board={"board_id": board})
    failing = draw(board={"board_id": board}, fail_at_step=1)
    jobs: dict[str, tuple[Graph, dict[str, Any]]] = {
        "canvas": (draw(), {"origin": "canvas"}),
        "board": (on_board, {"origin": "workflows", "destination": "gallery"}),
        "failed": (failing, {"destination": "gallery"}),
        "elsewhere": (on_board, {"destination": "canvas"}),
        "plain": (draw(), {}),
        "last": (on_board, {"origin": "canvas", "destination": "gallery"}),
    }
    number: dict[str, int] = {}
    for name, (graph, where) in jobs.items():
        [number[name]] = (await person.enqueue(graph, **where)).numbers
        await studio.posted(f"#{number[name]}")
    for channel, names in ((canvas, {"canvas", "last"}), (foxes, {"board", "last"})):
        await channel.wait_for(lambda message: f"#{number['last']}" in message.content, timeout=30)
        lines = [message.content for message in channel.messages if message.content]  # a live card has none
        assert {
            name for name in jobs if any(re.search(rf"#{number[name]}\b", line) for line in lines)
        } == names
        assert len(lines) == len(names)


async def test_a_role_or_a_person_is_mentioned_and_nobody_else(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    role = studio.guild.add_role("painters")
    assert "can't be mentioned yet" in await notify_here(studio, mention=role)
    assert "not everyone" in await notify_here(studio, mention=studio.guild.everyone)
    studio.guild.allow(studio.channel, studio.guild.bot_role, MENTIONABLE)
    assert f"<@&{role.id}>" in await notify_here(studio, mention=role)
    [number] = (await person.enqueue(draw(prompt="for @everyone"))).numbers
    message = await studio.posted(f"✅ #{number}")
    assert message.content.endswith(f"<@&{role.id}>")
    assert sent(studio, message)["allowed_mentions"] == {**NOBODY, "roles": [role.id]}
    assert message.mention_role_ids == [role.id]
    assert not message.mention_everyone

    guest = studio.person("guest")
    await notify_here(studio, mention=guest.user)
    [number] = (await person.enqueue(draw())).numbers
    message = await studio.posted(f"✅ #{number}")
    assert sent(studio, message)["allowed_mentions"] == {**NOBODY, "users": [guest.id]}
    assert message.mention_ids == [guest.id]

    assert "Mentions" not in await notify_here(studio, no_mention=True)
    [number] = (await person.enqueue(draw())).numbers
    message = await studio.posted(f"✅ #{number}")
    assert "<@" not in message.content
    assert sent(studio, message)["allowed_mentions"] == NOBODY


async def test_a_spoiler_is_seen_only_after_a_tap(bot: BotProcess, studio: Studio, person: Person) -> None:
    del bot
    await notify_here(studio, spoiler=True)
    [number] = (await person.enqueue(draw(prompt=PROMPT))).numbers
    message = await studio.posted(f"✅ #{number}")
    [file] = message.files
    assert file.filename == f"SPOILER_{number}-image.png"
    assert "image" not in message.embeds[0]
    assert f"||“{PROMPT}”||" in message.content or PROMPT not in message.text


async def test_a_hidden_prompt_is_nowhere_not_even_in_the_file(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    [open_one] = (await person.enqueue(draw(prompt=PROMPT, seed=5))).numbers
    before = (await studio.posted(f"✅ #{open_one}")).files[0]
    await notify_here(studio, hide_prompts=True)
    [number] = (await person.enqueue(draw(prompt=PROMPT, seed=5))).numbers
    message = await studio.posted(f"✅ #{number}")
    [file] = message.files
    told = json.dumps(sent(studio, message))
    assert "fox" not in f"{told}{message.text}{file.filename}{file.description}"
    with Image.open(BytesIO(before.data)) as seen, Image.open(BytesIO(file.data)) as bare:
        assert seen.info
        assert not bare.info
        assert bare.size == seen.size
        assert b"fox" not in file.data


async def test_show_says_every_preference_and_test_posts_a_sample_of_each_kind(
    bot: BotProcess, studio: Studio
) -> None:
    del bot
    await notify_here(
        studio, cancellations=False, quiet="22:00-07:30 Europe/Berlin", hide_prompts=True, buzz="failures"
    )
    await notify_here(studio, origin="Alex, Sam")
    shown = (await admin(studio).slash(studio.channel, "notify show")).text
    for words in (
        "finished pictures · failures",
        "origin alex or sam",
        "Buzzes** only failures",
        "22:00-07:30",
        "prompts are hidden",
    ):
        assert words in shown
    assert "cancellations" not in shown
    await notify_here(studio, quiet="off")
    answer = await admin(studio).slash(studio.channel, "notify test")
    assert "2 samples, 1 of them silently" in answer.text
    picture, failure = studio.channel.messages[-2:]
    assert (picture.content.split(" · ")[:2], picture.push) == (
        ["🔔 Test notice", "✅ Done in 8.6 s"],
        False,
    )
    assert (failure.content.split(" · ")[:2], failure.push) == (["🔔 Test notice", "❌ Out of VRAM"], True)


async def test_words_that_make_no_sense_change_nothing(bot: BotProcess, studio: Studio) -> None:
    del bot
    before = (await admin(studio).slash(studio.channel, "notify show")).text
    assert "22:00-07:30 Europe/Berlin" in await notify_here(studio, quiet="at night", spoiler=True)
    assert "no such time zone" in await notify_here(studio, quiet="22:00-07:00 Moon/Tycho", spoiler=True)
    assert (await admin(studio).slash(studio.channel, "notify show")).text == before


async def test_a_thread_is_told_as_well_if_the_bot_may_send_there(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    thread = studio.guild.add_thread(studio.channel, "foxes")
    studio.guild.deny(studio.channel, studio.guild.bot_role, Permission.SEND_MESSAGES_IN_THREADS)
    assert "Send Messages In Threads" in await notify_here(studio, thread)
    studio.guild.allow(studio.channel, studio.guild.bot_role, Permission.SEND_MESSAGES_IN_THREADS)
    studio.guild.deny(studio.channel, studio.guild.bot_role, Permission.SEND_MESSAGES)
    assert f"<#{thread.id}>\n**Posts** finished pictures" in await notify_here(studio, thread)
    await admin(studio).slash(studio.channel, "notify stop")
    [number] = (await person.enqueue(draw())).numbers
    message = await thread.wait_for(lambda message: says(message.content, f"✅ #{number}"), timeout=30)
    assert message.files
    await admin(studio).slash(thread, "notify test")
    assert thread.messages[-1].content.startswith("🔔 Test notice")


async def test_whom_a_thread_mentions_follows_it_from_then_on(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    """Discord tells nobody of a mention in a thread, or a forum's post, that they do not follow."""
    del bot
    thread, guest = studio.guild.add_thread(studio.channel, "foxes"), studio.person("guest")
    await notify_here(studio, thread, mention=guest.user)
    assert thread.followers == {guest.id}
    [number] = (await person.enqueue(draw())).numbers
    message = await thread.wait_for(lambda one: says(one.content, f"✅ #{number}"), timeout=30)
    assert sent(studio, message)["allowed_mentions"] == {**NOBODY, "users": [guest.id]}
    studio.discord.fail_next("PUT /channels/{channel_id}/thread-members/{user_id}", 403)
    assert "can't add" in await notify_here(studio, thread, mention=studio.person("operator").user)
    assert thread.followers == {guest.id}


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)  # where no other test has made boards
async def test_boards_are_offered_and_taken_by_name_and_the_answer_counts_what_would_have_come(
    bot: BotProcess, studio: Studio, person: Person, invokeai: InvokeAI
) -> None:
    del bot
    board = await new_board(invokeai, "Foxes")
    await new_board(invokeai, "Hens")
    numbers = [
        number
        for fields in ({}, {}, {"board": {"board_id": board}})
        for number in (await person.enqueue(draw(**fields))).numbers
    ]
    for number in numbers:
        await invokeai.until(number, "completed")
    offered = await admin(studio).autocomplete(studio.channel, "notify here", board="none, fo")
    assert [(one["name"], one["value"]) for one in offered] == [("none, Foxes", "none, Foxes")]
    told = await notify_here(studio, board="foxes")
    assert "Only** board Foxes" in told
    assert "1 of the last 3 jobs would have been posted here." in told
    assert "None of the last 3 jobs would have been posted here." in await notify_here(studio, board="hens")
    refused = await notify_here(studio, board="cats")
    assert "InvokeAI has no board cats. It has Foxes, Hens." in refused.replace("\\", "")
    refused = await notify_here(studio, user="alice")
    assert "This InvokeAI has no accounts, so no job of it has a user." in refused
    assert "board Hens" in (await admin(studio).slash(studio.channel, "notify show")).text
