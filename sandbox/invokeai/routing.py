"""Who hears an event: the rooms it goes to, and what strangers get in its place."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.invokeai.versions import Routing

Json = dict[str, Any]
ADMINS = "admin"


@dataclass(frozen=True)
class Message:
    """`spared`: the users who do not get it though they stand in a room of it; then admins do not either."""

    event: str
    payload: Json
    rooms: tuple[str, ...]
    spared: frozenset[str] | None = None


def room_of(user_id: str) -> str:
    return f"user:{user_id}"


class Router:
    """`routing` "queue": to whoever subscribed. "twice": to owner and admins, one emit each. "once": one
    emit for both, and a redacted copy for the other subscribers.
    """

    def __init__(self, routing: Routing, post: Callable[[Message], None]) -> None:
        self._routing = routing
        self._post = post

    def public(self, event: str, payload: Json) -> None:
        self._post(Message(event, payload, (payload["queue_id"],)))

    def private(self, event: str, payload: Json, owner: str, redacted: Json | None = None) -> None:
        """`redacted`: what takes the place of the telling fields for everyone else."""
        if self._routing == "queue":
            self.public(event, payload)
        elif self._routing == "twice":
            self._post(Message(event, payload, (room_of(owner),)))
            self._post(Message(event, payload, (ADMINS,)))
        else:
            self._post(Message(event, payload, (room_of(owner), ADMINS)))
            if redacted is not None:
                self._redacted(event, payload | redacted, (owner,))

    def progress(self, event: str, payload: Json, owner: str) -> None:
        """The owner's alone in 6.14; before it admins get it too, without the picture."""
        if self._routing == "queue":
            self.public(event, payload)
            return
        self._post(Message(event, payload, (room_of(owner),)))
        if self._routing == "twice":
            self._post(Message(event, payload | {"image": None}, (ADMINS,)))

    def bulk(self, event: str, payload: Json, ids: str, by_user: dict[str, list[int]]) -> None:
        """`ids`: the field that holds the items' ids. Each owner hears of his own, admins of all."""
        for owner, own in by_user.items():
            scoped = {ids: own, "user_ids": [owner], f"{ids}_by_user": {owner: own}}
            self._post(Message(event, payload | scoped, (room_of(owner),), frozenset()))
        self._post(Message(event, payload, (ADMINS,)))
        self._redacted(event, payload | {ids: [], "user_ids": [], f"{ids}_by_user": {}}, by_user)

    def _redacted(self, event: str, payload: Json, owners: Iterable[str]) -> None:
        self._post(Message(event, payload, (payload["queue_id"],), frozenset(owners)))
