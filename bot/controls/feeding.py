"""From what people asked for to InvokeAI's queue: each job once, and everybody's in turns."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from bot.backoff import backoff
from bot.controls.retries import RetriedClient, RetriedJobs
from bot.domain.creation import Submitted
from bot.domain.jobs import Enqueued, Job
from bot.domain.submissions import DAY, Asker, BatchState, Owned, PersonUsage, Submission, Usage
from bot.domain.turns import next_portion
from bot.errors import (
    BotError,
    DatabaseTrouble,
    InvokeAIError,
    InvokeAIRefused,
    InvokeAIUnavailable,
    RequestRefused,
)
from bot.invokeai.http_errors import NotReached
from bot.invokeai.requeue.batch import BatchBody
from bot.store.submissions import Submissions

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MIN_RETRY, MAX_REST = 1.0, 60.0
"""Seconds between two looks for what can be sent: at least after trouble, and at most."""
FULL = "InvokeAI's queue is full. Try again when there is room; nothing was queued."
KEPT = (
    "InvokeAI broke off while it took your request. It is written down, and will be queued once, as soon as "
    "InvokeAI answers. No need to ask again."
)


class FeedClient(RetriedClient, Protocol):
    """What InvokeAI is asked; `InvokeAIClient.batches` has it."""

    async def send(self, body: BatchBody, batch_id: str, *, first: bool = False) -> Enqueued:
        """Once. NotReached: nothing was heard of it; another InvokeAIUnavailable: it may be there."""
        ...

    async def counts(self, batch_id: str) -> BatchState: ...


@dataclass(frozen=True, slots=True)
class _Sent:
    """A part of a submission that went out, or why nothing more of it ever will. `numbers`: of all that is
    there by then.
    """

    submission: Submission
    numbers: tuple[int, ...] = ()
    refused: BotError | None = None


class Feeder:
    """Of one server. `shared`: several people may queue, so everybody's jobs take turns.

    `new_id` draws a batch's id. What is asked for is written down before InvokeAI hears of it, so that it is
    sent once, whatever crashes. `retries`: what InvokeAI itself queued again for people.
    """

    def __init__(
        self,
        server: str,
        batches: FeedClient,
        store: Submissions,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        shared: bool,
    ) -> None:
        self.server = server
        self._batches = batches
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._shared = shared
        self.retries = RetriedJobs(server, batches, store.retries, clock)
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._all_sent = False
        self._served: dict[int, int] = {}
        """When each person was served last since the start, by a count."""

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Endless: sends what is left whenever a job ended, soon after trouble, and once a minute."""
        failures = 0
        while True:
            self._wake.clear()
            try:
                async with self._turn:
                    await self._feed([])
                failures = 0
            except (InvokeAIError, DatabaseTrouble) as error:
                log.warning("queueing_delayed", server=self.server, reason=str(error))
                failures += 1
            await self._rest(sleep, backoff(failures, MIN_RETRY, MAX_REST) if failures else MAX_REST)

    def observe(self, job: Job) -> None:
        """A job ended: there may be room for another one."""
        del job
        if not self._all_sent:
            self._wake.set()

    async def submit(
        self, asker: Asker, body: BatchBody, *, first: bool = False, replaces: int | None = None
    ) -> Submitted:
        """The batch is queued, or written down to be queued in its turn. `first`: before all that waits.
        `replaces`: the waiting job whose place it takes.

        RequestRefused where the queue is full, InvokeAIUnavailable where nothing was queued; or where it may
        be, and then its sentence says so.
        """
        batch_id, now, text = self._new_id(), self._clock(), body.to_text()
        new = Submission(0, self.server, batch_id, asker, now, body.jobs, body=text, first=first)
        async with self._turn:
            one = await self._store.add(new, replaces)
            self._all_sent = False
            if first or not (self._shared and body.divisible):
                return await self._sent_at_once(one, body)
            return await self._in_turn(one)

    async def drop(self, *, batch_id: str | None = None, destination: str | None = None) -> int:
        """What is not in InvokeAI yet, of that batch, with that destination, or of all, never will be.

        How many jobs that are.
        """
        async with self._turn:
            unsent = await self._store.unsent(self.server)
            gone = [one for one in unsent if batch_id in {None, one.batch_id}]
            if destination is not None:
                gone = [one for one in gone if _destination(one) == destination]
            for one in gone:
                await self._store.cut(one)
            return sum(one.unsent - one.in_flight for one in gone)

    async def owner(self, job: Job) -> Asker | None:
        """Who asked for that job, or for the retry that it is."""
        return await self._store.owner(job)

    async def owner_of_batch(self, job: Job) -> Asker | None:
        """Who asked for that job's batch."""
        return (await self._store.askers(self.server, [job.batch_id])).get(job.batch_id)

    async def owned(self, user_id: int) -> Owned:
        """What that person asked for."""
        return await self._store.owned(self.server, user_id)

    async def usage(self, user_id: int) -> Usage:
        """What the person has here now, and asked for within a day."""
        unended = await self._store.unended(self.server, user_id)
        unfinished = (await self._unfinished(unended))[user_id] + sum(one.unsent for one in unended)
        return Usage(unfinished, await self._store.asked_since(user_id, self._clock() - DAY))

    async def everybody(self, guild_id: int | None) -> Sequence[PersonUsage]:
        """What each person has who asked in that guild (or anywhere) within a day, or has something left;
        most first.
        """
        day_ago = self._clock() - DAY
        people = await self._store.people(day_ago, guild_id)
        unended = await self._store.unended(self.server)
        unfinished = await self._unfinished(unended)
        for one in unended:
            unfinished[one.asker.user_id] += one.unsent
        found = [
            PersonUsage(one, Usage(unfinished[one], await self._store.asked_since(one, day_ago)), counted)
            for one, counted in people.items()
        ]
        found = [one for one in found if one.usage.unfinished or one.usage.today]
        return sorted(found, key=lambda one: (-one.usage.unfinished, -one.usage.today, one.user_id))

    def now(self) -> datetime:
        return self._clock()

    async def written(self, user_id: int) -> Usage:
        """As `usage`, without a look: among what is left may be jobs that have ended."""
        unended = await self._store.unended(self.server, user_id)
        asked = await self._store.asked_since(user_id, self._clock() - DAY)
        return Usage(sum(one.jobs for one in unended), asked)

    async def _sent_at_once(self, one: Submission, body: BatchBody) -> Submitted:
        try:
            one, taken = await self._send(one, body, one.jobs)
        except (NotReached, InvokeAIRefused, RequestRefused):
            await self._store.cut(one)
            raise
        except (InvokeAIUnavailable, DatabaseTrouble) as error:
            self._wake.set()
            raise InvokeAIUnavailable(KEPT) from error
        if not taken.count:
            await self._store.cut(one)
            raise RequestRefused(FULL)
        return Submitted(one, taken.numbers)

    async def _in_turn(self, one: Submission) -> Submitted:
        """What others asked for earlier may go first; then nothing of this one is sent yet."""
        news: list[_Sent] = []
        trouble: NotReached | None = None
        try:
            await self._feed(news)
        except NotReached as error:
            trouble = error
        except (InvokeAIUnavailable, DatabaseTrouble) as error:
            self._wake.set()
            raise InvokeAIUnavailable(KEPT) from error
        mine = [each for each in news if each.submission.id == one.id]
        if not mine and trouble is not None:
            await self._store.cut(one)
            raise trouble
        for each in mine:
            if each.refused is not None:
                raise each.refused
        latest = mine[-1].submission if mine else one
        return Submitted(latest, tuple(sorted({number for each in mine for number in each.numbers})))

    async def _feed(self, news: "list[_Sent]") -> None:
        """Sends whatever may be sent now, and adds to `news` what became of it."""
        waiting = [await self._settled(one) for one in await self._store.unsent(self.server)]
        unfinished = await self._by_person() if waiting and self._shared else Counter[int]()
        while waiting := [one for one in waiting if one.unsent]:
            portion = next_portion(waiting, unfinished, shared=self._shared, served=self._served)
            if portion is None:
                return
            one, jobs = portion
            body = BatchBody.from_text(one.body or "")
            jobs = jobs if body.divisible else one.jobs
            try:
                sent, taken = await self._send(one, body, jobs)
            except (InvokeAIRefused, RequestRefused) as refused:
                await self._store.cut(one)
                log.warning("queueing_refused", server=self.server, batch=one.batch_id, reason=str(refused))
                news.append(_Sent(one, refused=refused))
                waiting = [each for each in waiting if each.id != one.id]
                continue
            news.append(_Sent(sent, taken.numbers))
            if taken.count < jobs:
                return  # the queue is full
            unfinished[one.asker.user_id] += taken.count
            self._served[one.asker.user_id] = max(self._served.values(), default=0) + 1
            waiting = [sent if each.id == one.id else each for each in waiting]
        self._all_sent = True

    async def _send(self, one: Submission, body: BatchBody, jobs: int) -> tuple[Submission, Enqueued]:
        """InvokeAIUnavailable other than NotReached: they are in flight, and may be there."""
        one = await self._store.sending(one, jobs)
        try:
            taken = await self._batches.send(body.part(one.sent, jobs), one.batch_id, first=one.first)
        except (NotReached, InvokeAIRefused, RequestRefused):
            await self._store.arrived(one, 0)
            raise
        return await self._store.arrived(one, taken.count), taken

    async def _settled(self, one: Submission) -> Submission:
        """The same with nothing in flight: what arrived is asked of InvokeAI."""
        if not one.in_flight:
            return one
        there = (await self._batches.counts(one.batch_id)).total
        return await self._store.arrived(one, min(max(there - one.sent, 0), one.in_flight))

    async def _by_person(self) -> Counter[int]:
        """How many jobs of each person wait or run in InvokeAI."""
        return await self._unfinished(await self._store.unended(self.server))

    async def _unfinished(self, submissions: Sequence[Submission]) -> Counter[int]:
        """And of what InvokeAI queued again for them: that is in the counts of the old batches too."""
        retried = await self.retries.unfinished()
        found = Counter(row.asker.user_id for row, _ in retried)
        of_batch = Counter(job.batch_id for _, job in retried if job is not None)
        ended: list[int] = []
        for one in submissions:
            if not one.sent and not one.in_flight:
                continue
            left = (await self._batches.counts(one.batch_id)).unfinished - of_batch[one.batch_id]
            found[one.asker.user_id] += max(left, 0)
            if left <= 0 and not one.unsent:
                ended.append(one.id)
        await self._store.ended(ended, self._clock())
        return found

    async def _rest(self, sleep: Callable[[float], Awaitable[None]], seconds: float) -> None:
        wake = asyncio.ensure_future(self._wake.wait())
        rest = asyncio.ensure_future(sleep(seconds))
        try:
            await asyncio.wait({wake, rest}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wake.cancel()
            rest.cancel()


def _destination(one: Submission) -> str | None:
    return BatchBody.from_text(one.body or "").destination
