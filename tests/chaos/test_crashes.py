"""Kill -9 at any moment: every job that ended stands in the channel once, in order."""

import asyncio
import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cases import Case, Cases, Outcomes, outcome
from crashes import FORGETFUL, IN_FLIGHT, MINUTES, dies, dies_at_request, working
from deaths import POINTS
from lane import HISTORY, NATURE, SEND, START, lane
from nursery import Nature

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

CASES = Cases(at_once=5)
SEED = int(os.environ.get("CHAOS_SEED", "813"))
LANES = 3
KILLS = 24
"""In each lane."""
ROUNDS = 3
MEMORIES = {"nonce known": MINUTES, "nonce forgotten": FORGETFUL}
ONCE = {"database_opened", "logged_in", "taken_over", "looked_up"}
"""Points that a life comes to once."""


def random_moments(seed: int, kills: int, nonce_memory: float) -> Case:
    return lambda folder: randomly(folder, seed, kills, nonce_memory)


for number in range(LANES):
    CASES.named(f"kills at random moments, {number + 1}", random_moments(SEED + number, KILLS, MINUTES))
for number in range(LANES, 2 * LANES):
    CASES.named(
        f"kills at random moments and forgotten nonces, {number + 1}",
        random_moments(SEED + number, KILLS // 2, FORGETFUL),
    )


@CASES.add
async def a_seed_that_nobody_chose(folder: Path) -> None:
    """The line that it prints names the seed; CHAOS_SEED in the environment repeats it."""
    seed = SEED if "CHAOS_SEED" in os.environ else secrets.randbelow(10**6)
    print(f"CHAOS_SEED={seed}")  # noqa: T201  # to repeat it
    await randomly(folder, seed, KILLS // 2)


@CASES.add
async def the_unhurried_bot_that_people_run(folder: Path) -> None:
    """With discord.py's own two seconds of patience for guilds."""
    await randomly(folder, SEED, 10, nature=Nature(guilds_wait=None))


def each_point(nonce_memory: float) -> Case:
    """Each point several times, at its first, second, … pass, in an order that the dice give."""

    async def case(folder: Path) -> None:
        deaths = [(point, passes) for point in POINTS for passes in range(1, ROUNDS + 1)]
        async with lane(folder, SEED, nonce_memory=nonce_memory) as here, working(here):
            here.dice.shuffle(deaths)
            for point, passes in deaths:
                if point == "looked_up":
                    await dies(here, IN_FLIGHT)
                await dies(here, point, 1 if point in ONCE else passes)

    return case


def between_request_and_answer(nonce_memory: float) -> Case:
    """Discord has the request, and acts on it or not; the bot dies before it hears of that."""

    async def case(folder: Path) -> None:
        async with lane(folder, SEED, nonce_memory=nonce_memory) as here, working(here):
            for _ in range(ROUNDS):
                await dies_at_request(here, SEND)
                await dies_at_request(here, SEND, cut=True)
                await dies_at_request(here, SEND, after=True)

    return case


for known, memory in MEMORIES.items():
    CASES.named(f"deaths at each point of the journey, {known}", each_point(memory))
    CASES.named(f"deaths between request and answer, {known}", between_request_and_answer(memory))


@CASES.add
async def deaths_at_a_look_into_the_history(folder: Path) -> None:
    async with lane(folder, SEED, nonce_memory=FORGETFUL) as here, working(here):
        for _ in range(ROUNDS):
            await dies(here, IN_FLIGHT)
            await dies_at_request(here, HISTORY)
            await dies_at_request(here, HISTORY, after=True)


@CASES.add
async def a_bot_that_is_asked_to_end_in_a_burst_and_finishes_the_message_in_hand(folder: Path) -> None:
    async with lane(folder, SEED, nonce_memory=FORGETFUL) as here, working(here):
        for _ in range(ROUNDS):
            life, asked = await here.nursery.bear(), asyncio.Event()
            here.discord.call_at_next(SEND, both(life.terminate, asked.set), delay=1.0)
            await asyncio.wait_for(asked.wait(), START)
            assert await life.ended(within=10) == 0, life.last_words()
            assert groups_in_hand(folder) == 0


def both(*acts: Callable[[], None]) -> Callable[[], None]:
    def act() -> None:
        for one in acts:
            one()

    return act


def groups_in_hand(folder: Path) -> int:
    """How many messages were claimed and neither acknowledged nor given back."""
    with closing(sqlite3.connect(folder / "bot.sqlite3")) as database:
        [(count,)] = database.execute("SELECT count(DISTINCT group_id) FROM outbox WHERE state = 'pending'")
        return count


async def randomly(
    folder: Path,
    seed: int,
    kills: int,
    nonce_memory: float = MINUTES,
    nature: Nature = NATURE,
) -> None:
    async with (
        lane(folder, seed, nonce_memory=nonce_memory, nature=nature) as here,
        working(here),
    ):
        while here.kills < kills:
            await here.killed_at_random()


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return CASES.try_all(tmp_path_factory.mktemp("kills"))


@pytest.mark.parametrize("name", CASES.names)
def test_all_is_told_once_and_in_order_over(name: str, outcomes: Outcomes) -> None:
    outcome(name, outcomes)
