"""What a person does in InvokeAI's own page: plain HTTP, no part of the bot. And graphs to enqueue."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

PICTURE = {"positive_prompt": "a red fox in snow", "negative_prompt": "blurry", "seed": 1234, "steps": 30}
MODEL = {"key": "k", "hash": "blake3:0", "name": "Juggernaut XL v9", "base": "sdxl", "type": "main"}

VERBS = {"PUT": ("PUT", "POST", "DELETE")}  # an InvokeAI as once documented steers with the others
EVERYTHING = 100_000

Graph = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Enqueued:
    batch_id: str
    numbers: tuple[int, ...]
    """By number."""


class Person:
    """Works with each version of InvokeAI. `http` may carry the token of an account."""

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
        batch_id = answer["batch"]["batch_id"]
        numbers = answer["item_ids"] if "item_ids" in answer else await self._numbers(batch_id)
        assert len(numbers) == answer["enqueued"]
        return Enqueued(batch_id, tuple(sorted(numbers)))

    async def start_afresh(self) -> None:
        """An empty, running queue. Numbers go on.

        Real servers break for good when a job fails that was cleared away, so what runs ends first.
        """
        if await self._processing():
            await self._send("PUT", "queue/default/processor/pause")
            await self._send("PUT", "queue/default/cancel_all_except_current")
            current = await self._send("GET", "queue/default/current")
            if current is not None:
                await self.cancel(current["item_id"])
            await self._send("PUT", "queue/default/processor/resume")
            async with asyncio.timeout(15):
                while await self._processing():  # noqa: ASYNC110 - InvokeAI tells nobody when it rests
                    await asyncio.sleep(0.05)
        await self._send("PUT", "queue/default/clear")
        await self._send("PUT", "queue/default/processor/resume")

    async def pause(self) -> None:
        await self._send("PUT", "queue/default/processor/pause")

    async def resume(self) -> None:
        await self._send("PUT", "queue/default/processor/resume")

    async def cancel(self, number: int) -> None:
        await self._send("PUT", f"queue/default/i/{number}/cancel")

    async def retry(self, number: int) -> None:
        await self._send("PUT", "queue/default/retry_items_by_id", [number])

    async def delete_image(self, name: str) -> None:
        await self._send("DELETE", f"images/i/{name}")

    async def save_workflow(self, workflow: dict[str, Any]) -> str:
        """Its id; see `saved_workflows`."""
        return (await self._send("POST", "workflows/", {"workflow": workflow}))["workflow_id"]

    async def file(self, name: str) -> bytes:
        return await self._read(f"images/i/{name}/full")

    async def thumbnail(self, name: str) -> bytes:
        return await self._read(f"images/i/{name}/thumbnail")

    async def _processing(self) -> bool:
        return (await self._send("GET", "queue/default/status"))["processor"]["is_processing"]

    async def _numbers(self, batch_id: str) -> list[int]:
        """Before 6.0 InvokeAI does not tell the numbers of what it took."""
        listed = await self._send("GET", f"queue/default/list?limit={EVERYTHING}")
        return [item["item_id"] for item in listed["items"] if item["batch_id"] == batch_id]

    async def _read(self, path: str) -> bytes:
        async with self._http.get(f"{self._url}/api/v1/{path}") as response:
            assert response.status == HTTPStatus.OK
            return await response.read()

    async def _send(self, method: str, path: str, body: object = None) -> Any:
        for verb in VERBS.get(method, (method,)):
            async with self._http.request(verb, f"{self._url}/api/v1/{path}", json=body) as response:
                if response.status == HTTPStatus.METHOD_NOT_ALLOWED:
                    continue
                assert response.status in {200, 201}, await response.text()
                return await response.json()
        raise AssertionError(f"no verb for {path}")


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
    edges = [edge("blank", "image", "out", "image"), edge("told", "metadata", "out", "metadata")]
    return {"id": "picture", "nodes": nodes, "edges": edges}


def writing(left: str, right: str) -> Graph:
    """Ends with a text, in a node that is intermediate, as the workflow editor has it."""
    node = {"id": "text", "type": "string_join", "string_left": left, "string_right": right}
    return {"id": "writing", "nodes": {"text": node | {"is_intermediate": True}}, "edges": []}


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
        edge("range", "collection", "each", "collection"),
        edge("each", "item", "draw", "seed"),
        edge("draw", "image", "all", "item"),
        edge("all", "collection", "images", "collection"),
    ]
    return {"id": "several", "nodes": nodes, "edges": edges}


def edge(source: str, field: str, destination: str, into: str) -> dict[str, dict[str, str]]:
    return {
        "source": {"node_id": source, "field": field},
        "destination": {"node_id": destination, "field": into},
    }
