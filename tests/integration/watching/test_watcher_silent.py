"""What the canvas runs for itself: known, and told to nobody unless it fails."""

from dataclasses import replace

from watcher_place import NOW, Place, begun

from bot.domain.events import EventKind, ServerEvent, Tally
from bot.domain.jobs import JobStatus, Output, OutputKind, Purpose
from bot.domain.subscriptions import Preferences
from bot.store import busy_periods

DONE, FAILED, CANCELED = JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED
STAGED = Output(OutputKind.PICTURE, "staged.png", staged=True)


def put(place: Place, number: int, status: JobStatus, purpose: Purpose, *outputs: Output) -> None:
    place.queue.put(number, status, images=0)
    place.queue.items[number] = replace(place.queue.items[number], purpose=purpose, outputs=outputs)


async def test_an_end_that_nobody_waits_for_is_told_to_nobody_and_a_failure_is(place: Place) -> None:
    watcher = await begun(place)
    put(place, 2, DONE, Purpose.STAGING, STAGED)
    put(place, 3, DONE, Purpose.UTILITY)
    put(place, 4, CANCELED, Purpose.UTILITY)
    put(place, 5, FAILED, Purpose.UTILITY)
    put(place, 6, DONE, Purpose.FINAL)
    assert await watcher.catch_up()
    assert await place.told() == [(5, "failed"), (6, "completed")]
    assert await place.unfinished() == frozenset()
    assert await watcher.catch_up()
    assert await place.told() == []


async def test_what_is_staged_is_told_picture_by_picture_where_the_canvas_is_wanted(place: Place) -> None:
    watcher = await begun(place)
    await place.subscribe(preferences=Preferences(canvas=True))
    also = replace(STAGED, name="also.png")
    put(place, 2, DONE, Purpose.STAGING, STAGED, also)
    put(place, 3, DONE, Purpose.UTILITY)
    put(place, 4, CANCELED, Purpose.STAGING)
    assert await watcher.catch_up()
    events = await place.owed()
    assert [(event.job.number, event.image, event.job.images) for event in events] == [
        (2, 0, ("staged.png", "also.png")),
        (2, 1, ("staged.png", "also.png")),
    ]


async def test_it_counts_in_no_tally_of_an_empty_queue(place: Place) -> None:
    watcher = await begun(place)
    for number in range(2, 12):
        put(place, number, DONE, Purpose.STAGING, STAGED)
    for number in range(12, 16):
        put(place, number, DONE, Purpose.FINAL)
    put(place, 16, FAILED, Purpose.UTILITY)
    put(place, 17, CANCELED, Purpose.UTILITY)
    assert await watcher.catch_up()
    told = [event for event in await place.everything() if isinstance(event, ServerEvent)]
    assert [(event.kind, event.tally) for event in told] == [
        (EventKind.QUEUE_EMPTY, Tally(completed=4, failed=1))
    ]


async def test_canvas_work_alone_leaves_no_word_of_an_empty_queue(place: Place) -> None:
    watcher = await begun(place)
    for number in range(2, 12):
        put(place, number, DONE, Purpose.STAGING, STAGED)
    assert await watcher.catch_up()
    assert await place.everything() == []
    async with place.database.reading() as reading:
        assert await busy_periods.current(reading, "box") is None


async def test_all_that_a_job_made_is_told_with_its_first_picture(place: Place) -> None:
    watcher = await begun(place)
    names = tuple(f"{number}.png" for number in range(3))
    pictures = [Output(OutputKind.PICTURE, name, size=(64, 64)) for name in names]
    video = Output(OutputKind.VIDEO, "fox.mp4")
    place.queue.put(2, DONE, names=names)
    place.queue.items[2] = replace(place.queue.items[2], outputs=(*pictures, video))
    assert await watcher.catch_up()
    first, *others = await place.owed()
    assert first.job.outputs == (*pictures, video)
    assert [event.job.outputs for event in others] == [tuple(pictures)] * 2


async def test_the_events_of_many_pictures_do_not_each_hold_the_size_of_all(place: Place) -> None:
    watcher = await begun(place)
    names = tuple(f"{number}.png" for number in range(60))
    outputs = tuple(Output(OutputKind.PICTURE, name, size=(64, 64)) for name in names)
    place.queue.put(2, DONE, names=names)
    place.queue.items[2] = replace(place.queue.items[2], outputs=outputs, completed_at=NOW)
    assert await watcher.catch_up()
    assert {event.job.outputs for event in await place.owed()} == {()}
