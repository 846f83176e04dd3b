"""The steps of `setup` that ask Discord: the token, the server, the channel, the roles."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from bot.cli.portal import DiscordAccount, DiscordAway, Place, logged_in
from bot.cli.setup.answers import Answers
from bot.cli.setup.terminal import Terminal
from bot.errors import SettingWrong, TokenRefused

T = TypeVar("T")

LOOK_EVERY = 2.0
PORTAL_STEPS = """\
  1. Open https://discord.com/developers/applications and press New Application.
  2. Under Installation, set Install Link to None.
  3. Under Bot, switch Public Bot off, and leave the three privileged intents off.
  4. Under Bot, press Reset Token and copy what it shows."""


class DiscordSteps:
    """In this order. Each question logs in anew, so that nothing stays open while a person thinks."""

    def __init__(
        self,
        terminal: Terminal,
        answers: Answers,
        api_url: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._terminal = terminal
        self._answers = answers
        self._api_url = api_url
        self._sleep = sleep
        self._token = ""
        self._invite = ""

    def token(self) -> None:
        say = self._terminal.say
        say("1 · The bot's token")
        known = self._answers.known("DISCORD_TOKEN")
        if not known:
            say(PORTAL_STEPS)
        while True:
            self._token = known or self._terminal.secret("Paste the token (it is not shown)", "--token")
            if not self._token:
                say("  Nothing was pasted. The portal shows a token once: copy it there, then paste it here.")
                continue
            try:
                application = self._ask(DiscordAccount.application)
            except TokenRefused as error:
                say(f"✗ {error} Press Reset Token and copy it again.")
                if self._answers.given("DISCORD_TOKEN"):
                    raise
                known = None
                continue
            say(f"✓ This is {application.name}.\n")
            self._answers.keep("DISCORD_TOKEN", self._token)
            self._invite = application.invite
            return

    def guild(self) -> Place:
        say = self._terminal.say
        say("2 · Your server")
        guilds = self._ask(DiscordAccount.guilds)
        if not guilds:
            say("Open this link, pick your server and press Authorize:")
            say(f"  {self._invite}")
            say("Waiting until the bot is there (Ctrl-C stops; setup goes on from here next time) ...")
            guilds = self._ask(self._first_guilds)
        given = self._answers.given("DISCORD_CHANNEL_ID")
        guild = self._home(guilds, given or self._answers.kept("DISCORD_CHANNEL_ID"))
        if guild is None and given is not None:
            raise SettingWrong(
                f"The bot sees no channel {given}. Correct --channel, or invite the bot there."
            )
        if guild is None:
            guild = self._one_of("Which server?", guilds, lambda each: each.name)
        say(f"✓ {guild.name}\n")
        return guild

    def channel(self, guild: Place) -> None:
        say = self._terminal.say
        say("3 · The channel that gets the pictures")
        given = self._answers.given("DISCORD_CHANNEL_ID")
        while True:
            channels = self._ask(lambda account: account.text_channels(guild.id))
            if not channels:
                raise SettingWrong(
                    f"The bot sees no text channel in {guild.name}. Give it View Channel in one, "
                    "then run setup again."
                )
            wanted = given or self._answers.kept("DISCORD_CHANNEL_ID")
            channel = next((each for each in channels if str(each.id) == wanted), None)
            if channel is None and given:
                raise SettingWrong(f"{given} is no text channel of {guild.name}. Correct --channel.")
            if channel is None:
                channel = self._one_of("Which channel?", channels, _channel_line)
            if not channel.lacks:
                say(f"✓ #{channel.name}\n")
                self._answers.keep("DISCORD_CHANNEL_ID", str(channel.id))
                return
            say(f"✗ In #{channel.name} the bot lacks {', '.join(channel.lacks)}.")
            if given:
                raise SettingWrong(f"Give the bot {', '.join(channel.lacks)} in #{channel.name}.")
            self._answers.forget("DISCORD_CHANNEL_ID")
            say("  Give it these in the channel's settings (Permissions), or pick another one.")

    def roles(self, guild: Place) -> None:
        self._terminal.say("5 · Who may do what")
        roles = self._ask(lambda account: account.roles(guild.id))
        for name, flag, may, permission in (
            ("BOT_OPERATOR_ROLES", "--operator-roles", "cancel, pause and retry", "Manage Messages"),
            ("BOT_ADMIN_ROLES", "--admin-roles", "clear, prune and choose channels", "Manage Server"),
        ):
            otherwise = f"whoever has {permission}"
            chosen = self._answers.known(name)
            if chosen is None and roles:
                choices = [otherwise, *(role.name for role in roles)]
                at = self._terminal.choose(f"Who may {may}?", flag, choices)
                chosen = str(roles[at - 1].id) if at else ""
            known = {str(role.id): role.name for role in roles}
            words = [word for part in (chosen or "").split(",") if (word := part.strip())]
            who = ", ".join(known.get(word, word) for word in words) or otherwise
            self._terminal.say(f"✓ {who} may {may}")
            self._answers.keep(name, chosen or "")
        self._terminal.say()

    def _ask(self, question: Callable[[DiscordAccount], Awaitable[T]]) -> T:
        async def asked() -> T:
            async with logged_in(self._api_url, self._token) as account:
                return await question(account)

        while True:
            try:
                return asyncio.run(asked())
            except DiscordAway as error:
                if not self._terminal.again(str(error)):
                    raise

    async def _first_guilds(self, account: DiscordAccount) -> list[Place]:
        while not (found := await account.guilds()):
            await self._sleep(LOOK_EVERY)
        return found

    def _home(self, guilds: Sequence[Place], channel: str | None) -> Place | None:
        """The guild of that channel."""
        if channel is None or not channel.isdigit():
            return None
        home = self._ask(lambda account: account.guild_of(int(channel)))
        return next((each for each in guilds if each.id == home), None)

    def _one_of(self, question: str, places: Sequence[Place], line: Callable[[Place], str]) -> Place:
        if len(places) == 1:
            return places[0]
        return places[self._terminal.choose(question, "--channel", [line(each) for each in places])]


def _channel_line(channel: Place) -> str:
    return f"#{channel.name}" + (f"  (lacks {', '.join(channel.lacks)})" if channel.lacks else "")
