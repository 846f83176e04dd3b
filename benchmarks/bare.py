"""The bare script: socket event, item, image, POST; no ledger, no rendering, no grouping."""

import asyncio
import sys
from typing import Any

import aiohttp
import socketio

from benchmarks.plain import Plain


async def main(invokeai: str, discord: str, token: str, channel: str) -> None:
    async with aiohttp.ClientSession() as http:
        plain = Plain(http, invokeai, discord, token, channel)
        client: Any = socketio.AsyncClient()

        async def changed(event: dict[str, Any]) -> None:
            if event["status"] == "completed":
                await plain.post(await plain.get(f"i/{event['item_id']}"))

        client.on("queue_item_status_changed", changed)
        await client.connect(invokeai, socketio_path="/ws/socket.io", transports=["websocket"])
        await client.emit("subscribe_queue", {"queue_id": "default"})
        await client.wait()


asyncio.run(main(*sys.argv[1:]))
