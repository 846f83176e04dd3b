import asyncio
import contextlib

import pytest
from fakes import Seconds

from bot.errors import LeadershipLost, TokenRefused
from bot.supervisor import Service, ServiceDied, Supervisor


class Failing:
    """Fails at once, `lives` times; then waits for ever."""

    def __init__(self, lives: int, clock: Seconds, lasts: float = 0.0) -> None:
        self.lives = lives
        self.starts = 0
        self.steady = asyncio.Event()
        self._clock = clock
        self._lasts = lasts

    async def run(self) -> None:
        self.starts += 1
        if self.starts <= self.lives:
            self._clock.now += self._lasts
            raise ValueError("failed")
        self.steady.set()
        await asyncio.Event().wait()


def supervisor(clock: Seconds, *services: Service) -> Supervisor:
    return Supervisor(services, sleep=clock.sleep, monotonic=clock, max_failures=5)


async def test_a_failed_service_is_started_again_with_growing_delays() -> None:
    clock = Seconds()
    service = Failing(3, clock)
    running = asyncio.create_task(supervisor(clock, Service("watcher", service.run)).run())
    await service.steady.wait()
    running.cancel()
    assert clock.slept == [1, 2, 4]


async def test_a_service_that_keeps_failing_ends_the_program() -> None:
    clock = Seconds()
    with pytest.raises(ServiceDied, match="watcher failed 5 times"):
        await supervisor(clock, Service("watcher", Failing(99, clock).run)).run()


async def test_a_service_that_is_not_vital_fails_without_end_and_the_others_go_on() -> None:
    clock = Seconds()
    service = Failing(20, clock)
    running = asyncio.create_task(supervisor(clock, Service("watcher", service.run, vital=False)).run())
    await service.steady.wait()
    running.cancel()
    assert max(clock.slept) == 60


async def test_a_service_that_ran_well_for_long_starts_afresh() -> None:
    clock = Seconds()
    service = Failing(20, clock, lasts=400)
    running = asyncio.create_task(supervisor(clock, Service("watcher", service.run)).run())
    await service.steady.wait()
    running.cancel()
    assert set(clock.slept) == {1}


async def test_a_refused_start_is_not_tried_again_and_stops_the_others() -> None:
    clock = Seconds()
    other = Failing(0, clock)

    async def refused() -> None:
        await other.steady.wait()
        raise TokenRefused

    with pytest.raises(TokenRefused):
        await supervisor(clock, Service("discord", refused), Service("watcher", other.run)).run()
    assert clock.slept == []


async def test_a_refused_token_in_a_task_group_s_bundle_ends_the_program_at_once() -> None:
    async def refused() -> None:
        raise TokenRefused

    async def bundled() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(refused())

    clock = Seconds()
    with pytest.raises(TokenRefused):
        await supervisor(clock, Service("delivery", bundled)).run()
    assert clock.slept == []


async def test_a_service_that_loses_a_cancellation_is_asked_again() -> None:
    clock, begun = Seconds(), asyncio.Event()

    async def deaf() -> None:
        begun.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    running = asyncio.create_task(supervisor(clock, Service("discord", deaf, grace=0.01)).run())
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_services_end_one_by_one_from_the_last_to_the_first() -> None:
    clock, ended = Seconds(), list[str]()

    def service(name: str) -> Service:
        async def run() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(name)

        return Service(name, run)

    running = asyncio.create_task(supervisor(clock, service("discord"), service("delivery")).run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended == ["delivery", "discord"]


async def test_a_lead_that_is_lost_ends_each_service_without_time_for_what_it_has_in_hand() -> None:
    clock, ended = Seconds(), list[str]()

    async def leadership() -> None:
        raise LeadershipLost("Another bot leads.")

    async def delivery() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()  # what is in hand
            ended.append("delivery")
            raise

    services = Service("leadership", leadership), Service("delivery", delivery, grace=60)
    async with asyncio.timeout(5):
        with pytest.raises(LeadershipLost):
            await supervisor(clock, *services).run()
    assert ended == ["delivery"]
