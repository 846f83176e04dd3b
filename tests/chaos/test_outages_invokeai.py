"""InvokeAI is away, ill or silent: what ended meanwhile is told once, in order, and /queue says the truth."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cases import Case, Cases, Outcomes, outcome
from lane import START, lane, outage
from person import draw

from sandbox.invokeai.faults import Fault
from sandbox.invokeai.graph import Batch
from sandbox.invokeai.server import utcnow

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

CASES = Cases(at_once=10)


@CASES.add
async def a_job_that_runs_while_invokeai_is_killed_is_told_as_interrupted(folder: Path) -> None:
    async with outage(folder) as here:
        graph = draw(width=32, height=32, steps=100, seconds=60)
        here.invokeai.queue.enqueue("default", Batch.model_validate({"graph": graph}), prepend=False)
        await here.job_runs()
        port = here.invokeai.port
        await here.invokeai.kill()
        assert "does not answer. Is it running?" in await here.queue()
        await here.invokeai.start(port)
        await here.jobs(3)
        await here.told_all(within=40)
        assert [message.content[0] for message in here.notices].count("⚠") == 1
        assert "waiting" in await here.queue()


@CASES.add
async def an_invokeai_that_refuses_connections(folder: Path) -> None:
    async with outage(folder) as here:
        await here.invokeai.away()
        await here.jobs(25)
        assert "does not answer. Is it running?" in await here.queue()
        await here.invokeai.back()
        await here.told_all(within=60)
        assert len(here.notices) <= 1 + 3
        assert "waiting" in await here.queue()


def answering(fault: Fault, words: str) -> Case:
    async def case(folder: Path) -> None:
        async with outage(folder) as here:
            here.invokeai.fault = fault
            await here.jobs(25)
            assert words in await here.queue()
            here.invokeai.fault = None
            await here.told_all(within=60)
            assert len(here.notices) <= 1 + 3
            assert "waiting" in await here.queue()

    return case


CASES.named("HTML in the place of JSON", answering(Fault.HTML, "is not an InvokeAI"))
CASES.named("truncated JSON", answering(Fault.HALF_JSON, "sent an answer that can't be read"))
CASES.named("500", answering(Fault.SERVER_ERROR, "has trouble (HTTP 500)"))


@CASES.add
async def an_invokeai_that_hangs(folder: Path) -> None:
    async with outage(folder) as here:
        here.invokeai.fault = Fault.HANG
        await here.jobs(12)
        assert "took too long to answer" in await here.queue(patience=70)
        here.invokeai.fault = None
        await here.told_all(within=60)
        assert len(here.notices) <= 1 + 2
        assert "waiting" in await here.queue()


@CASES.add
async def an_invokeai_that_is_slow(folder: Path) -> None:
    async with outage(folder) as here:
        here.invokeai.slowness = 1.0
        await here.jobs(5)
        assert "waiting" in await here.queue()
        await here.told_all(within=60)


@CASES.add
async def a_socket_that_says_nothing(folder: Path) -> None:
    async with outage(folder) as here:
        here.invokeai.mute = True
        await here.jobs(12)
        await here.told_all(within=75)  # the look at the counts is due each minute
        assert len(here.notices) <= 1 + 2


def clock_off(hours: int) -> Case:
    def clock() -> datetime:
        return utcnow() + timedelta(hours=hours)

    async def case(folder: Path) -> None:
        async with lane(folder, 813, nonce_memory=0.0, clock=clock) as here:
            await here.end(await here.first_life())
            for count in (1, 3, 2, 1):
                here.work.one()
                await here.jobs(count)
                await here.buried(await here.nursery.bear("answered"), START)
            verdict = await here.finish()
            assert verdict.perfect, verdict

    return case


CASES.named("a clock an hour behind", clock_off(-1))
CASES.named("a clock an hour ahead", clock_off(1))


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return CASES.try_all(tmp_path_factory.mktemp("outages"))


@pytest.mark.parametrize("name", CASES.names)
def test_all_is_told_once_and_in_order_after(name: str, outcomes: Outcomes) -> None:
    outcome(name, outcomes)
