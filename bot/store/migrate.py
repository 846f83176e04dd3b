"""Brings a database to the schema of this bot, in the caller's transaction; no alembic.ini."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.errors import DatabaseUnusable
from bot.store.trouble import missing

VERSION_TABLE = "invokeai_discord_revision"
"""Our own name, so that another program's Alembic may live in the same PostgreSQL database."""


UNRELEASED = frozenset(f"{number:04}" for number in range(1, 8))
"""Revisions that no release ever wrote."""


def upgrade(connection: Connection, place: str) -> None:
    """To the newest revision. DatabaseUnusable if a newer bot has been here, or one from before the first
    release. `place`: where the database is, for people.
    """
    config = _config(connection)
    _refuse_foreign(config, revision(connection), place)
    command.upgrade(config, "head")


def require_newest(connection: Connection, place: str) -> None:
    """Changes nothing. DatabaseMissing if no bot has been here, DatabaseUnusable if another version has."""
    config, found = _config(connection), revision(connection)
    if found is None:
        raise missing(place)
    _refuse_foreign(config, found, place)
    newest = ScriptDirectory.from_config(config).get_current_head()
    if found != newest:
        raise DatabaseUnusable(
            f"The database {place} is of an older version (revision {found}): the bot's next start brings "
            f"it to {newest}. Then try again."
        )


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "bot.store:migrations")
    return config


def _refuse_foreign(config: Config, found: str | None, place: str) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found in UNRELEASED:
        raise DatabaseUnusable(
            f"The database {place} was written by an unreleased version of the bot: move it away, or name "
            "another one in BOT_DATABASE_URL, and start anew."
        )
    if found is not None and found not in known:
        raise DatabaseUnusable(
            f"The database was written by a newer bot (revision {found}): install that version again, "
            "or name another database in BOT_DATABASE_URL."
        )


def revision(connection: Connection) -> str | None:
    """Where the database stands; None when it is empty."""
    return MigrationContext.configure(
        connection, opts={"version_table": VERSION_TABLE}
    ).get_current_revision()
