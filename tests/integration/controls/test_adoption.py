from dataclasses import dataclass

import pytest
from store_samples import NOW, event
from structlog.testing import capture_logs

from bot.controls.adoption import Adoption
from bot.domain.events import EventKind
from bot.domain.guilds import AdoptedGuilds
from bot.domain.submissions import Asker, Submission
from bot.domain.subscriptions import ENDS, Subscription
from bot.errors import DatabaseTrouble
from bot.store.database import Database
from bot.store.guilds import FirstChannels, Guilds
from bot.store.outbox import Outbox
from bot.store.styles import Styles
from bot.store.submissions import Submissions
from bot.store.subscriptions import Subscriptions

HOME, AWAY = 7, 8
DEN, LOBBY = 70, 80
"""A channel of each."""


@dataclass
class Place:
    """One process: what it knows, and the database that it shares with others."""

    database: Database
    adopted: AdoptedGuilds
    adoption: Adoption
    subscriptions: Subscriptions
    outbox: Outbox

    async def subscribe(self, channel_id: int, guild_id: int) -> None:
        async with self.database.transaction() as conn:
            await self.subscriptions.subscribe(conn, Subscription(channel_id, guild_id, None, ENDS))

    async def adopt(self, guild_id: int) -> None:
        async with self.database.transaction() as conn:
            await self.adoption.adopt(conn, guild_id)
        await self.adoption.refresh()

    async def first(self, channel_id: int, guild_id: int) -> None:
        async with self.database.transaction() as conn:
            await self.adoption.remember_first(conn, channel_id, guild_id)

    async def owe(self, *channels: int) -> None:
        async with self.database.transaction() as conn:
            await self.outbox.add(conn, event(1), channels, NOW)

    async def audience(self) -> list[int]:
        async with self.database.transaction() as conn:
            return await self.subscriptions.for_event(conn, EventKind.COMPLETED, "attic")


def place(database: Database) -> Place:
    adopted, outbox = AdoptedGuilds(), Outbox(database)
    subscriptions = Subscriptions(database, adopted)
    adoption = Adoption(
        database,
        adopted,
        Guilds(database),
        first_channels=FirstChannels(database),
        subscriptions=subscriptions,
        outbox=outbox,
        styles=Styles(database),
    )
    return Place(database, adopted, adoption, subscriptions, outbox)


class EnoughError(Exception):
    """Ends what is endless."""


async def look(adoption: Adoption, *, times: int) -> None:
    """Its service, until it has looked so often."""
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        if len(naps) == times:
            raise EnoughError
        naps.append(seconds)

    with pytest.raises(EnoughError):
        await adoption.run(sleep)
    assert naps == [30.0] * times


async def test_a_guild_of_the_settings_is_adopted_in_memory_only(database: Database) -> None:
    first, second = place(database), place(database)
    await first.adoption.read({HOME})
    assert first.adopted.ids == {HOME}
    await second.adoption.read(())
    assert second.adopted.ids == frozenset()


async def test_only_channels_of_adopted_guilds_are_told(database: Database) -> None:
    bot = place(database)
    for channel_id, guild_id in ((DEN, HOME), (LOBBY, AWAY)):
        await bot.subscribe(channel_id, guild_id)
    await bot.adoption.read({HOME})
    async with database.transaction() as conn:
        assert await bot.subscriptions.for_server(conn, "attic") == [DEN]
        assert await bot.subscriptions.for_empty_queue(conn, "attic") == [DEN]
    assert await bot.audience() == [DEN]
    assert [one.channel_id for one in await bot.subscriptions.served()] == [DEN]
    assert [one.channel_id for one in await bot.subscriptions.unserved()] == [LOBBY]
    await bot.adopt(AWAY)
    assert await bot.audience() == [DEN, LOBBY]


async def test_what_another_process_drops_counts_at_the_next_look(database: Database) -> None:
    bot, command = place(database), place(database)
    await bot.adopt(AWAY)
    await bot.subscribe(LOBBY, AWAY)
    await bot.owe(LOBBY, DEN)
    await command.adoption.read(())
    ended = await command.adoption.drop(AWAY)
    assert (ended.adopted, list(ended.channels), ended.notices) == (True, [LOBBY], 1)
    assert bot.adopted.ids == {AWAY}
    await bot.adoption.refresh()
    assert bot.adopted.ids == frozenset()
    assert await bot.subscriptions.all() == []
    assert await bot.outbox.pending_count() == 1


async def test_the_first_channel_s_guild_is_remembered_with_it(database: Database) -> None:
    first, later = place(database), place(database)
    await first.adoption.read((), DEN)
    assert first.adopted.undecided
    await first.first(DEN, HOME)
    await first.adoption.decide(HOME)
    assert (first.adopted.ids, first.adopted.undecided) == ({HOME}, False)
    await later.adoption.read((), DEN)
    assert (later.adopted.ids, later.adopted.undecided) == ({HOME}, False)
    assert not await later.adoption.is_new_first(DEN)
    assert await later.adoption.is_new_first(LOBBY)


async def test_while_the_guild_of_a_new_first_channel_is_not_known_nothing_is_lost_or_dropped(
    database: Database,
) -> None:
    bot = place(database)
    await bot.subscribe(DEN, HOME)
    await bot.owe(DEN)
    await bot.adoption.read((), LOBBY)
    assert await bot.audience() == [DEN]
    assert bot.adopted.ids == frozenset()
    assert await bot.outbox.pending_count() == 1
    await bot.adoption.decide(AWAY)
    assert await bot.audience() == []
    assert await bot.outbox.pending_count() == 0


async def test_a_first_channel_that_discord_does_not_show_adopts_nothing(database: Database) -> None:
    bot = place(database)
    await bot.subscribe(DEN, HOME)
    await bot.adoption.read((), LOBBY)
    await bot.adoption.decide(None)
    assert bot.adopted.ids == frozenset()
    assert await bot.audience() == []


async def test_an_earlier_first_channel_is_told_of_only_while_it_is_subscribed(database: Database) -> None:
    bot = place(database)
    for channel_id, guild_id in ((DEN, HOME), (LOBBY, AWAY)):
        await bot.first(channel_id, guild_id)
        await bot.subscribe(channel_id, guild_id)
    await bot.adoption.read((), LOBBY)
    with capture_logs() as logs:
        await bot.adoption.tell_earlier(LOBBY)
    [line] = logs
    assert (line["event"], line["channel"], line["guild"], line["served"]) == (
        "earlier_channel_subscribed",
        DEN,
        HOME,
        False,
    )
    async with database.transaction() as conn:
        await bot.subscriptions.unsubscribe(conn, DEN)
    assert await bot.adoption.earlier_first(LOBBY) == []


async def test_a_guild_that_was_left_ends_at_the_latest_when_the_database_can_be_used(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = place(database)
    await bot.adopt(AWAY)
    await bot.subscribe(LOBBY, AWAY)
    await bot.owe(LOBBY, LOBBY + 1, DEN)
    drop = bot.outbox.drop_channel

    async def held(*_: object) -> int:
        raise DatabaseTrouble("The database is locked.")

    monkeypatch.setattr(bot.outbox, "drop_channel", held)
    with capture_logs() as logs:
        await bot.adoption.left(AWAY, [LOBBY + 1])
    assert [one["event"] for one in logs] == ["guilds_read_failed"]
    assert await bot.adoption.known() == {AWAY}
    monkeypatch.setattr(bot.outbox, "drop_channel", drop)

    with capture_logs() as logs:
        await look(bot.adoption, times=1)
    [line] = logs
    assert (line["event"], line["guild"], line["channels"], line["notices"]) == (
        "guild_left",
        AWAY,
        [LOBBY],
        2,
    )
    assert await bot.adoption.known() == frozenset()
    assert await bot.outbox.pending_count() == 1


async def test_the_look_goes_on_after_the_database_could_not_be_used(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = place(database)

    async def gone() -> None:
        raise DatabaseTrouble("The database is away.")

    monkeypatch.setattr(bot.adoption, "refresh", gone)
    with capture_logs() as logs:
        await look(bot.adoption, times=2)
    assert [one["event"] for one in logs] == ["guilds_read_failed"] * 2


async def test_what_waits_where_somebody_asked_is_dropped_with_the_guild_too(database: Database) -> None:
    here = place(database)
    for channel_id, guild_id in ((DEN, HOME), (LOBBY, AWAY), (LOBBY + 1, AWAY)):
        await Submissions(database).add(
            Submission(0, "attic", str(channel_id), Asker(9, guild_id, channel_id), NOW, 1, 1)
        )
    for guild_id in (HOME, AWAY):
        await here.adopt(guild_id)
    await here.owe(DEN, LOBBY)
    assert (await here.adoption.drop(HOME)).notices == 1
    assert await here.outbox.pending_count() == 1
    async with database.transaction() as conn:
        await Guilds(database).drop(conn, AWAY)
    await here.adoption.refresh()
    assert await here.outbox.pending_count() == 0
