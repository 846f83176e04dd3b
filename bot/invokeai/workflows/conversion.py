"""From a workflow of the editor to the body of POST …/enqueue_batch. Pure."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from copy import deepcopy
from typing import Any

from bot.errors import RequestRefused
from bot.invokeai.graph import Spot
from bot.invokeai.requeue.batch import DESTINATION, ORIGIN, BatchBody
from bot.invokeai.workflows.batches import Generated, batch_data, jobs_of
from bot.invokeai.workflows.editor import BATCHES, GENERATORS, OWN_PACK, EditorNode, EditorWorkflow, quoted
from bot.invokeai.workflows.node_types import NodeTypes

CALL = "call_saved_workflow"
CALL_INPUTS = "workflow_inputs"
CALL_PREFIX = "saved_workflow_input::"


def to_batch(
    workflow: EditorWorkflow,
    *,
    generated: Generated | None = None,
    types: NodeTypes | None = None,
    runs: int = 1,
) -> BatchBody:
    """The workflow as a batch of at least `runs` jobs. RequestRefused names the node that can't be turned.

    `generated` has the items of each node of `generators_in`. With `types` it is also refused if this
    InvokeAI lacks a node, or if a node lacks a value that it needs.
    """
    if types is not None:
        require_runnable(workflow, types)
    data = batch_data(workflow, generated or {})
    jobs = jobs_of(data, runs)
    batch: dict[str, Any] = {
        "graph": to_graph(workflow),
        "workflow": {name: deepcopy(value) for name, value in workflow.raw.items() if name != "id"},
        "runs": runs,
        "origin": ORIGIN,
        "destination": DESTINATION,
    }
    if data:
        batch["data"] = data
    return BatchBody(batch, jobs)


def to_graph(workflow: EditorWorkflow) -> dict[str, Any]:
    """Without batch and generator nodes. What a wire brings is no value of the node's own."""
    fed = {target for _, target in workflow.wires}
    nodes = {node.id: _graph_node(node, fed) for node in workflow.nodes.values() if _executed(node)}
    edges = [
        {"source": _end(source), "destination": _end(target)}
        for source, target in workflow.wires
        if source.node_id in nodes and target.node_id in nodes
    ]
    return {"nodes": nodes, "edges": edges}


def _executed(node: EditorNode) -> bool:
    return node.type not in BATCHES and node.type not in GENERATORS


def _end(spot: Spot) -> dict[str, str]:
    return {"node_id": spot.node_id, "field": spot.field}


def _graph_node(node: EditorNode, fed: AbstractSet[Spot]) -> dict[str, Any]:
    values = {name: deepcopy(value) for name, value in _values(node) if Spot(node.id, name) not in fed}
    if node.type == CALL:
        values.pop(CALL_INPUTS, None)  # the editor's fields below are the truth
        inputs = {name: values.pop(name) for name in list(values) if name.startswith(CALL_PREFIX)}
        values[CALL_INPUTS] = inputs
    own = {"id": node.id, "type": node.type}
    return {**values, **own, "use_cache": node.use_cache, "is_intermediate": node.is_intermediate}


def _values(node: EditorNode) -> Iterator[tuple[str, Any]]:
    """What was set. The editor's own words for a board are none of the graph's."""
    for name in node.inputs:
        value = node.value(name)
        if value is not None and not (name == "board" and value in ("auto", "none")):
            yield name, value


def require_runnable(
    workflow: EditorWorkflow, types: NodeTypes, asked: AbstractSet[Spot] = frozenset[Spot]()
) -> None:
    """RequestRefused, with the node's name, if this InvokeAI lacks one, or one lacks a value.

    `asked`: fields that somebody is still to fill in.
    """
    fed = {target for _, target in workflow.wires} | asked
    for node in filter(_executed, workflow.nodes.values()):
        known = types.get(node.type)
        if known is None and not types.custom and node.pack != OWN_PACK:
            continue  # InvokeAI itself says whether it has that one
        if known is None:
            raise RequestRefused(
                f"This InvokeAI lacks the node {node.title} ({quoted(node.type)}). Install the nodes "
                f"that the workflow was made with."
            )
        for name, wanted in known.inputs.items():
            if wanted.required and node.value(name) is None and Spot(node.id, name) not in fed:
                raise RequestRefused(
                    f"The node {node.title} needs a value for {quoted(wanted.label or name)}. Set it in "
                    f"InvokeAI and save the workflow, or add it to the workflow's form."
                )
