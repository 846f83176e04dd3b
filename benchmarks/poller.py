"""The naive poller: every five seconds the whole list, then item, image, POST for what is new."""

import asyncio
import sys

import aiohttp

from benchmarks.plain import Plain

EVERY = 5.0


async def main(invokeai: str, discord: str, token: str, channel: str) -> None:
    told: set[int] = set()
    async with aiohttp.ClientSession() as http:
        plain = Plain(http, invokeai, discord, token, channel)
        while True:
            for item in await plain.get("list_all"):
                if item["status"] == "completed" and item["item_id"] not in told:
                    told.add(item["item_id"])
                    await plain.post(item)
            await asyncio.sleep(EVERY)


asyncio.run(main(*sys.argv[1:]))
