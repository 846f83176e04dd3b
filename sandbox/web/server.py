"""The page's server: the files of the page, attachments, one stream of news, and what a person does."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.discord.answers import NoAnswer
from sandbox.discord.foreign import Json
from sandbox.discord.people import Person
from sandbox.discord.typed import NotOffered
from sandbox.web.acts import Acts, Filled, Picked, Said, Typed, Used
from sandbox.web.deeds import Deeds
from sandbox.web.guard import add_headers, guard
from sandbox.web.live import LiveCard
from sandbox.web.stage import Stage

HOST = "127.0.0.1"
STATIC = Path(__file__).parent / "static"
PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif")
ATTACHMENT_POLICY = "default-src 'none'; sandbox"
SNOWFLAKE_DIGITS = 20
LAST_PORT = 65535
LONGEST_BODY = 64 * 1024
LONGEST_FORM = 15 * 1024 * 1024
"""With a file of 10 MB as base64."""
Given = TypeVar("Given", bound=BaseModel)


class Asked(BaseModel):
    """The body of every POST: who acts, and what with."""

    model_config = ConfigDict(extra="forbid", strict=True)
    person: str
    given: dict[str, Any] = {}


class Page:
    """Serves a stage until `stop`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.live = LiveCard(stage)
        self._acts = Acts(stage, self.live)
        self._deeds = Deeds(stage)
        self._looking: asyncio.Task[None] | None = None
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/"

    async def start(self, port: int = 0, *, tries: int = 1) -> None:
        """Listens at `port`, or at the first free one of the `tries` ports from there on; 0 takes any.

        Raises OSError if none is free.
        """
        app = web.Application(middlewares=[guard], client_max_size=LONGEST_FORM)
        app.on_response_prepare.append(add_headers)
        self._add_routes(app.router)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True)
        await self._runner.setup()
        for place in range(port, min(port + tries, LAST_PORT + 1)):
            try:
                await web.TCPSite(self._runner, HOST, place).start()
                break
            except OSError:
                if place in (port + tries - 1, LAST_PORT):
                    await self._runner.cleanup()
                    raise
        self.port = self._runner.addresses[0][1]
        self._looking = asyncio.create_task(self.live.look(), name="page looks at the stage")

    async def stop(self) -> None:
        self.live.close_all()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    def _add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/", _index)
        router.add_static("/static", STATIC)
        router.add_get("/events", self._events)
        router.add_get("/attachments/{channel_id}/{file_id:[0-9]+}/{filename}", self._attachment)
        router.add_post("/do/slash", self._act(Typed, self._acts.slash))
        router.add_post("/do/menu", self._act(Picked, self._acts.menu))
        router.add_post("/do/suggest", self._act(Typed, self._acts.suggest))
        router.add_post("/do/press", self._act(Used, self._acts.press))
        router.add_post("/do/select", self._act(Used, self._acts.select))
        router.add_post("/do/submit", self._act(Filled, self._acts.submit))
        router.add_post("/do/say", self._act(Said, self._acts.say))
        router.add_post("/do/dismiss", self._act(Used, self._acts.dismiss))
        router.add_post("/desk/{deed}", self._desk)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events for one person."""
        reader = self.live.open(self._person(request.query.get("person", "owner")))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            while (news := await reader.news.get()) is not None:
                name, data = news
                await response.write(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())
        except ConnectionError:
            pass  # the page was closed
        finally:
            self.live.close(reader)
        return response

    async def _attachment(self, request: web.Request) -> web.StreamResponse:
        """Pictures to look at; everything else is only to be saved, since it could be a page."""
        file_id = request.match_info["file_id"][:SNOWFLAKE_DIGITS]
        file = self._stage.discord.world.files.get(int(file_id))
        if file is None or file.filename != request.match_info["filename"]:
            raise web.HTTPNotFound(text="There is no such attachment.")
        picture = file.content_type in PICTURES and "download" not in request.query
        headers = {
            "Content-Security-Policy": ATTACHMENT_POLICY,
            "Content-Disposition": "inline" if picture else f'attachment; filename="{file.filename}"',
            "Cache-Control": "private, max-age=86400, immutable",
        }
        kind = file.content_type if picture else "application/octet-stream"
        return web.Response(body=file.data, content_type=kind, headers=headers)

    def _act(
        self, model: type[Given], act: Callable[[Person, Given], Awaitable[Json]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            person, given = await self._read(request, model)
            if not self._stage.discord_here:
                return _refused(503, "Discord can't be reached.")
            try:
                return web.json_response(await act(person, given))
            except NotOffered as error:
                return _refused(409, str(error))
            except NoAnswer:
                return _refused(504, "The application did not respond.")

        return handle

    async def _desk(self, request: web.Request) -> web.Response:
        deed = request.match_info["deed"]
        if not await self._deeds.do(deed):
            return _refused(404, f"The desk has no {deed}.")
        return web.json_response({})

    async def _read(self, request: web.Request, model: type[Given]) -> tuple[Person, Given]:
        try:
            body = await request.read()
            if len(body) > (LONGEST_FORM if model in (Filled, Typed) else LONGEST_BODY):
                raise web.HTTPRequestEntityTooLarge(LONGEST_BODY, len(body))
            asked = Asked.model_validate_json(body)
            return self._person(asked.person), model.model_validate_json(json.dumps(asked.given))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise web.HTTPBadRequest(text=f"{place}: {first['msg']}") from error

    def _person(self, name: str) -> Person:
        found = self._stage.people.get(name)
        if found is None:
            raise web.HTTPBadRequest(text=f"There are only {', '.join(self._stage.people)}.")
        return found


async def _index(_request: web.Request) -> web.StreamResponse:
    return web.FileResponse(STATIC / "index.html")


def _refused(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
