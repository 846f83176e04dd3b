"""The sandbox's socket events, in the order and with the fields of the captured 6.14.2 streams."""

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from PIL import Image
from sandbox_invokeai_bench import FIXTURES, QUEUE, Ear, Json, until

from sandbox.invokeai import SandboxInvokeAI

CAPTURED = FIXTURES / "v6.14.2"


class Steps:
    """A sleep that ends at once, or, while held, not before `go`."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.free.set()
        self.waiting = asyncio.Event()

    async def sleep(self, _seconds: float) -> None:
        self.waiting.set()
        await self.free.wait()

    def hold(self) -> None:
        self.free.clear()
        self.waiting.clear()

    def go(self) -> None:
        self.free.set()


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture
async def server(steps: Steps) -> AsyncIterator[SandboxInvokeAI]:
    sandbox = SandboxInvokeAI(sleep=steps.sleep)
    await sandbox.start()
    yield sandbox
    steps.go()
    await sandbox.stop()


@pytest.fixture
async def ear(server: SandboxInvokeAI) -> AsyncIterator[Ear]:
    listener = Ear()
    await listener.listen(server.url)
    yield listener
    await listener.close()


@pytest.fixture
async def http(server: SandboxInvokeAI) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.url) as session:
        yield session


def draw(**fields: Any) -> Json:
    node = {"id": "s", "type": "sandbox_draw", "steps": 3, "width": 64, "height": 64, **fields}
    return {"batch": {"graph": {"nodes": {"s": node}}, "runs": 1}}


def blank_then_draw(**fields: Any) -> Json:
    body = draw(**fields)
    blank = {"id": "b", "type": "blank_image", "width": 64, "height": 64, "is_intermediate": True}
    body["batch"]["graph"]["nodes"] = {"b": blank | {"use_cache": False}, **body["batch"]["graph"]["nodes"]}
    return body


async def ask(http: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> Any:
    async with http.request(method, f"{QUEUE}{path}", json=body) as response:
        assert response.status == 200, await response.text()
        return await response.json()


def captured(name: str) -> list[tuple[str, Json]]:
    lines = (CAPTURED / f"{name}.jsonl").read_text().splitlines()
    events = [(line["event"], line["data"]) for line in map(json.loads, lines)]
    return [(event, payload) for event, payload in events if payload is not None]


def compact(events: list[tuple[str, Json]]) -> list[str]:
    """One word an event, with its status; progress of the same node only once."""
    words: list[str] = []
    for event, payload in events:
        word = f"{event} {payload['status']}" if "status" in payload else event
        if event == "invocation_progress":
            word += f" {payload['message']}"
        if not words or words[-1] != word:
            words.append(word)
    return words


def fields_of(events: list[tuple[str, Json]], event: str) -> list[str]:
    return next(list(payload) for name, payload in events if name == event)


async def test_a_good_job_tells_of_every_node_and_step(
    server: SandboxInvokeAI, ear: Ear, http: aiohttp.ClientSession
) -> None:
    await ask(http, "POST", "/enqueue_batch", draw(steps=2))
    await ear.until("queue_item_status_changed", status="completed")
    assert ear.story() == [
        "batch_enqueued",
        "queue_item_status_changed in_progress",
        "invocation_started",
        "invocation_progress",
        "invocation_progress",
        "invocation_progress",
        "invocation_complete",
        "queue_item_status_changed completed",
    ]
    percentages = [payload["percentage"] for _, payload in ear.heard if "percentage" in payload]
    assert percentages == [0.5, 1.0, None]


async def test_a_good_job_tells_the_captured_story(
    server: SandboxInvokeAI, ear: Ear, http: aiohttp.ClientSession
) -> None:
    truth = captured("socket-good")
    await ask(http, "POST", "/enqueue_batch", blank_then_draw())
    await ear.until("queue_item_status_changed", status="completed")
    assert compact(ear.heard) == compact(truth)
    for event in {event for event, _ in truth}:
        assert fields_of(ear.heard, event) == fields_of(truth, event)
    status = next(payload for event, payload in ear.heard if event == "queue_item_status_changed")
    true_status = next(payload for event, payload in truth if event == "queue_item_status_changed")
    assert list(status["queue_status"]) == list(true_status["queue_status"])
    assert list(status["batch_status"]) == list(true_status["batch_status"])


async def test_a_failed_job_tells_its_status_before_its_error(
    server: SandboxInvokeAI, ear: Ear, http: aiohttp.ClientSession
) -> None:
    await ask(http, "POST", "/enqueue_batch", draw(fail_with="torch.OutOfMemoryError: CUDA out of memory."))
    error = await ear.until("invocation_error")
    assert ear.story()[-2:] == ["queue_item_status_changed failed", "invocation_error"]
    assert (error["error_type"], error["error_message"]) == ("OutOfMemoryError", "CUDA out of memory.")
    assert error["error_traceback"].endswith("\ntorch.OutOfMemoryError: CUDA out of memory.\n")


async def test_a_failed_job_tells_the_captured_story(
    server: SandboxInvokeAI, ear: Ear, http: aiohttp.ClientSession
) -> None:
    truth = captured("socket-failed")
    await ask(http, "POST", "/enqueue_batch", draw(steps=4, fail_at_step=3))
    error = await ear.until("invocation_error")
    assert compact(ear.heard) == compact(truth)
    assert fields_of(ear.heard, "invocation_error") == fields_of(truth, "invocation_error")
    assert error["error_message"] == "sandbox_draw was told to fail at step 3"
    true_error = next(payload for event, payload in truth if event == "invocation_error")
    assert error["error_traceback"].splitlines()[:7] == true_error["error_traceback"].splitlines()[:7]


async def test_a_canceled_job_is_canceled_at_once_and_its_node_speaks_once_more(
    server: SandboxInvokeAI, ear: Ear, http: aiohttp.ClientSession, steps: Steps
) -> None:
    steps.hold()
    await ask(http, "POST", "/enqueue_batch", draw(steps=9))
    await steps.waiting.wait()
    await ask(http, "PUT", "/i/1/cancel")
    await ear.until("queue_item_status_changed", status="canceled")
    steps.go()
    await ear.until("invocation_progress")
    assert ear.story() == [
        "batch_enqueued",
        "queue_item_status_changed in_progress",
        "invocation_started",
        "queue_item_status_changed canceled",
        "invocation_progress",
    ]


async def test_canceling_a_batch_tells_the_running_one_then_the_pending_ones_together(
    server: SandboxInvokeAI, ear: Ear, http: aiohttp.ClientSession, steps: Steps
) -> None:
    steps.hold()
    body = draw()
    body["batch"]["runs"] = 3
    batch = (await ask(http, "POST", "/enqueue_batch", body))["batch"]["batch_id"]
    await steps.waiting.wait()
    assert await ask(http, "PUT", "/cancel_by_batch_ids", {"batch_ids": [batch]}) == {"canceled": 3}
    bulk = await ear.until("queue_items_canceled")
    assert bulk["canceled_item_ids"] == [2, 3]
    assert ear.story()[-2:] == ["queue_item_status_changed canceled", "queue_items_canceled"]
    assert bulk["canceled_item_ids_by_user"] == {"system": [2, 3]}


async def test_clear_cancels_the_running_job_first(
    server: SandboxInvokeAI, ear: Ear, http: aiohttp.ClientSession, steps: Steps
) -> None:
    steps.hold()
    await ask(http, "POST", "/enqueue_batch", draw())
    await steps.waiting.wait()
    assert await ask(http, "PUT", "/clear") == {"deleted": 1}
    await ear.until("queue_cleared", user_id=None)
    assert ear.story()[-2:] == ["queue_item_status_changed canceled", "queue_cleared"]


async def test_prune_pause_and_resume_say_nothing(
    server: SandboxInvokeAI, ear: Ear, http: aiohttp.ClientSession
) -> None:
    await ask(http, "POST", "/enqueue_batch", draw())
    await ear.until("queue_item_status_changed", status="completed")
    before = len(ear.heard)
    for path in ("/processor/pause", "/prune", "/processor/resume"):
        await ask(http, "PUT", path)
    await ask(http, "POST", "/enqueue_batch", draw())
    await ear.until("queue_item_status_changed", status="completed", item_id=2)
    assert ear.story()[before] == "batch_enqueued"


async def test_a_retry_names_the_old_id_and_the_new_one_shows_when_it_runs(
    server: SandboxInvokeAI, ear: Ear, http: aiohttp.ClientSession
) -> None:
    await ask(http, "POST", "/enqueue_batch", draw(fail_at_step=1))
    await ear.until("invocation_error", item_id=1)
    await ask(http, "PUT", "/retry_items_by_id", [1])
    assert (await ear.until("queue_items_retried"))["retried_item_ids"] == [1]
    await ear.until("invocation_error", item_id=2)
    await ask(http, "PUT", "/retry_items_by_id", [2])
    await ear.until("invocation_error", item_id=3)
    third = await ask(http, "GET", "/i/3")
    assert third["retried_from_item_id"] == 1
    assert "field_values" not in third


async def test_previews_are_jpegs_that_get_sharper(
    server: SandboxInvokeAI, ear: Ear, http: aiohttp.ClientSession
) -> None:
    await ask(http, "POST", "/enqueue_batch", draw(steps=4, width=256, height=128))
    await ear.until("queue_item_status_changed", status="completed")
    images = [payload["image"] for event, payload in ear.heard if event == "invocation_progress"]
    assert images.pop() is None  # "Saving image"
    assert [(image["width"], image["height"]) for image in images] == [(256, 128)] * 4
    head, _, data = images[-1]["dataURL"].partition(",")
    assert head == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as preview:
        assert (preview.format, preview.size) == ("JPEG", (192, 96))
    assert len({image["dataURL"] for image in images}) == 4


async def test_without_a_subscription_6_14_speaks_and_6_11_is_silent(steps: Steps) -> None:
    for subscription_needed, expected in ((False, True), (True, False)):
        sandbox = SandboxInvokeAI(sleep=steps.sleep, subscription_needed=subscription_needed)
        await sandbox.start()
        deaf, ear = Ear(), Ear()
        await deaf.listen(sandbox.url, queue_id=None)
        await ear.listen(sandbox.url)
        async with aiohttp.ClientSession(sandbox.url) as http:
            await ask(http, "POST", "/enqueue_batch", draw())
            await ear.until("queue_item_status_changed", status="completed")
        assert bool(deaf.heard) is expected
        await deaf.close()
        await ear.close()
        await sandbox.stop()


async def test_a_killed_server_cancels_its_running_job_silently_at_the_next_start(
    server: SandboxInvokeAI, ear: Ear, http: aiohttp.ClientSession, steps: Steps
) -> None:
    steps.hold()
    body = draw()
    body["batch"]["runs"] = 2
    await ask(http, "POST", "/enqueue_batch", body)
    await steps.waiting.wait()
    port = server.port
    await server.kill()
    await asyncio.wait_for(ear.lost.wait(), 10)
    await ask_refused(server.url)
    steps.go()
    await server.start(port)
    late = Ear()
    await late.listen(server.url)
    await until(lambda: server.queue.items[2].status == "completed")
    interrupted = await ask(http, "GET", "/i/1")
    assert interrupted["status"] == "canceled"
    assert "error_type" not in interrupted
    assert interrupted["session"]["results"] == {}
    assert (await ask(http, "GET", "/i/2"))["status"] == "completed"
    assert not [payload for _, payload in ear.heard + late.heard if payload.get("status") == "canceled"]
    await late.close()


async def ask_refused(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(f"{url}/api/v1/app/version")


async def test_work_goes_on_while_the_server_is_away(
    server: SandboxInvokeAI, ear: Ear, http: aiohttp.ClientSession, steps: Steps
) -> None:
    steps.hold()
    await ask(http, "POST", "/enqueue_batch", draw())
    await steps.waiting.wait()
    await server.away()
    await asyncio.wait_for(ear.lost.wait(), 10)
    await ask_refused(server.url)
    steps.go()
    await until(lambda: server.queue.items[1].status == "completed")
    await server.back()
    assert (await ask(http, "GET", "/i/1"))["status"] == "completed"
