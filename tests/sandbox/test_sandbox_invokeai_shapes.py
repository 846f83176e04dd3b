"""The sandbox's REST answers, compared field by field with what the real 6.14.2 answered."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from sandbox_invokeai_bench import OPENAPI, QUEUE, Json, shape, until
from sandbox_invokeai_bench import captured as captured_of

from sandbox.invokeai import SandboxInvokeAI


@pytest.fixture
async def server() -> AsyncIterator[SandboxInvokeAI]:
    sandbox = SandboxInvokeAI(sleep=lambda _seconds: asyncio.sleep(0))
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def http(server: SandboxInvokeAI) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.url) as session:
        yield session


def captured(name: str) -> Json:
    return captured_of("6.14.2", name)


async def call(http: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    async with http.request(method, path, json=body) as response:
        return response.status, await response.json()


async def enqueue_captured(http: aiohttp.ClientSession, server: SandboxInvokeAI, name: str) -> Json:
    """Sends a captured enqueue request again and waits for the job's end."""
    request = captured(name)["request"]
    status, body = await call(http, "POST", request["path"], request["body"])
    assert status == 200
    await until(lambda: all(item.is_terminal for item in server.queue.items.values()))
    return body


async def test_enqueue_answers_as_captured(server: SandboxInvokeAI, http: aiohttp.ClientSession) -> None:
    for name in ("enqueue_batch_good", "enqueue_batch_data", "enqueue_batch_iterate", "enqueue_batch_bad"):
        body = await enqueue_captured(http, server, name)
        assert shape(body) == shape(captured(name)["body"]), name
        assert body["item_ids"] == sorted(body["item_ids"], reverse=True)


async def test_a_completed_item_is_shaped_as_captured(
    server: SandboxInvokeAI, http: aiohttp.ClientSession
) -> None:
    await enqueue_captured(http, server, "enqueue_batch_good")
    _, item = await call(http, "GET", f"{QUEUE}/i/1")
    truth = captured("item_completed")["body"]
    assert shape(item) == shape(truth)
    assert sorted(item["session"]["executed_history"]) == sorted(truth["session"]["executed_history"])


async def test_iterations_are_prepared_and_collected_as_captured(
    server: SandboxInvokeAI, http: aiohttp.ClientSession
) -> None:
    await enqueue_captured(http, server, "enqueue_batch_iterate")
    _, item = await call(http, "GET", f"{QUEUE}/i/1")
    truth = captured("item_completed_iterate")["body"]
    session, true_session = item["session"], truth["session"]
    assert set(item) == set(truth)
    assert session["executed_history"] == true_session["executed_history"]
    assert list(session["prepared_source_mapping"].values()) == list(
        true_session["prepared_source_mapping"].values()
    )
    assert list(session["prepared_iteration_paths"].values()) == list(
        true_session["prepared_iteration_paths"].values()
    )
    assert [shape(result) for result in session["results"].values()] == [
        shape(result) for result in true_session["results"].values()
    ]
    seeds = [
        node["seed"]
        for node in session["execution_graph"]["nodes"].values()
        if node["type"] == "sandbox_draw"
    ]
    assert seeds == [0, 1, 2]
    assert len(session["execution_graph"]["edges"]) == len(true_session["execution_graph"]["edges"])


async def test_a_missing_input_image_fails_with_the_captured_words(
    server: SandboxInvokeAI, http: aiohttp.ClientSession
) -> None:
    await enqueue_captured(http, server, "enqueue_batch_bad")
    _, item = await call(http, "GET", f"{QUEUE}/i/1")
    truth = captured("item_failed_missing_image")["body"]
    assert shape(item) == shape(truth)
    for name in ("error_type", "error_message", "error_traceback"):
        assert item[name] == truth[name]


async def test_waiting_current_and_canceled_items_are_shaped_as_captured() -> None:
    held = asyncio.Event()

    async def hold(_seconds: float) -> None:
        await held.wait()

    sandbox = SandboxInvokeAI(sleep=hold)
    await sandbox.start()
    async with aiohttp.ClientSession(sandbox.url) as http:
        request = captured("enqueue_batch_data")["request"]
        await call(http, "POST", request["path"], request["body"])
        await until(lambda: sandbox.queue.current("default"))
        for path, name in (
            ("/current", "current_in_progress"),
            ("/next", "next_pending"),
            ("/i/2", "item_pending"),
            ("/i/1", "item_in_progress"),
            ("/status", "queue_status_busy"),
        ):
            assert shape((await call(http, "GET", QUEUE + path))[1]) == shape(captured(name)["body"]), name
        for path, name in (("/i/2/cancel", "cancel_pending"), ("/i/1/cancel", "cancel_in_progress")):
            assert shape((await call(http, "PUT", QUEUE + path))[1]) == shape(captured(name)["body"]), name
        held.set()
        await until(lambda: sandbox.queue.items[3].is_terminal)
        _, canceled = await call(http, "GET", f"{QUEUE}/i/1")
        truth = captured("item_canceled")["body"]
        assert shape(canceled) == shape(truth)
    await sandbox.stop()


async def test_lists_and_images_are_shaped_as_captured(
    server: SandboxInvokeAI, http: aiohttp.ClientSession
) -> None:
    await enqueue_captured(http, server, "enqueue_batch_good")
    _, item = await call(http, "GET", f"{QUEUE}/i/1")
    image = f"/api/v1/images/i/{final_image(item)}"
    for path, name in (
        (f"{QUEUE}/item_ids", "item_ids"),
        (f"{QUEUE}/b/{item['batch_id']}/status", "batch_status"),
        (f"{QUEUE}/b/does-not-exist/status", "batch_status_unknown"),
        (f"{QUEUE}/counts_by_destination?destination=generate", "counts_by_destination"),
        (f"{QUEUE}/current", "current_none"),
        ("/api/v1/queue/other/status", "queue_status_other_queue"),
        (image, "image_dto"),
        (f"{image}/metadata", "image_metadata"),
        (f"{image}/urls", "image_urls"),
        (f"{image}/workflow", "image_workflow"),
        ("/api/v1/images/?limit=3&offset=0&is_intermediate=false", "images_list"),
        ("/api/v1/app/version", "app_version"),
    ):
        status, body = await call(http, "GET", path)
        assert status == 200
        assert shape(body) == shape(captured(name)["body"]), name
    for name in ("items_by_ids", "item_summaries_by_ids"):
        _, body = await call(http, "POST", f"{QUEUE}/{name}", {"item_ids": [1, 999999]})
        assert shape(body) == shape(captured(name)["body"][:1]), name
    assert (await call(http, "GET", f"{image}/metadata"))[1] == captured("image_metadata")["body"]
    _, deleted = await call(http, "DELETE", image)
    assert shape(deleted)["affected_boards"] == shape(captured("image_delete")["body"])["affected_boards"]
    assert set(deleted) == set(captured("image_delete")["body"])


async def test_stars_and_boards_are_shaped_as_captured(
    server: SandboxInvokeAI, http: aiohttp.ClientSession
) -> None:
    await enqueue_captured(http, server, "enqueue_batch_good")
    name = final_image((await call(http, "GET", f"{QUEUE}/i/1"))[1])
    for operation in ("star", "unstar"):
        status, body = await call(http, "POST", f"/api/v1/images/{operation}", {"image_names": [name]})
        assert (status, shape(body)) == (200, shape(captured(f"images_{operation}")["body"]))
    status, board = await call(http, "POST", "/api/v1/boards/?board_name=Discord")
    assert (status, shape(board)) == (201, shape(captured("board_create")["body"]))
    move = {"board_id": board["board_id"], "image_name": name}
    status, body = await call(http, "POST", "/api/v1/board_images/", move)
    assert (status, shape(body)) == (201, shape(captured("board_images_add")["body"]))
    status, body = await call(http, "GET", "/api/v1/boards/?all=true")
    assert (status, shape(body)) == (200, shape(captured("boards_list")["body"]))
    _, body = await call(http, "GET", f"/api/v1/images/i/{name}")
    assert shape(body) == shape(captured("image_dto_boarded")["body"])
    moves = {"board_id": board["board_id"], "image_names": [name, "nope.png", name]}
    status, body = await call(http, "POST", "/api/v1/board_images/batch", moves)
    assert (status, body["added_images"], body["affected_boards"]) == (201, [name], [board["board_id"]])
    status, body = await call(http, "DELETE", "/api/v1/board_images/", {"image_name": name})
    assert (status, body["affected_boards"]) == (201, [board["board_id"], "none"])
    for path, sent, expected in (
        ("/api/v1/board_images/batch", moves | {"board_id": "nope"}, 404),
        ("/api/v1/board_images/", move | {"image_name": "nope.png"}, 500),
        ("/api/v1/board_images/", {"board_id": board["board_id"]}, 422),
        ("/api/v1/boards/", None, 422),
        ("/api/v2/models/empty_model_cache", None, 200),
    ):
        assert (await call(http, "POST", path, sent))[0] == expected, path
    assert (await call(http, "GET", "/api/v1/boards/"))[0] == 400
    _, body = await call(http, "POST", "/api/v1/images/delete", {"image_names": [name, "nope.png"]})
    assert body == {"affected_boards": ["none"], "deleted_images": [name], "failed_images": []}


def final_image(item: Json) -> str:
    nodes = item["session"]["execution_graph"]["nodes"]
    return next(
        result["image"]["image_name"]
        for node_id, result in item["session"]["results"].items()
        if result["type"] == "image_output" and not nodes[node_id]["is_intermediate"]
    )


@pytest.mark.parametrize(
    "name",
    [
        "err_item_404",
        "err_item_422",
        "err_cancel_404",
        "err_delete_404",
        "err_image_404",
        "err_retry_404",
        "err_wrong_queue",
        "err_enqueue_runs0",
        "err_batchfield",
        "err_method_post_cancel",
        "err_method_post_pause",
        "err_method_post_resume",
        "err_method_delete_clear",
        "err_method_delete_prune",
        "cancel_by_destination",
        "processor_resume",
    ],
)
async def test_an_error_answers_exactly_as_captured(
    server: SandboxInvokeAI, http: aiohttp.ClientSession, name: str
) -> None:
    await enqueue_captured(http, server, "enqueue_batch_good")
    truth = captured(name)
    request = truth["request"]
    async with http.request(request["method"], request["path"], json=request["body"]) as response:
        assert (response.status, await response.json()) == (truth["status"], truth["body"])
        assert response.headers.get("allow") == truth["headers"].get("allow")


async def test_an_unknown_node_is_refused_with_the_captured_words(
    server: SandboxInvokeAI, http: aiohttp.ClientSession
) -> None:
    truth = captured("err_enqueue_422")
    status, body = await call(http, "POST", truth["request"]["path"], truth["request"]["body"])
    found, true = body["detail"][0], truth["body"]["detail"][0]
    assert status == truth["status"]
    assert {name: found[name] for name in ("type", "loc", "input")} == {
        name: true[name] for name in ("type", "loc", "input")
    }
    assert found["ctx"]["discriminator"] == true["ctx"]["discriminator"]
    assert found["msg"].partition(":")[0] == true["msg"].partition(":")[0]


async def test_openapi_names_each_operation_as_the_real_one_does(
    server: SandboxInvokeAI, http: aiohttp.ClientSession
) -> None:
    _, ours = await call(http, "GET", "/openapi.json")
    theirs = json.loads(OPENAPI.read_text())
    for path, methods in ours["paths"].items():
        for method, operation in methods.items():
            true = theirs["paths"][path][method]
            assert operation["operationId"] == true["operationId"]
            true_names = {(parameter["in"], parameter["name"]) for parameter in true.get("parameters", [])}
            names = {(parameter["in"], parameter["name"]) for parameter in operation["parameters"]}
            assert names <= true_names
    queue_paths = {path for path in theirs["paths"] if path.startswith("/api/v1/queue/")}
    assert queue_paths <= set(ours["paths"])
