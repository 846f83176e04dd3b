"""Which of several InvokeAI makes a picture."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from fakes import MORNING, Seconds

from bot.controls.placing import MAX_COMPARED, Placing, PossibleServer
from bot.domain.creation import Template
from bot.domain.queue import QueueStatus, QueueView
from bot.domain.queue_state import QueueState
from bot.errors import InvokeAIUnavailable, RequestRefused

STYLE = Template("graph", 812, "Fox")
MINUTE = timedelta(minutes=1)


def status(server: str, jobs: int, *, running: int = 1, paused: bool = False) -> QueueStatus:
    running = min(running, jobs)
    return QueueStatus(server, jobs - running, running, 0, 0, 0, 0, paused=paused, processing=True)


@dataclass
class FakeServer:
    """`lack`: what it lacks; `made`: its newest picture; `away`: it does not answer, and nobody knows yet."""

    name: str
    jobs: int = 0
    running: int = 1
    paused: bool = False
    lack: str | None = None
    away: bool = False
    made: tuple[datetime, Template] | None = None
    each: timedelta | None = None
    asked: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.state = QueueState(self.name)

    def usual(self) -> timedelta | None:
        return self.each

    async def glance(self) -> QueueView | None:
        self.asked.append("glance")
        found = status(self.name, self.jobs, running=self.running, paused=self.paused)
        return None if self.away else QueueView(found)

    async def saved(self, guild_id: int, channel_id: int | None, name: str | None) -> Template | None:
        del guild_id, channel_id
        return STYLE if name else None

    async def newest(self) -> tuple[datetime, Template] | None:
        if self.away:
            raise InvokeAIUnavailable("away")
        return self.made

    async def lacks(self, template: Template, *, replaced: bool) -> str | None:
        del template
        self.asked.append("lacks")
        if self.away:
            raise InvokeAIUnavailable("away")
        return None if replaced else self.lack


def placing(*servers: FakeServer, time: Seconds | None = None) -> Placing:
    return Placing([PossibleServer(each.name, each, each) for each in servers], time or Seconds())


async def pick(*servers: FakeServer, replaced: bool = False) -> str:
    return await placing(*servers).pick(STYLE, {each.name for each in servers}, replaced=replaced)


async def test_the_one_that_should_be_free_first_is_picked() -> None:
    assert await pick(FakeServer("studio", 3), FakeServer("attic", 1)) == "attic"
    assert await pick(FakeServer("studio", 3), FakeServer("attic", 1, each=9 * MINUTE)) == "studio"
    assert await pick(FakeServer("studio", 4, running=4), FakeServer("attic", 2)) == "studio"
    assert await pick(FakeServer("studio"), FakeServer("attic")) == "studio"


async def test_one_that_is_paused_is_picked_only_where_all_are() -> None:
    assert await pick(FakeServer("studio", paused=True), FakeServer("attic", 9)) == "attic"
    assert await pick(FakeServer("studio", 9, paused=True), FakeServer("attic", paused=True)) == "attic"


async def test_one_that_can_not_run_it_or_does_not_answer_is_passed_over() -> None:
    lacking = FakeServer("studio", lack="The model Juggernaut is gone.")
    assert await pick(lacking, FakeServer("attic", 9)) == "attic"
    assert await pick(FakeServer("studio", away=True), FakeServer("attic", 9)) == "attic"
    known = FakeServer("studio")
    known.state.reachable = False
    assert await pick(known, FakeServer("attic", 9)) == "attic"
    assert known.asked == []


async def test_an_input_image_that_is_replaced_anyway_need_not_be_there() -> None:
    assert (
        await pick(FakeServer("studio", lack="no 1.png"), FakeServer("attic", 9), replaced=True) == "studio"
    )


async def test_where_none_can_the_reason_is_said() -> None:
    with pytest.raises(RequestRefused) as refused:
        await pick(FakeServer("studio", away=True), FakeServer("attic", lack="The model is gone."))
    assert str(refused.value) == "No InvokeAI here can run the style “Fox” now. attic: The model is gone."
    with pytest.raises(InvokeAIUnavailable, match="No InvokeAI answers"):
        await pick(FakeServer("studio", away=True))


async def test_what_a_server_can_run_is_asked_once_a_minute_and_few_are_asked_how_busy_they_are() -> None:
    servers, time = [FakeServer(f"s{number}") for number in range(50)], Seconds()
    for number, each in enumerate(servers):
        each.state.read(status(each.name, 50 - number))
    names, chosen = {each.name for each in servers}, placing(*servers, time=time)
    assert await chosen.pick(STYLE, names, replaced=False) == "s49"
    await chosen.pick(STYLE, names, replaced=False)
    asked = [what for each in servers for what in each.asked]
    assert (asked.count("lacks"), asked.count("glance")) == (50, 2 * MAX_COMPARED)
    time.now += 61
    await chosen.pick(STYLE, names, replaced=False)
    assert sum(each.asked.count("lacks") for each in servers) == 100


async def test_what_a_channel_does_not_hear_of_is_not_picked() -> None:
    assert (
        await placing(FakeServer("studio"), FakeServer("attic", 9)).pick(STYLE, {"attic"}, replaced=False)
        == "attic"
    )


async def test_without_a_style_the_newest_picture_of_all_servers_is_taken() -> None:
    old, new = Template("old", 1), Template("new", 2)
    servers = (
        FakeServer("studio", made=(MORNING, old)),
        FakeServer("attic", made=(MORNING + MINUTE, new)),
        FakeServer("loft"),
        FakeServer("barn", away=True),
    )
    names = {each.name for each in servers}
    assert await placing(*servers).template(7, 42, None, names) == new
    assert await placing(*servers).template(7, 42, None, {"studio", "loft"}) == old
    assert await placing(*servers).template(7, 42, "Fox", names) == STYLE
    with pytest.raises(RequestRefused, match="no picture to go by"):
        await placing(*servers).template(7, 42, None, {"loft", "barn"})
