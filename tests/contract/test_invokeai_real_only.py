"""What only the real server can show: its access log."""

import aiohttp
import pytest
from real_invokeai import VERSIONS, Access
from servers import REAL, RealServers

from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint

pytestmark = REAL


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
