import asyncio
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from discord.team import Team
from fakes import Seconds

from bot.discord.owners import INTERVAL, Owners, owner_ids

OWNER, OTHER = 1, 2
HOURS = 3


def application(*members: tuple[int, int, str], team: bool = True) -> discord.AppInfo:
    """Members by id, membership state (1 invited, 2 accepted) and role."""
    data: Any = {
        "id": "9",
        "name": "team",
        "icon": None,
        "owner_user_id": str(OWNER),
        "members": [
            {
                "user": {"id": str(number), "username": "u", "discriminator": "0", "avatar": None},
                "membership_state": state,
                "role": role,
                "permissions": ["*"],
            }
            for number, state, role in members
        ],
    }
    found = Team(cast("Any", None), data) if team else None
    return cast("discord.AppInfo", SimpleNamespace(team=found, owner=SimpleNamespace(id=OWNER)))


def test_without_a_team_the_owner_alone_is_one() -> None:
    assert owner_ids(application(team=False)) == {OWNER}


@pytest.mark.parametrize(
    ("state", "role", "owns"),
    [
        (2, "admin", True),
        (2, "developer", True),
        (2, "read_only", False),
        (2, "of_next_year", False),
        (1, "admin", False),
        (1, "developer", False),
        (7, "admin", False),
    ],
)
def test_a_member_who_accepted_and_may_work_on_the_application_owns_it(
    state: int, role: str, owns: bool
) -> None:
    assert owner_ids(application((OTHER, state, role))) == ({OWNER, OTHER} if owns else {OWNER})


async def test_who_leaves_the_team_is_no_owner_an_hour_later() -> None:
    answers = [application((OTHER, 2, "admin")), application()]
    slept: list[float] = []
    seen: list[frozenset[int]] = []

    async def read() -> discord.AppInfo:
        return answers.pop(0)

    async def sleep(seconds: float) -> None:
        seen.append(owners.ids)
        slept.append(seconds)
        if len(slept) == HOURS:
            raise asyncio.CancelledError

    owners = Owners(read, sleep)
    with pytest.raises(asyncio.CancelledError):
        await owners.run()
    assert slept == [INTERVAL] * HOURS
    assert seen == [frozenset(), {OWNER, OTHER}, {OWNER}]


async def test_while_discord_does_not_answer_they_are_whom_it_named_last() -> None:
    async def away() -> discord.AppInfo:
        raise OSError

    owners = Owners(away, Seconds().sleep)
    owners.learn(application(team=False))
    await owners.refresh()
    assert owners.ids == {OWNER}
