"""A bot of a few lines that answers with what a test laid out: forms, selects, hostile messages."""

import asyncio
import json
from typing import Any

import aiohttp

from sandbox.web.stage import Stage

Json = dict[str, Any]
MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 6, 7, 8, 9
EPHEMERAL = 1 << 6
V2 = 1 << 15
IDENTIFY, DISPATCH = 2, 0


class FakeBot:
    """`answers` are callback bodies, by a command's name or a component's or form's custom id.

    `heard` is the data of each interaction, `heard_from` who it came from.
    """

    def __init__(self, stage: Stage, http: aiohttp.ClientSession) -> None:
        self._stage = stage
        self._http = http
        self._headers = {"Authorization": f"Bot {stage.discord.token}"}
        self._task: asyncio.Task[None] | None = None
        self.answers: dict[str, Json] = {}
        self.heard: list[Json] = []
        self.heard_from: list[str] = []

    async def start(self, commands: list[Json]) -> None:
        application = self._stage.discord.world.application_id
        await self._ask("PUT", f"/applications/{application}/commands", commands)
        self._task = asyncio.create_task(self._listen(), name="fake bot")
        await self._stage.discord.gateway.wait_online()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def post(self, body: Json, *files: tuple[str, bytes, str]) -> Json:
        """A message; `files` are name, bytes, type. What Discord answers."""
        return await self._ask("POST", self._messages, body, files)

    async def edit(self, message_id: str, body: Json) -> Json:
        return await self._ask("PATCH", f"{self._messages}/{message_id}", body)

    async def delete(self, message_id: str) -> None:
        await self._ask("DELETE", f"{self._messages}/{message_id}", None)

    @property
    def _messages(self) -> str:
        return f"/channels/{self._stage.channel.id}/messages"

    async def _ask(
        self, method: str, path: str, body: Any, files: tuple[tuple[str, bytes, str], ...] = ()
    ) -> Any:
        sent: Json = {"json": body} if body is not None else {}
        if files:
            form = aiohttp.FormData()
            form.add_field("payload_json", json.dumps(body), content_type="application/json")
            for place, (name, data, kind) in enumerate(files):
                form.add_field(f"files[{place}]", data, filename=name, content_type=kind)
            sent = {"data": form}
        url = self._stage.discord.api_url + path
        async with self._http.request(method, url, headers=self._headers, **sent) as answer:
            text = await answer.text()
            assert answer.status < 300, text
            return json.loads(text) if text else None

    async def _listen(self) -> None:
        url = self._stage.discord.world.base.replace("http", "ws", 1) + "/gateway?v=10&encoding=json"
        async with self._http.ws_connect(url) as socket:
            identity: Json = {"token": self._stage.discord.token, "intents": 0, "properties": {}}
            await socket.send_json({"op": IDENTIFY, "d": identity})
            async for frame in socket:
                news = json.loads(frame.data)
                if news["op"] == DISPATCH and news["t"] == "INTERACTION_CREATE":
                    await self._answer(news["d"])

    async def _answer(self, interaction: Json) -> None:
        data = interaction["data"]
        self.heard.append(data)
        self.heard_from.append(interaction["member"]["user"]["username"])
        answer = self.answers.get(data.get("custom_id") or data["name"])
        if answer is not None:
            await self._ask(
                "POST", f"/interactions/{interaction['id']}/{interaction['token']}/callback", answer
            )
