"""A live card in a thread that is archived: nothing there changes, and only a new message opens it."""

import pytest
from structlog.testing import capture_logs
from test_live_card_keeper import CHANNEL, FakeSink, Place

from bot.errors import ChannelUnusable, DeliveryDelayed, ThreadArchived
from bot.live_card.keeper import MAX_ARCHIVED_TRIES, MIN_INTERVAL
from bot.render.message import Panel
from bot.store.database import Database


class Thread(FakeSink):
    """`archived`: no message changes until a new one comes; `locked`: none comes."""

    archived = locked = False

    async def post(self, channel_id: int, panel: Panel) -> int:
        if self.locked:
            self.log.append("post")
            raise ChannelUnusable("locked")
        self.archived = False
        return await super().post(channel_id, panel)

    async def edit(self, channel_id: int, message_id: int, panel: Panel) -> None:
        self._closed("edit")
        await super().edit(channel_id, message_id, panel)

    async def delete(self, channel_id: int, message_id: int) -> None:
        self._closed("delete")
        await super().delete(channel_id, message_id)

    def _closed(self, what: str) -> None:
        if self.archived:
            self.log.append(what)
            raise ThreadArchived("archived")


@pytest.fixture
async def place(file_database: Database) -> Place:
    place = Place(file_database)
    place.sink = Thread(place)
    place.live = place.started()
    return place


def thread(place: Place, *, archived: bool = True, locked: bool = False) -> Thread:
    sink = place.sink
    assert isinstance(sink, Thread)
    sink.archived, sink.locked = archived, locked
    return sink


async def test_a_card_is_posted_anew_which_opens_the_thread_and_the_old_one_goes(place: Place) -> None:
    await place.shows(1)
    [old] = place.sink.messages
    thread(place)
    place.comes_further(1, 0.5)
    assert await place.live.renew()
    assert place.sink.log == ["edit", "delete", "post", "delete"]
    [new] = place.sink.messages
    assert new != old
    assert [card.message_id for card in await place.cards.all()] == [new]
    place.comes_further(1, 0.6)
    assert await place.live.renew()
    assert place.sink.log[4:] == ["edit"]


async def test_a_card_that_can_not_be_removed_is_removed_after_the_notice_that_opens_the_thread(
    place: Place,
) -> None:
    await place.shows(1)
    sink = thread(place)
    place.ends(1)
    assert not await place.live.renew()
    sink.archived, sink.notice = False, sink.new_id()
    place.forward(60)
    assert await place.live.renew()
    assert sink.messages == {}
    assert await place.cards.all() == []


async def test_after_a_few_tries_it_is_left_alone_until_a_notice_arrives_there(place: Place) -> None:
    await place.shows(1)
    sink = thread(place)
    place.ends(1)
    with capture_logs() as lines:
        for _ in range(100):
            place.state.changed()
            await place.live.renew()
            place.forward(30)
    assert sink.log == ["delete"] * MAX_ARCHIVED_TRIES
    assert [line["event"] for line in lines].count("card_failed") == 1
    sink.archived, sink.notice = False, sink.new_id()
    place.state.changed()
    assert await place.live.renew()
    assert sink.messages == {}


async def test_a_job_that_starts_meanwhile_gets_its_card_and_the_old_one_goes(place: Place) -> None:
    await place.shows(1)
    [old] = place.sink.messages
    thread(place)
    place.ends(1)
    for _ in range(MAX_ARCHIVED_TRIES):
        await place.live.renew()
        place.forward(60)
    place.starts(2)
    await place.live.renew()
    place.forward(MIN_INTERVAL)
    await place.live.renew()
    assert "#2" in place.words
    assert old not in place.sink.messages


async def test_after_a_restart_the_card_in_an_archived_thread_is_still_known(place: Place) -> None:
    await place.shows(1)
    [old] = place.sink.messages
    thread(place)
    place.ends(1)
    await place.live.renew()
    place.live = place.started()
    await place.live.renew()
    assert [card.message_id for card in await place.cards.all()] == [old]
    thread(place, archived=False)
    place.live = place.started()
    assert await place.live.renew()
    assert place.sink.messages == {}


async def test_a_deletion_that_fails_after_the_new_card_is_made_up_for(place: Place) -> None:
    await place.shows(1)
    sink = thread(place)
    place.comes_further(1, 0.5)
    post = sink.post

    async def and_then_trouble(channel_id: int, panel: Panel) -> int:
        message_id = await post(channel_id, panel)
        sink.troubles["delete"] = DeliveryDelayed("503")
        return message_id

    sink.post = and_then_trouble  # type: ignore[method-assign]  # once
    assert not await place.live.renew()
    assert len(sink.messages) == 2
    place.ends(1)
    place.forward(60)
    assert await place.live.renew()
    assert sink.messages == {}


async def test_a_locked_thread_keeps_its_card_known_and_is_left_alone(place: Place) -> None:
    await place.shows(1)
    [old] = place.sink.messages
    sink = thread(place, locked=True)
    place.comes_further(1, 0.5)
    assert await place.live.renew()
    for share in range(5):
        place.forward(MIN_INTERVAL)
        place.comes_further(1, share / 10)
        await place.live.renew()
    assert sink.log == ["edit", "delete", "post"]
    assert [(card.channel_id, card.message_id) for card in await place.cards.all()] == [(CHANNEL, None)]
    thread(place, archived=False)
    sink.rights = 2
    place.ends(1)
    place.forward(60)
    assert await place.live.renew()
    assert old not in sink.messages
