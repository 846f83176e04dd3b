"""Settings: the environment, then `.env`, then `invokeai-discord.toml`. Read once, passed down."""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import platformdirs
from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from bot.errors import SettingWrong

ENV_FILE = Path(".env")
TOML_FILE = Path("invokeai-discord.toml")
DISCORD_API = "https://discord.com/api/v10"
ENVIRONMENT = "the environment"
LINKABLE = re.compile(r"[\w.~:/?#@!$&'*+,;=%-]{1,500}", re.ASCII)
PREFIXES = ("DISCORD_", "INVOKEAI_", "BOT_")

Words = Annotated[frozenset[str], NoDecode]
Ids = Annotated[frozenset[int], NoDecode]


def _default_database() -> str:
    return f"sqlite+aiosqlite:///{Path(platformdirs.user_data_dir('invokeai-discord')) / 'bot.sqlite3'}"


class Settings(BaseSettings):
    """Each field is one setting; its description is the mend when it is wrong."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_file=ENV_FILE,
        toml_file=TOML_FILE,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    discord_token: SecretStr | None = Field(
        default=None, description="Give the bot's token from the developer portal."
    )
    discord_token_file: Path | None = Field(
        default=None, repr=False, description="Give a file that holds the bot's token."
    )
    discord_channel_id: int | None = Field(
        default=None, gt=0, description="Give a channel's id: digits only."
    )
    discord_guild_ids: Ids = Field(
        default=frozenset(), description="Give guild ids, digits only, with commas between."
    )
    discord_api_url: str = Field(
        default=DISCORD_API, repr=False, description="Give an http:// or https:// address."
    )
    invokeai_url: str = Field(
        default="http://127.0.0.1:9090",
        repr=False,  # it may hold a name and a password for a proxy before InvokeAI
        description="Give InvokeAI's address, such as http://127.0.0.1:9090.",
    )
    invokeai_public_url: str | None = Field(
        default=None, description="Give the address of InvokeAI's page for people, with http:// or https://."
    )
    invokeai_email: str | None = Field(default=None, description="Give the e-mail of an InvokeAI account.")
    invokeai_password: SecretStr | None = Field(default=None, description="Give that account's password.")
    invokeai_password_file: Path | None = Field(
        default=None, repr=False, description="Give a file that holds the password."
    )
    invokeai_queue_id: str = Field(
        default="default",
        pattern=r"^[\w-]{1,64}$",
        description="Give a queue's name; nearly always it is default.",
    )
    bot_operator_roles: Words = Field(
        default=frozenset(), description="Give role ids or names, with commas between."
    )
    bot_admin_roles: Words = Field(
        default=frozenset(), description="Give role ids or names, with commas between."
    )
    bot_admin_channel_id: int | None = Field(
        default=None, gt=0, description="Give a channel's id: digits only."
    )
    bot_pause_after_failures: int | None = Field(
        default=None, ge=2, le=1000, description="Give a number of equal failures, from 2 to 1000."
    )
    bot_keep_days: int = Field(
        default=30, ge=1, le=3650, description="Give a number of days, from 1 to 3650."
    )
    bot_contact_sheet_after: int = Field(
        default=30,
        ge=0,
        le=1000,
        description="Give a number of pictures, from 0 (no contact sheets) to 1000.",
    )
    bot_time_zone: str | None = Field(
        default=None, description="Give a time zone's name, such as Europe/Berlin or UTC."
    )
    bot_pause_on_poison: bool = Field(default=False, description="Give true or false.")
    bot_database_url: str = Field(
        default_factory=_default_database,
        description="Give sqlite+aiosqlite:///PATH or postgresql+asyncpg://USER:PASSWORD@HOST/NAME.",
        repr=False,
    )
    bot_http_address: str | None = Field(
        default=None, pattern=r"^\S+:\d{1,5}$", description="Give HOST:PORT, such as 127.0.0.1:8080."
    )
    bot_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Give DEBUG, INFO, WARNING or ERROR."
    )
    bot_log_format: Literal["console", "json"] = Field(default="console", description="Give console or json.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del file_secret_settings
        return init_settings, env_settings, dotenv_settings, _LowerCaseToml(settings_cls)

    @field_validator("discord_guild_ids", "bot_operator_roles", "bot_admin_roles", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return [word.strip() for word in value.split(",") if word.strip()]
        return value

    @field_validator("bot_log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("invokeai_url", "discord_api_url", "invokeai_public_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("not an address")
        return value.rstrip("/")

    @field_validator("invokeai_public_url")
    @classmethod
    def _linkable(cls, value: str | None) -> str | None:
        if value is not None and not LINKABLE.fullmatch(value):
            raise ValueError("not an address that a message can link to")
        return value

    @field_validator("bot_time_zone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError("not a time zone")
        return value

    @field_validator("bot_database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if not value.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
            raise ValueError("not a database that the bot knows")
        return value

    def with_secrets(self) -> Self:
        """These settings, with what the `_FILE` settings name read in; SettingWrong if it can't be."""
        read = {
            name: SecretStr(_secret(name, path))
            for name, path in (
                ("discord_token", self.discord_token_file),
                ("invokeai_password", self.invokeai_password_file),
            )
            if path is not None
        }
        return self.model_copy(update=read)

    def token(self) -> str:
        """The bot's token; SettingWrong without one."""
        if self.discord_token is None:
            raise SettingWrong(
                "DISCORD_TOKEN is missing: copy the bot's token from the developer portal into the "
                "environment or the file .env."
            )
        return self.discord_token.get_secret_value()


def _secret(name: str, path: Path) -> str:
    """The sentence does not repeat the path: it may be the secret itself, put into the wrong setting."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError):
        raise SettingWrong(f"{name.upper()}_FILE names no file that can be read.") from None


class _LowerCaseToml(TomlConfigSettingsSource):
    """The TOML file holds the same names, in capitals or not."""

    def __call__(self) -> dict[str, object]:
        return {name.lower(): value for name, value in super().__call__().items()}


def load() -> Settings:
    """All settings; SettingWrong, in one sentence that names the setting and the mend, otherwise."""
    try:
        _refuse_unknown()
        return Settings().with_secrets()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        mend = Settings.model_fields[name].description if name in Settings.model_fields else first["msg"]
        raise SettingWrong(f"{name.upper()} is wrong. {mend}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingWrong(f"{TOML_FILE} is not TOML: {error}.") from None
    except UnicodeDecodeError:
        raise SettingWrong(f"{ENV_FILE} and {TOML_FILE} must be text in UTF-8.") from None
    except OSError as error:
        raise SettingWrong(f"{error.filename} can't be read: {error.strerror}.") from None


def _refuse_unknown() -> None:
    known = {name.upper() for name in Settings.model_fields}
    for place, name in _names():
        if name in known:
            continue
        near = _nearest(name, known)
        if place == ENVIRONMENT and name.startswith("INVOKEAI_") and near is None:
            continue  # InvokeAI reads names of its own from the same environment
        hint = f"Did you mean {near}?" if near else "Take it out; the README lists the settings."
        raise SettingWrong(f"{name} in {place} is no setting. {hint}")


def _nearest(name: str, known: set[str]) -> str | None:
    """The setting that was probably meant: the same prefix, and nearly the same rest."""
    prefix, _, rest = name.partition("_")
    rests = [other.removeprefix(f"{prefix}_") for other in known if other.startswith(f"{prefix}_")]
    near = difflib.get_close_matches(rest, rests, n=1, cutoff=0.75)
    return f"{prefix}_{near[0]}" if near else None


def _names() -> Iterator[tuple[str, str]]:
    ours: Mapping[str, object] = {name.upper(): value for name, value in os.environ.items()}
    yield from ((ENVIRONMENT, name) for name in ours if name.startswith(PREFIXES))
    if ENV_FILE.is_file():
        read = dotenv_values(ENV_FILE, interpolate=False)
        yield from ((str(ENV_FILE), name.upper()) for name in read if name.upper().startswith(PREFIXES))
    if TOML_FILE.is_file():
        yield from ((str(TOML_FILE), name.upper()) for name in tomllib.loads(TOML_FILE.read_text("utf-8")))
