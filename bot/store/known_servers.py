"""Which InvokeAIs the bot has watched, by name: one that was renamed or taken out is noticed at a start."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import structlog
from pydantic import TypeAdapter
from sqlalchemy import func, select

from bot.store.asked_schema import submissions
from bot.store.database import Database
from bot.store.key_values import KeyValues
from bot.store.schema import PENDING, outbox, pauses, servers

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

PREFIX = "known_server:"


@dataclass(frozen=True, slots=True)
class KnownServer:
    """Where it was when the bot last started with it; `removed`: the settings do not name it any more."""

    address: str
    queue_id: str
    removed: bool = False


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What waits under a name that the settings do not have any more."""

    notices: int
    jobs: int
    paused: bool

    def __str__(self) -> str:
        said = [f"notices that still go out, without pictures: {self.notices}"] if self.notices else []
        said += [f"jobs that people asked for, not queued: {self.jobs}"] if self.jobs else []
        said += ["a pause that is not kept"] if self.paused else []
        return "; ".join(said) or "nothing waits"


KNOWN = TypeAdapter(KnownServer)


class KnownServers:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._key_values = KeyValues(database)

    async def compare(self, named: Mapping[str, KnownServer]) -> None:
        """Says in the log what the settings name otherwise than at the last start, and remembers them."""
        known = await self._known()
        for name, server in named.items():
            self._say(name, server, known, named.keys())
        for name, before in known.items():
            if name not in named and not before.removed:
                await self._say_removed(name)
        gone = {name: before for name, before in known.items() if name not in named}
        async with self._database.transaction() as conn:
            for name, server in named.items():
                await self._key_values.set(conn, f"{PREFIX}{name}", KNOWN.dump_json(server).decode())
            for name, before in gone.items():
                removed = KnownServer(before.address, before.queue_id, removed=True)
                await self._key_values.set(conn, f"{PREFIX}{name}", KNOWN.dump_json(removed).decode())

    async def _known(self) -> Mapping[str, KnownServer]:
        """Those that an older bot watched are somewhere, it is not known where."""
        stored = await self._key_values.starting_with(PREFIX)
        async with self._database.reading() as conn:
            watched = list(await conn.scalars(select(servers.c.server)))
        known = {name: KnownServer("", "") for name in watched}
        return known | {key.removeprefix(PREFIX): KNOWN.validate_json(text) for key, text in stored.items()}

    def _say(
        self, name: str, server: KnownServer, known: Mapping[str, KnownServer], named: Collection[str]
    ) -> None:
        about, before = log.bind(server=name), known.get(name)
        if before is None:
            former = [
                other
                for other, was in known.items()
                if other not in named and (was.address, was.queue_id) == (server.address, server.queue_id)
            ]
            if former:
                again = f"Name it {former[0]} again to go on where it was; else it is watched as a new one."
                about.warning("server_renamed", before=former[0], fix=again)
            elif known:
                about.info("server_added")
            return
        if before.removed:
            about.info("server_back")
        if before.address and (before.address, before.queue_id) != (server.address, server.queue_id):
            about.warning(
                "server_moved",
                before=f"{before.address} {before.queue_id}",
                now=f"{server.address} {server.queue_id}",
                fix="If that is another InvokeAI, give it a name of its own.",
            )

    async def _say_removed(self, name: str) -> None:
        left = await self._left_behind(name)
        fix = "Put it back into the settings, under the same name, to go on where it was."
        log.warning("server_removed", server=name, left=str(left), fix=fix)

    async def _left_behind(self, name: str) -> LeftBehind:
        async with self._database.reading() as conn:
            notices = select(func.count()).select_from(outbox).where(PENDING, outbox.c.server == name)
            waiting = func.coalesce(func.sum(submissions.c.jobs - submissions.c.sent), 0)
            unsent = select(waiting).where(submissions.c.server == name, submissions.c.body.is_not(None))
            held = select(func.count()).select_from(pauses).where(pauses.c.server == name)
            return LeftBehind(
                (await conn.execute(notices)).scalar_one(),
                int((await conn.execute(unsent)).scalar_one()),
                bool((await conn.execute(held)).scalar_one()),
            )
