"""A process from start to stop: it stands by, leads, and stands by again when the lead is lost."""

import asyncio
import gc
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from importlib import import_module
from typing import Any

import structlog

from bot.app import COGS, build
from bot.errors import DatabaseUnusable, LeadershipLost
from bot.settings import Settings
from bot.store.leader import Leader
from bot.telemetry.http import HealthServer
from bot.telemetry.metrics import Metrics
from bot.telemetry.standby import StandbyHealth

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Until `stop` is set; as a standby while another bot leads. StartRefused, or ServiceDied."""
    again = False
    while not stop.is_set():
        try:
            await _serve(settings, stop, again=again)
        except LeadershipLost:
            again = True
        else:
            return


async def _serve(settings: Settings, stop: asyncio.Event, *, again: bool) -> None:
    """Stands by, leads, and closes everything the other way round. `again`: it has led before."""
    async with AsyncExitStack() as stack:
        leader, metrics = Leader(settings.bot_database_url), Metrics()
        stack.push_async_callback(leader.release)
        if not leader.has_standby:
            await leader.lead()
        page = await _page(settings, leader, metrics, stack)
        if leader.has_standby:
            for cog in COGS:
                import_module(cog)  # what can be done before it leads
            await _until(stop, leader.lead(again=again), "stand by")
        if stop.is_set():
            return
        try:
            await _lead(settings, leader, metrics, page, stop)
        except DatabaseUnusable as error:
            if again or leader.stood_by:  # it was usable, and will be
                log.warning("leadership_lost", reason=str(error))
                raise LeadershipLost(str(error)) from error
            raise


async def _page(
    settings: Settings, leader: Leader, metrics: Metrics, stack: AsyncExitStack
) -> HealthServer | None:
    if settings.bot_http_address is None:
        return None
    standby = StandbyHealth(leader, metrics)
    page = HealthServer(settings.bot_http_address, metrics, standby.state, standby.measure)
    stack.push_async_callback(await page.start())
    return page


async def _lead(
    settings: Settings, leader: Leader, metrics: Metrics, page: HealthServer | None, stop: asyncio.Event
) -> None:
    async with build(settings, leader, metrics) as app:
        if page is not None:
            page.show(app.health.state, app.measure)
        gc.collect()
        gc.freeze()  # what the libraries hold for good: a look through it all stops the loop for 80 ms
        try:
            await _until(stop, app.supervisor.run(), "supervisor")
        except LeadershipLost as error:  # said before everything is closed, which may take long
            log.warning("leadership_lost", reason=str(error))
            raise


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, None], name: str) -> None:
    """Until `work` is done, or is cancelled because `stop` is set."""
    running = asyncio.create_task(work, name=name)
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
    finally:
        stopping.cancel()
        running.cancel()
        await asyncio.gather(running, stopping, return_exceptions=True)
