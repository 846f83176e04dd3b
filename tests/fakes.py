"""Imitations that tests of several folders share: clocks, and InvokeAI's queue and gallery in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.domain.cancel_requests import CancelRequest
from bot.domain.creation import Submitted
from bot.domain.events import BatchCounts, Tally
from bot.domain.jobs import (
    BatchPlace,
    Board,
    Failure,
    Job,
    JobDocuments,
    JobPage,
    JobStatus,
    Purpose,
)
from bot.domain.queue import QueueStatus, ServerInfo
from bot.domain.submissions import Asker, Retry, Submission
from bot.errors import (
    AnswerUnreadable,
    ImageTooLarge,
    ImageUnusable,
    InvokeAIRefused,
    InvokeAIUnavailable,
    JobUnknown,
    RequestRefused,
)
from bot.invokeai.requeue.batch import BatchBody
from bot.invokeai.requeue.sizes import Size
from bot.invokeai.requeue.smaller import SmallerBody
from bot.store.posts import Post

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


class Clock:
    """The time of day. It stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now
        self.asked = 0

    def __call__(self) -> datetime:
        self.asked += 1
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


class Seconds:
    """A count of seconds. It stands still until it is moved, and a sleep moves it."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def job(number: int, status: JobStatus, *, batch: str = "b1", **more: object) -> Job:
    return Job("invokeai", number, status, batch, f"s{number}", MORNING, **more)  # type: ignore[arg-type]  # tests vary any field


def summary(job: Job) -> Job:
    """The job as InvokeAI lists it."""
    return replace(
        job,
        session_id=None,
        retried_from=None,
        recipe=None,
        images=(),
        failure=None,
        interrupted=False,
        purpose=Purpose.FINAL,
    )


class FakeQueue:
    """InvokeAI's queue in memory. `items`: its jobs. `asked` and `writes`: what it was asked and told to do.

    `room`: how many more jobs a retry can queue.
    """

    def __init__(self, *jobs: Job, server: str = "invokeai", room: int = 10_000) -> None:
        self.items = {job.number: job for job in jobs}
        self.info: ServerInfo | None = ServerInfo(server, "http://127.0.0.1:9090", "6.14.2")
        self.asked: list[str] = []
        self.writes: list[str] = []
        self.away = False
        self.paused = False
        self.admin = True
        self.unknown = False
        self.images = {"a.png": b"12345"}
        self.counted: BatchCounts | None = None
        """What it says of any batch, if not what is so."""
        self.fails_at_job: int | None = None
        self.unreadable: set[int] = set()
        self.broken: set[int] = set()
        """Jobs that InvokeAI itself can't read."""
        self._server = server
        self._room = room
        self._heard = asyncio.Event()

    async def until(self, what: str) -> None:
        """Until it is asked that."""
        while not any(asked.startswith(what) for asked in self.asked):
            self._heard.clear()
            await self._heard.wait()

    def end(self, number: int, status: JobStatus, failure: Failure | None = None) -> None:
        """That job is so now."""
        ended = self.items[number].created_at + timedelta(seconds=30)
        self.items[number] = replace(self.items[number], status=status, completed_at=ended, failure=failure)

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        self._heard.set()
        if self.away:
            raise InvokeAIUnavailable("away")

    def _of(self, *statuses: JobStatus) -> list[Job]:
        return [job for _, job in sorted(self.items.items()) if job.status in statuses]

    def _unfinished(self) -> list[Job]:
        return self._of(JobStatus.PENDING, JobStatus.WAITING, JobStatus.IN_PROGRESS, JobStatus.UNKNOWN)

    async def connect(self) -> ServerInfo:
        self._ask("connect")
        return ServerInfo(self._server, f"http://{self._server}", "6.14.2")

    async def status(self) -> QueueStatus:
        self._ask("status")
        count = [job.status for job in self.items.values()].count
        return QueueStatus(
            self._server,
            *(count(status) for status in (JobStatus.PENDING, JobStatus.IN_PROGRESS, JobStatus.WAITING)),
            *(count(status) for status in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED)),
            paused=self.paused,
            processing=False,
        )

    async def current(self) -> Job | None:
        return next(iter(self._of(JobStatus.IN_PROGRESS)), None)

    async def next(self) -> Job | None:
        job = next(iter(self._of(JobStatus.PENDING)), None)
        if job is not None and job.number in self.broken:
            raise InvokeAIUnavailable("Trouble (HTTP 500).")
        return job

    async def running(self) -> list[Job]:
        self._ask("running")
        return self._of(JobStatus.IN_PROGRESS)[::-1]

    async def baseline(self) -> tuple[int, list[Job]]:
        self._ask("baseline")
        return max(self.items, default=0), self._unfinished()

    async def job(self, number: int) -> Job:
        self._ask(f"job {number}")
        if number == self.fails_at_job:
            self.fails_at_job = None
            raise InvokeAIUnavailable("hiccup")
        if number in self.broken:
            raise InvokeAIUnavailable("Trouble (HTTP 500).")
        if number in self.unreadable:
            raise AnswerUnreadable("an odd answer")
        if number not in self.items:
            raise JobUnknown(f"Job #{number} isn't in InvokeAI's queue; it may have been removed.")
        return self.items[number]

    async def jobs(
        self, *, before: int | None = None, status: JobStatus | None = None, limit: int = 10
    ) -> JobPage:
        self._ask(f"jobs before {before} limit {limit}")
        found = [job for job in self.items.values() if status in {None, job.status}]
        newest = sorted(found, key=lambda job: -job.number)
        left = [job for job in newest if before is None or job.number < before]
        return JobPage(
            tuple(map(summary, left[:limit])), left[limit - 1].number if len(left) > limit else None
        )

    async def jobs_changed(self, after: int, unfinished: Collection[int]) -> list[Job]:
        self._ask(f"jobs_changed {after}")
        return [
            summary(job)
            for number, job in sorted(self.items.items())
            if number > after or number in unfinished
        ]

    async def batch_counts(self, batch_id: str) -> BatchCounts | None:
        self._ask(f"batch_counts {batch_id}")
        if self.counted is not None:
            return self.counted
        count = [job.status for job in self.items.values() if job.batch_id == batch_id].count
        ended = Tally(count(JobStatus.COMPLETED), count(JobStatus.FAILED), count(JobStatus.CANCELED))
        total = sum(job.batch_id == batch_id for job in self.items.values())
        return BatchCounts(total, ended) if total else None

    async def latest(self, status: JobStatus | None = None) -> Job | None:
        ended = [job for job in self.items.values() if job.status.finished and status in {None, job.status}]
        return max(ended, key=lambda job: job.number, default=None)

    async def failed_of(self, batch_id: str) -> list[Job]:
        return [summary(job) for job in self._of(JobStatus.FAILED) if job.batch_id == batch_id][::-1]

    async def many(self, numbers: Sequence[int]) -> list[Job]:
        self._ask(f"whole {list(numbers)}")
        there = [number for number in numbers if number not in self.broken | self.unreadable]
        return [self.items[number] for number in there if number in self.items]

    async def documents(self, job: Job) -> JobDocuments:
        self._ask(f"documents {job.number}")
        prompt = job.recipe.prompt if job.recipe else None
        return JobDocuments({"item_id": job.number, "prompt": prompt}, {"prompt": prompt}, '{"nodes": []}')

    async def batch_place(self, batch_id: str) -> BatchPlace | None:
        batch = [job for job in self.items.values() if job.batch_id == batch_id]
        return BatchPlace(sum(job.status.finished for job in batch), len(batch))

    async def image(self, name: str, limit: int) -> bytes:
        if name not in self.images:
            raise ImageUnusable("It is gone.")
        if len(self.images[name]) > limit:
            raise ImageTooLarge("It is too large.", len(self.images[name]))
        return self.images[name]

    async def thumbnail(self, name: str, limit: int) -> bytes:
        return await self.image(name, limit)

    async def is_admin(self) -> bool:
        self._ask("is_admin")
        return self.admin

    async def unknown_queue(self) -> bool:
        self._ask("unknown_queue")
        return self.unknown

    async def pause(self) -> QueueStatus:
        self.writes.append("pause")
        self.paused = True
        return await self.status()

    async def resume(self) -> QueueStatus:
        self.writes.append("resume")
        self.paused = False
        return await self.status()

    def _cancel(self, order: str, jobs: list[Job]) -> int:
        self.writes.append(order)
        for job in jobs:
            self.items[job.number] = replace(job, status=JobStatus.CANCELED)
        return len(jobs)

    async def cancel(self, number: int) -> Job:
        job = await self.job(number)
        self._cancel(f"cancel {number}", [] if job.status.finished else [job])
        return self.items[number]

    async def cancel_batch(self, batch_id: str) -> int:
        jobs = [job for job in self._unfinished() if job.batch_id == batch_id]
        return self._cancel(f"cancel batch {batch_id}", jobs)

    async def cancel_waiting(self) -> int:
        return self._cancel("cancel waiting", self._of(JobStatus.PENDING, JobStatus.WAITING))

    async def cancel_destination(self, destination: str) -> int:
        jobs = [job for job in self._unfinished() if job.destination == destination]
        return self._cancel(f"cancel destination {destination}", jobs)

    async def retry(self, numbers: Sequence[int]) -> tuple[int, ...]:
        self.writes.append(f"retry {list(numbers)}")
        taken: list[int] = []
        for number in numbers:
            old = self.items.get(number)
            if old is None or old.status not in {JobStatus.FAILED, JobStatus.CANCELED} or not self._room:
                continue
            self._room -= 1
            new = max(self.items) + 1
            self.items[new] = replace(
                old,
                number=new,
                status=JobStatus.PENDING,
                created_at=MORNING + timedelta(minutes=new),
                retried_from=old.retried_from or number,
            )
            taken.append(number)
        return tuple(taken)

    async def clear(self) -> int:
        self.writes.append("clear")
        count = len(self.items)
        self.items.clear()
        return count

    async def prune(self) -> int:
        self.writes.append("prune")
        ended = [job.number for job in self.items.values() if job.status.finished]
        for number in ended:
            del self.items[number]
        return len(ended)

    async def free_vram(self) -> None:
        self.writes.append("free_vram")


class FakePeople:
    """`names`: of those who have accounts; None: we may not know."""

    def __init__(self, *names: str) -> None:
        self.names: Sequence[str] | None = names

    async def users(self) -> Sequence[str] | None:
        return self.names


class FakeGallery:
    """`stars` by name of each image that is there; `lying`: on which board an image lies."""

    def __init__(self, *names: str) -> None:
        self.stars = dict.fromkeys(names, False)
        self.all_boards: list[Board] = []
        self.lying: dict[str, str] = {}

    async def starred(self, name: str) -> bool:
        if name not in self.stars:
            raise ImageUnusable("It is gone.")
        return self.stars[name]

    async def star(self, names: Sequence[str], starred: bool) -> int:
        there = [name for name in names if name in self.stars]
        self.stars.update(dict.fromkeys(there, starred))
        return len(there)

    async def delete_images(self, names: Sequence[str]) -> int:
        return sum(self.stars.pop(name, None) is not None for name in names)

    async def boards(self) -> list[Board]:
        return self.all_boards

    async def move(self, names: Sequence[str], board_id: str) -> int:
        there = [name for name in names if name in self.stars]
        self.lying.update(dict.fromkeys(there, board_id))
        return len(there)


@dataclass(frozen=True)
class FakeSource:
    prompt: str | None


class FakeReruns:
    """`orders`: number, seeds and prompt of each; `chosen`: those whose seed a person named."""

    def __init__(self, queue: FakeQueue, *, prompt: str | None = None) -> None:
        self.queue = queue
        self.prompt = prompt
        self.lost: set[int] = set()
        self.orders: list[tuple[int, tuple[int, ...], str | None]] = []
        self.chosen: list[tuple[int, ...]] = []

    async def graph_of(self, number: int) -> FakeSource:
        await self.queue.job(number)
        return FakeSource(self.prompt)

    async def again(
        self, number: int, seeds: Sequence[int], prompt: str | None = None, *, chosen: bool = False
    ) -> BatchBody:
        await self.check_inputs(number)
        await self.queue.job(number)
        self.chosen += [tuple(seeds)] if chosen else []
        self.orders.append((number, tuple(seeds), prompt))
        return BatchBody({"graph": {}, "runs": len(seeds)}, len(seeds), tuple(seeds))

    async def same(self, number: int) -> BatchBody:
        await self.queue.job(number)
        return BatchBody({"graph": {}, "runs": 1}, 1)

    async def smaller(self, number: int) -> SmallerBody:
        return SmallerBody(await self.again(number, (0,)), Size(1024, 768), Size(880, 664))

    async def check_inputs(self, number: int) -> None:
        if number in self.lost:
            raise InvokeAIRefused(f"#{number} starts from an image that is gone.")


class FakeDesk:
    """Queues whatever anybody asks for. `asked`: by whom how many jobs, and whether before all that waits.

    `refused`: a word that no prompt may have.
    """

    def __init__(self, queue: FakeQueue, refused: str = "gore") -> None:
        self.queue = queue
        self.refused = refused
        self.asked: list[tuple[Asker, int, bool]] = []
        self.named: dict[int, int] = {}

    def require_allowed(self, *texts: str | None) -> None:
        if any(self.refused in text for text in texts if text):
            raise RequestRefused(f"The owner of this bot does not allow “{self.refused}” in a prompt.")

    async def submit(self, asker: Asker, body: BatchBody, *, first: bool = False) -> Submitted:
        self.asked.append((asker, body.jobs, first))
        start = max(self.queue.items) + 1
        numbers = tuple(range(start, start + body.jobs))
        self.queue.items |= {new: job(new, JobStatus.PENDING, batch="new") for new in numbers}
        submission = Submission(1, "invokeai", "new", asker, START, body.jobs, body.jobs)
        return Submitted(submission, numbers)

    async def retry(
        self,
        asker: Asker,
        jobs: Sequence[Job],
        above: int,
        retry: Callable[[Sequence[int]], Awaitable[tuple[int, ...]]],
    ) -> Mapping[int, Retry]:
        self.asked.append((asker, len(jobs), False))
        taken = await retry([one.number for one in jobs])
        return {one: Retry(one, "invokeai", asker, START, one, above) for one in taken}

    async def retried_as(self, row: Retry, new: Job) -> None:
        self.named[row.retried] = new.number


class FakeUnsent:
    """Jobs by their batch that are not sent yet."""

    def __init__(self, **jobs: int) -> None:
        self.jobs = jobs

    async def drop(self, *, batch_id: str | None = None, destination: str | None = None) -> int:
        gone = [one for one in self.jobs if batch_id in {None, one} and destination in {None, "gallery"}]
        return sum(self.jobs.pop(one) for one in gone)


class FakePosts:
    """No message shows any job."""

    async def of_job(self, job: Job) -> list[Post]:
        del job
        return []

    async def answered(self, job: Job, post: Post, now: datetime) -> None:
        """Is not remembered."""


class FakeAskedFor:
    """Who asked for which batch, in order."""

    def __init__(self, *submissions: Submission) -> None:
        self.submissions = submissions

    async def askers(self, server: str, batch_ids: Collection[str]) -> dict[str, Asker]:
        return {
            one.batch_id: one.asker
            for one in self.submissions
            if one.batch_id in batch_ids and one.server == server
        }

    async def unended(self, server: str, user_id: int | None = None) -> list[Submission]:
        return [
            one for one in self.submissions if one.server == server and user_id in {None, one.asker.user_id}
        ]


class FakeRequests:
    """Remembers who asked for which cancels."""

    def __init__(self) -> None:
        self.known: list[CancelRequest] = []

    async def remember(self, request: CancelRequest) -> None:
        self.known.append(request)
