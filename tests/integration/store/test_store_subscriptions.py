from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.events import EventKind, JobEvent
from bot.domain.guilds import AdoptedGuilds
from bot.domain.jobs import Job, JobStatus, Purpose
from bot.domain.quiet_hours import Buzz, Rule, quiet_hours
from bot.domain.submissions import Asker
from bot.domain.subscriptions import Mention, MentionKind, Mine, Preferences, Subscription
from bot.store.database import Database
from bot.store.guilds import Guilds
from bot.store.key_values import KeyValues, OperationsByVersion
from bot.store.schema import subscriptions as table
from bot.store.subscriptions import Subscriptions

EVERY = frozenset(EventKind)
ENDS = frozenset({EventKind.COMPLETED, EventKind.FAILED})
ASKED = JobEvent(
    EventKind.COMPLETED,
    Job("attic", 1, JobStatus.COMPLETED, "b", None, datetime(2026, 11, 24, tzinfo=UTC)),
    asker=Asker(9, 100, 5, parent_id=1),
)


async def test_a_channel_hears_what_it_subscribed_to(database: Database) -> None:
    subscriptions = Subscriptions(database)
    async with database.transaction() as conn:
        await subscriptions.subscribe(conn, Subscription(1, 100, None, ENDS))
        await subscriptions.subscribe(conn, Subscription(2, 100, frozenset({"attic"}), EVERY))
        await subscriptions.subscribe(conn, Subscription(3, 200, frozenset({"cellar"}), ENDS))
        assert await subscriptions.for_event(conn, EventKind.COMPLETED, "attic") == [1, 2]
        assert await subscriptions.for_event(conn, EventKind.CANCELED, "attic") == [2]
        assert await subscriptions.for_event(conn, EventKind.FAILED, "cellar") == [1, 3]
        assert await subscriptions.for_event(conn, EventKind.CANCELED, "cellar") == []


async def test_a_channel_may_hear_of_some_servers_and_of_none_whose_name_holds_theirs(
    database: Database,
) -> None:
    subscriptions, both = Subscriptions(database), frozenset({"attic", "studio-2"})
    async with database.transaction() as conn:
        await subscriptions.subscribe(conn, Subscription(1, 100, both, ENDS))
        for server, heard in (("attic", [1]), ("studio-2", [1]), ("studio", []), ("tic", []), ("c s", [])):
            assert await subscriptions.for_server(conn, server) == heard
    found = await subscriptions.one(1)
    assert found is not None
    assert found.servers == both


async def test_a_new_subscription_takes_the_place_of_the_old(database: Database) -> None:
    subscriptions = Subscriptions(database)
    snowflake = 2**62
    for one in (
        Subscription(snowflake, 100, frozenset({"attic"}), EVERY),
        Subscription(snowflake, 200, None, ENDS),
    ):
        async with database.transaction() as conn:
            await subscriptions.subscribe(conn, one)
    assert await subscriptions.all() == [Subscription(snowflake, 200, None, ENDS)]
    assert await subscriptions.in_guild(100) == []
    assert await subscriptions.in_guild(200) == await subscriptions.all()


async def test_a_subscription_ends_once(database: Database) -> None:
    subscriptions = Subscriptions(database)
    async with database.transaction() as conn:
        await subscriptions.subscribe(conn, Subscription(1, 100, None, ENDS))
        await subscriptions.subscribe(conn, Subscription(2, 100, None, frozenset()))
    async with database.transaction() as conn:
        assert await subscriptions.unsubscribe(conn, 1)
        assert not await subscriptions.unsubscribe(conn, 1)
    assert await subscriptions.all() == [Subscription(2, 100, None, frozenset())]


async def test_a_guild_may_be_adopted_twice(database: Database) -> None:
    guilds = Guilds(database)
    assert await guilds.adopted() == frozenset()
    async with database.transaction() as conn:
        for guild_id in (2**62, 5, 5):
            await guilds.adopt(conn, guild_id)
    assert await guilds.adopted() == {2**62, 5}


async def test_a_mark_holds_its_last_value(database: Database) -> None:
    key_values = KeyValues(database)
    assert await key_values.get("commands:7") is None
    async with database.transaction() as conn:
        await key_values.set(conn, "commands:7", "old")
        await key_values.set(conn, "commands:7", "new")
        await key_values.set(conn, "commands:8", "other")
    assert await key_values.get("commands:7") == "new"


async def test_what_a_version_of_invokeai_can_do_is_kept_by_version(database: Database) -> None:
    known = OperationsByVersion(database)
    assert await known.get("7.0.0") is None
    for text in ("old", "new"):
        await known.put("7.0.0", text)
    await known.put("7.0.1", "other")
    assert await known.get("7.0.0") == "new"


PREFERENCES = Preferences(
    origins=frozenset({"canvas", "wörk"}),
    boards=frozenset({"b-1"}),
    rule=Rule(Buzz.END, timedelta(seconds=30), quiet_hours("22:00-07:30 Europe/Berlin"), True),
    spoiler=True,
    hide_prompts=True,
    mention=Mention(MentionKind.ROLE, 2**62),
    mine=Mine.DIRECT,
    live=False,
)


async def test_a_channel_s_preferences_are_kept(database: Database) -> None:
    subscriptions = Subscriptions(database)
    wanted = Subscription(1, 100, None, ENDS, PREFERENCES)
    async with database.transaction() as conn:
        await subscriptions.subscribe(conn, wanted)
        assert await subscriptions.of(conn, 1) == wanted
        assert await subscriptions.of(conn, 2) is None
    assert await subscriptions.all() == [wanted]
    assert await subscriptions.preferences(1) == PREFERENCES
    assert await subscriptions.preferences(2) == Preferences()


async def test_a_channel_hears_of_the_jobs_that_fit_its_filters(database: Database) -> None:
    subscriptions = Subscriptions(database)
    fox = Job("attic", 1, JobStatus.COMPLETED, "b", None, datetime.now(UTC), origin="Canvas", boards=("b-1",))
    async with database.transaction() as conn:
        await subscriptions.subscribe(conn, Subscription(1, 100, None, ENDS, PREFERENCES))
        await subscriptions.subscribe(conn, Subscription(2, 100, None, ENDS))
        for job, channels in ((fox, [1, 2]), (replace(fox, boards=("none",)), [2]), (None, [1, 2])):
            assert await subscriptions.for_event(conn, EventKind.COMPLETED, "attic", job) == channels


async def test_a_channel_whose_preferences_are_damaged_is_told_nothing(database: Database) -> None:
    subscriptions = Subscriptions(database)
    async with database.transaction() as conn:
        await subscriptions.subscribe(conn, Subscription(1, 100, None, ENDS))
        await conn.execute(table.update().values(preferences="{"))
        assert await subscriptions.for_event(conn, EventKind.COMPLETED, "attic") == []
        assert await subscriptions.for_server(conn, "attic") == []
        assert await subscriptions.for_empty_queue(conn, "attic") == []
    assert (await subscriptions.preferences(1)).hide_prompts
    assert (await subscriptions.preferences(1)).mine is Mine.NEITHER


async def test_a_kind_that_this_bot_does_not_know_is_not_told(database: Database) -> None:
    subscriptions = Subscriptions(database)
    async with database.transaction() as conn:
        await subscriptions.subscribe(conn, Subscription(1, 100, None, ENDS))
        await conn.exec_driver_sql("UPDATE subscriptions SET kinds = 'completed starry_eyed'")
        assert await subscriptions.for_event(conn, EventKind.COMPLETED, "attic") == [1]
        assert await subscriptions.for_event(conn, EventKind.FAILED, "attic") == []


async def test_who_hears_of_all_pictures_hears_when_the_queue_is_empty_unless_they_do_not_want_it(
    database: Database,
) -> None:
    subscriptions = Subscriptions(database)
    async with database.transaction() as conn:
        for channel, preferences in (
            (1, Preferences()),
            (2, Preferences(queue_empty=False)),
            (3, Preferences(users=frozenset({"alice"}))),
        ):
            await subscriptions.subscribe(conn, Subscription(channel, 7, None, ENDS, preferences))
        await subscriptions.subscribe(conn, Subscription(4, 7, None, frozenset({EventKind.FAILED})))
        assert await subscriptions.for_empty_queue(conn, "studio") == [1]


async def test_where_a_job_was_asked_for_its_end_is_told_without_a_subscription_too(
    database: Database,
) -> None:
    subscriptions = Subscriptions(database, AdoptedGuilds(named=frozenset({100})))
    told = {
        "asked for": ASKED,
        "canceled by another one": replace(ASKED, kind=EventKind.CANCELED, by=8),
        "canceled by them": replace(ASKED, kind=EventKind.CANCELED, by=9),
        "in another guild": replace(ASKED, asker=Asker(9, 200, 5)),
        "in a direct message": replace(ASKED, asker=Asker(9, None, 5)),
        "for the canvas": replace(ASKED, job=replace(ASKED.job, purpose=Purpose.UTILITY)),
        "by nobody": replace(ASKED, asker=None),
    }
    async with database.transaction() as conn:
        found = {name: await subscriptions.asked_in(conn, one) for name, one in told.items()}
        assert {name for name, channel in found.items() if channel == 5} == {
            "asked for",
            "canceled by another one",
        }
        await subscriptions.subscribe(conn, Subscription(5, 100, None, frozenset({EventKind.FAILED})))
        assert await subscriptions.asked_in(conn, ASKED) is None


async def test_a_thread_is_told_of_what_was_asked_for_there_as_far_as_the_channel_around_it_is(
    database: Database,
) -> None:
    subscriptions = Subscriptions(database)
    for wanted, channel in (
        (Subscription(1, 100, None, ENDS, PREFERENCES), None),
        (Subscription(1, 100, None, frozenset({EventKind.FAILED})), None),
        (Subscription(1, 100, frozenset({"cellar"}), ENDS), None),
        (Subscription(1, 100, None, ENDS), 5),
    ):
        async with database.transaction() as conn:
            await subscriptions.subscribe(conn, wanted)
            assert await subscriptions.asked_in(conn, ASKED) == channel
    async with database.transaction() as conn:
        await subscriptions.subscribe(conn, Subscription(1, 100, None, ENDS, PREFERENCES))
    assert await subscriptions.preferences(5, 1) == replace(PREFERENCES, mention=None)
    assert await subscriptions.preferences(5) == Preferences()
