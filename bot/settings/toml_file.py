"""The TOML file as a source of settings, and the files of secrets that settings name."""

from pathlib import Path
from typing import Any, cast

from pydantic import SecretStr
from pydantic_settings import TomlConfigSettingsSource

from bot.settings.server_faults import SERVERS
from bot.settings.servers import ServerTable


class LowerCaseToml(TomlConfigSettingsSource):
    """The TOML file holds the same names, in capitals or not, and a table for each of several InvokeAIs."""

    def __call__(self) -> dict[str, object]:
        read = _lower(super().__call__())
        if (tables := read.pop("servers", None)) is not None:
            named = cast("dict[str, object]", tables) if isinstance(tables, dict) else None
            read[SERVERS] = tables if named is None else {name: _lower(of) for name, of in named.items()}
        return read


def _lower(table: Any) -> Any:
    if not isinstance(table, dict):
        return table
    return {name.lower(): value for name, value in cast("dict[str, object]", table).items()}


def secret_in(path: Path, setting: str, wrong: list[str]) -> SecretStr | None:
    """What the file holds; None, and a sentence more in `wrong`, if it can't be read."""
    try:
        return SecretStr(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeError):  # the path may be the secret itself, put into the wrong setting
        wrong.append(f"{setting} names no file that can be read.")
        return None


def with_password(name: str, table: ServerTable, wrong: list[str]) -> ServerTable:
    """The same, with the password that its `password_file` holds."""
    if table.password_file is None:
        return table
    secret = secret_in(table.password_file, f"password_file of [servers.{name}]", wrong)
    return table.model_copy(update={"password": secret})
