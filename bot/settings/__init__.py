"""Settings: the environment, then `.env`, then `invokeai-discord.toml`. Read once, passed down."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import SettingWrong
from bot.settings.fields import (
    QUEUE_ID,
    Address,
    Addresses,
    Headers,
    Ids,
    LogLevel,
    PublicAddress,
    ServerName,
    TimeZone,
    Words,
)
from bot.settings.server_faults import LIST_FIX, SERVERS, TABLE_FIX, list_fault, table_fault
from bot.settings.servers import (
    ONLY,
    URL_FIX,
    ServerSettings,
    ServerTable,
    doubled,
    listed,
    without_password,
)
from bot.settings.toml_file import LowerCaseToml, secret_in, with_password
from bot.settings.unknown_names import ENV_FILE, TOML_FILE, unknown

DISCORD_API = "https://discord.com/api/v10"


def _default_database() -> str:
    return f"sqlite+aiosqlite:///{Path(platformdirs.user_data_dir('invokeai-discord')) / 'bot.sqlite3'}"


class Settings(BaseSettings):
    """Each field is one setting; its description is the fix when it is wrong."""

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
    discord_api_url: Address = Field(
        default=DISCORD_API, repr=False, description="Give an http:// or https:// address."
    )
    invokeai_url: Address = Field(
        default="http://127.0.0.1:9090",
        repr=False,  # it may hold a name and a password for a proxy before InvokeAI
        description=URL_FIX,
    )
    invokeai_servers: Addresses | None = Field(
        default=None,
        repr=False,  # as above
        description=LIST_FIX,
    )
    server_tables: dict[ServerName, ServerTable] | None = Field(
        default=None, min_length=1, validation_alias=SERVERS, repr=False, description=TABLE_FIX
    )
    invokeai_ca_file: Path | None = Field(
        default=None, description="Give a PEM file: the certificate of the authority to trust."
    )
    invokeai_headers: Headers = Field(
        default={}, repr=False, description='Give a JSON object, such as {"X-Key": "word"}.'
    )
    invokeai_public_url: PublicAddress | None = Field(
        default=None,
        repr=False,  # as above
        description="Give the address of InvokeAI's page for people, with http:// or https://.",
    )
    invokeai_email: str | None = Field(default=None, description="Give the e-mail of an InvokeAI account.")
    invokeai_password: SecretStr | None = Field(default=None, description="Give that account's password.")
    invokeai_password_file: Path | None = Field(
        default=None, repr=False, description="Give a file that holds the password."
    )
    invokeai_queue_id: str = Field(
        default="default",
        pattern=QUEUE_ID,
        description="Give a queue's name; nearly always it is default.",
    )
    bot_viewer_roles: Words = Field(
        default=frozenset(), description="Give role ids or names, with commas between."
    )
    bot_creator_roles: Words = Field(
        default=frozenset(), description="Give role ids or names, with commas between."
    )
    bot_creator_waiting: int = Field(default=4, ge=1, le=1000, description="Give a number from 1 to 1000.")
    bot_creator_daily: int | None = Field(
        default=None, ge=1, le=100_000, description="Give a number from 1 to 100000."
    )
    bot_refused_words: Words = Field(
        default=frozenset(), description="Give words, with commas between; * stands for any letters."
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
    bot_time_zone: TimeZone | None = Field(
        default=None, description="Give a time zone's name, such as Europe/Berlin or UTC."
    )
    bot_pause_on_poison: bool = Field(default=False, description="Give true or false.")
    bot_database_url: str = Field(
        default_factory=_default_database,
        pattern=r"^(sqlite\+aiosqlite:///|postgresql\+asyncpg://)",
        description="Give sqlite+aiosqlite:///PATH or postgresql+asyncpg://USER:PASSWORD@HOST/NAME.",
        repr=False,
    )
    bot_http_address: str | None = Field(
        default=None,
        pattern=r"^\S+:\d{1,5}$",
        description="Give HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080.",
    )
    bot_log_level: LogLevel = Field(default="INFO", description="Give DEBUG, INFO, WARNING or ERROR.")
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
        return init_settings, env_settings, dotenv_settings, LowerCaseToml(settings_cls)

    @property
    def servers(self) -> tuple[ServerSettings, ...]:
        """Each InvokeAI; at least one."""
        only = ServerSettings(
            ONLY,
            self.invokeai_url,
            self.invokeai_queue_id,
            self.invokeai_email,
            self.invokeai_password,
            self.invokeai_public_url,
            self.invokeai_ca_file,
            self.invokeai_headers,
        )
        if self.server_tables is not None:
            return tuple(table.over(only, name) for name, table in self.server_tables.items())
        return (only,) if self.invokeai_servers is None else listed(self.invokeai_servers, only)

    @classmethod
    def names(cls) -> set[str]:
        """Those that the environment and `.env` may hold."""
        return {name.upper() for name, each in cls.model_fields.items() if each.validation_alias is None}

    def with_secrets(self) -> Self:
        """These settings, with what the `_FILE` settings name read in; SettingWrong, with a sentence for each
        that can't be read or is missing.
        """
        paths = {"discord_token": self.discord_token_file, "invokeai_password": self.invokeai_password_file}
        read, wrong = dict[str, Any](), list[str]()
        for name, path in paths.items():
            if path is not None:
                read[name] = secret_in(path, f"{name.upper()}_FILE", wrong)
        if self.server_tables is not None:
            read["server_tables"] = {
                name: with_password(name, table, wrong) for name, table in self.server_tables.items()
            }
        whole = self.model_copy(update=read)
        wrong += [] if wrong else without_password(whole.servers)
        wrong += [*doubled(whole.servers), *self._excluded()]
        if wrong:
            raise SettingWrong("\n".join(dict.fromkeys(wrong)))
        return whole

    def _excluded(self) -> Iterator[str]:
        """A sentence for each setting that has no meaning beside another one."""
        if self.server_tables is None and self.invokeai_servers is None:
            return
        name = "INVOKEAI_SERVERS" if self.server_tables is None else "[servers.NAME]"
        if "invokeai_url" in self.model_fields_set:
            yield (
                f"INVOKEAI_URL and {name} exclude each other. Take INVOKEAI_URL out, and give that InvokeAI "
                "a name beside the others."
            )
        if self.server_tables is not None and self.invokeai_servers is not None:
            yield "INVOKEAI_SERVERS and [servers.NAME] exclude each other. Keep one of them."
        if self.invokeai_public_url is not None:
            yield (
                f"INVOKEAI_PUBLIC_URL and {name} exclude each other. Give each InvokeAI a public_url in "
                f"[servers.NAME] of {TOML_FILE}."
            )

    def token(self) -> str:
        """The bot's token; SettingWrong without one."""
        if self.discord_token is None:
            raise SettingWrong(
                "DISCORD_TOKEN is missing. Run invokeai-discord setup, which asks for it and for all else, "
                "or invokeai-discord demo, which needs no token."
            )
        return self.discord_token.get_secret_value()


def load() -> Settings:
    """All settings; SettingWrong otherwise, with a sentence for each that is wrong: its name and the fix."""
    try:
        wrong = list(unknown(Settings.names()))
        try:
            loaded = Settings().with_secrets()
            if not wrong:
                return loaded
        except SettingWrong as error:
            wrong.append(str(error))
        except ValidationError as error:
            found = error.errors(include_input=False, include_url=False)
            wrong += [_mend(one["loc"], one["msg"], one["type"]) for one in found]
    except tomllib.TOMLDecodeError as error:
        raise SettingWrong(f"{TOML_FILE} is not TOML: {error}.") from None
    except UnicodeDecodeError:
        raise SettingWrong(f"{ENV_FILE} and {TOML_FILE} must be text in UTF-8.") from None
    except OSError as error:
        raise SettingWrong(f"{error.filename} can't be read: {error.strerror}.") from None
    raise SettingWrong("\n".join(dict.fromkeys(wrong)))


def _mend(path: tuple[str | int, ...], message: str, kind: str) -> str:
    name, *rest = path or ("",)
    if name == SERVERS:
        return table_fault(rest, kind)
    if name == "invokeai_servers":
        return list_fault(rest, message)
    field = Settings.model_fields.get(str(name))
    return f"{str(name).upper()} is wrong. {field.description if field else message}"
