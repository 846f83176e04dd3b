"""The command line. A command imports what it needs, so that help is quick."""

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot import __version__
from bot.errors import BotError, SettingWrong, StartRefused

if TYPE_CHECKING:
    from bot.settings import Settings

cli = typer.Typer(
    help="A Discord bot for the owner of an InvokeAI box.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

outbox = typer.Typer(
    help="Notices that could not be delivered: list them, send them again.", no_args_is_help=True
)
cli.add_typer(outbox, name="outbox")
channels = typer.Typer(help="The subscribed channels: list them, end one.", no_args_is_help=True)
cli.add_typer(channels, name="channels")
guilds = typer.Typer(help="The servers that the bot works for: list them, end one.", no_args_is_help=True)
cli.add_typer(guilds, name="guilds")

IN_SIGHT = "A value given here shows in ps and in the shell's history"


def _version(wanted: bool) -> None:  # noqa: FBT001  # typer's callback signature
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@cli.callback()
def options(
    *,
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """A Discord bot for the owner of an InvokeAI box."""


@cli.command()
def run() -> None:
    """Watch InvokeAI and serve Discord until stopped (Ctrl-C, SIGTERM)."""
    loaded = _loaded()
    loaded.token()
    asyncio.run(_until_stopped(loaded))


async def _until_stopped(loaded: "Settings") -> None:
    from bot import lifetime

    await lifetime.run(loaded, _stop_signal())


def _loaded(level: str | None = None) -> "Settings":
    """The settings, with the log set up as they say; `level` instead of theirs."""
    from bot import own_secrets, settings
    from bot.telemetry import logs

    loaded = settings.load()
    own_secrets.register(loaded)
    logs.configure_logging(level or loaded.bot_log_level, loaded.bot_log_format)
    return loaded


def _say(text: str, *, err: bool = False) -> None:
    """On the terminal, without our own secrets."""
    from bot.own_secrets import hide

    typer.echo(hide(text), err=err)


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
    standby: bool = typer.Option(  # noqa: FBT001 - as above
        False, "--standby", help="With a leader to kill and a second bot that takes over; needs PostgreSQL."
    ),
    two_servers: bool = typer.Option(  # noqa: FBT001 - as above
        False, "--two-servers", help="With two InvokeAI servers under one bot."
    ),
) -> None:
    """The unmodified bot between a sandbox Discord and a sandbox InvokeAI, in a page: no token, no GPU."""
    from sandbox.bot_process import BotEnded
    from sandbox.demo import play
    from sandbox.postgresql import PostgreSQLMissing

    try:
        playing = play(typer.echo, port=port, browser=browser, standby=standby, two_servers=two_servers)
        asyncio.run(_until_done(playing))
    except (BotEnded, PostgreSQLMissing) as error:
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
    """Check every requirement and suggest fixes. Exits 1 if one fails."""
    from bot.cli.check import report

    met = asyncio.run(report(_loaded("ERROR"), _say))
    raise typer.Exit(0 if met else 1)


@cli.command()
def setup(
    *,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="DISCORD_TOKEN", help=f"The bot's token, or - to read it from standard input. {IN_SIGHT}."
        ),
    ] = None,
    channel: Annotated[str | None, typer.Option(help="The id of the channel that gets the pictures.")] = None,
    invokeai_url: Annotated[str | None, typer.Option(help="Where InvokeAI answers.")] = None,
    invokeai_servers: Annotated[
        str | None, typer.Option(help="Several of them: NAME=ADDRESS each, with commas between.")
    ] = None,
    email: Annotated[str | None, typer.Option(help="For a multi-user InvokeAI: an admin's e-mail.")] = None,
    password: Annotated[
        str | None,
        typer.Option(
            envvar="INVOKEAI_PASSWORD", help=f"Its password, or - to read it from standard input. {IN_SIGHT}."
        ),
    ] = None,
    operator_roles: Annotated[
        str | None, typer.Option(help="Role ids or names; empty: whoever has Manage Messages.")
    ] = None,
    admin_roles: Annotated[
        str | None, typer.Option(help="Role ids or names; empty: whoever has Manage Server.")
    ] = None,
    file: Annotated[Path, typer.Option(help="The file to write.")] = Path(".env"),
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
) -> None:
    """Ask for what is needed, try it at once, write `.env`, then check. Every question has a flag."""
    given = {
        "DISCORD_TOKEN": _secret(token, "--token"),
        "DISCORD_CHANNEL_ID": channel,
        "INVOKEAI_URL": invokeai_url,
        "INVOKEAI_SERVERS": invokeai_servers,
        "INVOKEAI_EMAIL": email,
        "INVOKEAI_PASSWORD": _secret(password, "--password"),
        "BOT_OPERATOR_ROLES": operator_roles,
        "BOT_ADMIN_ROLES": admin_roles,
    }
    _set_up({name: value for name, value in given.items() if value is not None}, file, write=yes)


def _set_up(given: Mapping[str, str], file: Path, *, write: bool) -> None:
    from bot import settings
    from bot.cli.setup import wizard
    from bot.cli.setup.answers import Answers
    from bot.cli.setup.terminal import Console
    from bot.telemetry import logs

    logs.configure_logging("ERROR", "console")
    api_url = os.environ.get("DISCORD_API_URL", settings.DISCORD_API)
    written = wizard.run(Console(), Answers(file, given), api_url, write=write)
    if written and file == settings.ENV_FILE:
        check()
    raise typer.Exit(0 if written else 1)


def _secret(given: str | None, flag: str) -> str | None:
    """What the flag says; for `-` the next line of standard input. SettingWrong if there is none."""
    if given != "-":
        return given
    line = sys.stdin.readline().strip()
    if not line:
        raise SettingWrong(f"{flag} - reads a line from standard input, and none came.")
    return line


@outbox.command("list")
def list_dead_letters() -> None:
    """List what Discord refused for good, and why, newest first; and the channels that are suspended."""
    from bot.cli.outbox import listed

    asyncio.run(listed(_loaded("ERROR"), _say))


@outbox.command("retry")
def retry_dead_letters(
    ids: Annotated[list[int] | None, typer.Argument(help="Ids, as `outbox list` shows them.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Everything that is listed.")] = False,
) -> None:
    """Send them again; a running bot finds them within a minute."""
    from bot.cli.outbox import retried

    asyncio.run(retried(_loaded("ERROR"), _say, ids or [], everything=everything))


@channels.command("list")
def list_channels() -> None:
    """List the subscribed channels, and what each gets."""
    from bot.cli import guilds as commands

    asyncio.run(commands.list_channels(_loaded("ERROR"), _say))


@channels.command("off")
def end_channel(channel: Annotated[int, typer.Argument(help="An id, as `channels list` shows it.")]) -> None:
    """Post nothing more in a channel, and drop what waits for it; works while the bot runs."""
    from bot.cli import guilds as commands

    asyncio.run(commands.end_channel(_loaded("ERROR"), _say, channel))


@guilds.command("list")
def list_guilds() -> None:
    """List the servers that are adopted, and by whom."""
    from bot.cli import guilds as commands

    asyncio.run(commands.list_guilds(_loaded("ERROR"), _say))


@guilds.command("drop")
def drop_guild(guild: Annotated[int, typer.Argument(help="An id, as `guilds list` shows it.")]) -> None:
    """Stop serving a server and end its channels; a running bot notices within half a minute."""
    from bot.cli import guilds as commands

    asyncio.run(commands.drop_guild(_loaded("ERROR"), _say, guild))


def main(commands: Callable[[], object] = cli) -> None:
    """One plain sentence for everything that a person can fix."""
    try:
        commands()
    except StartRefused as error:
        _say(str(error), err=True)
        sys.exit(error.exit_code)
    except BotError as error:
        _say(str(error), err=True)
        sys.exit(1)
    except Exception:  # noqa: BLE001 - the interpreter would print what it says, secrets and all
        _say(traceback.format_exc().rstrip(), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
