"""The same job once more with new seeds: from a session's `graph` the body of POST …/enqueue_batch. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from json import dumps, loads
from typing import Any

from bot.invokeai.graph import Graph, Spot
from bot.invokeai.requeue.prompts import following, prompt_spot
from bot.invokeai.requeue.seeds import seed_spots, seeds_of, whole
from bot.invokeai.requeue.writing import copied, hold_numbers, make_final, write

ORIGIN = "invokeai-discord"
"""Never another's: InvokeAI's page takes a job for its own by its origin."""
DESTINATION = "gallery"
SEEDS = 2**32
"""Seeds are 0 to one less than this."""
_SERVICE = "_image_generation"
"""How the types of nodes end that ask another service for a picture: it may draw without a seed of ours."""


@dataclass(frozen=True, slots=True)
class BatchBody:
    """A batch that makes `jobs` jobs."""

    batch: Mapping[str, Any] = field(repr=False)
    jobs: int
    seeds: tuple[int, ...] = ()
    """In the jobs' order; none if the graph has no place for a seed."""

    def to_json(self, batch_id: str, *, first: bool = False) -> dict[str, Any]:
        """The body of POST …/enqueue_batch. Under an id of ours the batch can be asked for later.

        `first`: before all that waits.
        """
        return {"batch": {"batch_id": batch_id, **self.batch}, "prepend": first}

    @property
    def destination(self) -> str | None:
        """InvokeAI's word for where its pictures go."""
        return self.batch.get("destination")

    @property
    def divisible(self) -> bool:
        """Whether a part of its jobs can be told from the others: it runs often, or one list says how."""
        lists = [each for group in self.batch.get("data", ()) for each in group]
        if not lists:
            return self.batch.get("runs") == self.jobs
        whole = all(len(each["items"]) == self.jobs for each in lists)
        return whole and len(self.batch["data"]) == 1 and self.batch.get("runs", 1) == 1

    def part(self, start: int, jobs: int) -> "BatchBody":
        """So many of its jobs from that one on; ValueError unless it is `divisible`, or all is asked for."""
        if (start, jobs) == (0, self.jobs):
            return self
        if not self.divisible:
            raise ValueError("only the whole of this batch can be had")
        end = start + jobs
        if not self.batch.get("data"):
            return BatchBody({**self.batch, "runs": jobs}, jobs)
        [group] = self.batch["data"]
        data = [{**each, "items": each["items"][start:end]} for each in group]
        return BatchBody({**self.batch, "data": [data]}, jobs, self.seeds[start:end])

    def to_text(self) -> str:
        """What `from_text` reads."""
        return dumps({"batch": self.batch, "jobs": self.jobs, "seeds": self.seeds})

    @classmethod
    def from_text(cls, text: str) -> "BatchBody":
        """Only what `to_text` wrote."""
        told = loads(text)
        return cls(told["batch"], told["jobs"], tuple(told["seeds"]))


@dataclass(frozen=True, slots=True)
class CannotReseed:
    """Why the job can't be had again like this: one plain sentence."""

    sentence: str


def batch_from(
    graph: Mapping[str, Any],
    *,
    seeds: Sequence[int],
    chosen: bool = False,
    prompt: str | None = None,
    workflow: Mapping[str, Any] | None = None,
) -> BatchBody | CannotReseed:
    """One job for each seed (at least one, each 0 to 2**32-1, or ValueError); `prompt` None keeps the prompt.

    `graph` is a queue item's `session.graph`, not its execution graph, and stays as it is. What the new jobs
    make is final. `chosen`: a person named the seed, so nothing runs without it.
    """
    if not seeds or not all(whole(seed) and 0 <= seed < SEEDS for seed in seeds):
        raise ValueError("seeds are whole numbers from 0 to 4294967295, at least one")
    view = Graph.read(graph)
    found = seeds_of(view)
    spots = seed_spots(view, found)
    services = [name for name in view.nodes if view.type_of(name).endswith(_SERVICE)]
    told = () if prompt is None else _prompt_spots(view)
    if prompt is not None and not told:
        return CannotReseed("It can't be told which text of this job is its prompt.")
    if not spots and (chosen or not services):
        refusal = _same_again(chosen=chosen, prompt=bool(told), jobs=len(seeds))
        if refusal is not None:
            return refusal
    written = copied(graph)
    hold_numbers(written, found.dice)
    write(written, told, prompt)
    if not spots:
        for name in services:
            written["nodes"][name]["use_cache"] = False  # else the old picture would come back
    make_final(written, view)
    return batch_of(written, spots, seeds, workflow)


def batch_of(
    graph: Mapping[str, Any],
    spots: Iterable[Spot],
    seeds: Sequence[int],
    workflow: Mapping[str, Any] | None = None,
) -> BatchBody:
    """A batch of ours: one job for each seed, or as many runs where there is no spot for it.

    The seeds go as whole numbers in the batch's data: a value of another type would hold up a real queue.
    """
    batch = {"graph": graph, "origin": ORIGIN, "destination": DESTINATION}
    if workflow is not None:
        batch["workflow"] = deepcopy(workflow)
    data = [{"node_path": spot.node_id, "field_name": spot.field, "items": list(seeds)} for spot in spots]
    if not data:
        return BatchBody({**batch, "runs": len(seeds)}, len(seeds))
    return BatchBody({**batch, "runs": 1, "data": [data]}, len(seeds), tuple(seeds))


def unchanged(
    graph: Mapping[str, Any],
    origin: str | None,
    destination: str | None,
    workflow: Mapping[str, Any] | None = None,
) -> BatchBody:
    """The same job once more. It stays whose it was, so it keeps its origin."""
    batch = {"graph": graph, "origin": origin, "destination": destination, "runs": 1}
    if workflow is not None:
        batch["workflow"] = workflow
    return BatchBody(batch, 1)


def _same_again(*, chosen: bool, prompt: bool, jobs: int) -> CannotReseed | None:
    """Why a graph without a place for a seed is not queued; None if another prompt makes a difference."""
    unseeded = "This job has no seed that could be changed"
    if chosen:
        return CannotReseed(f"{unseeded}. Leave the seed out.")
    if not prompt:
        return CannotReseed(f"{unseeded}.")
    return (
        CannotReseed(f"{unseeded}, so its pictures would all be the same. Ask for one.") if jobs > 1 else None
    )


def _prompt_spots(view: Graph) -> tuple[Spot, ...]:
    """The positive prompt and what repeats it; none if it can't be told which text that is."""
    spot = prompt_spot(view)
    return (spot, *following(view, spot)) if spot else ()
