"""The bot as it is, which also writes down when each step of a notice's way began and ended.

`python -m benchmarks.traced_bot FILE run`: a line for each step, with seconds since 1970.
"""

import sys
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any, TextIO

from bot.__main__ import main
from bot.delivery.composer import Composer
from bot.discord.sink import DiscordSink
from bot.images.loader import ImageLoader
from bot.invokeai.client import InvokeAIClient
from bot.store.outbox import Outbox
from bot.watching.recorder import Recorder
from bot.watching.watcher import Watcher

STEPS: dict[str, tuple[type[Any], str]] = {
    "hear": (Watcher, "hear"),
    "read": (InvokeAIClient, "job"),
    "record": (Recorder, "end"),
    "claim": (Outbox, "claim"),
    "compose": (Composer, "compose"),
    "picture": (ImageLoader, "picture"),
    "send": (DiscordSink, "put"),
    "settle": (Outbox, "settle"),
}


def trace(step: str, owner: type[Any], name: str, out: TextIO) -> None:
    call: Callable[..., Awaitable[Any]] = getattr(owner, name)

    @wraps(call)
    async def timed(*arguments: Any, **named: Any) -> Any:
        began = time.time()
        try:
            return await call(*arguments, **named)
        finally:
            out.write(f"{step} {began:.6f} {time.time():.6f}\n")

    setattr(owner, name, timed)


if __name__ == "__main__":
    with Path(sys.argv.pop(1)).open("w", buffering=1) as file:
        for step, (owner, name) in STEPS.items():
            trace(step, owner, name, file)
        main()
