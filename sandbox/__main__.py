"""`python -m sandbox`: the demo without the bot's own command line."""

import asyncio
import contextlib

from sandbox.demo import play


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the terminal is where it speaks


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(play(_say))
