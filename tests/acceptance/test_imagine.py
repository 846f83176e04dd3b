"""From a sentence to a picture: who may, what InvokeAI gets, what people are told."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from house import InvokeAI, Studio, bot_process, real, serving
from job_buttons_place import image_of, metadata, prompt_of, seed_of, seeded
from person import Person
from PIL import ExifTags, Image
from planted import buttons, press

from sandbox.bot_process import BotProcess
from sandbox.discord.rules import Upload
from sandbox.invokeai import SandboxInvokeAI


@pytest.fixture
def settings() -> dict[str, str]:
    return {"BOT_CREATOR_ROLES": "creators", "BOT_CREATOR_WAITING": "3", "BOT_REFUSED_WORDS": "gore"}


@pytest.fixture
async def bot(
    studio: Studio, invokeai: InvokeAI, person: Person, settings: dict[str, str], tmp_path: Path
) -> AsyncIterator[BotProcess]:
    del person
    async with serving(bot_process(studio, invokeai.url, tmp_path, **settings)) as process:
        studio.guild.open_all_commands()
        yield process


def resized(image_name: str) -> dict[str, Any]:
    """A picture is drawn, and another one read."""
    graph, start = seeded(), {"id": "start", "type": "img_resize", "is_intermediate": True}
    graph["nodes"]["start"] = start | {"width": 64, "height": 64, "image": {"image_name": image_name}}
    return graph


def photo() -> bytes:
    """Lies on its side, as EXIF says, and tells where it was taken."""
    picture, exif, data = Image.new("RGB", (60, 20), "red"), Image.Exif(), io.BytesIO()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.ImageDescription] = 6, "at home"
    picture.save(data, "JPEG", exif=exif)
    return data.getvalue()


def upload(name: str, data: bytes) -> Upload:
    return Upload(0, name, data, "image/png")


async def finished(invokeai: InvokeAI, person: Person, graph: dict[str, Any]) -> int:
    [number] = (await person.enqueue(graph)).numbers
    await invokeai.until(number, "completed")
    return number


async def newest(invokeai: InvokeAI) -> int:
    return max((await invokeai.ask("item_ids"))["item_ids"])


async def unfinished(invokeai: InvokeAI) -> int:
    counts = (await invokeai.ask("status"))["queue"]
    return counts["pending"] + counts["in_progress"]


@pytest.mark.parametrize("invokeai", ["sandbox", real(), real("6.6.0"), real("5.15.0")], indirect=True)
async def test_a_picture_is_made_like_the_newest_one_with_all_that_was_given(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    start = await finished(invokeai, person, seeded())
    await studio.posted(f"✅ #{start}")  # or several may come as one album
    old = image_of(await invokeai.until(start, "completed"))
    graph = resized(old)
    graph["nodes"]["draw"] |= {"negative_prompt": "blurry", "width": 96}
    graph["nodes"]["told"]["negative_prompt"] = "blurry"
    like = await finished(invokeai, person, graph)
    await studio.posted(f"✅ #{like}")
    before = invokeai.writes()
    refused = await studio.person("guest").slash(studio.channel, "imagine", prompt="a lake")
    assert refused.ephemeral
    assert "That needs a creator role" in refused.text
    assert invokeai.writes() == before
    for number, who in enumerate(("creator", "operator"), like + 1):
        prompt, seed, image = f"a lighthouse for the {who}", number, upload("a.jpg", photo())
        answer = await studio.person(who).slash(
            studio.channel, "imagine", prompt=prompt, negative="foggy", seed=seed, image=image
        )
        numbered = invokeai.version != "5.15.0"  # which does not tell the numbers of what it took
        which = f"#{number}" if numbered else "1 picture"
        assert f"{which} is queued · “{prompt}”" in answer.text
        assert f"like the newest picture · seed {seed}" in answer.text
        assert not answer.ephemeral
        item = await invokeai.until(number, "completed")
        draw, given = (item["session"]["graph"]["nodes"][name] for name in ("draw", "start"))
        assert (prompt_of(item), seed_of(item), draw["negative_prompt"]) == (prompt, seed, "foggy")
        assert (draw["width"], draw["height"], given["width"]) == (96, 64, 64)
        assert given["image"]["image_name"] != old
        told = await metadata(invokeai, image_of(item))
        assert (told["positive_prompt"], told["negative_prompt"], told["seed"]) == (prompt, "foggy", seed)
        assert (told["width"], told["height"]) == (64, 64)
        await studio.posted(f"✅ #{number}")


async def test_a_creator_may_have_as_many_as_the_setting_says_and_an_operator_any_number(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    await finished(invokeai, person, seeded())
    creator, operator = studio.person("creator"), studio.person("operator")
    await person.pause()
    first = await creator.slash(studio.channel, "imagine", prompt="a lake", count=2)
    assert "are queued" in first.text
    assert "the queue is paused" in first.text
    before = invokeai.writes()
    refused = await creator.slash(studio.channel, "imagine", prompt="a hill", count=2)
    assert refused.followups[0].ephemeral_for == creator.id
    told = refused.followups[0].text
    assert "2 of yours are waiting or running, and you may have 3. Ask for 1 now" in told
    assert "a hill" in told
    assert invokeai.writes() == before
    assert "You have 2 of 3 waiting or running" in (await creator.slash(studio.channel, "quota")).text
    many = await operator.slash(studio.channel, "imagine", prompt="a hill", count=4)
    assert "4 waiting" not in many.text
    assert await unfinished(invokeai) == 4
    assert "There is no limit for you" in (await operator.slash(studio.channel, "quota")).text
    told = (await studio.person("admin").slash(studio.channel, "quota")).text
    assert f"<@{creator.id}> · 2 waiting or running · 2 in 24 hours" in told
    assert f"<@{operator.id}> · 4 waiting or running · 4 in 24 hours · not limited" in told
    await person.start_afresh()


async def test_what_can_t_be_done_is_said_to_that_person_alone_with_what_they_typed(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    creator = studio.person("creator")
    before = invokeai.writes()
    for options, words in (
        ({}, "There is no picture to go by yet"),
        ({"prompt": "some GORE"}, "does not allow “gore” in a prompt"),
        ({"style": "nothing"}, "There is no style of that name here"),
        ({"first": True}, "Only operators may run something first"),
    ):
        answer = await creator.slash(studio.channel, "imagine", **{"prompt": "a lake", **options})
        alone = answer.followups[0].ephemeral_for if answer.followups else answer.ephemeral
        text = answer.followups[0].text if answer.followups else answer.text
        assert alone, words
        assert words in text
        assert str(options.get("prompt", "a lake")) in text
    assert invokeai.writes() == before
    await finished(invokeai, person, seeded())
    before = invokeai.writes()
    impossible: list[tuple[dict[str, Any], str]] = [
        ({"image": upload("a.png", photo())}, "has no input image")
    ]
    if isinstance(invokeai.server, SandboxInvokeAI):  # the real one's node always has a negative prompt
        impossible.append(({"negative": "blur"}, "has no negative prompt"))
    for options, words in impossible:
        answer = await creator.slash(studio.channel, "imagine", prompt="a lake", **options)
        assert words in answer.followups[0].text
    assert invokeai.writes() == before


async def test_a_saved_style_is_used_by_name_and_as_the_default(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    operator, creator = studio.person("operator"), studio.person("creator")
    number = await finished(invokeai, person, seeded(width=128))
    saved = await operator.slash(studio.channel, "style save", job=number, name="Wide")
    assert f"The style **Wide** is saved from #{number}" in saved.text
    assert "red fox in snow" in saved.text
    await finished(invokeai, person, seeded(width=64))
    assert [each["value"] for each in await creator.autocomplete(studio.channel, "imagine", style="w")] == [
        "Wide"
    ]
    for options in ({"style": "wide"}, {}):
        answer = await creator.slash(studio.channel, "imagine", prompt="a lake", seed=5, **options)
        assert "style Wide" in answer.text
        item = await invokeai.until(await newest(invokeai), "completed")
        assert item["session"]["graph"]["nodes"]["draw"]["width"] == 128
        assert prompt_of(item) == "a lake"
        told = await operator.slash(studio.channel, "style default", name="wide", where="channel")
        assert "/imagine uses the style Wide in this channel" in told.text
    listed = (await creator.slash(studio.channel, "style list")).text
    assert f"**Wide** · from #{number} · default in this channel" in listed
    gone = (await operator.slash(studio.channel, "style delete", name="Wide")).text
    assert gone == "The style Wide is deleted. It was the default in 1 channel."
    assert "There is no style yet" in (await creator.slash(studio.channel, "style list")).text


async def test_a_style_is_saved_by_a_button_and_may_become_the_channel_s_default(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    operator = studio.person("operator")
    number = await finished(invokeai, person, seeded())
    more = await press(operator, await studio.posted(f"✅ #{number} "), "More")
    opened = await operator.press(more, buttons(more.components)["Save as style…"])
    refused = await operator.submit(opened, name="  ", default=["Yes"])
    assert refused.ephemeral
    assert "A style's name has 1 to 40 letters" in refused.text
    again = await operator.press(refused, buttons(refused.components)["Edit again"])
    saved = await operator.submit(again, name="Wide")  # the default that was chosen is still chosen
    assert saved.ephemeral
    assert f"The style **Wide** is saved from #{number}. /imagine uses it in this channel" in saved.text
    answer = await studio.person("creator").slash(studio.channel, "imagine", prompt="a lake")
    assert "style Wide" in answer.text


async def test_a_picture_of_one_s_own_is_where_the_style_starts_from_upright_and_bare(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    start = await finished(invokeai, person, seeded())
    name = image_of(await invokeai.until(start, "completed"))
    await finished(invokeai, person, resized(name))
    creator = studio.person("creator")
    wrong = await creator.slash(
        studio.channel, "imagine", prompt="a lake", image=upload("a.png", b"no picture")
    )
    assert "no PNG, JPEG or WebP" in wrong.followups[0].text
    await creator.slash(studio.channel, "imagine", prompt="a lake", image=upload("a.jpg", photo()))
    item = await invokeai.until(await newest(invokeai), "completed")
    given = item["session"]["graph"]["nodes"]["start"]["image"]["image_name"]
    assert given != name
    data = await person.file(given)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (20, 60)
    assert b"at home" not in data


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_while_invokeai_is_away_nothing_is_queued_and_what_was_typed_comes_back(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    server = invokeai.server
    assert isinstance(server, SandboxInvokeAI)
    await finished(invokeai, person, seeded())
    await server.away()
    await bot.says("invokeai_unavailable", within=20)
    answer = await studio.person("creator").slash(studio.channel, "imagine", prompt="a lake")
    assert "InvokeAI" in answer.followups[0].text
    assert "a lake" in answer.followups[0].text
    await server.back()
    await bot.says("invokeai_recovered", within=30)
    assert await unfinished(invokeai) == 0
    assert "You have 0 of 3" in (await studio.person("creator").slash(studio.channel, "quota")).text


async def test_one_s_own_jobs_are_listed_for_oneself_also_after_a_restart_and_for_nobody_else(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    like = await finished(invokeai, person, seeded())
    creator, operator, menu = studio.person("creator"), studio.person("operator"), "jobs:filter:invokeai:-:"
    await creator.slash(studio.channel, "imagine", prompt="a lake")
    own = await newest(invokeai)
    await invokeai.until(own, "completed")
    public = await operator.slash(studio.channel, "jobs", public=True)
    mine = await creator.select(public, menu, "mine")
    await mine.wait_for(lambda one: "Your jobs" in one.text)
    assert mine.ephemeral
    assert f"#{own}" in mine.text
    assert f"#{like}" not in mine.text
    await bot.stop()
    await bot.start()
    await bot.says("discord_connected", within=20)
    done = await creator.select(mine, "jobs:mine:invokeai:-:", "completed")
    await done.wait_for(lambda one: "Your jobs · done" in one.text)
    assert f"#{own}" in done.text
    assert f"#{like}" not in done.text
    none = await operator.select(public, menu, "mine")
    await none.wait_for(lambda one: "None of these jobs is yours. Ask for a picture" in one.text)
    assert none.ephemeral
    assert f"#{like}" in public.text
    refused = await creator.slash(studio.channel, "jobs", mine=True, public=True)
    assert refused.ephemeral
    assert "Leave out public" in refused.text
