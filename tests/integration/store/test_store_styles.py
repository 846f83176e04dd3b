from dataclasses import replace

from store_samples import NOW

from bot.domain.styles import SavedStyle, StyleName
from bot.store.database import Database
from bot.store.styles import Styles

GUILD = 2**62
PORTRAIT = SavedStyle(StyleName(GUILD, "Portrait", "attic", 812, 5, NOW), '{"nodes": {}}', b"jpeg")


def named(name: str, guild_id: int = GUILD) -> SavedStyle:
    return replace(PORTRAIT, about=replace(PORTRAIT.about, name=name, guild_id=guild_id))


async def test_a_style_is_found_by_its_name_in_whatever_letters(database: Database) -> None:
    styles = Styles(database)
    await styles.save(PORTRAIT)
    assert await styles.of(GUILD, " portRAIT") == PORTRAIT
    assert await styles.of(GUILD + 1, "portrait") is None
    await styles.save(named("PORTRAIT"))
    await styles.save(named("anime"))
    assert [each.name for each in await styles.all(GUILD)] == ["anime", "PORTRAIT"]
    assert await styles.delete(GUILD, "Anime")
    assert not await styles.delete(GUILD, "Anime")


async def test_a_channel_s_default_comes_before_the_guild_s_and_goes_with_the_style(
    database: Database,
) -> None:
    styles = Styles(database)
    for name in ("one", "two"):
        await styles.save(named(name))
    assert await styles.default(GUILD, 9) is None
    await styles.make_default(GUILD, "One")
    await styles.make_default(GUILD, "two", 9)
    assert await styles.default(GUILD, 9) == named("two")
    assert await styles.default(GUILD, 8) == named("one")
    assert await styles.default(GUILD, None) == named("one")
    assert await styles.defaults(GUILD) == {0: "one", 9: "two"}
    assert await styles.defaults(GUILD + 1) == {}
    await styles.delete(GUILD, "two")
    assert await styles.default(GUILD, 9) == named("one")
    await styles.make_default(GUILD, None)
    assert await styles.default(GUILD, 9) is None


async def test_a_dropped_guild_has_no_styles(database: Database) -> None:
    styles = Styles(database)
    await styles.save(PORTRAIT)
    await styles.save(named("portrait", GUILD + 1))
    async with database.transaction() as conn:
        await styles.drop_guild(conn, GUILD)
    assert await styles.all(GUILD) == []
    assert len(await styles.all(GUILD + 1)) == 1
