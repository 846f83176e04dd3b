"""Lists of jobs, read row by row: one odd job must not hide all others."""

from dataclasses import replace
from typing import Annotated, TypeVar, cast

import structlog
from pydantic import BeforeValidator, ValidationError, model_validator

from bot.domain.jobs import Job, JobStatus
from bot.invokeai.models import Slice, Summary

log = structlog.stdlib.get_logger()

T = TypeVar("T", bound=Slice)

LONG_AGO = "1970-01-01T00:00:00"
"""When a job was created of which that can't be read: it looks like no news of another database."""


def readable(shape: type[T]) -> BeforeValidator:
    """An object that can't be read, but has its number, is a job of unknown status: it is there. One without
    a number is left out. The log tells of both.
    """

    def row_by_row(value: object) -> object:
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
                kept += _there(shape, cast("dict[str, object]", row))
        return kept

    return BeforeValidator(row_by_row)


def _there(shape: type[T], row: dict[str, object]) -> list[T]:
    """The job of which only the number can be read, and its priority where lists go by it."""
    known = {name: row[name] for name in ("item_id", "priority", "queue_id") if name in row}
    bare = {"status": JobStatus.UNKNOWN, "batch_id": "", "created_at": LONG_AGO}
    try:
        return [shape.model_validate(known | bare)]
    except ValidationError:
        return []


Summaries = Annotated[list[Summary], readable(Summary)]


class Listed(Summary):
    """A line of the list of an InvokeAI up to 6.6."""

    priority: int = 0
    queue_id: str | None = None

    def to_job(self, server: str) -> Job:
        return replace(super().to_job(server), priority=self.priority)


class ListPage(Slice):
    """The list of an InvokeAI up to 6.6. `has_more`: there are jobs behind the last one."""

    items: Annotated[list[Listed], readable(Listed)]
    has_more: bool = False

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: object) -> object:
        """The documentation does not say whether the jobs come in an object."""
        return {"items": cast("list[object]", value)} if isinstance(value, list) else value
