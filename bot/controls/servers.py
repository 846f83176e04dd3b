"""The InvokeAIs that people may ask something of."""

from collections.abc import Iterator, Sequence

from bot.controls.server_controls import ServerControls


class Servers:
    """At least one, in the order of the settings."""

    def __init__(self, servers: Sequence[ServerControls]) -> None:
        self._of = {controls.server: controls for controls in servers}

    def __iter__(self) -> Iterator[ServerControls]:
        return iter(self._of.values())

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._of)

    @property
    def several(self) -> bool:
        """Whether people must be told which one is meant."""
        return len(self._of) > 1

    @property
    def first(self) -> ServerControls:
        """The only one, unless there are several."""
        return next(iter(self))

    def named(self, name: str) -> ServerControls | None:
        """None: there is none of that name, or not any more."""
        return self._of.get(name)
