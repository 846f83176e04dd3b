"""The step of `setup` that looks for InvokeAI, and logs in where it must."""

import asyncio
from collections.abc import Sequence

from bot.cli.portal import shown
from bot.cli.setup.answers import Answers
from bot.cli.setup.terminal import Terminal
from bot.errors import InvokeAIError, LoginNeeded
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import open_session

USUAL = ("http://127.0.0.1:9090", "http://host.docker.internal:9090", "http://invokeai:9090")


class InvokeAIStep:
    """A password goes only to an address that the person named, never to one that merely answered."""

    def __init__(self, terminal: Terminal, answers: Answers, usual: Sequence[str] = USUAL) -> None:
        self._terminal = terminal
        self._answers = answers
        self._usual = usual

    def address(self) -> None:
        say = self._terminal.say
        say("4 · InvokeAI")
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

    def _try(self, url: str) -> str:
        """Its version, with an account if it wants one."""
        email, password = self._account(url)
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

    def _account(self, url: str) -> tuple[str, str]:
        """The e-mail and password of the flags; of the file only for the file's own InvokeAI."""
        own = url == self._answers.kept("INVOKEAI_URL")
        email, password = (
            (self._answers.known(name) if own else self._answers.given(name)) or ""
            for name in ("INVOKEAI_EMAIL", "INVOKEAI_PASSWORD")
        )
        return email, password


async def _connect(url: str, email: str = "", password: str = "") -> str:
    """The version of the InvokeAI there; InvokeAIError otherwise."""
    async with open_session() as http:
        client = InvokeAIClient(http, Endpoint(url, email=email or None, password=password or None), "setup")
        info = await client.connect()
        await client.status()
        return info.version
