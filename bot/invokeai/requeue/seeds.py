"""Where the seeds of a graph stand. Pure, and never raises."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.invokeai.graph import METADATA, Graph, Spot

SEED = "seed"
_INTEGER = "integer"
_DICE = ("rand_int",)
_NOISE = "noise"
_DENOISE = "denoise"


@dataclass(frozen=True, slots=True)
class Seeds:
    """The fields to write a new seed into, in the graph's order; all hold whole numbers now.

    `dice`: the nodes that draw a seed by themselves whenever the graph runs.
    """

    spots: tuple[Spot, ...]
    dice: tuple[str, ...] = ()


@dataclass(slots=True)
class _SeedSearch:
    graph: Graph
    found: set[Spot] = field(default_factory=set[Spot])
    passed: set[Spot] = field(default_factory=set[Spot])
    walked: set[tuple[str, bool]] = field(default_factory=set[tuple[str, bool]])
    dice: dict[str, None] = field(default_factory=dict[str, None])

    def follow_all(self, spots: Iterable[Spot]) -> None:
        """Up the wires of fields that hold a seed, to the numbers that it comes from."""
        waiting = list(spots)
        while waiting:
            each = waiting.pop()
            if each in self.passed:
                continue
            self.passed.add(each)
            sources = list(self.graph.feeding(each))
            if not sources and whole(self.graph.literal(each)):
                self.found.add(each)
            for source in sources:
                waiting.extend(self._behind(source.node_id, direct=True))

    def _behind(self, node_id: str, *, direct: bool) -> list[Spot]:
        """The seed fields behind an output. An integer node counts if wired at once, or if named a seed."""
        found: list[Spot] = []
        waiting = [(node_id, direct)]
        while waiting:
            each, near = waiting.pop()
            if (each, near) in self.walked:
                continue
            self.walked.add((each, near))
            kind = self.graph.type_of(each)
            if kind in _DICE:
                self.dice[each] = None
            elif kind == _INTEGER:
                if near or each.startswith(SEED):
                    found.append(Spot(each, "value"))
            elif has_seed(self.graph, each):
                found.append(Spot(each, SEED))
            else:
                waiting.extend((source.node_id, False) for source in self.graph.above(each))
        return found


def seeds_of(graph: Graph) -> Seeds:
    """The numbers that the image's seed comes from, and the metadata's seed along with them.

    First what is wired to a `seed` field, and the own `seed` of nodes that make noise; else any other
    own `seed`; else integer nodes named `seed…`.
    """
    search = _SeedSearch(graph)
    takers = [name for name in graph.nodes if graph.type_of(name) != METADATA and has_seed(graph, name)]
    image_takers = [name for name in takers if _seeds_an_image(graph, name)]
    for spots in (_seed_fields(image_takers), _seed_fields(takers), _named_integers(graph)):
        search.follow_all(spots)
        if search.found or search.dice:
            break
    if search.found:
        search.follow_all(_seed_fields(graph.of_type(METADATA)))
    order = {name: place for place, name in enumerate(graph.nodes)}
    return Seeds(
        tuple(sorted(search.found, key=lambda spot: (order[spot.node_id], spot.field))), tuple(search.dice)
    )


def seed_spots(graph: Graph, seeds: Seeds) -> tuple[Spot, ...]:
    """Those of the numbers, of the nodes that would draw one, and what metadata tells of it."""
    found = [*seeds.spots, *(Spot(name, "value") for name in seeds.dice)]
    told = [Spot(name, SEED) for name in graph.of_type(METADATA)] if found else []
    return tuple(dict.fromkeys([*found, *(spot for spot in told if whole(graph.literal(spot)))]))


def _seeds_an_image(graph: Graph, node_id: str) -> bool:
    kind = graph.type_of(node_id)
    return any(graph.feeding(Spot(node_id, SEED))) or _NOISE in kind or _DENOISE in kind


def _seed_fields(node_ids: Iterable[str]) -> list[Spot]:
    return [Spot(node_id, SEED) for node_id in node_ids]


def _named_integers(graph: Graph) -> list[Spot]:
    return [
        Spot(node_id, "value")
        for node_id in graph.of_type(_INTEGER)
        if node_id.startswith(SEED) and any(graph.below(node_id))
    ]


def has_seed(graph: Graph, node_id: str) -> bool:
    spot = Spot(node_id, SEED)
    return whole(graph.nodes[node_id].get(SEED)) or any(graph.feeding(spot))


def whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
