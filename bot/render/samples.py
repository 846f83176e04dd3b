"""What `/notify test` posts: a made-up notice of each kind that a channel gets, as the channel wishes it."""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO

from PIL import Image

from bot.domain.events import EventKind, JobEvent, Left
from bot.domain.jobs import Failure, Job, JobStatus, Recipe
from bot.domain.subscriptions import Preferences
from bot.images.picture import Picture
from bot.render import notices
from bot.render.message import Notice
from bot.render.presentation import apply, presentation_of, redacted
from bot.render.text import DOT

HEAD = "🔔 Test notice"
NUMBER = 0
"""InvokeAI's numbers begin at 1: no sample is ever taken for a notice of a job."""
IMAGE = "sample.png"
STATUSES = {
    EventKind.COMPLETED: JobStatus.COMPLETED,
    EventKind.FAILED: JobStatus.FAILED,
    EventKind.CANCELED: JobStatus.CANCELED,
}
RAN = timedelta(seconds=8.6)
LONG = timedelta(days=1)
"""However long a job must run to buzz, the sample's did."""
FAILURE = Failure(
    "OutOfMemoryError",
    "CUDA out of memory. Tried to allocate 2.25 GiB. GPU 0 has a total capacity of 11.60 GiB of which "
    "1.00 GiB is free.",
    "",
)


def samples(kinds: AbstractSet[EventKind], preferences: Preferences, now: datetime) -> list[Notice]:
    """A finished picture, a failure and a cancellation, as far as the channel gets them."""
    return [_sample(kind, preferences, now) for kind in STATUSES if kind in kinds]


def _sample(kind: EventKind, preferences: Preferences, now: datetime) -> Notice:
    image = 0 if kind is EventKind.COMPLETED else None
    event = JobEvent(kind, _job(STATUSES[kind], now), image=image, left=Left(0, 0))
    longer = replace(event, job=replace(event.job, started_at=now - LONG))
    presentation = presentation_of(preferences, [longer], now)
    notice = notices.notice(redacted([event], presentation), {IMAGE: Picture(IMAGE, _gradient(), None)})
    content = f"{HEAD}{DOT}{notice.content.removesuffix(f'{DOT}#{NUMBER}')}"
    return apply(replace(notice, content=content), presentation)


def _job(status: JobStatus, now: datetime) -> Job:
    return Job(
        server="sample",
        number=NUMBER,
        status=status,
        batch_id="sample",
        session_id=None,
        created_at=now - RAN,
        started_at=now - RAN,
        completed_at=now,
        recipe=Recipe(
            "red fox in snow, soft morning light", model="Juggernaut XL", width=256, height=256, seed=1
        ),
        images=(IMAGE,) if status is JobStatus.COMPLETED else (),
        failure=FAILURE if status is JobStatus.FAILED else None,
    )


def _gradient() -> bytes:
    picture = BytesIO()
    Image.linear_gradient("L").save(picture, "PNG")
    return picture.getvalue()
