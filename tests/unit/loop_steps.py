"""How long the event loop's steps take, in processor time: what other programs do does not count."""

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest


class Steps:
    """`longest`: seconds of processor time that the loop's own thread spent in one step."""

    longest = 0.0


@contextmanager
def timed_steps() -> Generator[Steps]:
    """Measures the steps of the loop that runs."""
    steps = Steps()
    run: Any = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        began = time.thread_time()
        run(handle)
        steps.longest = max(steps.longest, time.thread_time() - began)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.Handle, "_run", timed)
        yield steps
