"""Jobs, events and pictures for the tests of bot/render."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.domain.events import EventKind, JobEvent
from bot.domain.jobs import Failure, Job, JobStatus, Recipe
from bot.render.notices import Picture

MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 24
TRACEBACK = """Traceback (most recent call last):
  File "/opt/invokeai/lib/site-packages/invokeai/app/invocations/baseinvocation.py", line 9, in go
    return self.invoke(context)
           ^^^^^^^^^^^^^^^^^^^^
  File "/home/alex/invokeai/nodes/mine/nodes.py", line 25, in invoke
    raise OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.
"""
FAILURE = Failure("OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB.", TRACEBACK)

HOSTILE = [
    *("eyJaaaaaaaa-", "eyJ", "eyJaaaaaaaa.", "a.", "a-", "-", "--a-", "--token ", '--token "', "é", "\\'"),
    *("/", "\\", "\\\\a\\b ", "/home/", "/home/a b ", "/media/a", "%2F", "/users/a%2F", "C:\\Users\\a b"),
    *("password=", "password='", 'password="', 'password="\\', "token: bearer ", "password  ", "cookie=;"),
    *("://", "://@", "://a:1.", "?x-amz-a", "/webhooks/1", "bearer ", "basic   ", "sk-", "github_pat_"),
    *("-----BEGIN PRIVATE KEY-----", "-----END ", "`", "@everyone", "\n", " ", "\u202e", '"/nodes/', "^ "),
    "The above exception was the direct cause of the following exception:\n\n",
]
"""Each pattern's worst, to be repeated."""


def recipe(prompt: str | None = "red fox in snow", seed: int = 1234) -> Recipe:
    return Recipe(prompt, "blurry", "Juggernaut XL v9", seed, 1024, 768, 30, 7.5, "euler")


def job(
    number: int = 812,
    status: JobStatus = JobStatus.COMPLETED,
    *,
    images: int = 1,
    prompt: str | None = "red fox in snow",
    failure: Failure | None = None,
    started: bool = True,
    ended: bool = True,
) -> Job:
    return Job(
        server="default",
        number=number,
        status=status,
        batch_id="4576a17f",
        session_id="64ca1aca",
        created_at=MORNING,
        started_at=MORNING + timedelta(seconds=3.1) if started else None,
        completed_at=MORNING + timedelta(seconds=11.7) if ended else None,
        origin="canvas",
        destination="gallery",
        user="System",
        device="cuda:0",
        recipe=recipe(prompt),
        images=tuple(f"{number}-{place}.png" for place in range(images)),
        failure=failure,
    )


def completions(job: Job, places: Sequence[int] | None = None) -> list[JobEvent]:
    chosen = range(len(job.images)) if places is None else places
    return [JobEvent(EventKind.COMPLETED, job, image=place) for place in chosen]


def pictures(*jobs: Job) -> dict[str, Picture]:
    return {name: Picture(name, PNG, None) for job in jobs for name in job.images}


def filled(unit: str, size: int) -> str:
    return (unit * (size // len(unit) + 1))[:size]


OF_A_SERVER = [
    kind
    for kind in EventKind
    if kind
    not in {
        EventKind.COMPLETED,
        EventKind.FAILED,
        EventKind.CANCELED,
        EventKind.INTERRUPTED,
        EventKind.BATCH_DONE,
        EventKind.PERSONAL,
    }
]
"""What happens to a server, not to a job."""
