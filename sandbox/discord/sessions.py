"""Gateway sessions: they outlive a connection, so that a RESUME gets what it missed."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.discord.foreign import Json
from sandbox.discord.gateway_codes import Intent, Op
from sandbox.discord.world import Event, World

REPLAYED_EVENTS = 1000
_BLANKED = ("content", "embeds", "attachments", "components")


@dataclass(slots=True, eq=False)
class Session:
    """One shard's session. `send` is None while no connection carries it."""

    id: str
    shard: int
    shards: int
    intents: int
    send: Callable[[Json], None] | None = None
    sequence: int = 0
    events: deque[Json] = field(default_factory=lambda: deque[Json](maxlen=REPLAYED_EVENTS))

    def wants(self, event: Event) -> bool:
        """Guild events go to the guild's shard, DMs to shard 0, and all need their intent."""
        shard = (event.guild_id >> 22) % self.shards if event.guild_id else 0
        return shard == self.shard and (not event.intent or bool(self.intents & event.intent))

    def dispatch(self, kind: str, data: Json) -> None:
        """Numbers the event, keeps it for a RESUME, sends it if somebody listens."""
        self.sequence += 1
        payload: Json = {"op": Op.DISPATCH, "d": data, "s": self.sequence, "t": kind}
        self.events.append(payload)
        if self.send:
            self.send(payload)

    def missed(self, since: int) -> list[Json] | None:
        """The events after `since`; None if some of them are no longer kept."""
        oldest = self.events[0]["s"] if self.events else self.sequence + 1
        if since + 1 < oldest:
            return None
        return [event for event in self.events if event["s"] > since]


class Sessions:
    """All sessions of the one bot, which takes at least `least_shards`."""

    def __init__(self, world: World, least_shards: int = 1) -> None:
        self._world = world
        self._by_id: dict[str, Session] = {}
        self.least_shards = least_shards
        self.max_concurrency = 1
        self.pause = 0.0
        """Seconds between two sessions of shards with the same rest of a division by `max_concurrency`: 5 at
        Discord. Who comes earlier gets no session.
        """
        self._opened_at: dict[int, float] = {}
        self.opened = 0
        self.resumed = 0

    def too_early(self, shard: int) -> bool:
        """Whether that shard has to wait; else it counts from now on."""
        key, now = shard % self.max_concurrency, self._world.clock()
        early = key in self._opened_at and now - self._opened_at[key] < self.pause
        if not early:
            self._opened_at[key] = now
        return early

    def open(self, *, shard: int, shards: int, intents: int) -> Session:
        session = Session(f"{self._world.new_id():032x}", shard, shards, intents)
        self._by_id[session.id] = session
        self.opened += 1
        return session

    def get(self, session_id: str) -> Session | None:
        return self._by_id.get(session_id)

    def drop(self, session: Session) -> None:
        self._by_id.pop(session.id, None)

    def online(self) -> list[Session]:
        return [session for session in self._by_id.values() if session.send]

    def publish(self, event: Event) -> None:
        for session in self._by_id.values():
            if session.wants(event):
                session.dispatch(event.type, self._seen_by(session, event))

    def _seen_by(self, session: Session, event: Event) -> Json:
        """Without the message content intent other people's words are blank, unless they name the bot."""
        bot_id = str(self._world.bot.id)
        author = event.data.get("author")
        hidden = (
            event.type in ("MESSAGE_CREATE", "MESSAGE_UPDATE")
            and event.guild_id is not None
            and not session.intents & Intent.MESSAGE_CONTENT
            and author is not None
            and author["id"] != bot_id
            and all(user["id"] != bot_id for user in event.data["mentions"])
        )
        if not hidden:
            return event.data
        return {key: type(value)() if key in _BLANKED else value for key, value in event.data.items()}
