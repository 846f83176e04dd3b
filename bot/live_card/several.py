"""What several InvokeAI do now, for one live card in each channel."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.queue import QueueView
from bot.domain.subscriptions import Disclosure, Subscription
from bot.live_card.content import LiveCardContent, Seen
from bot.render.all_queues_panel import card
from bot.render.beside_the_loop import rendered
from bot.render.message import Panel
from bot.render.presentation import veiled_queue

REFRESH_TIMEOUT = 2.0
"""Seconds that the cards wait for a server that is slow; what it says then is shown with the next renewal."""
NOTHING = Seen()


@dataclass(frozen=True, slots=True)
class _Heard:
    """Of which servers a channel hears, and what it may see of each; two that are equal show the same."""

    servers: tuple[str, ...]
    seen: tuple[Seen, ...]
    disclosure: Disclosure


class SeveralContents:
    """`contents`: by the servers' names. `wake` is called when a slow one has answered at last."""

    def __init__(
        self,
        contents: Mapping[str, LiveCardContent],
        wake: Callable[[], None],
        timeout: float = REFRESH_TIMEOUT,
    ) -> None:
        self._contents = contents
        self._wake = wake
        self._timeout = timeout
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._premature: frozenset[int] = frozenset()

    @property
    def due(self) -> bool:
        return any(one.busy or one.lost for one in self._contents.values())

    async def refresh(self, *, retry: bool) -> None:
        """One that does not answer in time is waited for beside the others."""
        for server, content in self._contents.items():
            if server not in self._reading:
                reading = content.refresh(retry=retry)
                self._reading[server] = asyncio.create_task(reading, name=f"card of {server}")
        done, late = await asyncio.wait(self._reading.values(), timeout=self._timeout)
        self._reading = {server: task for server, task in self._reading.items() if task in late}
        for task in late:
            task.add_done_callback(lambda _: self._wake())
        for task in done:
            task.result()

    async def panels(
        self, subscriptions: Iterable[Subscription], shown: Collection[int] = ()
    ) -> dict[int, Panel]:
        """A card comes with the first server that is at work. One that fell silent over its work is told of
        where there is a card, and keeps it.
        """
        alike: dict[Hashable, list[Subscription]] = defaultdict(list)
        for one in subscriptions:
            alike[one.servers, one.kinds, one.preferences, one.channel_id in shown].append(one)
        heard: list[tuple[_Heard, list[Subscription]]] = []
        for channels in alike.values():
            first = channels[0]
            servers = self._heard(first)
            if self._is_due(servers, shown=first.channel_id in shown):
                heard.append(
                    (_Heard(servers, self._seen(servers, first), first.preferences.disclosure), channels)
                )
            await asyncio.sleep(0)  # there may be many
        await self._decode([each for each, _ in heard])
        self._premature = frozenset(
            one.channel_id for each, channels in heard if self._all_fresh(each.servers) for one in channels
        )
        made: dict[_Heard, Panel] = {}
        panels: dict[int, Panel] = {}
        for each, channels in heard:
            if each not in made:
                made[each] = await self._panel(each)
            panels |= {one.channel_id: made[each] for one in channels}
        return panels

    def premature(self, channel_id: int) -> bool:
        return channel_id in self._premature

    def waits(self, *, shown: bool) -> bool:
        return any(one.waits(shown=shown) for one in self._contents.values())

    async def close(self) -> None:
        tasks = list(self._reading.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _heard(self, one: Subscription) -> tuple[str, ...]:
        return tuple(server for server in self._contents if one.wants_card(server))

    def _is_due(self, servers: Sequence[str], *, shown: bool) -> bool:
        heard = [self._contents[server] for server in servers]
        return any(one.busy for one in heard) or (shown and any(one.lost for one in heard))

    def _all_fresh(self, servers: Sequence[str]) -> bool:
        busy = [self._contents[server] for server in servers if self._contents[server].busy]
        return all(one.fresh for one in busy)

    def _seen(self, servers: Sequence[str], one: Subscription) -> tuple[Seen, ...]:
        """What such a channel may see of each of them."""
        contents = (self._contents[server] for server in servers)
        return tuple(content.seen_by(one) if content.busy else NOTHING for content in contents)

    async def _decode(self, heard: Sequence[_Heard]) -> None:
        """Of each server the previews that any of these channels may see."""
        numbers: dict[str, set[int]] = {server: set() for server in self._contents}
        for each in heard:
            for server, seen in zip(each.servers, each.seen, strict=True):
                numbers[server].update(seen.previews)
        for server, content in self._contents.items():
            await content.decode(numbers[server])

    async def _panel(self, heard: _Heard) -> Panel:
        views = {
            server: self._contents[server].view(seen)
            for server, seen in zip(heard.servers, heard.seen, strict=True)
        }
        jobs = [one.job for view in views.values() if view is not None for one in view.running]

        def panel() -> Panel:
            return card({server: _veiled(view, heard.disclosure) for server, view in views.items()})

        return await rendered(jobs, panel)


def _veiled(view: QueueView | None, disclosure: Disclosure) -> QueueView | None:
    return None if view is None else veiled_queue(view, disclosure)
