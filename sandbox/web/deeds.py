"""What the desk can do to the stage, by name."""

from collections.abc import Awaitable, Callable

from sandbox.web.second_server import SecondServer
from sandbox.web.stage import Stage

BATCH = 4
Deed = Callable[[], Awaitable[None]]


class Deeds:
    def __init__(self, stage: Stage) -> None:
        studio, queue = stage.studio, stage.enqueue

        async def one() -> None:
            queue(studio.one())

        async def batch() -> None:
            queue(studio.batch(BATCH))

        async def from_picture() -> None:
            newest = stage.invokeai.images.newest()
            queue(studio.from_picture(newest) if newest else studio.one())

        async def failing() -> None:
            queue(studio.failing())

        async def huge() -> None:
            queue(studio.huge())

        async def workflow() -> None:
            queue(studio.workflow())

        async def canvas() -> None:
            queue(studio.canvas())

        async def video() -> None:
            queue(studio.video())

        async def text() -> None:
            queue(studio.text())

        self._by_name: dict[str, Deed] = {
            "one": one,
            "batch": batch,
            "from-picture": from_picture,
            "failing": failing,
            "huge": huge,
            "workflow": workflow,
            "canvas": canvas,
            "video": video,
            "text": text,
            "invokeai-away": stage.invokeai_away,
            "invokeai-back": stage.invokeai_back,
            "discord-away": stage.discord_away,
            "discord-back": stage.discord_back,
            "bot-kill": stage.kill_bot,
            "bot-start": stage.start_bot,
            "leader-kill": stage.kill_leader,
            "standby-start": stage.start_standby,
        }
        self._by_name |= _of_the_second(stage.second)

    async def do(self, name: str) -> bool:
        """False if there is no such deed."""
        deed = self._by_name.get(name)
        if deed is None:
            return False
        await deed()
        return True


def _of_the_second(second: SecondServer | None) -> dict[str, Deed]:
    if second is None:
        return {}
    return {
        "second-one": second.one,
        "second-failing": second.failing,
        "second-away": second.away,
        "second-back": second.back,
    }
