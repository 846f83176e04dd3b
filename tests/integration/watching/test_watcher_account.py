"""The bot's account at InvokeAI is refused, or loses its rights, while the bot runs."""

from datetime import timedelta

import pytest
from fakes import Clock
from watcher_place import NOW, Place

from bot.domain.events import JobEvent
from bot.domain.jobs import JobStatus
from bot.invokeai.socket.events import JobChanged
from bot.watching.account import MIN_REFUSED
from bot.watching.watcher import Watcher

MINUTE = timedelta(minutes=1)
DONE = JobStatus.COMPLETED


class Box:
    """A watcher that looks once a minute."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.queue = place.queue
        self.clock = Clock(NOW)
        self.watcher: Watcher = place.watcher(clock=self.clock)

    async def restart(self) -> None:
        self.watcher = self.place.watcher(clock=self.clock)
        await self.watcher.catch_up()

    async def minutes(self, count: int) -> None:
        for _ in range(count):
            self.clock.forward(MINUTE)
            await self.watcher.catch_up()

    async def told(self) -> list[str]:
        """In order: the kinds of news, and of a finished job its picture's name."""
        events = await self.place.everything(at=self.clock.now)
        return [
            (event.job.images or ("nothing",))[0] if isinstance(event, JobEvent) else event.kind.value
            for event in events
        ]


@pytest.fixture
async def box(place: Place) -> Box:
    box = Box(place)
    await box.watcher.catch_up()
    return box


async def test_what_ends_while_the_account_is_no_admin_is_told_once_it_is_one_again(box: Box) -> None:
    box.queue.put(1, DONE)
    await box.minutes(1)
    box.queue.admin = False
    box.queue.put(2, DONE)
    await box.watcher.hear(JobChanged(2, DONE, pending=1))
    await box.minutes(60)
    box.queue.put(3, DONE)
    await box.minutes(60)
    assert await box.told() == ["1-0.png", "rights_lost"]
    box.queue.admin = True
    await box.minutes(1)
    box.queue.put(4, DONE)
    await box.watcher.hear(JobChanged(4, DONE))
    assert await box.told() == ["account_back", "2-0.png", "3-0.png", "4-0.png"]


async def test_an_account_that_never_was_an_admin_is_taken_as_it_is(box: Box) -> None:
    box.queue.admin = False
    await box.restart()
    box.queue.put(1, DONE)
    await box.watcher.hear(JobChanged(1, DONE))
    assert await box.told() == ["nothing"]


async def test_after_a_restart_an_account_without_its_rights_is_taken_as_it_is_and_nothing_is_promised(
    box: Box,
) -> None:
    box.queue.admin = False
    box.queue.put(1, DONE)
    await box.minutes(3)
    assert await box.told() == ["rights_lost"]
    await box.restart()
    box.queue.put(2, DONE)
    await box.minutes(3)
    await box.told()
    box.queue.admin = True
    box.queue.put(3, DONE)
    await box.minutes(1)
    assert await box.told() == ["3-0.png"]


async def test_a_login_that_is_refused_for_minutes_is_told_once_and_what_ended_comes_after_it(
    box: Box,
) -> None:
    box.queue.refuses_login = True
    box.queue.put(1, DONE)
    await box.minutes(MIN_REFUSED // MINUTE)
    assert await box.told() == []
    await box.minutes(60)
    await box.restart()
    await box.minutes(60)
    assert await box.told() == ["login_refused"]
    box.queue.refuses_login = False
    await box.minutes(2)
    assert await box.told() == ["account_back", "1-0.png"]


async def test_a_password_that_follows_soon_is_told_to_nobody(box: Box) -> None:
    box.queue.refuses_login = True
    await box.minutes(1)
    box.queue.refuses_login = False
    await box.minutes(1)
    box.queue.refuses_login = True
    await box.minutes(2)
    assert await box.told() == []
