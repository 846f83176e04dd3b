"""Jobs from before, a limit on them, a new database, and items that are gone without a word."""

import json
from datetime import timedelta

import pytest
from sandbox_invokeai_bench import QUEUE, Bench


async def test_seeded_jobs_look_like_jobs_that_ran() -> None:
    bench = Bench()
    await bench.start()
    first, last = bench.server.seed_history(2)
    (failed,) = bench.server.seed_history(1, status="failed")
    (canceled,) = bench.server.seed_history(1, status="canceled")
    await bench.draw()
    await bench.idle()
    assert (first, last, failed, canceled) == (1, 2, 3, 4)
    assert bench.statuses() == ["completed", "completed", "failed", "canceled", "completed"]
    real, seeded = await bench.get("/i/5"), await bench.get("/i/2")
    assert set(seeded) - {"origin", "destination"} == set(real)
    assert set(seeded["session"]) == set(real["session"])
    assert 22_000 < len(json.dumps(seeded["session"], separators=(",", ":"))) < 27_000
    older = await bench.get("/i/1")
    assert older["session"]["id"] != seeded["session"]["id"]
    assert older["completed_at"] < seeded["completed_at"]
    images = [
        result["image"]["image_name"]
        for item in (older, seeded)
        for result in item["session"]["results"].values()
        if result["type"] == "image_output"
    ]
    assert len(set(images)) == 2
    for name in images:
        assert (await bench.http.get(f"/api/v1/images/i/{name}/full")).status == 200
    assert (await bench.get("/i/3"))["error_type"] == "RuntimeError"
    await bench.stop()


async def test_a_seeded_job_can_be_sent_again() -> None:
    bench = Bench()
    await bench.start()
    bench.server.seed_history(1, status="canceled")
    assert (await bench.put("/retry_items_by_id", [1]))["retried_item_ids"] == [1]
    await bench.idle()
    assert (await bench.get("/i/2"))["status"] == "completed"
    await bench.stop()


@pytest.mark.parametrize(("version", "left"), [("6.14.2", [2, 3]), ("6.13.5", [2, 3]), ("6.9.0", [1, 2, 3])])
async def test_a_start_keeps_so_many_finished_jobs(version: str, left: list[int]) -> None:
    bench = Bench(version=version, max_queue_history=2)
    bench.server.seed_history(3)
    await bench.start()
    assert list(bench.server.queue.items) == left
    await bench.stop()


async def test_a_new_database_counts_from_one_again() -> None:
    bench = Bench()
    await bench.start()
    with pytest.raises(RuntimeError):
        bench.server.new_database()
    await bench.draw(runs=2)
    await bench.idle()
    before = bench.server.queue.items[1].session_id
    await bench.server.stop()
    bench.server.new_database()
    await bench.server.start(bench.server.port)
    assert (await bench.get("/status"))["queue"]["total"] == 0
    assert (await bench.http.get("/api/v1/images/")).status == 200
    assert (await (await bench.http.get("/api/v1/images/")).json())["total"] == 0
    assert (await bench.draw())["item_ids"] == [1]
    assert bench.server.queue.items[1].session_id != before
    await bench.stop()


async def test_a_vanished_item_is_unknown_and_its_number_is_not_given_again() -> None:
    bench = Bench()
    await bench.start()
    await bench.draw(runs=3)
    await bench.idle()
    bench.server.vanish([2])
    status, _, body = await bench.seen("GET", f"{QUEUE}/i/2")
    assert (status, body["detail"]) == (404, "Queue item with id 2 not found in queue default")
    assert (await bench.get("/item_ids"))["total_count"] == 2
    assert (await bench.get("/status"))["queue"]["completed"] == 2
    bench.clock.now += timedelta(seconds=1)
    assert (await bench.draw())["item_ids"] == [4]
    await bench.stop()
