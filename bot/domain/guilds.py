"""Which guilds the bot works for, as it is known now."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


class Served(Protocol):
    """Whose channels are told of what happens."""

    def serves(self, guild_id: int) -> bool: ...


@dataclass(slots=True)
class AdoptedGuilds:
    """`named`: those of the settings, for as long as they name them. `kept`: the owner adopted them, until
    they are dropped.

    `undecided`: a setting names a channel, and Discord has not said yet in which guild it is.
    """

    named: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()
    undecided: bool = False

    @property
    def ids(self) -> frozenset[int]:
        """Those whose members are answered."""
        return self.named | self.kept

    def serves(self, guild_id: int) -> bool:
        """Whether notices for its channels are written down. While it is undecided they are, for any guild:
        nothing is sent before, and then what nobody may have is dropped.
        """
        return self.undecided or guild_id in self.ids


@dataclass(frozen=True, slots=True)
class EndedGuild:
    """What ended with a guild: its adoption by the owner, these channels' subscriptions, so many notices."""

    adopted: bool
    channels: Collection[int]
    notices: int
