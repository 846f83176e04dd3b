"""What the routes of workflows and their generators answer."""

from typing import Annotated, Any, cast

import structlog
from pydantic import BeforeValidator, Field, ValidationError

from bot.invokeai.models import Slice

log = structlog.stdlib.get_logger()


class WorkflowListItem(Slice):
    workflow_id: str
    name: str
    description: str = ""
    category: str = "user"
    opened_at: str | None = None


def _readable(value: object) -> object:
    if not isinstance(value, list):
        return value
    kept: list[WorkflowListItem] = []
    for each in cast("list[object]", value):
        try:
            kept.append(WorkflowListItem.model_validate(each))
        except ValidationError as error:
            faults = [(fault["loc"], fault["type"]) for fault in error.errors(include_input=False)]
            log.warning("workflow_read_failed", faults=faults[:3])
    return kept


class WorkflowPage(Slice):
    """GET workflows/: one page. A workflow that can't be read is left out, and the log tells of it."""

    items: Annotated[list[WorkflowListItem], BeforeValidator(_readable)]


class WorkflowRecord(Slice):
    """GET workflows/i/{workflow_id}. The workflow stays as it came: `workflows.editor` reads it."""

    workflow: Any = Field(repr=False)


class ExpandedPrompts(Slice):
    prompts: list[str]
    error: str | None = None
