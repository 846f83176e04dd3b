"""`guilds list` and `drop`, `channels list` and `off`, on a database that a bot may hold open."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from store_samples import NOW, event
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.domain.events import EventKind
from bot.domain.quiet_hours import Rule, quiet_hours
from bot.domain.subscriptions import ENDS, Preferences, Subscription
from bot.errors import RequestRefused
from bot.render.subscription_text import BUZZES
from bot.store.database import Database
from bot.store.guilds import FirstChannels, Guilds
from bot.store.outbox import Outbox
from bot.store.subscriptions import Subscriptions

OWNED, NAMED, NEITHER = 7, 8, 9
FILTERED = Preferences(
    origins=frozenset({"canvas_\x1b[31m"}), rule=Rule(quiet=quiet_hours("22:00-07:30 Europe/Berlin"))
)
GETS = (
    "gets finished pictures, failures, cancellations, the queue's end and a live card; "
    "buzzes: once a batch, at its end"
)


@pytest.fixture
async def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Guild 7 is the owner's, 8 a setting's, 9 nobody's any more; 70, 80 and 90 are their channels."""
    monkeypatch.chdir(tmp_path)
    url = f"sqlite+aiosqlite:///{tmp_path / 'bot.sqlite3'}"
    monkeypatch.setenv("BOT_DATABASE_URL", url)
    monkeypatch.setenv("DISCORD_GUILD_IDS", str(NAMED))
    database = Database(url)
    await database.open()
    subscriptions, outbox = Subscriptions(database), Outbox(database)
    async with database.transaction() as conn:
        await Guilds(database).adopt(conn, OWNED)
        await subscriptions.subscribe(conn, Subscription(70, OWNED, None, ENDS))
        await subscriptions.subscribe(
            conn, Subscription(80, NAMED, None, frozenset({EventKind.FAILED}), FILTERED)
        )
        await subscriptions.subscribe(conn, Subscription(90, NEITHER, None, ENDS))
        await outbox.add(conn, event(1), [70, 90], NOW)
    await database.close()
    return url


def run(*arguments: str) -> list[str]:
    """What it says after naming the database."""
    result = CliRunner().invoke(cli, [*arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    named, *said = result.output.splitlines()
    assert named.startswith("Database: ")
    return said


@pytest.mark.usefixtures("url")
def test_guilds_are_listed_with_who_adopted_them() -> None:
    assert run("guilds", "list") == [
        "7  adopted by the owner  1 channel",
        "8  adopted by the settings  1 channel",
        "9  not adopted, so it gets nothing  1 channel",
        "2 servers are adopted.",
    ]


@pytest.mark.usefixtures("url")
def test_channels_are_listed_with_what_they_get_without_control_characters() -> None:
    filtered = (
        f"only origin canvas_[31m; buzzes: {BUZZES[Rule().buzz]}; quiet hours 22:00-07:30 Europe/Berlin"
    )
    assert run("channels", "list") == [
        f"70  server 7, adopted by the owner  {GETS}",
        f"80  server 8, adopted by the settings  gets failures and a live card; {filtered}",
        f"90  server 9, not adopted, so it gets nothing  {GETS}",
        "3 channels are subscribed.",
    ]


@pytest.mark.usefixtures("url")
def test_a_dropped_guild_is_adopted_no_more_and_what_waited_for_it_is_gone() -> None:
    assert run("guilds", "drop", "7") == [
        "Server 7 is no longer adopted. 1 channel there gets no more notices. Dropped 1 notice still waiting."
    ]
    assert run("guilds", "drop", "7") == ["Server 7 was not adopted."]
    assert run("guilds", "list")[-1] == "1 server is adopted."
    assert [line.split()[0] for line in run("channels", "list")] == ["80", "90", "2"]


@pytest.mark.usefixtures("url")
def test_of_a_guild_that_a_setting_names_the_channels_end_and_the_setting_is_named() -> None:
    [said] = run("guilds", "drop", "8")
    assert said.startswith(
        "1 channel there gets no more notices. The settings still adopt it: take it out of"
    )
    [said] = run("guilds", "drop", "8")
    assert said.startswith("Server 8 already gets no notices. The settings still adopt it")


@pytest.mark.usefixtures("url")
def test_a_channel_ends_with_what_waited_for_it() -> None:
    assert run("channels", "off", "90") == [
        "Channel 90 gets no more notices. Dropped 1 notice still waiting."
    ]
    assert run("channels", "off", "80") == ["Channel 80 gets no more notices."]
    with pytest.raises(RequestRefused, match="Channel 80 is not subscribed: see channels list"):
        run("channels", "off", "80")
    assert run("channels", "list")[-1] == "1 channel is subscribed."


async def test_a_list_changes_nothing(url: str) -> None:
    database = Database(url)
    await database.open()
    waited = await Outbox(database).pending_count()
    assert waited == 2
    for command in ("guilds", "channels"):
        run_apart(command)
    assert await Outbox(database).pending_count() == waited
    await database.close()


async def test_a_first_channel_that_no_start_has_seen_is_said_to_be_adopted_later(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_CHANNEL_ID", "100")
    assert run_apart("guilds")[-1] == "The server of DISCORD_CHANNEL_ID will be, once the bot has started."
    database = Database(url)
    await database.open()
    async with database.transaction() as conn:
        await FirstChannels(database).remember(conn, 100, 10)
    await database.close()
    assert "10  adopted by the settings  0 channels" in run_apart("guilds")


def run_apart(command: str) -> list[str]:
    """Its list, from a thread of its own: a command makes its own event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run, command, "list").result()
