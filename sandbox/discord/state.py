"""What a Discord remembers: users, roles, members, messages, commands. Plain data."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sandbox.discord.foreign import Json

EPHEMERAL = 1 << 6
SUPPRESS_NOTIFICATIONS = 1 << 12
COMPONENTS_V2 = 1 << 15


@dataclass(slots=True)
class User:
    id: int
    username: str
    bot: bool = False


@dataclass(slots=True)
class Role:
    """`permissions` is Discord's bit set."""

    id: int
    name: str
    permissions: int
    position: int


@dataclass(slots=True)
class Member:
    user: User
    joined_at: datetime
    role_ids: list[int] = field(default_factory=list[int])


@dataclass(frozen=True, slots=True)
class TeamMember:
    """Somebody in the application's team, or only invited to it. `role`: admin, developer or read_only."""

    user: User
    accepted: bool = True
    role: str = "developer"


@dataclass(frozen=True, slots=True)
class File:
    """An attachment. `description` is its alt text, `url` where the sandbox serves it."""

    id: int
    filename: str
    data: bytes = field(repr=False)
    url: str
    content_type: str
    description: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """What a message was before an edit."""

    at: datetime
    content: str
    embeds: list[Json]
    components: list[Json]


@dataclass(slots=True)
class Message:
    """`ephemeral_for` is the one person's id who sees it; `push` says whether a phone would buzz.

    `typed`: the command that it answers, as it was typed (`notify here`).
    """

    id: int
    channel_id: int
    guild_id: int | None
    author: User
    at: datetime
    type: int = 0
    content: str = ""
    embeds: list[Json] = field(default_factory=list[Json])
    components: list[Json] = field(default_factory=list[Json])
    files: list[File] = field(default_factory=list[File])
    flags: int = 0
    nonce: str | int | None = None
    mention_ids: list[int] = field(default_factory=list[int])
    mention_role_ids: list[int] = field(default_factory=list[int])
    mention_everyone: bool = False
    reference_id: int | None = None
    pinned_at: datetime | None = None
    edited_at: datetime | None = None
    edits: list[Edit] = field(default_factory=list[Edit])
    interaction: Json | None = None
    webhook_id: int | None = None
    ephemeral_for: int | None = None
    typed: str | None = None

    @property
    def push(self) -> bool:
        return self.ephemeral_for is None and not self.flags & SUPPRESS_NOTIFICATIONS

    @property
    def v2(self) -> bool:
        return bool(self.flags & COMPONENTS_V2)

    @property
    def text(self) -> str:
        """Every word that a person reads in the message: content, embeds, text of components."""
        return "\n".join(
            part for part in (self.content, *_words(self.embeds), *_words(self.components)) if part
        )


_READ = ("title", "description", "name", "value", "text", "content", "label", "placeholder")


def _words(node: Any) -> list[str]:
    """Every text under a key that a person reads, at any depth."""
    if isinstance(node, list):
        return [word for item in cast("list[Any]", node) for word in _words(item)]
    if not isinstance(node, dict):
        return []
    found: list[str] = []
    for key, value in cast("Json", node).items():
        if isinstance(value, str):
            found += [value] if key in _READ else []
        else:
            found += _words(value)
    return found


@dataclass(frozen=True, slots=True)
class Command:
    """`payload` is what the application registered."""

    id: int
    version: int
    guild_id: int | None
    payload: Json

    @property
    def name(self) -> str:
        return self.payload["name"]

    @property
    def type(self) -> int:
        return self.payload.get("type") or 1
