"""What is no picture of the Generate tab: a workflow, the canvas, a text; and all of them queued again."""

import random

import pytest
from house import InvokeAI, Studio, says
from planted import buttons

from sandbox.bot_process import BotProcess
from sandbox.invokeai import SandboxInvokeAI
from sandbox.invokeai.studio import Json
from sandbox.invokeai.studio import Studio as Desk

pytestmark = pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
BATCH = "/api/v1/queue/default/enqueue_batch"


@pytest.fixture
def desk() -> Desk:
    return Desk(random.Random(1), seconds=0.2)


async def queued(invokeai: InvokeAI, body: Json) -> int:
    async with invokeai.http.post(f"{invokeai.url}{BATCH}", json=body) as answer:
        [number] = (await answer.json())["item_ids"]
    return number


async def test_a_workflow_s_recipe_is_read_from_its_graph_and_a_typed_seed_is_the_one_that_runs(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, desk: Desk
) -> None:
    del bot
    number = await queued(invokeai, desk.workflow())
    notice = await studio.posted(f"✅ #{number} ")
    results = (await invokeai.ask(f"i/{number}"))["session"]["results"].values()
    [drawn] = [one["value"] for one in results if one["type"] == "integer_output"]
    assert f"seed `{drawn}`" in str(notice.embeds)
    operator = studio.person("operator")
    form = await operator.press(notice, buttons(notice.components)["Tweak…"])
    await operator.submit(form, count=["1"], seed="77", prompt="a red hen")
    again = await studio.posted(f"✅ #{number + 1} ")
    assert "a red hen" in again.content
    item = await invokeai.ask(f"i/{number + 1}")
    assert (item["origin"], item["destination"]) == ("invokeai-discord", "gallery")
    [ran] = [one["value"] for one in item["session"]["results"].values() if one["type"] == "integer_output"]
    assert ran == 77


async def test_what_the_canvas_stages_is_told_where_that_is_wished_and_again_makes_it_final(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, desk: Desk
) -> None:
    del bot
    silent = await queued(invokeai, desk.canvas())
    told = await queued(invokeai, desk.one())
    await studio.posted(f"✅ #{told} ")
    assert not any(says(line, f"✅ #{silent}") for line in studio.lines())
    await studio.person("admin").slash(studio.channel, "notify here", canvas=True)
    staged = await queued(invokeai, desk.canvas())
    notice = await studio.posted(f"✅ #{staged} ")
    assert "1 image staged in the canvas" in notice.content
    assert len(notice.files) == 1
    assert list(buttons(notice.components)) == ["Again", "Tweak…", "More"]
    await studio.person("operator").press(notice, buttons(notice.components)["Again"])
    final = await studio.posted(f"✅ #{staged + 1} ")
    assert len(final.files) == 1
    assert "staged" not in final.content
    item = await invokeai.ask(f"i/{staged + 1}")
    assert item["origin"] == "invokeai-discord"
    server = invokeai.server
    assert isinstance(server, SandboxInvokeAI)
    [name] = [one["image"]["image_name"] for one in item["session"]["results"].values() if "image" in one]
    assert not server.images.find(name).is_intermediate


async def test_a_workflow_that_ends_with_words_has_them_in_its_line(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, desk: Desk
) -> None:
    del bot
    number = await queued(invokeai, desk.text())
    notice = await studio.posted(f"✅ #{number} ")
    assert "“A picture of " in notice.content
    refused = await studio.person("operator").press(notice, buttons(notice.components)["Again"])
    assert "This job has no seed that could be changed." in refused.text
