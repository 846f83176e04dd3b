"""Events as the outbox keeps them: whole, and for a job of many images no larger than they need to be."""

from dataclasses import replace
from itertools import pairwise

import pytest
from store_job import finished

from bot.domain.events import EventKind, JobEvent, Left
from bot.render.outputs import word_for
from bot.store.event_json import MAX_NAMES, read_event, written


def events(count: int, *endings: str) -> list[JobEvent]:
    """One for each image of a job with so many, whose names end so in turn."""
    names = tuple(f"{number:036}.{endings[number % len(endings)]}" for number in range(count))
    job = finished(images=names)
    return [JobEvent(EventKind.COMPLETED, job, 3, image, Left(1, 2)) for image in range(count)]


@pytest.mark.parametrize("count", [1, 2, MAX_NAMES])
def test_an_event_of_few_images_comes_back_as_it_was(count: int) -> None:
    for event in events(count, "png"):
        assert read_event(written(event)) == event


@pytest.mark.parametrize("endings", [("png",), ("mp4",), ("png", "mp4"), ("png", "webp", "MP4")])
@pytest.mark.parametrize("count", [MAX_NAMES + 1, 200])
def test_an_event_of_many_images_keeps_its_own_name_its_place_and_what_the_others_are(
    count: int, endings: tuple[str, ...]
) -> None:
    for event in events(count, *endings):
        back = read_event(written(event))
        assert isinstance(back, JobEvent)
        assert back.image is not None
        assert event.image is not None
        assert back.job.images[back.image] == event.job.images[event.image]
        assert len(back.job.images) == count
        assert word_for(back.job.images) == word_for(event.job.images)
        assert replace(back, job=replace(back.job, images=event.job.images)) == event


def test_a_job_costs_what_its_images_cost_and_not_their_square() -> None:
    sizes = {count: sum(len(written(one)) for one in events(count, "png")) for count in (100, 200, 400, 1000)}
    for less, more in pairwise(sizes):
        assert sizes[more] / sizes[less] < 1.1 * more / less, sizes
    assert sizes[1000] / 1000 < 1000


def test_an_event_of_all_endings_that_there_are_stays_small() -> None:
    wild = events(300, *(f"x{number}" for number in range(100)))
    assert max(len(written(one)) for one in wild) < 1000
    assert read_event(written(wild[5])) is not None


@pytest.mark.parametrize(
    "words",
    ["", "null", "7", "[]", "{", '{"job": null}', '{"job": {"others": [["-.png", 3]]}, "image": 1}'],
)
def test_what_is_no_event_is_not_read(words: str) -> None:
    assert read_event(words) is None
