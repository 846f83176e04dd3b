"""The same job once more with new seeds: from a session's `graph` the body of POST …/enqueue_batch. Pure."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from bot.invokeai.requeue.graph import Graph, Spot
from bot.invokeai.requeue.prompts import following, prompt_spot
from bot.invokeai.requeue.seeds import seeds_of, whole

SEEDS = 2**32
"""Seeds are 0 to one less than this."""


@dataclass(frozen=True, slots=True)
class BatchBody:
    """A batch that makes `jobs` jobs."""

    batch: Mapping[str, Any] = field(repr=False)
    jobs: int
    seeds: tuple[int, ...] = ()
    """In the jobs' order; none if the graph draws its seed by itself."""

    def to_json(self) -> dict[str, Any]:
        return {"batch": dict(self.batch), "prepend": False}


@dataclass(frozen=True, slots=True)
class CannotReseed:
    """Why the job can't be had again like this: one plain sentence."""

    sentence: str


def again(
    graph: Mapping[str, Any],
    *,
    seeds: Sequence[int],
    prompt: str | None = None,
    workflow: Mapping[str, Any] | None = None,
    origin: str | None = None,
    destination: str | None = None,
) -> BatchBody | CannotReseed:
    """One job for each seed (at least one, each 0 to 2**32-1, or ValueError); `prompt` None keeps the prompt.

    `graph` is a queue item's `session.graph`, not its execution graph, and stays as it is. The seeds go into
    the batch's data, as whole numbers only: a value of another type would hold up a real queue. If the graph
    draws its seed by itself, it runs as often as there are seeds.
    """
    if not seeds or not all(whole(seed) and 0 <= seed < SEEDS for seed in seeds):
        raise ValueError("seeds are whole numbers from 0 to 4294967295, at least one")
    view = Graph.read(graph)
    found = seeds_of(view)
    if not found.spots and not found.dice:
        return CannotReseed("This job has no seed that could be changed.")
    written = deepcopy(dict(graph))
    if prompt is not None:
        spot = prompt_spot(view)
        if spot is None:
            return CannotReseed("It can't be told which text of this job is its prompt.")
        for each in (spot, *following(view, spot)):
            written["nodes"][each.node_id][each.field] = prompt
    batch: dict[str, Any] = {"graph": written, "runs": 1}
    if found.spots:
        batch["data"] = [[_datum(spot, seeds) for spot in found.spots]]
    else:
        batch["runs"] = len(seeds)
    kept = {"workflow": deepcopy(workflow), "origin": origin, "destination": destination}
    batch.update({name: value for name, value in kept.items() if value is not None})
    return BatchBody(batch, len(seeds), tuple(seeds) if found.spots else ())


def prompt_node(graph: Mapping[str, Any]) -> tuple[str, str] | None:
    """(node id, field) of the one positive prompt; None if there is none, or more than one could be it."""
    spot = prompt_spot(Graph.read(graph))
    return (spot.node_id, spot.field) if spot else None


def _datum(spot: Spot, seeds: Sequence[int]) -> dict[str, Any]:
    return {"node_path": spot.node_id, "field_name": spot.field, "items": list(seeds)}
