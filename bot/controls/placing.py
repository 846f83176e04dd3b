"""Which InvokeAI makes a picture: of those that can, the one that should be free first."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.creation import Template
from bot.domain.queue import QueueView
from bot.domain.queue_state import QueueState
from bot.errors import InvokeAIError, InvokeAIUnavailable, RequestRefused

KNOWN_FOR = timedelta(minutes=1)
"""So long it is remembered what a server can run."""
ASK_TIMEOUT = 3.0
"""Seconds that one server may take to say so."""
MAX_COMPARED = 5
"""So many servers are asked how busy they are: those that looked the least busy when they were last read."""
USUAL = timedelta(seconds=30)
"""How long a job runs of whose kind nothing is known."""
AWAY = "it does not answer"
NO_PICTURE = "There is no picture to go by yet: make one in InvokeAI, or save a style with /style save."


class Graphs(Protocol):
    """What a server tells of styles; `StyleControls` has it."""

    async def saved(self, guild_id: int, channel_id: int | None, name: str | None) -> Template | None: ...
    async def newest(self) -> tuple[datetime, Template] | None: ...
    async def lacks(self, template: Template, *, replaced: bool) -> str | None: ...


class Queue(Protocol):
    """How busy a server is; `QueueViews` knows."""

    @property
    def state(self) -> QueueState: ...
    def usual(self) -> timedelta | None: ...
    async def glance(self) -> QueueView | None: ...


@dataclass(frozen=True, slots=True)
class PossibleServer:
    """A server by its name, and what is asked of it."""

    server: str
    styles: Graphs
    queue: Queue


class Placing:
    """`servers`: at least one, in the order of the settings; `monotonic` counts seconds."""

    def __init__(self, servers: Sequence[PossibleServer], monotonic: Callable[[], float]) -> None:
        self._servers = {each.server: each for each in servers}
        self._monotonic = monotonic
        self._known: dict[tuple[str, Template, bool], tuple[float, str | None]] = {}
        """What each server lacks, and until when that counts."""

    async def pick(self, template: Template, among: Collection[str], *, replaced: bool) -> str:
        """The server that should be free first; one that is paused only where all are.

        `among`: the names that come into question; `replaced`: the picture that the template starts from is.
        RequestRefused where none can, InvokeAIUnavailable where none of those that can answers.
        """
        able = await self.able(template, among, replaced=replaced)
        names = [server for server, lack in able.items() if lack is None]
        if not names:
            raise _nowhere(template, able)
        likely = sorted(names, key=self._known_load)[:MAX_COMPARED]
        views = await asyncio.gather(*(self._servers[server].queue.glance() for server in likely))
        free = [(view, server) for view, server in zip(views, likely, strict=True) if view is not None]
        if not free:
            raise InvokeAIUnavailable("No InvokeAI answers just now. Try again; nothing was queued.")
        return min(free, key=lambda one: (one[0].status.paused, self._load(one[1], one[0])))[1]

    async def template(
        self, guild_id: int, channel_id: int | None, style: str | None, among: Collection[str]
    ) -> Template:
        """The named style; or the default; or else the newest picture of all servers whose prompt can be
        told. RequestRefused where there is none.
        """
        first = next(iter(self._servers.values()))
        saved = await first.styles.saved(guild_id, channel_id, style)
        if saved is not None:
            return saved
        found = await asyncio.gather(*(self._newest(self._servers[server]) for server in self._asked(among)))
        newest = max((one for one in found if one is not None), key=lambda one: one[0], default=None)
        if newest is None:
            raise RequestRefused(NO_PICTURE)
        return newest[1]

    async def able(
        self, template: Template, among: Collection[str], *, replaced: bool = False
    ) -> Mapping[str, str | None]:
        """What each of these servers lacks to run it, in words; None: nothing."""
        now = self._monotonic()
        self._known = {key: known for key, known in self._known.items() if now < known[0]}
        names = [server for server in self._servers if server in among]
        lacks = await asyncio.gather(*(self._lack(self._servers[name], template, replaced) for name in names))
        return dict(zip(names, lacks, strict=True))

    def _asked(self, among: Collection[str]) -> list[str]:
        return [name for name, one in self._servers.items() if name in among and one.queue.state.reachable]

    async def _newest(self, one: PossibleServer) -> tuple[datetime, Template] | None:
        try:
            async with asyncio.timeout(ASK_TIMEOUT):
                return await one.styles.newest()
        except (InvokeAIError, TimeoutError):
            return None

    async def _lack(self, one: PossibleServer, template: Template, replaced: bool) -> str | None:  # noqa: FBT001 - one caller
        if not one.queue.state.reachable:
            return AWAY
        key = one.server, template, replaced
        if key not in self._known:
            try:
                async with asyncio.timeout(ASK_TIMEOUT):
                    lack = await one.styles.lacks(template, replaced=replaced)
            except (InvokeAIError, TimeoutError):
                return AWAY
            self._known[key] = self._monotonic() + KNOWN_FOR.total_seconds(), lack
        return self._known[key][1]

    def _known_load(self, server: str) -> tuple[bool, int]:
        status = self._servers[server].queue.state.status
        return (status.paused, status.unfinished) if status is not None else (False, 0)

    def _load(self, server: str, view: QueueView) -> timedelta:
        """How long what is there should keep it busy."""
        usual = self._servers[server].queue.usual() or USUAL
        return usual * view.status.unfinished / max(view.status.in_progress, 1)


def _nowhere(template: Template, able: Mapping[str, str | None]) -> RequestRefused | InvokeAIUnavailable:
    reasons = {server: lack for server, lack in able.items() if lack not in (None, AWAY)}
    if not reasons:
        return InvokeAIUnavailable("No InvokeAI answers just now. Try again; nothing was queued.")
    what = f"the style “{template.name}”" if template.name else "what the newest picture was made with"
    server, reason = next(iter(reasons.items()))
    return RequestRefused(f"No InvokeAI here can run {what} now. {server}: {reason}")
