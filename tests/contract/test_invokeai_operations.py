"""The table of operations says of each version what the version's own OpenAPI document says."""

from typing import Any

import aiohttp
from servers import PLAYED, Address

from bot.invokeai.known_operations import released
from bot.invokeai.operations import OpenApi, Operations


async def test_a_released_version_does_what_the_table_says(
    http: aiohttp.ClientSession, invokeai: Address, request: Any
) -> None:
    table = released(invokeai.version)
    if invokeai.family in PLAYED:
        assert table is None
        return
    assert table is not None
    async with http.get(f"{invokeai.url}/openapi.json") as answer:
        document = Operations.from_openapi(OpenApi.model_validate(await answer.json())).to_lines()
    if "sandbox" in request.node.callspec.id:  # it does less than InvokeAI
        assert document.items() <= table.to_lines().items()
        assert len(document) > 20
    else:
        assert document == table.to_lines()
