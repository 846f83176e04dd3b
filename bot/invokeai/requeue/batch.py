"""The same job once more with new seeds: from a session's `graph` the body of POST …/enqueue_batch. Pure."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from bot.invokeai.requeue.graph import Graph, Spot
from bot.invokeai.requeue.prompts import following, prompt_spot
from bot.invokeai.requeue.seeds import Seeds, seeds_of, whole

SEEDS = 2**32
"""Seeds are 0 to one less than this."""


@dataclass(frozen=True, slots=True)
class BatchBody:
    """A batch that makes `jobs` jobs."""

    batch: Mapping[str, Any] = field(repr=False)
    jobs: int
    seeds: tuple[int, ...] = ()
    """In the jobs' order; none if the graph draws its seed by itself."""

    def to_json(self, batch_id: str) -> dict[str, Any]:
        """The body of POST …/enqueue_batch. Under an id of ours the batch can be asked for later."""
        return {"batch": {"batch_id": batch_id, **self.batch}, "prepend": False}


@dataclass(frozen=True, slots=True)
class CannotReseed:
    """Why the job can't be had again like this: one plain sentence."""

    sentence: str


def batch_from(
    graph: Mapping[str, Any],
    *,
    seeds: Sequence[int],
    prompt: str | None = None,
    workflow: Mapping[str, Any] | None = None,
    origin: str | None = None,
    destination: str | None = None,
) -> BatchBody | CannotReseed:
    """One job for each seed (at least one, each 0 to 2**32-1, or ValueError); `prompt` None keeps the prompt.

    `graph` is a queue item's `session.graph`, not its execution graph, and stays as it is. If the graph draws
    its seed by itself, it runs as often as there are seeds.
    """
    if not seeds or not all(whole(seed) and 0 <= seed < SEEDS for seed in seeds):
        raise ValueError("seeds are whole numbers from 0 to 4294967295, at least one")
    view = Graph.read(graph)
    found = seeds_of(view)
    if not found.spots and not found.dice:
        return CannotReseed("This job has no seed that could be changed.")
    changed: dict[Spot, str] = {}
    if prompt is not None:
        changed = dict.fromkeys(_prompt_spots(view), prompt)
        if not changed:
            return CannotReseed("It can't be told which text of this job is its prompt.")
    batch = {"graph": _with(changed, graph), **_runs(found, seeds)}
    kept = {"workflow": deepcopy(workflow), "origin": origin, "destination": destination}
    batch.update({name: value for name, value in kept.items() if value is not None})
    return BatchBody(batch, len(seeds), tuple(seeds) if found.spots else ())


def _prompt_spots(view: Graph) -> tuple[Spot, ...]:
    """The positive prompt and what repeats it; none if it can't be told which text that is."""
    spot = prompt_spot(view)
    return (spot, *following(view, spot)) if spot else ()


def _with(changed: Mapping[Spot, str], graph: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the graph in which these fields have these values."""
    written = deepcopy(dict(graph))
    for spot, value in changed.items():
        written["nodes"][spot.node_id][spot.field] = value
    return written


def _runs(found: Seeds, seeds: Sequence[int]) -> dict[str, Any]:
    """How the batch makes one job for each seed.

    As whole numbers in the batch's data: a value of another type would hold up a real queue.
    """
    if not found.spots:
        return {"runs": len(seeds)}
    data = [
        {"node_path": spot.node_id, "field_name": spot.field, "items": list(seeds)} for spot in found.spots
    ]
    return {"runs": 1, "data": [data]}
