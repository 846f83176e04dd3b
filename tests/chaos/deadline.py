"""When a bot that was born to die is gone."""

import os
import signal
from collections.abc import Callable

Strike = Callable[[], None]
Point = Callable[[Strike], dict[str, type]]
"""The dying parts, by the names of those in whose place they are put."""


class Deadline:
    """The `passes`-th time that it is called the process is gone, as by kill -9."""

    def __init__(self, passes: int) -> None:
        self._left = passes

    def __call__(self) -> None:
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
