"""What people have on all InvokeAI together: their quotas are for that."""

import asyncio
from collections.abc import Sequence

from bot.controls.feeding import Feeder
from bot.domain.submissions import PersonUsage, Usage
from bot.errors import InvokeAIError

ASK_TIMEOUT = 2.0
"""Seconds that one of several InvokeAI may take to say what is left."""


class Quotas:
    """`turn`: held from the look for room until what was asked for is written down."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()  # or two presses at once would both find room
        self._feeders: list[Feeder] = []

    def add(self, feeder: Feeder) -> None:
        """That of one more InvokeAI."""
        self._feeders.append(feeder)

    async def usage(self, user_id: int) -> Usage:
        """Where one of several does not answer, all counts that the person asked of it and is not known to
        have ended.
        """
        if len(self._feeders) == 1:
            return await self._feeders[0].usage(user_id)
        found = await asyncio.gather(*(_usage(feeder, user_id) for feeder in self._feeders))
        return Usage(sum(each.unfinished for each in found), found[0].asked)

    async def everybody(self, guild_id: int | None) -> Sequence[PersonUsage]:
        """What each person has who asked in that guild (or anywhere) within a day, or has something left;
        most first. Without what is left on one of several that does not answer.
        """
        if len(self._feeders) == 1:
            return await self._feeders[0].everybody(guild_id)
        pages = await asyncio.gather(*(_everybody(feeder, guild_id) for feeder in self._feeders))
        people: dict[int, PersonUsage] = {}
        for one in (one for page in pages for one in page):
            before = people.get(one.user_id)
            unfinished = one.usage.unfinished + (before.usage.unfinished if before else 0)
            people[one.user_id] = PersonUsage(one.user_id, Usage(unfinished, one.usage.asked), one.counted)
        return sorted(people.values(), key=lambda one: (-one.usage.unfinished, -one.usage.today, one.user_id))


async def _usage(feeder: Feeder, user_id: int) -> Usage:
    try:
        async with asyncio.timeout(ASK_TIMEOUT):
            return await feeder.usage(user_id)
    except (InvokeAIError, TimeoutError):
        return await feeder.written(user_id)


async def _everybody(feeder: Feeder, guild_id: int | None) -> Sequence[PersonUsage]:
    try:
        async with asyncio.timeout(ASK_TIMEOUT):
            return await feeder.everybody(guild_id)
    except (InvokeAIError, TimeoutError):
        return ()
