"""The sandbox as one object: start it, furnish it, let a bot in, watch, break things, stop it."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.discord import payloads
from sandbox.discord.calls import Call, Reply, Request, Route
from sandbox.discord.composer import Composer
from sandbox.discord.faults import Fault, Faults, Match
from sandbox.discord.faults import route as route_named
from sandbox.discord.gateway import Gateway
from sandbox.discord.gateway_codes import Close, Intent
from sandbox.discord.guilds import SandboxGuild
from sandbox.discord.interactions import Desk
from sandbox.discord.people import Person
from sandbox.discord.permissions import EVERYONE
from sandbox.discord.pipeline import Check, Pipeline
from sandbox.discord.post_office import Listener, PostOffice
from sandbox.discord.ratelimit import RateLimits
from sandbox.discord.refusals import no_such_route
from sandbox.discord.routes_account import AccountRoutes
from sandbox.discord.routes_channels import NONCE_SECONDS, ChannelRoutes
from sandbox.discord.routes_commands import CommandRoutes
from sandbox.discord.routes_interactions import InteractionRoutes
from sandbox.discord.world import Event, World

API = "/api/v10"


class SandboxDiscord:
    """`clock` in seconds since 1970. `check` also holds requests and answers against a published schema.

    `privileged_intents` are switched on for the application; as in Discord there are none at first.
    `shards`: so many Discord recommends, and takes no fewer.
    `first_answer` and `token_life` are an interaction's deadlines in seconds; for `nonce_memory` seconds
    a nonce is remembered.
    """

    def __init__(
        self,
        *,
        token: str = "sandbox-token",  # noqa: S107 - opens nothing but this sandbox
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        application: str = "sandbox-bot",
        shards: int = 1,
        privileged_intents: int = 0,
        first_answer: float = 3.0,
        token_life: float = 900.0,
        nonce_memory: float = NONCE_SECONDS,
        check: Check | None = None,
    ) -> None:
        self.world = World(clock, application)
        self.rate_limits = RateLimits(clock)
        self.faults = Faults()
        self.gateway = Gateway(self.world, token=token, allowed_intents=privileged_intents, shards=shards)
        self._desk = Desk(self.world, first_answer=first_answer, token_life=token_life)
        self._post = PostOffice(self.world)
        self._pipeline = Pipeline(
            token=token, limits=self.rate_limits, faults=self.faults, check=check, clock=clock, sleep=sleep
        )
        self._shards = shards
        self._nonce_memory = nonce_memory
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._address = ("127.0.0.1", 0)
        self.owner = Person(self.world, self._desk, self._post, self.world.owner)

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listens; port 0 takes a free one. Raises OSError if the port is taken."""
        app = web.Application(client_max_size=1 << 30)
        for route in self._routes():
            app.router.add_route(route.method, API + route.template, self._pipeline.handler(route))
        app.router.add_get("/gateway", self._gateway)
        app.router.add_get("/gateway/", self._gateway)
        app.router.add_get("/attachments/{channel_id}/{file_id}/{filename}", self._attachment)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        self._address = (host, port)
        await self._listen()
        self.world.base = f"http://{host}:{self._address[1]}"

    async def stop(self) -> None:
        if self._runner:
            self.gateway.cut()
            await self._runner.cleanup()
            self._runner = self._site = None

    @property
    def token(self) -> str:
        """The one that is taken now."""
        return self._pipeline.token

    @property
    def api_url(self) -> str:
        return self.world.base + API

    def add_guild(
        self, name: str, *, tier: int = 0, everyone: int = EVERYONE, bot_permissions: int = EVERYONE
    ) -> SandboxGuild:
        """A guild with the bot and the application's owner in it. `tier` 0 to 3 sets the file limit."""
        guild = SandboxGuild(
            self.world,
            self._desk,
            self._post,
            self.world.new_guild(name, tier=tier, everyone=int(everyone)),
            bot_permissions=int(bot_permissions),
        )
        data = payloads.guild_create(guild.state, self.world, with_members=False)
        self.world.publish(Event("GUILD_CREATE", data, guild.id, Intent.GUILDS))
        return guild

    def remove_guild(self, guild: SandboxGuild) -> None:
        """The bot is thrown out."""
        del self.world.guilds[guild.id]
        for channel in [*guild.state.channels.values(), *guild.state.threads.values()]:
            del self.world.channels[channel.id]
        self.world.publish(Event("GUILD_DELETE", {"id": str(guild.id)}, guild.id, Intent.GUILDS))

    def listen(self, listener: Listener) -> None:
        """`listener` is called at every message that is created, changed or removed, ephemeral ones too."""
        self._post.listeners.append(listener)

    @property
    def requests(self) -> list[Request]:
        """Every REST request so far, oldest first."""
        return self._pipeline.requests

    @property
    def violations(self) -> list[str]:
        """What `check` found, in the bot's requests and in the sandbox's own answers."""
        return self._pipeline.violations

    def sent(self, method: str, template: str) -> list[Request]:
        """The requests to one route so far."""
        return [one for one in self.requests if (one.method, one.route) == (method, template)]

    async def wait_for_request(self, wanted: Callable[[Request], bool], *, timeout: float = 5.0) -> Request:  # noqa: ASYNC109 - see Watch
        """The first request, answered or cut off, that is `wanted`. Raises TimeoutError."""
        await self._pipeline.watch.until(
            lambda: any(map(wanted, self.requests)), timeout=timeout, what="a request"
        )
        return next(one for one in self.requests if wanted(one))

    def fail_next(
        self,
        route: str | Match,
        status: int = 500,
        *,
        headers: dict[str, str] | None = None,
        times: int = 1,
        after: bool = False,
        page: bool = False,
    ) -> None:
        """`after` True: the request is carried out, then the bot gets the error all the same.

        `page`: a proxy's bare error page, even with 429. A 429 is global with the header X-RateLimit-Global.
        """
        fault = Fault(_match(route), times, status=status, headers=headers or {}, after=after, page=page)
        self.faults.add(fault)

    def cut_next(self, route: str | Match, *, times: int = 1, after: bool = False) -> None:
        """The connection breaks before (or `after`) the request is carried out."""
        self.faults.add(Fault(_match(route), times, cut=True, after=after))

    def cut_upload_next(self, route: str | Match, *, times: int = 1) -> None:
        """The connection breaks when the first bytes of the request's body have come in."""
        self.faults.add(Fault(_match(route), times, cut=True, upload=True))

    def call_at_next(
        self,
        route: str | Match,
        act: Callable[[], None],
        *,
        after: bool = False,
        cut: bool = False,
        delay: float = 0.0,
    ) -> None:
        """`act` when the request has come in (`after`: when it is carried out), before it is answered.

        `cut`: the connection breaks then. `delay`: seconds that the request waits before it is carried out.
        """
        self.faults.add(Fault(_match(route), 1, cut=cut, after=after, meanwhile=act, delay=delay))

    def reset_token(self, token: str) -> None:
        """As in the developer portal: the old token is refused from now on, and its sessions end."""
        self._pipeline.token = self.gateway.token = token
        self.gateway.close(Close.AUTHENTICATION_FAILED)

    def slow_next(self, route: str | Match, seconds: float, *, times: int = 1) -> None:
        self.faults.add(Fault(_match(route), times, delay=seconds))

    def slow_uplink(self, route: str | Match, bytes_per_second: float, *, times: int = 1) -> None:
        """The bodies of the next requests come so slowly; who hangs up before the end has sent nothing."""
        self.faults.add(Fault(_match(route), times, bytes_per_second=bytes_per_second))

    async def away(self, status: int | None = None) -> None:
        """Discord is gone: connections are refused, or (`status`) every request gets this answer."""
        self._pipeline.down_status = status
        self.gateway.cut()
        if status is None and self._site and self._runner:
            await self._site.stop()
            self._site = None
            for connection in list(self._runner.server.connections if self._runner.server else []):
                if connection.transport:
                    connection.transport.abort()

    async def back(self) -> None:
        self._pipeline.down_status = None
        if self._site is None:
            await self._listen()

    async def _listen(self) -> None:
        if self._runner is None:
            raise RuntimeError("the sandbox was not started")
        host, port = self._address
        self._site = web.TCPSite(self._runner, host, port, reuse_address=True)
        await self._site.start()
        self._address = (host, self._runner.addresses[0][1])

    def _routes(self) -> list[Route]:
        composer = Composer(self.world)
        return [
            *AccountRoutes(
                self.world, shards=self._shards, session_start_limit=self.gateway.session_start_limit
            ).routes(),
            *CommandRoutes(self.world).routes(),
            *ChannelRoutes(self.world, composer, self._post, self._nonce_memory).routes(),
            *InteractionRoutes(self.world, self._desk, composer, self._post).routes(),
            Route("*", "/{unknown:.*}", _unknown_route),
        ]

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        if self._pipeline.down_status is not None:
            return web.Response(status=self._pipeline.down_status)
        return await self.gateway.handle(request)

    async def _attachment(self, request: web.Request) -> web.StreamResponse:
        file_id = request.match_info["file_id"]
        file = self.world.files.get(int(file_id)) if file_id.isdecimal() else None
        if file is None or file.filename != request.match_info["filename"]:
            return web.Response(status=404)
        return web.Response(body=file.data, content_type=file.content_type)


async def _unknown_route(_call: Call) -> Reply:
    raise no_such_route()


def _match(route: str | Match) -> Match:
    return route_named(route) if isinstance(route, str) else route
