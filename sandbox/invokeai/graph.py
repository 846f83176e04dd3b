"""What POST enqueue_batch takes: graph and batch, checked as InvokeAI checks them (pydantic, same words)."""

import itertools
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pydantic import BaseModel, Field, field_validator, model_validator

from sandbox.invokeai.nodes import Node, takes
from sandbox.invokeai.operations import Refused


class EdgeConnection(BaseModel):
    node_id: str
    field: str


class Edge(BaseModel):
    source: EdgeConnection
    destination: EdgeConnection


class Graph(BaseModel):
    """`id` is filled in by the queue when the caller gives none."""

    id: str = ""
    nodes: dict[str, Node] = {}
    edges: list[Edge] = []

    def check(self) -> None:
        """Raises ValueError in InvokeAI's words."""
        for node_id, node in self.nodes.items():
            if node.id != node_id:
                raise ValueError(f"Node ids must match, got {node_id} and {node.id}")
        for edge in self.edges:
            self._check_edge(edge)
        parents: dict[str, set[str]] = {}
        for edge in self.edges:
            parents.setdefault(edge.destination.node_id, set()).add(edge.source.node_id)
        try:
            TopologicalSorter(parents).prepare()
        except CycleError as error:
            raise ValueError("Graph contains cycles") from error
        for edge in self.edges:
            self._check_kinds(edge)

    def refuse_newer(self) -> None:
        """Before 6.14 there is no node that calls a saved workflow or makes a video: 422."""
        newer = {"call_saved_workflow", "workflow_return_value", "workflow_return", "sandbox_film"}
        for node_id, node in self.nodes.items():
            if node.type in newer:
                detail = {
                    "type": "union_tag_invalid",
                    "loc": ["body", "batch", "graph", "nodes", node_id],
                    "msg": f"Input tag '{node.type}' found using 'type' does not match any of the expected "
                    "tags",
                    "input": node.model_dump(mode="json"),
                    "ctx": {"discriminator": "'type'", "tag": node.type},
                }
                raise Refused(422, [detail])

    def _check_edge(self, edge: Edge) -> None:
        source, destination = edge.source, edge.destination
        if source.node_id not in self.nodes:
            raise ValueError(f"Edge source node {source.node_id} does not exist in the graph")
        if destination.node_id not in self.nodes:
            raise ValueError(f"Edge destination node {destination.node_id} does not exist in the graph")
        if source.field not in self.nodes[source.node_id].outputs:
            raise ValueError(f"Edge source field {source.field} does not exist in node {source.node_id}")
        if destination.field not in type(self.nodes[destination.node_id]).model_fields:
            raise ValueError(
                f"Edge destination field {destination.field} does not exist in node {destination.node_id}"
            )

    def _check_kinds(self, edge: Edge) -> None:
        source, destination = edge.source, edge.destination
        kind = self.nodes[source.node_id].outputs[source.field]
        if not takes(type(self.nodes[destination.node_id]).model_fields[destination.field].annotation, kind):
            places = f"{source.node_id}.{source.field} -> {destination.node_id}.{destination.field}"
            raise ValueError(f"Edge source and target types do not match ({places})")


class BatchDatum(BaseModel):
    node_path: str
    field_name: str
    items: list[int | float | str | dict[str, Any]] = []


class Batch(BaseModel):
    """`batch_id` is filled in by the queue when the caller gives none."""

    batch_id: str = ""
    origin: str | None = None
    destination: str | None = None
    data: list[list[BatchDatum]] | None = None
    graph: Graph
    workflow: dict[str, Any] | None = None
    runs: int = Field(default=1, ge=1)

    @field_validator("data")
    @classmethod
    def lists_zip(cls, data: list[list[BatchDatum]] | None) -> list[list[BatchDatum]] | None:
        seen: set[tuple[str, str]] = set()
        for zipped in data or []:
            for datum in zipped:
                if len(datum.items) != len(zipped[0].items):
                    raise ValueError("Zipped batch items must all have the same length")
                numbers = all(isinstance(item, int | float) for item in datum.items)
                if not numbers and len({type(item) for item in datum.items}) > 1:
                    raise ValueError("All items in a batch must have the same type")
                if (datum.node_path, datum.field_name) in seen:
                    raise ValueError("Each batch data must have unique node_id and field_name")
                seen.add((datum.node_path, datum.field_name))
        return data

    @field_validator("graph")
    @classmethod
    def graph_is_sound(cls, graph: Graph) -> Graph:
        graph.check()
        return graph

    @model_validator(mode="after")
    def data_names_fields(self) -> "Batch":
        for datum in itertools.chain.from_iterable(self.data or []):
            node = self.graph.nodes.get(datum.node_path)
            if node is None:
                raise ValueError(f"Node {datum.node_path} not found in graph")
            if datum.field_name not in type(node).model_fields:
                raise ValueError(f"Field {datum.field_name} not found in node {datum.node_path}")
        return self

    @property
    def combinations(self) -> list[list[dict[str, Any]]]:
        """The field values of each job of one run: lists zipped, lists of lists multiplied."""
        zipped = [
            list(
                zip(
                    *(
                        [
                            {"node_path": datum.node_path, "field_name": datum.field_name, "value": item}
                            for item in datum.items
                        ]
                        for datum in data
                    ),
                    strict=True,
                )
            )
            for data in self.data or []
        ]
        return [list(itertools.chain.from_iterable(product)) for product in itertools.product(*zipped)]
