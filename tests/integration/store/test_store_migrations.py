"""A database that another version of the bot has written."""

import pytest
from sqlalchemy import text
from store_databases import Opener

from bot.errors import DatabaseUnusable
from bot.store.migrate import VERSION_TABLE


@pytest.mark.parametrize("revision", ["0001", "0007"])
async def test_a_database_of_an_unreleased_version_ends_the_start_with_what_to_do(
    open_database: Opener, revision: str
) -> None:
    old = await open_database()
    async with old.transaction() as conn:
        await conn.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{revision}'"))
    await old.close()
    with pytest.raises(DatabaseUnusable) as caught:
        await open_database()
    assert str(caught.value) == (
        f"The database {old.place} was written by an unreleased version of the bot: move it away, or name "
        "another one in BOT_DATABASE_URL, and start anew."
    )
