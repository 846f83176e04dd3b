"""What the routes of workflows and their generators answer."""

from typing import Any

from pydantic import Field

from bot.invokeai.models import Slice


class WorkflowListItem(Slice):
    workflow_id: str
    name: str
    description: str = ""
    category: str = "user"


class WorkflowPage(Slice):
    """GET workflows/: one page."""

    items: list[WorkflowListItem]


class WorkflowRecord(Slice):
    """GET workflows/i/{workflow_id}. The workflow stays as it came: `workflows.editor` reads it."""

    workflow: Any = Field(repr=False)


class ExpandedPrompts(Slice):
    prompts: list[str]
    error: str | None = None
