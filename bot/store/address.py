"""What BOT_DATABASE_URL may say."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import SettingWrong

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}

POSTGRESQL_OPTIONS = frozenset(
    {"host", "port", "ssl", "direct_tls", "passfile", "target_session_attrs", "krbsrvname", "gsslib"}
)
"""Words of asyncpg (libpq has others) that only say how to reach the server."""


def read(url: str) -> URL:
    """The address with our driver in it. SettingWrong, without the address itself: it holds a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # ValueError: the port is no number
        raise SettingWrong("BOT_DATABASE_URL is not an address like sqlite:///bot.db.") from error
    driver = DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise SettingWrong("BOT_DATABASE_URL must begin with sqlite:/// or postgresql+asyncpg://.")
    if driver == DRIVERS["sqlite"]:
        _check_file(parsed)
    elif strange := sorted(set(parsed.query) - POSTGRESQL_OPTIONS):
        raise SettingWrong(
            f"BOT_DATABASE_URL has options that asyncpg does not know: {', '.join(strange)}. "
            "TLS is asked for with ssl=require, not with sslmode."
        )
    return parsed.set(drivername=driver)


def _check_file(url: URL) -> None:
    if url.database in {None, "", ":memory:"}:
        raise SettingWrong("BOT_DATABASE_URL must name a file: what the bot owes has to outlive it.")
    if url.query or "\0" in str(url.database):
        raise SettingWrong(
            "BOT_DATABASE_URL must name a SQLite file and nothing more: sqlite:////data/bot.db."
        )
