"""What the sandbox's queue does over REST: order, controls, refusals, faults."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from PIL import Image
from sandbox_invokeai_bench import QUEUE, Bench

from sandbox.invokeai import Fault


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    workbench = Bench()
    await workbench.start()
    yield workbench
    await workbench.stop()


async def test_pause_lets_the_running_job_finish_and_holds_the_next(bench: Bench) -> None:
    bench.free.clear()
    await bench.draw(runs=2)
    await bench.running()
    assert await bench.put("/processor/pause") == {"is_started": False, "is_processing": True}
    bench.free.set()
    await bench.idle()
    assert bench.statuses() == ["completed", "pending"]
    assert await bench.put("/processor/pause") == {"is_started": False, "is_processing": False}
    await bench.put("/processor/resume")
    await bench.idle()
    assert bench.statuses() == ["completed", "completed"]


async def test_a_prepended_batch_stands_above_the_highest_pending_priority(bench: Bench) -> None:
    await bench.put("/processor/pause")
    await bench.draw()
    first, second = await bench.draw(prepend=True), await bench.draw(prepend=True)
    assert (first["priority"], second["priority"]) == (1, 2)
    assert (await bench.get("/next"))["item_id"] == 3
    assert [item["item_id"] for item in await bench.get("/list_all")] == [3, 2, 1]
    bench.free.clear()
    await bench.put("/processor/resume")
    await bench.running()
    assert (await bench.get("/current"))["item_id"] == 3


async def test_ids_are_never_given_twice(bench: Bench) -> None:
    await bench.draw(runs=2)
    await bench.idle()
    assert await bench.put("/clear") == {"deleted": 2}
    assert (await bench.draw())["item_ids"] == [3]
    await bench.idle()
    assert await bench.put("/prune") == {"deleted": 1}
    assert (await bench.draw())["item_ids"] == [4]


async def test_jobs_of_one_millisecond_stay_in_rising_order_both_ways(bench: Bench) -> None:
    await bench.put("/processor/pause")
    await bench.draw(runs=2)
    bench.clock.now += timedelta(milliseconds=1)
    await bench.draw(runs=2)
    assert (await bench.get("/item_ids?order_dir=DESC"))["item_ids"] == [3, 4, 1, 2]
    assert (await bench.get("/item_ids?order_dir=ASC"))["item_ids"] == [1, 2, 3, 4]


async def test_times_are_naive_utc_with_milliseconds(bench: Bench) -> None:
    await bench.draw()
    await bench.idle()
    assert (await bench.get("/i/1"))["completed_at"] == "2026-01-02 03:04:05.678"


async def test_nulls_are_left_out_of_one_item_and_kept_elsewhere(bench: Bench) -> None:
    await bench.draw()
    await bench.idle()
    alone = await bench.get("/i/1")
    (listed,) = await bench.ask("POST", "/items_by_ids", {"item_ids": [1, 77]})
    assert "origin" not in alone
    assert listed["origin"] is None
    assert "output_meta" not in next(iter(alone["session"]["results"].values()))


async def test_a_running_job_shows_no_results_yet(bench: Bench) -> None:
    bench.free.clear()
    await bench.draw()
    await bench.running()
    session = (await bench.get("/current"))["session"]
    assert (session["results"], session["prepared_source_mapping"]) == ({}, {})


async def test_cancel_of_a_finished_job_changes_nothing(bench: Bench) -> None:
    await bench.draw()
    await bench.idle()
    before = (await bench.ask("POST", "/items_by_ids", {"item_ids": [1]}))[0]
    bench.clock.now += timedelta(seconds=9)
    assert await bench.put("/i/1/cancel") == before


async def test_a_canceled_running_job_is_busy_until_its_next_step(bench: Bench) -> None:
    bench.free.clear()
    await bench.draw(steps=5)
    await bench.draw()
    await bench.running()
    assert (await bench.put("/i/1/cancel"))["status"] == "canceled"
    status = await bench.get("/status")
    assert (status["queue"]["in_progress"], status["processor"]["is_processing"]) == (0, True)
    bench.free.set()
    await bench.idle()
    assert bench.statuses() == ["canceled", "completed"]


async def test_scopes_of_cancel_spare_what_they_should(bench: Bench) -> None:
    bench.free.clear()
    mine = await bench.draw(runs=2)
    await bench.draw()
    await bench.running()
    assert await bench.put("/cancel_all_except_current") == {"canceled": 2}
    assert bench.statuses() == ["in_progress", "canceled", "canceled"]
    batch = {"batch_ids": [mine["batch"]["batch_id"]]}
    assert await bench.put("/cancel_by_batch_ids", batch) == {"canceled": 1}
    assert bench.statuses() == ["canceled"] * 3


async def test_retry_takes_only_what_failed_or_was_canceled(bench: Bench) -> None:
    await bench.draw()
    failed = await bench.draw(fail_at_step=1)
    await bench.idle()
    answer = await bench.put("/retry_items_by_id", [2, 1, 99])
    assert answer == {"queue_id": "default", "retried_item_ids": [2]}
    await bench.idle()
    again = await bench.get("/i/3")
    assert (again["retried_from_item_id"], again["batch_id"]) == (2, failed["batch"]["batch_id"])


async def test_batch_data_multiplies_lists_zips_within_and_runs_repeat(bench: Bench) -> None:
    await bench.put("/processor/pause")
    nodes = {"s": {"id": "s", "type": "sandbox_draw"}}
    pairs = [
        {"node_path": "s", "field_name": "seed", "items": [1, 2]},
        {"node_path": "s", "field_name": "prompt", "items": ["a", "b"]},
    ]
    widths = [{"node_path": "s", "field_name": "width", "items": [64, 128]}]
    batch = {"graph": {"nodes": nodes}, "data": [pairs, widths], "runs": 2}
    answer = await bench.ask("POST", "/enqueue_batch", {"batch": batch})
    assert (answer["enqueued"], answer["requested"], answer["item_ids"][-1]) == (8, 8, 1)
    drawn = [item.session["graph"]["nodes"]["s"] for item in bench.server.queue.items.values()]
    assert [(node["seed"], node["prompt"], node["width"]) for node in drawn[:4]] == [
        (1, "a", 64),
        (1, "a", 128),
        (2, "b", 64),
        (2, "b", 128),
    ]


async def test_a_full_queue_takes_what_fits_and_says_so() -> None:
    bench = Bench(max_queue_size=3)
    await bench.start()
    await bench.put("/processor/pause")
    answers = [await bench.draw(runs=2) for _ in range(3)]
    assert [(answer["enqueued"], answer["requested"]) for answer in answers] == [(2, 2), (1, 2), (0, 2)]
    assert answers[2]["item_ids"] == []
    await bench.stop()


@pytest.mark.parametrize("path", ["items_by_ids", "item_summaries_by_ids"])
async def test_more_than_a_thousand_ids_are_refused(bench: Bench, path: str) -> None:
    async with bench.http.post(f"{QUEUE}/{path}", json={"item_ids": list(range(1001))}) as response:
        assert response.status == 422
        (detail,) = (await response.json())["detail"]
    assert (detail["type"], detail["loc"]) == ("too_long", ["body", "item_ids"])


async def test_unknown_paths_and_wrong_gets_answer_the_web_app(bench: Bench) -> None:
    for path in ("/api/v1/queue/default/list", "/api/v1/nothing", f"{QUEUE}/clear", "/"):
        async with bench.http.get(path) as response:
            assert (response.status, response.content_type) == (200, "text/html")
    async with bench.http.post("/api/v1/nothing") as response:
        assert (response.status, response.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("body", "kind"), [("{", "json_invalid"), ("", "missing"), ("{}", "missing"), ("[1]", "missing")]
)
async def test_a_broken_body_is_refused(bench: Bench, body: str, kind: str) -> None:
    async with bench.http.post(f"{QUEUE}/enqueue_batch", data=body) as response:
        assert response.status == 422
        assert (await response.json())["detail"][0]["type"] == kind


@pytest.mark.parametrize(
    ("edge", "words"),
    [
        (("x", "image", "s", "metadata"), "Edge source node x does not exist in the graph"),
        (("s", "image", "x", "image"), "Edge destination node x does not exist in the graph"),
        (("s", "paint", "s", "metadata"), "Edge source field paint does not exist in node s"),
        (("s", "image", "s", "paint"), "Edge destination field paint does not exist in node s"),
        (("s", "image", "s", "metadata"), "Graph contains cycles"),
        (("b", "image", "s", "seed"), "Edge source and target types do not match (b.image -> s.seed)"),
    ],
)
async def test_an_unsound_graph_is_refused(bench: Bench, edge: tuple[str, ...], words: str) -> None:
    ends = [{"node_id": edge[0], "field": edge[1]}, {"node_id": edge[2], "field": edge[3]}]
    graph = {
        "nodes": {"s": {"id": "s", "type": "sandbox_draw"}, "b": {"id": "b", "type": "blank_image"}},
        "edges": [{"source": ends[0], "destination": ends[1]}],
    }
    async with bench.http.post(f"{QUEUE}/enqueue_batch", json={"batch": {"graph": graph}}) as response:
        (detail,) = (await response.json())["detail"]
        assert (response.status, detail["msg"]) == (422, f"Value error, {words}")


async def test_a_picture_carries_its_metadata_and_graph(bench: Bench) -> None:
    nodes = {
        "m": {"id": "m", "type": "core_metadata", "positive_prompt": "fox", "seed": 7, "own_field": "kept"},
        "s": {"id": "s", "type": "sandbox_draw", "steps": 1, "width": 320, "height": 64, "seed": 7},
    }
    edge = {
        "source": {"node_id": "m", "field": "metadata"},
        "destination": {"node_id": "s", "field": "metadata"},
    }
    await bench.ask("POST", "/enqueue_batch", {"batch": {"graph": {"nodes": nodes, "edges": [edge]}}})
    await bench.idle()
    results = (await bench.get("/i/1"))["session"]["results"].values()
    name = next(result["image"]["image_name"] for result in results if result["type"] == "image_output")
    expected = {"positive_prompt": "fox", "seed": 7, "own_field": "kept", "app_version": "6.14.2"}
    place = f"/api/v1/images/i/{name}"
    async with bench.http.get(f"{place}/metadata") as response:
        assert await response.json() == expected
    async with bench.http.get(f"{place}/full") as response:
        assert response.content_type == "image/png"
        png = await response.read()
    with Image.open(io.BytesIO(png)) as picture:
        assert (picture.format, picture.size) == ("PNG", (320, 64))
        assert json.loads(picture.info["invokeai_metadata"]) == expected
        assert set(json.loads(picture.info["invokeai_graph"])["nodes"]) == {"m", "s"}
    async with bench.http.head(f"{place}/full") as response:
        assert (response.status, response.headers["content-length"]) == (200, str(len(png)))
    async with bench.http.get(f"{place}/thumbnail") as response:
        assert response.content_type == "image/webp"
        with Image.open(io.BytesIO(await response.read())) as thumbnail:
            assert (thumbnail.format, thumbnail.size) == ("WEBP", (256, 51))
    for status in (200, 404):
        async with bench.http.delete(place) as response:
            assert response.status == status


async def test_the_same_cached_node_answers_with_the_same_image(bench: Bench) -> None:
    names: list[str] = []
    for _ in range(2):
        nodes = {"b": {"id": "b", "type": "blank_image", "width": 8, "height": 8}}
        answer = await bench.ask("POST", "/enqueue_batch", {"batch": {"graph": {"nodes": nodes}}})
        await bench.idle()
        (result,) = (await bench.get(f"/i/{answer['item_ids'][0]}"))["session"]["results"].values()
        names.append(result["image"]["image_name"])
    assert names[0] == names[1]


async def test_whatever_a_node_raises_fails_its_job_only(bench: Bench) -> None:
    nodes = {"r": {"id": "r", "type": "range", "step": 0}}
    await bench.ask("POST", "/enqueue_batch", {"batch": {"graph": {"nodes": nodes}}})
    await bench.draw()
    await bench.idle()
    assert bench.statuses() == ["failed", "completed"]
    assert (await bench.get("/i/1"))["error_type"] == "ValueError"


async def test_faults_make_it_unwell_until_they_are_lifted(bench: Bench) -> None:
    async def answer() -> tuple[int, str, str]:
        async with bench.http.get(f"{QUEUE}/status") as response:
            return response.status, response.content_type, await response.text()

    healthy = await answer()
    bench.server.fault = Fault.HTML
    assert (await answer())[:2] == (200, "text/html")
    bench.server.fault = Fault.SERVER_ERROR
    assert (await answer())[0] == 500
    bench.server.fault = Fault.HALF_JSON
    status, content_type, text = await answer()
    assert (status, content_type) == (200, "application/json")
    assert healthy[2].startswith(text)
    assert text != healthy[2]
    bench.server.fault = Fault.HANG
    waiting = asyncio.create_task(answer())
    done, _ = await asyncio.wait({waiting}, timeout=0.05)
    assert not done
    bench.server.fault = None
    await waiting
    assert await answer() == healthy


async def test_every_request_stands_in_the_access_log(bench: Bench) -> None:
    await bench.get("/item_ids?order_dir=ASC")
    async with bench.http.post(f"{QUEUE}/clear"):
        pass
    assert bench.server.access_log == [
        ("GET", f"{QUEUE}/item_ids", 200, len('{"item_ids":[],"total_count":0}'), "order_dir=ASC"),
        ("POST", f"{QUEUE}/clear", 405, len('{"detail":"Method Not Allowed"}'), ""),
    ]


async def test_a_node_without_its_image_fails_before_it_runs(bench: Bench) -> None:
    nodes = {"r": {"id": "r", "type": "img_blur"}}
    await bench.ask("POST", "/enqueue_batch", {"batch": {"graph": {"nodes": nodes}}})
    await bench.idle()
    item = await bench.get("/i/1")
    assert item["error_message"] == "Node img_blur missing value or connection for field image"
    assert item["error_traceback"].count("  File ") == 2


async def test_an_iteration_draws_one_picture_a_round_and_collects_them(bench: Bench) -> None:
    draw = {"id": "s", "type": "sandbox_draw", "steps": 1, "width": 32, "height": 32}
    nodes = {
        "r": {"id": "r", "type": "range", "start": 5, "stop": 8},
        "it": {"id": "it", "type": "iterate"},
        "s": draw,
        "c": {"id": "c", "type": "collect"},
    }
    ends = [("r.collection", "it.collection"), ("it.item", "s.seed"), ("s.image", "c.item")]
    edges = [
        dict(
            zip(
                ("source", "destination"),
                ({"node_id": end.split(".")[0], "field": end.split(".")[1]} for end in pair),
                strict=True,
            )
        )
        for pair in ends
    ]
    await bench.ask("POST", "/enqueue_batch", {"batch": {"graph": {"nodes": nodes, "edges": edges}}})
    await bench.idle()
    session = (await bench.get("/i/1"))["session"]
    drawn = [
        node["seed"]
        for node in session["execution_graph"]["nodes"].values()
        if node["type"] == "sandbox_draw"
    ]
    images = [result["image"] for result in session["results"].values() if result["type"] == "image_output"]
    (collected,) = [result for result in session["results"].values() if result["type"] == "collect_output"]
    assert drawn == [5, 6, 7]
    assert collected["collection"] == images
