"""What the settings name otherwise than at the last start is said in the log, once."""

from typing import Any

from store_samples import NOW, event
from structlog.testing import capture_logs

from bot.domain.queue import HeldPause
from bot.domain.submissions import Asker, Submission
from bot.store.database import Database
from bot.store.known_servers import KnownServer, KnownServers
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.pauses import HeldPauses
from bot.store.submissions import Submissions

STUDIO = KnownServer("http://studio:9090", "default")
ATTIC = KnownServer("http://attic:9090", "default")


async def said(database: Database, **named: KnownServer) -> list[dict[str, Any]]:
    """By a start with these in the settings."""
    with capture_logs() as logs:
        await KnownServers(database).compare(named)
    return [dict(entry) for entry in logs]


async def test_at_the_first_start_and_at_the_same_again_nothing_is_said(database: Database) -> None:
    assert await said(database, studio=STUDIO, attic=ATTIC) == []
    assert await said(database, attic=ATTIC, studio=STUDIO) == []


async def test_one_that_is_added_taken_out_and_back_is_said_once_each(database: Database) -> None:
    await said(database, studio=STUDIO)
    [added] = await said(database, studio=STUDIO, attic=ATTIC)
    assert (added["event"], added["server"]) == ("server_added", "attic")
    [removed] = await said(database, studio=STUDIO)
    assert (removed["event"], removed["server"], removed["left"]) == (
        "server_removed",
        "attic",
        "nothing waits",
    )
    assert await said(database, studio=STUDIO) == []
    [back] = await said(database, studio=STUDIO, attic=ATTIC)
    assert (back["event"], back["server"]) == ("server_back", "attic")


async def test_what_waits_under_the_name_of_one_that_is_taken_out_is_named(database: Database) -> None:
    await said(database, studio=STUDIO, attic=ATTIC)
    async with database.transaction() as conn:
        await Outbox(database).add(conn, event(1, server="attic"), [42, 43], NOW)
        await Outbox(database).add(conn, event(1, server="studio"), [42], NOW)
        await HeldPauses(database).hold(conn, HeldPause("attic", 7, NOW))
    asked = Submission(0, "attic", "b", Asker(7), NOW, jobs=5, sent=2, body="{}")
    await Submissions(database).add(asked)
    [removed] = await said(database, studio=STUDIO)
    assert removed["left"] == (
        "notices that still go out, without pictures: 2; jobs that people asked for, not queued: 3; "
        "a pause that is not kept"
    )


async def test_the_same_address_under_another_name_is_told_from_a_new_one(database: Database) -> None:
    await said(database, studio=STUDIO)
    renamed, removed = await said(database, atelier=STUDIO)
    assert (renamed["event"], renamed["server"], renamed["before"]) == ("server_renamed", "atelier", "studio")
    assert "Name it studio again" in renamed["fix"]
    assert (removed["event"], removed["server"]) == ("server_removed", "studio")


async def test_another_queue_of_one_that_is_gone_is_a_new_one(database: Database) -> None:
    await said(database, studio=STUDIO)
    events = [each["event"] for each in await said(database, night=KnownServer(STUDIO.address, "night"))]
    assert events == ["server_added", "server_removed"]


async def test_another_address_under_the_same_name_is_said(database: Database) -> None:
    await said(database, studio=STUDIO)
    [moved] = await said(database, studio=ATTIC)
    assert (moved["event"], moved["before"], moved["now"]) == (
        "server_moved",
        "http://studio:9090 default",
        "http://attic:9090 default",
    )
    assert await said(database, studio=ATTIC) == []


async def test_one_that_an_older_bot_watched_is_known_though_not_where_it_was(database: Database) -> None:
    async with database.transaction() as conn:
        await Ledger(database).begin(conn, "invokeai", 7, [], NOW)
    assert [each["event"] for each in await said(database, studio=STUDIO)] == [
        "server_added",
        "server_removed",
    ]
    assert [each["event"] for each in await said(database, studio=STUDIO, invokeai=ATTIC)] == ["server_back"]
