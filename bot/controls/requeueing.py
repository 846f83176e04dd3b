"""Jobs once more with new seeds, or with another prompt."""

from collections.abc import Callable, Sequence
from typing import Protocol

from bot.controls.ports import Queue
from bot.controls.results import JobAgain
from bot.domain.jobs import Again

SEEDS = 2**32
"""Seeds are 0 to one less than this."""


class Source(Protocol):
    """What a job was made from."""

    @property
    def prompt(self) -> str | None:
        """None if it can't be told which text is the prompt."""
        ...


class Reruns(Protocol):
    """What InvokeAI must do for it; errors are InvokeAIError."""

    async def graph_of(self, number: int) -> Source: ...

    async def again(self, number: int, seeds: Sequence[int], prompt: str | None = None) -> Again: ...

    async def check_inputs(self, number: int) -> None:
        """InvokeAIRefused if an image that the job starts from is gone."""
        ...


class Rerunning:
    """`below` draws a whole number from 0 to one less than its argument."""

    def __init__(self, queue: Queue, reruns: Reruns, below: Callable[[int], int]) -> None:
        self._queue = queue
        self._reruns = reruns
        self._below = below

    async def prompt(self, number: int) -> str | None:
        """The one prompt that can be changed; None if it can't be told."""
        return (await self._reruns.graph_of(number)).prompt

    async def again(
        self, number: int, count: int = 1, *, seed: int | None = None, prompt: str | None = None
    ) -> JobAgain:
        """`count` new jobs. From a given seed they count up; a prompt as it was changes nothing."""
        first = seed
        seeds = [self._below(SEEDS) if first is None else (first + step) % SEEDS for step in range(count)]
        if prompt is not None and _same(prompt, await self.prompt(number)):
            prompt = None
        taken = await self._reruns.again(number, seeds, prompt)
        return JobAgain(number, taken, await self._queue.status())


def _same(typed: str, known: str | None) -> bool:
    """Discord drops white space around what was typed."""
    return known is not None and typed.strip() == known.strip()
