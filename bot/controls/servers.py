"""The InvokeAIs that people may ask something of."""

import time
from collections.abc import Callable, Iterator, Sequence

from bot.controls.channel_filters import ChannelFilters
from bot.controls.placing import Placing, PossibleServer
from bot.controls.server_controls import ServerControls
from bot.domain.jobs import Job


class Servers:
    """At least one, in the order of the settings."""

    def __init__(
        self, servers: Sequence[ServerControls], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._of = {controls.server: controls for controls in servers}
        self.placing = Placing(
            [PossibleServer(each.server, each.styles, each.views) for each in servers], monotonic
        )

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
    def filters(self) -> ChannelFilters:
        """For channels, which may hear of all."""
        return ChannelFilters({controls.server: controls.filters for controls in self})

    @property
    def first(self) -> ServerControls:
        """The only one, unless there are several."""
        return next(iter(self))

    def of(self, job: Job) -> ServerControls:
        """Those of the job's server."""
        return self._of[job.server]

    def required(self, name: str) -> ServerControls:
        """Those of a server that is there."""
        return self._of[name]

    def named(self, name: str) -> ServerControls | None:
        """None: there is none of that name, or not any more."""
        return self._of.get(name)
