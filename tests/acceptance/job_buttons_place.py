"""Jobs to press buttons for, and what a test reads of them at InvokeAI itself."""

from copy import deepcopy
from typing import Any

from house import InvokeAI

PROMPT = "red fox in snow"


def seeded(*, seed: int = 1234, prompt: str = PROMPT, **draw: Any) -> dict[str, Any]:
    """As InvokeAI's own page makes them: a seed node and a prompt node feed the drawing and the metadata."""
    nodes: dict[str, dict[str, Any]] = {
        "seed:1": {"type": "integer", "value": seed},
        "positive_prompt:1": {"type": "string", "value": prompt},
        "told": {"type": "core_metadata", "width": 64, "height": 64, "steps": 2},
        "draw": {"type": "sandbox_draw", "seconds": 0.2, "steps": 2, "width": 64, "height": 64, **draw},
    }
    for name, node in nodes.items():
        node |= {"id": name, "is_intermediate": name != "draw", "use_cache": False}
    wires = [
        ("seed:1", "value", "draw", "seed"),
        ("seed:1", "value", "told", "seed"),
        ("positive_prompt:1", "value", "draw", "prompt"),
        ("positive_prompt:1", "value", "told", "positive_prompt"),
        ("told", "metadata", "draw", "metadata"),
    ]
    edges = [
        {
            "source": {"node_id": source, "field": field},
            "destination": {"node_id": target, "field": into},
        }
        for source, field, target, into in wires
    ]
    return {"id": "seeded", "nodes": nodes, "edges": edges}


def seed_of(item: dict[str, Any]) -> int:
    return item["session"]["graph"]["nodes"]["seed:1"]["value"]


def prompt_of(item: dict[str, Any]) -> str:
    return item["session"]["graph"]["nodes"]["positive_prompt:1"]["value"]


def but_for_its_seed(item: dict[str, Any]) -> dict[str, Any]:
    """The job's graph without the seed and without its own id."""
    graph = deepcopy(item["session"]["graph"])
    del graph["nodes"]["seed:1"]["value"]
    del graph["id"]
    return graph


def image_of(item: dict[str, Any]) -> str:
    """The image of the `draw` node."""
    [prepared] = item["session"]["source_prepared_mapping"]["draw"]
    return item["session"]["results"][prepared]["image"]["image_name"]


async def image(invokeai: InvokeAI, name: str) -> dict[str, Any] | None:
    """InvokeAI's record of the image; None if there is none."""
    async with invokeai.http.get(f"{invokeai.url}/api/v1/images/i/{name}") as answer:
        return await answer.json() if answer.status == 200 else None


async def metadata(invokeai: InvokeAI, name: str) -> dict[str, Any]:
    async with invokeai.http.get(f"{invokeai.url}/api/v1/images/i/{name}/metadata") as answer:
        return await answer.json()


async def new_board(invokeai: InvokeAI, name: str) -> str:
    async with invokeai.http.post(f"{invokeai.url}/api/v1/boards/", params={"board_name": name}) as answer:
        assert answer.status == 201
        return (await answer.json())["board_id"]
