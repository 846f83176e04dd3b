"""How an answer to an interaction travels: again where the connection broke, since a person waits for it; and
without a sound where a whole channel sees it.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import aiohttp
import discord
from aiohttp import ClientSession
from discord.http import MultipartParameters
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

TRIES = 3
PAUSE = 0.3
"""Seconds between two tries: Discord waits three for the first answer."""
ACKNOWLEDGED = 40060
"""Discord's code for an interaction that was answered: the try before had reached it."""


SILENT = discord.MessageFlags(suppress_notifications=True).value
DEFERRED = discord.InteractionResponseType.deferred_channel_message.value


def repeat_answers() -> None:
    """From here on, in this task and those that it starts. discord.py itself does so, but not on Linux."""
    async_context.set(RepeatingAdapter())


class RepeatingAdapter(AsyncWebhookAdapter):
    """A whisper may come twice, where Discord's word of the first was lost; other answers can not."""

    def create_interaction_response(self, *which: Any, params: MultipartParameters, **more: Any) -> Any:
        """An answer that all will see comes silently: a lock screen shows no words of a panel. That is
        settled by what says that the bot is thinking, and discord.py's `defer` can't say it.
        """
        answer = params.payload or {}
        if answer.get("type") == DEFERRED and "data" not in answer:
            params = params._replace(payload=answer | {"data": {"flags": SILENT}})
        return super().create_interaction_response(*which, params=params, **more)

    async def request(
        self,
        route: Any,
        session: ClientSession,
        *,
        files: Sequence[discord.File] | None = None,
        **more: Any,
    ) -> Any:
        for attempt in range(1, TRIES + 1):
            try:
                return await super().request(route, session, files=files, **more)
            except (aiohttp.ClientError, OSError):
                if attempt == TRIES:
                    raise
            except discord.HTTPException as error:
                if attempt == 1 or error.code != ACKNOWLEDGED:
                    raise
                return {"interaction": {"id": str(route.webhook_id)}}
            for file in files or ():
                file.reset(seek=True)
            await asyncio.sleep(PAUSE)
        raise AssertionError("the last try returns or raises")
