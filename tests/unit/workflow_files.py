"""Small workflows as InvokeAI's editor saves them, one for each rule; the nodes that a server describes."""

import json
from pathlib import Path
from typing import Any

from bot.invokeai.workflows.editor import EditorWorkflow
from bot.invokeai.workflows.node_types import NodeTypes

FOLDER = Path(__file__).parents[1] / "fixtures" / "workflows"


def saved(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def workflow(name: str) -> EditorWorkflow:
    return EditorWorkflow.read(saved(name))


def described() -> NodeTypes:
    return NodeTypes(saved("node_types"))


def node_of(raw: dict[str, Any], node_id: str) -> dict[str, Any]:
    """The editor's data of a node."""
    return next(node["data"] for node in raw["nodes"] if node["id"] == node_id)


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != "node_types")
