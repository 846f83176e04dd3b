"""Where jobs with long texts are rendered: in a thread, so that the event loop goes on meanwhile."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

from bot.domain.jobs import Job

Rendered = TypeVar("Rendered")

LONG = 4_000
"""More characters than this take the processor for milliseconds: to scrub, to look for prompts, to cut."""


async def rendered(jobs: Iterable[Job], render: Callable[[], Rendered]) -> Rendered:
    """What `render` makes of these jobs."""
    if sum(map(_characters, jobs)) > LONG:
        return await asyncio.to_thread(render)
    return render()


def _characters(job: Job) -> int:
    """Of all its texts that somebody else wrote and that have no limit."""
    texts: list[str | None] = [output.text for output in job.outputs]
    if job.failure is not None:
        texts += [job.failure.message, job.failure.traceback]
    if job.recipe is not None:
        texts += [job.recipe.prompt, job.recipe.negative_prompt, *job.recipe.texts]
    return sum(len(text) for text in texts if text)
