"""Health, with a Discord, a database and services that stop doing what they should."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fakes import Seconds
from prometheus_client import generate_latest

from bot.domain.queue import QueueStatus
from bot.domain.queue_state import QueueState
from bot.store.database import Database
from bot.store.leader import Leader, Role
from bot.telemetry.health import (
    MAX_HEARTBEAT_AGE,
    MAX_ROUND_AGE,
    MAX_WRITE_AGE,
    WRITE_INTERVAL,
    Duties,
    Health,
)
from bot.telemetry.metrics import Metrics


class EndOfTest(Exception):
    """Enough looks."""


@dataclass
class Shard:
    latency: float = 0.04
    closed: bool = False

    def is_closed(self) -> bool:
        return self.closed


@dataclass
class Bot:
    """Everything that health looks at; all is well at first."""

    folder: Path
    seconds: Seconds = field(default_factory=Seconds)
    shards: dict[int, Shard] = field(default_factory=lambda: {0: Shard()})
    rounds: dict[str, int] = field(default_factory=lambda: {"delivery": 0, "watcher of box": 0})
    server: QueueState = field(default_factory=lambda: QueueState("box"))
    of_servers: dict[str, set[str]] = field(default_factory=lambda: {"box": {"watcher of box"}})

    def __post_init__(self) -> None:
        url = f"sqlite:///{self.folder / 'bot.db'}"
        self.database, self.leader = Database(url, busy_ms=1), Leader(url)
        self.leader.role = Role.LEADER
        names = ("leadership", "delivery", "watcher of box", "owners")
        self.running: dict[str, bool] = {name: True for name in names}  # noqa: C420 - pyright takes the names for the type
        duties = Duties(
            self.leader,
            self.database,
            lambda: self.shards,
            self.running,
            {name: lambda name=name: self.rounds[name] for name in self.rounds},
            [self.server],
            self.of_servers,
        )
        self.health = Health(duties, monotonic=self.seconds, sleep=self.seconds.sleep)
        self.health.state()

    def live(self, seconds: float, *, but: str = "") -> None:
        """All is well for so long, but for one part."""
        self.seconds.now += seconds
        for number, shard in self.shards.items():
            if but != f"shard {number}":
                shard.latency += 0.001
        for name in self.rounds:
            if name != but:
                self.rounds[name] += 1
        if but != "database":
            self.database.trials += 1
        self.health.state()

    def said(self) -> dict[str, Any]:
        healthy, state = self.health.state()
        return {"healthy": healthy, **state}


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def test_a_bot_that_does_all_its_duties_is_healthy_and_says_since_when(bot: Bot) -> None:
    bot.live(30)
    bot.seconds.now += 2.04
    assert bot.said() == {
        "healthy": True,
        "role": "leader",
        "discord": True,
        "database": True,
        "services": {"leadership": True, "delivery": True, "watcher of box": True, "owners": True},
        "servers": {"box": {"reachable": True, "socket": False}},
        "ages": {"discord": 2.0, "database": 2.0, "delivery": 2.0, "watcher of box": 2.0},
    }


def test_a_bot_that_is_not_connected_yet_is_not_healthy(bot: Bot) -> None:
    bot.shards.clear()
    said = bot.said()
    assert (said["healthy"], said["discord"], said["ages"]["discord"]) == (False, False, None)


def test_one_closed_shard_is_enough_to_be_ill(bot: Bot) -> None:
    bot.shards[1] = Shard()
    bot.live(5)
    assert bot.said()["healthy"]
    bot.shards[1].closed = True
    assert (bot.said()["healthy"], bot.said()["discord"]) == (False, False)


def test_a_gateway_that_acknowledges_no_heartbeat_is_taken_for_dead_though_its_socket_is_open(
    bot: Bot,
) -> None:
    bot.shards[1] = Shard()
    bot.live(1)
    bot.live(MAX_HEARTBEAT_AGE, but="shard 1")
    assert bot.said()["discord"]
    bot.live(0.1, but="shard 1")
    assert (bot.said()["healthy"], bot.said()["discord"]) == (False, False)
    bot.live(0.1)
    assert bot.said()["healthy"]


def test_a_database_that_nobody_can_write_is_said_at_once_and_one_that_hangs_after_a_while(bot: Bot) -> None:
    bot.database.trouble = "held"
    assert (bot.said()["healthy"], bot.said()["database"]) == (False, False)
    bot.database.trouble = None
    assert bot.said()["healthy"]
    bot.live(MAX_WRITE_AGE + 1, but="database")
    assert (bot.said()["healthy"], bot.said()["database"]) == (False, False)


@pytest.mark.parametrize("name", ["delivery", "watcher of box"])
def test_a_service_that_does_no_rounds_is_ill(bot: Bot, name: str) -> None:
    bot.live(MAX_ROUND_AGE, but=name)
    assert bot.said()["healthy"]
    bot.live(1, but=name)
    assert not bot.said()["healthy"]
    assert [one for one, done in bot.said()["services"].items() if not done] == [name]


@pytest.mark.parametrize("name", ["delivery", "owners"])
def test_a_service_that_fell_is_ill_until_it_runs_again(bot: Bot, name: str) -> None:
    bot.running[name] = False
    assert [one for one, done in bot.said()["services"].items() if not done] == [name]
    assert not bot.said()["healthy"]
    bot.running[name] = True
    assert bot.said()["healthy"]


def test_a_bot_that_lost_the_lead_is_a_standby_and_not_healthy(bot: Bot) -> None:
    bot.leader.role = Role.STANDBY
    said = bot.said()
    assert (said["healthy"], said["role"], said["services"]["leadership"]) == (False, "standby", False)


def test_an_invokeai_that_is_away_is_told_and_is_no_illness(bot: Bot) -> None:
    bot.server.connected()
    assert bot.said()["servers"] == {"box": {"reachable": True, "socket": True}}
    bot.server.disconnected()
    bot.server.reachable = False
    assert bot.said()["servers"] == {"box": {"reachable": False, "socket": False}}
    assert bot.said()["healthy"]


async def test_the_database_is_tried_every_half_minute_and_at_each_look_while_it_is_in_trouble(
    bot: Bot,
) -> None:
    tried: list[float] = []

    async def until_it_is_enough(seconds: float) -> None:
        if bot.database.trials > len(tried):
            tried.append(bot.seconds.now)
        if len(tried) == 2 and bot.seconds.now == tried[1]:
            bot.database.trouble = "held"
        if len(tried) == 3:
            raise EndOfTest
        await bot.seconds.sleep(seconds)

    bot.health._sleep = until_it_is_enough  # pyright: ignore[reportPrivateUsage]  # to end an endless service
    await bot.database.open()
    try:
        with pytest.raises(EndOfTest):
            await bot.health.run()
    finally:
        await bot.database.close()
    assert tried == [WRITE_INTERVAL, 2 * WRITE_INTERVAL, 2 * WRITE_INTERVAL + 5]
    assert bot.said()["database"]


def test_the_same_is_told_as_figures(bot: Bot) -> None:
    bot.live(10)
    bot.seconds.now += 1
    bot.running["owners"] = False
    bot.server.read(QueueStatus("box", 3, 1, 2, 10, 20, 30, paused=False, processing=True))
    metrics = Metrics()
    bot.health.measure(metrics)
    lines = generate_latest(metrics.registry).decode().splitlines()
    for line in (
        "bot_healthy 0.0",
        "bot_leader 1.0",
        'bot_duty_done{duty="discord"} 1.0',
        'bot_duty_done{duty="database"} 1.0',
        'bot_duty_done{duty="owners"} 0.0',
        'bot_duty_age_seconds{duty="delivery"} 1.0',
        'bot_server_reachable{server="box"} 1.0',
        'bot_server_socket{server="box"} 0.0',
        'bot_server_jobs{server="box",state="waiting"} 5.0',
        'bot_server_jobs{server="box",state="running"} 1.0',
    ):
        assert line in lines


def test_of_several_servers_one_whose_services_run_is_enough(bot: Bot) -> None:
    bot.of_servers["attic"] = {"watcher of attic"}
    bot.running["watcher of attic"] = False
    bot.live(5)
    assert bot.said()["healthy"]
    assert not bot.said()["services"]["watcher of attic"]
    bot.running["watcher of box"] = False
    assert not bot.said()["healthy"]
    bot.running["watcher of attic"] = True
    assert bot.said()["healthy"]
    bot.running["owners"] = False
    assert not bot.said()["healthy"]
