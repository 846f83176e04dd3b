"""The steps of `setup`, each tried as soon as it is answered. What is answered outlives an interruption."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.cli.setup import env_file
from bot.cli.setup.portal import Place, Portal
from bot.cli.setup.terminal import Terminal
from bot.errors import InvokeAIError, LoginNeeded, SettingWrong, TokenRefused
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.http import open_session

USUAL = ("http://127.0.0.1:9090", "http://host.docker.internal:9090", "http://invokeai:9090")
PORTAL_STEPS = """\
  1. Open https://discord.com/developers/applications and press New Application.
  2. Under Installation, set Install Link to None.
  3. Under Bot, switch Public Bot off, and leave the three privileged intents off.
  4. Under Bot, press Reset Token and copy what it shows."""
FLAGS = {
    "DISCORD_TOKEN": "--token",
    "DISCORD_CHANNEL_ID": "--channel",
    "INVOKEAI_URL": "--invokeai-url",
    "INVOKEAI_EMAIL": "--email",
    "INVOKEAI_PASSWORD": "--password",
    "BOT_OPERATOR_ROLES": "--operator-roles",
    "BOT_ADMIN_ROLES": "--admin-roles",
}


@dataclass(frozen=True, slots=True)
class Given:
    """What the flags say: settings by name (empty is an answer too); whether to write without asking."""

    answers: dict[str, str]
    write: bool


class Wizard:
    """`path` is the file to write; what was answered so far lies beside it until then, as `NAME.draft`."""

    def __init__(self, terminal: Terminal, portal: Portal, path: Path, given: Given) -> None:
        self._terminal = terminal
        self._portal = portal
        self._path = path
        self._draft = path.with_name(f"{path.name}.draft")
        self._given = given
        self._answers: dict[str, str] = {}
        self._kept: dict[str, str] = {}
        self._invite = ""

    def run(self) -> bool:
        """All steps, to the written file; False if the person does not want it written."""
        say = self._terminal.say
        self._kept = env_file.values(self._path) | env_file.values(self._draft)
        if self._draft.is_file():
            say(f"Taking up the setup that was interrupted ({self._draft.name}).\n")
        token = self._token()
        guild = self._guild(token)
        self._channel(token, guild)
        self._invokeai()
        self._roles(token, guild)
        return self._write()

    def _token(self) -> str:
        say = self._terminal.say
        say("1 · The bot's token")
        kept = self._given.answers.get("DISCORD_TOKEN") or self._kept.get("DISCORD_TOKEN")
        if not kept:
            say(PORTAL_STEPS)
        while True:
            token = kept or self._terminal.secret("Paste the token (it is not shown)", "--token")
            if not token:
                continue
            try:
                application = asyncio.run(self._portal.application(token))
            except TokenRefused as error:
                say(f"✗ {error} Press Reset Token and copy it once more.")
                if "DISCORD_TOKEN" in self._given.answers:
                    raise
                kept = None
                continue
            say(f"✓ This is {application.name}.\n")
            self._keep("DISCORD_TOKEN", token)
            self._invite = application.invite
            return token

    def _guild(self, token: str) -> Place:
        say = self._terminal.say
        say("2 · Your server")
        guilds = asyncio.run(self._portal.guilds(token, wait=False))
        if not guilds:
            say("Open this link, pick your server and press Authorise:")
            say(f"  {self._invite}")
            say("Waiting until the bot is there (Ctrl-C stops; setup goes on from here next time) ...")
            guilds = asyncio.run(self._portal.guilds(token, wait=True))
        wanted = self._given.answers.get("DISCORD_CHANNEL_ID") or self._kept.get("DISCORD_CHANNEL_ID")
        home = asyncio.run(self._portal.guild_of(token, int(wanted))) if wanted and wanted.isdigit() else None
        guild = next((each for each in guilds if each.id == home), None)
        if guild is None and "DISCORD_CHANNEL_ID" in self._given.answers:
            raise SettingWrong(f"The bot sees no channel {wanted}. Mend --channel, or invite the bot there.")
        if guild is None:
            guild = self._one_of("Which server?", "--channel", guilds, lambda each: each.name)
        say(f"✓ {guild.name}\n")
        return guild

    def _channel(self, token: str, guild: Place) -> None:
        say = self._terminal.say
        say("3 · The channel that gets the pictures")
        given = self._given.answers.get("DISCORD_CHANNEL_ID")
        while True:
            channels = asyncio.run(self._portal.channels(token, guild.id))
            if not channels:
                raise SettingWrong(
                    f"The bot sees no text channel in {guild.name}. Give it View Channel in one, "
                    "then run setup again."
                )
            wanted = given or self._kept.get("DISCORD_CHANNEL_ID")
            channel = next((each for each in channels if str(each.id) == wanted), None)
            if channel is None and given:
                raise SettingWrong(f"{given} is no text channel of {guild.name}. Mend --channel.")
            if channel is None:
                channel = self._one_of("Which channel?", "--channel", channels, _channel_line)
            if not channel.lacks:
                say(f"✓ #{channel.name}\n")
                self._keep("DISCORD_CHANNEL_ID", str(channel.id))
                return
            say(f"✗ In #{channel.name} the bot lacks {', '.join(channel.lacks)}.")
            if given:
                raise SettingWrong(f"Give the bot {', '.join(channel.lacks)} in #{channel.name}.")
            self._kept.pop("DISCORD_CHANNEL_ID", None)
            say("  Give it these in the channel's settings (Permissions), or pick another one.")

    def _invokeai(self) -> None:
        say = self._terminal.say
        say("4 · InvokeAI")
        given = self._given.answers.get("INVOKEAI_URL")
        kept = given or self._kept.get("INVOKEAI_URL")
        while True:
            url = kept or self._found() or self._terminal.ask("Where does InvokeAI answer", "--invokeai-url")
            kept = None
            if not url:
                continue
            url = url if "://" in url else f"http://{url}"
            try:
                version = self._try(url)
            except InvokeAIError as error:
                say(f"✗ {error}")
                if given:
                    raise
                continue
            say(f"✓ InvokeAI {version} at {url}\n")
            self._keep("INVOKEAI_URL", url)
            return

    def _found(self) -> str | None:
        """The first usual address at which an InvokeAI answers."""
        for url in USUAL:
            try:
                asyncio.run(_connect(url, None, None))
            except LoginNeeded:
                return url
            except InvokeAIError:
                continue
            return url
        self._terminal.say(f"  No InvokeAI answers at {', '.join(USUAL)}. Is it running?")
        return None

    def _try(self, url: str) -> str:
        """Its version, with an account if it wants one."""
        email, password = (self._kept.get(name) or "" for name in ("INVOKEAI_EMAIL", "INVOKEAI_PASSWORD"))
        email = self._given.answers.get("INVOKEAI_EMAIL", email)
        password = self._given.answers.get("INVOKEAI_PASSWORD", password)
        while True:
            try:
                version = asyncio.run(_connect(url, email, password))
            except LoginNeeded as error:
                self._terminal.say(f"✗ {error}")
                if "INVOKEAI_PASSWORD" in self._given.answers:
                    raise
                email = self._terminal.ask("E-mail of an admin account there", "--email", default=email)
                password = self._terminal.secret("Its password (it is not shown)", "--password")
                continue
            if email:
                self._keep("INVOKEAI_EMAIL", email)
                self._keep("INVOKEAI_PASSWORD", password)
            return version

    def _roles(self, token: str, guild: Place) -> None:
        self._terminal.say("5 · Who may do what")
        roles = asyncio.run(self._portal.roles(token, guild.id))
        self._role(roles, "BOT_OPERATOR_ROLES", "cancel, pause and retry", "Manage Messages")
        self._role(roles, "BOT_ADMIN_ROLES", "clear, prune and choose channels", "Manage Server")
        self._terminal.say()

    def _role(self, roles: Sequence[Place], name: str, may: str, otherwise: str) -> None:
        everyone = f"whoever has {otherwise}"
        given = self._given.answers.get(name, self._kept.get(name))
        if given is None and roles:
            choices = [everyone, *(role.name for role in roles)]
            at = self._terminal.choose(f"Who may {may}?", FLAGS[name], choices)
            given = str(roles[at - 1].id) if at else ""
        known = {str(role.id): role.name for role in roles}
        names = [known.get(one.strip(), one.strip()) for one in (given or "").split(",") if one.strip()]
        self._terminal.say(f"✓ {', '.join(names) or everyone} may {may}")
        self._keep(name, given or "")

    def _write(self) -> bool:
        old = env_file.text_of(self._path)
        new = env_file.merged(old, self._answers)
        if old == new:
            self._terminal.say(f"{self._path} says all this already.")
        else:
            if old:
                self._terminal.say(env_file.diff(old, new, self._path.name))
            if not self._given.write and not self._terminal.confirm(f"Write {self._path}?", "--yes"):
                self._terminal.say(f"Nothing is written. The answers are kept in {self._draft.name}.")
                return False
            env_file.write(self._path, new)
            self._terminal.say(f"✓ {self._path} is written, readable by you alone.\n")
        self._draft.unlink(missing_ok=True)
        return True

    def _keep(self, name: str, value: str) -> None:
        """An answer that was tried: written down at once."""
        self._answers[name] = value
        known = env_file.values(self._draft) | self._answers
        env_file.write(self._draft, env_file.merged("", known))

    def _one_of(
        self, question: str, flag: str, places: Sequence[Place], line: Callable[[Place], str]
    ) -> Place:
        if len(places) == 1:
            return places[0]
        return places[self._terminal.choose(question, flag, [line(each) for each in places])]


def _channel_line(channel: Place) -> str:
    return f"#{channel.name}" + (f"  (lacks {', '.join(channel.lacks)})" if channel.lacks else "")


async def _connect(url: str, email: str | None, password: str | None) -> str:
    """The version of the InvokeAI there; InvokeAIError otherwise."""
    async with open_session() as http:
        client = InvokeAIClient(http, url, "setup", email=email or None, password=password or None)
        info = await client.connect()
        await client.status()
        return info.version
