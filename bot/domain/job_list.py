"""A list of jobs as people read it, and what they look for in it. Pure."""

from dataclasses import dataclass
from hashlib import sha256

from bot.domain.jobs import Job, JobStatus
from bot.domain.queue import RunningJob

MAX_SEARCH_BYTES = 30
"""Of what is looked for in prompts: it travels in a button's id."""


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs are looked for. `board` is a `board_key`; `words` must all stand in the prompt.

    `asker`: who asked us for them, by Discord's id. The job itself doesn't tell.
    """

    status: JobStatus | None = None
    board: str | None = None
    words: str = ""
    asker: int | None = None

    @property
    def searches(self) -> bool:
        """Whether a list of jobs alone does not tell which ones fit."""
        return bool(self.board or self.words) or self.asker is not None

    def fits(self, job: Job) -> bool:
        """The job read whole, whoever asked for it. What is not known of it fits nothing."""
        prompt = (job.recipe.prompt if job.recipe else None) or ""
        on_board = self.board is None or self.board in map(board_key, job.boards)
        return on_board and all(word in prompt.casefold() for word in self.words.casefold().split())


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """Jobs that wait beside each other in the list, folded: numbers `first` to `last`, so many batches."""

    first: int
    last: int
    count: int
    batches: int


@dataclass(frozen=True, slots=True)
class JobList:
    """A page of the list, newest number first; what runs stands above it, on the first page.

    `before` asks for the next page; None: this was the last. `searched`: how many jobs were looked into.
    `unsent`: how many of the person's own are still to be queued.
    """

    running: tuple[RunningJob, ...]
    rows: tuple[Job | WaitingRun, ...]
    before: int | None
    searched: int | None = None
    unsent: int = 0

    @property
    def jobs(self) -> list[Job]:
        """Those that stand in a row of their own, in order."""
        return [*(one.job for one in self.running), *(row for row in self.rows if isinstance(row, Job))]


def board_key(board_id: str) -> str:
    """A short word for a board's id, which is too long for a button's."""
    return sha256(board_id.encode("utf-8", "replace")).hexdigest()[:8]


def searchable(text: str) -> str:
    """The words as they are looked for: blanks folded, no more than can travel."""
    folded = " ".join(text.split()).encode("utf-8", "ignore")[:MAX_SEARCH_BYTES]
    return folded.decode("utf-8", "ignore").strip()
