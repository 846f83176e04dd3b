"""Kill -9 between a press and its answer, and an InvokeAI that breaks off: each job is queued once."""

import asyncio
import os
from pathlib import Path

import pytest
from cases import Case, Cases, Outcomes, outcome
from crashes import PATIENCE, dies
from creators import all_queued, creating
from deaths_creating import OF_CREATING
from lane import Lane

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

CASES = Cases(at_once=5)
SEED = int(os.environ.get("CHAOS_SEED", "1416"))
ENQUEUE = "enqueue_batch"
KILLS = 10
"""At random moments, in each lane."""


def at_random(seed: int) -> Case:
    async def case(folder: Path) -> None:
        async with creating(folder, seed) as (here, _):
            while here.kills < KILLS:
                await here.killed_at_random(within=1.0)

    return case


def at_points(seed: int, *passes: int) -> Case:
    async def case(folder: Path) -> None:
        deaths = [(point, count) for point in OF_CREATING for count in passes]
        async with creating(folder, seed) as (here, _):
            here.dice.shuffle(deaths)
            for point, count in deaths:
                await dies(here, point, count)

    return case


for number in range(2):
    CASES.named(f"kills at random moments, {number + 1}", at_random(SEED + number))
CASES.named("deaths at each point between press and answer, early", at_points(SEED + 2, 1, 1, 2))
CASES.named("deaths at each point between press and answer, late", at_points(SEED + 3, 2, 3, 4))


@CASES.add
async def deaths_between_a_request_and_its_answer(folder: Path) -> None:
    async with creating(folder, SEED + 4) as (here, _):
        for _ in range(3):
            await dies_at_enqueue(here)
            await dies_at_enqueue(here, cut=True)
            await dies_at_enqueue(here, after=True)
            await dies_at_enqueue(here, after=True, cut=True)


async def dies_at_enqueue(here: Lane, *, after: bool = False, cut: bool = False) -> None:
    life = await here.nursery.bear()
    here.invokeai.moments.call_at_next(ENQUEUE, life.kill, after=after, cut=cut)
    await here.buried(life, within=PATIENCE)


@CASES.add
async def an_invokeai_that_breaks_off_or_is_killed_in_between(folder: Path) -> None:
    """The same bot goes on, and hands on what it wrote down."""
    async with creating(folder, SEED + 5) as (here, creators):
        life = await here.nursery.bear()
        for after in (False, True, True, False):
            await breaks_off(here, after=after)
            await is_killed(here, after=after)
        creators.stop()
        await all_queued(here, folder, within=30)
        assert not life.dead, life.last_words()


async def breaks_off(here: Lane, *, after: bool) -> None:
    came = asyncio.Event()
    here.invokeai.moments.call_at_next(ENQUEUE, came.set, after=after, cut=True)
    await asyncio.wait_for(came.wait(), PATIENCE)


async def is_killed(here: Lane, *, after: bool) -> None:
    """`after`: with the request carried out."""
    came = asyncio.Event()
    here.invokeai.moments.call_at_next(ENQUEUE, came.set, after=after, cut=True)
    await asyncio.wait_for(came.wait(), PATIENCE)
    port = here.invokeai.port
    await here.invokeai.kill()
    await here.invokeai.start(port)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return CASES.try_all(tmp_path_factory.mktemp("creating"))


@pytest.mark.parametrize("name", CASES.names)
def test_each_request_has_its_jobs_in_the_queue_once_over(name: str, outcomes: Outcomes) -> None:
    outcome(name, outcomes)
