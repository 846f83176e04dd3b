"""What InvokeAI keeps of a job, as JSON files."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Protocol

from bot.controls.results import JobFile
from bot.domain.jobs import Job, JobDocuments
from bot.errors import RequestRefused
from bot.own_secrets import hide


class DocumentsClient(Protocol):
    """What InvokeAI is asked; `InvokeAIClient.whole` has it. Errors are InvokeAIError."""

    async def documents(self, job: Job) -> JobDocuments: ...


class Documents:
    def __init__(self, client: DocumentsClient) -> None:
        self._client = client

    async def files(self, job: Job) -> Sequence[JobFile]:
        """Whole but for our own secrets, each where there is one. RequestRefused for somebody else's job."""
        if job.hidden:
            raise RequestRefused(f"#{job.number} is someone else's job: the bot may not look into it.")
        found = await self._client.documents(job)
        named = {"job": found.item, "metadata": found.metadata, "workflow": found.workflow}
        return await asyncio.to_thread(_written, named)


def _written(named: dict[str, Any]) -> list[JobFile]:
    """A workflow is often kept as text."""
    return [
        JobFile(
            name, hide(json.dumps(_parsed(found), ensure_ascii=False, indent=2)).encode("utf-8", "replace")
        )
        for name, found in named.items()
        if found is not None
    ]


def _parsed(found: Any) -> Any:
    if not isinstance(found, str):
        return found
    try:
        return json.loads(found)
    except ValueError:
        return found
