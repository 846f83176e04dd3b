"""The rules of answering an interaction: once, in time, with what fits, and seen by whom it is for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fakes import Seconds
from sandbox_discord_support import NOW, PNG, Raw, raw, studio

from sandbox.discord.answers import Answer
from sandbox.discord.people import Person
from sandbox.discord.world import Channel

EPHEMERAL = 64
COMMAND = {
    "name": "job",
    "description": "One job",
    "options": [{"type": 4, "name": "number", "description": "Which", "autocomplete": True}],
}


class Stage:
    """A bot made of raw requests: it hears the gateway's events and answers by hand."""

    def __init__(self, clock: Seconds, request: Raw, channel: Channel, ann: Person) -> None:
        self.clock = clock
        self.request = request
        self.channel = channel
        self.ann = ann
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._asked: list[asyncio.Task[Any]] = []
        session = request.server.gateway.sessions.open(shard=0, shards=1, intents=1)
        session.send = self.heard.put_nowait

    async def asked(self, what: Any) -> tuple[dict[str, Any], "asyncio.Task[Any]"]:
        """Starts what a person does; gives the interaction as the bot hears it."""
        task = asyncio.create_task(what)
        self._asked.append(task)
        while (event := await self.heard.get())["t"] != "INTERACTION_CREATE":
            pass
        return event["d"], task

    async def answer(self, heard: dict[str, Any], kind: int, **data: Any) -> tuple[int, Any]:
        path = f"/interactions/{heard['id']}/{heard['token']}/callback?with_response=1"
        status, _, body = await self.request(
            "POST", path, {"type": kind, "data": data} if data else {"type": kind}
        )
        return status, body

    async def hook(
        self, method: str, heard: dict[str, Any], what: str = "", body: Any = None, **more: Any
    ) -> tuple[int, Any]:
        path = f"/webhooks/{heard['application_id']}/{heard['token']}{what}"
        status, _, answer = await self.request(method, path, body, **more)
        return status, answer

    def leave(self) -> None:
        for task in self._asked:
            task.cancel()


@asynccontextmanager
async def stage(**options: Any) -> AsyncGenerator[Stage]:
    clock = Seconds(NOW)
    async with studio(clock=clock, **options) as (server, guild, channel), raw(server) as request:
        await request("PUT", f"/applications/{server.world.application_id}/commands", [COMMAND])
        play = Stage(clock, request, channel, guild.add_member("ann"))
        try:
            yield play
        finally:
            play.leave()


async def test_an_interaction_is_answered_once() -> None:
    async with stage() as play:
        heard, task = await play.asked(play.ann.slash(play.channel, "job", number=813))
        assert heard["data"]["options"] == [{"name": "number", "type": 4, "value": 813}]
        assert heard["attachment_size_limit"] == 10 * 1024 * 1024
        assert (await play.answer(heard, 4, content="one"))[0] == 200
        status, body = await play.answer(heard, 4, content="two")
        assert (status, body["code"]) == (400, 40060)
        assert (await task).content == "one"


async def test_a_first_answer_after_three_seconds_or_by_a_wrong_token_is_unknown() -> None:
    async with stage() as play:
        heard, _ = await play.asked(play.ann.slash(play.channel, "job"))
        status, body = await play.answer(heard | {"token": "wrong"}, 4, content="x")
        assert (status, body["code"]) == (404, 10062)
        play.clock.now += 3.1
        status, body = await play.answer(heard, 5)
        assert (status, body["code"]) == (404, 10062)


async def test_edits_end_with_the_tokens_fifteen_minutes() -> None:
    async with stage() as play:
        heard, task = await play.asked(play.ann.slash(play.channel, "job"))
        status, body = await play.hook("PATCH", heard, "/messages/@original", {"content": "x"})
        assert (status, body["code"]) == (404, 10015)
        await play.answer(heard, 5)
        play.clock.now += 899
        assert (await play.hook("PATCH", heard, "/messages/@original", {"content": "x"}))[0] == 200
        answer: Answer = await task
        assert (answer.content, answer.deferred, answer.edits) == ("x", True, [])
        play.clock.now += 2
        status, body = await play.hook("PATCH", heard, "/messages/@original", {"content": "y"})
        assert (status, body["code"]) == (401, 50027)


async def test_a_follow_up_to_a_deferral_is_its_edit_and_keeps_it_ephemeral() -> None:
    async with stage() as play:
        heard, task = await play.asked(play.ann.slash(play.channel, "job"))
        await play.answer(heard, 5, flags=EPHEMERAL)
        status, body = await play.hook("POST", heard, "?wait=1", {"content": "x"}, files={"a.png": PNG})
        assert (status, body["flags"] & EPHEMERAL) == (200, EPHEMERAL)
        answer: Answer = await task
        assert (answer.content, answer.ephemeral, answer.followups) == ("x", True, [])
        assert answer.files[0].data == PNG
        assert play.channel.messages == []
        status, _, body = await play.request(
            "GET", f"/channels/{play.channel.id}/messages/{answer.message.id}"
        )
        assert (status, body["code"]) == (404, 10008)


async def test_follow_ups_are_messages_that_can_be_fetched_and_taken_back() -> None:
    async with stage() as play:
        heard, task = await play.asked(play.ann.slash(play.channel, "job"))
        await play.answer(heard, 4, content="one")
        _, more = await play.hook("POST", heard, "?wait=1", {"content": "two"})
        assert more["interaction_metadata"]["user"]["id"] == str(play.ann.id)
        assert [one.content for one in play.channel.messages] == ["one", "two"]
        assert (await play.hook("GET", heard, f"/messages/{more['id']}"))[1]["content"] == "two"
        assert (await play.hook("DELETE", heard, f"/messages/{more['id']}"))[0] == 204
        assert (await play.hook("DELETE", heard, "/messages/@original"))[0] == 204
        assert (await play.hook("GET", heard, "/messages/@original"))[1]["code"] == 10008
        assert play.channel.messages == []
        assert (await task).interaction.deleted


async def test_after_a_deferral_that_was_taken_back_a_follow_up_is_a_message_of_its_own() -> None:
    async with stage() as play:
        heard, task = await play.asked(play.ann.slash(play.channel, "job"))
        await play.answer(heard, 5)
        assert (await play.hook("DELETE", heard, "/messages/@original"))[0] == 204
        assert not task.done()
        await play.hook("POST", heard, "?wait=1", {"content": "for you", "flags": 64})
        answer = await task
        assert (answer.content, answer.ephemeral, answer.deferred) == ("for you", True, True)
        assert play.channel.messages == []
        assert (await play.hook("GET", heard, "/messages/@original"))[1]["code"] == 10008


async def test_the_answer_must_fit_the_interaction() -> None:
    async with stage(check=None) as play:
        heard, _ = await play.asked(play.ann.slash(play.channel, "job"))
        for kind in (1, 6, 7, 8):
            status, body = await play.answer(heard, kind)
            assert (status, body["code"]) == (400, 50035)
        assert (await play.answer(heard, 4))[1]["code"] == 50006
        assert (await play.answer(heard, 4, content="x" * 2001))[1]["code"] == 50035
        assert (await play.answer(heard, 4, content="x"))[0] == 200


async def test_suggestions_are_at_most_25_and_of_the_options_type() -> None:
    async with stage(check=None) as play:
        heard, task = await play.asked(play.ann.autocomplete(play.channel, "job", number="8"))
        assert heard["data"]["options"] == [{"name": "number", "type": 4, "value": "8", "focused": True}]
        for choices in (
            [{"name": "a", "value": "a"}],
            [{"name": "a", "value": 1}] * 26,
            [{"name": "", "value": 1}],
        ):
            assert (await play.answer(heard, 8, choices=choices))[1]["code"] == 50035
        assert (await play.answer(heard, 8, choices=[{"name": "#813", "value": 813}]))[0] == 200
        assert await task == [{"name": "#813", "value": 813}]


async def test_a_button_updates_the_message_it_stands_on() -> None:
    async with stage() as play:
        button = {"type": 2, "style": 1, "label": "b", "custom_id": "b"}
        components = [{"type": 1, "components": [button]}]
        await play.request(
            "POST", f"/channels/{play.channel.id}/messages", {"content": "x", "components": components}
        )
        message = play.channel.messages[0]
        heard, task = await play.asked(play.ann.press(message, "b"))
        assert heard["message"]["id"] == str(message.id)
        status, body = await play.answer(heard, 7, content="y", components=[])
        assert (status, body["resource"]["message"]["content"]) == (200, "y")
        assert (await task).message is message
        assert (message.content, message.components, message.edits[0].content) == ("y", [], "x")
