"""Lives that end by kill -9, while jobs end all the time or none does."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from lane import Lane

MINUTES = 300.0
"""A Discord that remembers nonces for so many seconds, as the real one does."""
FORGETFUL = 0.0
"""A Discord that has forgotten each nonce: only the look into the channel's history is left."""
PATIENCE = 60.0
"""So many seconds may a life take to come to its death, on a machine that is busy."""
IN_FLIGHT = "answered"
"""A death here leaves a message that the next life must look for."""


async def dies(here: Lane, point: str, passes: int = 1) -> None:
    await here.buried(await here.nursery.bear(point, passes), within=PATIENCE)


async def dies_at_request(here: Lane, route: str, *, after: bool = False, cut: bool = False) -> None:
    life = await here.nursery.bear()
    here.discord.call_at_next(route, life.kill, after=after, cut=cut)
    await here.buried(life, within=PATIENCE)


@asynccontextmanager
async def working(here: Lane) -> AsyncGenerator[None]:
    """Jobs end from the first baseline on; at the end everything is told, once and in order."""
    life = await here.first_life()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(here.work.run())
        await here.end(life)
        yield
        await perfect(here)


async def perfect(here: Lane) -> None:
    """A last bot tells the rest; then everything stands in the channel, once and in order."""
    found = await here.finish()
    print(  # noqa: T201  # the figures; pytest -rA shows them
        f"seed {here.seed}: {here.kills} kills, {found.jobs} jobs, {found.messages} messages, "
        f"{len(found.lost)} lost, {len(found.doubled)} doubled, {len(found.invented)} invented, "
        f"{len(found.late)} late, {time.monotonic() - here.began:.0f} s"
    )
    assert found.perfect, found
