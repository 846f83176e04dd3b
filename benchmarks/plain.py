"""What the bare script and the naive poller share: read an item, fetch its image, post it. Nothing else."""

import json
from typing import Any

import aiohttp


class Plain:
    """`invokeai` and `discord` are base URLs; `channel` is where the pictures go."""

    def __init__(
        self, http: aiohttp.ClientSession, invokeai: str, discord: str, token: str, channel: str
    ) -> None:
        self._http = http
        self.queue = f"{invokeai}/api/v1/queue/default"
        self._images = f"{invokeai}/api/v1/images/i"
        self._post = f"{discord}/channels/{channel}/messages"
        self._headers = {"Authorization": f"Bot {token}"}

    async def get(self, path: str) -> Any:
        async with self._http.get(f"{self.queue}/{path}", raise_for_status=True) as answer:
            return await answer.json()

    async def post(self, item: dict[str, Any]) -> None:
        results = item["session"]["results"].values()
        name = next(one["image"]["image_name"] for one in results if one["type"] == "image_output")
        async with self._http.get(f"{self._images}/{name}/full", raise_for_status=True) as answer:
            data = await answer.read()
        form = aiohttp.FormData()
        form.add_field("payload_json", json.dumps({"content": f"#{item['item_id']} done"}))
        form.add_field("files[0]", data, filename="image.png", content_type="image/png")
        async with self._http.post(
            self._post, data=form, headers=self._headers, raise_for_status=True
        ) as answer:
            await answer.read()
