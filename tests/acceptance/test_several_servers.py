"""Two InvokeAIs under one bot: which one a command is about, and that the other one is left alone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from house import InvokeAI, Studio, bot_process, serving
from person import Person, draw
from planted import buttons

from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer
from sandbox.invokeai import SandboxInvokeAI

ROW, MENU = 1, 3


@dataclass
class Boxes:
    """`person` is somebody at InvokeAI's own page."""

    studio: InvokeAI
    attic: InvokeAI
    at_studio: Person
    at_attic: Person
    process: BotProcess

    async def paused(self) -> tuple[bool, bool]:
        states = [(await each.ask("status"))["processor"] for each in (self.studio, self.attic)]
        return states[0]["is_started"] is False, states[1]["is_started"] is False


@pytest.fixture
async def boxes(studio: Studio, http: aiohttp.ClientSession, tmp_path: Path) -> AsyncIterator[Boxes]:
    servers = [SandboxInvokeAI(), SandboxInvokeAI()]
    for server in servers:
        await server.start()
    one, two = servers
    process = bot_process(
        studio,
        "",
        tmp_path,
        INVOKEAI_SERVERS=f"studio={one.url}, attic={two.url}",
        BOT_CREATOR_ROLES="creators",
    )
    async with serving(process):
        yield Boxes(
            InvokeAI(one.url, one, http),
            InvokeAI(two.url, two, http),
            Person(http, one.url),
            Person(http, two.url),
            process,
        )
    for server in servers:
        await server.stop()


async def one_each(boxes: Boxes, studio: Studio) -> None:
    for person, name in ((boxes.at_studio, "studio"), (boxes.at_attic, "attic")):
        assert (await person.enqueue(draw())).numbers == (1,)
        await studio.posted("✅", name, "#1")


def menu_of(question: Answer) -> tuple[str, list[str]]:
    """The custom id and the labels of the only menu."""
    [block] = question.components
    [menu] = [
        row["components"][0]
        for row in block["components"]
        if row["type"] == ROW and row["components"][0]["type"] == MENU
    ]
    return menu["custom_id"], [option["label"] for option in menu["options"]]


def read(answer: Answer) -> str:
    return answer.text.replace("\\", "")


async def test_a_number_that_two_servers_have_is_asked_about_and_never_guessed(
    boxes: Boxes, studio: Studio
) -> None:
    await one_each(boxes, studio)
    operator = studio.person("operator")
    question = await operator.slash(studio.channel, "job", job="1")
    assert question.ephemeral
    assert "Which InvokeAI?" in read(question)
    menu, labels = menu_of(question)
    assert labels == ["studio · #1 · done", "attic · #1 · done"]
    answer = await operator.select(question, menu, "attic")
    assert "attic" in read(answer).splitlines()[0]
    assert question.interaction.deleted


async def test_a_job_that_names_its_server_and_a_server_beside_the_number_are_the_same(
    boxes: Boxes, studio: Studio
) -> None:
    await one_each(boxes, studio)
    operator = studio.person("operator")
    for options in ({"job": "attic#1"}, {"job": "#1", "server": "attic"}, {"job": "1", "server": "Attic"}):
        answer = await operator.slash(studio.channel, "job", **options)
        assert "attic" in read(answer).splitlines()[0]
    refused = await operator.slash(studio.channel, "job", job="studio#1", server="attic")
    assert "Leave one of the names out." in read(refused)
    refused = await operator.slash(studio.channel, "jobs", before="studio#1", server="attic")
    assert "Leave one of the names out." in read(refused)
    assert "There are: studio, attic." in read(await operator.slash(studio.channel, "pause", server="garage"))


async def test_what_changes_a_queue_asks_first_and_changes_only_the_one_that_was_chosen(
    boxes: Boxes, studio: Studio
) -> None:
    operator = studio.person("operator")
    question = await operator.slash(studio.channel, "pause", reason="heat")
    assert await boxes.paused() == (False, False)
    menu, _ = menu_of(question)
    answer = await operator.select(question, menu, "attic")
    assert "attic" in read(answer).splitlines()[0]
    assert "heat" in read(answer)
    assert await boxes.paused() == (False, True)
    await operator.slash(studio.channel, "resume", server="attic")
    assert await boxes.paused() == (False, False)


async def test_a_button_acts_on_the_server_of_its_post(boxes: Boxes, studio: Studio) -> None:
    await one_each(boxes, studio)
    post = await studio.posted("✅", "attic", "#1")
    await studio.person("operator").press(post, buttons(post.components)["Again"])
    await boxes.attic.until(2, "completed")
    assert (await boxes.studio.ask("status"))["queue"]["total"] == 1


async def test_suggestions_name_the_server_and_narrow_to_the_one_that_was_typed(
    boxes: Boxes, studio: Studio
) -> None:
    await one_each(boxes, studio)
    operator, channel = studio.person("operator"), studio.channel
    everything = await operator.autocomplete(channel, "job", job="")
    assert [choice["value"] for choice in everything] == ["studio#1", "attic#1"]
    assert everything[1]["name"].startswith("attic #1 · done")
    assert [one["value"] for one in await operator.autocomplete(channel, "job", job="att")] == ["attic#1"]
    assert [one["value"] for one in await operator.autocomplete(channel, "job", server="stu")] == ["studio"]


async def test_the_newest_job_of_all_is_the_latest(boxes: Boxes, studio: Studio) -> None:
    await one_each(boxes, studio)
    answer = await studio.person("operator").slash(studio.channel, "latest")
    assert "attic" in read(answer).splitlines()[0]


async def test_a_number_that_only_one_has_is_clear_unless_another_one_does_not_answer(
    boxes: Boxes, studio: Studio
) -> None:
    await one_each(boxes, studio)
    for _ in range(2):
        await boxes.at_studio.enqueue(draw())
    await studio.posted("✅", "studio", "#3")
    operator = studio.person("operator")
    answer = await operator.slash(studio.channel, "job", job="3")
    assert "studio" in read(answer).splitlines()[0]  # the other one said that it has none
    assert isinstance(boxes.attic.server, SandboxInvokeAI)
    await boxes.attic.server.kill()
    question = await operator.slash(studio.channel, "job", job="3")
    _, labels = menu_of(question)
    assert labels == ["studio · #3 · done", "attic · does not answer"]


async def test_the_queue_shows_all_servers_and_opens_one_and_goes_back(boxes: Boxes, studio: Studio) -> None:
    operator = studio.person("operator")
    await operator.slash(studio.channel, "pause", server="attic")
    everything = await operator.slash(studio.channel, "queue")
    assert "Idle: studio" in read(everything)
    assert "Paused: attic" in read(everything)
    menu, labels = menu_of(everything)
    assert labels == ["studio", "attic"]
    one = await operator.select(everything, menu, "attic")
    await one.wait_for(lambda panel: read(panel).startswith("### attic · ⏸️ Paused"))
    again = await operator.press(one, buttons(one.components)["All"])
    await again.wait_for(lambda panel: "Idle: studio" in read(panel))


async def test_a_picture_is_made_on_the_server_that_is_not_paused_and_the_answer_says_which(
    boxes: Boxes, studio: Studio
) -> None:
    await one_each(boxes, studio)
    operator = studio.person("operator")
    await operator.slash(studio.channel, "pause", server="studio")
    answer = await operator.slash(studio.channel, "imagine", prompt="a lake")
    assert "on attic" in read(answer)
    await boxes.attic.until(2, "completed")
    answer = await operator.slash(studio.channel, "imagine", prompt="a lake", server="studio")
    assert "on studio" in read(answer)
