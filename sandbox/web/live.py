"""What open pages are told, as it happens: messages at once, the state of the stage a few times a second."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sandbox.discord.foreign import Json
from sandbox.discord.people import Person
from sandbox.discord.post_office import Happened
from sandbox.discord.state import Message
from sandbox.invokeai import SandboxInvokeAI
from sandbox.web import shown
from sandbox.web.stage import QUEUE, Stage
from sandbox.web.standby import Standby
from sandbox.web.tally import Tally, is_news

HISTORY = 100
WHISPERS_KEPT = 200
JOBS_SHOWN = 6
LOOKS_EVERY = 0.25
WAITING_NEWS = 1000
Newsletter = tuple[str, Json]
"""An event's name and its data."""


@dataclass(eq=False)
class Reader:
    """One open page, and the commands that it was told of.

    `news` ends with None: the page shall connect anew and begin with a fresh picture.
    """

    person: Person
    offered: list[Json]
    news: asyncio.Queue[Newsletter | None] = field(default_factory=lambda: asyncio.Queue(WAITING_NEWS))

    def tell(self, name: str, data: Json) -> None:
        """A reader that does not keep up is sent away."""
        if self.news.qsize() >= WAITING_NEWS - 1:
            self.news = asyncio.Queue(WAITING_NEWS)
            self.news.put_nowait(None)
        else:
            self.news.put_nowait((name, data))


class LiveCard:
    """Listens to the stage from its making on. `sleep` takes seconds."""

    def __init__(self, stage: Stage, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._stage = stage
        self._sleep = sleep
        self._readers: set[Reader] = set()
        self._tally = Tally()
        self.whispered: dict[int, Message] = {}
        """Ephemeral messages that nobody has dismissed, by id; the newest of them."""
        stage.discord.listen(self._heard)

    def find(self, message_id: int) -> Message | None:
        return self._stage.channel.stored.get(message_id) or self.whispered.get(message_id)

    def dismiss(self, person: Person, message_id: int) -> None:
        """Takes an ephemeral message of that person away."""
        found = self.whispered.get(message_id)
        if found is not None and found.ephemeral_for == person.id:
            self._heard("removed", found)

    def open(self, person: Person) -> Reader:
        """The reader's first news is everything that stands there now."""
        reader = Reader(person, self._commands(person))
        reader.tell("everything", self._everything(person))
        self._readers.add(reader)
        return reader

    def close(self, reader: Reader) -> None:
        self._readers.discard(reader)

    def close_all(self) -> None:
        for reader in self._readers:
            reader.news.put_nowait(None)

    async def look(self) -> None:
        """Tells of what sends no message of its own: queue, services, bot, commands. Until cancelled."""
        state: Json = {}
        while True:
            if state != (state := self._state()):
                for reader in self._readers:
                    reader.tell("state", state)
            for reader in self._readers:
                if reader.offered != (commands := self._commands(reader.person)):
                    reader.offered = commands
                    reader.tell("commands", {"commands": commands})
            await self._sleep(LOOKS_EVERY)

    def _heard(self, what: Happened, message: Message) -> None:
        if message.channel_id != self._stage.channel.id:
            return
        if message.ephemeral_for is None:
            (self._tally.forget if what == "removed" else self._tally.note)(message)
        elif what == "removed":
            self.whispered.pop(message.id, None)
        else:
            self.whispered[message.id] = message
            if len(self.whispered) > WHISPERS_KEPT:
                del self.whispered[next(iter(self.whispered))]
        for reader in self._readers:
            if message.ephemeral_for not in (None, reader.person.id):
                continue
            if what == "removed":
                reader.tell("removed", {"id": str(message.id)})
            else:
                reader.tell(what, {"message": shown.message(message, self._stage.discord.world)})

    def _everything(self, person: Person) -> Json:
        stage, world = self._stage, self._stage.discord.world
        mine = [one for one in self.whispered.values() if one.ephemeral_for == person.id]
        seen = sorted([*stage.channel.messages[-HISTORY:], *mine], key=lambda one: one.id)
        roles = stage.guild.state.roles.values()
        return {
            "me": str(person.id),
            "guild": stage.guild.state.name,
            "channel": {"id": str(stage.channel.id), "name": stage.channel.name},
            "bot": str(world.bot.id),
            "people": {name: str(one.id) for name, one in stage.people.items()},
            "users": [{"id": str(one.id), "name": shown.display_name(one)} for one in world.users.values()],
            "roles": [{"id": str(one.id), "name": one.name} for one in roles],
            "names": shown.names_of(world),
            "messages": [shown.message(one, world) for one in seen],
            "commands": self._commands(person),
            "state": self._state(),
        }

    def _commands(self, person: Person) -> list[Json]:
        return shown.commands(self._stage.discord.world, person.user, self._stage.channel)

    def _state(self) -> Json:
        stage, second = self._stage, self._stage.second
        told = self._tally.counts()
        jobs = {
            (name, item.item_id): item
            for name, server in stage.servers.items()
            for item in server.queue.select(QUEUE)
        }
        ended = [job for job, item in jobs.items() if item.is_terminal and (is_news(item) or told[job])]
        newest = sorted(jobs, key=lambda job: (jobs[job].created_at, job[1]), reverse=True)[:JOBS_SHOWN]
        return {
            "bot": {"state": stage.bot_state, "pid": stage.bot.pid if stage.bot else None},
            "standby": _standby(stage.standby),
            "discord": {"here": stage.discord_here},
            "invokeai": {"here": stage.invokeai_here, **stage.invokeai.processor.status},
            "queue": _queue(stage.invokeai),
            "second": second
            and {
                "invokeai": {"here": second.here, **second.invokeai.processor.status},
                "queue": _queue(second.invokeai),
            },
            "jobs": [
                {"server": job[0], "number": job[1], "status": jobs[job].status, "told": told[job]}
                for job in newest
            ],
            "ended": len(ended),
            "told": sum(1 for job in ended if told[job] == 1),
            "doubled": sum(1 for job in ended if told[job] > 1),
        }


def _queue(server: SandboxInvokeAI) -> Json:
    items = sorted(server.queue.select(QUEUE), key=lambda item: item.item_id)
    return {
        "running": [item.item_id for item in items if item.status == "in_progress"],
        "pending": sum(1 for item in items if item.status == "pending"),
    }


def _standby(standby: Standby | None) -> Json | None:
    if standby is None:
        return None
    return {"state": standby.state, "pid": standby.bot.pid, "seconds": standby.seconds}
