"""One job's execution state: which nodes are prepared, ready and done (InvokeAI's GraphExecutionState)."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

Json = dict[str, Any]
MAX_CALL_DEPTH = 4


@dataclass
class Prepared:
    """A node with a fresh id, at a place in the iterations that lead to it."""

    id: str
    source_id: str
    path: list[int]
    node: Json


@dataclass
class Session:
    id: str
    graph: Json
    execution_graph_id: str
    new_id: Callable[[], str]
    prepared: dict[str, Prepared] = field(default_factory=dict[str, Prepared])
    edges: list[Json] = field(default_factory=list[Json])
    executed: list[str] = field(default_factory=list[str])
    executed_history: list[str] = field(default_factory=list[str])
    results: dict[str, Json] = field(default_factory=dict[str, Json])
    errors: dict[str, str] = field(default_factory=dict[str, str])
    call_stack: list[Json] = field(default_factory=list[Json])
    call_history: list[Json] = field(default_factory=list[Json])
    call_parent: Json | None = None
    waiting_frame: Json | None = None
    waiting_call: Json | None = None
    waiting_child: Json | None = None

    def next(self) -> Prepared | None:
        """The next node to run, its inputs filled in; None at the end or after an error."""
        if self.errors:
            return None
        while True:
            for prepared in self.prepared.values():
                if prepared.id not in self.results:
                    return prepared
            if not self._prepare_more():
                return None

    def complete(self, prepared: Prepared, result: Json) -> None:
        self.results[prepared.id] = result
        self.executed.append(prepared.id)
        siblings = [item for item in self.prepared.values() if item.source_id == prepared.source_id]
        if all(item.id in self.results for item in siblings):
            self.executed.append(prepared.source_id)
            self.executed_history.append(prepared.source_id)

    @property
    def is_complete(self) -> bool:
        return not self.errors and set(self.graph["nodes"]) <= set(self.executed)

    def _prepare_more(self) -> bool:
        """Prepare every source node whose parents are done; False when there is none."""
        parents: dict[str, set[str]] = {node_id: set() for node_id in self.graph["nodes"]}
        for edge in self.graph["edges"]:
            parents[edge["destination"]["node_id"]].add(edge["source"]["node_id"])
        begun = {item.source_id for item in self.prepared.values()}
        ready = [
            node_id
            for node_id in TopologicalSorter(parents).static_order()
            if node_id not in begun
            and node_id not in self.executed
            and parents[node_id] <= set(self.executed)
        ]
        for node_id in ready:
            self._prepare(node_id)
        return bool(ready)

    def _prepare(self, source_id: str) -> None:
        incoming = [edge for edge in self.graph["edges"] if edge["destination"]["node_id"] == source_id]
        kind = self.graph["nodes"][source_id]["type"]
        paths = self._paths(incoming)
        if kind == "iterate":
            paths = [[*path, index] for path in paths for index in range(self._length(incoming, path))]
        elif kind == "collect":
            paths = [list(path) for path in dict.fromkeys(tuple(path[:-1]) for path in paths)]
        for path in paths:
            self._add(source_id, path, incoming, kind)
        if not paths:  # an iteration over nothing: nothing below it runs
            self.executed.append(source_id)
            self.executed_history.append(source_id)

    def _paths(self, incoming: list[Json]) -> list[list[int]]:
        if not incoming:
            return [[]]
        per_parent = [
            [item.path for item in self.prepared.values() if item.source_id == edge["source"]["node_id"]]
            for edge in incoming
        ]
        if any(not paths for paths in per_parent):
            return []
        return max(per_parent, key=lambda paths: len(paths[0]))

    def _length(self, incoming: list[Json], path: list[int]) -> int:
        for edge, parent in self._parents(incoming, path):
            if edge["destination"]["field"] == "collection":
                return len(self.results[parent.id][edge["source"]["field"]])
        return 0

    def _parents(self, incoming: list[Json], path: list[int]) -> list[tuple[Json, Prepared]]:
        """The prepared parents seen from `path`: those on the way to it, or (for a collect) below it."""
        return [
            (edge, item)
            for edge in incoming
            for item in self.prepared.values()
            if item.source_id == edge["source"]["node_id"]
            and (path[: len(item.path)] == item.path or item.path[: len(path)] == path)
        ]

    def _add(self, source_id: str, path: list[int], incoming: list[Json], kind: str) -> None:
        node: Json = copy.deepcopy(self.graph["nodes"][source_id])
        node["id"] = self.new_id()
        collected: list[Any] = []
        for edge, parent in self._parents(incoming, path):
            field_name = edge["destination"]["field"]
            value = copy.deepcopy(self.results[parent.id][edge["source"]["field"]])
            if kind == "collect" and field_name == "item":
                collected.append(value)
            else:
                node[field_name] = value
            self.edges.append(
                {
                    "source": {"node_id": parent.id, "field": edge["source"]["field"]},
                    "destination": {"node_id": node["id"], "field": field_name},
                }
            )
        if kind == "collect":
            node["collection"] = [*node["collection"], *collected]
        if kind == "iterate":
            node["index"] = path[-1]
        self.prepared[node["id"]] = Prepared(node["id"], source_id, path, node)

    def as_json(self) -> Json:
        """As the queue's items carry it; iterate and collect show no collection there."""
        sources: dict[str, list[str]] = {}
        for item in self.prepared.values():
            sources.setdefault(item.source_id, []).append(item.id)
        nodes = {item.id: _shown(item.node) for item in self.prepared.values()}
        return {
            "id": self.id,
            "graph": self.graph,
            "execution_graph": {"id": self.execution_graph_id, "nodes": nodes, "edges": list(self.edges)},
            "executed": list(self.executed),
            "executed_history": list(self.executed_history),
            "results": dict(self.results),
            "errors": dict(self.errors),
            "workflow_call_stack": list(self.call_stack),
            "workflow_call_history": list(self.call_history),
            "workflow_call_parent": self.call_parent,
            "waiting_workflow_call": self.waiting_frame,
            "waiting_workflow_call_execution": self.waiting_call,
            "waiting_workflow_call_child_session": self.waiting_child,
            "max_workflow_call_depth": MAX_CALL_DEPTH,
            "prepared_source_mapping": {item.id: item.source_id for item in self.prepared.values()},
            "source_prepared_mapping": sources,
            "prepared_iteration_paths": {item.id: item.path for item in self.prepared.values()},
            "ready_order": [],
            "indegree": dict.fromkeys(self.prepared, 0),
        }


def _shown(node: Json) -> Json:
    return {**node, "collection": []} if node["type"] in {"iterate", "collect"} else node
