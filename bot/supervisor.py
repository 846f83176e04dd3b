"""Keeps the named services running: one that fails is logged and restarted, or ends the program."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import cast

import structlog

from bot.backoff import backoff
from bot.errors import BotError, LeadershipLost, StartRefused

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MIN_DELAY = 1.0
MAX_DELAY = 60.0
STEADY = 300.0
MIN_GRACE = 1.0
"""Seconds between two cancellations of a service that has to end at once."""


class ServiceDied(BotError):
    """A service failed again and again: the program ends, so that whoever started it sees it."""


@dataclass(frozen=True, slots=True)
class Service:
    """A name and an endless coroutine; returning counts as failing.

    `grace`: how many seconds its end may take before it is cancelled once more, since discord.py loses a
    cancellation now and then. One that is not `vital` may fail as often as it likes: the others go on.
    """

    name: str
    run: Callable[[], Awaitable[None]]
    grace: float = 1.0
    vital: bool = True


class Supervisor:
    """`sleep` and `monotonic` count seconds. A service that ran for STEADY seconds starts afresh.

    `running` says by name which services run; one that failed does not until it is started again.
    """

    def __init__(
        self,
        services: Sequence[Service],
        *,
        sleep: Callable[[float], Awaitable[None]],
        monotonic: Callable[[], float],
        running: dict[str, bool] | None = None,
        max_failures: int = 8,
    ) -> None:
        self._services = services
        self._sleep = sleep
        self._monotonic = monotonic
        self._running = running if running is not None else {}
        self._max_failures = max_failures

    async def run(self) -> None:
        """Ends only by cancellation, by ServiceDied or by a StartRefused of a service."""
        tasks = {
            asyncio.create_task(self._keep(service), name=f"service {service.name}"): service
            for service in self._services
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except LeadershipLost:
            await _end_at_once(tasks)
            raise
        finally:
            for task, service in reversed(tasks.items()):
                while not task.done():
                    task.cancel()
                    await asyncio.wait({task}, timeout=service.grace)
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, service: Service) -> None:
        failures = 0
        while True:
            began = self._monotonic()
            self._running[service.name] = True
            try:
                await service.run()
                log.error("service_ended", service=service.name)
            except Exception as error:
                if (refusal := _refusal(error)) is not None:
                    raise refusal from error
                log.exception("service_failed", service=service.name)
            self._running[service.name] = False
            failures = 1 if self._monotonic() - began >= STEADY else failures + 1
            if service.vital and failures >= self._max_failures:
                raise ServiceDied(
                    f"The service {service.name} failed {failures} times in a row; see the log."
                )
            await self._sleep(backoff(failures, MIN_DELAY, MAX_DELAY))


async def _end_at_once(tasks: Collection[asyncio.Task[None]]) -> None:
    """No service has time for what it has in hand."""
    while left := {task for task in tasks if not task.done()}:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=MIN_GRACE)


def _refusal(error: Exception) -> StartRefused | None:
    """What ends the program, alone or in the bundle of a task group."""
    if isinstance(error, ExceptionGroup):
        bundle = cast("ExceptionGroup[Exception]", error)
        return next((found for one in bundle.exceptions if (found := _refusal(one))), None)
    return error if isinstance(error, StartRefused) else None
