"""A gallery and a drawer of graphs in memory that do what InvokeAI does, for the tests of bot/controls."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from queue_stand_in import QueueStandIn

from bot.domain.jobs import Again, Board, Enqueued, JobStatus
from bot.errors import ImageUnusable, InvokeAIRefused


class GalleryStandIn:
    """`stars` by name of each image that is there; `lying`: on which board an image lies."""

    def __init__(self, *names: str) -> None:
        self.stars = dict.fromkeys(names, False)
        self.all_boards: list[Board] = []
        self.lying: dict[str, str] = {}

    async def starred(self, name: str) -> bool:
        if name not in self.stars:
            raise ImageUnusable("It is gone.")
        return self.stars[name]

    async def star(self, names: Sequence[str], starred: bool) -> int:
        there = [name for name in names if name in self.stars]
        self.stars.update(dict.fromkeys(there, starred))
        return len(there)

    async def delete_images(self, names: Sequence[str]) -> int:
        return sum(self.stars.pop(name, None) is not None for name in names)

    async def boards(self) -> list[Board]:
        return self.all_boards

    async def move(self, names: Sequence[str], board_id: str) -> int:
        there = [name for name in names if name in self.stars]
        self.lying.update(dict.fromkeys(there, board_id))
        return len(there)


@dataclass(frozen=True)
class SourceStandIn:
    prompt: str | None


class RerunsStandIn:
    """`orders`: number, seeds and prompt of each; `chosen`: those whose seed a person named.

    `room`: how many more jobs fit in.
    """

    def __init__(self, queue: QueueStandIn, *, prompt: str | None = None, room: int = 10_000) -> None:
        self.queue = queue
        self.prompt = prompt
        self.room = room
        self.lost: set[int] = set()
        self.orders: list[tuple[int, tuple[int, ...], str | None]] = []
        self.chosen: list[tuple[int, ...]] = []

    async def graph_of(self, number: int) -> SourceStandIn:
        await self.queue.job(number)
        return SourceStandIn(self.prompt)

    async def again(
        self, number: int, seeds: Sequence[int], prompt: str | None = None, *, chosen: bool = False
    ) -> Again:
        await self.check_inputs(number)
        self.chosen += [tuple(seeds)] if chosen else []
        self.orders.append((number, tuple(seeds), prompt))
        old = await self.queue.job(number)
        taken = min(len(seeds), self.room)
        first = max(self.queue.all) + 1
        for new in range(first, first + taken):
            self.queue.all[new] = replace(
                old, number=new, status=JobStatus.PENDING, batch_id="new", images=()
            )
        numbers = tuple(range(first, first + taken))
        return Again(Enqueued("new", len(seeds), taken, numbers), tuple(seeds[:taken]))

    async def check_inputs(self, number: int) -> None:
        if number in self.lost:
            raise InvokeAIRefused(f"#{number} starts from an image that is gone.")
