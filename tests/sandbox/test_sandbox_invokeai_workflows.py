"""The sandbox's saved workflows, held against 6.14.2's own OpenAPI document."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sandbox_invokeai_bench import Bench, Json
from test_sandbox_invokeai_videos import check, told
from workflow_files import saved

WORKFLOWS = "/api/v1/workflows/"
LIST, RECORD = "PaginatedResults_WorkflowRecordListItemWithThumbnailDTO_", "WorkflowRecordWithThumbnailDTO"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.start()
    yield bench
    await bench.stop()


async def names(bench: Bench, query: str) -> list[str]:
    page = await told(bench, "GET", f"{WORKFLOWS}?{query}")
    check(LIST, page)
    return [one["name"] for one in page["items"]]


async def test_a_workflow_that_was_saved_is_told_as_invokeai_tells_it(bench: Bench) -> None:
    new: Json = await told(bench, "POST", WORKFLOWS, {"workflow": saved("form")})
    record: Any = await told(bench, "GET", f"{WORKFLOWS}i/{new['workflow_id']}")
    check(RECORD, record)
    assert record["workflow"]["nodes"] == saved("form")["nodes"]
    assert record["workflow"]["id"] == new["workflow_id"]
    status, _, _ = await bench.seen("GET", f"{WORKFLOWS}i/nothing")
    assert status == 404


async def test_workflows_are_listed_by_page_category_words_and_when_they_were_opened(bench: Bench) -> None:
    shelf = bench.server.saved_workflows
    for name in ("Foxes", "hens", "Geese"):
        last = shelf.save({**saved("form"), "name": name}, shipped=name == "Geese")
        bench.clock.now += timedelta(seconds=1)
    shelf.opened(last)
    assert await names(bench, "order_by=name&per_page=2&page=0") == ["Foxes", "Geese"]
    assert await names(bench, "order_by=name&per_page=2&page=1") == ["hens"]
    assert (await names(bench, "order_by=opened_at&direction=DESC"))[0] == "Geese"
    assert await names(bench, "categories=default") == ["Geese"]
    assert await names(bench, "categories=user&query=HEN") == ["hens"]
