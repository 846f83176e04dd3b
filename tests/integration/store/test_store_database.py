import asyncio
import contextlib
import os
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import DBAPIError
from store_databases import Opener
from structlog.testing import capture_logs

from bot.errors import DatabaseMissing, DatabaseUnusable, SettingWrong
from bot.store.database import Database
from bot.store.key_values import KeyValues
from bot.store.leader import Leader
from bot.store.migrate import VERSION_TABLE
from bot.store.schema import key_values, metadata

LONG = f"postgresql://bot:secret@{'a' * 70}/bot"


def differences(connection: Connection) -> object:
    options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder}/bot.db"


async def test_the_migrations_make_the_tables_that_the_code_expects(database: Database) -> None:
    async with database.reading() as conn:
        assert await conn.run_sync(differences) == []


async def test_a_database_opens_again_with_what_was_written(open_database: Opener) -> None:
    first = await open_database()
    async with first.transaction() as conn:
        await KeyValues(first).set(conn, "commands:1", "abc")
        await KeyValues(first).set(conn, "commands:1", "def")
    await first.close()
    assert await KeyValues(await open_database()).get("commands:1") == "def"


async def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    async def write_and_fail() -> None:
        async with database.transaction() as conn:
            await KeyValues(database).set(conn, "half", "done")
            raise KeyError

    with pytest.raises(KeyError):
        await write_and_fail()
    assert await KeyValues(database).get("half") is None


async def test_a_cancelled_transaction_leaves_nothing_and_holds_no_lock(database: Database) -> None:
    written = asyncio.Event()

    async def write_and_wait() -> None:
        async with database.transaction() as conn:
            await KeyValues(database).set(conn, "half", "done")
            written.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write_and_wait())
    await written.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    async with database.transaction() as conn:
        await KeyValues(database).set(conn, "whole", "done")
    assert await KeyValues(database).get("half") is None
    assert await KeyValues(database).get("whole") == "done"


async def test_what_one_writer_reads_no_other_process_changes(open_database: Opener) -> None:
    first, second = await open_database(), await open_database()

    async def count_up(database: Database) -> None:
        for _ in range(10):
            async with database.transaction() as conn:
                value = await conn.scalar(text("SELECT value FROM key_values WHERE key = 'n'"))
                await KeyValues(database).set(conn, "n", str(int(value or 0) + 1))

    await asyncio.gather(count_up(first), count_up(second), count_up(first))
    assert await KeyValues(first).get("n") == "30"


async def test_reading_waits_for_no_writer_and_sees_only_what_is_committed(database: Database) -> None:
    async with database.transaction() as conn:
        await KeyValues(database).set(conn, "half", "done")
        assert await KeyValues(database).get("half") is None


async def test_a_reader_cannot_write(database: Database) -> None:
    async with database.reading() as conn:
        with pytest.raises(DBAPIError, match=r"readonly|read-only"):
            await conn.execute(insert(key_values).values(key="a", value="b"))


async def test_a_database_of_a_newer_bot_is_refused(open_database: Opener, database_url: str) -> None:
    database = await open_database()
    async with database.transaction() as conn:
        await conn.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    await database.close()
    with pytest.raises(DatabaseUnusable, match=r"newer bot \(revision 9999\)"):
        await Database(database_url).open()


async def test_who_makes_no_database_is_told_that_there_is_none_and_leaves_none(
    database_url: str, tmp_path: Path
) -> None:
    database = Database(database_url)
    with pytest.raises(DatabaseMissing, match=r"^There is no database at .* yet\. .* first start; .*\.$"):
        await database.open_existing()
    assert not (tmp_path / "data").exists()
    await database.open()
    await database.close()
    await database.open_existing()
    assert await database.check()
    await database.close()


async def test_an_empty_file_is_no_database_and_stays_empty(tmp_path: Path) -> None:
    (tmp_path / "bot.db").touch()
    with pytest.raises(DatabaseMissing):
        await Database(sqlite_url(tmp_path)).open_existing()
    assert (tmp_path / "bot.db").stat().st_size == 0


async def test_a_database_of_a_newer_bot_is_refused_to_who_makes_none_too(
    open_database: Opener, database_url: str
) -> None:
    database = await open_database()
    async with database.transaction() as conn:
        await conn.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    await database.close()
    with pytest.raises(DatabaseUnusable, match=r"newer bot \(revision 9999\)"):
        await Database(database_url).open_existing()


async def test_two_processes_may_start_at_once_on_an_empty_database(open_database: Opener) -> None:
    await asyncio.gather(open_database(), open_database())


async def test_check_says_what_stands_there_and_leaves_no_trace(database: Database) -> None:
    said = await database.check()
    assert said.startswith(("SQLite, revision 0019, ", "PostgreSQL, revision 0019, "))
    assert database.place in said
    assert await KeyValues(database).get("check") is None


async def test_a_new_sqlite_file_belongs_to_its_user_alone(tmp_path: Path) -> None:
    previous = os.umask(0)
    database = Database(sqlite_url(tmp_path / "new"))
    try:
        await database.open()
        async with database.transaction() as conn:
            await KeyValues(database).set(conn, "a", "b")
        folder = tmp_path / "new"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        names = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        assert names == {"bot.db": 0o600, "bot.db-wal": 0o600, "bot.db-shm": 0o600}
    finally:
        await database.close()
        os.umask(previous)
    assert [path.name for path in folder.iterdir()] == ["bot.db"]


async def test_a_folder_or_file_that_others_may_read_is_said_with_its_mend_and_left_as_it_is(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    path = folder / "bot.db"
    path.touch()
    for mode, paths in ((0o755, [str(folder), str(path)]), (0o700, [])):
        folder.chmod(mode)
        path.chmod(0o644 if paths else 0o600)
        database = Database(sqlite_url(folder))
        with capture_logs() as logs:
            await database.open()
        await database.close()
        said = [line for line in logs if line["event"] == "database_open_to_others"]
        assert [line["paths"] for line in said] == ([paths] if paths else [])
        assert [line["fix"] for line in said] == ([f"chmod go-rwx {folder} {path}"] if paths else [])
        assert stat.S_IMODE(folder.stat().st_mode) == mode


async def test_sqlite_keeps_what_it_committed_over_a_power_cut_and_checks_keys(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    await database.open()
    async with database.transaction() as conn:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = [(await conn.exec_driver_sql(f"PRAGMA {name}")).scalar_one() for name in names]
    await database.close()
    assert found == ["wal", 2, 1, 10_000]


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
async def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bot.db").write_bytes(content)
    with pytest.raises(DatabaseUnusable, match=r"^The database .*bot\.db is .*\.$"):
        await Database(sqlite_url(tmp_path)).open()


async def test_a_file_damaged_in_its_middle_is_refused(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    await database.open()
    async with database.transaction() as conn:
        for key in range(200):
            await KeyValues(database).set(conn, str(key), "x" * 400)
    await database.close()
    file = tmp_path / "bot.db"
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = b"\xa5" * (len(content) - len(content) // 2)
    file.write_bytes(content)
    with pytest.raises(DatabaseUnusable, match="damaged"):
        await Database(sqlite_url(tmp_path)).open()


async def test_a_folder_where_the_file_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bot.db").mkdir()
    with pytest.raises(DatabaseUnusable, match="directory"):
        await Database(sqlite_url(tmp_path)).open()


async def test_an_absent_server_is_refused_without_its_password() -> None:
    with pytest.raises(
        DatabaseUnusable, match=r"^The database 127\.0\.0\.1:1/bot can't be used: .*\.$"
    ) as refusal:
        await Database("postgresql+asyncpg://bot:secret@127.0.0.1:1/bot").open()
    assert "secret" not in str(refusal.value)


async def test_a_host_that_cannot_be_one_is_refused_in_one_sentence() -> None:
    for opened in (Database(LONG).open(), Leader(LONG).lead()):
        with pytest.raises(DatabaseUnusable, match=r"^The database a+/bot can't be used: .*\.$") as refusal:
            await opened
        assert "secret" not in str(refusal.value)


async def test_an_absent_database_on_the_server_is_refused(database_url: str) -> None:
    if not database_url.startswith("postgresql"):
        pytest.skip("SQLite makes its file")
    with pytest.raises(DatabaseUnusable, match="does not exist"):
        await Database(database_url.replace("/postgres?", "/absent?")).open()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "mysql://bot:secret@localhost/x",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///bot.db?mode=ro",
        "sqlite:///bot\0.db",
        "postgresql://bot:secret@host:port/x",
        "postgresql+asyncpg://bot:secret@host/x?sslmode=require",
        "postgresql+asyncpg://bot:p/@secret@host/x",
        "postgresql+asyncpg://bot:secret@ho st/x",
    ],
)
def test_an_address_that_names_no_lasting_database_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingWrong, match="BOT_DATABASE_URL") as refusal:
        Database(url)
    assert "secret" not in str(refusal.value)


async def test_an_open_database_is_not_opened_again(database: Database) -> None:
    with pytest.raises(RuntimeError, match="open already"):
        await database.open()
    assert await KeyValues(database).get("still") is None


async def test_a_database_that_is_not_open_says_so(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    await database.close()
    with pytest.raises(RuntimeError, match="not open"):
        await database.check()


async def test_only_what_need_not_outlive_a_power_cut_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'bot.sqlite3'}")
    await database.open()
    modes: list[int] = []
    for lasting in (True, False, True):
        async with database.transaction(lasting=lasting) as conn:
            modes.append((await conn.exec_driver_sql("PRAGMA synchronous")).scalar_one())
    await database.close()
    full, normal = 2, 1
    assert modes == [full, normal, full]
