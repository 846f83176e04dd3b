"""The pictures of one batch: a message that grows by edits, exactly once, and the line at the batch's end."""

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from test_delivery import CHANNEL, START, FakeFitting, FakeSink, Place, job

from bot.domain.events import BatchCounts, EventKind, JobEvent, Left, ServerEvent, Tally
from bot.domain.jobs import JobStatus
from bot.domain.limits import MAX_EDIT_AGE
from bot.domain.quiet_hours import Buzz, Rule
from bot.domain.submissions import Asker
from bot.domain.subscriptions import Mention, MentionKind, Preferences
from bot.errors import (
    ChannelUnusable,
    DeliveryDelayed,
    DeliveryRejected,
    DeliveryTimedOut,
    ImageUnusable,
    InvokeAIUnavailable,
)
from bot.render.message import Menu
from bot.store.album_rows import album_key, end_key
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.sheet_batching import MAX_WAIT

STEP = timedelta(seconds=15)
FOX = "“red fox in snow”"
ANN = Asker(9, 7, CHANNEL, reply_to=500)
HER = (Mention(MentionKind.USER, 9),)


@dataclass
class Batch:
    """Jobs of one batch, that end one after the other, and are told at once."""

    place: Place
    total: int
    ended: Tally = field(default_factory=Tally)
    asker: Asker | None = None

    async def end(self, *, status: JobStatus = JobStatus.COMPLETED, queue: int = 1, now: bool = True) -> None:
        """The next job, from #803 on, ends so. `queue`: what waits besides. `now`: delivered at once, too."""
        number = 803 + self.ended.all
        name = status.value
        self.ended = replace(self.ended, **{name: getattr(self.ended, name) + 1})
        counts = BatchCounts(self.total, self.ended)
        left = Left(queue + counts.left if queue or counts.left else 0, counts.left, counts)
        began = START + STEP * (self.ended.all - 1)
        done = replace(job(number, status), created_at=START, started_at=began, completed_at=began + STEP)
        kind = EventKind(name)
        image = 0 if kind is EventKind.COMPLETED else None
        event = JobEvent(kind, done, left.queue or 0, image, left, asker=self.asker)
        key = album_key("invokeai", "b") if event.joins_album else None
        async with self.place.database.transaction() as conn:
            await self.place.outbox.add(conn, event, (CHANNEL,), self.place.clock.now, coalescing_key=key)
            if counts.left == 0 and self.total > 1:
                end = JobEvent(EventKind.BATCH_DONE, done, left=left, asker=self.asker)
                await self.place.outbox.add(
                    conn, end, (CHANNEL,), self.place.clock.now, coalescing_key=end_key("invokeai", "b")
                )
        if now:
            await self.tell()

    async def tell(self) -> None:
        await self.place.delivery().deliver_due()
        self.place.clock.forward(STEP)


def files(sink: FakeSink) -> list[list[int]]:
    """The jobs whose pictures each message has."""
    return [[int(file.name.partition("-")[0]) for file in notice.files] for _, notice, _ in sink.sent]


def heads(sink: FakeSink) -> list[str]:
    return sink.contents()


@pytest.fixture
async def place(file_database: Database) -> Place:
    return Place(Outbox(file_database, contact_sheet_after=30), file_database)


async def test_ten_jobs_of_a_batch_are_one_message_that_grows_and_one_line_that_buzzes(place: Place) -> None:
    batch = Batch(place, 10)
    for number in range(10):
        await batch.end(queue=0)
        album = place.sink.sent[0][1]
        assert len(album.files) == number + 1
        assert album.content.startswith(f"{'✅' if number == 9 else '⏳'} {number + 1} of 10 · {FOX}")
    assert files(place.sink) == [[*range(803, 813)], []]
    assert heads(place.sink) == [
        f"✅ 10 of 10 · {FOX} · 2 min 30 s · #803–#812",
        f"✅ 10 of 10 · {FOX} · 2 min 30 s · queue empty · #803–#812",
    ]
    assert [notice.silent for _, notice, _ in place.sink.sent] == [True, False]
    assert place.sink.replies == [None, 1]
    [menu] = place.sink.sent[0][1].rows
    assert isinstance(menu, Menu)
    assert [option.value for option in menu.options] == [str(number) for number in range(803, 813)]
    assert await place.pending() == 0


async def test_the_picture_after_the_tenth_begins_another_message(place: Place) -> None:
    batch = Batch(place, 12)
    for _ in range(12):
        await batch.end()
    assert files(place.sink) == [[*range(803, 813)], [813, 814], []]
    assert heads(place.sink)[:2] == [
        f"✅ 10 of 12 · {FOX} · #803–#812",
        f"✅ 12 of 12 · {FOX} · 3 min 00 s · #813–#814",
    ]
    assert place.sink.replies == [None, None, 2]


async def test_what_ended_during_an_edit_joins_in_the_next_one_as_far_as_there_is_room(place: Place) -> None:
    batch = Batch(place, 14)
    await batch.end()
    for _ in range(7):
        await batch.end(now=False)
    await batch.tell()
    assert (place.sink.edits, files(place.sink)) == (1, [[*range(803, 811)]])
    for _ in range(4):
        await batch.end(now=False)
    await batch.tell()
    assert files(place.sink) == [[*range(803, 813)], [813, 814]]


async def test_a_batch_that_is_told_all_at_once_says_its_end_itself_and_buzzes_once(place: Place) -> None:
    batch = Batch(place, 4)
    for _ in range(4):
        await batch.end(now=False)
    await batch.tell()
    [(_, notice, _)] = place.sink.sent
    assert notice.content == f"✅ 4 of 4 · {FOX} · 1 min 00 s · #803–#806"
    assert not notice.silent
    assert await place.pending() == 0


@pytest.mark.parametrize("last", [JobStatus.FAILED, JobStatus.CANCELED])
async def test_a_batch_whose_last_job_brings_no_picture_has_its_end_said_in_album_and_line(
    place: Place, last: JobStatus
) -> None:
    batch = Batch(place, 3)
    await batch.end()
    await batch.end()
    await batch.end(status=last)
    contents = heads(place.sink)
    said = f"✅ 2 of 3 · 1 {last.value} · {FOX} · 45.0 s"
    assert contents[0] == f"{said} · #803–#804"
    assert contents[-1] == f"{said} · #803–#804"
    assert files(place.sink)[0] == [803, 804]
    assert place.sink.replies[-1] == 1


async def test_where_no_job_brought_a_picture_there_is_nothing_to_say_again(place: Place) -> None:
    batch = Batch(place, 2)
    await batch.end(status=JobStatus.FAILED)
    await batch.end(status=JobStatus.FAILED)
    assert len(place.sink.sent) == 2
    assert await place.pending() == 0


async def test_where_each_notice_buzzes_nothing_grows_and_no_line_is_added(place: Place) -> None:
    place.preferences = Preferences(rule=Rule(Buzz.EACH))
    batch = Batch(place, 3)
    for _ in range(3):
        await batch.end()
    assert files(place.sink) == [[803], [804], [805]]
    assert [notice.silent for _, notice, _ in place.sink.sent] == [False] * 3
    assert place.sink.edits == 0


@pytest.mark.parametrize(("buzz", "lines"), [(Buzz.END, 1), (Buzz.FAILURES, 0), (Buzz.NEVER, 0)])
async def test_the_line_comes_only_where_it_should_buzz(place: Place, buzz: Buzz, lines: int) -> None:
    place.preferences = Preferences(rule=Rule(buzz))
    batch = Batch(place, 3)
    for _ in range(3):
        await batch.end(queue=0)
    assert len(place.sink.sent) == 1 + lines
    assert heads(place.sink)[0].startswith("✅ 3 of 3")
    assert [notice.silent for _, notice, _ in place.sink.sent] == [True, False][: 1 + lines]


async def test_a_line_that_says_the_queue_is_empty_takes_the_place_of_that_news(place: Place) -> None:
    batch = Batch(place, 5)
    for _ in range(5):
        await batch.end(queue=0)
    empty = ServerEvent(EventKind.QUEUE_EMPTY, "invokeai", place.clock.now, tally=Tally(5))
    async with place.database.transaction() as conn:
        await place.outbox.add(
            conn, empty, (CHANNEL,), place.clock.now, coalescing_key=end_key("invokeai", "b")
        )
    await batch.tell()
    assert len(place.sink.sent) == 2
    assert "queue empty" in heads(place.sink)[-1]
    assert await place.pending() == 0


async def test_where_the_batch_had_no_line_of_its_own_an_empty_queue_is_told(place: Place) -> None:
    place.preferences = Preferences(rule=Rule(Buzz.EACH))
    batch = Batch(place, 2)
    for _ in range(2):
        await batch.end(queue=0)
    empty = ServerEvent(EventKind.QUEUE_EMPTY, "invokeai", place.clock.now, tally=Tally(2))
    async with place.database.transaction() as conn:
        await place.outbox.add(
            conn, empty, (CHANNEL,), place.clock.now, coalescing_key=end_key("invokeai", "b")
        )
    await batch.tell()
    assert heads(place.sink)[-1].startswith("🏁 Queue empty")


TROUBLES = [
    DeliveryDelayed("Discord answered 502."),
    DeliveryTimedOut("It took too long."),
    DeliveryRejected("Invalid Form Body"),
    InvokeAIUnavailable("away"),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=repr)
@pytest.mark.parametrize("landed", [True, False])
async def test_an_edit_that_ended_in_doubt_leaves_each_picture_exactly_once(
    place: Place, trouble: Exception, landed: bool
) -> None:
    batch = Batch(place, 5)
    await batch.end()
    if landed:
        place.sink.lose_answer = True
    else:
        place.sink.troubles = [trouble]
    await batch.end()
    for _ in range(3):
        await batch.tell()
    for _ in range(3):
        await batch.end()
    there = sorted(number for jobs in files(place.sink) for number in jobs)
    assert there == [*range(803, 808)]
    assert await place.pending() == 0


async def test_an_edit_that_arrives_after_all_loses_no_picture(place: Place) -> None:
    """Given up, repeated, and then still carried out: so a message in doubt takes no further pictures."""
    batch = Batch(place, 4)
    await batch.end()
    before = place.sink.sent[0]
    place.sink.troubles = [DeliveryTimedOut("It took too long.")]
    await batch.end()
    place.clock.forward(timedelta(minutes=1))
    await batch.tell()
    late = place.sink.sent[0]
    assert len(late[1].files) == len(before[1].files) + 1
    await batch.end()
    await batch.end()
    place.sink.sent[0] = late
    assert sorted(number for jobs in files(place.sink) for number in jobs) == [*range(803, 807)]


async def test_a_message_that_is_gone_is_not_missed(place: Place) -> None:
    batch = Batch(place, 4)
    await batch.end()
    await batch.end()
    place.sink.gone = {1}
    await batch.end()
    await batch.end()
    assert files(place.sink) == [[803, 804], [805, 806], []]
    assert place.sink.replies[-1] == 2


async def test_a_message_that_is_too_old_to_be_edited_is_left_as_it_is(place: Place) -> None:
    batch = Batch(place, 4)
    await batch.end()
    place.clock.forward(MAX_EDIT_AGE)
    await batch.end()
    assert files(place.sink) == [[803], [804]]
    assert place.sink.edits == 0


async def test_where_the_history_can_not_be_read_each_picture_has_a_message(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def closed(_channel_id: int, _message_id: int) -> None:
        raise ChannelUnusable("Read Message History is missing.")

    monkeypatch.setattr(place.sink, "posted", closed)
    batch = Batch(place, 3)
    await batch.end()
    await batch.end()
    assert files(place.sink) == [[803], [804]]


async def test_a_picture_that_is_missing_is_named_in_the_message_from_then_on(place: Place) -> None:
    batch = Batch(place, 4)
    await batch.end()
    place.images.trouble = ImageUnusable("gone")
    await batch.end()
    place.images.trouble = None
    await batch.end()
    [(_, notice, _)] = place.sink.sent
    assert files(place.sink) == [[803, 805]]
    assert "#804: gone" in str([each.value for each in notice.embeds[0].fields])
    assert "1 missing" in notice.content


async def test_a_picture_that_somebody_deleted_does_not_come_back(place: Place) -> None:
    batch = Batch(place, 4)
    await batch.end()
    await batch.end()
    channel, notice, nonce = place.sink.sent[0]
    note = "🗑️ #803 deleted by <@7>"
    place.sink.sent[0] = (
        channel,
        replace(notice, content=f"{notice.content}\n{note}", files=notice.files[1:]),
        nonce,
    )
    await batch.end()
    [(_, notice, _)] = place.sink.sent
    assert files(place.sink) == [[804, 805]]
    assert notice.content == f"⏳ 3 of 4 · {FOX} · #804–#805\n{note}"
    assert "#803" not in str(notice.rows) + str(notice.embeds)


async def test_what_was_made_smaller_is_said_from_then_on(place: Place) -> None:
    place.images.data = bytes(11 * 1024 * 1024)
    place.fitting = FakeFitting(1000)
    batch = Batch(place, 4)
    await batch.end()
    await batch.end()
    [(_, notice, _)] = place.sink.sent
    assert re.search(r"#803: as fake.*#804: as fake", str(notice.embeds))


async def test_the_first_message_of_a_batch_is_found_after_a_crash(place: Place) -> None:
    batch = Batch(place, 4)
    place.sink.lose_answer = True
    await batch.end()
    for _ in range(3):
        await batch.tell()
    assert files(place.sink) == [[803]]
    assert await place.pending() == 0


async def test_a_line_that_was_sent_before_a_crash_is_not_sent_again(place: Place) -> None:
    batch = Batch(place, 2)
    await batch.end()
    place.sink.on_send = lambda: setattr(place.sink, "lose_answer", len(place.sink.sent) == 2)
    await batch.end(now=False)
    await batch.tell()
    place.sink.on_send = lambda: None
    for _ in range(3):
        await batch.tell()
    assert len(place.sink.sent) == 2
    assert await place.pending() == 0


async def test_a_hundred_slow_pictures_make_eleven_messages_of_which_one_buzzes(place: Place) -> None:
    """Thirty are told at once; those that could go on a contact sheet wait a minute for each other."""
    batch, waits = Batch(place, 100), MAX_WAIT // STEP
    for number in range(803, 903):
        await batch.end()
        told = {job for jobs in files(place.sink) for job in jobs}
        assert told >= {*range(803, number + 1 - (waits if number >= 833 else 0))}
    assert files(place.sink) == [*([*range(first, first + 10)] for first in range(803, 903, 10)), []]
    assert [notice.content for _, notice, _ in place.sink.sent if not notice.silent] == [
        f"✅ 100 of 100 · {FOX} · 25 min 00 s · #803–#902"
    ]
    assert await place.pending() == 0


async def test_a_hundred_quick_pictures_make_no_more_than_twelve_messages(place: Place) -> None:
    batch = Batch(place, 100)
    for _ in range(100):
        await batch.end(now=False)
    for _ in range(5):
        await batch.tell()
    assert len(place.sink.sent) <= 12
    assert await place.pending() == 0


def mentions(sink: FakeSink) -> list[tuple[Mention, ...]]:
    return [notice.mentions for _, notice, _ in sink.sent]


async def test_a_batch_replies_to_its_answer_and_mentions_who_asked_once_at_its_end(place: Place) -> None:
    place.members = {(7, 9)}
    batch = Batch(place, 12, asker=ANN)
    for _ in range(12):
        await batch.end()
        *albums, last = mentions(place.sink)  # as each of them was posted, or is since its last edit
        assert not any(albums)
        assert last == (HER if batch.ended.all == 12 else ())
    assert len(place.sink.sent) == 3
    assert place.sink.replies == [500, None, 2]
    assert heads(place.sink)[-1].endswith("#803–#814 · <@9>")
    assert "<@9>" not in "".join(heads(place.sink)[:-1])


async def test_a_batch_that_is_told_all_at_once_mentions_who_asked_there(place: Place) -> None:
    place.members = {(7, 9)}
    batch = Batch(place, 3, asker=ANN)
    for _ in range(3):
        await batch.end(now=False)
    await batch.tell()
    assert mentions(place.sink) == [HER]
    assert place.sink.replies == [500]


@pytest.mark.parametrize("asker", [None, ANN])
async def test_where_an_end_has_no_line_it_has_one_for_who_asked_without_a_sound(
    place: Place, asker: Asker | None
) -> None:
    place.members = {(7, 9)}
    place.preferences = Preferences(rule=Rule(Buzz.FAILURES))
    batch = Batch(place, 2, asker=asker)
    for _ in range(2):
        await batch.end()
    assert mentions(place.sink) == ([(), HER] if asker else [()])
    assert all(notice.silent for _, notice, _ in place.sink.sent)


@pytest.mark.parametrize("elsewhere", [replace(ANN, channel_id=43), replace(ANN, guild_id=8), Asker(9)])
async def test_nobody_is_mentioned_elsewhere_or_in_a_guild_that_they_are_not_in(
    place: Place, elsewhere: Asker
) -> None:
    place.members = {(7, 9)}
    batch = Batch(place, 2, asker=elsewhere)
    for _ in range(2):
        await batch.end()
    assert mentions(place.sink) == [(), ()]


async def test_where_each_picture_buzzes_each_mentions_those_who_asked_for_what_it_shows(
    place: Place,
) -> None:
    place.members = {(7, 9), (7, 10)}
    place.preferences = Preferences(rule=Rule(Buzz.EACH))
    asked = (ANN, replace(ANN, user_id=10), ANN, None, replace(ANN, user_id=11))
    async with place.database.transaction() as conn:
        for number, asker in enumerate(asked, 1):
            event = JobEvent(EventKind.COMPLETED, job(number), 0, 0, asker=asker)
            await place.outbox.add(conn, event, (CHANNEL,), place.clock.now)
    await place.delivery().deliver_due()
    assert mentions(place.sink) == [(*HER, Mention(MentionKind.USER, 10))]
    assert place.sink.replies == [500]


async def test_who_cancels_their_own_job_is_not_mentioned_and_who_did_not_is(place: Place) -> None:
    place.members = {(7, 9)}
    for number, by in ((1, 9), (2, 8)):
        event = JobEvent(EventKind.CANCELED, job(number, JobStatus.CANCELED), by=by, asker=ANN)
        async with place.database.transaction() as conn:
            await place.outbox.add(conn, event, (CHANNEL,), place.clock.now)
        await place.delivery().deliver_due()
    assert mentions(place.sink) == [(), HER]
    assert [notice.silent for _, notice, _ in place.sink.sent] == [True, False]


async def test_a_thread_is_told_as_the_channel_around_it(place: Place) -> None:
    place.preferences = Preferences(hide_prompts=True)
    asker = Asker(9, 7, 44, parent_id=CHANNEL)
    event = JobEvent(EventKind.COMPLETED, job(1), 0, 0, asker=asker)
    async with place.database.transaction() as conn:
        await place.outbox.add(conn, event, (44,), place.clock.now)
    await place.delivery().deliver_due()
    [(channel, notice, _)] = place.sink.sent
    assert (channel, "fox" in notice.content) == (44, False)
