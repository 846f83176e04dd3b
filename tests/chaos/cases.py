"""Outages that take their time, tried side by side; each is a test of its own by its name."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

Case = Callable[[Path], Awaitable[None]]
Outcomes = dict[str, Exception | None]
"""What each case that came to its end failed with, by name; None: with nothing."""


class Cases:
    """The cases of one file, by name. `at_once`: so many run side by side."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._cases: dict[str, Case] = {}

    @property
    def names(self) -> list[str]:
        return list(self._cases)

    def add(self, case: Case) -> Case:
        """Under its function's name."""
        return self.named(getattr(case, "__name__", "").replace("_", " "), case)

    def named(self, name: str, case: Case) -> Case:
        if name in self._cases:
            raise ValueError(f"two cases are called {name}")
        self._cases[name] = case
        return case

    def try_all(self, folder: Path) -> Outcomes:
        """Each case in a folder of its own."""
        return asyncio.run(self._try_all(folder))

    async def _try_all(self, folder: Path) -> Outcomes:
        outcomes: Outcomes = {}
        room = asyncio.Semaphore(self._at_once)

        async def attempt(name: str, case: Case, own: Path) -> None:
            async with room:
                await asyncio.to_thread(own.mkdir)
                try:
                    await case(own)
                except Exception as error:  # noqa: BLE001  # the test of that name raises it
                    outcomes[name] = error
                else:
                    outcomes[name] = None

        async with asyncio.TaskGroup() as tasks:
            for number, (name, case) in enumerate(self._cases.items()):
                tasks.create_task(attempt(name, case, folder / str(number)), name=name)
        return outcomes


def outcome(name: str, outcomes: Outcomes) -> None:
    """Raises what the case of that name failed with; KeyError if it never came to its end."""
    error = outcomes[name]
    if error is not None:
        raise error
