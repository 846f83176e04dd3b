"""Batch nodes of a workflow as the `data` of a batch. Pure."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from bot.errors import RequestRefused
from bot.invokeai.foreign_json import sequence
from bot.invokeai.graph import Spot
from bot.invokeai.workflows.editor import BATCHES, GENERATORS, EditorNode, EditorWorkflow, quoted

MAX_JOBS = 1000
"""So many jobs may come from one workflow."""
GROUP = "batch_group_id"
UNGROUPED = "None"

Generated = Mapping[str, Sequence[Any]]
"""The items of generator nodes, by node id."""
Data = list[list[dict[str, Any]]]


def batch_data(workflow: EditorWorkflow, generated: Generated) -> Data:
    """Nodes of one group are zipped, all others multiply. RequestRefused names the node that can't be had."""
    targets: dict[str, list[Spot]] = {}
    feeding: dict[Spot, Spot] = {}
    for source, target in workflow.wires:
        if _hands_on(workflow, source):
            targets.setdefault(source.node_id, []).append(target)
        feeding[target] = source
    _each_field_once(workflow, targets)
    groups: dict[str, list[dict[str, Any]]] = {}
    for node_id, spots in targets.items():
        node = workflow.nodes[node_id]
        items = _items(workflow, node, feeding, generated)
        named = node.value(GROUP)
        zipped = isinstance(named, str) and named != UNGROUPED
        group = groups.setdefault(f"group {named}" if zipped else f"node {node_id}", [])
        if group and len(group[0]["items"]) != len(items):
            raise RequestRefused(
                f"The batch node {node.title} holds {len(items)} items, but others of its "
                f"{quoted(str(named))} hold {len(group[0]['items'])}. Make them equal in InvokeAI."
            )
        group.extend(
            {"node_path": spot.node_id, "field_name": spot.field, "items": list(items)} for spot in spots
        )
    return list(groups.values())


def require_sources(workflow: EditorWorkflow) -> None:
    """RequestRefused, with the node's name, if a batch node gets its items from what only runs elsewhere."""
    for source, target in workflow.wires:
        batch = BATCHES.get(workflow.nodes[target.node_id].type)
        feeder = workflow.nodes[source.node_id]
        if batch is not None and target.field == batch[0] and feeder.type not in GENERATORS:
            raise _elsewhere(workflow.nodes[target.node_id], feeder)


def _elsewhere(node: EditorNode, feeder: EditorNode) -> RequestRefused:
    return RequestRefused(
        f"The batch node {node.title} gets its items from the node {feeder.title}, which only runs in "
        f"InvokeAI's own page."
    )


def jobs_of(data: Data, runs: int) -> int:
    """How many jobs the batch makes. RequestRefused if that is more than anybody should ask for."""
    jobs = runs * prod(len(group[0]["items"]) for group in data)
    if jobs > MAX_JOBS:
        raise RequestRefused(f"This workflow makes {jobs:,} jobs at once; the bot queues up to {MAX_JOBS:,}.")
    return jobs


def _hands_on(workflow: EditorWorkflow, source: Spot) -> bool:
    batch = BATCHES.get(workflow.nodes[source.node_id].type)
    return batch is not None and source.field == batch[1]


def _each_field_once(workflow: EditorWorkflow, targets: Mapping[str, Sequence[Spot]]) -> None:
    seen: set[Spot] = set()
    for spots in targets.values():
        for spot in spots:
            if spot in seen:
                title = workflow.nodes[spot.node_id].title
                raise RequestRefused(f"Two batch nodes feed the same field of the node {title}.")
            seen.add(spot)


def _items(
    workflow: EditorWorkflow, node: EditorNode, feeding: Mapping[Spot, Spot], generated: Generated
) -> Sequence[Any]:
    collection = BATCHES[node.type][0]
    source = feeding.get(Spot(node.id, collection))
    items = sequence(node.value(collection))
    if source is not None:
        feeder = workflow.nodes[source.node_id]
        if feeder.type not in GENERATORS or feeder.id not in generated:
            raise _elsewhere(node, feeder)
        items = generated[feeder.id]
    if not items:
        raise RequestRefused(f"The batch node {node.title} holds no items. Fill it in InvokeAI.")
    return items
