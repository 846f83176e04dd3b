"""What only the real server can show: its access log, and how it breaks."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest
from person import Person, draw, picture
from real_invokeai import VERSIONS, Access, RealInvokeAI
from servers import REAL, RealServers

from bot.domain.jobs import JobStatus
from bot.errors import InvokeAIUnavailable
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint

pytestmark = REAL

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("version", VERSIONS)
async def test_reading_reaches_invokeai_as_reading(version: str, real_servers: RealServers) -> None:
    real = (await real_servers.of(version)).real
    before = len(real.accesses())
    async with aiohttp.ClientSession() as http:
        client = InvokeAIClient(http, Endpoint(real.url), "studio")
        await client.status()
        await client.latest()
        await client.jobs()
    accesses = real.accesses()[before:]
    assert Access("GET", "/api/v1/queue/default/status", 200) in accesses
    assert {access.status for access in accesses} == {200}
    reading = ("/item_summaries_by_ids", "/items_by_ids")
    assert {access.method for access in accesses if not access.path.endswith(reading)} == {"GET"}


async def test_a_job_that_invokeai_stores_and_cannot_read_stops_its_queue_until_what_waits_is_canceled(
    tmp_path: Path,
) -> None:
    """Half a UTF-16 pair in a prompt. The state that a stall is told by; and the way out that there is."""
    real = RealInvokeAI(tmp_path)
    await asyncio.to_thread(real.start)
    try:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
            url = f"{real.url}/api/v1/queue/default/enqueue_batch"
            batch = {"graph": picture(positive_prompt="a \ud83d fox"), "runs": 1}
            async with http.post(url, data=json.dumps({"batch": batch}).encode(), headers=JSON) as answer:
                assert answer.status == 500
            person = Person(http, real.url)
            [second] = (await person.enqueue(draw())).numbers
            client = InvokeAIClient(http, Endpoint(real.url), "studio")
            await asyncio.sleep(2)
            status = await client.status()
            assert (status.pending, status.in_progress, status.paused) == (2, 0, False)
            with pytest.raises(InvokeAIUnavailable):
                await client.job(second - 1)
            with pytest.raises(InvokeAIUnavailable):
                await client.next()
            assert await client.cancel_waiting() == 2
            ended = await client.jobs_changed(0, [second - 1, second])
            assert [job.status for job in ended] == [JobStatus.CANCELED] * 2
            [third] = (await person.enqueue(draw())).numbers
            async with asyncio.timeout(15):
                while (await client.job(third)).status is not JobStatus.COMPLETED:  # noqa: ASYNC110 - no socket here
                    await asyncio.sleep(0.1)
    finally:
        await asyncio.to_thread(real.kill)
