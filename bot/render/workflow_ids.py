"""What a button or a form of a workflow that somebody fills in means; `custom_ids` has the others.

workflow:form:<draft>:<page>    a form that was filled in
workflow:open:<draft>:<page>    the button that opens that form
workflow:queue:<draft>          the button that queues a workflow without a form

`draft` is the interaction that began it.
"""

import re
from dataclasses import dataclass

_DRAFT = r"(?P<draft>[1-9][0-9]{0,19})"
_PAGE = r"(?P<page>[0-9]{1,3})"
_STEP = re.compile(rf"workflow:(?P<what>form|open):{_DRAFT}:{_PAGE}")
_QUEUE = re.compile(rf"workflow:queue:{_DRAFT}")


@dataclass(frozen=True, slots=True)
class WorkflowForm:
    """`page` begins at 0."""

    draft_id: int
    page: int


@dataclass(frozen=True, slots=True)
class WorkflowOpen:
    """`page` begins at 0."""

    draft_id: int
    page: int


@dataclass(frozen=True, slots=True)
class WorkflowQueue:
    draft_id: int


OfWorkflow = WorkflowForm | WorkflowOpen | WorkflowQueue


def written(meaning: OfWorkflow) -> str:
    match meaning:
        case WorkflowForm(draft_id, page):
            return f"workflow:form:{draft_id}:{page}"
        case WorkflowOpen(draft_id, page):
            return f"workflow:open:{draft_id}:{page}"
        case WorkflowQueue(draft_id):
            return f"workflow:queue:{draft_id}"


def read(custom_id: str) -> OfWorkflow | None:
    """None for what `written` does not write."""
    if found := _QUEUE.fullmatch(custom_id):
        return WorkflowQueue(int(found["draft"]))
    found = _STEP.fullmatch(custom_id)
    if found is None or found["page"] != str(int(found["page"])):
        return None
    kind = WorkflowForm if found["what"] == "form" else WorkflowOpen
    return kind(int(found["draft"]), int(found["page"]))
