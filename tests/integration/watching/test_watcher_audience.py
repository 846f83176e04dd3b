"""What the watcher keeps of the queue's state, besides the outbox."""

from watcher_place import Place

from bot.domain.jobs import JobStatus, Progress
from bot.domain.queue_state import QueueChange
from bot.invokeai.socket.events import Connected, Disconnected, JobChanged, JobsQueued
from bot.watching.watcher import Watcher


async def connections(place: Place, watcher: Watcher) -> tuple[int, int]:
    """The connections of the next two readings."""
    found: list[int] = []
    for _ in range(2):
        await watcher.catch_up()
        assert place.state.reading is not None
        found.append(place.state.reading.connection)
    return found[0], found[1]


async def test_the_first_reading_after_a_lost_connection_is_of_another_connection(place: Place) -> None:
    watcher = place.watcher()
    first, again = await connections(place, watcher)
    assert first == again
    await watcher.hear(Disconnected("gone"))
    lost, again = await connections(place, watcher)
    assert lost == again != first
    await watcher.hear(Connected())
    back, again = await connections(place, watcher)
    assert back == again != lost
    place.queue.away = True
    await watcher.catch_up()
    place.queue.away = False
    answered, again = await connections(place, watcher)
    assert answered == again != back


async def test_what_runs_is_known_from_the_socket_and_progress_of_others_wakes_nobody(place: Place) -> None:
    place.queue.put(1, JobStatus.COMPLETED)
    watcher = place.watcher()
    await watcher.catch_up()
    stepped = place.state.waker(QueueChange.PROGRESS)
    place.queue.put(2, JobStatus.IN_PROGRESS)
    await watcher.hear(JobChanged(2, JobStatus.IN_PROGRESS))
    assert place.state.running == {2}
    await watcher.hear(Progress("box", 2, "Denoising", 0.5))
    assert stepped.is_set()
    stepped.clear()
    place.queue.put(2, JobStatus.COMPLETED)
    before = place.state.version
    await watcher.hear(JobChanged(2, JobStatus.COMPLETED))
    assert place.state.running == set()
    assert place.state.version == before + 1
    await watcher.hear(Progress("box", 2, "Denoising", 0.9))
    assert not stepped.is_set()
    assert place.state.progress == {}


async def test_new_jobs_a_lost_socket_and_moved_counts_are_a_change_and_equal_counts_are_none(
    place: Place,
) -> None:
    watcher = place.watcher()
    await watcher.catch_up()
    before = place.state.version
    await watcher.catch_up()
    assert place.state.version == before
    await watcher.hear(JobsQueued())
    await watcher.hear(Disconnected("gone"))
    assert place.state.version == before + 2
    place.queue.put(1, JobStatus.PENDING)
    await watcher.catch_up()
    assert place.state.version == before + 3


async def test_an_invokeai_that_answers_again_is_a_change(place: Place) -> None:
    watcher = place.watcher()
    await watcher.catch_up()
    place.queue.away = True
    await watcher.catch_up()
    assert not place.state.reachable
    before = place.state.version
    place.queue.away = False
    await watcher.catch_up()
    assert place.state.reachable
    assert place.state.version > before
