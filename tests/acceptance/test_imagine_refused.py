"""What /imagine can't do: said once, to that person alone, and with what they typed. Nothing is queued."""

import io
from typing import Any

import pytest
from house import InvokeAI, Studio
from job_buttons_place import image_of, seeded
from person import Person
from PIL import Image
from planted import buttons

from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer
from sandbox.discord.rules import Upload
from sandbox.invokeai import SandboxInvokeAI

MEBIBYTE = 1024 * 1024
WORDS = "a lake, *misty*"
ALONE = pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)


def encoded(kind: str, size: tuple[int, int] = (60, 20), **how: Any) -> bytes:
    data = io.BytesIO()
    Image.new("1" if how.pop("bomb", False) else "RGB", size).save(data, kind, **how)
    return data.getvalue()


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (60, 20), colour) for colour in ("red", "blue")]
    data = io.BytesIO()
    frames[0].save(data, kind, save_all=True, append_images=frames[1:])
    return data.getvalue()


def starting_from(image_name: str, **draw: Any) -> dict[str, Any]:
    graph, start = seeded(**draw), {"id": "start", "type": "img_resize", "is_intermediate": True}
    graph["nodes"]["start"] = start | {"width": 64, "height": 64, "image": {"image_name": image_name}}
    return graph


async def finished(invokeai: InvokeAI, person: Person, graph: dict[str, Any]) -> dict[str, Any]:
    [number] = (await person.enqueue(graph)).numbers
    return await invokeai.until(number, "completed")


def refused(answer: Answer, *words: str) -> None:
    """It was said in private, once, and the channel sees nothing."""
    [told] = answer.followups
    assert told.ephemeral_for == answer.interaction.user.id
    for each in words:
        assert each in told.text


async def test_what_is_no_picture_or_too_much_of_one_is_said_with_what_was_typed(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    creator = studio.person("creator")
    first = await finished(invokeai, person, seeded())
    await finished(invokeai, person, starting_from(image_of(first)))
    before = invokeai.writes()
    no_picture = "no PNG, JPEG or WebP"
    for data, words in (
        (b"<svg/>", no_picture),
        (encoded("PNG")[:60], no_picture),
        (encoded("GIF"), no_picture),
        (animated("GIF"), no_picture),
        (encoded("PNG", (20_000, 20_000), bomb=True), no_picture),
        (bytes(20 * MEBIBYTE + 1), "has more than 20 MB"),
    ):
        file = Upload(0, "a.png", data, "image/png")
        refused(await creator.slash(studio.channel, "imagine", prompt=WORDS, image=file), words, WORDS)
    refused(await creator.slash(studio.channel, "imagine", prompt="   "), "Say what the picture shows")
    assert invokeai.writes() == before
    file = Upload(0, "a.webp", animated("WEBP"), "image/webp")
    answer = await creator.slash(studio.channel, "imagine", prompt=WORDS, image=file)
    item = await invokeai.until(max((await invokeai.ask("item_ids"))["item_ids"]), "completed")
    assert "runs next" in answer.text
    used = await person.file(item["session"]["graph"]["nodes"]["start"]["image"]["image_name"])
    with Image.open(io.BytesIO(used)) as picture:  # the first frame
        assert (picture.size, picture.format) == ((60, 20), "PNG")


@ALONE
async def test_a_full_queue_takes_nothing_and_a_negative_prompt_is_in_what_runs(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    server, creator = invokeai.server, studio.person("creator")
    assert isinstance(server, SandboxInvokeAI)
    await finished(invokeai, person, seeded(negative_prompt="fog"))
    server.queue.max_queue_size = 0
    operator = studio.person("operator")
    typed = {"prompt": WORDS, "negative": "people"}
    full = await operator.slash(studio.channel, "imagine", first=True, **typed)
    refused(
        full, "InvokeAI's queue is full. Try again when there is room; nothing was queued.", WORDS, "people"
    )
    server.queue.max_queue_size = 10
    await creator.slash(studio.channel, "imagine", **typed)
    item = await invokeai.until(max((await invokeai.ask("item_ids"))["item_ids"]), "completed")
    executed = [
        node
        for node in item["session"]["execution_graph"]["nodes"].values()
        if node["type"] == "sandbox_draw"
    ]
    assert [(node["prompt"], node["negative_prompt"]) for node in executed] == [(WORDS, "people")]


@ALONE
async def test_a_form_that_comes_back_while_invokeai_is_away_can_be_sent_again_and_is_queued_once(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    server, creator = invokeai.server, studio.person("creator")
    assert isinstance(server, SandboxInvokeAI)
    first = await finished(invokeai, person, seeded())
    notice = await studio.posted(f"✅ #{first['item_id']} ")
    await finished(invokeai, person, starting_from(image_of(first)))
    opened = await creator.menu(notice, "Use as input…")
    jobs = len((await invokeai.ask("item_ids"))["item_ids"])
    await server.away()
    away = await creator.submit(opened, prompt=WORDS)
    refused(away, "InvokeAI", WORDS)
    await server.back()
    assert len((await invokeai.ask("item_ids"))["item_ids"]) == jobs
    told = away.followups[0]
    again = await creator.press(told, buttons(told.components)["Edit again"])
    answer = await creator.submit(again)
    assert "is queued" in answer.text
    assert len((await invokeai.ask("item_ids"))["item_ids"]) == jobs + 1
