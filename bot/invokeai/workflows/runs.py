"""From a saved workflow to what a person is asked, and from what they say to a batch."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

from bot.domain.jobs import Board
from bot.domain.workflows import FieldKind, Form, InstalledModel, WorkflowSummary
from bot.errors import InvokeAIRefused, RequestRefused
from bot.invokeai.connection import Connection
from bot.invokeai.foreign_json import text
from bot.invokeai.graph import Spot
from bot.invokeai.ingredients import installed_models
from bot.invokeai.requeue.batch import BatchBody
from bot.invokeai.workflows.batches import require_sources
from bot.invokeai.workflows.conversion import require_runnable, to_batch
from bot.invokeai.workflows.editor import EditorWorkflow
from bot.invokeai.workflows.filling import Typed, Unfit, fill, unsettable
from bot.invokeai.workflows.form import form_of
from bot.invokeai.workflows.generators import generators_in, items_of
from bot.invokeai.workflows.library import WorkflowLibrary
from bot.invokeai.workflows.node_types import NodeTypes
from bot.invokeai.workflows.offering import OpenWorkflow, questions_of
from bot.invokeai.workflows.reading import Offered

MAX_FOUND = 100
MAX_SAME_NAME = 10


class WorkflowRuns:
    """`boards` asks for InvokeAI's. Errors are InvokeAIError, and RequestRefused for what can't be run."""

    def __init__(
        self, connection: Connection, boards: Callable[[], Awaitable[Sequence[Board]]], rng: random.Random
    ) -> None:
        self._connection = connection
        self._library = WorkflowLibrary(connection)
        self._boards = boards
        self._rng = rng

    async def find(self, query: str) -> list[WorkflowSummary]:
        """The last opened first, then what was saved, then what was shipped."""
        found = await self._library.find(query, limit=MAX_FOUND)
        return sorted(found, key=lambda one: (not one.opened, not one.opened and one.shipped))

    async def open(self, name: str) -> OpenWorkflow:
        """By id, or by the name if only one has it. RequestRefused names the node that can't be turned."""
        workflow_id, workflow = await self._named(name)
        types = await self._types()
        form = form_of(workflow, types)
        _refuse(unsettable(form))
        require_sources(workflow)
        for node in generators_in(workflow):
            items_of(node, self._rng)
        if types is not None:
            asked = {Spot(field.node_id, field.name) for field in (*form.fields, *form.others)}
            require_runnable(workflow, types, asked)
        offered = await self._offered(form)
        title = text(workflow.raw.get("name")) or "Workflow"
        return OpenWorkflow(workflow_id, title, form, offered, questions_of(form, offered))

    async def batch(self, opened: OpenWorkflow, typed: Typed) -> BatchBody:
        """Of the workflow as it is saved now. RequestRefused if its form is another one since."""
        workflow, types = await self._library.get(opened.id), await self._types()
        form = form_of(workflow, types)
        if [(each.key, each.kind) for each in form.fields] != [
            (each.key, each.kind) for each in opened.form.fields
        ]:
            raise RequestRefused("Somebody has changed this workflow since. Start again with /workflow.")
        filled = fill(workflow, form, typed, await self._offered(form))
        if isinstance(filled, Unfit):
            raise RequestRefused("\n".join(filled.sentences))
        generated = await self._library.generated(filled, self._rng)
        return to_batch(filled, generated=generated, types=types)

    async def _types(self) -> NodeTypes | None:
        """A document that tells of no node says nothing of them."""
        return await self._library.node_types() or None

    async def _named(self, name: str) -> tuple[str, EditorWorkflow]:
        try:
            return name, await self._library.get(name)
        except InvokeAIRefused:
            found = await self._library.find(name, limit=MAX_SAME_NAME)
        exact = [each.id for each in found if each.name.strip().casefold() == name.strip().casefold()]
        if len(exact) != 1:
            how = "several workflows" if exact else "no workflow"
            raise RequestRefused(f"InvokeAI has {how} of that name. Pick one from the list.")
        return exact[0], await self._library.get(exact[0])

    async def _offered(self, form: Form) -> Offered:
        """Only what the form asks for."""
        kinds = {field.kind for field in form.fields}

        async def models() -> Sequence[InstalledModel]:
            return await installed_models(self._connection) if FieldKind.MODEL in kinds else ()

        async def boards() -> Sequence[Board]:
            return await self._boards() if FieldKind.BOARD in kinds else ()

        return Offered(*await asyncio.gather(models(), boards()))


def _refuse(sentences: Sequence[str]) -> None:
    if sentences:
        raise RequestRefused("\n".join(sentences))
