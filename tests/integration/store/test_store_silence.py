"""A PostgreSQL that falls silent: every wait has an end, nothing is lost, and it goes on by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from fakes import Seconds
from silent_proxy import SilentProxy
from sqlalchemy import URL, func, select, text
from sqlalchemy.ext.asyncio import create_async_engine
from store_databases import empty_database
from store_samples import MINUTE, NOW, event
from structlog.testing import capture_logs

from bot.delivery.patient_outbox import PatientOutbox
from bot.errors import DatabaseTrouble, DatabaseUnusable
from bot.store.database import WRITERS_LOCK, Database
from bot.store.key_values import KeyValues
from bot.store.leader import Leader, Role
from bot.store.outbox import Outbox
from bot.store.outbox_writer import OutboxWake
from bot.store.subscriptions import Subscriptions
from bot.telemetry.health import Duties, Health

ANSWER = 0.4
"""Seconds that the server has for an answer here."""
LIMIT = 20
"""Seconds in which everything has to end, whatever happens."""
CHANNEL = 42


@dataclass
class Place:
    proxy: SilentProxy
    database: Database
    direct: URL


@pytest.fixture
async def place(postgresql: URL) -> AsyncIterator[Place]:
    await empty_database(postgresql)
    async with SilentProxy(postgresql).served() as proxy:
        database = Database(proxy.url, busy_ms=200, answer_timeout=ANSWER)
        await database.open()
        async with asyncio.timeout(LIMIT):
            yield Place(proxy, database, postgresql)
        proxy.speak()
        await database.close()


async def write(database: Database, key: str) -> None:
    async with database.transaction() as conn:
        await KeyValues(database).set(conn, key, "written")


async def test_every_writer_and_reader_gets_an_error_in_one_sentence_and_all_work_again_after_it(
    place: Place,
) -> None:
    await write(place.database, "before")
    place.proxy.fall_silent()
    tries = [write(place.database, f"try {number}") for number in range(3)]
    found = await asyncio.gather(*tries, KeyValues(place.database).get("before"), return_exceptions=True)
    for error in found:
        assert isinstance(error, DatabaseTrouble), error
        assert str(error).endswith("does not answer: look at its server, and at the network between.")
    assert place.database.trouble is not None
    place.proxy.speak()
    await write(place.database, "after")
    assert await KeyValues(place.database).get("after") == "written"
    assert await KeyValues(place.database).get("try 0") is None


async def test_a_server_that_falls_silent_in_the_middle_of_a_transaction_ends_it(place: Place) -> None:
    async def write_twice() -> None:
        async with place.database.transaction() as conn:
            await KeyValues(place.database).set(conn, "half", "written")
            place.proxy.fall_silent()
            await KeyValues(place.database).set(conn, "whole", "written")

    with pytest.raises(DatabaseTrouble, match="does not answer"):
        await write_twice()
    place.proxy.speak()
    await write(place.database, "after")
    assert await KeyValues(place.database).get("half") is None


async def test_a_commit_without_an_answer_is_trouble(place: Place) -> None:
    async def write_and_fall_silent() -> None:
        async with place.database.transaction() as conn:
            await KeyValues(place.database).set(conn, "perhaps", "written")
            place.proxy.fall_silent()

    with pytest.raises(DatabaseTrouble, match="does not answer"):
        await write_and_fall_silent()
    place.proxy.speak()
    await write(place.database, "after")


async def test_the_outbox_waits_a_silence_out_and_loses_nothing(place: Place) -> None:
    outbox = Outbox(place.database)
    async with place.database.transaction() as conn:
        await outbox.add(conn, event(812), [CHANNEL], NOW)
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            place.proxy.speak()

    patient = PatientOutbox(outbox, Subscriptions(place.database).preferences, wake=OutboxWake(), sleep=sleep)
    place.proxy.fall_silent()
    with capture_logs() as logs:
        claim = await patient.claim(CHANNEL, NOW, MINUTE, "group", 10)
    assert claim is not None
    assert len(claim.rows) == 1
    assert pauses == [1.0, 2.0]
    assert [line["event"] for line in logs] == ["outbox_delayed", "outbox_delayed"]
    assert "does not answer" in logs[0]["reason"]


async def test_healthz_says_so_and_is_well_again_after_it(place: Place) -> None:
    seconds, leader = Seconds(), Leader(place.proxy.url, answer_timeout=ANSWER)
    leader.role = Role.LEADER

    class Open:
        latency = 0.04

        def is_closed(self) -> bool:
            return False

    duties = Duties(leader, place.database, lambda: {0: Open()}, {"leadership": True}, {}, [])
    health = Health(duties, monotonic=seconds, sleep=seconds.sleep)
    assert health.state()[0]
    place.proxy.fall_silent()
    with pytest.raises(DatabaseTrouble):
        await place.database.write_trial()
    healthy, said = health.state()
    assert (healthy, said["database"]) == (False, False)
    place.proxy.speak()
    await place.database.write_trial()
    assert health.state()[0]


async def test_a_program_that_holds_the_writer_s_lock_is_not_waited_for_for_ever(place: Place) -> None:
    engine = create_async_engine(place.direct)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        async with engine.begin() as other:
            await other.execute(select(func.pg_advisory_xact_lock(WRITERS_LOCK)))
            with pytest.raises(DatabaseTrouble, match="is held by another program: stop the other one"):
                await write(place.database, "while held")
        await write(place.database, "after")


async def test_the_server_ends_a_transaction_whose_bot_is_gone(place: Place) -> None:
    async with place.database.reading() as conn:
        names = ("idle_in_transaction_session_timeout", "lock_timeout")
        found = {name: await conn.scalar(text(f"SHOW {name}")) for name in names}
    assert found == {"idle_in_transaction_session_timeout": "1min", "lock_timeout": "200ms"}


async def test_a_start_beside_a_silent_server_is_refused_in_one_sentence(place: Place) -> None:
    other = Database(place.proxy.url, answer_timeout=ANSWER)
    place.proxy.fall_silent()
    with pytest.raises(DatabaseUnusable, match="does not answer: look at its server"):
        await other.open()


async def test_a_bot_stops_while_the_server_is_silent(place: Place) -> None:
    leader = Leader(place.proxy.url, answer_timeout=ANSWER)
    await leader.lead()
    place.proxy.fall_silent()
    await leader.release()
    await place.database.close()
