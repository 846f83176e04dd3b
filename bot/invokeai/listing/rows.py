"""Lists of jobs, read row by row: one odd job must not hide all others."""

from dataclasses import replace
from typing import Annotated, TypeVar, cast

import structlog
from pydantic import BeforeValidator, ValidationError, model_validator

from bot.domain.jobs import Job
from bot.invokeai.models import Slice, Summary

log = structlog.stdlib.get_logger()

T = TypeVar("T", bound=Slice)


def _readable(shape: type[T]) -> BeforeValidator:
    """Leaves out of a list each object that can't be read, and says so in the log."""

    def leave_out(value: object) -> object:
        if not isinstance(value, list):
            return value
        kept: list[object] = []
        for row in cast("list[object]", value):
            try:
                kept.append(shape.model_validate(row))
            except ValidationError as error:
                if not isinstance(row, dict):
                    raise
                faults = [
                    (fault["loc"], fault["type"])
                    for fault in error.errors(include_url=False, include_input=False)
                ]
                log.warning("job_read_failed", faults=faults[:3])
        return kept

    return BeforeValidator(leave_out)


Summaries = Annotated[list[Summary], _readable(Summary)]


class Listed(Summary):
    """A line of the list of an InvokeAI up to 6.6."""

    priority: int = 0
    queue_id: str | None = None

    def to_job(self, server: str) -> Job:
        return replace(super().to_job(server), priority=self.priority)


class ListPage(Slice):
    """The list of an InvokeAI up to 6.6. `has_more`: there are jobs behind the last one."""

    items: Annotated[list[Listed], _readable(Listed)]
    has_more: bool = False

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: object) -> object:
        """The documentation does not say whether the jobs come in an object."""
        return {"items": cast("list[object]", value)} if isinstance(value, list) else value
