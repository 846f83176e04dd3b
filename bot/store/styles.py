"""The styles that people keep in each guild, and which of them is the default where."""

from collections.abc import Mapping, Sequence

from sqlalchemy import RowMapping, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.styles import SavedStyle, StyleName
from bot.store.columns import insert_into
from bot.store.database import Database
from bot.store.schema import default_styles, styles

WHOLE_GUILD = 0
"""Stands for a channel's id."""
_NAMES = (
    styles.c.guild_id,
    styles.c.name,
    styles.c.server,
    styles.c.number,
    styles.c.saved_by,
    styles.c.saved_at,
)
_IS_DEFAULT = (default_styles.c.guild_id == styles.c.guild_id) & (default_styles.c.key == styles.c.key)


class Styles:
    """A style's name is the same whatever its letters' size. DatabaseTrouble: nothing was written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, style: SavedStyle) -> None:
        """In the place of the one that had the name."""
        about = style.about
        values = {
            "name": about.name,
            "server": about.server,
            "number": about.number,
            "graph": style.graph,
            "thumbnail": style.thumbnail,
            "saved_by": about.saved_by,
            "saved_at": about.saved_at,
        }
        async with self._database.transaction() as conn:
            insert = insert_into(conn, styles).values(guild_id=about.guild_id, key=_key(about.name), **values)
            keys = [styles.c.guild_id, styles.c.key]
            await conn.execute(insert.on_conflict_do_update(index_elements=keys, set_=values))

    async def all(self, guild_id: int) -> Sequence[StyleName]:
        """By name."""
        query = select(*_NAMES).where(styles.c.guild_id == guild_id).order_by(styles.c.key)
        async with self._database.reading() as conn:
            return [_name(row) for row in (await conn.execute(query)).mappings()]

    async def of(self, guild_id: int, name: str) -> SavedStyle | None:
        mine = styles.c.guild_id == guild_id, styles.c.key == _key(name)
        async with self._database.reading() as conn:
            row = (await conn.execute(select(styles).where(*mine))).mappings().one_or_none()
        return None if row is None else SavedStyle(_name(row), row["graph"], row["thumbnail"])

    async def delete(self, guild_id: int, name: str) -> bool:
        """Whether there was one. It is no default any more, either."""
        mine = styles.c.guild_id == guild_id, styles.c.key == _key(name)
        async with self._database.transaction() as conn:
            return (await conn.execute(delete(styles).where(*mine))).rowcount > 0

    async def make_default(self, guild_id: int, name: str | None, channel_id: int | None = None) -> None:
        """Of the guild, or of one channel; None: none any more."""
        place = channel_id or WHOLE_GUILD
        keys = [default_styles.c.guild_id, default_styles.c.channel_id]
        async with self._database.transaction() as conn:
            if name is None:
                mine = default_styles.c.guild_id == guild_id, default_styles.c.channel_id == place
                await conn.execute(delete(default_styles).where(*mine))
                return
            insert = insert_into(conn, default_styles)
            row = insert.values(guild_id=guild_id, channel_id=place, key=_key(name))
            await conn.execute(row.on_conflict_do_update(index_elements=keys, set_={"key": _key(name)}))

    async def defaults(self, guild_id: int) -> Mapping[int, str]:
        """The names by channel; WHOLE_GUILD has the guild's."""
        query = select(default_styles.c.channel_id, styles.c.name).join(styles, _IS_DEFAULT)
        async with self._database.reading() as conn:
            rows = (await conn.execute(query.where(styles.c.guild_id == guild_id))).mappings()
            return {row["channel_id"]: row["name"] for row in rows}

    async def default(self, guild_id: int, channel_id: int | None) -> SavedStyle | None:
        """The channel's, or else the guild's."""
        places = [place for place in (channel_id, WHOLE_GUILD) if place is not None]
        found = select(styles).join(default_styles, _IS_DEFAULT)
        mine = styles.c.guild_id == guild_id, default_styles.c.channel_id.in_(places)
        query = found.where(*mine).order_by(default_styles.c.channel_id.desc()).limit(1)
        async with self._database.reading() as conn:
            row = (await conn.execute(query)).mappings().one_or_none()
        return None if row is None else SavedStyle(_name(row), row["graph"], row["thumbnail"])

    async def drop_guild(self, conn: AsyncConnection, guild_id: int) -> None:
        await conn.execute(delete(styles).where(styles.c.guild_id == guild_id))


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


def _name(row: RowMapping) -> StyleName:
    return StyleName(
        row["guild_id"], row["name"], row["server"], row["number"], row["saved_by"], row["saved_at"]
    )
