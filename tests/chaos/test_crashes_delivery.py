"""Kill -9 while Discord refuses, is slow, or closes a thread, and while the bot's own clock is off."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from cases import Case, Cases, Outcomes, outcome
from crashes import FORGETFUL, IN_FLIGHT, PATIENCE, dies, dies_at_request, perfect, working
from lane import HISTORY, SEND, START, Lane, lane
from nursery import Life, Nature
from person import draw, several
from tally import in_order

from bot.store.sheet_batching import TILES
from sandbox.invokeai.graph import Batch

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

CASES = Cases(at_once=8)
SEED = 911
ROUNDS = 3
TEN_MINUTES = 600.0
FORBIDDEN = "forbidden"
SECOND_BOT = "Another bot already runs on the database"


@CASES.add
async def of_a_group_only_the_row_that_is_refused_for_ever_is_set_aside(folder: Path) -> None:
    async with lane(folder, SEED, nonce_memory=FORGETFUL) as here:
        here.guild.block(FORBIDDEN)
        await here.end(await here.first_life())
        for _ in range(ROUNDS):
            await here.jobs(4)
            here.untold.add(await forbidden_job(here))
            await here.jobs(5)
            await dies_at_request(here, SEND)
            await dies(here, "claimed", passes=2)
            await dies(here, IN_FLIGHT)
        await perfect(here)
        assert set(dead_letters(folder)) == here.untold


@CASES.add
async def a_token_that_is_refused_while_a_message_is_in_flight(folder: Path) -> None:
    async with lane(folder, SEED + 1, nonce_memory=FORGETFUL) as here:
        await here.end(await here.first_life())
        for _ in range(ROUNDS):
            await here.jobs(3)
            await dies(here, IN_FLIGHT)
            here.discord.fail_next(HISTORY, 401)
            life = await here.nursery.bear()
            assert await life.ended(within=START) == 1
            await here.discord.gateway.wait_offline()
        await perfect(here)


def clock_off(seconds: float) -> Case:
    async def case(folder: Path) -> None:
        nature = Nature(clock_ahead=seconds)
        async with (
            lane(folder, SEED + 2, nonce_memory=FORGETFUL, nature=nature) as here,
            working(here),
        ):
            for _ in range(ROUNDS):
                await dies(here, IN_FLIGHT)
                await dies(here, "looked_up")
                await here.killed_at_random()

    return case


CASES.named("a bot whose clock is ten minutes fast", clock_off(TEN_MINUTES))
CASES.named("a bot whose clock is ten minutes slow", clock_off(-TEN_MINUTES))


@CASES.add
async def a_clock_that_is_put_right_and_wrong_again_between_two_lives(folder: Path) -> None:
    """What a fast clock has written down as due is not waited for."""
    async with lane(folder, SEED + 3, nonce_memory=FORGETFUL) as here, working(here):
        for ahead in (TEN_MINUTES, 0.0, -TEN_MINUTES, TEN_MINUTES, 0.0):
            here.nursery.nature = Nature(clock_ahead=ahead)
            await dies(here, IN_FLIGHT)
            await dies(here, "claimed")
        here.nursery.nature = Nature()


@CASES.add
async def an_uplink_that_is_too_slow_for_an_album(folder: Path) -> None:
    nature = Nature(upload_timeout=3)
    async with lane(folder, SEED + 4, nonce_memory=FORGETFUL, nature=nature) as here:
        await here.end(await here.first_life())
        await here.jobs(14, size=256)
        here.discord.slow_uplink(SEND, 100_000, times=1000)
        life = await here.nursery.bear()
        await uploading(here, for_seconds=0.6)
        await here.end(life)
        life = await here.nursery.bear()
        await life.says("upload_budget_halved", within=90)
        told = len(here.notices)
        await here.channel.watch.until(lambda: len(here.notices) > told, timeout=60, what="a smaller album")
        await here.end(life)
        await perfect(here)


@CASES.add
async def a_thread_that_archives_itself(folder: Path) -> None:
    async with lane(folder, SEED + 5, nonce_memory=FORGETFUL, thread=True) as here:
        archiving = asyncio.create_task(archives_itself(here))
        async with working(here):
            for _ in range(ROUNDS):
                fail_alike(here)
                await dies(here, "acknowledged", passes=2)
                await dies(here, IN_FLIGHT)
                await here.killed_at_random()
            life = await here.nursery.bear()
            fail_alike(here)
            card = await here.channel.wait_for(lambda message: message.v2, timeout=PATIENCE)
            await here.channel.watch.until(
                lambda: card.id not in here.channel.stored, timeout=PATIENCE, what="another card"
            )
            await here.end(life)
            archiving.cancel()
        assert [message.text for message in here.channel.messages if message.v2] == []


@CASES.add
async def jobs_of_sixty_and_a_hundred_pictures_come_as_whole_albums_in_order(folder: Path) -> None:
    options = {"BOT_CONTACT_SHEET_AFTER": "0"}
    async with lane(folder, SEED + 6, nonce_memory=FORGETFUL, settings=options) as here, working(here):
        numbers = [job_of(here, pictures) for pictures in (60, 100)]
        for passes in (1, 3, 2, 1, 1):
            await dies(here, IN_FLIGHT, passes)
            await dies(here, "claimed", passes)
            await here.killed_at_random()
    for number in numbers:
        assert in_order(here.invokeai, here.channel, number)
    albums = [message for message in here.notices if f"#{numbers[1]}" in message.content]
    assert 10 <= len(albums) <= 10 + here.kills


@CASES.add
async def a_hundred_pictures_that_end_in_contact_sheets(folder: Path) -> None:
    async with lane(folder, SEED + 8, nonce_memory=FORGETFUL) as here:
        await here.end(await here.first_life())
        number = job_of(here, 100)
        await here.work.done(within=30)
        for passes in (1, 2, 1):
            await dies(here, IN_FLIGHT, passes)
        life = await here.nursery.bear()
        async with asyncio.timeout(60):
            while None in messages_of(folder, number):  # noqa: ASYNC110  # a database tells of no change
                await asyncio.sleep(0.1)
        life.terminate()
        assert await life.ended(within=12) == 0
        told = messages_of(folder, number)
        assert len(told) == 100
        assert told == sorted(told, key=lambda message_id: message_id or 0)
        assert sorted({message_id or 0 for message_id in told}) == [message.id for message in here.notices]
        assert max(told.count(message_id) for message_id in told) == TILES


@CASES.add
async def two_bots_on_one_file(folder: Path) -> None:
    """The second one ends with a sentence, whichever that is and wherever the first one is."""
    async with lane(folder, SEED + 7, nonce_memory=FORGETFUL) as here, working(here):
        rivals = here.nursery.beside(await made(folder / "rivals"))
        await rivals.open()
        try:
            for point in (IN_FLIGHT, "acknowledged", "claimed"):
                first, second = await asyncio.gather(here.nursery.bear(), rivals.bear())
                await ended_first(first, second)
                loser, winner = (first, second) if first.dead else (second, first)
                assert await loser.ended(within=START) == 2
                assert loser.log().strip().splitlines()[-1].startswith(SECOND_BOT)
                assert "Traceback" not in loser.log()
                await here.discord.gateway.wait_online(timeout=START)
                await here.end(winner)
                await dies(here, point)
        finally:
            await rivals.close()


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return CASES.try_all(tmp_path_factory.mktemp("crashes"))


@pytest.mark.parametrize("name", CASES.names)
def test_all_is_told_once_and_in_order_over_kills_with(name: str, outcomes: Outcomes) -> None:
    outcome(name, outcomes)


async def forbidden_job(here: Lane) -> int:
    """A job whose prompt Discord lets no message say; its number."""
    told = {"id": "told", "type": "core_metadata", "positive_prompt": f"a {FORBIDDEN} fox"}
    graph = draw(width=32, height=32, steps=1, seconds=0.05, use_cache=False, seed=here.dice.getrandbits(31))
    graph["nodes"]["told"] = told
    edge = {"source": {"node_id": "told", "field": "metadata"}}
    graph["edges"] = [edge | {"destination": {"node_id": "draw", "field": "metadata"}}]
    [number] = here.invokeai.queue.enqueue("default", Batch.model_validate({"graph": graph}), prepend=False)[
        "item_ids"
    ]
    await here.work.done(within=30)
    return number


def fail_alike(here: Lane) -> None:
    """Jobs of one batch, which one message tells of."""
    failing = draw(width=32, height=32, steps=1, seconds=0.4, fail_at_step=1)
    batch = Batch.model_validate({"graph": failing, "runs": 4})
    here.invokeai.queue.enqueue("default", batch, prepend=False)


def job_of(here: Lane, pictures: int) -> int:
    batch = Batch.model_validate({"graph": several(pictures)})
    [number] = here.invokeai.queue.enqueue("default", batch, prepend=False)["item_ids"]
    return number


def dead_letters(folder: Path) -> list[int]:
    with closing(sqlite3.connect(folder / "bot.sqlite3")) as database:
        return [number for (number,) in database.execute("SELECT number FROM outbox WHERE state = 'dead'")]


def messages_of(folder: Path, job: int) -> list[int | None]:
    """The message that each of the job's pictures stands in, as the bot has written it down."""
    with closing(sqlite3.connect(folder / "bot.sqlite3")) as database:
        rows = database.execute("SELECT message_id FROM outbox WHERE number = ? ORDER BY image", [job])
        return [message_id for (message_id,) in rows]


async def made(folder: Path) -> Path:
    await asyncio.to_thread(folder.mkdir)
    return folder


async def ended_first(*lives: Life) -> None:
    """Until one of them has ended."""
    async with asyncio.timeout(START):
        while not any(life.dead for life in lives):  # noqa: ASYNC110  # two processes, and no event of both
            await asyncio.sleep(0.02)


async def uploading(here: Lane, for_seconds: float) -> None:
    """Until a message is on its way for so long."""
    async with asyncio.timeout(START):
        while True:
            sent = here.discord.sent(*SEND.split())
            if any(one.status == 0 and time.time() - one.at > for_seconds for one in sent):
                return
            await asyncio.sleep(0.02)


async def archives_itself(here: Lane) -> None:
    """Again and again, a moment after each message that opened it."""
    while True:
        await asyncio.sleep(here.dice.uniform(0.05, 0.4))
        if not here.channel.archived:
            here.guild.archive(here.channel)
