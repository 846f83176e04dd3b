"""`outbox list` and `outbox retry`, on a database that a bot may hold open."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from store_samples import MINUTE, NOW, event, held
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.domain.events import EventKind, ServerEvent
from bot.errors import DatabaseMissing, RequestRefused
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.outcomes import Rejected, Suspended

ROOT = Path(__file__).parents[3]
WRAPPER = ROOT / "deploy" / "invokeai-discord"
BIN = str(Path(sys.executable).parent)
CHANNEL = 42
REASON = "Discord refused\nthe message: \x1b[31m /home/alexandra/x password=hunter2"


@pytest.fixture
async def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outbox:
    """Rows 1 to 3 are dead letters, 4 is pending; another channel is suspended."""
    monkeypatch.chdir(tmp_path)
    url = f"sqlite+aiosqlite:///{tmp_path / 'bot.sqlite3'}"
    monkeypatch.setenv("BOT_DATABASE_URL", url)
    database = Database(url)
    await database.open()
    outbox = Outbox(database)
    async with database.transaction() as conn:
        await outbox.add(conn, event(1, EventKind.FAILED), [CHANNEL], NOW)
        await outbox.add(conn, event(2, image=1), [CHANNEL], NOW)
        await outbox.add(conn, ServerEvent(EventKind.NEW_DATABASE, "attic", NOW), [CHANNEL], NOW)
        await outbox.add(conn, event(4), [CHANNEL + 1], NOW)
    for number in (1, 2, 3):
        assert await outbox.claim(CHANNEL, NOW, MINUTE, f"g{number}", 1)
        await outbox.settle(held(f"g{number}"), Rejected(REASON), NOW)
    assert await outbox.claim(CHANNEL + 1, NOW, MINUTE, "s", 1)
    await outbox.settle(held("s", CHANNEL + 1), Suspended("Attach Files is missing"), NOW)
    await database.close()
    return outbox


def run(*arguments: str) -> list[str]:
    result = CliRunner().invoke(cli, ["outbox", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output.splitlines()


@pytest.mark.usefixtures("outbox")
def test_what_could_not_be_delivered_is_listed_newest_first_without_secrets_or_control_characters(
    tmp_path: Path,
) -> None:
    clean = "channel 42: Discord refused the message: [31m ~/x password=***"
    assert run("list") == [
        f"Database: {tmp_path / 'bot.sqlite3'}",
        f"3  2026-03-01 12:00 UTC  new_database of attic  {clean}",
        f"2  2026-03-01 12:00 UTC  #2 completed (image 2)  {clean}",
        f"1  2026-03-01 12:00 UTC  #1 failed  {clean}",
        "channel 43 is suspended since 2026-03-01 12:00 UTC: Attach Files is missing; 1 waiting",
        "3 notices could not be delivered, 1 waiting to be sent.",
    ]


@pytest.mark.usefixtures("outbox")
def test_named_notices_or_all_are_sent_again() -> None:
    assert run("retry", "2")[1:] == ["1 notice will be sent again; a running bot finds them within a minute."]
    assert run("list")[-1] == "2 notices could not be delivered, 2 waiting to be sent."
    assert run("retry", "--all")[1].startswith("2 notices will be sent again")
    assert run("list")[-1] == "0 notices could not be delivered, 4 waiting to be sent."
    assert run("retry", "--all")[1].startswith("0 notices will be sent again")


@pytest.mark.usefixtures("outbox")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name the notices by their ids"),
        (["2", "--all"], "Name the notices by their ids"),
        (["2", "4", "9"], "Not in outbox list: 4, 9. Nothing was changed"),
    ],
)
def test_a_retry_that_names_nothing_or_something_else_changes_nothing(
    arguments: list[str], sentence: str
) -> None:
    with pytest.raises(RequestRefused, match=sentence):
        run("retry", *arguments)
    assert run("list")[-1] == "3 notices could not be delivered, 1 waiting to be sent."


@pytest.mark.parametrize("arguments", [["list"], ["retry", "--all"]])
def test_where_no_bot_has_made_a_database_that_is_said_and_none_is_made(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "data" / "bot.sqlite3"
    monkeypatch.setenv("BOT_DATABASE_URL", f"sqlite+aiosqlite:///{file}")
    with pytest.raises(DatabaseMissing) as missing:
        run(*arguments)
    assert str(missing.value) == (
        f"There is no database at {file} yet. The bot makes it at its first start; if it has started "
        "already, set BOT_DATABASE_URL as the bot has it."
    )
    assert list(tmp_path.iterdir()) == []


def test_the_wrapper_of_the_systemd_install_finds_the_service_s_database(tmp_path: Path) -> None:
    """Its three places are in a folder of the test's own."""
    settings, state, program = tmp_path / "etc", tmp_path / "var", tmp_path / "venv"
    for folder in (settings, state, program):
        folder.mkdir()
    command = shutil.which("invokeai-discord", path=BIN)
    assert command
    (program / "invokeai-discord").symlink_to(command)
    script = WRAPPER.read_text("utf-8")
    for place, ours in (
        ("/etc/invokeai-discord", settings),
        ("/var/lib/invokeai-discord", state),
        ("/opt/invokeai-discord/venv/bin", program),
    ):
        assert place in script
        script = script.replace(place, str(ours))
    wrapper = tmp_path / "wrapper"
    wrapper.write_text(script)
    wrapper.chmod(0o755)

    def said() -> str:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
        done = subprocess.run(
            [str(wrapper), "outbox", "list"],
            env=clean | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        return done.stderr

    assert f"There is no database at {state / 'bot.sqlite3'} yet." in said()
    (settings / ".env").write_text(f"BOT_DATABASE_URL=sqlite+aiosqlite:///{tmp_path / 'other.sqlite3'}\n")
    assert f"There is no database at {tmp_path / 'other.sqlite3'} yet." in said()
