"""The workflows that InvokeAI brings along, as the graphs that its editor would queue."""

import json
from pathlib import Path
from typing import Any

from real_invokeai import NEWEST, installed

from bot.invokeai.workflows.conversion import to_graph
from bot.invokeai.workflows.editor import EditorWorkflow

POSITIVE = ("positive_conditioning", "positive_text_conditioning")
MODEL = {"key": "planted", "hash": "planted", "name": "the planted model", "base": "any", "type": "main"}
PROMPT = "the planted prompt"


def names() -> list[str]:
    return sorted(path.stem for path in _folder().glob("*.json"))


def graph_of(name: str) -> dict[str, Any]:
    """With a model in each loader and a prompt in each encoder that the pictures are made from."""
    workflow = json.loads((_folder() / f"{name}.json").read_text(encoding="utf-8"))
    graph = to_graph(EditorWorkflow.read(workflow))
    for node in graph["nodes"].values():
        if node["type"].endswith("model_loader"):
            node["model"] = MODEL
    for edge in graph["edges"]:
        if edge["destination"]["field"] in POSITIVE:
            _plant(graph, edge["source"]["node_id"])
    return graph


def wired(graph: dict[str, Any], node_id: str, field: str) -> str | None:
    """The node that feeds this input."""
    target = {"node_id": node_id, "field": field}
    return next((edge["source"]["node_id"] for edge in graph["edges"] if edge["destination"] == target), None)


def _plant(graph: dict[str, Any], encoder: str) -> None:
    feeder = wired(graph, encoder, "prompt")
    if feeder is None:
        graph["nodes"][encoder]["prompt"] = PROMPT
    elif graph["nodes"][feeder]["type"] == "string":
        graph["nodes"][feeder]["value"] = PROMPT


def _folder() -> Path:
    python, _ = installed(NEWEST)
    [package] = python.parents[1].glob("lib/python*/site-packages/invokeai")
    return package / "app/services/workflow_records/default_workflows"
