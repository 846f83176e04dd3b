"""The same failure again in the same batch: one message that counts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from test_delivery import CHANNEL, LEASE, OTHER, START, Place, job

from bot.domain.events import EventKind, ServerEvent
from bot.domain.jobs import Job, JobStatus
from bot.domain.limits import MAX_EDIT_AGE
from bot.errors import DeliveryDelayed
from bot.store.database import Database
from bot.store.outbox import Outbox

PROMPT = "“red fox in snow”"


def told(number: int = 813, often: int = 1) -> str:
    count = f" × {often}" if often > 1 else ""
    return f"❌ Out of VRAM{count} · {PROMPT} · #{number}"


@pytest.fixture
async def place(file_database: Database) -> Place:
    return Place(Outbox(file_database), file_database)


def failures(*numbers: int) -> list[Job]:
    return [job(number, JobStatus.FAILED) for number in numbers]


async def test_forty_equal_failures_are_one_message_that_lists_them(place: Place) -> None:
    for number in range(813, 853):
        await place.add(*failures(number), coalescing_key="b x")
        await place.delivery().deliver_due()
    [(_, notice, _)] = place.sink.sent
    assert notice.content == told(often=40)
    assert "Failed: #813–#852" in str(notice.embeds[0].description)
    assert place.sink.edits == 39
    assert await place.pending() == 0


async def test_those_that_are_due_together_make_one_edit(place: Place) -> None:
    await place.add(*failures(813), coalescing_key="b x")
    await place.delivery().deliver_due()
    await place.add(*failures(*range(814, 827)), coalescing_key="b x")
    await place.delivery().deliver_due()
    assert place.sink.contents() == [told(often=14)]
    assert place.sink.edits == 1


async def test_those_that_are_due_together_from_the_first_on_make_one_message(place: Place) -> None:
    await place.add(*failures(*range(813, 827)), coalescing_key="b x")
    await place.delivery().deliver_due()
    assert place.sink.contents() == [told(often=14)]
    assert place.sink.edits == 0


async def test_another_failure_another_batch_and_another_channel_have_their_own_message(
    place: Place,
) -> None:
    await place.add(*failures(813), coalescing_key="b x", channels=(CHANNEL, OTHER))
    await place.add(*failures(814), coalescing_key="b y")
    await place.add(*failures(815), coalescing_key="c x")
    await place.add(*failures(816), coalescing_key=None)
    await place.add(*failures(817), coalescing_key=None)
    await place.add(*failures(818), coalescing_key="b x")
    await place.delivery().deliver_due()
    assert place.sink.contents(OTHER) == [told()]
    assert place.sink.contents() == [
        told(often=2),
        *(told(number) for number in range(814, 818)),
    ]


async def test_an_edit_whose_answer_was_lost_is_made_again_and_counts_once(place: Place) -> None:
    await place.add(*failures(813, 814), coalescing_key="b x")
    await place.delivery().deliver_due()
    place.sink.lose_answer = True
    await place.add(*failures(815), coalescing_key="b x")
    await place.delivery().deliver_due()
    assert await place.pending() == 1
    assert place.sink.contents() == [told(often=3)]
    place.clock.forward(timedelta(hours=2))
    await place.delivery().deliver_due()
    assert await place.pending() == 0
    assert place.sink.contents() == [told(often=3)]
    assert place.sink.edits == 2


async def test_a_first_message_whose_answer_was_lost_is_found_and_then_edited(place: Place) -> None:
    place.sink.lose_answer = True
    await place.add(*failures(813, 814), coalescing_key="b x")
    await place.delivery().deliver_due()
    await place.add(*failures(815), coalescing_key="b x")
    place.clock.forward(LEASE)
    await place.delivery().deliver_due()
    assert place.sink.contents() == [told(often=3)]


async def test_where_the_message_is_gone_a_new_one_begins_to_count_once(place: Place) -> None:
    await place.add(*failures(813, 814), coalescing_key="b x")
    await place.delivery().deliver_due()
    place.sink.gone = {1}
    place.sink.lose_answer = True
    await place.add(*failures(815), coalescing_key="b x")
    await place.delivery().deliver_due()
    place.clock.forward(LEASE)
    await place.delivery().deliver_due()
    await place.add(*failures(816), coalescing_key="b x")
    await place.delivery().deliver_due()
    assert place.sink.contents()[1:] == [told(815, 2)]
    assert await place.pending() == 0


async def test_an_old_message_is_left_alone(place: Place) -> None:
    await place.add(*failures(813), coalescing_key="b x")
    await place.delivery().deliver_due()
    place.clock.forward(MAX_EDIT_AGE + timedelta(seconds=1))
    await place.add(*failures(814), coalescing_key="b x")
    await place.delivery().deliver_due()
    assert place.sink.contents() == [told(), told(814)]
    assert place.sink.edits == 0


async def test_a_discord_that_is_away_delays_the_edit(place: Place) -> None:
    await place.add(*failures(813), coalescing_key="b x")
    await place.delivery().deliver_due()
    place.sink.troubles = [DeliveryDelayed("away")]
    await place.add(*failures(814), coalescing_key="b x")
    await place.delivery().deliver_due()
    assert place.sink.contents() == [told()]
    place.clock.forward(LEASE)
    await place.delivery().deliver_due()
    assert place.sink.contents() == [told(often=2)]


async def test_an_absence_is_one_message_that_is_edited_even_after_hours(place: Place) -> None:
    async def tell(kind: EventKind, minutes: int) -> None:
        at = START + timedelta(minutes=minutes)
        event = ServerEvent(kind, "invokeai", at, since=START, jobs=3)
        async with place.database.transaction() as transaction:
            await place.outbox.add(transaction, event, [CHANNEL], at, coalescing_key="away 1")
        place.clock.now = at
        await place.delivery().deliver_due()

    await tell(EventKind.AWAY, 0)
    away = f"🔌 InvokeAI has been away since <t:{int(START.timestamp())}:t>"
    assert place.sink.contents() == [f"{away} · 3 jobs were waiting"]
    await tell(EventKind.BACK, 300)
    back = f"<t:{int((START + timedelta(hours=5)).timestamp())}:t>"
    assert place.sink.contents() == [f"🔌 InvokeAI was away for 5 h 00 min · back since {back}"]


async def test_the_device_is_told_once_several_were_seen(place: Place) -> None:
    delivery = place.delivery()
    for number, device in ((1, "cuda:0"), (2, "cuda:1"), (3, "cuda:0")):
        await place.add(replace(job(number), device=device))
        await delivery.deliver_due()
    told = [str(notice.embeds) for _, notice, _ in place.sink.sent]
    assert ["on cuda" in text for text in told] == [False, True, True]
