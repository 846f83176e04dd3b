"""What an older bot wrote, after the migration."""

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from store_databases import Opener
from store_samples import NOW

from bot.domain.events import EventKind
from bot.domain.subscriptions import Preferences, Subscription
from bot.store.database import Database
from bot.store.schema import metadata
from bot.store.subscriptions import Subscriptions

BEFORE: dict[str, frozenset[EventKind]] = {
    "canceled completed failed": frozenset(
        {EventKind.CANCELED, EventKind.COMPLETED, EventKind.FAILED, EventKind.INTERRUPTED}
    ),
    "failed": frozenset({EventKind.FAILED, EventKind.INTERRUPTED}),
    "canceled": frozenset({EventKind.CANCELED, EventKind.INTERRUPTED}),
    "completed": frozenset({EventKind.COMPLETED}),
    "": frozenset(),
}


def back_to(connection: Connection, revision: str) -> None:
    """The tables as a bot of that revision made them."""
    metadata.drop_all(connection)
    connection.execute(text("DROP TABLE invokeai_discord_revision"))
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "bot.store:migrations")
    command.upgrade(config, revision)


@pytest.fixture
async def migrated(open_database: Opener) -> Database:
    old = await open_database()
    async with old.transaction() as conn:
        await conn.run_sync(back_to, "0001")
        for channel_id, words in enumerate(BEFORE, start=1):
            values = {"channel": channel_id, "words": words}
            subscribe = "INSERT INTO subscriptions (channel_id, guild_id, kinds) VALUES (:channel, 7, :words)"
            await conn.execute(text(subscribe), values)
        begin = "INSERT INTO servers (server, highest, floor, newest_at) VALUES ('attic', 9, 9, :now)"
        await conn.execute(text(begin), {"now": NOW.replace(tzinfo=None) if _sqlite(old) else NOW})
    await old.close()
    return await open_database()


def _sqlite(database: Database) -> bool:
    return database.place.endswith(".db")


@pytest.mark.filterwarnings("ignore:The default datetime adapter:DeprecationWarning")
async def test_who_heard_of_cancellations_or_failures_hears_of_interruptions(migrated: Database) -> None:
    found = await Subscriptions(migrated).all()
    assert [subscription.kinds for subscription in found] == list(BEFORE.values())


@pytest.mark.filterwarnings("ignore:The default datetime adapter:DeprecationWarning")
async def test_who_had_no_preferences_has_none(migrated: Database) -> None:
    assert {found.preferences for found in await Subscriptions(migrated).all()} == {Preferences()}


@pytest.mark.filterwarnings("ignore:The default datetime adapter:DeprecationWarning")
async def test_a_server_is_in_its_first_epoch_and_how_far_it_reaches_is_learnt_anew(
    migrated: Database,
) -> None:
    async with migrated.reading() as conn:
        rows = (await conn.execute(text("SELECT highest, floor, newest_at, epoch FROM servers"))).all()
    assert [tuple(row) for row in rows] == [(9, 9, None, 0)]


async def test_who_was_subscribed_before_there_were_preferences_hears_the_same_as_before(
    open_database: Opener,
) -> None:
    old = await open_database()
    async with old.transaction() as conn:
        await conn.run_sync(back_to, "0002")
        subscribe = (
            "INSERT INTO subscriptions (channel_id, guild_id, kinds) VALUES (42, 7, 'completed failed')"
        )
        await conn.execute(text(subscribe))
    await old.close()
    kinds = frozenset({EventKind.COMPLETED, EventKind.FAILED})
    assert await Subscriptions(await open_database()).all() == [
        Subscription(42, 7, None, kinds, Preferences())
    ]
