"""What is asked of others so that a job is queued once more."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.controls.retries import Retrier
from bot.domain.creation import Submitted
from bot.domain.jobs import Job, JobPage, JobStatus
from bot.domain.queue import QueueStatus
from bot.domain.submissions import Asker, Retry
from bot.invokeai.requeue.batch import BatchBody
from bot.invokeai.requeue.smaller import SmallerBody

NEWEST = 50
"""So many of the newest jobs are looked through at once for the new ones."""


class RetryClient(Protocol):
    """What the queue is asked; `InvokeAIClient` has it. Errors are InvokeAIError."""

    async def status(self) -> QueueStatus: ...
    async def job(self, number: int) -> Job: ...
    async def jobs(
        self, *, before: int | None = None, status: JobStatus | None = None, limit: int = NEWEST
    ) -> JobPage: ...

    async def failed_of(self, batch_id: str) -> list[Job]:
        """Summaries of a batch's failed jobs, in any order."""
        ...

    async def free_vram(self) -> None: ...

    async def retry(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """The OLD numbers that InvokeAI took: failed and canceled ones, as far as its queue has room."""
        ...


class PromptSource(Protocol):
    """What a job was made from."""

    @property
    def prompt(self) -> str | None:
        """None if it can't be told which text is the prompt."""
        ...


class RequeueClient(Protocol):
    """What is asked of a job's graph; `InvokeAIClient.reruns` has it."""

    async def graph_of(self, number: int) -> PromptSource: ...
    async def again(
        self, number: int, seeds: Sequence[int], prompt: str | None = None, *, chosen: bool = False
    ) -> BatchBody:
        """`chosen`: InvokeAIRefused if these seeds can't be set."""
        ...

    async def same(self, number: int) -> BatchBody: ...
    async def smaller(self, number: int) -> SmallerBody:
        """The same job with fewer pixels. InvokeAIRefused where that can't be done."""
        ...

    async def check_inputs(self, number: int) -> None:
        """InvokeAIRefused if an image that the job starts from is gone."""
        ...


class Desk(Protocol):
    """What is queued for a person, as far as they may; `Creating` has it."""

    def require_allowed(self, *texts: str | None) -> None: ...
    async def submit(self, asker: Asker, body: BatchBody, *, first: bool = False) -> Submitted: ...
    async def retry(
        self, asker: Asker, jobs: Sequence[Job], above: int, retry: Retrier
    ) -> Mapping[int, Retry]: ...
    async def retried_as(self, row: Retry, new: Job) -> None: ...
