"""Whether a person is in a guild: only what Discord says for sure is a yes."""

from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest
from structlog.testing import capture_logs

from bot.discord.members import Members
from bot.domain.guilds import AdoptedGuilds

HOME, AWAY, ANN = 7, 8, 9


def refusal(kind: type[discord.HTTPException], status: int) -> discord.HTTPException:
    return kind(cast("Any", SimpleNamespace(status=status, reason="no")), "no")


def members(answer: Exception | None) -> Members:
    async def fetch_member(user_id: int) -> object:
        if answer is not None:
            raise answer
        return SimpleNamespace(id=user_id)

    guilds = {
        HOME: SimpleNamespace(fetch_member=fetch_member),
        AWAY: SimpleNamespace(fetch_member=fetch_member),
    }
    client = cast("discord.Client", SimpleNamespace(get_guild=guilds.get))
    return Members(client, AdoptedGuilds(named=frozenset({HOME, 5})))


async def test_who_is_there_is_there_in_a_guild_that_is_served_and_known() -> None:
    found = members(None)
    assert await found.has(HOME, ANN)
    assert not await found.has(AWAY, ANN)
    assert not await found.has(5, ANN)


@pytest.mark.parametrize(
    ("answer", "logged"),
    [
        (refusal(discord.NotFound, 404), 0),
        (refusal(discord.Forbidden, 403), 1),
        (refusal(discord.DiscordServerError, 503), 1),
        (aiohttp.ClientConnectionError(), 1),
        (TimeoutError(), 1),
    ],
)
async def test_what_discord_does_not_tell_is_a_no_and_stands_in_the_log(
    answer: Exception, logged: int
) -> None:
    with capture_logs() as logs:
        assert not await members(answer).has(HOME, ANN)
    assert [one["event"] for one in logs] == ["member_read_failed"] * logged
