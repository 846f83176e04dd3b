"""Many sandbox InvokeAIs in a process of their own, so that they cost the bot and its Discord nothing.

`python -m benchmarks.boxes COUNT SLOW`: prints their addresses as a line of JSON. A line on standard input is
answered with the end of each completed job, in seconds since 1970: a list of pairs for each. The last one
answers SLOW seconds late where that is more than 0.
"""

import asyncio
import json
import sys

from benchmarks.jobs import ended
from sandbox.invokeai import SandboxInvokeAI


async def main(count: int, slow: float) -> None:
    boxes = [SandboxInvokeAI() for _ in range(count)]
    boxes[-1].slowness = slow
    for box in boxes:
        await box.start()
    print(json.dumps([box.url for box in boxes]), flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps([ends(box) for box in boxes]), flush=True)
    for box in boxes:
        await box.stop()


def ends(box: SandboxInvokeAI) -> list[tuple[int, float]]:
    items = box.queue.items.items()
    return [(number, ended(item.completed_at)) for number, item in items if item.status == "completed"]


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
