"""Whether the bot works: for each of its duties whether it is done, and how long nothing was heard of it."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.errors import DatabaseTrouble
from bot.telemetry.metrics import Metrics

MAX_HEARTBEAT_AGE = 90.0
"""Seconds since Discord's gateway acknowledged a heartbeat: it is asked for one every 41."""
MAX_WRITE_AGE = 90.0
MAX_ROUND_AGE = 300.0
"""A round that takes longer is taken for stuck."""
LOOK_INTERVAL = 5.0
WRITE_INTERVAL = 30.0
"""Seconds after which the database is written to again, to see whether that works."""
LEADERSHIP = "leadership"
LEADER = "leader"


class Leading(Protocol):
    """`role` is `leader`, or what this bot is instead."""

    @property
    def role(self) -> str: ...


class WrittenTo(Protocol):
    """A database. `trials` counts what was written for a trial; `trouble`: what it last raised, in words."""

    @property
    def trials(self) -> int: ...
    @property
    def trouble(self) -> str | None: ...
    async def write_trial(self) -> None: ...


class JobCounts(Protocol):
    """How many jobs of an InvokeAI wait and run."""

    @property
    def not_started(self) -> int: ...
    @property
    def in_progress(self) -> int: ...


class Server(Protocol):
    """An InvokeAI: whether it answers, whether its socket is open, and its counts, once they were read."""

    @property
    def server(self) -> str: ...
    @property
    def reachable(self) -> bool: ...
    @property
    def socket(self) -> bool: ...
    @property
    def status(self) -> JobCounts | None: ...


class Shard(Protocol):
    """discord.py's ShardInfo. `latency` changes with each heartbeat that is acknowledged."""

    @property
    def latency(self) -> float: ...
    def is_closed(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Duties:
    """What is looked at. `rounds` count up, by the service's name; `running`: as the supervisor has it.
    `of_servers`: the services that are one InvokeAI's alone, by its name.
    """

    leader: Leading
    database: WrittenTo
    shards: Callable[[], Mapping[int, Shard]]
    running: Mapping[str, bool]
    rounds: Mapping[str, Callable[[], int]]
    servers: Sequence[Server]
    of_servers: Mapping[str, Collection[str]] = field(default_factory=dict[str, Collection[str]])


class Pulse:
    """How long ago a value that changes while all is well was last seen to change, in `monotonic` seconds."""

    def __init__(self, value: Callable[[], object], monotonic: Callable[[], float]) -> None:
        self._value = value
        self._monotonic = monotonic
        self._seen = value()
        self._at = monotonic()

    def look(self) -> None:
        found = self._value()
        if found != self._seen:
            self._seen, self._at = found, self._monotonic()

    def age(self) -> float:
        return self._monotonic() - self._at


class Health:
    """`monotonic` and `sleep` count seconds."""

    def __init__(
        self,
        duties: Duties,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._duties = duties
        self._monotonic = monotonic
        self._sleep = sleep
        self._written = Pulse(lambda: duties.database.trials, monotonic)
        self._rounds = {name: Pulse(count, monotonic) for name, count in duties.rounds.items()}
        self._heartbeats: dict[int, Pulse] = {}

    async def run(self) -> None:
        """Endless: looks at everything, and tries now and then whether the database can be written."""
        while True:
            self._look()
            if self._duties.database.trouble is not None or self._written.age() >= WRITE_INTERVAL:
                await self._write()
                self._written.look()
            await self._sleep(LOOK_INTERVAL)

    def state(self) -> tuple[bool, Mapping[str, object]]:
        """Healthy while the leader's every duty is done. An InvokeAI that is away is not our illness, and of
        several it is enough that all is done for one.
        """
        self._look()
        discord, database, services = self._discord(), self._database(), self._services()
        return discord and database and self._working(services), {
            "role": str(self._duties.leader.role),
            "discord": discord,
            "database": database,
            "services": services,
            "servers": {
                state.server: {"reachable": state.reachable, "socket": state.socket}
                for state in self._duties.servers
            },
            "ages": {name: None if age is None else round(age, 1) for name, age in self._ages().items()},
        }

    def measure(self, metrics: Metrics) -> None:
        """The same as figures."""
        healthy, _ = self.state()
        metrics.healthy.set(healthy)
        metrics.leader.set(self._duties.leader.role == LEADER)
        parts = {"discord": self._discord(), "database": self._database(), **self._services()}
        for name, done in parts.items():
            metrics.duty_done.labels(name).set(done)
        for name, age in self._ages().items():
            metrics.duty_age.labels(name).set(float("inf") if age is None else age)
        for state in self._duties.servers:
            metrics.server_reachable.labels(state.server).set(state.reachable)
            metrics.server_socket.labels(state.server).set(state.socket)
            if state.status is not None:
                metrics.server_jobs.labels(state.server, "waiting").set(state.status.not_started)
                metrics.server_jobs.labels(state.server, "running").set(state.status.in_progress)

    def _look(self) -> None:
        for pulse in (self._written, *self._rounds.values()):
            pulse.look()
        shards = self._duties.shards()
        for number in self._heartbeats.keys() - shards.keys():
            del self._heartbeats[number]
        for number in shards:
            if number not in self._heartbeats:
                self._heartbeats[number] = Pulse(lambda number=number: self._latency(number), self._monotonic)
            self._heartbeats[number].look()

    def _latency(self, number: int) -> float:
        shard = self._duties.shards().get(number)
        return float("inf") if shard is None else shard.latency

    async def _write(self) -> None:
        try:
            await self._duties.database.write_trial()
        except DatabaseTrouble:
            return  # the database remembers it

    def _discord(self) -> bool:
        """Each shard's connection is open, and answers."""
        shards = self._duties.shards()
        return bool(shards) and all(
            not shard.is_closed() and self._heartbeats[number].age() <= MAX_HEARTBEAT_AGE
            for number, shard in shards.items()
        )

    def _database(self) -> bool:
        return self._duties.database.trouble is None and self._written.age() <= MAX_WRITE_AGE

    def _working(self, services: Mapping[str, bool]) -> bool:
        of_servers = self._duties.of_servers.values()
        of_one = {name for names in of_servers for name in names}
        shared = all(done for name, done in services.items() if name not in of_one)
        served = [all(services.get(name, False) for name in names) for names in of_servers]
        return shared and (any(served) or not served)

    def _services(self) -> dict[str, bool]:
        done = dict(self._duties.running)
        for name, pulse in self._rounds.items():
            done[name] = done.get(name, False) and pulse.age() <= MAX_ROUND_AGE
        done[LEADERSHIP] = done.get(LEADERSHIP, False) and self._duties.leader.role == LEADER
        return done

    def _ages(self) -> dict[str, float | None]:
        """Seconds since each was heard of."""
        heartbeats = [pulse.age() for pulse in self._heartbeats.values()]
        return {
            "discord": max(heartbeats, default=None),
            "database": self._written.age(),
            **{name: pulse.age() for name, pulse in self._rounds.items()},
        }
