"""The bot's watch over an event loop that has nothing to do: how late this machine alone makes it.

A line on standard input is answered with the longest stall of the last minute, in seconds.
"""

import asyncio
import sys
import time

from bot.telemetry.loop_watch import LoopWatch
from bot.telemetry.metrics import Metrics


async def main() -> None:
    watch = LoopWatch(Metrics(), monotonic=time.monotonic, sleep=asyncio.sleep)
    watching = asyncio.create_task(watch.run())
    while await asyncio.to_thread(sys.stdin.readline):
        print(watch.longest(), flush=True)
    watching.cancel()


if __name__ == "__main__":
    asyncio.run(main())
