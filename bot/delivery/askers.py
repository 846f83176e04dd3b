"""Whom a message concerns since they asked for what it tells: who is mentioned, and to what it replies."""

from collections.abc import Awaitable, Callable, Sequence

from bot.domain.events import Event, JobEvent, PersonalEvent
from bot.domain.submissions import Asker
from bot.domain.subscriptions import Mine, Preferences

MAX_MENTIONS = 20
"""So many people one message mentions at most."""


class Askers:
    """`member`: whether a person (guild, user) is in that guild. What Discord does not tell is a no."""

    def __init__(self, member: Callable[[int, int], Awaitable[bool]]) -> None:
        self._member = member

    async def still_there(self, event: PersonalEvent) -> bool:
        """Whether who waited for it is still in the guild where they asked."""
        return await self._member(event.guild_id, event.user_id)

    async def mentioned(
        self, channel_id: int, events: Sequence[Event], preferences: Preferences, *, of_batch: bool = False
    ) -> tuple[int, ...]:
        """The people whom a new message of these events mentions in that channel, each once.

        `of_batch`: it tells of a batch's pictures. Then nobody is mentioned before the batch's end.
        """
        if preferences.mine is not Mine.MENTION:
            return ()
        people = dict.fromkeys(
            (asker.guild_id, asker.user_id)
            for event in events
            if (asker := _asker(event, channel_id)) is not None and _due(event, asker, of_batch=of_batch)
        )
        return tuple(
            [
                user_id
                for guild_id, user_id in list(people)[:MAX_MENTIONS]
                if guild_id is not None and await self._member(guild_id, user_id)
            ]
        )


def answered(channel_id: int, events: Sequence[Event]) -> int | None:
    """The message there that answered who asked for the first of these, where all see it."""
    found = (_asker(event, channel_id) for event in events)
    return next((one.reply_to for one in found if one is not None and one.reply_to is not None), None)


def parent_of(channel_id: int, events: Sequence[Event]) -> int | None:
    """The channel around the thread in which they were asked for."""
    found = (_asker(event, channel_id) for event in events)
    return next((one.parent_id for one in found if one is not None and one.parent_id is not None), None)


def _asker(event: Event, channel_id: int) -> Asker | None:
    """Who asked for it in that channel."""
    asker = event.asker if isinstance(event, JobEvent) else None
    return asker if asker is not None and asker.channel_id == channel_id else None


def _due(event: Event, asker: Asker, *, of_batch: bool) -> bool:
    if not isinstance(event, JobEvent) or event.by == asker.user_id:
        return False
    return event.left.batch == 0 or not of_batch
