"""Whose a job is, and when a batch ends of which InvokeAI does not have every job yet."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from watcher_place import NOW, Place, begun

from bot.domain.events import (
    BatchCounts,
    Event,
    EventKind,
    JobEvent,
    Left,
    PersonalEvent,
    Tally,
    direct_channel,
)
from bot.domain.jobs import JobStatus, Recipe
from bot.domain.links import AccountLink
from bot.domain.submissions import Asker, Retry, Step, Submission
from bot.domain.subscriptions import Mine, Preferences
from bot.domain.waits import Wait
from bot.invokeai.socket.events import JobChanged
from bot.store.links import Links
from bot.store.replacements import Replacements
from bot.store.retries import Retries
from bot.store.submissions import Submissions
from bot.store.waits import Waits
from bot.watching.personal import MAX_PROMPT
from bot.watching.watcher import Watcher

ANN = Asker(9, 7, 42, reply_to=500)


async def asked(place: Place, jobs: int, sent: int, in_flight: int = 0, asker: Asker = ANN) -> None:
    body = "{}" if sent < jobs else None
    await Submissions(place.database).add(
        Submission(0, "box", "b", asker, NOW - timedelta(minutes=1), jobs, sent, in_flight, body)
    )


async def ended(place: Place, watcher: Watcher, number: int, counts: BatchCounts) -> JobEvent:
    """What the channel is told when that job ended, and nothing else waited."""
    place.queue.put(number, JobStatus.COMPLETED)
    await watcher.hear(JobChanged(number, JobStatus.COMPLETED, left=Left(counts.left, counts.left, counts)))
    [event] = await place.owed()
    return event


async def test_an_end_is_told_with_who_asked_for_the_job_and_another_one_with_nobody(place: Place) -> None:
    watcher = await begun(place)
    assert (await ended(place, watcher, 3, BatchCounts(2, Tally(1)))).asker is None
    await asked(place, 2, 2)
    assert (await ended(place, watcher, 4, BatchCounts(2, Tally(2)))).asker == ANN
    assert [event.asker for event in place.batch_ends if isinstance(event, JobEvent)] == [ANN]


@pytest.mark.parametrize(
    ("jobs", "sent", "in_flight", "totals"),
    [
        (10, 2, 0, (2, 10)),
        (10, 2, 2, (2, 10)),
        (10, 2, 2, (4, 10)),
        (10, 4, 0, (5, 11)),
        (10, 10, 0, (10, 10)),
        (10, 10, 0, (11, 11)),
        (4, 4, 0, (2, 4)),
    ],
)
async def test_a_batch_has_not_ended_while_jobs_of_it_are_still_to_be_sent(
    place: Place, jobs: int, sent: int, in_flight: int, totals: tuple[int, int]
) -> None:
    """`totals`: InvokeAI's own, and the whole batch's."""
    (total, whole), watcher = totals, await begun(place)
    await ended(place, watcher, 3, BatchCounts(total, Tally(1)))
    await asked(place, jobs, sent, in_flight)
    left = (await ended(place, watcher, 4, BatchCounts(total, Tally(total)))).left
    assert left.counts == BatchCounts(whole, Tally(total))
    assert (left.batch, left.queue) == (whole - total, whole - total)
    assert len(place.batch_ends) == (1 if whole == total else 0)


async def direct(place: Place) -> list[PersonalEvent]:
    """What waits for her alone; takes it out."""
    return [one for one in await place.everything(direct_channel(9)) if isinstance(one, PersonalEvent)]


async def test_where_the_channel_wants_it_who_asked_gets_one_direct_message_a_batch(place: Place) -> None:
    await place.subscribe(preferences=Preferences(mine=Mine.DIRECT))
    watcher = await begun(place)
    await asked(place, 2, 2)
    await ended(place, watcher, 3, BatchCounts(2, Tally(1)))
    assert await direct(place) == []
    counts = BatchCounts(2, Tally(2))
    await ended(place, watcher, 4, counts)
    [told] = await direct(place)
    assert (told.number, told.end, told.counts) == (4, EventKind.COMPLETED, counts)
    assert (told.user_id, told.guild_id, told.channel_id, told.direct) == (9, 7, 42, True)
    assert await place.watcher().catch_up()
    assert await direct(place) == []


async def test_a_lone_job_s_direct_message_has_the_head_of_its_prompt(place: Place) -> None:
    await place.subscribe(preferences=Preferences(mine=Mine.DIRECT))
    watcher = await begun(place)
    await asked(place, 1, 1)
    place.queue.put(3, JobStatus.FAILED)
    place.queue.items[3] = replace(place.queue.items[3], recipe=Recipe("fox" * 1000))
    await watcher.hear(JobChanged(3, JobStatus.FAILED, left=Left(0, 0, BatchCounts(1, Tally(0, 1)))))
    [told] = await direct(place)
    assert (told.number, told.end, told.counts) == (3, EventKind.FAILED, None)
    assert told.prompt == ("fox" * 1000)[:MAX_PROMPT]


@pytest.mark.parametrize("mine", [Mine.MENTION, Mine.NEITHER])
async def test_nobody_gets_a_direct_message_where_the_channel_wants_none(place: Place, mine: Mine) -> None:
    await place.subscribe(preferences=Preferences(mine=mine))
    watcher = await begun(place)
    await asked(place, 1, 1)
    await ended(place, watcher, 3, BatchCounts(1, Tally(1)))
    assert await direct(place) == []


async def test_a_channel_without_a_subscription_gets_the_pictures_and_the_end_of_what_was_asked_for_there(
    place: Place,
) -> None:
    watcher = await begun(place)
    elsewhere = replace(ANN, channel_id=99)
    await asked(place, 2, 2, asker=elsewhere)
    await ended(place, watcher, 3, BatchCounts(2, Tally(1)))
    await ended(place, watcher, 4, BatchCounts(2, Tally(2)))
    told = await place.everything(99)
    assert [event.job.number for event in told if isinstance(event, JobEvent)] == [3, 4]
    assert len([event for event in place.batch_ends if isinstance(event, JobEvent)]) == 2


CREATED = NOW
BEN = Wait("box", 10, 7, 42)


def personal(events: Sequence[Event]) -> list[PersonalEvent]:
    return [one for one in events if isinstance(one, PersonalEvent)]


async def test_who_waits_for_a_job_its_batch_or_an_empty_queue_is_told_of_each_once(place: Place) -> None:
    watcher, waits = await begun(place), Waits(place.database)
    for number, wait in enumerate(
        (replace(BEN, number=3, created_at=CREATED), replace(BEN, batch_id="b"), BEN), 20
    ):
        await waits.toggle(replace(wait, user_id=number), NOW)
    del place.queue.items[2]
    place.queue.put(4, JobStatus.PENDING)
    told: list[list[PersonalEvent]] = []
    for number in (3, 4):
        counts = BatchCounts(2, Tally(number - 2))
        place.queue.put(number, JobStatus.COMPLETED)
        await watcher.hear(
            JobChanged(number, JobStatus.COMPLETED, left=Left(counts.left, counts.left, counts))
        )
        await place.watcher().catch_up()
        told.append(personal(await place.everything()))
    assert [(one.user_id, one.number, one.counts) for one in told[0]] == [(20, 3, None)]
    assert [(one.user_id, one.number) for one in told[1]] == [(21, 4), (22, None)]
    assert told[1][0].counts == BatchCounts(2, Tally(2))
    assert personal(await place.everything()) == []


async def test_who_waits_hears_as_the_channel_prefers_it_then(place: Place) -> None:
    watcher, waits = await begun(place), Waits(place.database)
    for number, mine in ((3, Mine.DIRECT), (4, Mine.NEITHER), (5, Mine.MENTION)):
        await waits.toggle(replace(BEN, number=number, created_at=CREATED), NOW)
        await place.subscribe(preferences=Preferences(mine=mine))
        place.queue.put(number, JobStatus.COMPLETED)
        await watcher.hear(JobChanged(number, JobStatus.COMPLETED))
    assert [(one.number, one.direct) for one in personal(await place.everything())] == [(5, False)]
    assert [(one.number, one.direct) for one in personal(await place.everything(direct_channel(10)))] == [
        (3, True)
    ]


async def test_the_queue_is_not_empty_while_more_of_a_batch_is_to_be_sent(place: Place) -> None:
    await begun(place)
    await Waits(place.database).toggle(BEN, NOW)
    await asked(place, 10, 1)
    del place.queue.items[2]
    place.queue.put(1, JobStatus.COMPLETED)
    watcher = place.watcher()
    await watcher.catch_up()
    assert personal(await place.everything()) == []


async def test_a_linked_account_s_jobs_are_theirs_where_an_admin_said_so_and_only_as_notices_go(
    place: Place,
) -> None:
    watcher = await begun(place)
    for account, channel in (("a-1", 42), ("b-2", 99)):
        await Links(place.database).put(AccountLink("box", account, "Ann", 9, 7, channel), NOW)
    found: list[Asker | None] = []
    for number, account in ((3, "a-1"), (4, "b-2"), (5, "c-3"), (6, None)):
        place.queue.put(number, JobStatus.COMPLETED)
        place.queue.items[number] = replace(place.queue.items[number], account=account)
        await watcher.hear(JobChanged(number, JobStatus.COMPLETED))
        found += [event.asker for event in await place.owed()]
    assert found == [Asker(9, 7, 42, linked=True), Asker(9, 7, 99, linked=True), None, None]
    assert await place.everything(99) == []


async def test_who_asked_through_the_bot_counts_more_than_the_account_that_the_bot_has(place: Place) -> None:
    watcher = await begun(place)
    await Links(place.database).put(AccountLink("box", "bot", "Bot", 10, 7, 42), NOW)
    await asked(place, 1, 1)
    place.queue.put(3, JobStatus.COMPLETED)
    place.queue.items[3] = replace(place.queue.items[3], account="bot")
    await watcher.hear(JobChanged(3, JobStatus.COMPLETED))
    assert [event.asker for event in await place.owed()] == [ANN]


async def test_a_retry_belongs_to_who_pressed_and_not_to_who_asked_for_its_batch(place: Place) -> None:
    watcher = await begun(place)
    await asked(place, 2, 2)
    ben = Asker(10, 7, 42)
    await Retries(place.database).add([Retry(0, "box", ben, NOW, retried=3, above=3)])
    place.queue.put(4, JobStatus.COMPLETED)
    place.queue.items[4] = replace(place.queue.items[4], retried_from=3)
    await watcher.hear(JobChanged(4, JobStatus.COMPLETED, left=Left(0, 0)))
    [event] = await place.owed()
    assert isinstance(event, JobEvent)
    assert event.asker == ben


@pytest.mark.parametrize(("step", "told"), [(Step.QUEUED, 1), (Step.CANCELING, 0), (Step.DONE, 0)])
async def test_a_job_that_another_one_took_the_place_of_ends_without_a_word(
    place: Place, step: Step, told: int
) -> None:
    watcher = await begun(place)
    store = Submissions(place.database)
    new = await store.add(Submission(0, "box", "n", ANN, NOW, 1, 1), replaces=3)
    [one] = await Replacements(place.database).of("box", 3)
    assert one.submission_id == new.id
    await Replacements(place.database).at(one, step)
    place.queue.put(3, JobStatus.CANCELED)
    await watcher.hear(JobChanged(3, JobStatus.CANCELED, left=Left(0, 0)))
    assert len(await place.owed()) == told
