"""What a person does in InvokeAI's own page: plain HTTP, no part of the bot. And graphs to enqueue."""

from dataclasses import dataclass
from typing import Any

import aiohttp

PICTURE = {"positive_prompt": "a red fox in snow", "negative_prompt": "blurry", "seed": 1234, "steps": 30}
MODEL = {"key": "k", "hash": "blake3:0", "name": "Juggernaut XL v9", "base": "sdxl", "type": "main"}

Graph = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Enqueued:
    batch_id: str
    numbers: tuple[int, ...]
    """By number."""


class Person:
    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url.rstrip("/")

    async def enqueue(
        self,
        graph: Graph,
        *,
        runs: int = 1,
        prepend: bool = False,
        data: list[list[dict[str, Any]]] | None = None,
        origin: str | None = None,
        destination: str | None = None,
    ) -> Enqueued:
        batch = {"graph": graph, "runs": runs, "data": data, "origin": origin, "destination": destination}
        answer = await self._send("POST", "queue/default/enqueue_batch", {"batch": batch, "prepend": prepend})
        return Enqueued(answer["batch"]["batch_id"], tuple(sorted(answer["item_ids"])))

    async def start_afresh(self) -> None:
        """An empty, running queue. Numbers go on."""
        await self._send("PUT", "queue/default/clear")
        await self._send("PUT", "queue/default/processor/resume")

    async def retry(self, number: int) -> None:
        await self._send("PUT", "queue/default/retry_items_by_id", [number])

    async def delete_image(self, name: str) -> None:
        await self._send("DELETE", f"images/i/{name}")

    async def file(self, name: str) -> bytes:
        async with self._http.get(f"{self._url}/api/v1/images/i/{name}/full") as response:
            assert response.status == 200
            return await response.read()

    async def _send(self, method: str, path: str, body: object = None) -> Any:
        async with self._http.request(method, f"{self._url}/api/v1/{path}", json=body) as response:
            assert response.status in {200, 201}, await response.text()
            return await response.json()


def draw(**fields: Any) -> Graph:
    """One slow node; see `server/nodes/sandbox_draw`."""
    node = {
        "id": "draw",
        "type": "sandbox_draw",
        "is_intermediate": False,
        "seconds": 0.2,
        "steps": 2,
        **fields,
    }
    return {"id": "slow", "nodes": {"draw": node}, "edges": []}


def picture(**metadata: Any) -> Graph:
    """blank_image to img_resize, which alone is final; core_metadata tells the recipe."""
    told = {
        **PICTURE,
        "width": 64,
        "height": 32,
        "cfg_scale": 7.5,
        "scheduler": "euler",
        "model": MODEL,
        **metadata,
    }
    nodes = {
        "told": {"id": "told", "type": "core_metadata", "is_intermediate": True, **told},
        "blank": {"id": "blank", "type": "blank_image", "is_intermediate": True, "width": 64, "height": 64},
        "out": {"id": "out", "type": "img_resize", "is_intermediate": False, "width": 64, "height": 32},
    }
    for node in nodes.values():
        node["use_cache"] = False
    edges = [_edge("blank", "image", "out", "image"), _edge("told", "metadata", "out", "metadata")]
    return {"id": "picture", "nodes": nodes, "edges": edges}


def several(count: int) -> Graph:
    """One image for each of `count` seeds, then all of them once more as a collection."""
    nodes = {
        "range": {"id": "range", "type": "range", "start": 0, "stop": count, "step": 1},
        "each": {"id": "each", "type": "iterate"},
        "draw": {
            "id": "draw",
            "type": "sandbox_draw",
            "seconds": 0.01,
            "steps": 1,
            "width": 64,
            "height": 64,
        },
        "all": {"id": "all", "type": "collect"},
        "images": {"id": "images", "type": "image_collection"},
    }
    edges = [
        _edge("range", "collection", "each", "collection"),
        _edge("each", "item", "draw", "seed"),
        _edge("draw", "image", "all", "item"),
        _edge("all", "collection", "images", "collection"),
    ]
    return {"id": "several", "nodes": nodes, "edges": edges}


def _edge(source: str, field: str, destination: str, into: str) -> dict[str, dict[str, str]]:
    return {
        "source": {"node_id": source, "field": field},
        "destination": {"node_id": destination, "field": into},
    }
