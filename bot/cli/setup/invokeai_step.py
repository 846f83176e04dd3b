"""The step of `setup` that looks for InvokeAI, and logs in where it must."""

import asyncio
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import cast

from pydantic import TypeAdapter, ValidationError

from bot.cli.portal import shown
from bot.cli.setup.answers import Answers
from bot.cli.setup.terminal import Terminal
from bot.errors import InvokeAIError, LoginNeeded, SettingWrong
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import open_session
from bot.settings.fields import SERVER_NAME, Addresses
from bot.settings.server_faults import LIST_FIX
from bot.settings.unknown_names import TOML_FILE

ADDRESSES: TypeAdapter[dict[str, str]] = TypeAdapter(Addresses)
OTHER_ACCOUNT = (
    "One with an account of its own goes into invokeai-discord.toml: docs/running.md, Several InvokeAIs."
)
USUAL = ("http://127.0.0.1:9090", "http://host.docker.internal:9090", "http://invokeai:9090")


class InvokeAIStep:
    """A password goes only to an address that the person named, never to one that merely answered."""

    def __init__(self, terminal: Terminal, answers: Answers, usual: Sequence[str] = USUAL) -> None:
        self._terminal = terminal
        self._answers = answers
        self._usual = usual

    def addresses(self) -> None:
        """One goes into INVOKEAI_URL, several into INVOKEAI_SERVERS."""
        self._terminal.say("4 · InvokeAI")
        flagged = self._answers.given("INVOKEAI_URL") or self._answers.given("INVOKEAI_SERVERS")
        if not flagged and (tables := _tables()):
            self._terminal.say(f"✓ {TOML_FILE} names {', '.join(map(shown, tables))}; check tries each.\n")
            return
        listed = None if self._answers.given("INVOKEAI_URL") else self._listed()
        servers = {} if listed is None else self._kept(listed)
        if listed is None:
            self.address()
        while not flagged and self._terminal.more("Is there another InvokeAI?"):
            if not servers:
                url = self._answers.tried("INVOKEAI_URL")
                servers[self._name(f"What do you call the one at {url}", servers)] = url
            self._one_more(servers)
        if len(servers) > 1 or listed is not None:
            self._answers.keep("INVOKEAI_SERVERS", ", ".join(f"{n}={url}" for n, url in servers.items()))
            self._answers.keep("INVOKEAI_URL", "")
        elif self._answers.known("INVOKEAI_SERVERS"):
            self._answers.keep("INVOKEAI_SERVERS", "")

    def _listed(self) -> Mapping[str, str] | None:
        """The names and addresses that a flag or the file says; SettingWrong if the flag is wrong."""
        listed = self._answers.known("INVOKEAI_SERVERS")
        if not listed:
            return None
        try:
            return ADDRESSES.validate_python(listed)
        except ValidationError:
            if self._answers.given("INVOKEAI_SERVERS"):
                raise SettingWrong(f"--invokeai-servers is wrong. {LIST_FIX}") from None
            self._terminal.say(f"✗ INVOKEAI_SERVERS is wrong. {LIST_FIX}")
            return None

    def _kept(self, listed: Mapping[str, str]) -> dict[str, str]:
        """Each is tried. One of the file that is away stays what it is."""
        for name, url in listed.items():
            try:
                self._terminal.say(f"✓ {name}: InvokeAI {shown(self._try(url, trusted=True))} at {url}")
            except InvokeAIError as error:
                self._terminal.say(f"✗ {name}: {error.with_details}")
                if self._answers.given("INVOKEAI_SERVERS"):
                    raise
        return dict(listed)

    def _one_more(self, servers: dict[str, str]) -> None:
        """Those of INVOKEAI_SERVERS have one account, if any."""
        url = self._terminal.ask("Where does it answer", "--invokeai-servers")
        if not url:
            return
        url = (url if "://" in url else f"http://{url}").rstrip("/")
        if url in servers.values():
            self._terminal.say(f"✗ {url} is there already.")
            return
        account = self._answers.tried("INVOKEAI_EMAIL"), self._answers.tried("INVOKEAI_PASSWORD")
        try:
            version = asyncio.run(_connect(url, *account))
        except LoginNeeded as error:
            self._terminal.say(f"✗ {error.with_details}\n  {OTHER_ACCOUNT}")
            return
        except InvokeAIError as error:
            self._terminal.say(f"✗ {error.with_details}")
            return
        name = self._name("What do you call it", servers)
        servers[name] = url
        self._terminal.say(f"✓ {name}: InvokeAI {shown(version)} at {url}\n")

    def _name(self, question: str, servers: Mapping[str, str]) -> str:
        while True:
            name = self._terminal.ask(f"{question} (a-z, 0-9, -)", "--invokeai-servers")
            if re.fullmatch(SERVER_NAME, name) and name not in servers:
                return name
            self._terminal.say("  Give 1 to 20 of a-z, 0-9 and -, and no name twice.")

    def address(self) -> None:
        """The first one, or the only one."""
        say = self._terminal.say
        given = self._answers.given("INVOKEAI_URL")
        known = self._answers.known("INVOKEAI_URL")
        if not known and not self._answers.given("INVOKEAI_PASSWORD"):
            known = self._found()
        while True:
            url = known or self._terminal.ask("Where does InvokeAI answer", "--invokeai-url")
            known = None
            if not url:
                say(f"  Type its address, such as {self._usual[0]}.")
                continue
            url = url if "://" in url else f"http://{url}"
            try:
                version = self._try(url)
            except InvokeAIError as error:
                say(f"✗ {error.with_details}")
                if given:
                    raise
                continue
            self._answers.keep("INVOKEAI_URL", url)
            say(f"✓ InvokeAI {shown(version)} at {url}\n")
            return

    def _found(self) -> str | None:
        """The first usual address at which an InvokeAI answers."""
        for url in self._usual:
            try:
                asyncio.run(_connect(url))
            except LoginNeeded:
                return url
            except InvokeAIError:
                continue
            return url
        self._terminal.say(f"  No InvokeAI answers at {', '.join(self._usual)}. Is it running?")
        return None

    def _try(self, url: str, *, trusted: bool = False) -> str:
        """Its version, with an account if it wants one. `trusted`: the file or a flag names it."""
        email, password = self._account(url, trusted=trusted)
        while True:
            try:
                version = asyncio.run(_connect(url, email, password))
            except LoginNeeded as error:
                self._terminal.say(f"✗ {error.with_details}")
                if self._answers.given("INVOKEAI_PASSWORD") is not None:
                    raise
                email = self._terminal.ask("E-mail of an admin account there", "--email", default=email)
                password = self._terminal.secret("Its password (it is not shown)", "--password")
                continue
            if email:
                self._answers.keep("INVOKEAI_EMAIL", email)
                self._answers.keep("INVOKEAI_PASSWORD", password)
            return version

    def _account(self, url: str, *, trusted: bool) -> tuple[str, str]:
        """The e-mail and password of the flags; of the file only for the file's own InvokeAI."""
        own = trusted or url == self._answers.kept("INVOKEAI_URL")
        email, password = (
            (self._answers.known(name) if own else self._answers.given(name)) or ""
            for name in ("INVOKEAI_EMAIL", "INVOKEAI_PASSWORD")
        )
        return email, password


def _tables() -> Sequence[str]:
    """The names of the InvokeAIs that have a table in the TOML file."""
    try:
        tables = tomllib.loads(TOML_FILE.read_text("utf-8")).get("servers")
    except (OSError, ValueError):  # check says what is wrong with it
        return ()
    return tuple(cast("dict[str, object]", tables)) if isinstance(tables, dict) else ()


async def _connect(url: str, email: str = "", password: str = "") -> str:
    """The version of the InvokeAI there; InvokeAIError otherwise."""
    async with open_session() as http:
        client = InvokeAIClient(http, Endpoint(url, email=email or None, password=password or None), "setup")
        info = await client.connect()
        await client.status()
        return info.version
