"""Routes of application commands: the bulk overwrite and the list, global and of a guild."""

from sandbox.discord import payloads, rules_commands
from sandbox.discord.calls import Call, Reply, Route
from sandbox.discord.foreign import Json
from sandbox.discord.refusals import Refusal, missing_access
from sandbox.discord.state import Command
from sandbox.discord.world import World


class CommandRoutes:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        everywhere = "/applications/{application_id}/commands"
        guild = "/applications/{application_id}/guilds/{guild_id}/commands"
        return [
            Route("GET", everywhere, self.listed),
            Route("PUT", everywhere, self.overwrite),
            Route("GET", guild, self.listed),
            Route("PUT", guild, self.overwrite),
        ]

    def _scope(self, call: Call) -> int | None:
        if int(call.params["application_id"]) != self._world.application_id:
            raise Refusal(403, 20012, "You are not authorized to perform this action on this application")
        if "guild_id" not in call.params:
            return None
        guild_id = int(call.params["guild_id"])
        if guild_id not in self._world.guilds:
            raise missing_access()
        return guild_id

    async def listed(self, call: Call) -> Reply:
        return Reply(200, self._payload(self._scope(call)))

    async def overwrite(self, call: Call) -> Reply:
        """A command that keeps its name and type keeps its id; only a change makes a new version."""
        scope = self._scope(call)
        before = {(one.type, one.name): one for one in self._world.commands[scope].values()}
        after: dict[int, Command] = {}
        for given in rules_commands.check_commands(call.payload if call.payload is not None else []):
            command = self._registered(scope, given, before.get((given.get("type") or 1, given["name"])))
            after[command.id] = command
        self._world.commands[scope] = after
        return Reply(200, self._payload(scope))

    def _registered(self, scope: int | None, given: Json, known: Command | None) -> Command:
        if known and known.payload == given:
            return known
        return Command(known.id if known else self._world.new_id(), self._world.new_id(), scope, given)

    def _payload(self, scope: int | None) -> list[Json]:
        return [
            payloads.command(command, self._world.application_id)
            for command in self._world.commands[scope].values()
        ]
