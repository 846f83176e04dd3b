"""A queue in memory that does what InvokeAI does, for the tests of bot/controls."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.jobs import Failure, Job, JobPage, JobStatus
from bot.domain.queue import QueueStatus, ServerInfo
from bot.errors import ImageTooLarge, ImageUnusable, JobUnknown

MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


class QueueStandIn:
    """`writes` are the orders so far. `room`: how many more jobs a retry can queue."""

    def __init__(self, *jobs: Job, room: int = 10_000) -> None:
        self.all = {job.number: job for job in jobs}
        self.info: ServerInfo | None = ServerInfo("invokeai", "http://127.0.0.1:9090", "6.14.2")
        self.writes: list[str] = []
        self.questions: list[str] = []
        self.paused = False
        self.admin = True
        self.unknown = False
        self.images = {"a.png": b"12345"}
        self._room = room

    def _of(self, *statuses: JobStatus) -> list[Job]:
        return [job for _, job in sorted(self.all.items()) if job.status in statuses]

    async def status(self) -> QueueStatus:
        counts = {status: len(self._of(status)) for status in JobStatus}
        return QueueStatus(
            "invokeai",
            counts[JobStatus.PENDING],
            counts[JobStatus.IN_PROGRESS],
            counts[JobStatus.WAITING],
            counts[JobStatus.COMPLETED],
            counts[JobStatus.FAILED],
            counts[JobStatus.CANCELED],
            paused=self.paused,
            processing=False,
        )

    async def current(self) -> Job | None:
        return next(iter(self._of(JobStatus.IN_PROGRESS)), None)

    async def next(self) -> Job | None:
        return next(iter(self._of(JobStatus.PENDING)), None)

    async def running(self) -> list[Job]:
        return self._of(JobStatus.IN_PROGRESS)[::-1]

    async def baseline(self) -> tuple[int, list[Job]]:
        unfinished = self._of(JobStatus.PENDING, JobStatus.WAITING, JobStatus.IN_PROGRESS)
        return max(self.all, default=0), unfinished

    async def job(self, number: int) -> Job:
        self.questions.append(f"job {number}")
        if number not in self.all:
            raise JobUnknown(f"InvokeAI has no job #{number} (any more).")
        return self.all[number]

    async def jobs(
        self, *, before: int | None = None, status: JobStatus | None = None, limit: int = 10
    ) -> JobPage:
        found = [job for job in self.all.values() if status in {None, job.status}]
        newest = sorted(found, key=lambda job: -job.number)
        self.questions.append(f"jobs before {before} limit {limit}")
        left = [job for job in newest if before is None or job.number < before]
        return JobPage(
            tuple(map(summary, left[:limit])), left[limit - 1].number if len(left) > limit else None
        )

    def end(self, number: int, status: JobStatus, failure: Failure | None = None) -> None:
        """That job is so now."""
        ended = self.all[number].created_at + timedelta(seconds=30)
        self.all[number] = replace(self.all[number], status=status, completed_at=ended, failure=failure)

    async def latest(self, status: JobStatus | None = None) -> Job | None:
        ended = [job for job in self.all.values() if job.status.finished and status in {None, job.status}]
        return max(ended, key=lambda job: job.number, default=None)

    async def image(self, name: str, limit: int) -> bytes:
        if name not in self.images:
            raise ImageUnusable("It is gone.")
        if len(self.images[name]) > limit:
            raise ImageTooLarge("It is too large.", len(self.images[name]))
        return self.images[name]

    async def thumbnail(self, name: str, limit: int) -> bytes:
        return await self.image(name, limit)

    async def failed_of(self, batch_id: str) -> list[Job]:
        return [summary(job) for job in self._of(JobStatus.FAILED) if job.batch_id == batch_id][::-1]

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
            self.all[job.number] = replace(job, status=JobStatus.CANCELED)
        return len(jobs)

    async def cancel(self, number: int) -> Job:
        job = await self.job(number)
        self._cancel(f"cancel {number}", [] if job.status.finished else [job])
        return self.all[number]

    async def _unfinished(self) -> list[Job]:
        return (await self.baseline())[1]

    async def cancel_batch(self, batch_id: str) -> int:
        jobs = [job for job in await self._unfinished() if job.batch_id == batch_id]
        return self._cancel(f"cancel batch {batch_id}", jobs)

    async def cancel_waiting(self) -> int:
        return self._cancel("cancel waiting", self._of(JobStatus.PENDING, JobStatus.WAITING))

    async def cancel_destination(self, destination: str) -> int:
        jobs = [job for job in await self._unfinished() if job.destination == destination]
        return self._cancel(f"cancel destination {destination}", jobs)

    async def retry(self, numbers: Sequence[int]) -> tuple[int, ...]:
        self.writes.append(f"retry {list(numbers)}")
        taken: list[int] = []
        for number in numbers:
            old = self.all.get(number)
            if old is None or old.status not in {JobStatus.FAILED, JobStatus.CANCELED} or not self._room:
                continue
            self._room -= 1
            new = max(self.all) + 1
            origin = old.retried_from or number
            self.all[new] = replace(
                old,
                number=new,
                status=JobStatus.PENDING,
                created_at=MORNING + timedelta(minutes=new),
                retried_from=origin,
            )
            taken.append(number)
        return tuple(taken)

    async def clear(self) -> int:
        self.writes.append("clear")
        count = len(self.all)
        self.all.clear()
        return count

    async def prune(self) -> int:
        self.writes.append("prune")
        ended = [job.number for job in self.all.values() if job.status.finished]
        for number in ended:
            del self.all[number]
        return len(ended)

    async def free_vram(self) -> None:
        self.writes.append("free_vram")

    async def is_admin(self) -> bool:
        self.questions.append("is_admin")
        return self.admin

    async def unknown_queue(self) -> bool:
        self.questions.append("unknown_queue")
        return self.unknown


def summary(job: Job) -> Job:
    """The job as InvokeAI lists it."""
    return replace(job, session_id=None, retried_from=None, recipe=None, images=(), failure=None)


def job(number: int, status: JobStatus, *, batch: str = "b1", **more: object) -> Job:
    return Job("invokeai", number, status, batch, f"s{number}", MORNING, **more)  # type: ignore[arg-type]  # tests vary any field
