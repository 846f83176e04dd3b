"""The settings of each InvokeAI."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from yarl import URL

from bot.settings.fields import QUEUE_ID, Address, Headers, PublicAddress

ONLY = "invokeai"
"""Our name for an InvokeAI that has no other beside it."""
URL_FIX = (
    "Give InvokeAI's address, such as http://127.0.0.1:9090; in a password write %40 for @, %3A for :, "
    "%2F for / and %23 for #."
)
Origin = Literal["settings", "list", "table"]
"""Where an InvokeAI's address is: in INVOKEAI_URL, in INVOKEAI_SERVERS or in a table of the TOML file."""


@dataclass(frozen=True, slots=True)
class SettingNames:
    """What a sentence calls the settings of one InvokeAI."""

    url: str = "INVOKEAI_URL"
    account: str = "INVOKEAI_EMAIL and INVOKEAI_PASSWORD"
    email: str = "INVOKEAI_EMAIL"
    queue_id: str = "INVOKEAI_QUEUE_ID"
    ca_file: str = "INVOKEAI_CA_FILE"
    headers: str = "INVOKEAI_HEADERS"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How one InvokeAI is reached. `name` is ours for it; `public_url` that of its page for people."""

    name: str
    url: str = field(repr=False)
    queue_id: str
    email: str | None = None
    password: SecretStr | None = None
    public_url: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    headers: Mapping[str, SecretStr] = field(default_factory=dict[str, SecretStr], repr=False)
    origin: Origin = "settings"

    @property
    def names(self) -> SettingNames:
        """What a sentence calls these settings."""
        match self.origin:
            case "settings":
                return SettingNames()
            case "list":
                return SettingNames(url=f"{self.name}'s address in INVOKEAI_SERVERS")
            case "table":
                table = f"[servers.{self.name}]"
                names = ("url", "email and password", "email", "queue_id", "ca_file", "headers")
                return SettingNames(*(f"{name} of {table}" for name in names))

    @property
    def address(self) -> str:
        """As a person may see it: without name and password."""
        return str(URL(self.url).with_user(None).with_query(None).with_fragment(None)).rstrip("/")


class ServerTable(BaseModel):
    """`[servers.NAME]` in the TOML file. Each field's description is the fix when it is wrong."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: Address = Field(repr=False, description=URL_FIX)
    email: str | None = Field(default=None, description="Give the e-mail of an InvokeAI account.")
    password: SecretStr | None = Field(default=None, description="Give that account's password.")
    password_file: Path | None = Field(
        default=None, repr=False, description="Give a file that holds the password."
    )
    queue_id: str | None = Field(
        default=None, pattern=QUEUE_ID, description="Give a queue's name; nearly always it is default."
    )
    public_url: PublicAddress | None = Field(
        default=None,
        repr=False,
        description="Give the address of InvokeAI's page for people, with http:// or https://.",
    )
    ca_file: Path | None = Field(
        default=None, description="Give a PEM file: the certificate of the authority to trust."
    )
    headers: Headers | None = Field(
        default=None, repr=False, description='Give a table, such as {"X-Key" = "word"}.'
    )

    def over(self, rest: ServerSettings, name: str) -> ServerSettings:
        """`rest` holds where this leaves something out; an e-mail of its own takes no password from there."""
        own_account = self.email is not None
        return ServerSettings(
            name,
            self.url,
            self.queue_id or rest.queue_id,
            self.email if own_account else rest.email,
            self.password if own_account or self.password is not None else rest.password,
            self.public_url,
            self.ca_file or rest.ca_file,
            rest.headers if self.headers is None else self.headers,
            origin="table",
        )


def listed(addresses: Mapping[str, str], rest: ServerSettings) -> tuple[ServerSettings, ...]:
    """Those of INVOKEAI_SERVERS; `rest` is what they have in common."""
    return tuple(
        replace(rest, name=name, url=url, public_url=None, origin="list") for name, url in addresses.items()
    )


def without_password(servers: Sequence[ServerSettings]) -> Iterator[str]:
    """A sentence for each that has an account and no password."""
    for server in servers:
        if not server.email or (server.password and server.password.get_secret_value()):
            continue
        if server.origin == "table":
            yield (
                f"[servers.{server.name}] has an e-mail but no password. Add password or password_file, "
                'or email = "" if it needs no account.'
            )
        else:
            yield (
                "INVOKEAI_EMAIL names an account, but INVOKEAI_PASSWORD is missing. Give that account's "
                "password, or take INVOKEAI_EMAIL out."
            )


def doubled(servers: Sequence[ServerSettings]) -> Iterator[str]:
    """A sentence for each that has the address and the queue of an earlier one."""
    names: dict[tuple[str, str], str] = {}
    for server in servers:
        first = names.setdefault((server.address, server.queue_id), server.name)
        if first != server.name:
            yield (
                f"{first} and {server.name} are the same InvokeAI and the same queue. "
                "Take one of them out, or correct its address."
            )
