"""From socket payloads to signals, and how they wait for their reader."""

import asyncio
from typing import Any

import pytest
from invokeai_answers import NEWEST, VERSIONS, events, streams

from bot.domain.events import BatchCounts, Left, Tally
from bot.domain.jobs import JobStatus, Progress
from bot.invokeai.socket.buffer import EventBuffer
from bot.invokeai.socket.events import JobChanged, JobsQueued, QueueChanged, SocketEvent
from bot.invokeai.socket.parsing import READERS, read_payload

CHANGED = {"queue_id": "default", "item_id": 7, "status": "completed"}


def signals(stream: str, version: str = NEWEST) -> list[SocketEvent]:
    read = [
        read_payload(name, (data,), "studio", "default")
        for name, data in events(stream, version)
        if name in READERS
    ]
    return [event for event in read if event is not None]


def test_a_good_job_comes_as_signals() -> None:
    read = signals("socket-good")
    assert [event for event in read if not isinstance(event, Progress)] == [
        JobsQueued(),
        JobChanged(13, JobStatus.IN_PROGRESS, left=Left(1, 1, BatchCounts(1, Tally()))),
        JobChanged(13, JobStatus.COMPLETED, left=Left(0, 0, BatchCounts(1, Tally(completed=1)))),
    ]
    progress = [event for event in read if isinstance(event, Progress)]
    assert progress[0] == Progress("studio", 13, "Saving image", None, None)
    assert progress[1].share == pytest.approx(1 / 3)
    assert (progress[1].preview or "").startswith("data:image/jpeg;base64,/9j/")


STREAMS = [
    ("v5.15.0", "socket"),
    ("v6.3.0", "socket"),
    ("v6.6.0", "socket"),
    ("v6.14.2", "socket-bulk-delete-prune-clear"),
    ("v6.14.2", "socket-canceled"),
    ("v6.14.2", "socket-failed"),
    ("v6.14.2", "socket-good"),
    ("v6.14.2", "socket-mu-admin"),
    ("v6.14.2", "socket-mu-alice"),
    ("v6.14.2", "socket-mu-bot-nonadmin"),
    ("v6.14.2", "socket-nosubscribe"),
    ("v6.14.2", "socket-retry-delete-cancel"),
]


def test_every_captured_stream_is_read() -> None:
    there = [(version, stream) for version in VERSIONS for stream in streams(version)]
    assert sorted(there) == sorted(STREAMS)


@pytest.mark.parametrize(("version", "stream"), STREAMS)
def test_every_payload_of_every_version_is_read(version: str, stream: str) -> None:
    told = [(name, data) for name, data in events(stream, version) if name in READERS]
    assert told
    for name, data in told:
        signal = read_payload(name, (data,), "studio", "default")
        if name == "queue_item_status_changed":
            assert isinstance(signal, JobChanged)
            assert (signal.number, signal.status.value) == (data["item_id"], data["status"])
        elif name == "invocation_progress":
            assert isinstance(signal, Progress)
            assert (signal.number, signal.message) == (data["item_id"], data["message"])
            assert signal.share == data["percentage"]
            assert signal.preview == (data["image"]["dataURL"] if data["image"] else None)
        else:
            assert signal in {JobsQueued(), QueueChanged()}


@pytest.mark.parametrize("version", ["v5.15.0", "v6.3.0", "v6.6.0"])
def test_the_stories_of_older_servers_are_those_of_the_newest(version: str) -> None:
    told = [event for event in signals("socket", version) if not isinstance(event, Progress)]
    first = next(event for event in told if isinstance(event, JobChanged))
    assert told[0] == JobsQueued()
    assert first.status is JobStatus.IN_PROGRESS
    ends = {event.status for event in told if isinstance(event, JobChanged) and event.status.finished}
    assert JobStatus.COMPLETED in ends
    assert any(event.preview for event in signals("socket", version) if isinstance(event, Progress))


def test_what_touches_several_jobs_asks_to_look_at_the_queue() -> None:
    names = [name for name, _ in events("socket-bulk-delete-prune-clear") if name.startswith("queue_")]
    assert {"queue_items_canceled", "queue_cleared"} <= set(names)
    assert QueueChanged() in signals("socket-bulk-delete-prune-clear")


@pytest.mark.parametrize("name", ["batch_enqueued", "queue_items_retried"])
def test_new_jobs_are_told_as_jobs_that_wait(name: str) -> None:
    assert read_payload(name, ({"queue_id": "default"},), "studio", "default") == JobsQueued()


def test_a_changed_job_comes_with_how_many_wait() -> None:
    payload = ({**CHANGED, "queue_status": {"pending": 4}},)
    told = read_payload("queue_item_status_changed", payload, "studio", "default")
    assert told == JobChanged(7, JobStatus.COMPLETED, 4)


def test_a_changed_job_comes_with_how_many_of_queue_and_batch_have_not_ended() -> None:
    counts = {
        "queue_status": {"pending": 4, "in_progress": 1, "waiting": 2, "total": 9},
        "batch_status": {"pending": 0, "in_progress": 0, "completed": 3, "total": 3},
    }
    told = read_payload("queue_item_status_changed", ({**CHANGED, **counts},), "studio", "default")
    assert told == JobChanged(7, JobStatus.COMPLETED, 4, Left(7, 0, BatchCounts(3, Tally(completed=3))))


def test_of_another_user_s_batch_it_is_not_known_what_is_left() -> None:
    counts = {"batch_status": {"pending": 0, "in_progress": 0, "completed": 0, "total": 0}}
    told = read_payload("queue_item_status_changed", ({**CHANGED, **counts},), "studio", "default")
    assert told == JobChanged(7, JobStatus.COMPLETED, 0, Left(None, None))


@pytest.mark.parametrize(
    "payload",
    [
        (),
        (None,),
        ("text",),
        ({"item_id": 7, "status": "completed"},),
        ({**CHANGED, "status": None},),
        ({**CHANGED, "item_id": "seven"},),
        ({**CHANGED, "item_id": 2**70},),
    ],
)
def test_a_payload_that_can_not_be_read_is_left_out(payload: tuple[Any, ...]) -> None:
    assert read_payload("queue_item_status_changed", payload, "studio", "default") is None


def test_a_state_that_nobody_knows_yet_is_a_signal_of_a_job_that_has_not_ended() -> None:
    told = read_payload(
        "queue_item_status_changed", ({**CHANGED, "status": "offloaded"},), "studio", "default"
    )
    assert isinstance(told, JobChanged)
    assert told.status is JobStatus.UNKNOWN


def test_another_queues_events_are_left_out() -> None:
    assert read_payload("queue_item_status_changed", (CHANGED,), "studio", "other") is None
    assert read_payload("queue_item_status_changed", (CHANGED,), "studio", "default") is not None


@pytest.mark.parametrize(
    "preview", ["https://elsewhere.example/x.png", "data:image/jpeg;base64," + "A" * 2**22]
)
def test_a_preview_that_is_no_small_picture_is_left_out(preview: str) -> None:
    told = {"queue_id": "default", "item_id": 7, "message": "m", "image": {"dataURL": preview}}
    assert read_payload("invocation_progress", (told,), "studio", "default") == Progress(
        "studio", 7, "m", None
    )


async def test_a_slow_reader_finds_the_newest_progress_and_every_change() -> None:
    buffer = EventBuffer()
    for share in (0.1, 0.2, 0.3):
        buffer.put(Progress("studio", 7, "Denoising", share))
        buffer.put(QueueChanged())
        buffer.put(JobChanged(7, JobStatus.IN_PROGRESS))
    buffer.close()
    taken: list[SocketEvent] = []
    while (event := await buffer.take()) is not None:
        taken.append(event)
    assert taken.count(JobChanged(7, JobStatus.IN_PROGRESS)) == 3
    assert [event for event in taken if isinstance(event, Progress)] == [
        Progress("studio", 7, "Denoising", 0.3)
    ]
    assert taken.count(QueueChanged()) == 1


async def test_an_event_that_comes_twice_is_told_once_but_a_wish_to_look_each_time() -> None:
    buffer = EventBuffer()
    changed = JobChanged(7, JobStatus.COMPLETED)
    progress = Progress("studio", 7, "Denoising", 0.5, "data:image/png;base64,AA==")
    told: list[SocketEvent | None] = []
    for once, again in (
        (progress, Progress("studio", 7, "Denoising", 0.5)),
        (changed, changed),
    ):
        buffer.put(once)
        told.append(await buffer.take())
        buffer.put(again)
    for _ in range(2):
        buffer.put(QueueChanged())
        told.append(await buffer.take())
    buffer.close()
    assert told == [progress, changed, QueueChanged(), QueueChanged()]
    assert await buffer.take() is None


async def test_a_waiting_reader_wakes() -> None:
    buffer = EventBuffer()
    reader = asyncio.create_task(buffer.take())
    await asyncio.sleep(0)
    buffer.put(QueueChanged())
    assert await reader == QueueChanged()
