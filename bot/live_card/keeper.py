"""The live card: one message in each subscribed channel while the queue is not empty, always the last."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from bot.backoff import backoff
from bot.domain.limits import MAX_EDIT_AGE
from bot.domain.subscriptions import Subscription
from bot.errors import (
    ChannelUnusable,
    DatabaseTrouble,
    DeliveryDelayed,
    DeliveryError,
    MessageGone,
    ThreadArchived,
)
from bot.live_card.content import CardContent
from bot.render.message import Panel
from bot.store.cards import Card, Cards

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MIN_INTERVAL = 3.0
"""Seconds between two renewals."""
REFUSAL_PAUSE = timedelta(hours=1)
"""So long a channel that refused us is left alone, unless the grounds change."""
MIN_RETRY_DELAY, MAX_RETRY_DELAY = timedelta(seconds=6), timedelta(minutes=1)
MAX_ARCHIVED_TRIES = 3
SHUTDOWN_TIMEOUT = 3.0
"""Seconds that the end waits for the cards to be deleted."""
DISCORD_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
Grounds = tuple[int | None, int | None]
"""Our permissions in a channel, and the last notice that it took."""


class CardSink(Protocol):
    """Where cards go. Raises the DeliveryError tree and nothing else of its own.

    ThreadArchived from `edit` and `delete`: only a new message opens the thread again.
    """

    async def ready(self) -> None: ...
    async def post(self, channel_id: int, panel: Panel) -> int: ...
    async def edit(self, channel_id: int, message_id: int, panel: Panel) -> None: ...
    async def delete(self, channel_id: int, message_id: int) -> None: ...
    async def find(self, channel_id: int, since: datetime) -> list[int]: ...
    def newest(self, channel_id: int) -> int | None: ...
    def permissions(self, channel_id: int) -> int | None: ...


@dataclass
class ChannelCard:
    """A channel's card. `lost_since`: since then one may have been posted that is not `message_id`.

    `refused`: on which grounds Discord refused to show it (True) or to remove it (False), and until when
    that counts.
    """

    message_id: int | None = None
    panel: Panel | None = None
    lost_since: datetime | None = None
    not_before: datetime | None = None
    failures: int = 0
    refused: dict[bool, tuple[Grounds, datetime]] = field(
        default_factory=dict[bool, tuple[Grounds, datetime]]
    )


class LiveCard:
    """At rest until `woken`: a queue changed or a job came further. One renewal each MIN_INTERVAL at most."""

    def __init__(
        self,
        woken: asyncio.Event,
        content: CardContent,
        *,
        subscriptions: Callable[[], Awaitable[list[Subscription]]],
        cards: Cards,
        sink: CardSink,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._content = content
        self._subscriptions = subscriptions
        self._cards = cards
        self._sink = sink
        self._clock = clock
        self._sleep = sleep
        self._woken = woken
        self._woken.set()
        self._renewing: asyncio.Task[bool] | None = None
        self._places: dict[int, ChannelCard] | None = None

    async def run(self) -> None:
        """Endless. At its end the cards are deleted, within SHUTDOWN_TIMEOUT seconds."""
        await self._sink.ready()
        try:
            while True:
                await self._woken.wait()
                self._woken.clear()
                self._renewing = asyncio.create_task(self.renew(), name="cards")
                if not await asyncio.shield(self._renewing):
                    self._woken.set()
                await self._sleep(MIN_INTERVAL)
        except asyncio.CancelledError:
            farewell = asyncio.create_task(self._farewell())
            await asyncio.wait({farewell}, timeout=SHUTDOWN_TIMEOUT)
            farewell.cancel()
            await self._content.close()
            raise

    async def renew(self) -> bool:
        """Bring every card up to date, once. False if one is not: then it is still due."""
        try:
            places = await self._remembered()
            shown = {channel_id for channel_id, place in places.items() if place.message_id is not None}
            await self._content.refresh(retry=bool(shown))
            subscriptions = await self._subscriptions() if self._content.due else []
            panels = await self._content.panels(subscriptions, shown)
        except DatabaseTrouble as error:
            log.warning("card_store_failed", reason=str(error))
            return False
        for channel_id in panels:
            places.setdefault(channel_id, ChannelCard())
        serving = [
            self._serve(channel_id, place, panels.get(channel_id)) for channel_id, place in places.items()
        ]
        done = await asyncio.gather(*serving)
        return all(done) and not self._content.waits(shown=bool(shown))

    async def _remembered(self) -> dict[int, ChannelCard]:
        """What is in the channels; at first from the database, as the last run left it."""
        if self._places is None:
            self._places = {
                card.channel_id: ChannelCard(card.message_id, lost_since=card.since)
                if card.message_id is None
                else ChannelCard(card.message_id)
                for card in await self._cards.all()
            }
        return self._places

    async def _serve(self, channel_id: int, place: ChannelCard, panel: Panel | None) -> bool:
        """One channel's card. False if it is not as it should be, and time may fix it."""
        now = self._clock()
        if place.not_before is not None and now < place.not_before:
            return False
        if self._is_refused(channel_id, place, now, show=panel is not None):
            return True
        try:
            if panel is None:
                await self._remove(channel_id, place)
            else:
                await self._show(channel_id, place, panel)
        except DeliveryError as error:
            return self._failed(channel_id, place, error, now, show=panel is not None)
        except DatabaseTrouble as error:
            log.warning("card_store_failed", channel=channel_id, reason=str(error))
            return False
        place.failures, place.not_before = 0, None
        place.refused.pop(panel is not None, None)
        return True

    def _failed(
        self, channel_id: int, place: ChannelCard, error: DeliveryError, now: datetime, *, show: bool
    ) -> bool:
        """Whether it is left alone now; else it is tried again soon.

        A card in an archived thread can't be removed; the notice that opens the thread is often on its way.
        """
        given = error.retry_after if isinstance(error, DeliveryDelayed) else None
        place.failures += 1
        closed = isinstance(error, ThreadArchived) and place.failures >= MAX_ARCHIVED_TRIES
        if closed or isinstance(error, ChannelUnusable):
            place.failures, place.refused[show] = 0, (self._grounds(channel_id), now + REFUSAL_PAUSE)
            log.warning("card_failed", channel=channel_id, reason=str(error))
            return True
        place.not_before = now + (given or backoff(place.failures, MIN_RETRY_DELAY, MAX_RETRY_DELAY))
        log.warning("card_delayed", channel=channel_id, reason=str(error))
        return False

    def _is_refused(self, channel_id: int, place: ChannelCard, now: datetime, *, show: bool) -> bool:
        grounds, until = place.refused.get(show, (None, now))
        return now < until and grounds == self._grounds(channel_id)

    def _grounds(self, channel_id: int) -> Grounds:
        return self._sink.permissions(channel_id), self._sink.newest(channel_id)

    async def _show(self, channel_id: int, place: ChannelCard, panel: Panel) -> None:
        message_id = place.message_id
        if message_id is None:
            if not self._content.premature(channel_id):
                await self._post(channel_id, place, panel)
            return
        if place.panel == panel:
            return
        overtaken = (self._sink.newest(channel_id) or 0) > message_id
        if not overtaken and self._clock() - _posted_at(message_id) < MAX_EDIT_AGE:
            try:
                await self._sink.edit(channel_id, message_id, panel)
            except MessageGone as error:
                log.info("card_replaced", channel=channel_id, reason=str(error))
            else:
                place.panel = panel
                return
        left = await self._delete_if_open(channel_id, [message_id])
        place.message_id = place.panel = None
        await self._post(channel_id, place, panel, left)

    async def _post(
        self, channel_id: int, place: ChannelCard, panel: Panel, left: Collection[int] = ()
    ) -> None:
        """Written down before and after, so that a crash in between leaves no card that nobody knows.

        `left`: older cards, in an archived thread, that can be deleted once the new one has opened it.
        """
        if place.lost_since is not None:
            lost = await self._sink.find(channel_id, place.lost_since)
            left = [*left, *await self._delete_if_open(channel_id, lost)]
        since = place.lost_since = self._clock()  # first: whatever fails from here on, it is looked for
        await self._cards.put(Card(channel_id, None, since))
        try:
            message_id = await self._sink.post(channel_id, panel)
        except ChannelUnusable:  # surely none was posted
            if not left:
                place.lost_since = None
                await self._cards.forget(channel_id)
            raise
        place.message_id, place.panel = message_id, panel
        for old in left:
            await self._sink.delete(channel_id, old)
        place.lost_since = None
        await self._cards.put(Card(channel_id, message_id, since))

    async def _delete_if_open(self, channel_id: int, message_ids: Collection[int]) -> list[int]:
        """Those that an archived thread keeps."""
        left: list[int] = []
        for message_id in message_ids:
            try:
                await self._sink.delete(channel_id, message_id)
            except ThreadArchived:
                left.append(message_id)
        return left

    async def _remove(self, channel_id: int, place: ChannelCard) -> None:
        if place.message_id is not None:
            await self._sink.delete(channel_id, place.message_id)
            place.message_id = place.panel = None
        if place.lost_since is not None:
            for message_id in await self._sink.find(channel_id, place.lost_since):
                await self._sink.delete(channel_id, message_id)
            place.lost_since = None
        await self._cards.forget(channel_id)
        if self._places is not None:
            self._places.pop(channel_id, None)

    async def _farewell(self) -> None:
        """Nothing is left behind that would say something untrue while nobody edits it."""
        if self._renewing is not None:
            await asyncio.wait({self._renewing})
        places = list((self._places or {}).items())
        await asyncio.gather(
            *(self._serve(channel_id, place, None) for channel_id, place in places), return_exceptions=True
        )


def _posted_at(message_id: int) -> datetime:
    """A message's id tells its time."""
    return DISCORD_EPOCH + timedelta(milliseconds=message_id >> 22)
