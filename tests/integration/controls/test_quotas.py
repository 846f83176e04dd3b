"""A person's quota is for all InvokeAI together."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from creating_place import ANN, BOSS, GUILD, Atelier

from bot.controls.quotas import Quotas
from bot.domain.creation import Wish
from bot.domain.submissions import BatchState
from bot.errors import InvokeAIUnavailable, QuotaReached
from bot.store.database import Database


class Several:
    def __init__(self, database: Database) -> None:
        quotas = Quotas()
        self.studio = Atelier(database, server="studio", quotas=quotas)
        self.attic = Atelier(database, server="attic", quotas=quotas)

    async def left(self) -> int:
        usage, _ = await self.attic.creating.usage(ANN.user_id)
        return usage.unfinished


@pytest.fixture
async def several(tmp_path: Path) -> AsyncIterator[Several]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'bot.sqlite3'}")
    await database.open()
    yield Several(database)
    await database.close()


async def test_what_waits_on_another_server_counts_and_is_told_once(several: Several) -> None:
    await several.studio.creating.imagine(ANN, Wish("a lake", count=3))
    with pytest.raises(QuotaReached, match="3"):
        await several.attic.creating.imagine(ANN, Wish("a lake", count=2))
    await several.attic.creating.imagine(ANN, Wish("a lake"))
    usage, quota = await several.studio.creating.usage(ANN.user_id)
    assert (usage.unfinished, usage.today, quota.waiting) == (4, 4, 4)
    await several.attic.creating.imagine(BOSS, Wish("a lake", count=9))
    people, _ = await several.studio.creating.everybody(GUILD)
    assert [(one.user_id, one.usage.unfinished, one.usage.today) for one in people] == [(6, 9, 9), (5, 4, 4)]


async def test_two_requests_at_once_on_two_servers_do_not_both_find_room(several: Several) -> None:
    asked = [each.creating.imagine(ANN, Wish("a lake", count=3)) for each in (several.studio, several.attic)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert sorted(isinstance(one, QuotaReached) for one in results) == [False, True]
    assert await several.left() == 3


async def test_on_a_server_that_is_away_all_counts_that_is_not_known_to_have_ended(several: Several) -> None:
    await several.studio.creating.imagine(ANN, Wish("a lake", count=3))

    async def away(batch_id: str) -> BatchState:
        raise InvokeAIUnavailable(f"{batch_id}: studio is away")

    several.studio.feed.counts = away
    assert await several.left() == 3
    with pytest.raises(QuotaReached):
        await several.attic.creating.imagine(ANN, Wish("a lake", count=2))
    people, _ = await several.attic.creating.everybody(GUILD)
    assert [one.usage.unfinished for one in people] == [0]
