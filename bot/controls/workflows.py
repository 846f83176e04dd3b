"""InvokeAI's saved workflows, filled in form by form and queued for who filled them in."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from bot.controls.creating import Creating
from bot.controls.drafts import GONE, Draft, Drafts
from bot.domain.creation import Ran
from bot.domain.limits import AUTOCOMPLETE_TIMEOUT
from bot.domain.submissions import Asker
from bot.domain.workflows import FieldKind, Question, WorkflowSummary
from bot.errors import BotError, InvokeAIError, InvokeAIRefused, RequestRefused
from bot.invokeai.http_errors import NotReached
from bot.invokeai.requeue.batch import BatchBody
from bot.invokeai.workflows.filling import Typed, check
from bot.invokeai.workflows.offering import OpenWorkflow

_WORDS = (FieldKind.TEXT, FieldKind.TEXTS)


class WorkflowClient(Protocol):
    """What InvokeAI is asked; `InvokeAIClient.creation.workflows` has it."""

    async def find(self, query: str) -> list[WorkflowSummary]: ...
    async def open(self, name: str) -> OpenWorkflow: ...
    async def batch(self, opened: OpenWorkflow, typed: Typed) -> BatchBody: ...


class WorkflowControls:
    """Of one server."""

    def __init__(self, client: WorkflowClient, creating: Creating, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._creating = creating
        self._drafts = Drafts(clock)

    async def suggestions(self, typed: str) -> list[WorkflowSummary]:
        """The last opened first; none where InvokeAI does not tell in time."""
        try:
            async with asyncio.timeout(AUTOCOMPLETE_TIMEOUT):
                return await self._client.find(typed)
        except (InvokeAIError, TimeoutError):
            return []

    async def open(self, asker: Asker, name: str, draft_id: int) -> Draft:
        """The workflow of that id or name, to be filled in. RequestRefused says why it can't be run."""
        await self._creating.require_room(asker)
        return self._drafts.keep(Draft(draft_id, asker.user_id, await self._client.open(name)))

    def draft(self, draft_id: int, user_id: int) -> Draft:
        """RequestRefused for one that is no longer kept, and for one of somebody else."""
        return self._drafts.of(draft_id, user_id)

    def keeps(self, draft: Draft) -> bool:
        """Whether it can still be filled in."""
        return self._drafts.has(draft)

    def typed(self, draft: Draft) -> Mapping[str, str]:
        """All that was filled in so far, pictures that were uploaded since included."""
        return self._drafts.latest(draft).typed

    def note(self, draft: Draft, typed: Mapping[str, str]) -> Draft:
        """What a form brought is kept, whether it fits or not."""
        return self._drafts.add(draft, typed)

    async def fill(self, draft: Draft, page: int, images: Mapping[str, bytes]) -> Draft:
        """With the pictures of that page. RequestRefused says what on it does not fit."""
        for key, image in images.items():
            draft = self._drafts.add(draft, {key: await self._creating.upload(image)})
        questions = draft.pages[page]
        self._creating.require_allowed(*(_words(each, draft.typed) for each in questions))
        wrong = check([each.about for each in questions], draft.typed, draft.opened.offered)
        if wrong:
            raise RequestRefused("\n".join(wrong))
        return draft

    async def send(self, asker: Asker, draft: Draft) -> Ran:
        """Queued for that person, once: the draft is gone then. Where nothing was queued it is kept."""
        if not self._drafts.has(draft):
            raise RequestRefused(GONE)
        self._drafts.drop(draft)  # or two presses at once would both queue it
        try:
            body = await self._client.batch(draft.opened, draft.typed)
        except BotError:
            self._drafts.keep(draft)
            raise
        try:
            submitted = await self._creating.submit(asker, body)
        except (NotReached, InvokeAIRefused, RequestRefused):
            self._drafts.keep(draft)
            raise
        return Ran(submitted, draft.opened.name, await self._creating.outlook(submitted))


def _words(question: Question, typed: Mapping[str, str]) -> str | None:
    """What the person wrote, where that is free; not what the workflow's author did."""
    told = typed.get(question.about.key)
    free = question.about.kind in _WORDS and not question.options
    return told if free and told != question.about.text else None
