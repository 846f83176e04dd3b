"""Kill -9 around the edits of albums, and a Discord that fails in them, judged by the attachments it has."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from cases import Case, Cases, Outcomes, outcome
from crashes import FORGETFUL, dies, dies_at_request, working
from lane import Lane, lane
from tally import ALBUM

from sandbox.discord import SandboxDiscord

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

CASES = Cases(at_once=5)
SEED = int(os.environ.get("CHAOS_SEED", "1014"))
EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"
READ = "GET /channels/{channel_id}/messages/{message_id}"
BATCH = (3, 14)
"""Jobs of a batch."""
MAX_MISSING = 20
"""A bot that is further behind posts each album whole, and edits none: see `Work`."""
KILLS = 16
"""At random moments, in each lane; and on, until so many albums grew by edits:"""
GROWN = 1
POINTS = ("asked", "edited", "answered", "claimed", "acknowledged", "committed", "inside_the_transaction")


@asynccontextmanager
async def batches(folder: Path, seed: int) -> AsyncGenerator[Lane]:
    """Batches end all the time; no live card is edited besides."""
    async with lane(folder, seed, nonce_memory=FORGETFUL) as here:
        here.work.runs, here.work.max_missing = BATCH, MAX_MISSING
        async with working(here):
            with closing(sqlite3.connect(folder / "bot.sqlite3")) as database, database:
                database.execute("""UPDATE subscriptions SET preferences = '{"live": false}'""")
            yield here
        assert grown(here) >= GROWN


def grown(here: Lane) -> int:
    """How many albums got pictures by edits."""
    return sum(bool(ALBUM.match(message.content) and message.edits) for message in here.notices)


def at_random(seed: int) -> Case:
    async def case(folder: Path) -> None:
        async with batches(folder, seed) as here:
            while here.kills < KILLS or grown(here) < GROWN:
                await here.killed_at_random(within=1.5)  # time enough for a few edits

    return case


for number in range(3):
    CASES.named(f"kills at random moments, {number + 1}", at_random(SEED + number))


def at_points(seed: int, *passes: int) -> Case:
    async def case(folder: Path) -> None:
        deaths = [(point, count) for point in POINTS for count in passes]
        async with batches(folder, seed) as here:
            here.dice.shuffle(deaths)
            for point, count in deaths:
                await dies(here, point, count)

    return case


CASES.named("deaths at each point of an album's journey, early", at_points(SEED + 3, 1, 2, 1))
CASES.named("deaths at each point of an album's journey, late", at_points(SEED + 4, 2, 3, 2))


@CASES.add
async def deaths_between_an_edit_and_its_answer(folder: Path) -> None:
    async with batches(folder, SEED + 5) as here:
        for _ in range(2):
            await dies_at_request(here, EDIT)
            await dies_at_request(here, EDIT, cut=True)
            await dies_at_request(here, EDIT, after=True)
            await dies_at_request(here, READ, after=True)


TROUBLES: dict[str, Callable[[SandboxDiscord], None]] = {
    "an answer that is lost": lambda discord: discord.cut_next(EDIT, after=True),
    "an edit that is lost": lambda discord: discord.cut_next(EDIT),
    "an upload that is cut": lambda discord: discord.cut_upload_next(EDIT),
    "502 though it is made": lambda discord: discord.fail_next(EDIT, 502, after=True),
    "503 twice": lambda discord: discord.fail_next(EDIT, 503, times=2),
    "a message that can't be read": lambda discord: discord.fail_next(READ, 503, times=2),
}


@CASES.add
async def a_discord_that_fails_in_edits(folder: Path) -> None:
    async with batches(folder, SEED + 6) as here:
        life = await here.nursery.bear()
        for trouble in TROUBLES.values():
            trouble(here.discord)
            before = len(here.discord.sent(*EDIT.split()))
            async with asyncio.timeout(120):
                while len(here.discord.sent(*EDIT.split())) < before + 3:  # noqa: ASYNC110  # no event tells
                    await asyncio.sleep(0.1)
        await here.end(life)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return CASES.try_all(tmp_path_factory.mktemp("albums"))


@pytest.mark.parametrize("name", CASES.names)
def test_each_picture_is_there_once_over(name: str, outcomes: Outcomes) -> None:
    outcome(name, outcomes)
