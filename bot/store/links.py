"""Which InvokeAI account is which person on Discord; each account is one person's."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.links import AccountLink
from bot.errors import RequestRefused
from bot.store.columns import insert_into
from bot.store.database import Database
from bot.store.people_tables import links

ELSEWHERE = "That InvokeAI user is linked in another Discord server. An admin there has to remove it first."


class Links:
    """DatabaseTrouble: nothing was written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, link: AccountLink, now: datetime) -> None:
        """In the place of the account's link before; RequestRefused if that is another guild's."""
        async with self._database.transaction() as conn:
            before = await link_of(conn, link.server, link.account)
            if before is not None and before.guild_id != link.guild_id:
                raise RequestRefused(ELSEWHERE)
            values = {
                "name": link.name,
                "user_id": link.user_id,
                "guild_id": link.guild_id,
                "channel_id": link.channel_id,
                "linked_at": now,
            }
            insert = insert_into(conn, links).values(server=link.server, account=link.account, **values)
            key = [links.c.server, links.c.account]
            await conn.execute(insert.on_conflict_do_update(index_elements=key, set_=values))

    async def of_guild(self, server: str, guild_id: int) -> Sequence[AccountLink]:
        query = select(links).where(links.c.server == server, links.c.guild_id == guild_id)
        async with self._database.reading() as conn:
            rows = await conn.execute(query.order_by(links.c.name, links.c.account))
            return [_read(row) for row in rows.mappings()]

    async def remove(self, link: AccountLink) -> None:
        async with self._database.transaction() as conn:
            await conn.execute(delete(links).where(*_key(link.server, link.account)))


async def link_of(conn: AsyncConnection, server: str, account: str) -> AccountLink | None:
    row = (await conn.execute(select(links).where(*_key(server, account)))).mappings().one_or_none()
    return None if row is None else _read(row)


async def drop_links(conn: AsyncConnection, guild_id: int) -> None:
    """Those that were made in that guild."""
    await conn.execute(delete(links).where(links.c.guild_id == guild_id))


def _key(server: str, account: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return links.c.server == server, links.c.account == account


def _read(row: RowMapping) -> AccountLink:
    return AccountLink(
        row["server"], row["account"], row["name"], row["user_id"], row["guild_id"], row["channel_id"]
    )
