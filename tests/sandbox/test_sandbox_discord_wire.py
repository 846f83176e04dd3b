"""The sandbox Discord's REST side without a library between: limits, tokens, edits, faults."""

from typing import Any

from fakes import Seconds
from sandbox_discord_support import NOW, PNG, raw, studio

from sandbox.discord import SandboxDiscord
from sandbox.discord.permissions import Overwrite, Permission, in_channel, in_guild

MIB = 1024 * 1024
INTENTS = 1 << 0 | 1 << 9


async def test_a_wrong_token_is_unauthorized() -> None:
    async with studio() as (server, _guild, _channel), raw(server) as request:
        status, _, answer = await request("GET", "/users/@me", token="wrong")
        assert (status, answer) == (401, {"message": "401: Unauthorized", "code": 0})


async def test_files_are_limited_in_size_number_and_sum() -> None:
    async with studio(check=None) as (server, guild, channel), raw(server) as request:
        path = f"/channels/{channel.id}/messages"
        status, _, answer = await request("POST", path, {}, files={"a": bytes(10 * MIB + 1)})
        assert (status, answer) == (413, {"message": "Request entity too large", "code": 40005})
        status, _, answer = await request("POST", path, {}, files={str(n): bytes(9 * MIB) for n in range(3)})
        assert (status, answer["code"]) == (413, 40005)
        status, _, answer = await request("POST", path, {}, files={str(n): b"x" for n in range(11)})
        assert (status, answer["code"]) == (400, 50035)
        guild.state.tier = 2
        status, _, answer = await request("POST", path, {}, files={"a b.bin": bytes(11 * MIB)})
        assert (status, answer["attachments"][0]["filename"]) == (200, "a_b.bin")


async def test_a_nonce_counts_for_some_minutes_and_only_when_enforced() -> None:
    clock = Seconds(NOW)
    async with studio(clock=clock) as (server, _guild, channel), raw(server) as request:
        path, given = (
            f"/channels/{channel.id}/messages",
            {"content": "x", "nonce": "n", "enforce_nonce": True},
        )
        ids = [(await request("POST", path, given))[2]["id"] for _ in range(2)]
        loose = (await request("POST", path, {"content": "x", "nonce": "n"}))[2]["id"]
        clock.now += 301
        late = (await request("POST", path, given))[2]["id"]
        assert ids[0] == ids[1]
        assert len({ids[0], loose, late}) == 3
        assert len(channel.messages) == 3


async def test_the_sixth_message_within_five_seconds_is_one_too_many() -> None:
    clock = Seconds(NOW)
    async with studio(clock=clock) as (server, _guild, channel), raw(server) as request:
        path = f"/channels/{channel.id}/messages"
        answers = [await request("POST", path, {"content": "x"}) for _ in range(5)]
        assert [one[1]["X-RateLimit-Remaining"] for one in answers] == list("43210")
        clock.now += 2
        status, headers, answer = await request("POST", path, {"content": "x"})
        assert (status, answer["global"], answer["retry_after"]) == (429, False, 3.0)
        assert (headers["Retry-After"], headers["X-RateLimit-Scope"]) == ("3", "user")
        assert headers["Via"]
        clock.now += 3
        assert (await request("POST", path, {"content": "x"}))[0] == 200


async def test_fifty_one_requests_in_a_second_are_globally_too_many() -> None:
    async with studio(clock=Seconds(NOW)) as (server, _guild, _channel), raw(server) as request:
        answers = [
            await request("GET", path) for _ in range(26) for path in ("/users/@me", "/users/@me/guilds")
        ]
        assert {one[0] for one in answers[:50]} == {200}
        assert (answers[50][0], answers[50][2]["global"], answers[50][1]["X-RateLimit-Global"]) == (
            429,
            True,
            "true",
        )


async def test_an_old_message_is_edited_a_few_times_only() -> None:
    clock = Seconds(NOW)
    async with studio(clock=clock) as (server, _guild, channel), raw(server) as request:
        sent = (await request("POST", f"/channels/{channel.id}/messages", {"content": "x"}))[2]
        clock.now += 3601
        path = f"/channels/{channel.id}/messages/{sent['id']}"
        answers = [await request("PATCH", path, {"content": str(number)}) for number in range(4)]
        assert [one[0] for one in answers] == [200, 200, 200, 429]
        assert answers[3][2]["code"] == 30046


async def test_an_edit_keeps_what_it_does_not_name() -> None:
    async with studio() as (server, _guild, channel), raw(server) as request:
        path = f"/channels/{channel.id}/messages"
        given = {"content": "x", "embeds": [{"title": "t"}], "attachments": [{"id": 0, "description": "alt"}]}
        sent = (await request("POST", path, given, files={"a.png": PNG, "b.png": PNG}))[2]
        assert [one.get("description") for one in sent["attachments"]] == ["alt", None]
        keep = {"attachments": [{"id": sent["attachments"][1]["id"]}, {"id": 0}], "content": None}
        edited = (await request("PATCH", f"{path}/{sent['id']}", keep, files={"c.png": PNG}))[2]
        assert [one["filename"] for one in edited["attachments"]] == ["b.png", "c.png"]
        assert (edited["content"], edited["embeds"][0]["title"]) == ("", "t")
        bare: dict[str, list[Any]] = {"attachments": [], "embeds": [], "components": []}
        assert (await request("PATCH", f"{path}/{sent['id']}", bare))[2]["code"] == 50006


async def test_a_components_v2_message_stays_one() -> None:
    async with studio(check=None) as (server, _guild, channel), raw(server) as request:
        path = f"/channels/{channel.id}/messages"
        sent = (
            await request("POST", path, {"flags": 1 << 15, "components": [{"type": 10, "content": "a"}]})
        )[2]
        status, _, answer = await request("PATCH", f"{path}/{sent['id']}", {"content": "b", "flags": 0})
        assert (status, answer["code"]) == (400, 50035)
        changed = {"components": [{"type": 10, "content": "b"}]}
        assert (await request("PATCH", f"{path}/{sent['id']}", changed))[2]["components"][0]["content"] == "b"


async def test_other_peoples_messages_are_not_edited_and_unknown_things_not_found() -> None:
    async with studio(check=None) as (server, guild, channel), raw(server) as request:
        said = guild.add_member("ann").say(channel, "mine")
        path = f"/channels/{channel.id}/messages"
        assert (await request("PATCH", f"{path}/{said.id}", {"content": "yours"}))[2]["code"] == 50005
        assert (await request("DELETE", f"{path}/{said.id}"))[2]["code"] == 50013
        assert (await request("GET", f"{path}/1"))[2]["code"] == 10008
        assert (await request("GET", "/channels/1"))[2]["code"] == 10003
        assert (await request("GET", "/guilds/1"))[2]["code"] == 10004
        assert (await request("GET", f"/guilds/{guild.id}/members/1"))[2]["code"] == 10007
        assert (await request("GET", "/channels/abc"))[0] == 400
        assert (await request("GET", "/nowhere"))[2] == {"message": "404: Not Found", "code": 0}
        assert (await request("GET", f"{path}?limit=101"))[2]["code"] == 50035


async def test_without_read_message_history_the_history_is_empty() -> None:
    async with studio() as (server, guild, channel), raw(server) as request:
        said = guild.add_member("ann").say(channel, "x")
        guild.deny(channel, guild.bot_role, Permission.READ_MESSAGE_HISTORY)
        assert (await request("GET", f"/channels/{channel.id}/messages"))[2] == []
        assert (await request("GET", f"/channels/{channel.id}/messages/{said.id}"))[2]["code"] == 50013


async def test_discords_schema_refuses_and_the_transcript_says_so() -> None:
    server = SandboxDiscord(check=_Picky())
    await server.start()
    channel = server.add_guild("Studio").add_text_channel("renders")
    async with raw(server) as request:
        status, _, answer = await request("POST", f"/channels/{channel.id}/messages", {"content": "x"})
    await server.stop()
    assert (status, answer["code"], answer["errors"]["content"]["_errors"][0]["message"]) == (
        400,
        50035,
        "no x",
    )
    assert server.violations == ["POST /channels/{channel_id}/messages request /content: no x"]
    assert channel.messages == []


class _Picky:
    def request(self, method: str, route: str, payload: Any, query: dict[str, str]) -> list[Any]:
        return [(("content",), "no x")]

    def answer(self, method: str, route: str, status: int, body: Any) -> list[Any]:
        return []


async def test_faults_come_as_asked_for_and_then_no_more() -> None:
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)

    async with studio(check=None, sleep=sleep) as (server, _guild, channel), raw(server) as request:
        path = f"/channels/{channel.id}/messages"
        server.fail_next("POST /channels/{channel_id}/messages", 502, times=2)
        server.slow_next("*", 9.5)
        answers = [await request("POST", path, {"content": str(number)}) for number in range(4)]
        assert [one[0] for one in answers] == [502, 502, 200, 200]
        assert naps == [9.5]
        server.fail_next("POST", 500, after=True)
        assert (await request("POST", path, {"content": "there"}))[0] == 500
        assert channel.messages[-1].content == "there"
        await server.away(503)
        assert (await request("GET", "/users/@me"))[0] == 503
        await server.back()
        assert (await request("GET", "/users/@me"))[0] == 200


def test_channel_permissions_follow_discords_order() -> None:
    send, view = Permission.SEND_MESSAGES, Permission.VIEW_CHANNEL
    base = in_guild(owner=False, everyone=view, roles=[send])

    def granted(*overwrites: Overwrite) -> int:
        return in_channel(base, overwrites, guild_id=1, role_ids=[2, 3], member_id=9)

    assert granted() == view | send
    assert granted(Overwrite(1, 0, deny=send), Overwrite(2, 0, allow=send)) & send
    assert granted(Overwrite(2, 0, deny=send), Overwrite(3, 0, allow=send)) & send
    assert not granted(Overwrite(3, 0, allow=send), Overwrite(9, 1, deny=send)) & send
    assert granted(Overwrite(1, 0, deny=view)) == 0
    assert in_guild(owner=False, everyone=0, roles=[Permission.ADMINISTRATOR]) & Permission.PIN_MESSAGES
