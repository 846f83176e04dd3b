"""Notices where several InvokeAI are served: each names its own, and none is taken for another one's."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete
from test_delivery import CHANNEL, START, Place, events, job

from bot.domain.events import (
    BatchCounts,
    Event,
    EventKind,
    JobEvent,
    Left,
    PersonalEvent,
    ServerEvent,
    Tally,
    direct_channel,
)
from bot.domain.jobs import JobStatus
from bot.errors import DeliveryDelayed
from bot.store.album_rows import album_key, end_key
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.schema import outbox

SERVERS = "studio", "attic"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'bot.sqlite3'}", busy_ms=1)
    await database.open()
    place = Place(Outbox(database), database, pages={"studio": "http://studio", "attic": None})
    place.members = {(7, 9)}
    yield place
    await database.close()


async def owe(place: Place, event: Event, key: str | None = None) -> None:
    channel = direct_channel(event.user_id) if isinstance(event, PersonalEvent) and event.direct else CHANNEL
    async with place.database.transaction() as conn:
        await place.outbox.add(conn, event, (channel,), place.clock.now, coalescing_key=key)


def of(server: str, number: int, status: JobStatus = JobStatus.COMPLETED) -> JobEvent:
    ended = replace(job(number, status), server=server)
    return events(ended)[0]


def told(place: Place) -> list[str]:
    return [notice.content for _, notice, _ in place.sink.sent]


async def test_each_kind_of_notice_names_its_server_behind_its_sign(place: Place) -> None:
    personal = PersonalEvent(
        EventKind.PERSONAL, "attic", START, 9, 7, CHANNEL, number=812, end=EventKind.COMPLETED
    )
    for event in (
        of("studio", 812),
        of("studio", 813, JobStatus.FAILED),
        of("attic", 812, JobStatus.CANCELED),
        replace(of("attic", 813, JobStatus.CANCELED), kind=EventKind.INTERRUPTED),
        ServerEvent(EventKind.QUEUE_EMPTY, "studio", START, since=START - MINUTE, tally=Tally(9)),
        ServerEvent(EventKind.RESUMED, "attic", START),
        personal,
        replace(personal, direct=True),
    ):
        await owe(place, event)
        await place.delivery().deliver_due()
    assert told(place) == [
        "✅ studio · “red fox in snow” · 8.0 s · #812",
        "❌ studio · Out of VRAM · “red fox in snow” · #813",
        "🚫 attic · Canceled after 8.0 s · “red fox in snow” · #812",
        "⚠️ attic · Interrupted by InvokeAI's restart · “red fox in snow” · #813",
        "🏁 studio · Queue empty · 9 done · 1 min",
        "▶️ attic · The queue runs again · its pause is over",
        "🔔 attic · Done · #812 · <@9>",
        f"🔔 attic · Done · #812 · <#{CHANNEL}>",
    ]


async def test_only_the_server_that_has_a_page_links_to_it(place: Place) -> None:
    for server in SERVERS:
        await owe(place, of(server, 812))
        await place.delivery().deliver_due()
    texts = [str([embed.description for embed in notice.embeds]) for _, notice, _ in place.sink.sent]
    assert ["(http://studio)" in text for text in texts] == [True, False]


async def test_pictures_and_failures_of_two_servers_never_share_a_message(place: Place) -> None:
    for number in (812, 813):
        for server in SERVERS:
            await owe(place, of(server, number))
            await owe(place, of(server, number + 8, JobStatus.FAILED), f"{server} b fault")
    await place.delivery().deliver_due()
    for server in SERVERS:  # in order; what the other one has may come before or after
        assert [line for line in told(place) if f" {server} · " in line] == [
            f"✅ {server} · “red fox in snow” · 8.0 s · #812",
            f"❌ {server} · Out of VRAM × 2 · “red fox in snow” · #820",
            f"✅ {server} · “red fox in snow” · 8.0 s · #813",
        ]


async def test_an_album_and_its_end_name_the_server_even_if_another_has_that_batch_too(place: Place) -> None:
    for done in (1, 2):
        for server in SERVERS:
            counts = BatchCounts(2, Tally(done))
            end = replace(of(server, 802 + done), left=Left(1, counts.left, counts))
            await owe(place, end, album_key(server, "b"))
            await place.delivery().deliver_due()
            place.clock.forward(MINUTE)
            if counts.left == 0:
                await owe(place, replace(end, kind=EventKind.BATCH_DONE, image=None), end_key(server, "b"))
                await place.delivery().deliver_due()
    assert told(place) == [
        "✅ studio · 2 of 2 · “red fox in snow” · 8.0 s · #803–#804",
        "✅ attic · 2 of 2 · “red fox in snow” · 8.0 s · #803–#804",
        "✅ studio · 2 of 2 · “red fox in snow” · 8.0 s · #803–#804",
        "✅ attic · 2 of 2 · “red fox in snow” · 8.0 s · #803–#804",
    ]


async def test_the_same_number_of_another_server_is_not_taken_for_what_may_have_been_sent(
    place: Place,
) -> None:
    await owe(place, of("attic", 812))
    await place.delivery().deliver_due()
    async with place.database.transaction() as conn:
        await conn.execute(delete(outbox))  # so that nobody knows any more whose message that is
    place.sink.troubles = [DeliveryDelayed("503")]
    await owe(place, of("studio", 812))
    for _ in range(2):
        await place.delivery().deliver_due()
        place.clock.forward(MINUTE)
    assert told(place) == [
        "✅ attic · “red fox in snow” · 8.0 s · #812",
        "✅ studio · “red fox in snow” · 8.0 s · #812",
    ]
    assert await place.pending() == 0


@pytest.mark.parametrize(
    ("before", "after"), [({"studio"}, {"studio", "attic"}), ({"studio", "attic"}, {"studio"})]
)
async def test_a_message_that_was_posted_before_the_number_of_servers_changed_is_found(
    place: Place, before: set[str], after: set[str]
) -> None:
    place.pages = dict.fromkeys(before)
    place.sink.lose_answer = True
    await owe(place, of("studio", 812))
    await place.delivery().deliver_due()
    place.pages = dict.fromkeys(after)
    place.clock.forward(MINUTE)
    await place.delivery().deliver_due()
    assert len(told(place)) == 1
    assert await place.pending() == 0


async def test_what_a_server_owed_that_is_no_longer_configured_still_goes_out_under_its_name(
    place: Place,
) -> None:
    place.pages = {"invokeai": None}  # and the loader has no other
    await owe(place, of("attic", 812))
    await place.delivery().deliver_due()
    [(_, notice, _)] = place.sink.sent
    assert notice.content == "✅ attic · “red fox in snow” · image missing · 8.0 s · #812"
    assert "does not serve the InvokeAI “attic” any more" in notice.embeds[0].fields[0].value
