"""What people are in the middle of, such as a form that is open: in memory, for a while, each for its own."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

Value = TypeVar("Value")


class PersonalCache(Generic[Value]):
    """The newest `most` entries, and the newest `most_of_one` of each person; each is kept for `lifetime`
    since it was last put. `clock`: aware.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        lifetime: timedelta,
        most: int,
        most_of_one: int | None = None,
    ) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._most = most
        self._most_of_one = most_of_one
        self._kept: dict[int, tuple[int, datetime, Value]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def put(self, key: int, user_id: int, value: Value) -> None:
        now = self._clock()
        self._kept.pop(key, None)
        alive = {one: entry for one, entry in self._kept.items() if entry[1] >= now}
        if self._most_of_one is not None:
            mine = [one for one, (user, _, _) in alive.items() if user == user_id]
            for one in mine[: len(mine) - self._most_of_one + 1]:
                del alive[one]
        self._kept = dict([*alive.items(), (key, (user_id, now + self._lifetime, value))][-self._most :])

    def get(self, key: int, user_id: int) -> Value | None:
        """None for one that is no longer kept, and for one of somebody else."""
        entry = self._kept.get(key)
        if entry is None or entry[0] != user_id or entry[1] < self._clock():
            return None
        return entry[2]

    def drop(self, key: int) -> None:
        self._kept.pop(key, None)
