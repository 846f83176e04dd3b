"""The card's rules, with a clock and a sink of our own; nothing sleeps and nothing is sent."""

import asyncio
from base64 import b64encode
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from fakes import START, FakeQueue
from PIL import Image

from bot.domain.estimates import Estimates
from bot.domain.events import EventKind
from bot.domain.jobs import BatchPlace, Job, JobStatus, Progress, Recipe
from bot.domain.queue import HeldPause
from bot.domain.queue_state import QueueChange, QueueState
from bot.domain.subscriptions import ENDS, Preferences, Subscription
from bot.errors import (
    BotError,
    ChannelUnusable,
    DeliveryDelayed,
    InvokeAIUnavailable,
    MessageGone,
)
from bot.live_card.content import LiveCardContent
from bot.live_card.keeper import DISCORD_EPOCH, MIN_INTERVAL, LiveCard
from bot.render.message import ActionRow, MediaGallery, Panel, Text
from bot.store.cards import Card, Cards
from bot.store.database import Database

CHANNEL = 42


@dataclass
class FakeSink:
    """The messages of each channel; ids are Discord's, made of the time."""

    clock: "Place"
    messages: dict[int, Panel] = field(default_factory=dict[int, Panel])
    log: list[str] = field(default_factory=list[str])
    troubles: dict[str, BotError] = field(default_factory=dict[str, BotError])
    lose_answer: bool = False
    notice: int | None = None
    rights: int = 1

    async def ready(self) -> None:
        return

    def _may(self, what: str) -> None:
        self.log.append(what)
        trouble = self.troubles.pop(what, None)
        if trouble is not None:
            raise trouble

    def new_id(self) -> int:
        milliseconds = int((self.clock.now - DISCORD_EPOCH) / timedelta(milliseconds=1))
        return (milliseconds << 22) + len(self.log)

    async def post(self, channel_id: int, panel: Panel) -> int:
        self._may("post")
        message_id = self.new_id()
        self.messages[message_id] = panel
        if self.lose_answer:
            raise DeliveryDelayed("the answer was lost")
        return message_id

    async def edit(self, channel_id: int, message_id: int, panel: Panel) -> None:
        self._may("edit")
        if message_id not in self.messages:
            raise MessageGone("gone")
        self.messages[message_id] = panel

    async def delete(self, channel_id: int, message_id: int) -> None:
        self._may("delete")
        self.messages.pop(message_id, None)

    async def find(self, channel_id: int, since: datetime) -> list[int]:
        self._may("find")
        return list(self.messages)

    def newest(self, channel_id: int) -> int | None:
        return self.notice

    def permissions(self, channel_id: int) -> int | None:
        return self.rights


class FakeBatches:
    """`place`: of every batch."""

    def __init__(self) -> None:
        self.place: BatchPlace | None = None
        self.away = False
        self.asked = 0

    async def batch_place(self, batch_id: str) -> BatchPlace | None:
        self.asked += 1
        if self.away:
            raise InvokeAIUnavailable("away")
        return self.place


@dataclass
class FakeSubscriptions:
    subscriptions: list[Subscription]

    async def all(self) -> list[Subscription]:
        return self.subscriptions


class Place:
    """A live card in one channel, and everything around it."""

    def __init__(self, database: Database) -> None:
        self.now = START
        self.queue = FakeQueue()
        self.batches = FakeBatches()
        self.state = QueueState("invokeai")
        self.sink = FakeSink(self)
        self.cards = Cards(database)
        self.subscriptions = FakeSubscriptions(
            [Subscription(CHANNEL, 7, None, frozenset({EventKind.COMPLETED}))]
        )
        self.estimates = Estimates()
        self.slept: list[float] = []
        self.tick = asyncio.Event()
        self.resting = asyncio.Event()
        self.live = self.started()

    def started(self) -> LiveCard:
        """A new one, as after a restart of the bot."""

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.resting.set()
            self.forward(seconds)
            await self.tick.wait()
            self.tick.clear()

        content = LiveCardContent(
            self.state, self.queue, self.batches, self.estimates, clock=lambda: self.now
        )
        return LiveCard(
            self.state.waker(QueueChange.JOBS, QueueChange.PROGRESS),
            content,
            subscriptions=self.subscriptions.all,
            cards=self.cards,
            sink=self.sink,
            clock=lambda: self.now,
            sleep=sleep,
        )

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def has_waiting(self, count: int) -> None:
        for number in range(900, 900 + count):
            self.queue.items[number] = replace(job(number), status=JobStatus.PENDING)

    def starts(self, *numbers: int) -> None:
        for number in numbers:
            self.queue.items[number] = job(number)
            self.state.job_changed(number, JobStatus.IN_PROGRESS)

    def ends(self, *numbers: int) -> None:
        for number in numbers:
            del self.queue.items[number]
            self.state.job_changed(number, JobStatus.COMPLETED)

    def comes_further(self, number: int, share: float, preview: str | None = None) -> None:
        self.state.progressed(Progress("invokeai", number, "Denoising", share, preview))

    async def shows(self, *numbers: int) -> None:
        """A card for these jobs stands in the channel."""
        self.starts(*numbers)
        await self.live.renew()
        self.forward(MIN_INTERVAL)
        assert await self.live.renew()
        assert len(self.sink.messages) == 1
        self.sink.log.clear()
        self.queue.asked.clear()

    @property
    def card(self) -> Panel:
        [panel] = self.sink.messages.values()
        return panel

    @property
    def words(self) -> str:
        return "\n".join(block.body for block in self.card.blocks if isinstance(block, Text))


def job(number: int, **recipe: object) -> Job:
    told = Recipe(prompt="red fox", model="Juggernaut", width=64, height=64, steps=20, **recipe)  # type: ignore[arg-type]  # tests vary any field
    return Job(
        "invokeai", number, JobStatus.IN_PROGRESS, "b", f"s{number}", START, started_at=START, recipe=told
    )


def data_url(colour: str = "red", side: int = 32) -> str:
    data = BytesIO()
    Image.new("RGB", (side, side), colour).save(data, "JPEG")
    return f"data:image/jpeg;base64,{b64encode(data.getvalue()).decode()}"


@pytest.fixture
async def place(file_database: Database) -> Place:
    return Place(file_database)


async def test_a_queue_that_is_empty_again_soon_gets_no_card(place: Place) -> None:
    place.starts(1)
    assert not await place.live.renew()
    place.ends(1)
    place.forward(MIN_INTERVAL)
    assert await place.live.renew()
    assert place.sink.log == []


async def test_what_still_runs_a_little_later_gets_a_card_without_any_further_event(place: Place) -> None:
    place.starts(1)
    assert not await place.live.renew()
    place.forward(MIN_INTERVAL)
    assert await place.live.renew()
    assert place.sink.log == ["post"]
    assert "#1" in place.words
    assert "red fox" in place.words
    assert [card.message_id for card in await place.cards.all()] == list(place.sink.messages)


async def test_a_card_is_edited_only_when_something_visible_changed(place: Place) -> None:
    await place.shows(1)
    place.comes_further(1, 0.3)
    await place.live.renew()
    place.state.changed()
    await place.live.renew()
    place.comes_further(1, 0.3)
    await place.live.renew()
    assert place.sink.log == ["edit"]
    assert "30 %" in place.words


async def test_progress_costs_invokeai_no_request_and_a_change_of_the_queue_one(place: Place) -> None:
    await place.shows(1)
    place.comes_further(1, 0.3)
    await place.live.renew()
    assert place.queue.asked == []
    place.has_waiting(4)
    place.state.changed()
    await place.live.renew()
    assert place.queue.asked == ["status"]
    assert "4 waiting" in place.words


async def test_at_rest_nothing_is_asked_and_nobody_wakes(place: Place) -> None:
    running = asyncio.create_task(place.live.run())
    await place.resting.wait()
    for _ in range(200):
        place.tick.set()
        await asyncio.sleep(0)
    assert place.queue.asked == ["status"]
    assert len(place.slept) == 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_card_is_gone_when_the_queue_is_empty(place: Place) -> None:
    await place.shows(1)
    place.ends(1)
    assert await place.live.renew()
    assert place.sink.log == ["delete"]
    assert await place.cards.all() == []


async def test_a_paused_queue_in_which_jobs_wait_keeps_its_card_with_who_paused_it(place: Place) -> None:
    await place.shows(1)
    place.ends(1)
    place.has_waiting(2)
    place.queue.paused = True
    place.state.held = HeldPause("invokeai", 9, START, START + timedelta(hours=1), "lunch")
    await place.live.renew()
    assert "Paused · 2 waiting" in place.words
    assert "by <@9> · “lunch”" in place.words
    assert "<t:" in place.words


async def test_a_card_that_a_notice_has_overtaken_is_moved_to_the_end(place: Place) -> None:
    await place.shows(1)
    [old] = place.sink.messages
    place.forward(1)
    place.sink.notice = place.sink.new_id()
    place.comes_further(1, 0.5)
    await place.live.renew()
    assert place.sink.log == ["delete", "post"]
    [new] = place.sink.messages
    assert new > place.sink.notice > old


async def test_a_card_that_somebody_deleted_is_posted_anew(place: Place) -> None:
    await place.shows(1)
    place.sink.messages.clear()
    place.comes_further(1, 0.5)
    assert await place.live.renew()
    assert place.sink.log == ["edit", "delete", "post"]
    assert "50 %" in place.words


async def test_a_card_is_replaced_before_discord_counts_its_edits(place: Place) -> None:
    await place.shows(1)
    place.forward(58 * 60)
    place.comes_further(1, 0.5)
    await place.live.renew()
    assert place.sink.log == ["delete", "post"]


async def test_a_channel_that_refuses_is_left_alone_until_its_permissions_change(place: Place) -> None:
    place.starts(1)
    await place.live.renew()
    place.forward(MIN_INTERVAL)
    place.sink.troubles["post"] = ChannelUnusable("no")
    assert await place.live.renew()
    for share in range(5):
        place.forward(MIN_INTERVAL)
        place.comes_further(1, share / 10)
        await place.live.renew()
    assert place.sink.log == ["post"]
    place.sink.rights = 2
    place.comes_further(1, 0.9)
    await place.live.renew()
    assert place.sink.log == ["post", "post"]
    assert len(place.sink.messages) == 1


async def test_when_discord_asks_to_wait_the_card_waits(place: Place) -> None:
    await place.shows(1)
    place.sink.troubles["edit"] = DeliveryDelayed("429", timedelta(seconds=20))
    place.comes_further(1, 0.1)
    assert not await place.live.renew()
    place.forward(10)
    assert not await place.live.renew()
    place.forward(10)
    assert await place.live.renew()
    assert place.sink.log == ["edit", "edit"]
    assert "10 %" in place.words


async def test_a_card_of_which_the_answer_was_lost_is_found_and_there_are_never_two(place: Place) -> None:
    place.starts(1)
    await place.live.renew()
    place.forward(MIN_INTERVAL)
    place.sink.lose_answer = True
    assert not await place.live.renew()
    place.sink.lose_answer = False
    place.forward(60)
    assert await place.live.renew()
    assert place.sink.log == ["post", "find", "delete", "post"]
    assert len(place.sink.messages) == 1


async def test_after_a_crash_the_old_card_is_edited_if_something_still_runs(place: Place) -> None:
    await place.shows(1)
    place.live = place.started()
    place.comes_further(1, 0.7)
    await place.live.renew()
    assert place.sink.log == ["edit"]
    assert "70 %" in place.words


async def test_after_a_crash_the_old_card_is_deleted_if_nothing_runs_any_more(place: Place) -> None:
    await place.shows(1)
    place.ends(1)
    place.live = place.started()
    await place.live.renew()
    assert place.sink.messages == {}
    assert await place.cards.all() == []


async def test_after_a_crash_while_a_card_was_posted_it_is_looked_for(place: Place) -> None:
    await place.cards.put(Card(CHANNEL, None, START))
    place.sink.messages[5] = Panel(0xFFFFFF, ())  # type: ignore[arg-type]  # any panel
    await place.live.renew()
    assert place.sink.log == ["find", "delete"]
    assert place.sink.messages == {}


async def test_while_invokeai_does_not_answer_the_card_says_so_and_asks_at_growing_pauses(
    place: Place,
) -> None:
    await place.shows(1)
    place.queue.away = True
    place.state.changed()
    assert not await place.live.renew()
    assert "does not answer" in place.words
    assert not any(isinstance(block, ActionRow) for block in place.card.blocks)
    for _ in range(20):
        place.forward(MIN_INTERVAL)
        await place.live.renew()
    assert 2 < len(place.queue.asked) < 6
    place.queue.away = False
    place.forward(60)
    assert await place.live.renew()
    assert "Running" in place.words


async def test_without_a_card_an_invokeai_that_is_away_is_not_asked_again(place: Place) -> None:
    place.queue.away = True
    assert await place.live.renew()
    for _ in range(20):
        place.forward(MIN_INTERVAL)
        assert await place.live.renew()
    assert place.queue.asked == ["status"]
    assert place.sink.log == []


async def test_progress_of_a_job_that_does_not_run_is_ignored(place: Place) -> None:
    await place.shows(2)
    place.comes_further(1, 0.99)
    await place.live.renew()
    assert place.sink.log == []
    assert "99 %" not in place.words


async def test_jobs_that_the_socket_did_not_tell_of_are_asked_for(place: Place) -> None:
    place.queue.items[4] = job(4)
    await place.live.renew()
    place.forward(MIN_INTERVAL)
    await place.live.renew()
    assert place.queue.asked == ["status", "running", "job 4"]
    assert "#4" in place.words


async def test_a_job_that_runs_alone_has_its_place_in_its_batch_and_the_batch_can_be_stopped(
    place: Place,
) -> None:
    place.batches.place = BatchPlace(2, 10)
    await place.shows(1)
    assert "3 of 10" in place.words
    [row] = [block for block in place.card.blocks if isinstance(block, ActionRow)]
    assert [(button.label, button.action) for button in row.buttons] == [
        ("Pause", "queue:pause:invokeai"),
        ("Skip", "job:cancel:invokeai:1"),
        ("Stop…", "job:cancel-batch:invokeai:1"),
        ("", "queue:tell-when:invokeai"),
    ]
    place.state.changed()
    await place.live.renew()
    assert place.batches.asked == 1
    await place.shows(1, 2)
    assert "of 10" not in place.words


async def test_a_batch_that_cannot_be_read_spoils_no_card(place: Place) -> None:
    place.batches.away = True
    await place.shows(1)
    assert "#1" in place.words
    [row] = [block for block in place.card.blocks if isinstance(block, ActionRow)]
    assert [button.label for button in row.buttons] == ["Pause", "Skip", ""]


async def test_of_many_running_jobs_three_are_shown_with_a_cancel_each(place: Place) -> None:
    await place.shows(1, 2, 3, 4, 5)
    assert "#3" in place.words
    assert "#4" not in place.words
    assert "and 2 more running jobs" in place.words
    [row] = [block for block in place.card.blocks if isinstance(block, ActionRow)]
    assert [button.action for button in row.buttons] == [
        "queue:pause:invokeai",
        *(f"job:cancel:invokeai:{number}" for number in (1, 2, 3)),
        "queue:tell-when:invokeai",
    ]


async def test_the_preview_is_shown_small_and_replaced_and_kept_over_a_step_without_one(place: Place) -> None:
    await place.shows(1)
    place.comes_further(1, 0.1, data_url("red", 600))
    await place.live.renew()
    [first] = place.card.files
    with Image.open(BytesIO(first.data)) as image:
        assert (image.format, image.size) == ("JPEG", (512, 512))
    assert MediaGallery.of(first) in place.card.blocks
    place.comes_further(1, 0.2)
    await place.live.renew()
    assert place.card.files == (first,)
    place.comes_further(1, 0.3, data_url("blue"))
    await place.live.renew()
    assert place.card.files != (first,)


async def test_a_preview_that_is_no_picture_is_left_out(place: Place) -> None:
    await place.shows(1)
    place.comes_further(1, 0.1, "data:image/jpeg;base64,bm90IGEgcGljdHVyZQ==")
    await place.live.renew()
    assert place.card.files == ()
    assert "10 %" in place.words


async def test_the_expected_time_is_said_when_enough_is_known_and_it_is_worth_saying(place: Place) -> None:
    await place.shows(1)
    assert "done" not in place.words
    for number in range(3):
        ended = replace(
            job(100 + number), status=JobStatus.COMPLETED, completed_at=START + timedelta(seconds=40)
        )
        place.estimates.learn(ended)
    place.has_waiting(2)
    place.state.changed()
    await place.live.renew()
    done = START + timedelta(seconds=40)
    assert f"done <t:{int(done.timestamp())}:R>" in place.words
    end = START + timedelta(seconds=120)
    assert f"empty about <t:{int(end.timestamp())}:t>" in place.words


async def test_a_channel_without_a_subscription_loses_its_card(place: Place) -> None:
    await place.shows(1)
    place.subscriptions.subscriptions.clear()
    place.comes_further(1, 0.5)
    await place.live.renew()
    assert place.sink.messages == {}


async def test_two_renewals_are_never_closer_than_the_pace_and_the_end_takes_the_card_away(
    place: Place,
) -> None:
    running = asyncio.create_task(place.live.run())
    place.starts(1)
    async with asyncio.timeout(5):
        while not place.sink.messages:
            place.tick.set()
            await asyncio.sleep(0.001)
    assert set(place.slept) == {MIN_INTERVAL}
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert place.sink.messages == {}
    assert await place.cards.all() == []


FILTERS = {
    "origin": Preferences(origins=frozenset({"canvas"})),
    "destination": Preferences(destinations=frozenset({"gallery"})),
    "board": Preferences(boards=frozenset({"b-1"})),
    "user": Preferences(users=frozenset({"bob"})),
}


def subscribe(place: Place, *preferences: Preferences, kinds: frozenset[EventKind] = ENDS) -> None:
    """The channels CHANNEL, CHANNEL + 1 and so on."""
    place.subscriptions.subscriptions = [
        Subscription(CHANNEL + number, 7, None, kinds, one) for number, one in enumerate(preferences)
    ]


@pytest.mark.parametrize("filtered", FILTERS.values(), ids=FILTERS)
async def test_a_filtered_channel_sees_only_its_own_jobs_and_how_many_others_there_are(
    place: Place, filtered: Preferences
) -> None:
    subscribe(place, filtered)
    place.starts(1, 2)
    place.queue.items[2] = replace(
        place.queue.items[2],
        origin="Canvas",
        destination="gallery",
        boards=("b-1",),
        user="bob",
        recipe=Recipe(prompt="blue hare"),
    )
    place.comes_further(1, 0.3, data_url())
    await place.shows()
    assert "#1" not in place.words
    assert "red fox" not in place.words
    assert "2 running" in place.words
    assert "#2" in place.words
    assert "blue hare" in place.words
    assert "1 more running job" in place.words
    assert place.card.files == ()
    [row] = [block for block in place.card.blocks if isinstance(block, ActionRow)]
    assert [button.label for button in row.buttons] == ["Pause", "Skip #2", ""]


async def test_a_channel_whose_filters_match_nothing_sees_only_that_something_runs(place: Place) -> None:
    subscribe(place, FILTERS["user"])
    place.comes_further(1, 0.3, data_url())
    await place.shows(1)
    assert place.words == "### Running · nothing waiting"
    assert place.card.files == ()


async def test_a_job_that_matches_is_shown_however_many_run_before_it(place: Place) -> None:
    subscribe(place, FILTERS["user"])
    place.starts(1, 2, 3, 4, 5)
    place.queue.items[5] = replace(place.queue.items[5], user="bob")
    await place.shows()
    assert "**#5**" in place.words
    assert "4 more running jobs" in place.words


async def test_channels_that_see_alike_share_one_panel_and_others_do_not(place: Place) -> None:
    subscribe(place, Preferences(), Preferences(), Preferences(hide_prompts=True))
    place.starts(1)
    await place.live.renew()
    place.forward(MIN_INTERVAL)
    await place.live.renew()
    first, second, hidden = place.sink.messages.values()
    assert first is second
    assert first != hidden


async def test_where_pictures_are_not_told_there_is_no_preview(place: Place) -> None:
    subscribe(place, Preferences(), kinds=frozenset({EventKind.FAILED}))
    place.comes_further(1, 0.3, data_url())
    await place.shows(1)
    assert "red fox" in place.words
    assert place.card.files == ()
    assert not any(isinstance(block, MediaGallery) for block in place.card.blocks)


@pytest.mark.parametrize(
    ("preferences", "prompt"),
    [(Preferences(spoiler=True), "||“red fox”||"), (Preferences(hide_prompts=True), "")],
)
async def test_where_prompts_are_veiled_the_card_has_no_preview_and_no_open_prompt(
    place: Place, preferences: Preferences, prompt: str
) -> None:
    subscribe(place, preferences)
    place.comes_further(1, 0.3, data_url())
    await place.shows(1)
    assert prompt in place.words
    assert "fox" not in place.words.replace("||“red fox”||", "")
    assert place.card.files == ()


@pytest.mark.parametrize(
    ("preferences", "kinds"),
    [
        (Preferences(live=False), ENDS),
        (Preferences(unreadable=frozenset({"users"})), ENDS),
        (Preferences(), frozenset[EventKind]()),
    ],
)
async def test_where_nothing_is_told_or_no_card_is_wanted_there_is_none(
    place: Place, preferences: Preferences, kinds: frozenset[EventKind]
) -> None:
    subscribe(place, preferences, kinds=kinds)
    place.starts(1)
    await place.live.renew()
    place.forward(MIN_INTERVAL)
    assert await place.live.renew()
    assert place.sink.log == []
