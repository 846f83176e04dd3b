"""One card in a channel for all InvokeAI that it hears of."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeQueue
from test_live_card_keeper import CHANNEL, FakeBatches, Place, data_url, job

from bot.domain.estimates import Estimates
from bot.domain.jobs import JobStatus, Progress
from bot.domain.queue import QueueStatus
from bot.domain.queue_state import QueueChange, QueueState
from bot.domain.subscriptions import ENDS, Preferences, Subscription
from bot.live_card.content import LiveCardContent
from bot.live_card.keeper import MIN_INTERVAL, LiveCard
from bot.live_card.several import SeveralContents
from bot.render.message import ActionRow, MediaGallery, Menu
from bot.store.database import Database

STUDIO_ALONE = CHANNEL + 1


class SlowQueue(FakeQueue):
    """Answers once `gate` is open."""

    def __init__(self, server: str) -> None:
        super().__init__()
        self.server = server
        self.gate = asyncio.Event()
        self.gate.set()

    async def status(self) -> QueueStatus:
        await self.gate.wait()
        return replace(await super().status(), server=self.server)


class SeveralPlace(Place):
    def __init__(self, database: Database) -> None:
        self.states = {name: QueueState(name) for name in ("studio", "attic", "loft")}
        self.queues = {name: SlowQueue(name) for name in self.states}
        super().__init__(database)
        self.subscriptions.subscriptions = [Subscription(CHANNEL, 7, None, ENDS)]

    def started(self, timeout: float = 9.0) -> LiveCard:
        woken = asyncio.Event()
        for state in self.states.values():
            state.waker(QueueChange.JOBS, QueueChange.PROGRESS, event=woken)
        contents = {
            name: LiveCardContent(
                state, self.queues[name], FakeBatches(), Estimates(), clock=lambda: self.now
            )
            for name, state in self.states.items()
        }
        self.woken = woken
        return LiveCard(
            woken,
            SeveralContents(contents, woken.set, timeout),
            subscriptions=self.subscriptions.all,
            cards=self.cards,
            sink=self.sink,
            clock=lambda: self.now,
            sleep=asyncio.sleep,
        )

    def start(self, server: str, number: int, share: float = 0.5, preview: str | None = None) -> None:
        self.queues[server].items[number] = replace(job(number), server=server)
        self.states[server].job_changed(number, JobStatus.IN_PROGRESS)
        self.states[server].progressed(Progress(server, number, "Denoising", share, preview))

    def end(self, server: str, number: int) -> None:
        del self.queues[server].items[number]
        self.states[server].job_changed(number, JobStatus.COMPLETED)

    async def renew(self) -> bool:
        await self.live.renew()
        self.forward(MIN_INTERVAL)
        return await self.live.renew()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[SeveralPlace]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'bot.sqlite3'}", busy_ms=1)
    await database.open()
    yield SeveralPlace(database)
    await database.close()


async def test_one_card_shows_what_each_server_runs_and_which_are_idle(place: SeveralPlace) -> None:
    place.start("studio", 812, 0.52)
    place.start("attic", 812, 0.2)
    assert await place.renew()
    assert place.words.splitlines()[0] == "### 2 running · nothing waiting"
    assert "**studio** · Running · nothing waiting\n▶️ **#812** · “red fox”\n52 %" in place.words
    assert "**attic** · Running · nothing waiting\n▶️ **#812** · “red fox”\n20 %" in place.words
    assert "-# Idle: loft" in place.words
    assert any(isinstance(block, Menu) for block in place.card.blocks)
    assert place.sink.log == ["post"]


async def test_where_one_server_is_at_work_the_card_has_its_buttons(place: SeveralPlace) -> None:
    place.start("attic", 812)
    assert await place.renew()
    [row] = [block for block in place.card.blocks if isinstance(block, ActionRow)]
    assert [button.label for button in row.buttons][:2] == ["Pause", "Skip"]
    assert all(":attic" in button.action for button in row.buttons)


async def test_the_card_stays_until_the_last_server_is_done(place: SeveralPlace) -> None:
    place.start("studio", 1)
    place.start("attic", 1)
    await place.renew()
    place.end("studio", 1)
    assert await place.live.renew()
    assert "Idle: studio, loft" in place.words
    place.end("attic", 1)
    assert await place.live.renew()
    assert place.sink.messages == {}


async def test_a_server_that_falls_silent_is_named_and_the_others_go_on(place: SeveralPlace) -> None:
    place.start("studio", 1)
    place.start("attic", 2)
    await place.renew()
    place.queues["attic"].away = True
    place.states["attic"].disconnected()
    await place.live.renew()
    assert "⚠️ **attic** does not answer" in place.words
    assert "▶️ **#1**" in place.words
    place.end("studio", 1)
    await place.live.renew()
    assert "⚠️ **attic** does not answer" in place.words
    place.queues["attic"].away = False
    place.end("attic", 2)
    assert await place.live.renew()
    assert place.sink.messages == {}


async def test_a_server_that_is_away_brings_no_card_and_keeps_none(place: SeveralPlace) -> None:
    place.queues["attic"].away = True
    await place.renew()
    assert place.sink.messages == {}
    place.start("studio", 1)
    await place.renew()
    assert "⚠️ **attic** does not answer" in place.words
    place.end("studio", 1)
    await place.live.renew()
    assert place.sink.messages == {}


async def test_a_slow_server_holds_up_no_card_and_is_shown_when_it_has_answered(place: SeveralPlace) -> None:
    place.live = place.started(timeout=0.01)
    place.start("studio", 1)
    await place.renew()
    place.queues["attic"].gate.clear()
    place.start("attic", 2)
    await place.renew()
    assert "**attic** · Running" not in place.words
    assert "▶️ **#1**" in place.words
    place.woken.clear()
    place.queues["attic"].gate.set()
    await asyncio.wait_for(place.woken.wait(), 5)
    await place.renew()
    assert "**attic** · Running" in place.words


async def test_a_channel_sees_only_the_servers_of_which_it_hears(place: SeveralPlace) -> None:
    place.subscriptions.subscriptions.append(Subscription(STUDIO_ALONE, 7, frozenset({"studio"}), ENDS))
    place.start("attic", 1)
    await place.renew()
    assert len(place.sink.messages) == 1
    place.start("studio", 2)
    await place.renew()
    first, second = place.sink.messages.values()
    assert "attic" in str(first.blocks)
    assert "attic" not in str(second.blocks)


async def test_previews_of_the_same_number_on_two_servers_stand_beside_each_other(
    place: SeveralPlace,
) -> None:
    place.start("studio", 812, preview=data_url("red"))
    place.start("attic", 812, preview=data_url("blue"))
    await place.renew()
    [gallery] = [block for block in place.card.blocks if isinstance(block, MediaGallery)]
    assert [item.name for item in gallery.items] == ["812-studio-preview.jpg", "812-attic-preview.jpg"]


async def test_a_channel_that_hides_prompts_shows_none_on_a_card_of_several(place: SeveralPlace) -> None:
    hidden = Preferences(hide_prompts=True)
    place.subscriptions.subscriptions = [Subscription(CHANNEL, 7, None, ENDS, hidden)]
    place.start("studio", 1, preview=data_url())
    place.start("attic", 2)
    await place.renew()
    assert "fox" not in str(place.card)
    assert place.card.files == ()


async def test_channels_that_hear_alike_share_one_panel_and_a_hidden_one_takes_no_preview_away(
    place: SeveralPlace,
) -> None:
    hidden = Preferences(hide_prompts=True)
    place.subscriptions.subscriptions = [
        Subscription(CHANNEL, 7, None, ENDS),
        Subscription(CHANNEL + 1, 7, None, ENDS),
        Subscription(CHANNEL + 2, 7, None, ENDS, hidden),
    ]
    place.start("studio", 1, preview=data_url())
    place.start("attic", 2)
    await place.renew()
    first, second, third = place.sink.messages.values()
    assert first is second
    place.states["studio"].progressed(Progress("studio", 1, "Denoising", 0.9))
    await place.renew()
    first, second, third = place.sink.messages.values()
    assert len(first.files) == len(second.files) == 1
    assert third.files == ()
