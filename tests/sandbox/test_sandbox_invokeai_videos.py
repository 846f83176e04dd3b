"""The sandbox's videos, held against 6.14.2's own OpenAPI document."""

import json
from collections.abc import AsyncIterator
from typing import Any

import jsonschema_rs
import pytest
from sandbox_invokeai_bench import OPENAPI, QUEUE, Bench, Json

from sandbox.invokeai.videos import clip, first_frame

DOCUMENT: Json = json.loads(OPENAPI.read_text("utf-8"))
VIDEOS = "/api/v1/videos"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.start()
    yield bench
    await bench.stop()


def check(schema: str, body: Any) -> None:
    components = {"schemas": DOCUMENT["components"]["schemas"]}
    jsonschema_rs.validator_for({**components["schemas"][schema], "components": components}).validate(body)


async def told(bench: Bench, method: str, path: str, body: Json | None = None) -> Any:
    status, _, answer = await bench.seen(method, path, body)
    assert status in (200, 201), answer
    return answer


async def filmed(bench: Bench, **fields: Any) -> str:
    """The name of a new video."""
    node = {"id": "a", "type": "sandbox_film", "seconds": 0, "prompt": "a fox", **fields}
    await bench.ask("POST", "/enqueue_batch", {"batch": {"graph": {"nodes": {"a": node}}}})
    await bench.idle()
    item = await bench.get(f"/i/{max(bench.server.queue.items)}")
    [output] = item["session"]["results"].values()
    needed = set(DOCUMENT["components"]["schemas"]["VideoOutput"]["required"])
    assert set(output) == needed - {"output_meta"}  # null, and so left out of an item
    return output["video"]["video_name"]


async def test_a_video_is_told_as_invokeai_tells_it(bench: Bench) -> None:
    name = await filmed(bench)
    assert name.endswith(".mp4")
    record = await told(bench, "GET", f"{VIDEOS}/i/{name}")
    check("VideoDTO", record)
    assert (record["starred"], record["board_id"]) == (False, None)
    board = await told(bench, "POST", "/api/v1/boards/?board_name=films")
    moved = await told(bench, "POST", f"{VIDEOS}/board", {"board_id": board["board_id"], "video_name": name})
    check("AddVideosToBoardResult", moved)
    check(
        "StarredVideosResult", await told(bench, "POST", f"{VIDEOS}/star", {"video_names": [name, "x.mp4"]})
    )
    record = await told(bench, "GET", f"{VIDEOS}/i/{name}")
    assert (record["starred"], record["board_id"]) == (True, board["board_id"])
    check("UnstarredVideosResult", await told(bench, "POST", f"{VIDEOS}/unstar", {"video_names": [name]}))
    deleted = await told(bench, "POST", f"{VIDEOS}/delete", {"video_names": [name, "x.mp4"]})
    check("DeleteVideosResult", deleted)
    assert deleted["deleted_videos"] == [name]
    assert (await bench.seen("GET", f"{VIDEOS}/i/{name}"))[0] == 404


async def test_its_file_and_its_thumbnail_are_there(bench: Bench) -> None:
    name = await filmed(bench, padding=1000)
    mp4 = bench.server.videos.find(name).mp4
    assert mp4.startswith(clip())
    assert b"a fox" in mp4
    assert len(mp4) > len(clip()) + 1000
    for kind, content_type, data in (("full", "video/mp4", mp4), ("thumbnail", "image/webp", first_frame())):
        async with bench.http.get(f"{VIDEOS}/i/{name}/{kind}") as response:
            assert (response.status, response.content_type) == (200, content_type)
            assert await response.read() == data


async def test_what_is_wrong_is_refused(bench: Bench) -> None:
    for method, path, body, expected in (
        ("GET", "i/x.mp4", None, (404, "Not Found")),
        ("DELETE", "i/x.mp4", None, (404, "Video not found")),
        ("POST", "board", {"board_id": "gone", "video_name": "x.mp4"}, (404, "Board not found")),
    ):
        status, _, answer = await bench.seen(method, f"{VIDEOS}/{path}", body)
        assert (status, answer["detail"]) == expected
    wrong: tuple[Json, ...] = ({"video_names": ["x" * 256]}, {"names": []})
    for body in wrong:
        assert (await bench.seen("POST", f"{VIDEOS}/star", body))[0] == 422


async def test_before_6_14_there_are_no_videos() -> None:
    bench = Bench(version="6.13.5")
    await bench.start()
    assert (await bench.seen("POST", f"{VIDEOS}/star", {"video_names": []}))[0] == 405
    graph = {"nodes": {"a": {"id": "a", "type": "sandbox_film"}}}
    status, _, _ = await bench.seen("POST", f"{QUEUE}/enqueue_batch", {"batch": {"graph": graph}})
    assert status == 422
    await bench.stop()
