"""An event as JSON, for the outbox.

The events of a job's pictures differ in little but which picture it is. That is left out here and stands in
the outbox's row, so that what is said of them all is written once.
"""

import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from bot.domain.events import Event, JobEvent

EVENTS: TypeAdapter[Event] = TypeAdapter(Event)


def shared(event: Event) -> Event:
    """The event without what its row says."""
    return replace(event, image=None) if isinstance(event, JobEvent) else event


def written(event: Event) -> str:
    """What is shared of the event, as JSON."""
    return json.dumps(EVENTS.dump_python(shared(event), mode="json"), ensure_ascii=False)


def read_event(words: str | None, image: int | None = None) -> Event | None:
    """From what `written` made, and the row's image; None if it is not there, or can't be read."""
    event = None if words is None else _read(words)
    return event if image is None or not isinstance(event, JobEvent) else replace(event, image=image)


@lru_cache(maxsize=4)
def _read(words: str) -> Event | None:
    try:
        return EVENTS.validate_python(_with_names(json.loads(words)))
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def _with_names(event: Any) -> Any:
    """As revision 0017 wrote them: of many images the others' names are left out."""
    if others := event["job"].pop("others", None) if "job" in event else None:
        names = [name for name, count in others for _ in range(count)]
        names[event["image"]] = event["job"]["images"][0]
        event["job"]["images"] = names
    return event
