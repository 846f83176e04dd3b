"""The workflows that InvokeAI brings along, as the graphs that its editor would queue."""

import json
from pathlib import Path
from typing import Any

from real_invokeai import NEWEST, installed

POSITIVE = ("positive_conditioning", "positive_text_conditioning")
MODEL = {"key": "planted", "hash": "planted", "name": "the planted model", "base": "any", "type": "main"}
PROMPT = "the planted prompt"


def names() -> list[str]:
    return sorted(path.stem for path in _folder().glob("*.json"))


def graph_of(name: str) -> dict[str, Any]:
    """With a model in each loader and a prompt in each encoder that the pictures are made from."""
    workflow = json.loads((_folder() / f"{name}.json").read_text(encoding="utf-8"))
    nodes = {node["id"]: _node(node) for node in workflow["nodes"] if node["type"] == "invocation"}
    edges = [_edge(edge) for edge in workflow["edges"] if edge["type"] == "default"]
    for node in nodes.values():
        if node["type"].endswith("model_loader"):
            node["model"] = MODEL
    for edge in edges:
        if edge["destination"]["field"] in POSITIVE:
            _plant(nodes, edges, edge["source"]["node_id"])
    return {"id": name, "nodes": nodes, "edges": edges}


def wired(graph: dict[str, Any], node_id: str, field: str) -> str | None:
    """The node that feeds this input."""
    target = {"node_id": node_id, "field": field}
    return next((edge["source"]["node_id"] for edge in graph["edges"] if edge["destination"] == target), None)


def _plant(nodes: dict[str, Any], edges: list[dict[str, Any]], encoder: str) -> None:
    feeder = wired({"edges": edges}, encoder, "prompt")
    if feeder is None:
        nodes[encoder]["prompt"] = PROMPT
    elif nodes[feeder]["type"] == "string":
        nodes[feeder]["value"] = PROMPT


def _folder() -> Path:
    python, _ = installed(NEWEST)
    [package] = python.parents[1].glob("lib/python*/site-packages/invokeai")
    return package / "app/services/workflow_records/default_workflows"


def _node(node: dict[str, Any]) -> dict[str, Any]:
    data = node["data"]
    inputs = {name: told["value"] for name, told in data["inputs"].items() if told.get("value") is not None}
    return {"id": node["id"], "type": data["type"], "is_intermediate": data["isIntermediate"], **inputs}


def _edge(edge: dict[str, Any]) -> dict[str, Any]:
    return {
        "source": {"node_id": edge["source"], "field": edge["sourceHandle"]},
        "destination": {"node_id": edge["target"], "field": edge["targetHandle"]},
    }
