"""The command line: run, demo, check, setup, outbox."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import __version__, app, settings
from bot.cli import outbox as aside
from bot.cli.check import report
from bot.cli.setup.portal import Portal
from bot.cli.setup.terminal import Console
from bot.cli.setup.wizard import Given, Wizard
from bot.errors import BotError, StartRefused
from bot.telemetry import configure_logging

cli = typer.Typer(
    help="A Discord bot for the owner of an InvokeAI box.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

outbox = typer.Typer(help="Notices that were set aside: see them, send them after all.", no_args_is_help=True)
cli.add_typer(outbox, name="outbox")


def _version(wanted: bool) -> None:  # noqa: FBT001  # typer's callback signature
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@cli.callback()
def options(
    *, version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Say which.")
) -> None:
    """A Discord bot for the owner of an InvokeAI box."""


@cli.command()
def run() -> None:
    """Watch InvokeAI and serve Discord until stopped (Ctrl-C, SIGTERM)."""
    loaded = settings.load()
    loaded.token()
    configure_logging(loaded.bot_log_level, loaded.bot_log_format)
    asyncio.run(_until_stopped(loaded))


async def _until_stopped(loaded: settings.Settings) -> None:
    async with app.build(loaded) as built:
        gc.collect()
        gc.freeze()  # what the libraries hold for good: a look through it all stops the loop for 80 ms
        await built.run(_stop_signal())


def _stop_signal() -> asyncio.Event:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(stop.set))
    return stop


@cli.command()
def demo(
    port: int = typer.Option(
        8787, min=0, max=65535, help="Where the page answers; if taken, the next free one."
    ),
    browser: bool = typer.Option(True, help="Open the page in the browser."),  # noqa: FBT001 - typer's way
) -> None:
    """The unmodified bot between a sandbox Discord and a sandbox InvokeAI, in a page: no token, no GPU."""
    from sandbox.bot_process import BotEnded  # noqa: PLC0415 - `run` does without the sandbox
    from sandbox.demo import play  # noqa: PLC0415

    try:
        asyncio.run(_until_done(play(typer.echo, port=port, browser=browser)))
    except BotEnded as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        typer.echo(f"The page can't be served: {error.strerror or error}.", err=True)
        raise typer.Exit(1) from error


async def _until_done(work: Coroutine[Any, Any, None]) -> None:
    stop = asyncio.create_task(_stop_signal().wait())
    task = asyncio.create_task(work)
    await asyncio.wait({stop, task}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if not task.done():
        task.cancel()
    await asyncio.gather(task, stop, return_exceptions=True)
    if not task.cancelled():
        task.result()


@cli.command()
def check() -> None:
    """Tell for each need whether it is met, and the mend; exit 1 when one is not."""
    loaded = settings.load()
    configure_logging("ERROR", loaded.bot_log_format)
    met = asyncio.run(report(loaded, typer.echo))
    raise typer.Exit(0 if met else 1)


@cli.command()
def setup(
    *,
    token: Annotated[str | None, typer.Option(envvar="DISCORD_TOKEN", help="The bot's token.")] = None,
    channel: Annotated[str | None, typer.Option(help="The id of the channel that gets the pictures.")] = None,
    invokeai_url: Annotated[str | None, typer.Option(help="Where InvokeAI answers.")] = None,
    email: Annotated[str | None, typer.Option(help="For a multi-user InvokeAI: an admin's e-mail.")] = None,
    password: Annotated[
        str | None, typer.Option(envvar="INVOKEAI_PASSWORD", help="That account's password.")
    ] = None,
    operator_roles: Annotated[
        str | None, typer.Option(help="Role ids or names; empty: whoever has Manage Messages.")
    ] = None,
    admin_roles: Annotated[
        str | None, typer.Option(help="Role ids or names; empty: whoever has Manage Server.")
    ] = None,
    file: Annotated[Path, typer.Option(help="The file to write.")] = settings.ENV_FILE,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
) -> None:
    """Ask for what is needed, try it at once, write `.env`, then check. Every question has a flag."""
    given = {
        "DISCORD_TOKEN": token,
        "DISCORD_CHANNEL_ID": channel,
        "INVOKEAI_URL": invokeai_url,
        "INVOKEAI_EMAIL": email,
        "INVOKEAI_PASSWORD": password,
        "BOT_OPERATOR_ROLES": operator_roles,
        "BOT_ADMIN_ROLES": admin_roles,
    }
    configure_logging("ERROR", "console")
    answers = {name: value for name, value in given.items() if value is not None}
    portal = Portal(os.environ.get("DISCORD_API_URL", settings.DISCORD_API))
    written = Wizard(Console(), portal, file, Given(answers, write=yes)).run()
    if written and file == settings.ENV_FILE:
        check()
    raise typer.Exit(0 if written else 1)


@outbox.command("list")
def list_aside() -> None:
    """What Discord refused for good, and why, newest first; and the channels that are suspended."""
    asyncio.run(aside.listed(_quietly_loaded(), typer.echo))


@outbox.command("retry")
def retry_aside(
    ids: Annotated[list[int] | None, typer.Argument(help="Ids, as `outbox list` shows them.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that were set aside.")] = False,
) -> None:
    """Send them after all; a running bot finds them within a minute."""
    asyncio.run(aside.retried(_quietly_loaded(), typer.echo, ids or [], everything=everything))


def _quietly_loaded() -> settings.Settings:
    loaded = settings.load()
    configure_logging("ERROR", loaded.bot_log_format)
    return loaded


def main() -> None:
    """One plain sentence for everything that a person can mend."""
    try:
        cli()
    except StartRefused as error:
        typer.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except BotError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
