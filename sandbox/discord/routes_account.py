"""Routes of users, the application, guilds and the gateway's address."""

from collections.abc import Callable

from sandbox.discord import payloads
from sandbox.discord.calls import Call, Reply, Route
from sandbox.discord.connection import gateway_url
from sandbox.discord.foreign import Json
from sandbox.discord.refusals import unknown
from sandbox.discord.world import World


class AccountRoutes:
    """`shards` is what Discord would recommend."""

    def __init__(self, world: World, *, shards: int, session_start_limit: Callable[[], Json]) -> None:
        self._world = world
        self._shards = shards
        self._session_start_limit = session_start_limit

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/users/@me", self.me),
            Route("GET", "/users/@me/guilds", self.my_guilds),
            Route("POST", "/users/@me/channels", self.open_dm),
            Route("GET", "/users/{user_id}", self.user),
            Route("GET", "/oauth2/applications/@me", self.application),
            Route("GET", "/applications/@me", self.application),
            Route("GET", "/gateway", self.gateway, by_token=True),
            Route("GET", "/gateway/bot", self.gateway_bot),
            Route("GET", "/guilds/{guild_id}", self.guild),
            Route("GET", "/guilds/{guild_id}/channels", self.channels),
            Route("GET", "/guilds/{guild_id}/roles", self.roles),
            Route("GET", "/guilds/{guild_id}/members/{user_id}", self.member),
        ]

    async def me(self, _call: Call) -> Reply:
        return Reply(200, payloads.own_user(self._world.bot))

    async def application(self, _call: Call) -> Reply:
        return Reply(200, payloads.application(self._world))

    async def gateway(self, _call: Call) -> Reply:
        return Reply(200, {"url": gateway_url(self._world.base)})

    async def gateway_bot(self, _call: Call) -> Reply:
        url, limit = gateway_url(self._world.base), self._session_start_limit()
        return Reply(200, {"url": url, "shards": self._shards, "session_start_limit": limit})

    async def user(self, call: Call) -> Reply:
        found = self._world.users.get(int(call.params["user_id"]))
        if found is None:
            raise unknown("User")
        return Reply(200, payloads.user(found))

    async def my_guilds(self, call: Call) -> Reply:
        limit = call.whole("limit", 200, 1, 200)
        after = call.whole("after", 0, 0, 2**63)
        before = call.whole("before", 2**63, 0, 2**63)
        mine = [
            payloads.own_guild(guild, self._world.bot)
            for guild in self._world.guilds.values()
            if self._world.bot.id in guild.members and after < guild.id < before
        ]
        return Reply(200, mine[:limit])

    async def guild(self, call: Call) -> Reply:
        guild = self._world.guild(call.params["guild_id"])
        body = payloads.guild(guild)
        if call.flag("with_counts"):
            body |= {
                "approximate_member_count": len(guild.members),
                "approximate_presence_count": len(guild.members),
            }
        return Reply(200, body)

    async def channels(self, call: Call) -> Reply:
        guild = self._world.guild(call.params["guild_id"])
        return Reply(200, [payloads.channel(channel) for channel in guild.channels.values()])

    async def roles(self, call: Call) -> Reply:
        guild = self._world.guild(call.params["guild_id"])
        return Reply(200, [payloads.role(role) for role in guild.roles.values()])

    async def member(self, call: Call) -> Reply:
        guild = self._world.guild(call.params["guild_id"])
        found = guild.members.get(int(call.params["user_id"]))
        if found is None:
            raise unknown("Member")
        return Reply(200, payloads.member(found))

    async def open_dm(self, call: Call) -> Reply:
        found = self._world.users.get(int(call.form().get("recipient_id") or 0))
        if found is None:
            raise unknown("User")
        return Reply(200, payloads.channel(self._world.direct_channel(found)))
