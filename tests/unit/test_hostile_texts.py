"""A job's texts of up to 1 MB, made to keep the processor busy, on each way out: the event loop goes on."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
from fakes import MORNING
from hypothesis import given, settings
from hypothesis import strategies as st
from loop_steps import timed_steps
from privacy_place import ALSO_DONE, CHANNEL, DONE, RUNNING, SERVER, Place
from render_examples import HOSTILE, filled
from test_privacy_matrix import CHANNELS, ask, card, pressed

from bot.delivery.askers import Askers
from bot.delivery.composer import Composer
from bot.domain import actions
from bot.domain.access import Capability
from bot.domain.events import EventKind, JobEvent
from bot.domain.failures import explain, fingerprint
from bot.domain.jobs import Failure, JobStatus, Output, OutputKind
from bot.domain.limits import MAX_ATTACHMENTS
from bot.images.loader import ImageLoader
from bot.images.worker import CompressionWorker
from bot.render.album_text import AlbumContents
from bot.store.outbox_rows import Claim, LastMessage, OutboxEntry
from cogs.jobs import JobsCog
from cogs.queue import QueueCog

MAX_STEP = 0.05
"""Seconds of processor time: the promise."""
SIZES = st.one_of(st.just(1_000_000), st.integers(1, 20_000))
FAILED = 5


class Outbox:
    """As much as the composer asks of it."""

    def __init__(self, place: Place, last: LastMessage | None) -> None:
        self._place = place
        self._last = last

    async def preferences(self, _: int, _parent: int | None) -> object:
        assert self._place.subscription is not None
        return self._place.subscription.preferences

    async def last_message(self, *_: object) -> LastMessage | None:
        return self._last


def crowded(name: str, text: str) -> Place:
    """All its jobs have that text wherever a job can have one."""
    place = Place(CHANNELS[name])
    failure = Failure("RuntimeError", text, text)
    for number, job in place.queue.items.items():
        recipe = replace(job.recipe, prompt=text, negative_prompt=text, texts=(text,)) if job.recipe else None
        place.queue.items[number] = replace(job, recipe=recipe, outputs=(Output(OutputKind.TEXT, text=text),))
    failed = replace(
        place.queue.items[DONE], number=FAILED, status=JobStatus.FAILED, images=(), failure=failure
    )
    place.queue.items[FAILED] = failed
    return place


async def nobody(_guild_id: int, _user_id: int) -> bool:
    return False


async def nothing(_channel_id: int, _message_id: int) -> AlbumContents:
    return AlbumContents()


async def composed(place: Place, kind: EventKind, *numbers: int, again: bool = False) -> None:
    events = [
        JobEvent(kind, place.queue.items[number], image=0 if place.queue.items[number].images else None)
        for number in numbers
    ]
    rows = tuple(OutboxEntry(place_, event, 1) for place_, event in enumerate(events))
    last = LastMessage(9, events[0], (1,)) if again else None
    outbox = cast("Any", Outbox(place, last))
    loader = ImageLoader({SERVER: place.queue}, CompressionWorker())
    composer = Composer(
        outbox,
        loader,
        posted=nothing,
        file_limit=lambda _: 10_000_000,
        askers=Askers(nobody),
        clock=lambda: MORNING,
        pages={SERVER: None},
    )
    claim = Claim(CHANNEL, "g", rows, found_in_flight=False, pending_since=MORNING, coalescing_key="k")
    await composer.compose(claim, MAX_ATTACHMENTS)


async def recorded(place: Place) -> None:
    """What the watcher, the breaker and `Retry all` look at."""
    failure = place.queue.items[FAILED].failure
    assert failure is not None
    fingerprint(failure)
    await asyncio.sleep(0)
    explain(failure)


WAYS: dict[str, Callable[[Place], Awaitable[object]]] = {
    "notice": lambda place: composed(place, EventKind.COMPLETED, DONE),
    "album": lambda place: composed(place, EventKind.COMPLETED, *[DONE, ALSO_DONE] * 5),
    "failure": lambda place: composed(place, EventKind.FAILED, FAILED),
    "folded failure": lambda place: composed(place, EventKind.FAILED, FAILED, again=True),
    "canceled": lambda place: composed(place, EventKind.CANCELED, *[RUNNING] * 10),
    "card": card,
    "Details": lambda place: pressed(place, actions.DETAILS),
    "Original": lambda place: pressed(place, actions.ORIGINAL, Capability.OPERATE),
    "Cancel": lambda place: pressed(place, actions.CANCEL, Capability.OPERATE),
    "/job": lambda place: ask(place, JobsCog, "job"),
    "/jobs": lambda place: ask(place, JobsCog, "jobs"),
    "/queue": lambda place: ask(place, QueueCog, "queue"),
    "the record": recorded,
}


@pytest.mark.parametrize("name", ["open", "hide_prompts", "spoiler"])
@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=8, deadline=None)
@given(units=st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=3), size=SIZES)
def test_no_step_of_the_event_loop_takes_50_ms_of_the_processor_whatever_a_job_says(
    way: str, name: str, units: Sequence[str], size: int
) -> None:
    async def longest() -> float:
        place = crowded(name, filled("".join(units), size))
        with timed_steps() as steps:
            await asyncio.create_task(cast("Any", WAYS[way](place)))
        return steps.longest

    # A step costs what its shortest run costs: more is what other programs did to this one's caches.
    assert any(asyncio.run(longest()) < MAX_STEP for _ in range(3))
