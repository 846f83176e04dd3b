from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest
from fakes import Seconds
from structlog.testing import capture_logs

from bot.discord.errors import NO_TOKEN
from bot.discord.login import MAX_PAUSE, MAX_PAUSE_REFUSED, log_in


def answered(status: int, body: dict[str, Any] | str, **headers: str) -> discord.HTTPException:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response: Any = SimpleNamespace(status=status, reason="", headers=named)
    return discord.HTTPException(response, body)


def wrapped(error: discord.DiscordException, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


async def pauses(error: Exception, times: int) -> list[float]:
    """How long each of so many failed logins is waited after."""
    clock, left = Seconds(), [error] * times

    async def attempt() -> None:
        if left:
            raise left.pop()

    await log_in(attempt, clock.sleep)
    return clock.slept


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        aiohttp.ServerDisconnectedError(),
        answered(503, "<html>"),
        wrapped(discord.GatewayNotFound(), answered(503, "<html>")),
    ],
)
async def test_while_discord_is_away_it_tries_again_every_20_s_at_most(error: Exception) -> None:
    assert await pauses(error, 7) == [1, 2, 4, 8, 16, MAX_PAUSE, MAX_PAUSE]


@pytest.mark.parametrize(
    "error",
    [
        answered(429, "error code: 1015"),
        answered(403, "<html>blocked</html>"),
        answered(401, "<html>log in</html>"),
        wrapped(discord.LoginFailure(), answered(401, "<html>log in</html>")),
    ],
)
async def test_kept_out_by_something_before_discord_it_asks_ever_less_often(error: Exception) -> None:
    assert await pauses(error, 6) == [60, 120, 240, 480, MAX_PAUSE_REFUSED, MAX_PAUSE_REFUSED]


async def test_a_limit_that_names_a_time_is_waited_for() -> None:
    assert await pauses(answered(429, "", Retry_After="300"), 1) == [300]
    assert await pauses(answered(429, "", Retry_After="soon"), 1) == [60]


@pytest.mark.parametrize(
    "error",
    [
        wrapped(discord.LoginFailure(), answered(401, {"message": NO_TOKEN, "code": 0})),
        answered(400, {"message": "Invalid Form Body", "code": 50035}),
        discord.PrivilegedIntentsRequired(None),
        RuntimeError("a fault of ours"),
    ],
)
async def test_what_no_wait_mends_is_raised_at_once(error: Exception) -> None:
    with pytest.raises(type(error)):
        await pauses(error, 1)


async def test_the_same_reason_is_logged_once_a_minute() -> None:
    with capture_logs() as lines:
        slept = await pauses(ConnectionRefusedError(), 12)
    assert sum(slept) == 1 + 2 + 4 + 8 + 16 + 7 * MAX_PAUSE
    assert [line["seconds"] for line in lines] == [1, MAX_PAUSE, MAX_PAUSE]


async def test_another_reason_is_logged_at_once() -> None:
    errors: list[Exception] = [TimeoutError(), answered(503, ""), TimeoutError()]

    async def attempt() -> None:
        if errors:
            raise errors.pop()

    with capture_logs() as lines:
        await log_in(attempt, Seconds().sleep)
    assert [line["reason"] for line in lines] == [
        "Discord can't be reached: no answer in time.",
        "Discord, or something before it, answered 503.",
        "Discord can't be reached: no answer in time.",
    ]
