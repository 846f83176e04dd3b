from datetime import timedelta

from store_samples import NOW, held

from bot.domain.events import EventKind, ServerEvent
from bot.domain.queue import HeldPause
from bot.store.cards import Card, Cards
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.outbox_rows import Stream
from bot.store.outcomes import Delayed
from bot.store.pauses import HeldPauses

SNOWFLAKE = 2**62
STREAM, OTHER = Stream(1, "attic"), Stream(2, "attic")


async def test_a_channel_has_one_card_whose_id_may_not_be_known_yet(database: Database) -> None:
    cards = Cards(database)
    await cards.put(Card(SNOWFLAKE, None, NOW))
    await cards.put(Card(2, 7, NOW))
    assert await cards.all() == [Card(2, 7, NOW), Card(SNOWFLAKE, None, NOW)]
    await cards.put(Card(SNOWFLAKE, SNOWFLAKE + 1, NOW + timedelta(seconds=1)))
    await cards.forget(2)
    await cards.forget(3)
    assert await cards.all() == [Card(SNOWFLAKE, SNOWFLAKE + 1, NOW + timedelta(seconds=1))]


async def test_a_server_has_one_held_pause_in_the_place_of_the_one_before(database: Database) -> None:
    pauses = HeldPauses(database)
    whole = HeldPause(
        "attic", SNOWFLAKE, NOW, NOW + timedelta(hours=1), "a \0 reason", SNOWFLAKE, "b1", SNOWFLAKE
    )
    bare = HeldPause("attic", 9, NOW)
    other = HeldPause("cellar", 9, NOW)
    async with database.transaction() as conn:
        await pauses.hold(conn, bare)
        await pauses.hold(conn, other)
        await pauses.hold(conn, whole)
    found = await pauses.of("attic")
    assert found is not None
    assert found.reason == "a ? reason"
    assert (found.user_id, found.until, found.channel_id, found.after_batch) == (
        whole.user_id,
        whole.until,
        whole.channel_id,
        whole.after_batch,
    )
    async with database.transaction() as conn:
        await pauses.hold(conn, bare)
    assert await pauses.of("attic") == bare
    async with database.transaction() as conn:
        await pauses.end(conn, "attic")
    assert await pauses.of("attic") is None
    assert await pauses.of("cellar") == other


async def test_what_is_due_for_some_channels_can_be_left_out(database: Database) -> None:
    outbox = Outbox(database)
    async with database.transaction() as conn:
        await outbox.add(conn, ServerEvent(EventKind.RESUMED, "attic", NOW), [1], NOW)
        later = NOW + timedelta(minutes=1)
        await outbox.add(conn, ServerEvent(EventKind.RESUMED, "attic", later), [2], later)
    assert await outbox.next_due() == NOW
    assert await outbox.next_due(but=[STREAM]) == later
    assert await outbox.next_due(but=[STREAM, OTHER]) is None


async def test_rows_are_unclaimed_until_one_of_them_is_in_hand(database: Database) -> None:
    outbox = Outbox(database)
    events = [ServerEvent(EventKind.RESUMED, "attic", NOW + timedelta(seconds=at)) for at in range(3)]
    async with database.transaction() as conn:
        for event in events:
            await outbox.add(conn, event, [1], NOW)
    assert [row.event for row in await outbox.unclaimed(STREAM, 2)] == events[:2]
    assert await outbox.unclaimed(OTHER, 2) == []
    claim = await outbox.claim(1, NOW, timedelta(minutes=1), "g1", 1)
    assert claim is not None
    assert await outbox.unclaimed(STREAM, 10) == []
    await outbox.settle(held("g1"), Delayed(NOW, "no", may_have_been_sent=False), NOW)
    assert await outbox.unclaimed(STREAM, 10) == []
