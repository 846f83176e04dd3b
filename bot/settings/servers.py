"""The settings of one InvokeAI."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

ONLY = "invokeai"
"""Our name for an InvokeAI that has no other beside it."""


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
