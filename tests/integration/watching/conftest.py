"""A place with a real database, and a watcher that has its baseline there."""

import pytest
from watcher_place import Place, begun, subscribed

from bot.store.database import Database
from bot.watching.watcher import Watcher


@pytest.fixture
async def place(file_database: Database) -> Place:
    return await subscribed(file_database)


@pytest.fixture
async def watcher(place: Place) -> Watcher:
    return await begun(place)
