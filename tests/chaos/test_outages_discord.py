"""Discord is away, slow, or says no for a while: what ended meanwhile is told once, in order, in albums."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cases import Case, Cases, Outcomes, outcome
from lane import SEND, START, Lane, lane, outage
from tally import judge

from sandbox.discord import SandboxDiscord

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

CASES = Cases(at_once=9)

TOKEN_REFUSED = "Discord does not take DISCORD_TOKEN."


@CASES.add
async def a_discord_that_refuses_connections(folder: Path) -> None:
    async with outage(folder) as here:
        await here.discord.away()
        await here.jobs(25)
        await here.written_down(1 + 25)
        await here.discord.back()
        await here.told_all(within=40)
        assert len(here.notices) <= 1 + 1 + 3  # the first, the one that was in hand, three albums
        assert "waiting" in await here.queue()


@CASES.add
async def a_start_while_discord_is_away(folder: Path) -> None:
    async with lane(folder, 813) as here:
        await here.end(await here.first_life())
        await here.jobs(5)
        await here.discord.away()
        life = await here.nursery.bear()
        await life.says("discord_login_delayed", within=START)
        await here.discord.back()
        await here.told_all(within=40)
        life.terminate()
        assert await life.ended(within=12) == 0
        assert judge(here.invokeai, here.channel).perfect


def start_fails_at(route: str) -> Case:
    async def case(folder: Path) -> None:
        async with lane(folder, 813) as here:
            await here.end(await here.first_life())
            await here.jobs(5)
            here.discord.fail_next(route, 503)
            life = await here.nursery.bear()
            await life.says("discord_login_delayed", within=START)
            await here.told_all(within=40)
            assert "waiting" in await here.queue()
            life.terminate()
            assert await life.ended(within=12) == 0
            assert judge(here.invokeai, here.channel).perfect

    return case


for asked in (
    "GET /users/@me",
    "GET /oauth2/applications/@me",
    "GET /gateway/bot",
    "GET /channels/{channel_id}",
):
    CASES.named(f"a start whose {asked} fails", start_fails_at(asked))


def limited(discord: SandboxDiscord) -> None:
    discord.fail_next(SEND, 429, headers={"Retry-After": "1.5"})


def limited_everywhere(discord: SandboxDiscord) -> None:
    discord.fail_next(SEND, 429, headers={"Retry-After": "1.5", "X-RateLimit-Global": "true"})


def limited_without_a_time(discord: SandboxDiscord) -> None:
    discord.fail_next(SEND, 429, page=True)


def slow(discord: SandboxDiscord) -> None:
    discord.slow_next(SEND, 3.0)


def cut(discord: SandboxDiscord) -> None:
    discord.cut_next(SEND)


def answer_lost(discord: SandboxDiscord) -> None:
    discord.cut_next(SEND, after=True)


def upload_cut(discord: SandboxDiscord) -> None:
    discord.cut_upload_next(SEND)


def ill(status: int) -> Callable[[SandboxDiscord], None]:
    def trouble(discord: SandboxDiscord) -> None:
        discord.fail_next(SEND, status, times=2)

    return trouble


def done_and_denied(status: int) -> Callable[[SandboxDiscord], None]:
    """The message is in the channel, and the answer says that it is not."""

    def trouble(discord: SandboxDiscord) -> None:
        discord.fail_next(SEND, status, after=True)

    return trouble


TROUBLES = {
    "429 with Retry-After": limited,
    "429 everywhere": limited_everywhere,
    "429 without Retry-After": limited_without_a_time,
    "slow": slow,
    "cut before it is carried out": cut,
    "cut before the answer": answer_lost,
    "cut in the middle of the upload": upload_cut,
    **{f"{status}": ill(status) for status in (500, 502, 503, 504)},
    **{f"{status} though the message is there": done_and_denied(status) for status in (500, 502, 503, 504)},
}


def message_meets(trouble: Callable[[SandboxDiscord], None]) -> Case:
    async def case(folder: Path) -> None:
        async with outage(folder) as here:
            trouble(here.discord)
            await here.jobs(12, size=256)
            assert "waiting" in await here.queue()
            await here.told_all(within=40)
            assert len(here.notices) <= 1 + 12

    return case


for met, trouble in TROUBLES.items():
    CASES.named(f"a message that meets {met}", message_meets(trouble))


def messages_meet_pages(status: int) -> Case:
    """Of something before Discord, without Discord's own code."""

    async def case(folder: Path) -> None:
        async with outage(folder) as here:
            here.discord.fail_next(SEND, status, times=1000, page=True)
            await here.jobs(12)
            async with asyncio.timeout(30):
                while notices_refused(here, status) < 3:  # noqa: ASYNC110  # a few, and no card
                    await asyncio.sleep(0.05)
            here.discord.faults.clear()
            await here.told_all(within=40)

    return case


def notices_refused(here: Lane, status: int) -> int:
    refused = [one for one in here.discord.sent(*SEND.split()) if one.status == status]
    payloads: list[dict[str, Any]] = [one.payload or {} for one in refused]
    return sum(bool(payload.get("content")) for payload in payloads)


for status in (400, 401, 403, 404, 405, 407, 408, 431):
    CASES.named(f"bare pages with {status} in place of answers", messages_meet_pages(status))


GATEWAY: dict[str, Callable[[Lane], None]] = {
    **{
        f"closed with {code}": lambda here, code=code: here.discord.gateway.close(code)
        for code in (1000, 1001, 1011, 4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009)
    },
    "op 7": lambda here: here.discord.gateway.ask_to_reconnect(),
    "op 9, resumable": lambda here: here.discord.gateway.invalidate(resumable=True),
    "op 9, not resumable": lambda here: here.discord.gateway.invalidate(resumable=False),
    "cut": lambda here: here.discord.gateway.cut(),
}


@CASES.add
async def the_gateway_ends_in_every_way_that_allows_a_return(folder: Path) -> None:
    """Side by side, four ways for each bot: from the sixth return within a minute on it takes its time."""
    names = list(GATEWAY)
    async with asyncio.TaskGroup() as bots:
        for start in range(0, len(names), 4):
            folder = folder / str(start)
            folder.mkdir()
            bots.create_task(_gateway_ends(folder, names[start : start + 4]))


async def _gateway_ends(folder: Path, names: list[str]) -> None:
    async with outage(folder) as here:
        gateway = here.discord.gateway
        for name in names:
            before = gateway.opened
            GATEWAY[name](here)
            await here.jobs(1)
            await here.told_all(within=20)
            await gateway.watch.until(lambda before=before: gateway.opened > before, timeout=40, what=name)
            assert "waiting" in await here.queue(), name
            assert gateway.opened <= before + 2, name


@CASES.add
async def a_gateway_that_closes_at_once_is_not_stormed(folder: Path) -> None:
    async with outage(folder) as here:
        before = here.discord.gateway.opened
        here.discord.gateway.closes_at_once = 4000
        here.discord.gateway.close(4000)
        await here.jobs(3)
        await asyncio.sleep(10)
        assert here.discord.gateway.opened - before <= 10
        here.discord.gateway.closes_at_once = None
        await here.told_all(within=20)
        assert "waiting" in await here.queue()


@CASES.add
async def a_token_that_is_reset_ends_the_program_and_loses_nothing(folder: Path) -> None:
    await _token_reset(folder, lambda here: here.discord.reset_token("another"))


@CASES.add
async def a_token_that_only_rest_refuses_ends_the_program_and_loses_nothing(folder: Path) -> None:
    await _token_reset(folder, lambda here: here.discord.fail_next(SEND, 401, times=1000))


async def _token_reset(folder: Path, reset: Callable[[Lane], None]) -> None:
    async with lane(folder, 813) as here:
        token = here.discord.token
        life = await here.first_life()
        await here.jobs(1)
        await here.told_all(within=START)
        reset(here)
        await here.jobs(3)
        assert await life.ended(within=30) == 1
        assert TOKEN_REFUSED in life.log()
        here.discord.reset_token(token)
        here.discord.faults.clear()
        life = await here.nursery.bear()
        await here.told_all(within=START)
        life.terminate()
        assert await life.ended(within=12) == 0
        assert judge(here.invokeai, here.channel).perfect


@CASES.add
async def a_gateway_that_gives_up_on_us_ends_the_program_and_loses_nothing(folder: Path) -> None:
    async with lane(folder, 814) as here:
        life = await here.first_life()
        await here.jobs(1)
        await here.told_all(within=START)
        here.discord.gateway.close(4013)
        await here.jobs(3)
        assert await life.ended(within=30) == 1
        assert "close code 4013" in life.log()
        life = await here.nursery.bear()
        await here.told_all(within=START)
        life.terminate()
        assert await life.ended(within=12) == 0
        assert judge(here.invokeai, here.channel).perfect


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return CASES.try_all(tmp_path_factory.mktemp("outages"))


@pytest.mark.parametrize("name", CASES.names)
def test_all_is_told_once_and_in_order_after(name: str, outcomes: Outcomes) -> None:
    outcome(name, outcomes)
