from fakes import Clock
from store_databases import Opener

from bot.discord.identify_budget import IdentifyBudget
from bot.store.key_values import KeyValues


async def test_the_count_survives_a_restart(open_database: Opener) -> None:
    clock = Clock()
    for start in range(3):
        database = await open_database()
        identifies = IdentifyBudget(database, KeyValues(database), clock)
        assert (await identifies.read()).used(clock.now) == start
        await identifies.count()
        await database.close()
