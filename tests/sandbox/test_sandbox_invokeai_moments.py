"""The sandbox InvokeAI breaks off, or something happens, while one request is under way."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from sandbox_invokeai_bench import Bench


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.start()
    yield bench
    await bench.stop()


@pytest.mark.parametrize(("after", "jobs_then"), [(False, 0), (True, 1)])
@pytest.mark.parametrize("cut", [False, True])
async def test_an_act_comes_before_or_after_the_next_request_alone_and_may_break_it(
    bench: Bench, after: bool, jobs_then: int, cut: bool
) -> None:
    seen: list[int] = []
    bench.server.moments.call_at_next(
        "enqueue_batch", lambda: seen.append(len(bench.server.queue.items)), after=after, cut=cut
    )
    await bench.get("/status")
    if cut:
        with pytest.raises(aiohttp.ClientConnectionError):
            await bench.draw()
    else:
        await bench.draw()
    await bench.draw()
    assert seen == [jobs_then]
    assert len(bench.server.queue.items) == (1 if cut and not after else 2)
