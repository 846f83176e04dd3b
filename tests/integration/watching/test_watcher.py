import asyncio
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from watcher_place import Place

from bot.domain.events import BatchCounts, EventKind, JobEvent, Left, Tally
from bot.domain.jobs import Job, JobStatus, Progress
from bot.domain.subscriptions import Preferences
from bot.invokeai.socket.events import Connected, Disconnected, JobChanged, JobsQueued, QueueChanged
from bot.store.outbox_writer import OutboxWake
from bot.store.subscriptions import Subscriptions
from bot.watching.watcher import Watcher


async def test_the_first_start_posts_no_history(place: Place) -> None:
    for number in range(1, 50):
        place.queue.put(number, JobStatus.COMPLETED)
    await place.watcher().catch_up()
    assert await place.told() == []


async def test_a_job_that_waited_at_the_first_start_is_news_when_it_ends(
    place: Place, watcher: Watcher
) -> None:
    place.queue.put(2, JobStatus.COMPLETED)
    await watcher.hear(JobChanged(2, JobStatus.COMPLETED, 3))
    [event] = await place.owed()
    assert (event.kind, event.job.number, event.pending, event.image) == (EventKind.COMPLETED, 2, 3, 0)
    assert place.queue.asked == ["job 2"]
    assert place.woken.is_set()


async def test_each_image_of_a_job_is_owed_by_itself(place: Place, watcher: Watcher) -> None:
    place.queue.put(3, JobStatus.COMPLETED, images=3)
    await watcher.hear(JobChanged(3, JobStatus.COMPLETED))
    assert [event.image for event in await place.owed()] == [0, 1, 2]


async def test_the_last_image_of_a_job_tells_what_was_left(place: Place, watcher: Watcher) -> None:
    place.queue.put(3, JobStatus.COMPLETED, images=3)
    await watcher.hear(JobChanged(3, JobStatus.COMPLETED, 1, Left(2, 0)))
    assert [event.left for event in await place.owed()] == [Left(), Left(), Left(2, 0)]


async def test_the_end_of_a_batch_is_owed_once_after_its_last_job_whatever_became_of_that(
    place: Place, watcher: Watcher
) -> None:
    counts = [BatchCounts(3, Tally(1)), BatchCounts(3, Tally(2)), BatchCounts(3, Tally(2, canceled=1))]
    ends = (JobStatus.COMPLETED, JobStatus.COMPLETED, JobStatus.CANCELED)
    for number, status, count in zip((2, 3, 4), ends, counts, strict=True):
        place.queue.put(number, status)
        await watcher.hear(JobChanged(number, status, 0, Left(count.left, count.left, count)))
    assert [number for number, _ in await place.told()] == [2, 3, 4]
    [end] = place.batch_ends
    assert isinstance(end, JobEvent)
    assert end.left == Left(0, 0, counts[-1])


async def test_of_a_batch_without_pictures_and_of_a_lone_job_no_end_is_owed(
    place: Place, watcher: Watcher
) -> None:
    place.queue.put(2, JobStatus.COMPLETED)
    await watcher.hear(JobChanged(2, JobStatus.COMPLETED, 0, Left(0, 0, BatchCounts(1, Tally(1)))))
    for number in (3, 4):
        place.queue.put(number, JobStatus.FAILED)
        left = BatchCounts(2, Tally(failed=number - 2))
        await watcher.hear(JobChanged(number, JobStatus.FAILED, 0, Left(left.left, left.left, left)))
    assert [number for number, _ in await place.told()] == [2, 3, 4]
    assert place.batch_ends == []


async def test_a_batch_that_invokeai_counts_a_moment_too_late_has_not_ended(
    place: Place, watcher: Watcher
) -> None:
    await watcher.hear(Disconnected("gone"))
    place.queue.put(2, JobStatus.COMPLETED)
    place.queue.put(3, JobStatus.IN_PROGRESS)
    place.queue.counted = BatchCounts(3, Tally(3))
    await watcher.hear(Connected())
    assert await watcher.catch_up()
    assert [event.left.batch for event in await place.owed()] == [None]
    assert place.batch_ends == []


async def test_of_what_was_missed_the_last_job_tells_what_was_left(place: Place, watcher: Watcher) -> None:
    await watcher.hear(Disconnected("gone"))
    for number in (2, 3, 4):
        place.queue.put(number, JobStatus.COMPLETED)
    await watcher.hear(Connected())
    assert await watcher.catch_up()
    counts = await place.queue.batch_counts("b")
    assert counts == BatchCounts(4, Tally(completed=4))
    some = Left(counts=counts)
    assert [event.left for event in await place.owed()] == [some, some, Left(0, 0, counts)]


async def test_a_channel_is_owed_only_the_jobs_that_fit_its_filters(place: Place, watcher: Watcher) -> None:
    await place.subscribe(preferences=Preferences(users=frozenset({"alex"})))
    for number, user in ((3, "Alex"), (4, "Sam"), (5, None)):
        place.queue.put(number, JobStatus.FAILED)
        place.queue.items[number] = replace(place.queue.items[number], user=user)
        await watcher.hear(JobChanged(number, JobStatus.FAILED))
    assert await place.told() == [(3, "failed")]


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.CANCELED])
async def test_failed_and_canceled_are_events_as_well(
    status: JobStatus, place: Place, watcher: Watcher
) -> None:
    place.queue.put(3, status)
    await watcher.hear(JobChanged(3, status))
    assert await place.told() == [(3, status.value)]


async def test_the_same_end_heard_twice_and_reconciled_is_told_once(place: Place, watcher: Watcher) -> None:
    place.queue.put(3, JobStatus.COMPLETED)
    await watcher.hear(JobChanged(3, JobStatus.COMPLETED))
    await watcher.hear(JobChanged(3, JobStatus.COMPLETED))
    await watcher.hear(Connected())
    await watcher.catch_up()
    await place.watcher().catch_up()
    assert await place.told() == [(3, "completed")]


async def test_what_ended_while_the_bot_was_down_is_found_in_the_order_in_which_it_ended(
    place: Place, watcher: Watcher
) -> None:
    del watcher
    place.queue.put(4, JobStatus.COMPLETED)
    place.queue.put(3, JobStatus.FAILED)
    place.queue.put(2, JobStatus.CANCELED)
    await place.watcher().catch_up()
    assert await place.told() == [(2, "canceled"), (3, "failed"), (4, "completed")]


async def test_a_job_that_runs_longer_than_a_later_one_is_not_lost_over_a_restart(
    place: Place, watcher: Watcher
) -> None:
    place.queue.put(3, JobStatus.IN_PROGRESS)
    place.queue.put(4, JobStatus.COMPLETED)
    await watcher.hear(JobChanged(4, JobStatus.COMPLETED))
    place.queue.put(3, JobStatus.COMPLETED)
    await place.watcher().catch_up()
    assert sorted(await place.told()) == [(3, "completed"), (4, "completed")]


async def test_jobs_whose_end_was_told_are_not_read_again_by_the_next_reconcile(
    place: Place, watcher: Watcher
) -> None:
    place.queue.put(3, JobStatus.COMPLETED)
    await watcher.hear(JobChanged(3, JobStatus.COMPLETED))
    place.queue.asked.clear()
    await watcher.catch_up()
    assert place.queue.asked == ["status", "jobs_changed 2"]
    await watcher.hear(QueueChanged())
    await watcher.catch_up()
    assert place.queue.asked[-1] == "jobs_changed 3"


async def test_a_quiet_minute_costs_one_request(place: Place, watcher: Watcher) -> None:
    await watcher.catch_up()
    assert place.queue.asked == ["status"]


async def test_counts_that_moved_without_a_word_from_the_socket_are_looked_into(
    place: Place, watcher: Watcher
) -> None:
    place.queue.put(3, JobStatus.COMPLETED)
    await watcher.catch_up()
    assert await place.told() == [(3, "completed")]


async def test_a_hiccup_of_invokeai_loses_nothing(place: Place, watcher: Watcher) -> None:
    place.queue.put(3, JobStatus.COMPLETED)
    place.queue.fails_at_job = 3
    await watcher.hear(JobChanged(3, JobStatus.COMPLETED))
    assert not place.state.reachable
    assert await watcher.catch_up()
    assert place.state.reachable
    assert await place.told() == [(3, "completed")]


async def test_an_invokeai_that_fails_amid_a_reconcile_is_taken_up_where_it_stopped(
    place: Place, watcher: Watcher
) -> None:
    for number in (3, 4, 5):
        place.queue.put(number, JobStatus.COMPLETED)
    place.queue.fails_at_job = 4
    assert not await watcher.catch_up()
    assert await watcher.catch_up()
    assert await place.told() == [(3, "completed"), (4, "completed"), (5, "completed")]


async def test_with_invokeai_away_the_watcher_goes_on_and_says_so_once(place: Place) -> None:
    place.queue.away = True
    watcher = place.watcher()
    assert not await watcher.catch_up()
    place.queue.away = False
    assert await watcher.catch_up()
    assert place.state.reachable


async def test_jobs_that_vanished_are_closed_without_noise(place: Place, watcher: Watcher) -> None:
    del place.queue.items[2]
    await watcher.hear(QueueChanged())
    await watcher.catch_up()
    await watcher.hear(JobChanged(2, JobStatus.CANCELED))
    assert await place.told() == []
    assert await place.unfinished() == frozenset()


async def test_what_a_server_can_do_is_learnt_anew_after_a_lost_socket_only(
    place: Place, watcher: Watcher
) -> None:
    await watcher.hear(Connected())
    await watcher.catch_up()
    assert "connect" not in place.queue.asked
    await watcher.hear(Disconnected("gone"))
    await watcher.hear(Connected())
    await watcher.catch_up()
    assert place.queue.asked.count("connect") == 1


async def test_an_end_heard_before_the_baseline_is_left_to_it(place: Place) -> None:
    place.queue.put(1, JobStatus.COMPLETED)
    watcher = place.watcher()
    await watcher.hear(JobChanged(1, JobStatus.COMPLETED))
    await watcher.catch_up()
    assert await place.told() == []


async def test_an_end_that_rest_does_not_know_yet_is_waited_for(place: Place, watcher: Watcher) -> None:
    await watcher.hear(JobChanged(2, JobStatus.COMPLETED))
    assert await place.told() == []
    place.queue.put(2, JobStatus.COMPLETED)
    await watcher.catch_up()
    assert await place.told() == [(2, "completed")]


async def test_progress_is_kept_until_the_job_changes(place: Place, watcher: Watcher) -> None:
    progress = Progress("box", 2, "Denoising", 0.5)
    await watcher.hear(progress)
    assert place.state.progress == {2: progress}
    await watcher.hear(JobsQueued())
    await watcher.hear(JobChanged(2, JobStatus.COMPLETED))
    assert place.state.progress == {}


async def test_ledger_and_outbox_change_together_or_not_at_all(place: Place) -> None:
    class Broken(Subscriptions):
        async def for_event(
            self, conn: AsyncConnection, kind: EventKind, server: str, job: Job | None = None
        ) -> list[int]:
            del conn, kind, server, job
            raise RuntimeError("power cut")

    broken = Broken(place.database)
    watcher = place.watcher(broken)
    await watcher.catch_up()
    place.queue.put(3, JobStatus.COMPLETED)
    with pytest.raises(RuntimeError):
        await watcher.hear(JobChanged(3, JobStatus.COMPLETED))
    await place.watcher().catch_up()
    assert await place.told() == [(3, "completed")]


async def test_the_running_watcher_catches_up_and_then_hears(place: Place) -> None:
    watcher = place.watcher()
    running = asyncio.create_task(watcher.run())
    place.socket.said.put_nowait(Connected())
    await place.queue.until("baseline")
    place.queue.put(1, JobStatus.COMPLETED)
    place.socket.said.put_nowait(JobChanged(1, JobStatus.COMPLETED))
    await place.woken.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await place.told() == [(1, "completed")]


class CountedEvent(OutboxWake):
    times = 0

    def set(self) -> None:
        self.times += 1
        super().set()


async def test_what_a_reconcile_finds_is_told_of_when_all_of_it_is_written_down(place: Place) -> None:
    place.woken = woken = CountedEvent()
    watcher = place.watcher()
    await watcher.catch_up()
    for number in range(1, 26):
        place.queue.put(number, JobStatus.COMPLETED)
    place.queue.put(26, JobStatus.PENDING)
    await watcher.hear(Connected())
    await watcher.catch_up()
    assert woken.times == 1
    assert len(await place.told()) == 25
