"""Logging in while Discord is away or keeps us out: by waiting here. Restarts would only ask more often."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus

import aiohttp
import discord
import structlog

from bot.backoff import backoff
from bot.discord.errors import NO_TOKEN, answer_in, why_away

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MIN_PAUSE, MAX_PAUSE = 1.0, 20.0
"""Seconds until the next try while Discord is away."""
MIN_PAUSE_REFUSED, MAX_PAUSE_REFUSED = 60.0, 900.0
"""The same while something before Discord, or its limit, keeps us out: each try may make that last longer."""
MAX_RETRY_AFTER = 3600.0
REPEAT_AFTER = 60.0
"""Seconds until the log says the same once more."""


async def log_in(
    attempt: Callable[[], Awaitable[None]], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Until `attempt` succeeds. Raises what no wait helps: Discord's own refusal, and every other error."""
    failures, said, silent = 0, "", 0.0
    while True:
        try:
            await attempt()
        except (aiohttp.ClientError, OSError, discord.DiscordException) as error:
            failures += 1
            seconds = _pause(error, failures)
            if seconds is None:
                raise
            if (reason := why_away(error)) != said or silent >= REPEAT_AFTER:
                log.warning("discord_login_delayed", reason=reason, seconds=seconds)
                said, silent = reason, 0.0
        else:
            return
        await sleep(seconds)
        silent += seconds


def _pause(error: Exception, failures: int) -> float | None:
    answer = answer_in(error)
    away = backoff(failures, MIN_PAUSE, MAX_PAUSE)
    if answer is None:
        return None if isinstance(error, discord.DiscordException) else away
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return away
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return max(_retry_after(answer), backoff(failures, MIN_PAUSE_REFUSED, MAX_PAUSE_REFUSED))
    if answer.code or answer.text == NO_TOKEN:
        return None
    return backoff(failures, MIN_PAUSE_REFUSED, MAX_PAUSE_REFUSED)


def _retry_after(answer: discord.HTTPException) -> float:
    """Seconds, as the answer says; 0 where it does not."""
    with suppress(ValueError):
        return min(float(answer.response.headers.get("Retry-After", 0)), MAX_RETRY_AFTER)
    return 0.0
