"""A saved workflow is filled in and queued: what the forms ask, what InvokeAI gets, who is told what."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import workflow_place as place
from house import InvokeAI, Studio, bot_process, real
from person import Person
from PIL import Image
from planted import buttons

from bot.domain.limits import FORM_TIMEOUT
from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer
from sandbox.discord.rules import Upload
from sandbox.discord.state import Message
from sandbox.invokeai import SandboxInvokeAI

UPLOAD = "/api/v1/images/upload"
SETTINGS = {"BOT_CREATOR_ROLES": "creators", "BOT_CREATOR_WAITING": "3", "BOT_REFUSED_WORDS": "gore"}


async def started(studio: Studio, invokeai: InvokeAI, folder: Path) -> BotProcess:
    process = bot_process(studio, invokeai.url, folder, **SETTINGS)
    await process.start()
    await process.says("discord_connected", within=20)
    return process


@pytest.fixture
async def bot(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> AsyncIterator[BotProcess]:
    del person
    process = await started(studio, invokeai, tmp_path)
    await process.says("baseline_taken", within=20)
    studio.guild.open_all_commands()
    yield process
    code = await process.stop()
    print(process.last_words())  # noqa: T201 - pytest shows it beside a failure
    assert code == 0


def photo() -> Upload:
    data = io.BytesIO()
    Image.new("RGB", (60, 20), "red").save(data, "PNG")
    return Upload(0, "start.png", data.getvalue(), "image/png")


def fields(opened: Answer) -> dict[str, Any]:
    """The form's components by label."""
    assert opened.modal is not None, opened.text
    return {each["label"]: each["component"] for each in opened.modal["components"]}


def ids(opened: Answer, **given: Any) -> dict[str, Any]:
    """What is filled in by label (an underscore is a space) as Discord sends it, by custom id."""
    known = fields(opened)
    return {known[name.replace("_", " ")]["custom_id"]: value for name, value in given.items()}


def told(answer: Answer) -> Message:
    """What the person alone was told: a follow-up, or the answer."""
    message = answer.followups[-1] if answer.followups else answer.message
    assert message.ephemeral_for is not None, message.text
    return message


async def newest(invokeai: InvokeAI) -> dict[str, Any]:
    if invokeai.version in {"6.6.0", "5.15.0"}:  # before there were ids alone
        numbers = [item["item_id"] for item in (await invokeai.ask("list?limit=100000"))["items"]]
    else:
        numbers = (await invokeai.ask("item_ids"))["item_ids"]
    return await invokeai.until(max(numbers), "completed")


@pytest.mark.parametrize("invokeai", ["sandbox", real(), real("6.6.0"), real("5.15.0")], indirect=True)
async def test_what_is_filled_in_is_what_runs_the_picture_too(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    saved = await person.save_workflow(place.picture())
    for name, words in (("creator", "a hen"), ("operator", "an owl")):
        who = studio.person(name)
        offered = await who.autocomplete(studio.channel, "workflow", name="foxes")
        assert {"name": "Foxes · saved", "value": saved} in offered
        opened = await who.slash(studio.channel, "workflow", name=saved)
        assert list(fields(opened)) == ["Value", "Radius", "Blur Type", "Image"]
        typed = ids(opened, Value=words, Radius="2.5", Blur_Type=["1"], Image=photo())
        answer = await who.submit(opened, **typed)
        assert not answer.ephemeral
        item = await newest(invokeai)
        numbered = invokeai.version != "5.15.0"  # which does not tell the numbers of what it took
        assert (f"#{item['item_id']} is queued" if numbered else "1 job is queued") in answer.text
        assert "Foxes · runs next" in answer.text
        assert words not in answer.text
        nodes = item["session"]["graph"]["nodes"]
        assert nodes["prompt"]["value"] == words
        assert (nodes["start"]["radius"], nodes["start"]["blur_type"]) == (2.5, "box")
        with Image.open(io.BytesIO(await person.file(nodes["start"]["image"]["image_name"]))) as picture:
            assert picture.size == (60, 20)
        await studio.posted(f"✅ #{item['item_id']}")
    refused = await studio.person("guest").slash(studio.channel, "workflow", name=saved)
    assert "That needs a creator role" in refused.text


async def test_what_does_not_fit_comes_back_with_all_that_was_typed_and_nobody_else_sees_it(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    saved = await person.save_workflow(place.picture())
    creator, before, shown = studio.person("creator"), invokeai.writes(), len(studio.channel.messages)
    opened = await creator.slash(studio.channel, "workflow", name=saved)
    refused = await creator.submit(opened, **ids(opened, Value="some gore", Radius="99", Image=photo()))
    panel = told(refused)
    assert "does not allow “gore”" in panel.text
    again = await creator.press(panel, buttons(panel.components)["Edit again"])
    assert fields(again)["Value"]["value"] == "some gore"
    second = await creator.submit(again, **ids(again, Value="a hen"))
    await second.wait_for(lambda one: "“Radius” takes a number from 1 to 20, not “99”" in one.text)
    assert second.message is panel
    assert len(studio.channel.messages) == shown
    assert [path.partition("?")[0] for _, path in invokeai.writes()[len(before) :]] == [UPLOAD]
    again = await creator.press(panel, buttons(panel.components)["Edit again"])
    assert fields(again)["Radius"]["value"] == "99"
    assert not fields(again)["Image"]["required"]
    done = await creator.submit(again, **ids(again, Radius="3"))
    await done.wait_for(lambda one: "Queued." in one.text)
    assert "is queued" in done.followups[0].text
    nodes = (await newest(invokeai))["session"]["graph"]["nodes"]
    assert (nodes["prompt"]["value"], nodes["start"]["radius"]) == ("a hen", 3)
    assert buttons(panel.components) == {}


async def test_more_than_five_fields_are_asked_for_in_two_forms_which_a_restart_ends_in_a_sentence(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    saved = await person.save_workflow(place.long())
    creator = studio.person("creator")
    opened = await creator.slash(studio.channel, "workflow", name="many")
    assert opened.modal is not None
    assert (opened.modal["title"], len(fields(opened))) == ("Many (1 of 2)", 5)
    between = await creator.submit(opened, **ids(opened, Steps="3"))
    assert between.ephemeral
    assert "5 of 7 fields filled in" in between.text
    second = await creator.press(between, buttons(between.components)["Next…"])
    assert len(fields(second)) == 2
    done = await creator.submit(second)
    await done.wait_for(lambda one: "Queued." in one.text)
    assert "is queued" in done.followups[0].text
    assert done.followups[0].ephemeral_for is None
    assert (await newest(invokeai))["session"]["graph"]["nodes"]["draw"]["steps"] == 3
    opened = await creator.slash(studio.channel, "workflow", name=saved)
    between = await creator.submit(opened)
    late = await creator.slash(studio.channel, "workflow", name=saved)
    assert await bot.stop() == 0
    again = await started(studio, invokeai, tmp_path)
    before = invokeai.writes()
    pressed = await creator.press(between, buttons(between.components)["Next…"])
    assert "Start again with /workflow" in told(pressed).text
    lost = await creator.submit(late, **ids(late, Steps="4"))
    assert "Start again with /workflow" in told(lost).text
    assert "a fox" in told(lost).text
    assert invokeai.writes() == before
    assert await again.stop() == 0
    await bot.start()  # what stops it at the end finds it running
    await bot.says("discord_connected", within=20)


async def test_a_workflow_without_fields_is_queued_after_one_question_and_counts(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    await person.pause()
    saved = await person.save_workflow(place.two())
    creator = studio.person("creator")
    asked = await creator.slash(studio.channel, "workflow", name=saved)
    assert "Queue it?" in asked.text
    assert asked.ephemeral
    done = await creator.press(asked, buttons(asked.components)["Queue it"])
    await done.wait_for(lambda one: "Queued." in one.text)
    assert "are queued" in done.followups[0].text
    assert "the queue is paused" in done.followups[0].text
    asked = await creator.slash(studio.channel, "workflow", name=saved)
    lines = len(studio.channel.messages)
    refused = await creator.press(asked, buttons(asked.components)["Queue it"])
    await refused.wait_for(lambda one: any(each.ephemeral_for for each in one.followups))
    assert "2 of yours are waiting or running, and you may have 3" in told(refused).text
    assert len(studio.channel.messages) == lines
    assert (await invokeai.ask("status"))["queue"]["pending"] == 2
    await person.start_afresh()


async def test_a_node_that_is_not_there_is_named_before_any_form(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    saved = await person.save_workflow(place.lost())
    creator = studio.person("creator")
    refused = await creator.slash(studio.channel, "workflow", name=saved)
    assert refused.ephemeral
    assert "This InvokeAI lacks the node “Edges”" in refused.text
    gone = await creator.slash(studio.channel, "workflow", name="nothing")
    assert "no workflow of that name" in gone.text


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_a_slow_invokeai_opens_the_form_by_a_button_and_one_that_is_away_queues_nothing(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    server = invokeai.server
    assert isinstance(server, SandboxInvokeAI)
    saved = await person.save_workflow(place.long())
    creator = studio.person("creator")
    server.slowness = FORM_TIMEOUT + 0.5
    asked = await creator.slash(studio.channel, "workflow", name=saved)
    server.slowness = 0
    assert asked.ephemeral
    assert "7 fields" in asked.text
    opened = await creator.press(asked, buttons(asked.components)["Fill in…"])
    between = await creator.submit(opened, **ids(opened, Steps="3"))
    await between.wait_for(lambda one: "5 of 7" in one.text)
    second = await creator.press(between, buttons(between.components)["Next…"])
    await server.away()
    lines = len(studio.channel.messages)
    refused = await creator.submit(second)
    await refused.wait_for(lambda one: "Edit again" in buttons(one.components))
    assert len(studio.channel.messages) == lines
    await server.back()
    assert (await invokeai.ask("status"))["queue"]["total"] == 0
    again = await creator.press(refused, buttons(refused.components)["Edit again"])
    done = await creator.submit(again)
    await done.wait_for(lambda one: "Queued." in one.text)
    assert (await newest(invokeai))["session"]["graph"]["nodes"]["draw"]["steps"] == 3
    assert (await invokeai.ask("status"))["queue"]["total"] == 1
