"""Kill -9 at any moment: every job that ended stands in the channel once, in order."""

import asyncio
import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from crashes import FORGETFUL, IN_FLIGHT, MINUTES, dies, dies_at_request, working
from deaths import POINTS
from lane import HISTORY, NATURE, SEND, START, lane
from nursery import Nature

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

SEED = int(os.environ.get("CHAOS_SEED", "813"))
LANES = 3
KILLS = 24
"""In each lane."""
ROUNDS = 3


async def test_nothing_is_lost_or_doubled_over_kills_at_random_moments(tmp_path: Path) -> None:
    await side_by_side(tmp_path, SEED, KILLS)


async def test_nothing_is_lost_or_doubled_where_discord_has_forgotten_every_nonce(tmp_path: Path) -> None:
    await side_by_side(tmp_path, SEED + LANES, KILLS // 2, nonce_memory=FORGETFUL)


async def test_a_seed_that_nobody_chose_changes_nothing(tmp_path: Path) -> None:
    """The line that it prints names the seed; CHAOS_SEED in the environment repeats it."""
    seed = SEED if "CHAOS_SEED" in os.environ else secrets.randbelow(10**6)
    print(f"CHAOS_SEED={seed}")  # noqa: T201  # to repeat it
    await randomly(tmp_path, seed, KILLS // 2)


async def test_the_unhurried_bot_that_people_run_keeps_the_promise_too(tmp_path: Path) -> None:
    """With discord.py's own two seconds of patience for guilds."""
    await randomly(tmp_path, SEED, 10, nature=Nature(guilds_wait=None))


@pytest.mark.parametrize("memory", [MINUTES, FORGETFUL], ids=["nonce known", "nonce forgotten"])
async def test_nothing_is_lost_or_doubled_over_deaths_at_each_point_of_the_journey(
    memory: float, tmp_path: Path
) -> None:
    """Each point several times, at its first, second, … pass, in an order that the dice give."""
    deaths = [(point, passes) for point in POINTS for passes in range(1, ROUNDS + 1)]
    async with lane(tmp_path, SEED, nonce_memory=memory) as here, working(here):
        here.dice.shuffle(deaths)
        for point, passes in deaths:
            if point == "looked_up":
                await dies(here, IN_FLIGHT)
            await dies(here, point, 1 if point in ONCE else passes)


async def test_nothing_is_lost_or_doubled_over_deaths_at_a_look_into_the_history(tmp_path: Path) -> None:
    async with lane(tmp_path, SEED, nonce_memory=FORGETFUL) as here, working(here):
        for _ in range(ROUNDS):
            await dies(here, IN_FLIGHT)
            await dies_at_request(here, HISTORY)
            await dies_at_request(here, HISTORY, after=True)


@pytest.mark.parametrize("memory", [MINUTES, FORGETFUL], ids=["nonce known", "nonce forgotten"])
async def test_nothing_is_lost_or_doubled_over_deaths_between_request_and_answer(
    memory: float, tmp_path: Path
) -> None:
    """Discord has the request, and acts on it or not; the bot dies before it hears of that."""
    async with lane(tmp_path, SEED, nonce_memory=memory) as here, working(here):
        for _ in range(ROUNDS):
            await dies_at_request(here, SEND)
            await dies_at_request(here, SEND, cut=True)
            await dies_at_request(here, SEND, after=True)


async def test_a_bot_that_is_asked_to_end_in_a_burst_finishes_the_message_in_hand(tmp_path: Path) -> None:
    async with lane(tmp_path, SEED, nonce_memory=FORGETFUL) as here, working(here):
        for _ in range(ROUNDS):
            life, asked = await here.nursery.bear(), asyncio.Event()
            here.discord.call_at_next(SEND, both(life.terminate, asked.set), delay=1.0)
            await asyncio.wait_for(asked.wait(), START)
            assert await life.ended(within=10) == 0, life.last_words()
            assert groups_in_hand(tmp_path) == 0


ONCE = {"database_opened", "logged_in", "taken_over", "looked_up"}
"""Points that a life comes to once."""


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


async def side_by_side(folder: Path, seed: int, kills: int, nonce_memory: float = MINUTES) -> None:
    folders = [folder / str(number) for number in range(LANES)]
    for one in folders:
        one.mkdir()
    async with asyncio.TaskGroup() as lanes:
        for number, one in enumerate(folders):
            lanes.create_task(randomly(one, seed + number, kills, nonce_memory))


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
