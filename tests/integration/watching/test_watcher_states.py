import pytest
from watcher_place import NOW, Place, begun, reconnect

from bot.domain.events import EventKind, JobEvent
from bot.domain.jobs import JobStatus, Progress
from bot.invokeai.socket.events import JobChanged, QueueChanged
from bot.store.outbox import Outbox
from bot.store.outcomes import Delivered
from bot.watching.reconciler import MAX_FAILURES
from bot.watching.watcher import Watcher

PENDING, RUNNING, WAITING = JobStatus.PENDING, JobStatus.IN_PROGRESS, JobStatus.WAITING
DONE, FAILED, CANCELED = JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED


async def start(place: Place, watcher: Watcher, number: int) -> None:
    place.queue.put(number, RUNNING)
    await watcher.hear(JobChanged(number, RUNNING))


async def test_a_job_that_invokeai_cancelled_in_its_restart_is_told_as_interrupted(
    place: Place, watcher: Watcher
) -> None:
    await start(place, watcher, 2)
    place.queue.put(2, CANCELED, interrupted=True)
    place.queue.put(3, CANCELED)
    await reconnect(watcher)
    assert await place.told() == [(2, "interrupted"), (3, "canceled")]


async def test_a_cancellation_that_the_socket_tells_of_is_never_called_an_interruption(
    place: Place, watcher: Watcher
) -> None:
    await start(place, watcher, 2)
    place.queue.put(2, CANCELED, interrupted=True)
    await watcher.hear(JobChanged(2, CANCELED))
    assert await place.told() == [(2, "canceled")]


async def test_a_start_is_no_news_and_known_without_asking_for_the_job(
    place: Place, watcher: Watcher
) -> None:
    await watcher.hear(JobChanged(3, RUNNING))
    assert place.queue.asked == []
    assert await place.told() == []
    assert await place.unfinished() == {2, 3}


async def test_a_job_that_ran_and_vanished_with_the_connection_is_told_as_interrupted(
    place: Place, watcher: Watcher
) -> None:
    await start(place, watcher, 3)
    place.queue.items.clear()  # InvokeAI 5.15 keeps nothing over a restart but what waits
    await reconnect(watcher)
    [event] = await place.owed()
    assert (event.kind, event.job.number, event.job.status) == (EventKind.INTERRUPTED, 3, CANCELED)
    assert event.job.interrupted
    assert event.job.recipe is None
    assert await place.unfinished() == frozenset()
    await reconnect(watcher)
    assert await place.told() == []


async def test_a_job_that_ran_when_invokeai_did_not_answer_over_rest_and_vanished_is_told_as_well(
    place: Place, watcher: Watcher
) -> None:
    await start(place, watcher, 3)
    place.queue.away = True
    assert not await watcher.catch_up()
    place.queue.away = False
    del place.queue.items[3]
    assert await watcher.catch_up()
    assert await place.told() == [(3, "interrupted")]


async def test_a_job_that_ran_when_the_bot_was_stopped_and_vanished_is_told_at_its_next_start(
    place: Place, watcher: Watcher
) -> None:
    await start(place, watcher, 3)
    del place.queue.items[3]
    await place.watcher().catch_up()
    assert await place.told() == [(3, "interrupted")]


async def test_a_running_job_that_is_cleared_while_we_listen_is_closed_without_noise(
    place: Place, watcher: Watcher
) -> None:
    await reconnect(watcher)
    await start(place, watcher, 3)
    del place.queue.items[3]
    await watcher.hear(QueueChanged())
    await watcher.catch_up()
    assert await place.told() == []
    assert await place.unfinished() == {2}


async def test_a_job_that_only_waited_and_vanished_over_a_restart_is_closed_without_noise(
    place: Place, watcher: Watcher
) -> None:
    del place.queue.items[2]
    await reconnect(watcher)
    assert await place.told() == []
    assert await place.unfinished() == frozenset()


async def test_a_finished_history_that_is_pruned_or_cut_to_its_newest_makes_no_noise(
    place: Place, watcher: Watcher
) -> None:
    for number in (3, 4, 5):
        place.queue.put(number, DONE)
    await watcher.catch_up()
    assert len(await place.told()) == 3
    for number in (1, 3, 4):  # max_queue_history
        del place.queue.items[number]
    await watcher.hear(QueueChanged())
    await watcher.catch_up()
    del place.queue.items[5]  # prune
    await reconnect(watcher)
    assert await place.everything() == []
    assert await place.unfinished() == {2}


async def test_several_running_jobs_have_each_their_progress_and_their_end(
    place: Place, watcher: Watcher
) -> None:
    for number in (3, 4):
        await start(place, watcher, number)
    halves = {number: Progress("box", number, "Denoising", number / 10) for number in (3, 4)}
    for progress in halves.values():
        await watcher.hear(progress)
    assert place.state.progress == halves
    place.queue.put(3, DONE)
    await watcher.hear(JobChanged(3, DONE))
    assert place.state.progress == {4: halves[4]}
    assert await place.told() == [(3, "completed")]


async def test_the_late_progress_of_a_job_that_ended_is_ignored(place: Place, watcher: Watcher) -> None:
    await start(place, watcher, 3)
    await watcher.hear(Progress("box", 3, "Denoising", 0.5))
    place.queue.put(3, CANCELED)
    await watcher.catch_up()
    assert place.state.progress == {}
    await watcher.hear(Progress("box", 3, "Denoising", 0.6))
    assert place.state.progress == {}


async def test_a_child_tells_its_images_and_its_parent_nothing_more(place: Place, watcher: Watcher) -> None:
    for status in (RUNNING, WAITING):
        place.queue.put(3, status)
        await watcher.hear(JobChanged(3, status))
    place.queue.put(4, DONE, names=("a.png", "b.png"), parent=3)
    await watcher.hear(JobChanged(4, DONE))
    place.queue.put(3, DONE, names=("a.png", "b.png"), ended_after=5)
    await watcher.hear(JobChanged(3, DONE))
    events = await place.owed()
    assert [(event.job.number, event.job.parent, event.image) for event in events] == [(4, 3, 0), (4, 3, 1)]
    assert await place.unfinished() == {2}


async def test_a_parent_tells_the_images_that_its_children_did_not(place: Place, watcher: Watcher) -> None:
    place.queue.put(4, DONE, names=("a.png",), parent=3)
    place.queue.put(3, DONE, names=("a.png", "c.png"), ended_after=5)
    await watcher.catch_up()
    assert [(event.job.number, event.job.images) for event in await place.owed()] == [
        (4, ("a.png",)),
        (3, ("c.png",)),
    ]


@pytest.mark.parametrize("ended_after", [4, 5])
async def test_of_a_pair_found_by_a_reconcile_the_child_comes_first(
    place: Place, watcher: Watcher, ended_after: int
) -> None:
    place.queue.put(3, DONE, names=("a.png",), ended_after=ended_after)
    place.queue.put(4, DONE, names=("a.png",), parent=3, ended_after=4)
    await watcher.catch_up()
    assert await place.told() == [(4, "completed")]


async def test_parents_that_go_round_in_a_circle_hold_nothing_up(place: Place, watcher: Watcher) -> None:
    place.queue.put(3, DONE, parent=4, ended_after=9)
    place.queue.put(4, DONE, parent=3, ended_after=9)
    await watcher.catch_up()
    assert await place.told() == [(3, "completed"), (4, "completed")]


@pytest.mark.parametrize("fate", [FAILED, CANCELED])
async def test_a_fate_that_a_child_shares_is_told_once(
    place: Place, watcher: Watcher, fate: JobStatus
) -> None:
    place.queue.put(4, fate, parent=3)
    place.queue.put(3, fate, ended_after=5)
    await watcher.catch_up()
    assert await place.told() == [(4, fate.value)]


async def test_a_child_that_is_cancelled_with_its_parent_is_told_by_it(
    place: Place, watcher: Watcher
) -> None:
    await start(place, watcher, 3)
    place.queue.put(3, CANCELED, ended_after=5)
    await watcher.hear(JobChanged(3, CANCELED))  # InvokeAI 6.14 says so of the parent first
    place.queue.put(4, CANCELED, parent=3, ended_after=5)
    await watcher.hear(JobChanged(4, CANCELED))
    place.queue.put(5, FAILED, parent=3, ended_after=6)
    await watcher.hear(JobChanged(5, FAILED))
    assert await place.told() == [(3, "canceled"), (5, "failed")]


async def test_a_parent_that_fails_after_its_child_is_done_is_told(place: Place, watcher: Watcher) -> None:
    place.queue.put(4, DONE, parent=3)
    place.queue.put(3, FAILED, ended_after=5)
    await watcher.catch_up()
    assert await place.told() == [(4, "completed"), (3, "failed")]


async def test_what_is_owed_of_an_interruption_is_never_grouped_with_cancellations(
    place: Place, watcher: Watcher
) -> None:
    place.queue.put(3, CANCELED, interrupted=True)
    place.queue.put(4, CANCELED, interrupted=True)
    place.queue.put(5, CANCELED)
    await watcher.catch_up()
    outbox = Outbox(place.database)
    sizes: list[int] = []
    for group in "abc":
        claim = await outbox.claim(42, NOW, NOW - NOW, group, 10)
        assert claim is not None
        assert all(isinstance(row.event, JobEvent) for row in claim.rows)
        sizes.append(len(claim.rows))
        await outbox.settle(claim, Delivered(1), NOW)
    assert sizes == [1, 1, 1]


async def test_a_job_in_an_unknown_state_is_not_gone_and_its_end_is_told(
    place: Place, watcher: Watcher
) -> None:
    await start(place, watcher, 3)
    place.queue.put(3, JobStatus.UNKNOWN)
    place.queue.put(4, JobStatus.UNKNOWN)
    place.queue.put(5, DONE)
    await reconnect(watcher)
    assert await place.told() == [(5, "completed")]
    assert await place.unfinished() == {2, 3, 4}
    place.queue.put(3, DONE)
    place.queue.put(4, DONE)
    await reconnect(watcher)
    assert await place.told() == [(3, "completed"), (4, "completed")]


async def test_a_job_that_was_told_as_vanished_and_ends_after_all_is_told(
    place: Place, watcher: Watcher
) -> None:
    await start(place, watcher, 3)
    running = place.queue.items.pop(3)
    await reconnect(watcher)
    assert await place.told() == [(3, "interrupted")]
    place.queue.items[3] = running
    place.queue.put(3, DONE)
    await watcher.hear(JobChanged(3, DONE))
    assert await place.told() == [(3, "completed")]


async def test_a_job_whose_whole_can_not_be_read_holds_up_no_other_and_is_asked_for_again(
    place: Place, watcher: Watcher
) -> None:
    place.queue.put(2, DONE)
    place.queue.put(3, DONE)
    place.queue.unreadable = {2}
    await reconnect(watcher)
    assert await place.told() == [(3, "completed")]
    place.queue.unreadable = set()
    await reconnect(watcher)
    assert await place.told() == [(2, "completed")]


async def test_a_job_that_invokeai_itself_cannot_read_holds_up_no_other_one(place: Place) -> None:
    """A prompt with half a UTF-16 pair, which InvokeAI stores, and never reads again."""
    watcher = await begun(place)
    for number in (2, 3, 4):
        place.queue.put(number, DONE)
    place.queue.broken = {3}
    for _ in range(MAX_FAILURES):
        await watcher.catch_up()
    assert [number for number, _ in await place.told()] == [2, 4]
    assert await place.unfinished() == {3}
    place.queue.put(5, DONE)
    assert await watcher.catch_up()
    assert [number for number, _ in await place.told()] == [5]
    place.queue.broken = set()
    place.queue.put(6, DONE)
    assert await watcher.catch_up()
    assert [number for number, _ in await place.told()] == [3, 6]


async def test_a_job_that_is_not_given_once_keeps_its_place(place: Place) -> None:
    watcher = await begun(place)
    for number in (2, 3, 4):
        place.queue.put(number, DONE)
    place.queue.fails_at_job = 3
    assert not await watcher.catch_up()
    assert await watcher.catch_up()
    assert [number for number, _ in await place.told()] == [2, 3, 4]
