"""The demo: the sandbox page with the unmodified bot beside it, and what happens in the terminal as well."""

import asyncio
import random
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from sandbox.bot_process import BotEnded
from sandbox.discord.post_office import Happened
from sandbox.discord.state import Message
from sandbox.postgresql import postgresql
from sandbox.web.browser import open_page
from sandbox.web.server import Page
from sandbox.web.stage import Stage, set_up

PORT = 8787
PORTS_TRIED = 50
PATIENCE = 40.0
PICTURE_SECONDS = 3.0

Say = Callable[[str], None]


async def play(
    say: Say, *, port: int = PORT, browser: bool = True, standby: bool = False, two_servers: bool = False
) -> None:
    """Serves the page until cancelled. BotEnded if the bot does not come up, OSError if no port is free.

    `standby`: with a leader to kill and a second bot that takes over; PostgreSQLMissing where that can't be.
    `two_servers`: with a second InvokeAI.
    """
    with tempfile.TemporaryDirectory(prefix="invokeai-discord-demo-") as folder:
        async with AsyncExitStack() as stack:
            address = await stack.enter_async_context(postgresql()) if standby else None
            making = set_up(
                Path(folder),
                rng=random.Random(),
                seconds=PICTURE_SECONDS,
                postgresql=address,
                two_servers=two_servers,
            )
            stage = await stack.enter_async_context(making)
            page = Page(stage)
            await page.start(port, tries=PORTS_TRIED)
            try:
                if port not in (0, page.port):
                    say(f"Port {port} is taken; this is the next free one.")
                say(f"The sandbox is open: {page.url}")
                if browser and not open_page(page.url):
                    say("There is no browser to open here. Open that address in one on this machine.")
                await _go_on(say, stage)
            finally:
                await page.stop()


async def _go_on(say: Say, stage: Stage) -> None:
    say(
        "The bot is the real one, in its own process; Discord and InvokeAI are make-believe. Ctrl-C ends all."
    )
    stage.discord.listen(_teller(say, stage))
    come_up = asyncio.Event()
    tasks = [
        asyncio.create_task(_watch(say, stage, come_up), name="demo watches the bot"),
        asyncio.create_task(_first_wave(say, stage, come_up), name="demo's first wave"),
    ]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _watch(say: Say, stage: Stage, come_up: asyncio.Event) -> None:
    """A bot that ends by itself ends the demo, unless it had come up: then the desk can start it again."""
    async for words in stage.bot_endings():
        sentence = f"The bot ended by itself. Its last words:\n{words}"
        if not come_up.is_set():
            raise BotEnded(sentence)
        say(sentence)


async def _first_wave(say: Say, stage: Stage, come_up: asyncio.Event) -> None:
    """A picture, a failure and a batch, so that there is something to see."""
    try:
        await stage.discord.wait_for_request(
            lambda one: one.route == "/applications/{application_id}/commands", timeout=PATIENCE
        )
    except TimeoutError:
        last = stage.bot.last_words() if stage.bot else ""
        say(f"The bot has not come online within {PATIENCE:g} s. Its last words:\n{last}")
        return
    come_up.set()
    say("The bot is online. A picture, a job that fails and a batch of four are queued.\n")
    for body in (stage.studio.one(), stage.studio.failing(), stage.studio.batch(4)):
        stage.enqueue(body)


def _teller(say: Say, stage: Stage) -> Callable[[Happened, Message], None]:
    def tell(what: Happened, message: Message) -> None:
        if what == "created" and message.ephemeral_for is None and message.content:
            say(f"#{stage.channel.name}  {message.content.splitlines()[0]}")

    return tell
