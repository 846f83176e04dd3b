"""A job that makes a video: posted as a file that plays, with its buttons, and veiled as a picture is."""

from typing import Any

import planted
import pytest
from house import InvokeAI, Studio
from job_buttons_place import PROMPT, new_board
from person import Person

from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer
from sandbox.discord.state import Message
from sandbox.invokeai import SandboxInvokeAI
from sandbox.invokeai.videos import StoredVideo

pytestmark = pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
TOO_LARGE = 12 * 1024 * 1024
"""Bytes: Discord takes 10 MiB in this guild."""


def film(**fields: Any) -> dict[str, Any]:
    """As a workflow makes a video: the film itself, and what tells of it."""
    nodes: dict[str, dict[str, Any]] = {
        "told": {"type": "core_metadata", "positive_prompt": PROMPT, "seed": 1234, "is_intermediate": True},
        "film": {"type": "sandbox_film", "seconds": 0.2, "steps": 2, "prompt": PROMPT, **fields},
    }
    wire = {
        "source": {"node_id": "told", "field": "metadata"},
        "destination": {"node_id": "film", "field": "metadata"},
    }
    return {
        "id": "film",
        "nodes": {name: {"id": name, **one} for name, one in nodes.items()},
        "edges": [wire],
    }


async def filmed(studio: Studio, person: Person, **fields: Any) -> tuple[int, Message]:
    [number] = (await person.enqueue(film(**fields), origin="workflows", destination="gallery")).numbers
    return number, await studio.posted(f"✅ #{number} ")


async def stored(invokeai: InvokeAI, number: int) -> StoredVideo:
    server = invokeai.server
    assert isinstance(server, SandboxInvokeAI)
    results = (await invokeai.ask(f"i/{number}"))["session"]["results"].values()
    [name] = [one["video"]["video_name"] for one in results if "video" in one]
    return server.videos.find(name)


async def press(studio: Studio, message: Message | Answer, label: str) -> Answer:
    return await planted.press(studio.person("operator"), message, label)


async def test_a_video_plays_in_the_channel_and_its_buttons_work(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    number, notice = await filmed(studio, person)
    assert "✅ “red fox in snow” · 1 video · " in notice.content
    [file] = notice.files
    video = await stored(invokeai, number)
    assert (file.filename, file.content_type) == (f"{number}-red-fox-in-snow.mp4", "video/mp4")
    assert file.data == video.mp4
    assert "The video of" in (await press(studio, notice, "⭐")).text
    assert video.starred
    [original] = (await press(studio, notice, "Original")).files
    assert original.data == video.mp4
    [shown] = (await press(studio, notice, "Details")).files
    assert shown.content_type == "video/mp4"
    board = await new_board(invokeai, "Films")
    menu = await press(studio, notice, "Board…")
    answer = await studio.person("operator").select(menu, f"job:move:invokeai:{number}", board)
    await answer.wait_for(lambda one: f"The video of #{number} is on the board" in one.text.replace("\\", ""))
    assert video.board_id == board
    question = await press(studio, notice, "Delete…")
    assert f"Delete 1 video of #{number}" in question.text.replace("\\", "")
    answer = await press(studio, question, "In InvokeAI")
    await answer.wait_for(lambda one: "deleted in InvokeAI" in one.text)
    assert "⭐" not in planted.buttons(notice.components)


async def test_a_video_is_a_spoiler_where_pictures_are(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    await studio.person("admin").slash(studio.channel, "notify here", spoiler=True)
    _, notice = await filmed(studio, person)
    [file] = notice.files
    assert file.filename.startswith("SPOILER_")
    assert file.filename.endswith(".mp4")
    assert "||" in notice.content
    assert "fox" not in file.filename


async def test_where_prompts_are_hidden_none_is_left_in_a_video(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    pytest.importorskip("av", reason="PyAV is not installed: pip install 'invokeai-discord[video]'")
    await studio.person("admin").slash(studio.channel, "notify here", hide_prompts=True)
    number, notice = await filmed(studio, person)
    details = await planted.press(studio.person("guest"), notice, "Details")
    assert PROMPT.encode() in (await stored(invokeai, number)).mp4
    for message in (notice, details):
        [file] = message.files
        assert file.content_type == "video/mp4"
        assert PROMPT.encode() not in file.data
        assert "fox" not in file.filename
        assert "fox" not in message.text


async def test_a_video_that_is_too_large_is_encoded_anew(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    pytest.importorskip("av", reason="PyAV is not installed: pip install 'invokeai-discord[video]'")
    _, notice = await filmed(studio, person, padding=TOO_LARGE)
    [file] = notice.files
    assert file.content_type == "video/mp4"
    assert len(file.data) < TOO_LARGE
    assert "encoded anew" in str(notice.embeds)


async def test_an_album_holds_videos_beside_pictures(bot: BotProcess, studio: Studio, person: Person) -> None:
    del bot
    await person.enqueue(film(use_cache=False), runs=3)
    await studio.posted("✅ 3 of 3")
    files = [file for message in studio.channel.messages for file in message.files]
    assert [file.content_type for file in files] == ["video/mp4"] * 3
