"""Workflows that are saved in InvokeAI, and jobs that call them and so get a child. From 6.14."""

from typing import Any

from person import Graph, edge


def returning(drawing: Graph) -> Graph:
    """What `draw` made, ended as a saved workflow must end to be called."""
    nodes = {
        **drawing["nodes"],
        "value": {"id": "value", "type": "workflow_return_value", "key": "image"},
        "return": {"id": "return", "type": "workflow_return"},
    }
    edges = [edge("draw", "image", "value", "value"), edge("value", "value", "return", "values")]
    return {"id": "returning", "nodes": nodes, "edges": edges}


def calling(workflow_id: str) -> Graph:
    node: Graph = {
        "id": "call",
        "type": "call_saved_workflow",
        "workflow_id": workflow_id,
        "workflow_inputs": {},
    }
    return {"id": "calling", "nodes": {"call": node}, "edges": []}


def as_workflow(graph: Graph) -> dict[str, Any]:
    """The graph as InvokeAI's workflow editor saves it."""
    told = dict.fromkeys(("author", "description", "version", "contact", "tags", "notes"), "")
    return {
        **told,
        "name": graph["id"],
        "exposedFields": [],
        "meta": {"version": "3.0.0", "category": "user"},
        "nodes": [_editor_node(node) for node in graph["nodes"].values()],
        "edges": [
            {
                "id": f"edge-{place}",
                "type": "default",
                "source": edge["source"]["node_id"],
                "target": edge["destination"]["node_id"],
                "sourceHandle": edge["source"]["field"],
                "targetHandle": edge["destination"]["field"],
            }
            for place, edge in enumerate(graph["edges"])
        ],
    }


def _editor_node(node: dict[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in node.items() if name not in {"id", "type", "is_intermediate"}}
    inputs = {
        name: {"name": name, "label": "", "description": "", "value": value} for name, value in fields.items()
    }
    return {
        "id": node["id"],
        "type": "invocation",
        "position": {"x": 0, "y": 0},
        "data": {
            "id": node["id"],
            "type": node["type"],
            "version": "1.0.0",
            "nodePack": "invokeai",
            "label": "",
            "notes": "",
            "inputs": inputs,
            "isOpen": True,
            "isIntermediate": False,
            "useCache": False,
        },
    }
