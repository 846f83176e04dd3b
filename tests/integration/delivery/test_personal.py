"""What is told to one person alone: where they asked, or in a direct message, and once."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs
from test_delivery import CHANNEL, START, Place

from bot.domain.events import EventKind, PersonalEvent, direct_channel
from bot.domain.quiet_hours import Buzz, Rule, quiet_hours
from bot.domain.subscriptions import Mention, MentionKind, Preferences
from bot.errors import ChannelUnusable, DeliveryDelayed, DeliveryRejected
from bot.store.database import Database
from bot.store.outbox import Outbox

DIRECT = PersonalEvent(
    EventKind.PERSONAL,
    "invokeai",
    START,
    9,
    7,
    CHANNEL,
    number=812,
    end=EventKind.COMPLETED,
    prompt="red fox in snow",
    direct=True,
)
HERE = replace(DIRECT, prompt=None, direct=False)


@pytest.fixture
async def place(file_database: Database) -> Place:
    place = Place(Outbox(file_database), file_database)
    place.members = {(7, 9)}
    return place


async def owe(place: Place, event: PersonalEvent) -> None:
    channel = direct_channel(event.user_id) if event.direct else event.channel_id
    async with place.database.transaction() as conn:
        await place.outbox.add(conn, event, (channel,), place.clock.now)


async def test_a_direct_message_mentions_nobody_and_names_the_channel(place: Place) -> None:
    await owe(place, DIRECT)
    await owe(place, DIRECT)
    place.sink.troubles = [DeliveryDelayed("wait")]
    place.sink.lose_answer = True
    for _ in range(3):
        await place.delivery().deliver_due()
        place.clock.forward(START - START.replace(hour=11))
    [(channel, notice, _)] = place.sink.sent
    assert (channel, notice.content) == (-9, f"🔔 Done · “red fox in snow” · #812 · <#{CHANNEL}>")
    assert (notice.mentions, notice.silent) == ((), False)
    assert await place.pending() == 0


async def test_where_they_asked_it_mentions_them_and_only_quiet_hours_keep_it_from_buzzing(
    place: Place,
) -> None:
    for number, rule in enumerate((Rule(Buzz.NEVER), Rule(quiet=quiet_hours("11:00-13:00 UTC"))), 812):
        place.preferences = Preferences(rule=rule)
        await owe(place, replace(HERE, number=number))
        await place.delivery().deliver_due()
    assert [notice.content for _, notice, _ in place.sink.sent] == [
        "🔔 Done · #812 · <@9>",
        "🔔 Done · #813 · <@9>",
    ]
    assert [notice.mentions for _, notice, _ in place.sink.sent] == [(Mention(MentionKind.USER, 9),)] * 2
    assert [notice.silent for _, notice, _ in place.sink.sent] == [False, True]


@pytest.mark.parametrize("event", [DIRECT, HERE])
async def test_who_left_is_told_nothing(place: Place, event: PersonalEvent) -> None:
    place.members = set()
    await owe(place, event)
    await place.delivery().deliver_due()
    assert place.sink.sent == []
    assert await place.pending() == 0


@pytest.mark.parametrize("refusal", [ChannelUnusable("no"), DeliveryRejected("no")])
async def test_who_takes_no_direct_messages_is_named_in_the_log_once_and_nothing_waits(
    place: Place, refusal: Exception
) -> None:
    await owe(place, DIRECT)
    place.sink.troubles = [refusal]
    with capture_logs() as logs:
        await place.delivery().deliver_due()
        await place.delivery().deliver_due()
    assert [(one["event"], one["user"]) for one in logs if one["log_level"] == "warning"] == [
        ("direct_message_failed", 9)
    ]
    assert place.sink.sent == []
    assert (await place.pending(), await place.outbox.dead_letter_count()) == (0, 0)
    assert await place.suspensions.all() == []


@pytest.mark.parametrize("preferences", [Preferences(hide_prompts=True), Preferences(spoiler=True)])
async def test_what_the_channel_hides_is_not_in_a_direct_message_either(
    place: Place, preferences: Preferences
) -> None:
    place.preferences = preferences
    await owe(place, DIRECT)
    await place.delivery().deliver_due()
    assert [notice.content for _, notice, _ in place.sink.sent] == [f"🔔 Done · #812 · <#{CHANNEL}>"]
