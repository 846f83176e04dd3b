"""The sandbox as each older InvokeAI: its answers beside the captured ones, and what it alone does."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sandbox_invokeai_bench import FIXTURES, OPENAPI, QUEUE, Bench, Ear, Json, captured, shape

from sandbox.invokeai import VERSIONS

OLD = ("5.15.0", "6.6.0")
RELEASES = ("5.15.0", "6.6.0", "6.9.0", "6.13.5", "6.14.2")


@asynccontextmanager
async def at(version: str, **options: Any) -> AsyncGenerator[Bench]:
    bench = Bench(version=version, **options)
    await bench.start()
    try:
        yield bench
    finally:
        await bench.stop()


async def compare(bench: Bench, version: str, *names: str) -> None:
    """Sends captured requests again: status, content type and shape are as captured, errors word by word."""
    for name in names:
        truth = captured(version, name)
        request = truth["request"]
        status, kind, body = await bench.seen(request["method"], request["path"], request["body"])
        assert (status, kind) == (truth["status"], truth["headers"]["content-type"]), name
        assert bench.allowed == truth["headers"].get("allow"), name
        if "json" in kind:
            assert shape(body) == shape(truth["body"]), name
        if status != 200:
            assert body == truth["body"], name


async def story(bench: Bench, version: str) -> None:
    """Three done, the fourth failed, three waiting and two prepended: as on the captured servers."""
    await compare(bench, version, "enqueue_batch")
    await bench.idle()
    await compare(bench, version, "list")
    await bench.draw(fail_at_step=1)
    await bench.idle()
    await bench.put("/processor/pause")
    graph = captured(version, "enqueue_batch")["request"]["body"]["batch"]["graph"]
    for runs, prepend in ((3, False), (2, True)):
        batch = {"graph": graph, "runs": runs}
        await bench.ask("POST", "/enqueue_batch", {"batch": batch, "prepend": prepend})


@pytest.mark.parametrize("version", OLD)
async def test_an_old_one_answers_as_captured(version: str) -> None:
    async with at(version) as bench:
        await compare(bench, version, "app_version", "queue_status_idle", "current_none")
        await story(bench, version)
        await compare(
            bench,
            version,
            "item_completed",
            "item_failed",
            "list_with_prepended",
            "list_page1",
            "list_page2",
            "list_status_completed",
            "list_status_completed_cursor",
            "list_other_queue_cursor",
            "images_list",
            "x_GET_next",
            "x_GET_nosuch",
            "x_GET_item_ids",
            "x_GET_i_999999",
            "x_PUT_i_999999_cancel",
            "x_POST_i_4_cancel",
            "x_DELETE_clear",
            "x_DELETE_prune",
            "err_post_pause",
            "processor_pause",
            "x_PUT_cancel_all_except_current",
            "x_GET_list_all",
            "x_PUT_retry_items_by_id",
            "x_DELETE_i_4",
            "x_PUT_processor_resume",
        )
        await bench.idle()
        await compare(bench, version, "prune", "clear")


@pytest.mark.parametrize("version", ["6.9.0", "6.13.5"])
async def test_a_younger_one_answers_as_captured(version: str) -> None:
    async with at(version) as bench:
        bench.free.clear()
        await compare(bench, version, "enqueue_batch")
        await bench.running()
        await compare(
            bench,
            version,
            "current_in_progress",
            "queue_status_busy",
            "items_by_ids",
            "item_ids",
            "list",
            "item_summaries_by_ids",
        )
        bench.free.set()
        await bench.idle()
        await compare(bench, version, "item_completed")


@pytest.mark.parametrize("version", OLD)
async def test_the_events_have_the_captured_fields(version: str) -> None:
    lines = (FIXTURES / f"v{version}" / "socket.jsonl").read_text().splitlines()
    truth = {(line["event"], line["data"].get("status")): line["data"] for line in map(json.loads, lines)}
    ours = {(event, payload.get("status")): payload for event, payload in await whole_stream(version)}
    assert set(ours) == set(truth)
    for key, payload in ours.items():
        assert set(payload) == set(truth[key]), key
        for part in ("batch_status", "queue_status"):
            assert set(payload.get(part, ())) == set(truth[key].get(part, ())), key
        for name in ("credits", "project_id"):
            assert payload.get(name) == truth[key].get(name), key


async def whole_stream(version: str) -> list[tuple[str, Json]]:
    """What a subscriber hears of a good job, a failed one, one canceled with its batch, and a clear."""
    async with at(version) as bench, listening(bench) as ear:
        await bench.draw(fail_at_step=1)
        await ear.until("invocation_error")
        await bench.draw()
        await ear.until("queue_item_status_changed", status="completed")
        bench.free.clear()
        await bench.draw(runs=3)
        await ear.until("queue_item_status_changed", status="in_progress", item_id=3)
        await bench.put("/cancel_all_except_current")
        await bench.put("/i/3/cancel")
        await bench.put("/clear")
        await ear.until("queue_cleared")
        return ear.heard


@asynccontextmanager
async def listening(bench: Bench, queue_id: str | None = "default") -> AsyncGenerator[Ear]:
    ear = Ear()
    await ear.listen(bench.server.url, queue_id)
    try:
        yield ear
    finally:
        await ear.close()


@pytest.mark.parametrize(("version", "told"), [("6.6.0", 0), ("6.9.0", 0), ("6.13.5", 0), ("6.14.2", 1)])
async def test_only_the_newest_tells_of_a_bulk_cancel_of_waiting_jobs(version: str, told: int) -> None:
    heard = [event for event, _ in await whole_stream(version)]
    assert heard.count("queue_items_canceled") == told


async def test_6_13_says_everything_twice_and_shows_the_picture_once() -> None:
    async with at("6.13.5") as bench, listening(bench) as ear:
        await bench.draw()
        await ear.until("queue_item_status_changed", status="completed")
        await bench.put("/clear")
        await ear.until("queue_cleared")
    assert ear.heard.pop()[0] == "queue_cleared"
    names = [event for event, _ in ear.heard]
    assert names[::2] == names[1::2]
    assert len(names) == 2 * len(["enqueued", "in_progress", "started", "step", "saving", "complete", "end"])
    previews = [payload["image"] for _, payload in ear.heard if payload.get("message") == "Denoising"]
    assert [preview is None for preview in previews] == [False, True]
    (payload, _) = [payload for _, payload in ear.heard if payload.get("status") == "completed"]
    assert payload["status_sequence"] == 2
    assert payload["queue_status"]["user_pending"] is None


@pytest.mark.parametrize(
    ("version", "speaks"),
    [("5.15.0", False), ("6.6.0", False), ("6.9.0", False), ("6.13.5", False), ("6.14.2", True)],
)
async def test_whether_a_client_that_did_not_subscribe_hears_anything(version: str, *, speaks: bool) -> None:
    async with at(version) as bench, listening(bench, None) as deaf, listening(bench) as ear:
        await bench.draw()
        await ear.until("queue_item_status_changed", status="completed")
        assert bool(deaf.heard) is speaks


@pytest.mark.parametrize("version", OLD)
async def test_a_cursor_loses_the_filters_of_queue_and_status(version: str) -> None:
    async def ids(path: str) -> list[int]:
        return [item["item_id"] for item in (await bench.get(path))["items"]]

    async with at(version) as bench:
        await bench.draw()
        await bench.draw(fail_at_step=1)
        await bench.idle()
        await bench.put("/processor/pause")
        await bench.draw()
        await bench.draw(prepend=True)
        assert await ids("/list") == [4, 1, 2, 3]
        assert await ids("/list?status=completed") == [1]
        assert await ids("/list?status=completed&cursor=1") == [2, 3]
        assert await ids("/list?limit=1") == [4]
        assert await ids("/list?limit=1&cursor=4") == []
        assert await ids("/list?limit=1&cursor=4&priority=1") == [1]
        assert await ids("/../other/list") == []
        assert await ids("/../other/list?cursor=1") == [2, 3]
        assert (await bench.seen("GET", f"{QUEUE}/list?limit=-1"))[0] == 500


@pytest.mark.parametrize(("version", "status"), [("5.15.0", "canceled"), ("6.6.0", "failed")])
async def test_a_cancel_of_a_finished_job_in_5_15_makes_it_canceled(version: str, status: str) -> None:
    async with at(version) as bench, listening(bench) as ear:
        await bench.draw(fail_at_step=1)
        await bench.idle()
        item = await bench.put("/i/1/cancel")
        assert (item["status"], item["error_type"] is None) == (status, status == "canceled")
        await bench.put("/clear")
        await ear.until("queue_cleared")
        assert ("queue_item_status_changed canceled" in ear.story()) is (status == "canceled")


@pytest.mark.parametrize(("version", "told"), [("5.15.0", 0), ("6.9.0", 0), ("6.13.5", 0), ("6.14.2", 1)])
async def test_only_the_newest_tells_of_a_retry(version: str, told: int) -> None:
    async with at(version) as bench, listening(bench) as ear:
        await bench.draw(fail_at_step=1)
        await bench.idle()
        await bench.put("/retry_items_by_id", [1])
        await ear.until("queue_item_status_changed", item_id=2, status="failed")
        assert ear.story().count("queue_items_retried") == told


@pytest.mark.parametrize(("version", "left"), [("5.15.0", [3]), ("6.6.0", [1, 2, 3]), ("6.13.5", [1, 2, 3])])
async def test_a_start_of_5_15_prunes_what_is_finished_and_what_was_interrupted(
    version: str, left: list[int]
) -> None:
    async with at(version) as bench:
        await bench.draw()
        await bench.idle()
        bench.free.clear()
        await bench.draw(runs=2)
        await bench.running()
        await bench.server.kill()
        await bench.server.start(bench.server.port)
        assert list(bench.server.queue.items) == left
        assert bench.server.queue.items.get(2) is None or bench.server.queue.items[2].status == "canceled"


@pytest.mark.parametrize(
    ("version", "count"), [("5.15.0", 2), ("6.6.0", 1), ("6.9.0", 1), ("6.13.5", 1), ("6.14.2", 2)]
)
async def test_whether_a_bulk_cancel_counts_the_running_job(version: str, count: int) -> None:
    async with at(version) as bench:
        bench.free.clear()
        answer = await bench.draw(runs=2)
        await bench.running()
        body = {"batch_ids": [answer["batch"]["batch_id"]]}
        assert await bench.put("/cancel_by_batch_ids", body) == {"canceled": count}
        assert bench.statuses() == ["canceled", "canceled"]


@pytest.mark.parametrize("version", RELEASES)
async def test_openapi_lists_the_operations_of_this_version_alone(version: str) -> None:
    theirs = json.loads(OPENAPI.read_text())["paths"]
    async with at(version) as bench:
        _, _, page = await bench.seen("GET", "/openapi.json")
        found = {
            operation["operationId"]: (method, path)
            for path, methods in page["paths"].items()
            for method, operation in methods.items()
        }
        assert set(found) == VERSIONS[version].operations
        assert ("list_queue_items" in found) is (version in OLD)
        for operation_id, (method, path) in found.items():
            if operation_id != "list_queue_items":
                assert theirs[path][method]["operationId"] == operation_id


async def test_the_documented_api_has_the_documented_verbs_and_nothing_else() -> None:
    async with at("documented") as bench:
        ask = bench.seen
        missing = (404, "application/json", {"detail": "Not Found"})
        for path in ("/openapi.json", "/api/v1/app/version", f"{QUEUE}/item_ids", f"{QUEUE}/list_all"):
            assert await ask("GET", path) == missing
        for path in ("cancel_all_except_current", "cancel_by_batch_ids", "retry_items_by_id"):
            assert await ask("PUT", f"{QUEUE}/{path}", {}) == missing
        for method, path in (
            ("PUT", "i/1/cancel"),
            ("PUT", "clear"),
            ("POST", "clear"),
            ("PUT", "prune"),
            ("PUT", "processor/pause"),
            ("PUT", "processor/resume"),
            ("DELETE", "i/1"),
        ):
            status, _, body = await ask(method, f"{QUEUE}/{path}")
            assert (status, body) == (405, {"detail": "Method Not Allowed"})
        assert (await ask("GET", f"{QUEUE}/i/9"))[0] == 404
        assert await bench.ask("POST", "/processor/pause") == {"is_started": False, "is_processing": False}
        await bench.draw(runs=3)
        assert (await bench.ask("POST", "/i/2/cancel"))["status"] == "canceled"
        await bench.draw(prepend=True)
        assert (await bench.get("/next"))["item_id"] == 4
        page = await bench.get("/list?limit=2")
        assert [item["item_id"] for item in page["items"]] == [1, 2]
        assert (set(page), page["has_more"]) == ({"limit", "has_more", "items"}, True)
        assert "session" not in page["items"][0]
        for query, ids in (
            ("cursor=2", [3, 4]),
            ("offset=1&limit=2", [2, 3]),
            ("status=canceled", [2]),
            ("status=pending&cursor=1&limit=1", [3]),
        ):
            page = await bench.get(f"/list?{query}")
            assert [item["item_id"] for item in page["items"]] == ids
        await bench.ask("POST", "/processor/resume")
        await bench.idle()
        assert (await bench.get("/i/1"))["status"] == "completed"
        assert await bench.ask("DELETE", "/prune") == {"deleted": 4}
        assert await bench.ask("DELETE", "/clear") == {"deleted": 0}


@pytest.mark.parametrize("version", RELEASES[:-1])
async def test_before_6_14_no_node_calls_a_workflow(version: str) -> None:
    node = {"id": "c", "type": "call_saved_workflow", "workflow_id": "w"}
    async with at(version) as bench:
        body = {"batch": {"graph": {"nodes": {"c": node}}}}
        status, _, answer = await bench.seen("POST", f"{QUEUE}/enqueue_batch", body)
        assert (status, answer["detail"][0]["type"]) == (422, "union_tag_invalid")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"version": "6.9.0", "accounts": []}, "knows no accounts"),
        ({"version": "6.13.5", "workers": 2}, "one job at a time"),
    ],
)
def test_what_a_version_cannot_do_is_refused(options: Json, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Bench(**options)
