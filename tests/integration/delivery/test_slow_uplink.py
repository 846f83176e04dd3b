"""An uplink that takes too long for a message: the next ones carry less, until one arrives."""

from collections.abc import Collection
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs
from test_delivery import CHANNEL, OTHER, FakeSink, Place, job, noise, png

from bot.delivery.deliverer import Deliverer
from bot.delivery.upload_budget import MAX_TRIES, upload_timeout
from bot.domain.jobs import JobStatus
from bot.errors import DeliveryTimedOut
from bot.render.headline import has_mark
from bot.render.message import Notice
from bot.store.database import Database
from bot.store.outbox import Outbox

MB = 1024 * 1024


class SlowSink(FakeSink):
    """So many `bytes_per_second` go up; what takes longer than its time limit never arrives."""

    def __init__(self, place: Place, bytes_per_second: float) -> None:
        super().__init__()
        self._place = place
        self.bytes_per_second = bytes_per_second
        self.tried: list[int] = []
        self.nonces: list[str] = []
        self.looked_for: list[str] = []

    async def send(self, channel_id: int, notice: Notice, nonce: str) -> int:
        size = sum(len(file.data) for file in notice.files)
        self.tried.append(size)
        self.nonces.append(nonce)
        seconds = (size + 2048) / self.bytes_per_second
        limit = upload_timeout(size)
        self._place.clock.forward(timedelta(seconds=min(seconds, limit)))
        if seconds > limit:
            raise DeliveryTimedOut("too slow")
        return await super().send(channel_id, notice, nonce)

    async def find(
        self, channel_id: int, dedup_marker: str, since: datetime, known: Collection[int]
    ) -> int | None:
        self.looked_for.append(dedup_marker)
        return await super().find(channel_id, dedup_marker, since, known)


@pytest.fixture
async def place(file_database: Database) -> Place:
    return Place(Outbox(file_database), file_database)


def slow(place: Place, bytes_per_second: float) -> SlowSink:
    place.sink = sink = SlowSink(place, bytes_per_second)
    return sink


async def until_told(place: Place, delivery: Deliverer, within: timedelta) -> None:
    """Everything that is due, again and again, until nothing is pending."""
    end = place.clock.now + within
    while await place.pending():
        assert place.clock.now < end, f"{await place.pending()} rows are still pending"
        place.clock.now = max(place.clock.now, await place.outbox.next_due() or place.clock.now)
        await delivery.deliver_due()


async def test_an_album_that_times_out_again_and_again_arrives_in_smaller_ones_in_order(
    place: Place,
) -> None:
    sink = slow(place, 50 * 1024)
    place.images.data = png() + bytes(2 * MB)
    await place.add(*(job(number) for number in range(1, 11)), job(11, JobStatus.FAILED))
    await until_told(place, place.delivery(), within=timedelta(hours=2))
    told = [sorted(int(file.name.split("-")[0]) for file in notice.files) for _, notice, _ in sink.sent]
    assert [number for album in told[:-1] for number in album] == list(range(1, 11))
    assert has_mark(sink.contents()[-1], "❌ #11")
    assert max(len(album) for album in told) > 1
    assert all(file.data == place.images.data for _, notice, _ in sink.sent[:-1] for file in notice.files)


async def test_the_same_message_is_tried_a_few_times_and_looked_for_before_each_smaller_one(
    place: Place,
) -> None:
    sink = slow(place, 50 * 1024)
    place.images.data = png() + bytes(2 * MB)
    await place.add(*(job(number) for number in range(1, 11)))
    await until_told(place, place.delivery(), within=timedelta(hours=2))
    first = sink.tried[0]
    assert sink.tried[:MAX_TRIES] == [first] * MAX_TRIES
    assert sink.tried[MAX_TRIES] <= first // 2
    timed_out = len(sink.tried) - len(sink.sent)
    assert len(sink.looked_for) == timed_out


async def test_a_smaller_message_keeps_its_nonce_so_that_discord_drops_the_larger_one_if_it_comes_late(
    place: Place,
) -> None:
    sink = slow(place, 50 * 1024)
    place.images.data = png() + bytes(2 * MB)
    await place.add(*(job(number) for number in range(1, 11)))
    await until_told(place, place.delivery(), within=timedelta(hours=2))
    first_to_arrive = sink.sent[0][2]
    tries = sink.nonces.index(sink.sent[1][2])
    assert tries > MAX_TRIES
    assert sink.nonces[:tries] == [first_to_arrive] * tries


async def test_a_message_that_arrived_though_it_timed_out_is_found_and_not_sent_again(place: Place) -> None:
    place.sink.troubles = [DeliveryTimedOut("too slow") for _ in range(MAX_TRIES - 1)]
    place.images.data = png() + bytes(2 * MB)
    await place.add(*(job(number) for number in range(1, 5)))
    delivery = place.delivery()
    for _ in range(MAX_TRIES - 1):
        await delivery.deliver_due()
        place.clock.forward(timedelta(minutes=6))
    place.sink.lose_answer = True
    for _ in range(2):
        await delivery.deliver_due()
        place.clock.forward(timedelta(minutes=6))
    assert [len(notice.files) for _, notice, _ in place.sink.sent] == [4]
    assert await place.pending() == 0


async def test_a_single_picture_that_never_arrives_in_time_is_made_smaller(place: Place) -> None:
    sink = slow(place, 8 * 1024)
    place.images.data = noise(1024)
    await place.add(job(812))
    await until_told(place, place.delivery(), within=timedelta(hours=2))
    [(_, notice, _)] = sink.sent
    [file] = notice.files
    assert 64 * 1024 < len(file.data) < MB
    assert "of 3.1 MB" in str(notice.embeds)


async def test_over_the_slowest_uplink_the_notice_comes_without_its_picture_and_says_so(place: Place) -> None:
    sink = slow(place, 256)
    place.images.data = noise(512)
    await place.add(job(812), job(813, JobStatus.CANCELED))
    await until_told(place, place.delivery(), within=timedelta(hours=6))
    told = zip(sink.contents(), ("✅ #812", "🚫 #813"), strict=True)
    assert all(has_mark(content, mark) for content, mark in told)
    assert sink.sent[0][1].files == ()
    assert "larger than" in str(sink.sent[0][1].embeds)


async def test_even_a_small_picture_does_not_block_the_slowest_uplink_and_comes_again_once_it_is_quick(
    place: Place,
) -> None:
    sink = slow(place, 256)
    place.images.data = png() + bytes(20 * 1024)
    await place.add(job(812))
    delivery = place.delivery()
    await until_told(place, delivery, within=timedelta(hours=6))
    sink.bytes_per_second = MB
    await place.add(job(813, JobStatus.CANCELED), job(814), job(815))
    await until_told(place, delivery, within=timedelta(hours=1))
    assert [len(notice.files) for _, notice, _ in sink.sent] == [0, 0, 1, 1]


async def test_a_restart_forgets_nothing_of_what_was_tried_already(place: Place) -> None:
    sink = slow(place, 50 * 1024)
    place.images.data = png() + bytes(2 * MB)
    await place.add(*(job(number) for number in range(1, 11)))
    for _ in range(MAX_TRIES - 1):
        await place.delivery().deliver_due()
        place.clock.forward(timedelta(minutes=6))
    delivery = place.delivery()
    for _ in range(2):
        await delivery.deliver_due()
        place.clock.forward(timedelta(minutes=6))
    assert sink.tried[MAX_TRIES] <= sink.tried[0] // 2


async def test_full_albums_come_again_once_the_uplink_is_quick(place: Place) -> None:
    sink = slow(place, 20 * 1024)
    place.images.data = png() + bytes(2 * MB)
    await place.add(*(job(number) for number in range(1, 11)))
    delivery = place.delivery()
    with capture_logs() as lines:
        await until_told(place, delivery, within=timedelta(hours=4))
        sink.bytes_per_second = 10 * MB
        await place.add(*(job(number) for number in range(11, 61)))
        await until_told(place, delivery, within=timedelta(hours=1))
    assert len(sink.sent[-2][1].files) == 10
    events = [line["event"] for line in lines if line["event"].startswith("upload")]
    assert events[0] == "upload_budget_halved"
    assert events[-1] == "upload_budget_recovered"


async def test_a_slow_uplink_does_not_grow_its_messages_beyond_what_it_carries(place: Place) -> None:
    sink = slow(place, 50 * 1024)
    place.images.data = png() + bytes(2 * MB)
    delivery = place.delivery()
    await place.add(*(job(number) for number in range(1, 11)))
    await until_told(place, delivery, within=timedelta(hours=2))
    tried, sent = len(sink.tried), len(sink.sent)
    await place.add(*(job(number) for number in range(11, 41)))
    await until_told(place, delivery, within=timedelta(hours=2))
    assert len(sink.tried) - tried == len(sink.sent) - sent


async def test_texts_that_time_out_take_nothing_from_the_next_pictures(place: Place) -> None:
    place.sink.troubles = [DeliveryTimedOut("too slow") for _ in range(10)]
    await place.add(job(1, JobStatus.CANCELED))
    place.images.data = png() + bytes(2 * MB)
    await place.add(*(job(number) for number in range(2, 12)))
    await until_told(place, place.delivery(), within=timedelta(hours=2))
    assert [len(notice.files) for _, notice, _ in place.sink.sent] == [0, 10]


async def test_one_channel_s_time_outs_leave_the_others_as_they_are(place: Place) -> None:
    place.images.data = png() + bytes(2 * MB)
    delivery = place.delivery()
    await place.add(*(job(number) for number in range(1, 11)))
    for _ in range(MAX_TRIES):
        place.sink.troubles = [DeliveryTimedOut("too slow")]
        await delivery.deliver_due()
        place.clock.forward(timedelta(minutes=6))
    await place.add(*(job(number) for number in range(11, 21)), channels=(CHANNEL, OTHER))
    await until_told(place, delivery, within=timedelta(hours=2))
    assert [len(n.files) for channel, n, _ in place.sink.sent if channel == OTHER] == [10]
    assert next(len(n.files) for channel, n, _ in place.sink.sent if channel == CHANNEL) == 5
