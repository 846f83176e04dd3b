"""A channel's filters, with the boards, users and newest jobs of every InvokeAI that it hears of."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from bot.controls.filters import LOOKED_AT, FilterNames, check_users, resolve_boards, words_of
from bot.domain.subscriptions import ANY, FilterTrial, PreferencesChange, Subscription
from bot.errors import InvokeAIError, RequestRefused

T = TypeVar("T")
Found = TypeVar("Found")
MAX_NAMED = 8
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class ChannelFilters:
    """`servers`: those that are configured, by name. One that is slow or away is left out."""

    def __init__(self, servers: Mapping[str, FilterNames]) -> None:
        self._servers = servers

    @property
    def names(self) -> Sequence[str]:
        return tuple(self._servers)

    def heard(self, subscription: Subscription | None, typed: str | None = None) -> Mapping[str, FilterNames]:
        """Those of which the channel hears: as somebody `typed` it, else as it is set."""
        named = subscription.servers if subscription is not None else None
        if typed is not None:
            words = frozenset(words_of(typed.casefold()))
            named = None if ANY in words else words
        return {name: each for name, each in self._servers.items() if named is None or name in named}

    async def resolved(
        self,
        change: PreferencesChange,
        before: Subscription | None,
        *,
        kept: Collection[str] = frozenset[str](),
    ) -> PreferencesChange:
        """With the boards' ids in place of their names. RequestRefused for what no job can ever match.

        `kept`: casefolded words that are set already, and stay without a look.
        """
        self._check_servers(change.server, before)
        if change.board is None and change.user is None:
            return change
        heard = list(self.heard(before, change.server).values())
        if not heard:
            raise RequestRefused("This channel's servers are no longer configured. Choose others first.")
        if len(heard) == 1:
            return await heard[0].resolved(change, kept=kept)
        board, user = change.board, change.user
        if board is not None:
            change = replace(
                change,
                board=await _decided(
                    [one.newest_boards for one in heard],
                    lambda found: resolve_boards(board, kept, [each for boards in found for each in boards]),
                ),
            )
        if user is not None:
            asked = [one.users for one in heard]
            await _decided(asked, lambda found: check_users(user, kept, _together(found)))
        return change

    def _check_servers(self, text: str | None, before: Subscription | None) -> None:
        kept = frozenset(before.servers or ()) if before is not None else frozenset[str]()
        for word in words_of((text or "").casefold()):
            if word != ANY and word not in self._servers and word not in kept:
                more = ", …" if len(self._servers) > MAX_NAMED else ""
                there = ", ".join([*self._servers][:MAX_NAMED]) + more
                raise RequestRefused(f"This bot serves no InvokeAI called {word}. It serves {there}.")

    async def board_names(self, heard: Mapping[str, FilterNames]) -> dict[str, str]:
        """By id, with their server's name before them where there are several; none of one that is away."""
        found = await asyncio.gather(*(one.board_names() for one in heard.values()))
        if len(heard) == 1:
            return found[0]
        return {
            board_id: f"{server}: {name}"
            for server, boards in zip(heard, found, strict=True)
            for board_id, name in boards.items()
        }

    async def user_names(self, heard: Mapping[str, FilterNames]) -> Sequence[str]:
        """Each once, though several servers may know it."""
        found = await asyncio.gather(*(one.user_names() for one in heard.values()))
        return tuple(dict.fromkeys(name for names in found for name in names))

    async def trial(self, subscription: Subscription) -> FilterTrial | None:
        """Of the newest jobs of all that it hears of; None where none of them tells in time."""
        heard = list(self.heard(subscription).values())
        if len(heard) == 1:
            return await heard[0].trial(subscription)
        pages = await asyncio.gather(*(one.ended() for one in heard))
        newest = sorted(
            ((one, job) for one, jobs in zip(heard, pages, strict=True) for job in jobs or ()),
            key=lambda found: found[1].completed_at or _LONG_AGO,
            reverse=True,
        )[:LOOKED_AT]
        wanted = {one: [job for each, job in newest if each is one] for one in dict(newest)}
        trials = await asyncio.gather(*(one.trial_of(subscription, jobs) for one, jobs in wanted.items()))
        found = [each for each in trials if each is not None]
        if not found:
            return FilterTrial(0, 0) if heard and any(page is not None for page in pages) else None
        return FilterTrial(sum(each.told for each in found), sum(each.looked_at for each in found))


async def _decided(
    asked: Sequence[Callable[[], Awaitable[Found]]], decide: Callable[[Sequence[Found]], T]
) -> T:
    """By what those say that answer. Where that is refused and one did not answer, its error: who knows what
    it has.
    """
    answers = await asyncio.gather(*(_answer(ask) for ask in asked))
    errors = [each for each in answers if isinstance(each, InvokeAIError)]
    try:
        return decide([each for each in answers if not isinstance(each, InvokeAIError)])
    except RequestRefused:
        if errors:
            raise errors[0] from None
        raise


async def _answer(ask: Callable[[], Awaitable[Found]]) -> Found | InvokeAIError:
    try:
        return await ask()
    except InvokeAIError as error:
        return error


def _together(found: Sequence[Sequence[str] | None]) -> Sequence[str] | None:
    """All users; None if one may not know its own."""
    names: list[str] = []
    for each in found:
        if each is None:
            return None
        names += each
    return list(dict.fromkeys(names))
