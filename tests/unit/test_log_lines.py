"""Whose a log line is, where several InvokeAIs are served side by side."""

import asyncio
from typing import Any

from structlog.contextvars import get_contextvars, merge_contextvars

from bot.telemetry.logs import about_server


async def test_each_line_of_a_server_s_work_names_it_and_one_that_names_another_keeps_that() -> None:
    lines: list[dict[str, Any]] = []

    async def work() -> None:
        await asyncio.sleep(0)
        lines.append(dict(merge_contextvars(None, "", {"event": "job_read_failed"})))
        lines.append(dict(merge_contextvars(None, "", {"event": "server_changed", "server": "cellar"})))

    async with asyncio.TaskGroup() as tasks:
        for server in ("studio", "attic"):
            tasks.create_task(about_server(server, work)())
    assert [(line["event"], line["server"]) for line in lines] == [
        ("job_read_failed", "studio"),
        ("server_changed", "cellar"),
        ("job_read_failed", "attic"),
        ("server_changed", "cellar"),
    ]
    assert get_contextvars() == {}
