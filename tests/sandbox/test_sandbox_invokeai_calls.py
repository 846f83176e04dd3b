"""Several GPUs at once, and jobs that call a saved workflow and wait for it."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sandbox_invokeai_bench import QUEUE, Bench, Ear, Json, captured, shape, until

WORKFLOW = "56d86975-478b-46df-aee9-eba774a327da"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    bench.server.save_workflow("w", saved())
    await bench.start()
    yield bench
    await bench.stop()


def edge(source: str, source_field: str, destination: str, destination_field: str) -> Json:
    return {
        "source": {"node_id": source, "field": source_field},
        "destination": {"node_id": destination, "field": destination_field},
    }


def saved(**fields: Any) -> Json:
    """A picture, given back under the key "image"."""
    draw = {"id": "slow1", "type": "sandbox_draw", "steps": 1, "width": 32, "height": 32, **fields}
    return {
        "nodes": {
            "slow1": draw,
            "rv": {"id": "rv", "type": "workflow_return_value", "key": "image"},
            "ret": {"id": "ret", "type": "workflow_return"},
        },
        "edges": [edge("slow1", "image", "rv", "value"), edge("rv", "value", "ret", "values")],
    }


async def call(bench: Bench, workflow_id: str = "w", nodes: Json | None = None, **inputs: Any) -> Json:
    node = {
        "id": "call",
        "type": "call_saved_workflow",
        "workflow_id": workflow_id,
        "workflow_inputs": {f"saved_workflow_input::slow1::{name}": value for name, value in inputs.items()},
    }
    batch = {"graph": {"nodes": {"call": node, **(nodes or {})}}}
    return await bench.ask("POST", "/enqueue_batch", {"batch": batch})


async def test_the_caller_waits_while_an_item_of_its_own_runs(bench: Bench) -> None:
    ear = Ear()
    await ear.listen(bench.server.url)
    await call(bench, seed=99)
    await ear.until("queue_item_status_changed", status="completed", item_id=1)
    told = [
        (payload["item_id"], payload.get("status") or event.removeprefix("invocation_"))
        for event, payload in ear.heard
        if "item_id" in payload and event != "invocation_progress"
    ]
    node = ["started", "complete"]
    assert told == [
        (1, "in_progress"),
        (1, "started"),
        (2, "pending"),
        (1, "waiting"),
        (2, "in_progress"),
        *[(2, step) for step in node * 3],
        (2, "completed"),
        (1, "complete"),
        (1, "completed"),
    ]
    child = await bench.get("/i/2")
    assert child["session"]["graph"]["nodes"]["slow1"]["seed"] == 99
    await ear.close()


async def test_caller_and_called_are_shaped_as_captured(bench: Bench) -> None:
    bench.server.save_workflow(WORKFLOW, saved())
    await call(bench, WORKFLOW, prompt="from the bot", seed=99)
    await bench.idle()
    for item_id, role in ((1, "parent"), (2, "child")):
        truth = captured("6.14.2", f"item_call_saved_workflow_{role}")["body"]
        item = await bench.get(f"/i/{item_id}")
        assert without_numbers(shape(item)) == without_numbers(shape(truth))
    parent, child = await bench.get("/i/1"), await bench.get("/i/2")
    assert child["parent_item_id"] == child["root_item_id"] == parent["item_id"]
    (returned,) = parent["session"]["results"].values()
    made = [r["image"] for r in child["session"]["results"].values() if r["type"] == "image_output"]
    assert returned == {"type": "workflow_return_output", "values": {"image": made[0]}}
    (summary,) = await bench.ask("POST", "/item_summaries_by_ids", {"item_ids": [2]})
    assert summary["parent_item_id"] == 1


def without_numbers(value: Any) -> str:
    """`child_outputs` is keyed by item id."""
    return re.sub(r"'\d+\\?'", "'#'", repr(value))


async def test_a_waiting_caller_is_counted_and_the_running_one_is_current(bench: Bench) -> None:
    bench.free.clear()
    await call(bench)
    await until(lambda: len(bench.server.queue.items) == 2 and bench.statuses() == ["waiting", "in_progress"])
    status = (await bench.get("/status"))["queue"]
    assert (status["waiting"], status["in_progress"], status["item_id"]) == (1, 1, 2)
    assert (await bench.get("/i/1"))["session"]["waiting_workflow_call_execution"]["child_item_ids"] == [2]


async def test_the_caller_fails_with_the_words_of_the_called(bench: Bench) -> None:
    bench.server.save_workflow("bad", saved(fail_with="ValueError: no such sampler"))
    await call(bench, "bad")
    await bench.idle()
    parent, child = await bench.get("/i/1"), await bench.get("/i/2")
    assert (child["status"], child["error_message"]) == ("failed", "no such sampler")
    assert [parent[name] for name in ("status", "error_type", "error_message", "error_traceback")] == [
        "failed",
        "ValueError",
        "no such sampler",
        "no such sampler",
    ]
    assert parent["session"]["workflow_call_history"][0]["status"] == "failed"


async def test_an_unknown_workflow_fails_its_caller(bench: Bench) -> None:
    await call(bench, "gone")
    await bench.idle()
    item = await bench.get("/i/1")
    assert item["error_message"] == "The selected saved workflow 'gone' could not be found."


async def test_a_caller_with_more_to_do_goes_on_after_its_call(bench: Bench) -> None:
    more = {"id": "more", "type": "sandbox_draw", "steps": 1, "width": 32, "height": 32}
    await call(bench, nodes={"more": more})
    await bench.idle()
    assert bench.statuses() == ["completed", "completed"]
    kinds = {result["type"] for result in (await bench.get("/i/1"))["session"]["results"].values()}
    assert kinds == {"workflow_return_output", "image_output"}


async def test_calls_may_nest(bench: Bench) -> None:
    outer = saved()
    outer["nodes"]["slow1"] = {"id": "slow1", "type": "call_saved_workflow", "workflow_id": "w"}
    outer["edges"][0] = edge("slow1", "values", "rv", "value")
    bench.server.save_workflow("outer", outer)
    await call(bench, "outer")
    await bench.idle()
    assert bench.statuses() == ["completed"] * 3
    inner = await bench.get("/i/3")
    assert (inner["parent_item_id"], inner["root_item_id"], inner["workflow_call_depth"]) == (2, 1, 2)


@pytest.mark.parametrize("item_id", [1, 2])
async def test_cancel_ends_caller_and_called(bench: Bench, item_id: int) -> None:
    bench.free.clear()
    await call(bench)
    await until(lambda: len(bench.server.queue.items) == 2 and bench.statuses() == ["waiting", "in_progress"])
    assert await bench.put("/cancel_all_except_current") == {"canceled": 0}
    await bench.put(f"/i/{item_id}/cancel")
    assert bench.statuses() == ["canceled", "canceled"]


async def test_a_start_cancels_the_whole_call(bench: Bench) -> None:
    bench.free.clear()
    await call(bench)
    await until(lambda: len(bench.server.queue.items) == 2 and bench.statuses() == ["waiting", "in_progress"])
    await bench.server.kill()
    await bench.server.start(bench.server.port)
    assert bench.statuses() == ["canceled", "canceled"]


async def test_a_start_cancels_a_called_one_that_had_not_begun(bench: Bench) -> None:
    bench.free.clear()
    draw = {"id": "first", "type": "sandbox_draw", "steps": 1, "width": 32, "height": 32}
    node = {"id": "call", "type": "call_saved_workflow", "workflow_id": "w"}
    batch = {"graph": {"nodes": {"first": draw, "call": node}}}
    await bench.ask("POST", "/enqueue_batch", {"batch": batch})
    await bench.running()
    await bench.put("/processor/pause")
    bench.free.set()
    await until(lambda: bench.statuses() == ["waiting", "pending"])
    await bench.server.kill()
    await bench.server.start(bench.server.port)
    assert bench.statuses() == ["canceled", "canceled"]


async def test_retry_of_the_called_begins_again_with_its_caller(bench: Bench) -> None:
    bench.server.save_workflow("bad", saved(fail_with="ValueError: no"))
    await call(bench, "bad")
    await bench.idle()
    assert (await bench.put("/retry_items_by_id", [2]))["retried_item_ids"] == [1]


def test_a_workflow_without_a_return_is_refused() -> None:
    with pytest.raises(ValueError, match="exactly one workflow_return"):
        Bench().server.save_workflow("w", {"nodes": {"s": {"id": "s", "type": "sandbox_draw"}}})


async def test_two_workers_run_two_jobs_at_once() -> None:
    bench = Bench(workers=2)
    await bench.start()
    bench.free.clear()
    await bench.draw(runs=3)
    await until(lambda: bench.statuses().count("in_progress") == 2)
    status = await bench.get("/status")
    assert (status["queue"]["in_progress"], status["queue"]["pending"]) == (2, 1)
    items = await bench.ask("POST", "/items_by_ids", {"item_ids": [1, 2]})
    assert sorted(item["device"] for item in items) == ["cuda:0", "cuda:1"]
    assert (await bench.get("/current"))["item_id"] in {1, 2}
    assert await bench.put("/cancel_all_except_current") == {"canceled": 1}
    assert bench.statuses() == ["in_progress", "in_progress", "canceled"]
    bench.free.set()
    await until(lambda: bench.statuses()[:2] == ["completed", "completed"])
    await bench.stop()


async def test_progress_names_its_gpu_only_where_there_is_one() -> None:
    for workers, device in ((1, None), (2, "cuda:")):
        bench = Bench(workers=workers)
        await bench.start()
        ear = Ear()
        await ear.listen(bench.server.url)
        await bench.draw()
        progress = await ear.until("invocation_progress")
        assert (progress["device"] or "")[:5] == (device or "")
        await ear.close()
        await bench.stop()


async def test_a_worker_that_idles_takes_what_comes_while_the_other_draws() -> None:
    bench = Bench(workers=2)
    await bench.start()
    bench.free.clear()
    await bench.draw()
    await bench.running()
    assert (await bench.http.get(f"{QUEUE}/current")).status == 200
    await bench.draw()
    await until(lambda: bench.statuses() == ["in_progress", "in_progress"])
    await bench.stop()
