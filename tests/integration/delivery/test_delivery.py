import asyncio
import contextlib
import io
import os
import re
import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from fakes import Clock
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from prometheus_client import generate_latest
from sqlalchemy import update
from store_samples import spoil
from structlog.testing import capture_logs

from bot.delivery.askers import Askers
from bot.delivery.composer import Composer
from bot.delivery.deliverer import ALBUM_WINDOW, LEASE, MAX_REST, Deliverer
from bot.delivery.message import Message
from bot.delivery.patient_outbox import PatientOutbox
from bot.domain.events import EventKind, JobEvent, ServerEvent
from bot.domain.jobs import Failure, Job, JobStatus, Recipe
from bot.domain.limits import MAX_ATTACHMENTS
from bot.domain.quiet_hours import Buzz, Rule
from bot.domain.subscriptions import Mention, MentionKind, Preferences
from bot.errors import (
    ChannelUnusable,
    DeliveryDelayed,
    DeliveryRejected,
    DeliveryTooLarge,
    ImageGone,
    ImageTooLarge,
    ImageUnusable,
    InvokeAIUnavailable,
    LoginNeeded,
    MessageGone,
    TokenRefused,
)
from bot.images.compression import Compressed
from bot.images.loader import Compressor, ImageLoader
from bot.images.worker import CompressionWorker
from bot.render.album_text import AlbumContents
from bot.render.headline import has_mark
from bot.render.message import Menu, Notice
from bot.store.database import Database
from bot.store.dead_letters import DeadLetters
from bot.store.outbox import Outbox
from bot.store.outbox_writer import OutboxWake
from bot.store.schema import outbox as table
from bot.store.suspensions import Suspensions
from bot.telemetry.metrics import Metrics

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CHANNEL, OTHER = 42, 43


class FakeSink:
    """Keeps what was sent; raises what it was told to, once each."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, Notice, str]] = []
        self.troubles: list[Exception] = []
        self.limit = 10 * 1024 * 1024
        self.most_bytes = MAX_ATTACHMENTS
        self.refused: str | None = None
        """No message that holds this job is ever taken."""
        self.lose_answer = False
        self.edits = 0
        self.replies: list[int | None] = []
        """What each new message answered."""
        self.gone: set[int] = set()
        self.hold: asyncio.Event | None = None
        self.on_send: Callable[[], None] = lambda: None
        self.reached = asyncio.Event()

    async def ready(self) -> None:
        return

    def file_limit(self, channel_id: int) -> int:
        return self.limit

    async def put(self, message: Message) -> int:
        if message.edits is None:
            self.replies.append(message.reply_to)
            return await self.send(message.channel_id, message.notice, message.nonce)
        return await self.edit(message.channel_id, message.edits, message.notice, message.keeps)

    async def posted(self, channel_id: int, message_id: int) -> AlbumContents:
        """An attachment's id is its name's hash."""
        channel, notice, _ = self.sent[message_id - 1]
        assert channel == channel_id
        if message_id in self.gone:
            raise MessageGone("gone")
        fields = {each.name: each.value for embed in notice.embeds for each in embed.fields}
        notes = tuple(line for line in notice.content.split("\n") if line.startswith("🗑️"))
        return AlbumContents({file.name: hash(file.name) for file in notice.files}, fields, notes)

    async def send(self, channel_id: int, notice: Notice, nonce: str) -> int:
        self.reached.set()
        self.on_send()
        if self.hold is not None:
            await self.hold.wait()
        if self.troubles:
            raise self.troubles.pop(0)
        if sum(len(file.data) for file in notice.files) > self.most_bytes:
            raise DeliveryTooLarge("too large")
        if self.refused is not None and self.holds(notice, int(self.refused[1:])):
            raise DeliveryRejected("Invalid Form Body")
        self.sent.append((channel_id, notice, nonce))
        if self.lose_answer:
            self.lose_answer = False
            raise DeliveryDelayed("the answer was lost")
        return len(self.sent)

    async def edit(
        self, channel_id: int, message_id: int, notice: Notice, keeps: Sequence[int] | None
    ) -> int:
        self.on_send()
        if self.troubles:
            raise self.troubles.pop(0)
        channel, before, nonce = self.sent[message_id - 1]
        assert channel == channel_id
        if message_id in self.gone:
            raise MessageGone("gone")
        if keeps is not None and not {hash(file.name) for file in before.files} >= set(keeps):
            raise DeliveryRejected("Invalid Form Body: ATTACHMENT_NOT_FOUND")
        self.edits += 1
        kept = [file for file in before.files if keeps is None or hash(file.name) in keeps]
        new = notice.files if keeps is not None else ()
        edited = replace(notice, files=(*kept, *new), silent=before.silent)
        self.sent[message_id - 1] = (channel, edited, nonce)
        if self.lose_answer:
            self.lose_answer = False
            raise DeliveryDelayed("the answer was lost")
        return message_id

    async def find(
        self, channel_id: int, dedup_marker: str, since: datetime, known: Collection[int]
    ) -> int | None:
        for place, (channel, notice, _) in enumerate(self.sent, start=1):
            there = channel == channel_id and place not in self.gone and place not in known
            if there and has_mark(notice.content, dedup_marker):
                return place
        return None

    def holds(self, notice: Notice, number: int) -> bool:
        """Whether the head, as `#4` or within `#1–#10`, tells of that job."""
        numbers = [int(found) for found in re.findall(r"#(\d+)", notice.content)]
        return bool(numbers) and min(numbers) <= number <= max(numbers)

    def contents(self, channel_id: int = CHANNEL) -> list[str]:
        return [notice.content for channel, notice, _ in self.sent if channel == channel_id]


class FakeImages:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.trouble: Exception | None = None
        self.asked: list[str] = []
        self.by_name = False
        """Each image ends with its name."""

    async def image(self, name: str, limit: int) -> bytes:
        self.asked.append(name)
        if self.trouble is not None:
            raise self.trouble
        if len(self.data) > limit:
            raise ImageTooLarge(f"The image {name} is larger than {limit} bytes.", len(self.data))
        return self.data + name.encode() if self.by_name else self.data

    async def thumbnail(self, name: str, limit: int) -> bytes:
        if self.trouble is not None:
            raise self.trouble
        return self.data


class FakeFitting:
    """Makes `size` bytes of everything, once `hold` lets it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked = 0
        self.hold: asyncio.Event | None = None
        self.reached = asyncio.Event()

    async def fit(self, data: bytes, limit: int, *, bare: bool = False) -> Compressed:
        self.asked += 1
        self.reached.set()
        if self.hold is not None:
            await self.hold.wait()
        return Compressed(png() + bytes(self.size - len(png())), "png", f"as fake, {limit} bytes at most")


def noise(side: int) -> bytes:
    """A PNG about as large as its pixels."""
    buffer = io.BytesIO()
    pixels = os.urandom(side * side * 3)
    Image.frombytes("RGB", (side, side), pixels).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


def png(prompt: str | None = None) -> bytes:
    buffer = io.BytesIO()
    told = PngInfo()
    if prompt is not None:
        told.add_text("invokeai_metadata", prompt)
    Image.new("RGB", (8, 8), "red").save(buffer, "PNG", pnginfo=told)
    return buffer.getvalue()


def job(number: int, status: JobStatus = JobStatus.COMPLETED, images: int = 1) -> Job:
    return Job(
        server="invokeai",
        number=number,
        status=status,
        batch_id="b",
        session_id=f"s{number}",
        created_at=START,
        started_at=START,
        completed_at=START + timedelta(seconds=8),
        recipe=Recipe(prompt="red fox in snow"),
        images=tuple(f"{number}-{place}.png" for place in range(images)),
        failure=Failure("OutOfMemoryError", "CUDA out of memory", "Traceback…\nOutOfMemoryError")
        if status is JobStatus.FAILED
        else None,
    )


def events(of: Job) -> list[JobEvent]:
    kind = EventKind(of.status)
    if kind is EventKind.COMPLETED and of.images:
        return [JobEvent(kind, of, 0, place) for place in range(len(of.images))]
    return [JobEvent(kind, of)]


@dataclass
class Place:
    outbox: Outbox
    database: Database
    clock: Clock = field(default_factory=Clock)
    sink: FakeSink = field(default_factory=FakeSink)
    images: FakeImages = field(default_factory=lambda: FakeImages(png()))
    others: dict[str, FakeImages] = field(default_factory=dict[str, FakeImages])
    """Those of other servers than the one named `invokeai`."""
    metrics: Metrics = field(default_factory=Metrics)
    preferences: Preferences = field(default_factory=Preferences)
    """Of CHANNEL; the others have none."""
    fitting: Compressor = field(default_factory=CompressionWorker)
    members: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    """Of guilds, by their ids."""
    wake: OutboxWake = field(default_factory=OutboxWake)
    rests: list[float] = field(default_factory=list[float])
    pages: dict[str, str | None] = field(default_factory=lambda: dict[str, str | None](invokeai=None))
    """Of each server."""
    mend_after: int = 0
    other: sqlite3.Connection | None = None

    @property
    def dead_letters(self) -> DeadLetters:
        return DeadLetters(self.database)

    @property
    def suspensions(self) -> Suspensions:
        return Suspensions(self.database)

    def hold(self, mend_after: int) -> None:
        """Another program writes into the database, until the delivery has rested so often."""
        self.mend_after = mend_after
        self.other = sqlite3.connect(self.database.place)
        self.other.execute("BEGIN IMMEDIATE")

    async def sleep(self, seconds: float) -> None:
        self.rests.append(seconds)
        if self.other is not None and len(self.rests) >= self.mend_after:
            self.other.close()
            self.other = None

    def delivery(self, longest_rest: float = MAX_REST) -> Deliverer:
        """A new one, as after a restart."""
        numbers = count(1)
        outbox = PatientOutbox(self.outbox, self.preferences_of, wake=self.wake, sleep=self.sleep)
        images = dict.fromkeys(("invokeai", *self.pages), self.images)
        loader = ImageLoader(images | self.others, self.fitting)
        return Deliverer(
            outbox,
            Composer(
                outbox,
                loader,
                posted=self.sink.posted,
                file_limit=self.sink.file_limit,
                askers=Askers(self.member),
                clock=self.clock,
                pages=self.pages,
            ),
            self.sink,
            self.metrics,
            clock=self.clock,
            new_group=lambda: f"{id(numbers)}-{next(numbers)}",
            longest_rest=longest_rest,
        )

    async def member(self, guild_id: int, user_id: int) -> bool:
        return (guild_id, user_id) in self.members

    async def preferences_of(self, channel_id: int, parent_id: int | None = None) -> Preferences:
        return self.preferences if CHANNEL in {channel_id, parent_id} else Preferences()

    async def add(
        self, *jobs: Job, channels: tuple[int, ...] = (CHANNEL,), coalescing_key: str | None = None
    ) -> None:
        async with self.database.transaction() as transaction:
            for each in jobs:
                for event in events(each):
                    await self.outbox.add(
                        transaction, event, channels, self.clock.now, coalescing_key=coalescing_key
                    )

    async def add_busy(self, *jobs: Job, pending: int) -> None:
        """While so many jobs wait to run."""
        async with self.database.transaction() as transaction:
            for each in jobs:
                for event in events(each):
                    busy = replace(event, pending=pending)
                    await self.outbox.add(transaction, busy, (CHANNEL,), self.clock.now)

    async def pending(self) -> int:
        return await self.outbox.pending_count()


@pytest.fixture
async def place(file_database: Database) -> Place:
    return Place(Outbox(file_database), file_database)


async def test_a_finished_image_goes_out_with_its_own_bytes_and_is_settled(place: Place) -> None:
    await place.add(job(812))
    await place.delivery().deliver_due()
    [(channel, notice, nonce)] = place.sink.sent
    assert channel == CHANNEL
    assert has_mark(notice.content, "✅ #812")
    assert [file.data for file in notice.files] == [png()]
    assert 0 < len(nonce) <= 40
    assert await place.pending() == 0


async def test_what_is_due_together_becomes_albums_of_ten_in_order(place: Place) -> None:
    await place.add(*(job(number) for number in range(1, 24)))
    await place.delivery().deliver_due()
    assert [len(notice.files) for _, notice, _ in place.sink.sent] == [10, 10, 3]
    assert "#1–#10" in place.sink.contents()[0]
    assert "#21–#23" in place.sink.contents()[2]


async def test_a_job_of_many_images_is_split_at_ten_files(place: Place) -> None:
    await place.add(job(812, images=12))
    await place.delivery().deliver_due()
    assert [len(notice.files) for _, notice, _ in place.sink.sent] == [10, 2]
    assert await place.pending() == 0


async def test_each_picture_of_a_job_of_a_hundred_images_is_posted(place: Place) -> None:
    place.images.by_name = True
    await place.add(job(812, images=100))
    await place.delivery().deliver_due()
    told = [file.data for _, notice, _ in place.sink.sent for file in notice.files]
    assert told == [png() + f"812-{number}.png".encode() for number in range(100)]
    assert all("missing" not in content for content in place.sink.contents())


async def test_an_album_ends_where_the_request_would_be_too_large(place: Place) -> None:
    place.images.data = png() + bytes(9 * 1024 * 1024)
    await place.add(*(job(number) for number in range(1, 6)))
    await place.delivery().deliver_due()
    assert [len(notice.files) for _, notice, _ in place.sink.sent] == [2, 2, 1]


async def test_failures_and_cancellations_keep_their_place_between_images(place: Place) -> None:
    await place.add(job(1), job(2, JobStatus.FAILED), job(3), job(4, JobStatus.CANCELED), job(5))
    await place.delivery().deliver_due()
    assert [content[0] for content in place.sink.contents()] == ["✅", "❌", "✅", "🚫", "✅"]


async def test_a_message_that_discord_finds_too_large_is_sent_with_fewer_files(place: Place) -> None:
    place.sink.most_bytes = 3 * len(png())
    await place.add(*(job(number) for number in range(1, 9)))
    await place.delivery().deliver_due()
    assert [len(notice.files) for _, notice, _ in place.sink.sent] == [2, 3, 3]
    assert await place.pending() == 0


async def test_albums_after_one_that_was_too_large_are_full_again(place: Place) -> None:
    place.sink.troubles = [DeliveryTooLarge("too large")]
    await place.add(*(job(number) for number in range(1, 26)))
    await place.delivery().deliver_due()
    assert [len(notice.files) for _, notice, _ in place.sink.sent] == [5, 10, 10]


async def test_a_single_picture_that_discord_finds_too_large_is_left_out_and_that_is_said(
    place: Place,
) -> None:
    place.sink.most_bytes = 10
    await place.add(job(812))
    await place.delivery().deliver_due()
    [(_, notice, _)] = place.sink.sent
    assert notice.files == ()
    assert "too large" in str(notice.embeds)


async def test_an_image_that_is_gone_does_not_hold_the_notice(place: Place) -> None:
    place.images.trouble = ImageUnusable("InvokeAI has no image 812-0.png any more.")
    await place.add(job(812))
    await place.delivery().deliver_due()
    [(_, notice, _)] = place.sink.sent
    assert notice.files == ()
    assert "any more" in str(notice.embeds)


async def test_an_image_over_the_guild_s_limit_is_left_out_and_that_is_said(place: Place) -> None:
    place.sink.limit = len(png()) - 1
    await place.add(job(812))
    await place.delivery().deliver_due()
    [(_, notice, _)] = place.sink.sent
    assert notice.files == ()
    assert f"larger than {place.sink.limit} bytes" in str(notice.embeds)


async def test_a_picture_of_fifty_megabytes_is_posted_under_the_limit_and_tells_how(place: Place) -> None:
    place.images.data = noise(4096)
    assert len(place.images.data) > 45_000_000
    await place.add(job(812))
    await place.delivery().deliver_due()
    [(_, notice, _)] = place.sink.sent
    [file] = notice.files
    assert file.name == "812-red-fox-in-snow.webp"
    assert len(file.data) <= place.sink.limit
    [embed] = notice.embeds
    [told] = embed.fields
    assert told.name == "Made smaller"
    assert told.value.startswith("#812: as WebP")
    assert "of 50 MB" in told.value
    assert "*Original*" in told.value
    assert await place.pending() == 0


async def test_what_can_not_be_made_smaller_is_left_out_and_that_is_said(place: Place) -> None:
    place.images.data = png() + bytes(place.sink.limit)
    place.images.data = place.images.data[8:]
    await place.add(job(812))
    await place.delivery().deliver_due()
    [(_, notice, _)] = place.sink.sent
    assert notice.files == ()
    assert "can't be made to fit into 10 MB" in str(notice.embeds)
    assert await place.pending() == 0


async def test_an_album_is_as_large_as_its_pictures_are_after_they_were_made_smaller(place: Place) -> None:
    place.fitting = fitting = FakeFitting(9 * 1024 * 1024)
    place.images.data = bytes(11 * 1024 * 1024)
    await place.add(*(job(number) for number in range(1, 6)))
    await place.delivery().deliver_due()
    assert [len(notice.files) for _, notice, _ in place.sink.sent] == [2, 2, 1]
    assert fitting.asked == 5  # the one that was too much for a message is not made twice


async def test_after_so_many_pictures_of_a_batch_come_contact_sheets(place: Place) -> None:
    place.outbox = Outbox(place.database, contact_sheet_after=30)
    await place.add(*(job(number) for number in range(1, 101)))
    await place.delivery().deliver_due()
    sent = [notice for _, notice, _ in place.sink.sent]
    assert [len(notice.files) for notice in sent] == [10, 10, 10, 1, 1, 1]
    assert [notice.content.split(" · “")[0] for notice in sent[3:]] == [
        "✅ 24 images · #31–#54",
        "✅ 24 images · #55–#78",
        "✅ 22 images · #79–#100",
    ]
    for notice in sent[3:]:
        [file] = notice.files
        with Image.open(io.BytesIO(file.data)) as image:
            assert (image.format, image.width) == ("JPEG", 1200)
        [menu] = notice.rows
        assert isinstance(menu, Menu)
        assert len(menu.options) == int(notice.content.split()[1])
    assert sent[3].files[0].name == "31-54-contact-sheet.jpg"
    assert await place.pending() == 0


async def test_a_contact_sheet_that_was_sent_before_a_crash_is_found_by_its_numbers(place: Place) -> None:
    place.outbox = Outbox(place.database, contact_sheet_after=1)
    await place.add(*(job(number) for number in range(1, 26)))
    place.sink.on_send = lambda: setattr(place.sink, "lose_answer", len(place.sink.sent) == 1)
    delivery = place.delivery()
    await delivery.deliver_due()
    assert len(place.sink.sent) == 2
    assert await place.pending() == 24
    place.clock.forward(timedelta(minutes=1))
    await delivery.deliver_due()
    assert len(place.sink.sent) == 2
    assert await place.pending() == 0


@pytest.mark.parametrize(
    "trouble", [ImageUnusable("gone"), LoginNeeded("no"), InvokeAIUnavailable("away")], ids=repr
)
async def test_a_contact_sheet_without_any_small_picture_says_so(place: Place, trouble: Exception) -> None:
    place.outbox = Outbox(place.database, contact_sheet_after=1)
    await place.add(job(1))
    delivery = place.delivery()
    await delivery.deliver_due()
    place.images.trouble = trouble
    await place.add(*(job(number) for number in range(2, 13)))
    for _ in range(6):
        await delivery.deliver_due()
        place.clock.forward(timedelta(minutes=10))
    [_, (_, notice, _)] = place.sink.sent
    assert notice.content.startswith("✅ 11 images · #2–#12")
    assert notice.files == ()
    assert "no small pictures" in str(notice.embeds)


async def test_a_boost_never_makes_a_file_larger_than_a_request(place: Place) -> None:
    place.fitting = FakeFitting(9 * 1024 * 1024)
    place.images.data = bytes(60 * 1024 * 1024)
    place.sink.limit = 100 * 1024 * 1024
    await place.add(job(1))
    await place.delivery().deliver_due()
    [(_, notice, _)] = place.sink.sent
    assert f"as fake, {MAX_ATTACHMENTS} bytes at most" in str(notice.embeds)


async def test_a_stop_while_a_picture_is_made_smaller_lets_the_message_go_out(place: Place) -> None:
    place.fitting = fitting = FakeFitting(1024)
    fitting.hold = asyncio.Event()
    place.images.data = bytes(11 * 1024 * 1024)
    await place.add(job(812))
    running = asyncio.create_task(place.delivery().run())
    await fitting.reached.wait()
    running.cancel()
    await asyncio.sleep(0)
    fitting.hold.set()
    await _cancelled(running)
    assert [len(notice.files) for _, notice, _ in place.sink.sent] == [1]
    assert await place.pending() == 0


async def test_an_image_of_an_invokeai_that_is_away_is_waited_for_and_then_left_out(place: Place) -> None:
    place.images.trouble = InvokeAIUnavailable("away")
    await place.add(job(812))
    delivery = place.delivery()
    for _ in range(5):
        assert place.sink.sent == []
        await delivery.deliver_due()
        place.clock.forward(timedelta(minutes=6))
    [(_, notice, _)] = place.sink.sent
    assert "did not answer" in str(notice.embeds)


async def test_an_image_that_is_missing_for_a_moment_is_asked_for_again(place: Place) -> None:
    place.images.trouble = ImageGone("InvokeAI has no image 812.png any more.")
    await place.add(job(812))
    delivery = place.delivery()
    await delivery.deliver_due()
    assert place.sink.sent == []
    place.images.trouble = None
    place.clock.forward(timedelta(seconds=2))
    await delivery.deliver_due()
    [(_, notice, _)] = place.sink.sent
    assert len(notice.files) == 1


async def test_an_image_that_stays_away_costs_its_notice_two_seconds(place: Place) -> None:
    place.images.trouble = ImageGone("InvokeAI has no image 812.png any more.")
    await place.add(job(812))
    delivery = place.delivery()
    await delivery.deliver_due()
    place.clock.forward(timedelta(seconds=2))
    await delivery.deliver_due()
    [(_, notice, _)] = place.sink.sent
    assert notice.files == ()
    assert "any more" in str(notice.embeds)


async def test_a_lost_answer_is_looked_for_in_the_channel_and_not_sent_again(place: Place) -> None:
    place.sink.lose_answer = True
    await place.add(job(812))
    delivery = place.delivery()
    await delivery.deliver_due()
    assert await place.pending() == 1
    place.clock.forward(timedelta(minutes=1))
    await delivery.deliver_due()
    assert len(place.sink.sent) == 1
    assert await place.pending() == 0


@pytest.mark.parametrize("trouble", [TokenRefused(), InvokeAIUnavailable("away")])
async def test_a_group_that_may_have_been_sent_stays_together_over_other_troubles(
    place: Place, trouble: Exception
) -> None:
    place.sink.troubles = [DeliveryDelayed("no answer"), trouble]
    await place.add(job(812))
    delivery = place.delivery()
    await delivery.deliver_due()
    place.clock.forward(timedelta(minutes=6))
    with contextlib.suppress(ExceptionGroup):
        await delivery.deliver_due()
    place.clock.forward(timedelta(minutes=6))
    claim = await place.outbox.claim(CHANNEL, place.clock.now, LEASE, "another", 10)
    assert claim is not None
    assert claim.found_in_flight
    assert claim.group != "another"


async def test_a_claim_of_a_bot_that_was_killed_is_taken_up_again_under_its_own_nonce(place: Place) -> None:
    await place.add(job(812))
    claim = await place.outbox.claim(CHANNEL, place.clock.now, LEASE, "killed", 10)
    assert claim is not None
    await place.delivery().deliver_due()
    assert place.sink.sent == []
    place.clock.forward(LEASE)
    await place.delivery().deliver_due()
    assert [nonce for _, _, nonce in place.sink.sent] == ["killed"]


async def test_a_restart_does_not_wait_for_the_leases_of_the_bot_that_was_killed(place: Place) -> None:
    await place.add(job(812))
    assert await place.outbox.claim(CHANNEL, place.clock.now, LEASE, "killed", 10)
    running = asyncio.create_task(place.delivery().run())
    await place.sink.reached.wait()
    await _cancelled(running)
    assert [nonce for _, _, nonce in place.sink.sent] == ["killed"]


async def test_a_channel_that_does_not_take_messages_holds_up_no_other(place: Place) -> None:
    place.sink.troubles = [ChannelUnusable("gone")]
    await place.add(job(812), channels=(CHANNEL, OTHER))
    delivery = place.delivery()
    await delivery.deliver_due()
    assert len(place.sink.sent) == 1
    assert await place.pending() == 1
    place.clock.forward(timedelta(minutes=1))
    await delivery.deliver_due()
    assert len(place.sink.contents(CHANNEL)) == len(place.sink.contents(OTHER)) == 1


async def test_a_suspended_channel_is_looked_at_ever_more_rarely_and_never_becomes_a_dead_letter(
    place: Place,
) -> None:
    place.sink.troubles = [ChannelUnusable("Attach Files is missing") for _ in range(30)]
    await place.add(job(1), job(2, JobStatus.FAILED))
    delivery = place.delivery()
    with capture_logs() as logs:
        for _ in range(20 * 6):
            await delivery.deliver_due()
            place.clock.forward(timedelta(minutes=10))
    assert 20 <= 30 - len(place.sink.troubles) <= 26
    assert await place.dead_letters.newest(10) == []
    [one] = await place.suspensions.all()
    assert (one.reason, one.since, one.pending) == ("Attach Files is missing", START, 2)
    said = [line["log_level"] for line in logs if line["event"] == "channel_suspended"]
    assert said == ["warning"] + ["debug"] * (len(said) - 1)
    place.sink.troubles = []
    place.clock.forward(timedelta(hours=1))
    await delivery.deliver_due()
    assert [content[0] for content in place.sink.contents()] == ["✅", "❌"]
    assert await place.suspensions.all() == []


async def test_what_seems_mended_is_sent_at_once(place: Place) -> None:
    place.sink.troubles = [ChannelUnusable("gone")]
    await place.add(job(1))
    delivery = place.delivery()
    await delivery.deliver_due()
    await delivery.deliver_due()
    assert place.sink.sent == []
    assert await place.suspensions.retry_now(place.clock.now, [CHANNEL]) == [CHANNEL]
    await delivery.deliver_due()
    assert len(place.sink.sent) == 1


async def test_a_start_of_the_bot_looks_at_every_suspended_channel(place: Place) -> None:
    place.sink.troubles = [ChannelUnusable("gone")]
    await place.add(job(1))
    await place.delivery().deliver_due()
    place.sink.reached.clear()
    running = asyncio.create_task(place.delivery().run())
    await place.sink.reached.wait()
    await _cancelled(running)
    assert len(place.sink.sent) == 1


async def test_suspended_channels_and_dead_letters_are_counted(place: Place) -> None:
    place.sink.troubles = [DeliveryRejected("Invalid Form Body"), ChannelUnusable("gone")]
    await place.add(job(1, JobStatus.FAILED), job(2))
    delivery = place.delivery()
    await delivery.deliver_due()
    await delivery.deliver_due()
    assert (await place.outbox.dead_letter_count(), await place.outbox.pending_count()) == (1, 1)
    assert len(await place.suspensions.all()) == 1
    page = generate_latest(place.metrics.registry).decode()
    assert 'bot_notices_total{outcome="dead_lettered",server="invokeai"} 1.0' in page


async def test_what_another_program_redelivers_is_found_without_waking(place: Place) -> None:
    place.sink.troubles = [DeliveryRejected("Invalid Form Body")]
    await place.add(job(1))
    await place.delivery().deliver_due()
    place.sink.reached.clear()
    running = asyncio.create_task(place.delivery(longest_rest=0.01).run())
    await asyncio.sleep(0.05)
    assert not place.sink.reached.is_set()
    [dead] = await place.dead_letters.newest(10)
    assert await place.dead_letters.redeliver([dead.id]) == 1
    await place.sink.reached.wait()
    await _cancelled(running)
    assert len(place.sink.sent) == 1


async def test_discord_s_own_wish_to_wait_is_granted(place: Place) -> None:
    place.sink.troubles = [DeliveryDelayed("wait", timedelta(minutes=3))]
    await place.add(job(812))
    await place.delivery().deliver_due()
    assert await place.outbox.next_due() == START + timedelta(minutes=3)


async def test_a_refused_message_becomes_a_dead_letter_with_its_reason_and_the_rest_goes_on(
    place: Place,
) -> None:
    place.sink.troubles = [DeliveryRejected("Invalid Form Body")]
    await place.add(job(1, JobStatus.FAILED), job(2))
    await place.delivery().deliver_due()
    assert has_mark(place.sink.contents()[0], "✅ #2")
    [dead] = await place.dead_letters.newest(10)
    assert dead.reason == "Invalid Form Body"


@pytest.mark.parametrize("status", [JobStatus.COMPLETED, JobStatus.CANCELED])
async def test_only_the_row_that_is_refused_becomes_a_dead_letter_and_its_company_goes_out(
    place: Place, status: JobStatus
) -> None:
    place.sink.refused = "#4"
    await place.add(*(job(number, status) for number in range(1, 11)))
    for _ in range(10):
        await place.delivery().deliver_due()
    [dead] = await place.dead_letters.newest(10)
    assert isinstance(dead.event, JobEvent)
    assert dead.event.job.number == 4
    assert await place.pending() == 0
    assert "#10" in place.sink.contents()[-1]


async def test_an_unexpected_error_is_tried_again_and_at_last_becomes_a_dead_letter(place: Place) -> None:
    place.sink.troubles = [ZeroDivisionError("a bug") for _ in range(12)]
    await place.add(job(1, JobStatus.FAILED), job(2))
    delivery = place.delivery()
    for _ in range(12):
        await delivery.deliver_due()
        place.clock.forward(timedelta(minutes=6))
    [dead] = await place.dead_letters.newest(10)
    assert "ZeroDivisionError" in dead.reason
    await delivery.deliver_due()
    assert place.sink.contents() == ["✅ “red fox in snow” · 8.0 s · #2"]


async def test_one_unexpected_error_after_a_long_outage_is_no_dead_letter(place: Place) -> None:
    place.sink.troubles = [*(DeliveryDelayed("503") for _ in range(12)), ZeroDivisionError("a bug")]
    await place.add(job(1, JobStatus.FAILED))
    delivery = place.delivery()
    for _ in range(14):
        await delivery.deliver_due()
        place.clock.forward(timedelta(minutes=6))
    assert await place.dead_letters.newest(10) == []
    assert len(place.sink.sent) == 1


async def test_waking_sends_what_has_come_since(place: Place) -> None:
    delivery = place.delivery()
    running = asyncio.create_task(delivery.run())
    await place.add(job(812))
    place.wake.set()
    await place.sink.reached.wait()
    await _cancelled(running)
    assert len(place.sink.sent) == 1


async def test_a_stop_lets_the_message_in_hand_go_out(place: Place) -> None:
    place.sink.hold = asyncio.Event()
    await place.add(job(812))
    running = asyncio.create_task(place.delivery().run())
    await place.sink.reached.wait()
    running.cancel()
    await asyncio.sleep(0)
    place.sink.hold.set()
    await _cancelled(running)
    assert len(place.sink.sent) == 1
    assert await place.pending() == 0


async def test_a_database_that_is_held_before_the_claim_only_delays(place: Place) -> None:
    await place.add(job(1), job(2, JobStatus.FAILED))
    place.hold(3)
    await place.delivery().deliver_due()
    assert [content[0] for content in place.sink.contents()] == ["✅", "❌"]
    assert place.rests == [1, 2, 4]
    assert await place.pending() == 0


async def test_what_was_sent_is_written_down_as_soon_as_that_can_be_and_never_sent_again(
    place: Place,
) -> None:
    place.sink.on_send = lambda: place.hold(9) if place.other is None and not place.rests else None
    await place.add(job(1), job(2, JobStatus.FAILED))
    await place.delivery().deliver_due()
    assert [content[0] for content in place.sink.contents()] == ["✅", "❌"]
    assert place.rests == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert await place.pending() == 0


@pytest.mark.parametrize("trouble", [DeliveryDelayed("wait"), DeliveryRejected("no"), ZeroDivisionError()])
async def test_the_fate_of_a_message_that_was_not_sent_is_written_down_as_well(
    place: Place, trouble: Exception
) -> None:
    place.sink.troubles = [trouble]
    place.sink.on_send = lambda: place.hold(2) if not place.rests else None
    await place.add(job(1))
    delivery = place.delivery()
    await delivery.deliver_due()
    assert place.rests == [1, 2]
    place.clock.forward(timedelta(minutes=1))
    await delivery.deliver_due()
    dead = len(await place.dead_letters.newest(10))
    assert (len(place.sink.sent), dead) == ((0, 1) if isinstance(trouble, DeliveryRejected) else (1, 0))
    assert await place.pending() == 0


async def test_an_album_that_must_be_smaller_waits_until_that_is_written_down(place: Place) -> None:
    place.sink.most_bytes = 3 * len(png())
    place.sink.on_send = lambda: place.hold(2) if not place.rests and place.other is None else None
    await place.add(*(job(number) for number in range(1, 5)))
    await place.delivery().deliver_due()
    assert [len(notice.files) for _, notice, _ in place.sink.sent] == [2, 2]
    assert await place.pending() == 0


async def test_a_running_delivery_outlives_a_database_that_is_held_at_its_start(place: Place) -> None:
    await place.add(job(812))
    place.hold(2)
    running = asyncio.create_task(place.delivery().run())
    await place.sink.reached.wait()
    await _cancelled(running)
    assert len(place.sink.sent) == 1
    assert place.rests == [1, 2]


async def test_a_row_that_can_not_be_read_becomes_a_dead_letter_and_the_channel_goes_on(place: Place) -> None:
    await place.add(job(1, JobStatus.FAILED), job(2))
    async with place.database.transaction() as transaction:
        await transaction.execute(update(table).where(table.c.number == 1).values(kind="exploded"))
        await spoil(transaction, 1, '{"kind": "exploded"}')
    await place.delivery().deliver_due()
    assert place.sink.contents() == ["✅ “red fox in snow” · 8.0 s · #2"]
    [dead] = await place.dead_letters.newest(10)
    assert (dead.event, dead.attempts) == (None, 0)
    assert "can't be read" in dead.reason


async def test_news_of_the_server_itself_goes_out_in_its_place(place: Place) -> None:
    await place.add(job(1))
    async with place.database.transaction() as transaction:
        event = ServerEvent(EventKind.NEW_DATABASE, "invokeai", START)
        assert await place.outbox.add(transaction, event, [CHANNEL], START) == 1
        assert await place.outbox.add(transaction, event, [CHANNEL], START) == 0
    await place.add(job(2))
    await place.delivery().deliver_due()
    assert [content[:2].strip() for content in place.sink.contents()] == ["✅", "🆕", "✅"]


async def _cancelled(running: asyncio.Task[None]) -> None:
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_the_second_of_two_equal_notices_is_not_found_in_the_first(place: Place) -> None:
    delivery = place.delivery()
    for second in (0, 1):
        if second:
            place.sink.troubles = [DeliveryDelayed("503")]
        event = ServerEvent(EventKind.RESUMED, "invokeai", START + timedelta(seconds=second))
        async with place.database.transaction() as transaction:
            await place.outbox.add(transaction, event, (CHANNEL,), place.clock.now)
        await delivery.deliver_due()
        place.clock.forward(timedelta(minutes=1))
    await delivery.deliver_due()
    first, again = place.sink.contents()
    assert first == again


async def test_a_refused_token_keeps_what_is_pending_and_ends_the_delivery(place: Place) -> None:
    await place.add(job(1))
    place.sink.troubles = [TokenRefused()]
    with pytest.raises(ExceptionGroup) as caught:
        await place.delivery().deliver_due()
    assert caught.group_contains(TokenRefused)
    await place.delivery().deliver_due()
    assert len(place.sink.contents()) == 1


async def test_a_message_goes_out_as_its_channel_prefers_then(place: Place) -> None:
    mention = Mention(MentionKind.ROLE, 5)
    place.preferences = Preferences(rule=Rule(Buzz.FAILURES), spoiler=True, mention=mention)
    await place.add(job(1), channels=(CHANNEL, OTHER))
    await place.add(job(2, JobStatus.FAILED))
    await place.delivery().deliver_due()
    mine = [notice for channel, notice, _ in place.sink.sent if channel == CHANNEL]
    [other] = [notice for channel, notice, _ in place.sink.sent if channel == OTHER]
    assert [(notice.silent, notice.mentions) for notice in mine] == [
        (True, (mention,)),
        (False, (mention,)),
    ]
    assert mine[0].files[0].spoiler
    assert (other.silent, other.mentions, other.files[0].spoiler) == (False, (), False)


async def test_where_prompts_are_hidden_the_file_holds_nothing_but_pixels(place: Place) -> None:
    place.preferences = Preferences(hide_prompts=True)
    place.images.data = png(prompt="red fox in snow")
    await place.add(job(1), channels=(CHANNEL, OTHER))
    await place.delivery().deliver_due()
    files = {channel: notice.files[0].data for channel, notice, _ in place.sink.sent}
    assert b"fox" in files[OTHER]
    assert b"fox" not in files[CHANNEL]


async def test_a_file_whose_prompt_can_not_be_taken_out_is_not_posted(place: Place) -> None:
    place.preferences = Preferences(hide_prompts=True)
    place.images.data = png(prompt="red fox in snow")[:-30]
    await place.add(job(1))
    await place.delivery().deliver_due()
    [(_, notice, _)] = place.sink.sent
    assert notice.files == ()
    assert "prompt can't be taken out" in notice.embeds[0].fields[0].value


async def test_a_found_message_is_known_by_its_dedup_marker_in_any_presentation(place: Place) -> None:
    place.preferences = Preferences(hide_prompts=True, spoiler=True, mention=Mention(MentionKind.USER, 9))
    place.sink.lose_answer = True
    await place.add(job(1))
    await place.delivery().deliver_due()
    place.clock.forward(timedelta(minutes=1))
    await place.delivery().deliver_due()
    assert len(place.sink.sent) == 1
    assert await place.outbox.pending_count() == 0


async def test_while_more_jobs_wait_pictures_wait_for_an_album_but_the_first_goes_at_once(
    place: Place,
) -> None:
    delivery = place.delivery()
    await place.add_busy(job(1), pending=3)
    await delivery.deliver_due()
    await place.add_busy(job(2), job(3), pending=2)
    await delivery.deliver_due()
    assert len(place.sink.sent) == 1
    place.clock.forward(ALBUM_WINDOW)
    await delivery.deliver_due()
    assert [len(notice.files) for _, notice, _ in place.sink.sent] == [1, 2]


async def test_the_end_of_the_queue_ends_the_album_window_at_once(place: Place) -> None:
    delivery = place.delivery()
    await place.add_busy(job(1), pending=2)
    await delivery.deliver_due()
    await place.add_busy(job(2), pending=1)
    await place.add_busy(job(3), pending=0)
    await delivery.deliver_due()
    assert [len(notice.files) for _, notice, _ in place.sink.sent] == [1, 2]


async def test_a_full_album_and_other_news_do_not_wait(place: Place) -> None:
    delivery = place.delivery()
    await place.add_busy(job(1), pending=50)
    await delivery.deliver_due()
    await place.add_busy(*(job(number) for number in range(2, 12)), pending=40)
    await delivery.deliver_due()
    assert [len(notice.files) for _, notice, _ in place.sink.sent] == [1, 10]
    await place.add_busy(job(20), pending=30)
    await place.add(job(21, JobStatus.FAILED))
    await delivery.deliver_due()
    assert len(place.sink.sent) == 4


async def test_an_open_album_window_does_not_keep_the_delivery_busy_nor_another_channel_waiting(
    place: Place,
) -> None:
    delivery = place.delivery()
    await place.add_busy(job(1), pending=3)
    await delivery.deliver_due()
    await place.add_busy(job(2), pending=2)
    running = asyncio.create_task(delivery.run())
    await asyncio.sleep(0.2)
    before = place.clock.asked
    await asyncio.sleep(0.3)
    assert place.clock.asked == before
    await place.add(job(9), channels=(OTHER,))
    place.sink.reached.clear()
    place.wake.set()
    async with asyncio.timeout(5):
        await place.sink.reached.wait()
    await asyncio.sleep(0)
    assert (len(place.sink.contents()), len(place.sink.contents(OTHER))) == (1, 1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
