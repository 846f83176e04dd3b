"""Events as the outbox keeps them: what a job's pictures share is written once."""

import json

import pytest
from store_job import finished

from bot.domain.events import EventKind, JobEvent, Left
from bot.store.event_json import EVENTS, read_event, shared, written


def events(count: int, *endings: str) -> list[JobEvent]:
    """One for each image of a job with so many, whose names end so in turn."""
    names = tuple(f"{number:036}.{endings[number % len(endings)]}" for number in range(count))
    job = finished(images=names)
    return [JobEvent(EventKind.COMPLETED, job, 3, image, Left(1, 2)) for image in range(count)]


@pytest.mark.parametrize("count", [1, 2, 200])
def test_the_events_of_a_jobs_images_are_one_text_and_each_comes_back_as_it_was(count: int) -> None:
    of_job = events(count, "png", "mp4")
    [words] = {written(event) for event in of_job}
    assert [read_event(words, image) for image in range(count)] == of_job
    assert len({shared(event) for event in of_job}) == 1


def test_an_event_without_an_image_comes_back_as_it_was() -> None:
    event = JobEvent(EventKind.FAILED, finished(images=()), 3)
    assert read_event(written(event), None) == event


def test_what_revision_0017_wrote_of_one_of_many_images_is_still_read() -> None:
    [event] = events(1, "png")
    words = json.loads(EVENTS.dump_json(event))
    words |= {"image": 2, "job": words["job"] | {"others": [["-.png", 2], ["-.mp4", 2]]}}
    back = read_event(json.dumps(words), 2)
    assert isinstance(back, JobEvent)
    assert back.image == 2
    assert back.job.images == ("-.png", "-.png", event.job.images[0], "-.mp4")


@pytest.mark.parametrize(
    "words",
    ["", "null", "7", "[]", "{", '{"job": null}', '{"job": {"others": [["-.png", 3]]}, "image": 1}'],
)
def test_what_is_no_event_is_not_read(words: str) -> None:
    assert read_event(words, 1) is None
