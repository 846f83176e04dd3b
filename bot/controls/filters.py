"""A channel's filters by the names that people know; and how many jobs would have fitted them."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from bot.domain.jobs import Board, Job, JobPage, JobStatus
from bot.domain.limits import AUTOCOMPLETE_TIMEOUT
from bot.domain.subscriptions import ANY, NO_BOARD, FilterTrial, PreferencesChange, Subscription
from bot.errors import InvokeAIError, JobUnknown, RequestRefused

LOOKED_AT = 50
AT_ONCE = 5
TRIAL_TIMEOUT = 3.0
MAX_NAMED = 5
MEMO_LIFETIME = timedelta(seconds=10)
WHOLE_LIFETIME = timedelta(minutes=1)


class JobLister(Protocol):
    """What InvokeAI is asked; `InvokeAIClient` has it. Errors are InvokeAIError."""

    async def job(self, number: int) -> Job: ...
    async def jobs(
        self, *, before: int | None = None, status: JobStatus | None = None, limit: int = LOOKED_AT
    ) -> JobPage: ...


class PeopleClient(Protocol):
    async def users(self) -> Sequence[str] | None:
        """The names that jobs tell of accounts; empty where there are none, None where we may not know."""
        ...


class BoardsClient(Protocol):
    async def boards(self) -> list[Board]: ...


class FilterNames:
    """`monotonic` counts seconds."""

    def __init__(
        self,
        queue: JobLister,
        people: PeopleClient,
        gallery: BoardsClient,
        monotonic: Callable[[], float],
    ) -> None:
        self._queue = queue
        self._people = people
        self._gallery = gallery
        self._monotonic = monotonic
        self._boards: tuple[float, list[Board]] = (0.0, [])
        """And until when they are fresh enough."""
        self._read: tuple[float, dict[int, Job]] = (0.0, {})
        """The whole jobs by number, and until when."""

    async def resolved(
        self, change: PreferencesChange, *, kept: Collection[str] = frozenset[str]()
    ) -> PreferencesChange:
        """With the boards' ids in place of their names. RequestRefused for what no job can ever match.

        `kept`: casefolded words that are set already, and stay without a look.
        """
        if change.board is not None:
            change = replace(change, board=await self._ids(change.board, kept))
        if change.user is not None and _unknown(change.user, {ANY, *kept}):
            check_users(change.user, kept, await self.users())
        return change

    async def users(self) -> Sequence[str] | None:
        """The names of those with an account; None where the bot may not know."""
        return await self._people.users()

    async def board_names(self) -> dict[str, str]:
        """By id; none where InvokeAI does not tell in time."""
        try:
            async with asyncio.timeout(AUTOCOMPLETE_TIMEOUT):
                return {board.id: board.name for board in await self._known_boards()}
        except (InvokeAIError, TimeoutError):
            return {}

    async def board_id(self, text: str) -> str:
        """That of the one board of this name or id, or `none`. RequestRefused if there is none."""
        if text.strip().casefold() == NO_BOARD:
            return NO_BOARD
        return _board_ids(text.strip(), await self.newest_boards())[0]

    async def user_names(self) -> Sequence[str]:
        """None where InvokeAI does not tell in time."""
        try:
            async with asyncio.timeout(AUTOCOMPLETE_TIMEOUT):
                return await self.users() or ()
        except (InvokeAIError, TimeoutError):
            return ()

    async def trial(self, subscription: Subscription) -> FilterTrial | None:
        """None where InvokeAI does not tell in time."""
        jobs = await self.ended()
        return None if jobs is None else await self.trial_of(subscription, jobs)

    async def ended(self) -> Sequence[Job] | None:
        """The newest jobs that have ended, as a list has them; None where InvokeAI does not tell in time."""
        try:
            async with asyncio.timeout(TRIAL_TIMEOUT):
                page = await self._queue.jobs(limit=LOOKED_AT)
        except (InvokeAIError, TimeoutError):
            return None
        return [job for job in page.jobs if job.status.finished]

    async def trial_of(self, subscription: Subscription, jobs: Sequence[Job]) -> FilterTrial | None:
        """How many of these would have been posted; None where InvokeAI does not tell in time."""
        try:
            async with asyncio.timeout(TRIAL_TIMEOUT):
                whole = await self._whole([job.number for job in jobs])
        except (InvokeAIError, TimeoutError):
            return None
        return FilterTrial(sum(subscription.may_show(job) for job in whole), len(whole))

    async def _whole(self, numbers: Sequence[int]) -> list[Job]:
        """Only a job that is read whole tells its boards. It is read once a minute: a panel asks often."""
        if self._monotonic() >= self._read[0]:
            self._read = self._monotonic() + WHOLE_LIFETIME.total_seconds(), {}
        known = self._read[1]
        room = asyncio.Semaphore(AT_ONCE)

        async def read(number: int) -> None:
            async with room:
                with suppress(JobUnknown):
                    known[number] = await self._queue.job(number)

        await asyncio.gather(*(read(number) for number in numbers if number not in known))
        return [known[number] for number in numbers if number in known]

    async def _known_boards(self) -> list[Board]:
        fresh = self._monotonic() < self._boards[0]
        return self._boards[1] if fresh else await self.newest_boards()

    async def newest_boards(self) -> list[Board]:
        boards = await self._gallery.boards()
        self._boards = self._monotonic() + MEMO_LIFETIME.total_seconds(), boards
        return boards

    async def _ids(self, text: str, kept: Collection[str]) -> str:
        if not _unknown(text, {ANY, NO_BOARD, *kept}):
            return text
        return resolve_boards(text, kept, await self.newest_boards())


def resolve_boards(text: str, kept: Collection[str], boards: Sequence[Board]) -> str:
    """The boards' ids in place of their names. RequestRefused for one that is not there."""
    if not _unknown(text, {ANY, NO_BOARD, *kept}):
        return text
    if whole := _called(text.strip(), boards):  # a name may hold commas
        return ",".join(whole)
    ids = [[word] if word.casefold() in kept else _board_ids(word, boards) for word in words_of(text)]
    return ",".join(one for each in ids for one in each)


def check_users(text: str, kept: Collection[str], known: Sequence[str] | None) -> None:
    """RequestRefused for one who is not there, as far as that is known."""
    words = _unknown(text, {ANY, *kept})
    if known is None or not words:
        return
    if not known:
        raise RequestRefused("This InvokeAI has no accounts, so no job of it has a user.")
    names = {name.casefold() for name in known}
    for word in words:
        if word.casefold() not in names:
            raise RequestRefused(f"InvokeAI has no user {word}. {_some(known)}")


def words_of(text: str) -> list[str]:
    """What stands between its commas."""
    return [word for part in text.split(",") if (word := part.strip())]


def _unknown(text: str, known: Collection[str]) -> list[str]:
    return [word for word in words_of(text) if word.casefold() not in known]


def _board_ids(word: str, boards: Sequence[Board]) -> list[str]:
    if word.casefold() == NO_BOARD:
        return [NO_BOARD]
    found = _called(word, boards)
    if not found:
        raise RequestRefused(f"InvokeAI has no board {word}. {_some([board.name for board in boards])}")
    return found


def _called(word: str, boards: Sequence[Board]) -> list[str]:
    """The ids of the boards of that id or name; two boards may have one name."""
    wanted = word.casefold()
    return [board.id for board in boards if wanted in (board.id.casefold(), board.name.casefold())]


def _some(names: Sequence[str]) -> str:
    if not names:
        return "It has none yet."
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return f"It has {', '.join(sorted(names)[:MAX_NAMED])}{more}."
