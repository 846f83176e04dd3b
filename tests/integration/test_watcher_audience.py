"""Whom the watcher tells of what it sees, besides the outbox."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from watcher_place import Place, opened

from bot.domain.jobs import JobStatus, Progress
from bot.domain.queue import QueueStatus
from bot.invokeai.socket.events import Connected, Disconnected, JobChanged, JobsQueued
from bot.watching.watcher import Watcher


@dataclass
class Audience:
    changes: int = 0
    steps: int = 0
    readings: list[bool] = field(default_factory=list[bool])

    def changed(self) -> None:
        self.changes += 1

    def progressed(self) -> None:
        self.steps += 1

    def looked(self, status: QueueStatus, lost: bool) -> None:
        self.readings.append(lost)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with opened(tmp_path) as place:
        yield place


def watcher(place: Place, audience: Audience) -> Watcher:
    return place.watcher(audience=audience)


async def test_each_reading_says_whether_the_connection_was_lost_before_it(place: Place) -> None:
    audience = Audience()
    watching = watcher(place, audience)
    await watching.catch_up()
    await watching.catch_up()
    assert audience.readings == [True, False]
    await watching.hear(Disconnected("gone"))
    await watching.catch_up()
    await watching.catch_up()
    await watching.hear(Connected())
    await watching.catch_up()
    await watching.catch_up()
    assert audience.readings[2:] == [True, False, True, False]
    place.queue.away = True
    await watching.catch_up()
    place.queue.away = False
    await watching.catch_up()
    await watching.catch_up()
    assert audience.readings[6:] == [True, False]


async def test_what_runs_is_known_from_the_socket_and_progress_of_others_tells_nobody(place: Place) -> None:
    audience = Audience()
    place.queue.put(1, JobStatus.COMPLETED)
    watching = watcher(place, audience)
    await watching.catch_up()
    place.queue.put(2, JobStatus.IN_PROGRESS)
    await watching.hear(JobChanged(2, JobStatus.IN_PROGRESS))
    assert watching.running == {2}
    await watching.hear(Progress("box", 2, "Denoising", 0.5))
    assert audience.steps == 1
    place.queue.put(2, JobStatus.COMPLETED)
    before = audience.changes
    await watching.hear(JobChanged(2, JobStatus.COMPLETED))
    assert watching.running == set()
    assert audience.changes == before + 1
    await watching.hear(Progress("box", 2, "Denoising", 0.9))
    assert audience.steps == 1
    assert watching.progress == {}


async def test_new_jobs_a_lost_socket_and_moved_counts_are_a_change_and_equal_counts_are_none(
    place: Place,
) -> None:
    audience = Audience()
    watching = watcher(place, audience)
    await watching.catch_up()
    audience.changes = 0
    await watching.catch_up()
    assert audience.changes == 0
    await watching.hear(JobsQueued())
    await watching.hear(Disconnected("gone"))
    assert audience.changes == 2
    place.queue.put(1, JobStatus.PENDING)
    await watching.catch_up()
    assert audience.changes == 3
