"""The sandbox page's server, asked without a browser: who may ask, what is told to whom, what is refused."""

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.discord.rules import Upload
from sandbox.discord.state import EPHEMERAL, Command, File, Message
from sandbox.discord.uploads import store
from sandbox.web import shown
from sandbox.web.live import WAITING_NEWS
from sandbox.web.server import Page
from sandbox.web.stage import BOARDS, Stage, set_up
from sandbox.web.tally import Tally, jobs_told

Json = dict[str, Any]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with set_up(tmp_path, rng=random.Random(1), seconds=0.01, bot=False) as stage:
        yield stage


@pytest.fixture
async def page(stage: Stage) -> AsyncIterator[Page]:
    page = Page(stage)
    await page.start()
    yield page
    await page.stop()


@pytest.fixture
async def http(page: Page) -> AsyncIterator[aiohttp.ClientSession]:
    """As the page itself asks."""
    origin = {"Origin": page.url.rstrip("/")}
    async with aiohttp.ClientSession(base_url=page.url, headers=origin) as session:
        yield session


async def test_the_demo_s_invokeai_has_boards_to_move_a_picture_to(stage: Stage) -> None:
    async with aiohttp.ClientSession(stage.invokeai.url) as http:
        answer = await http.get("/api/v1/boards/", params={"all": "true"})
        assert {board["board_name"] for board in await answer.json()} == {*BOARDS}


def written(stage: Stage, content: str = "", **more: Any) -> Message:
    world = stage.discord.world
    return Message(
        id=world.new_id(),
        channel_id=stage.channel.id,
        guild_id=stage.guild.id,
        author=world.bot,
        at=world.now(),
        content=content,
        **more,
    )


async def news(response: aiohttp.ClientResponse) -> tuple[str, Json]:
    """The next event of the stream."""
    async with asyncio.timeout(5):
        name = (await response.content.readline()).decode().removeprefix("event: ").strip()
        data = json.loads((await response.content.readline()).decode().removeprefix("data: "))
        await response.content.readline()
    return name, data


async def test_only_loopback_names_are_answered(page: Page, http: aiohttp.ClientSession) -> None:
    for host, status in (
        (f"127.0.0.1:{page.port}", 200),
        (f"localhost:{page.port}", 200),
        (f"[::1]:{page.port}", 200),
        (f"evil.example:{page.port}", 403),
        ("127.0.0.1.evil.example", 403),
        ("127.0.0.1@evil.example", 403),
        ("[", 403),
    ):
        async with http.get("/", headers={"Host": host}) as answer:
            assert answer.status == status, host


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
async def test_only_the_page_itself_may_act(
    headers: dict[str, str], status: int, stage: Stage, http: aiohttp.ClientSession
) -> None:
    async with http.post("/desk/one", json={}, headers=headers) as answer:
        assert answer.status == status
    assert len(stage.invokeai.queue.items) == (1 if status == 200 else 0)


async def test_an_act_without_an_origin_is_refused(page: Page) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{page.url}desk/one", json={}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    ("path", "site", "mode", "status"),
    [
        ("/", "cross-site", "navigate", 200),
        ("/", "cross-site", "no-cors", 403),
        ("/events", "cross-site", "cors", 403),
        ("/static/js/main.js", "same-origin", "cors", 200),
    ],
)
async def test_other_sites_may_link_to_the_page_and_no_more(
    path: str, site: str, mode: str, status: int, http: aiohttp.ClientSession
) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
    async with http.get(path, headers=headers) as answer:
        assert answer.status == status


async def test_every_answer_has_a_policy_that_allows_only_this_server(http: aiohttp.ClientSession) -> None:
    for path in ("/", "/static/js/main.js", "/nothing"):
        async with http.get(path) as answer:
            policy = answer.headers.get("Content-Security-Policy", "")
            assert answer.status == 404 or policy.startswith("default-src 'self'")
            assert "unsafe" not in policy
    async with http.get("/") as answer:
        words = await answer.text()
    assert "http://" not in words
    assert "https://" not in words


async def test_an_upload_that_could_be_a_page_is_only_to_be_saved(
    stage: Stage, http: aiohttp.ClientSession
) -> None:
    def attachment(name: str) -> File:
        return store(stage.discord.world, stage.channel.id, Upload(0, name, b"<script>", "text/html"), {})

    for name, kind, how in (
        ("a.html", "application/octet-stream", "attachment"),
        ("a.svg", "application/octet-stream", "attachment"),
        ("a.png", "image/png", "inline"),
    ):
        path = attachment(name).url.removeprefix(stage.discord.world.base)
        async with http.get(path) as answer:
            assert answer.headers["Content-Type"].startswith(kind)
            assert answer.headers["Content-Disposition"].startswith(how)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in answer.headers["Content-Security-Policy"]
        async with http.get(path.replace(name, "other")) as answer:
            assert answer.status == 404


async def test_a_whisper_reaches_its_one_reader_and_nobody_else(
    stage: Stage, page: Page, http: aiohttp.ClientSession
) -> None:
    owner, guest = stage.people["owner"], stage.people["guest"]
    async with http.get("/events?person=owner") as to_owner, http.get("/events?person=guest") as to_guest:
        assert (await news(to_owner))[1]["me"] == str(owner.id)
        assert (await news(to_guest))[1]["me"] == str(guest.id)
        secret = written(stage, "for you", flags=EPHEMERAL, ephemeral_for=guest.id)
        stage.discord._post.deliver(secret)  # pyright: ignore[reportPrivateUsage]  # there is no bot here
        owner.say(stage.channel, "for all")
        name, told = await news(to_guest)
        whisper = told["message"]
        assert (name, whisper["content"], whisper["ephemeral"]) == ("created", "for you", True)
        assert (await news(to_guest))[1]["message"]["content"] == "for all"
        assert (await news(to_owner))[1]["message"]["content"] == "for all"
        page.live.dismiss(owner, secret.id)
        assert page.live.find(secret.id) is secret
        page.live.dismiss(guest, secret.id)
        assert await news(to_guest) == ("removed", {"id": str(secret.id)})
    async with http.get("/events?person=guest") as again:
        assert [one["content"] for one in (await news(again))[1]["messages"]] == ["for all"]


async def test_a_reader_that_does_not_keep_up_is_sent_away(stage: Stage, page: Page) -> None:
    reader = page.live.open(stage.people["owner"])
    for number in range(WAITING_NEWS):
        reader.tell("state", {"number": number})
    assert reader.news.qsize() < WAITING_NEWS
    assert reader.news.get_nowait() is None


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/do/slash", {"person": "owner", "given": {"words": "nothing"}}, 409),
        ("/do/slash", {"person": "nobody", "given": {"words": "queue"}}, 400),
        ("/do/slash", {"person": "owner", "given": {"words": "  "}}, 400),
        ("/do/slash", {"person": "owner", "given": {"words": "a b c d"}}, 400),
        ("/do/suggest", {"person": "owner", "given": {"words": "job"}}, 409),
        ("/do/press", {"person": "owner", "given": {"message": "1", "custom_id": "x"}}, 409),
        ("/do/press", {"person": "owner", "given": {"message": "9" * 5000, "custom_id": "x"}}, 400),
        ("/do/submit", {"person": "owner", "given": {"form": "1", "fields": {}}}, 409),
        ("/do/say", {"person": "owner", "given": {"content": ""}}, 400),
        ("/do/say", {"person": "owner", "given": {"content": "x" * 2001}}, 400),
        ("/do/say", {"person": "owner", "given": {"content": "x", "more": 1}}, 400),
        ("/do/say", [], 400),
        ("/desk/nothing", {}, 404),
    ],
)
async def test_what_cannot_be_done_is_refused_in_a_sentence(
    path: str, body: Any, status: int, http: aiohttp.ClientSession
) -> None:
    async with http.post(path, json=body) as answer:
        assert answer.status == status
        assert len(await answer.text()) > 10


async def test_nobody_acts_while_discord_is_away(stage: Stage, http: aiohttp.ClientSession) -> None:
    said = {"person": "owner", "given": {"content": "hello"}}
    await (await http.post("/desk/discord-away", json={})).read()
    async with http.post("/do/say", json=said) as answer:
        assert answer.status == 503
    await (await http.post("/desk/discord-back", json={})).read()
    async with http.post("/do/say", json=said) as answer:
        assert answer.status == 200
    assert [one.content for one in stage.channel.messages] == ["hello"]


async def test_a_taken_port_gives_way_to_the_next_free_one(stage: Stage) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        page = Page(stage)
        with pytest.raises(OSError, match="in use"):
            await page.start(port)
        await page.start(port, tries=20)
        assert port < page.port < port + 20
        await page.stop()


def test_a_job_counts_as_told_by_the_line_of_a_notice_but_not_by_its_prompt(stage: Stage) -> None:
    def told(content: str, **more: Any) -> set[int]:
        return jobs_told(written(stage, content, **more))

    assert told("✅ “fox #7” · 8.6 s · #812") == {812}
    assert told("✅ “fox ” · \\#7” · 8.6 s · #812 · part of #811") == {812}
    assert told("✅ 5 images · #3–#6, #9 · “fox”") == {3, 4, 5, 6, 9}
    assert told("❌ Out of VRAM · #813 · 36 waiting") == {813}
    assert told("🚫 2 jobs canceled · #1–#2") == {1, 2}
    assert told("▶️ #4 started") == set()
    assert told("✅ #4", interaction={"id": "1"}) == set()
    assert told("") == set()


def test_the_same_number_of_two_servers_is_two_jobs(stage: Stage) -> None:
    tally = Tally()
    for line in ("✅ studio · “attic · x” · #1", "❌ attic · Out of VRAM · #1", "✅ “studio · x” · #2"):
        tally.note(written(stage, line))
    assert tally.counts() == {("studio", 1): 1, ("attic", 1): 1, ("", 2): 1}


def test_a_push_names_who_is_meant_and_the_files_and_nothing_else(stage: Stage) -> None:
    world = stage.discord.world
    guest = stage.people["guest"].id
    file = store(world, stage.channel.id, Upload(0, "fox.png", b"", "image/png"), {})
    message = written(
        stage, f"for <@{guest}> in <#{stage.channel.id}>", files=[file], embeds=[{"title": "no"}]
    )
    assert shown.push(message, world) == ["for @Guest in #renders", "📎 fox.png"]
    assert shown.push(written(stage, "quiet", flags=1 << 12), world) is None
    panel = written(stage, flags=1 << 15, files=[file], components=[{"type": 10, "content": "no"}])
    assert shown.push(panel, world) == []


def test_a_person_is_offered_only_what_discord_would_offer(stage: Stage) -> None:
    world = stage.discord.world

    for number, payload in enumerate(
        (
            {"name": "open"},
            {"name": "managed", "default_member_permissions": str(1 << 5)},
            {"name": "closed", "default_member_permissions": "0"},
            {"name": "private", "contexts": [1]},
            {"name": "of people", "type": 2},
            {"name": "of messages", "type": 3, "default_member_permissions": str(1 << 5)},
        )
    ):
        world.commands[None][number] = Command(number, 1, None, payload)

    def names(who: str) -> list[str]:
        offered = shown.commands(world, stage.people[who].user, stage.channel)
        return [one["name"] for one in offered]

    assert names("owner") == ["closed", "managed", "of messages", "open"]
    assert names("admin") == ["managed", "of messages", "open"]
    assert names("guest") == ["open"]
    stage.guild.open_all_commands()
    assert names("guest") == ["closed", "managed", "of messages", "open"]
