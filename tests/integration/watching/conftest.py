"""A place with a real database, and a watcher that has its baseline there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from watcher_place import Place, begun, opened

from bot.watching.watcher import Watcher


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with opened(tmp_path) as place:
        yield place


@pytest.fixture
async def watcher(place: Place) -> Watcher:
    return await begun(place)
