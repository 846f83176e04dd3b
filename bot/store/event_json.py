"""An event as JSON, for the outbox.

Of a job of many images each one's event holds its own name alone: the job costs what its images cost, and not
their square.
"""

import json
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from typing import Any

from pydantic import TypeAdapter

from bot.domain.events import Event, JobEvent

EVENTS: TypeAdapter[Event] = TypeAdapter(Event)

MAX_NAMES = 30
"""Of more images than this the others' names are left out."""
MAX_RUNS = 30
NO_NAME = "-"


def written(event: Event) -> str:
    """The event as JSON."""
    if not isinstance(event, JobEvent) or event.image is None or len(event.job.images) <= MAX_NAMES:
        return json.dumps(EVENTS.dump_python(event, mode="json"), ensure_ascii=False)
    images = event.job.images
    alone = replace(event, job=replace(event.job, images=(images[event.image],)))
    words: dict[str, Any] = EVENTS.dump_python(alone, mode="json")
    words["job"]["others"] = _runs(images)
    return json.dumps(words, ensure_ascii=False)


def read_event(words: str | None) -> Event | None:
    """From what `written` made; None if it is not there, or can't be read.

    The other images of many are `-.png`: their number and their kind alone.
    """
    if words is None:
        return None
    try:
        event = json.loads(words)
        if others := event["job"].pop("others", None) if "job" in event else None:
            images = [name for name, count in others for _ in range(count)]
            images[event["image"]] = event["job"]["images"][0]
            event["job"]["images"] = images
        return EVENTS.validate_python(event)
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


@lru_cache(maxsize=8)
def _runs(images: tuple[str, ...]) -> list[tuple[str, int]]:
    """What stands for names, and how often in a row. Of a wild mixture the order is lost."""
    endings = [f"{NO_NAME}.{name.rpartition('.')[2][:8]}" for name in images]
    runs = [(ending, len(list(same))) for ending, same in groupby(endings)]
    if len(runs) <= MAX_RUNS:
        return runs
    counts = [(ending, len(list(same))) for ending, same in groupby(sorted(endings))]
    return counts if len(counts) <= MAX_RUNS else [(NO_NAME, len(images))]
