"""Two people who ask for pictures while the bot dies, and what InvokeAI's queue has of that in the end."""

import asyncio
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from crashes import PATIENCE
from lane import START, Lane, lane
from person import draw
from tally import FIGURES

from sandbox.discord.answers import NoAnswer
from sandbox.discord.people import Person
from sandbox.invokeai.graph import Batch
from sandbox.invokeai.item import Item

SETTINGS = {"BOT_CREATOR_ROLES": "creators", "BOT_CREATOR_WAITING": "12"}
PICTURE = draw(prompt="a fox", seed=1, width=32, height=32, steps=1, seconds=0.03, use_cache=False)
MAX_COUNT = 5
SEVERAL = 5
"""After so many deaths a batch was sent partly before one and partly after it, or too little was tried."""
SILENT = '{"live": false, "origins": ["nobody"]}'
"""A channel's preferences: pictures are judged by the queue, and their notices elsewhere."""


@dataclass(slots=True)
class Request:
    """`accepted`: whether the answer says that it is queued, or written down; None: there was no answer."""

    prompt: str
    jobs: int
    accepted: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The prompts of what went wrong. `spanning`: how many batches had jobs before and after a death."""

    lost: list[str]
    doubled: list[str]
    invented: list[str]
    spanning: int

    @property
    def perfect(self) -> bool:
        return not (self.lost or self.doubled or self.invented)


class Creators:
    def __init__(self, here: Lane) -> None:
        role = here.guild.add_role("creators")
        self._here = here
        self.people = [here.guild.add_member(name, roles=[role]) for name in ("ann", "ben")]
        self.requests: list[Request] = []
        self._going = True

    async def run(self) -> None:
        """Until `stop`: both ask again and again."""
        async with asyncio.TaskGroup() as tasks:
            for person in self.people:
                tasks.create_task(self._ask_on(person))

    def stop(self) -> None:
        self._going = False

    async def _ask_on(self, person: Person) -> None:
        while self._going:
            await self._here.discord.gateway.wait_online(timeout=PATIENCE)
            if self._going:
                await self._ask(person)
            await asyncio.sleep(self._here.dice.uniform(0.02, 0.2))

    async def _ask(self, person: Person) -> None:
        """Until it is answered, or the bot is dead."""
        request = Request(f"wish {len(self.requests)}", self._here.dice.randint(1, MAX_COUNT))
        self.requests.append(request)
        asked = person.slash(self._here.channel, "imagine", prompt=request.prompt, count=request.jobs)
        answering = asyncio.create_task(asked)
        dying = asyncio.create_task(self._here.nursery.lives[-1].ended(within=PATIENCE))
        await asyncio.wait({answering, dying}, return_when=asyncio.FIRST_COMPLETED)
        dying.cancel()
        if not answering.done():
            answering.cancel()
            return
        try:
            answer = answering.result()
        except NoAnswer:
            return
        request.accepted = not answer.ephemeral or "It is written down" in answer.text


@asynccontextmanager
async def creating(folder: Path, seed: int) -> AsyncGenerator[tuple[Lane, Creators]]:
    """Both ask from the first life on. At the end each request has its jobs in the queue, once."""
    async with lane(folder, seed, settings=SETTINGS) as here:
        life = await here.first_life()
        await life.says("discord_connected", within=START)
        here.guild.open_all_commands()
        with closing(sqlite3.connect(folder / "bot.sqlite3")) as database, database:
            database.execute("UPDATE subscriptions SET preferences = ?", [SILENT])
        here.invokeai.queue.enqueue("default", Batch.model_validate({"graph": PICTURE}), prepend=False)
        await here.work.done(within=30)
        creators = Creators(here)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(creators.run())
            await here.end(life)
            yield here, creators
            creators.stop()
            await _finish(here, folder)
        found = judge(here, creators.requests)
        accepted = sum(request.accepted is True for request in creators.requests)
        print(  # noqa: T201  # the figures; pytest -rA shows them
            f"seed {seed}: {here.kills} kills, {len(creators.requests)} requests, {accepted} accepted, "
            f"{len(here.invokeai.queue.items)} jobs, {found.spanning} batches over a death, "
            f"{len(found.lost)} lost, {len(found.doubled)} doubled, {len(found.invented)} invented, "
            f"{time.monotonic() - here.began:.0f} s"
        )
        assert found.perfect, found
        assert found.spanning or here.kills < SEVERAL


async def all_queued(here: Lane, folder: Path, within: float) -> None:
    """Until nothing is left that the bot has still to hand on, and InvokeAI is done with it."""
    async with asyncio.timeout(within):
        while _unsent(folder):  # noqa: ASYNC110  # a database tells of no rows
            await asyncio.sleep(0.05)
    await here.work.done(within)


async def _finish(here: Lane, folder: Path) -> None:
    """A last bot hands on the rest, and one more has nothing to add."""
    if not here.nursery.lives[-1].dead:
        await here.end(here.nursery.lives[-1])
    for _ in range(2):
        life = await here.nursery.bear()
        await here.discord.gateway.wait_online(timeout=START)
        await all_queued(here, folder, within=60)
        await asyncio.sleep(0.5)  # for what might come twice
        life.terminate()
        assert await life.ended(within=12) == 0, life.last_words()


def _unsent(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "bot.sqlite3")) as database:
        [(count,)] = database.execute("SELECT count(*) FROM submissions WHERE body IS NOT NULL")
        return count


def judge(here: Lane, requests: Sequence[Request]) -> Verdict:
    """A request without an answer may be queued whole or not at all; one that was accepted must be there."""
    queued: defaultdict[str, list[Item]] = defaultdict(list)
    for item in here.invokeai.queue.items.values():
        queued[item.session["graph"]["nodes"]["draw"]["prompt"]].append(item)
    asked = [(each, queued.get(each.prompt, [])) for each in requests]
    verdict = Verdict(
        [each.prompt for each, items in asked if _lost(each, items)],
        [each.prompt for each, items in asked if _doubled(each, items)],
        [each.prompt for each, items in asked if each.accepted is False and items],
        sum(_spans(items, here.deaths) for items in queued.values()),
    )
    FIGURES.requests += len(requests)
    FIGURES.jobs += len(here.invokeai.queue.items)
    FIGURES.lost += len(verdict.lost)
    FIGURES.doubled += len(verdict.doubled)
    return verdict


def _lost(request: Request, items: Sequence[Item]) -> bool:
    return 0 < len(items) < request.jobs or (request.accepted is True and not items)


def _doubled(request: Request, items: Sequence[Item]) -> bool:
    seeds = Counter(item.session["graph"]["nodes"]["draw"]["seed"] for item in items)
    batches = {item.batch_id for item in items}
    return len(items) > request.jobs or len(batches) > 1 or max(seeds.values(), default=0) > 1


def _spans(items: Sequence[Item], deaths: Sequence[int]) -> bool:
    numbers = [item.item_id for item in items]
    return any(min(numbers) <= newest < max(numbers) for newest in deaths)
