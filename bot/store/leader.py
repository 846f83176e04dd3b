"""One bot leads on a database: by a lock that nobody else gets, and that ends with the process."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import AnotherLeads, DatabaseTrouble, DatabaseUnusable, LeadershipLost
from bot.store.engines import CLOSE_TIMEOUT, CONNECT_TIMEOUT, place_of, read_url
from bot.store.file_lock import FileLock
from bot.store.file_system import MOUNTS
from bot.store.session_lock import MAX_DOUBT, SessionLock
from bot.store.trouble import AT_CONNECT, sentence, translated

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

CHECK_INTERVAL = 2.0
"""Seconds between two looks whether the lock is still ours."""
CHECK_TIMEOUT = 2.0
"""Seconds after which no answer is taken for a no."""


def _boot_time() -> float:
    """Seconds that go on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else time.time()


class Role(StrEnum):
    """Whether this bot works on its database, or waits for the one that does."""

    LEADER = "leader"
    STANDBY = "standby"


class Lock(Protocol):
    """What only one process holds at a time. Raises SQLAlchemyError or OSError where it can't be asked."""

    @property
    def broken(self) -> asyncio.Event:
        """Set once it is known to be nobody's, or somebody else's."""
        ...

    async def acquire(self) -> bool:
        """Whether it is ours now; it may wait a moment for whoever has it."""
        ...

    async def held(self) -> bool:
        """Whether it is still ours."""
        ...

    async def release(self) -> None: ...


class Leader:
    """`url` names the database (SettingWrong if it names none). `sleep`, `boot_time` and `answer_timeout`,
    the time that PostgreSQL has for an answer, count seconds. `mounts`: as Linux lists them.
    """

    def __init__(
        self,
        url: str,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        boot_time: Callable[[], float] = _boot_time,
        answer_timeout: float = CONNECT_TIMEOUT,
        mounts: Path = MOUNTS,
    ) -> None:
        parsed = read_url(url)
        self._place = place_of(parsed)
        self.has_standby = parsed.get_backend_name() != "sqlite"
        """Whether a bot that does not lead waits for the one that does."""
        self._lock: Lock = (
            SessionLock(parsed, answer_timeout)
            if self.has_standby
            else FileLock(Path(str(parsed.database)), mounts)
        )
        self._sleep = sleep
        self._boot_time = boot_time
        self._sure_at = 0.0
        self._keeping: asyncio.Task[None] | None = None
        self._look: asyncio.Task[bool] | None = None
        self.role = Role.STANDBY
        self.stood_by = False
        """Whether another one led when this one came."""
        self.trouble: str | None = None
        """What keeps a standby from knowing whether it may lead, in a sentence."""

    async def lead(self, *, again: bool = False) -> None:
        """Returns as the leader; on PostgreSQL once nobody else leads. AnotherLeads, or DatabaseUnusable.

        `again`: the database was usable before, so it is waited for.
        """
        said = False
        while not await self._acquired(patient=again):
            if not self.has_standby:
                raise AnotherLeads(
                    f"Another bot already runs on the database {self._place}. Stop it, or give this one a "
                    "database of its own in BOT_DATABASE_URL."
                )
            if self.trouble is not None:
                said = False
            elif not said:
                log.info("standing_by", database=self._place)
                again = said = self.stood_by = True
        self.role = Role.LEADER
        self._keeping = asyncio.create_task(self._keep(), name="lead")

    async def run(self) -> None:
        """Endless, while this bot leads. LeadershipLost as soon as that is in doubt."""
        if self._keeping is None:
            raise RuntimeError("this bot does not lead")
        await asyncio.shield(self._keeping)

    def require(self) -> None:
        """LeadershipLost unless it is certain that this bot leads; asks nobody.

        A process that stood still goes on at any line, and it may be long since that another bot leads.
        """
        if self.has_standby and not self._boot_time() - self._sure_at <= MAX_DOUBT:
            raise LeadershipLost(f"This bot stood still and may lead no more on {self._place}.")

    async def release(self) -> None:
        """Another bot may lead. May be called twice."""
        self.role = Role.STANDBY
        keeping, self._keeping = self._keeping, None
        if keeping is not None:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
        if self._look is not None:  # it uses the connection that is to be closed
            await asyncio.wait({self._look}, timeout=CLOSE_TIMEOUT)
            self._look.cancel()  # not waited for: a driver may take long to give up
        await self._lock.release()

    async def _acquired(self, *, patient: bool) -> bool:
        asked_at = 0.0
        try:
            with translated(self._place, *AT_CONNECT):
                held = await self._lock.acquire()
                asked_at = self._boot_time()
                held = held and await self._lock.held()  # it may have taken long
        except DatabaseUnusable:
            raise
        except (DatabaseTrouble, SQLAlchemyError) as error:
            self.trouble = str(error) if isinstance(error, DatabaseTrouble) else sentence(self._place, error)
            if not patient:
                raise DatabaseUnusable(self.trouble) from error
            log.warning("leadership_check_failed", reason=self.trouble)
            await self._sleep(CHECK_INTERVAL)
            return False
        self.trouble = None
        self._sure_at = asked_at
        return held

    async def _pause(self) -> None:
        """For CHECK_INTERVAL, or until the lock is known to be gone."""
        rest = asyncio.ensure_future(self._sleep(CHECK_INTERVAL))
        broken = asyncio.ensure_future(self._lock.broken.wait())
        try:
            await asyncio.wait({rest, broken}, return_when=asyncio.FIRST_COMPLETED)
            if rest.done():
                rest.result()
        finally:
            rest.cancel()
            broken.cancel()

    async def _keep(self) -> None:
        while True:
            await self._pause()
            reason, asked_at = "its lock is gone.", self._boot_time()
            look = self._look = asyncio.create_task(self._lock.held(), name="look at the lock")
            look.add_done_callback(lambda done: done.cancelled() or done.exception())
            await asyncio.wait({look}, timeout=CHECK_TIMEOUT)
            if not look.done():  # nor is it cancelled: that would end the session, and let another one lead
                reason = sentence(self._place, TimeoutError())
            elif (error := look.exception()) is not None:
                reason = sentence(self._place, error)
            elif look.result():
                self._sure_at = asked_at
                continue
            self.role = Role.STANDBY
            raise LeadershipLost(
                f"It is not certain any more that this bot leads on the database {self._place}: {reason}"
            )
