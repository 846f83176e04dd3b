"""Where the seeds of a graph stand. Pure, and never raises."""

from dataclasses import dataclass, field

from bot.invokeai.requeue.graph import METADATA, Graph, Spot

SEED = "seed"
_INTEGER = "integer"
_DICE = ("rand_int",)
_NOISE = "noise"


@dataclass(frozen=True, slots=True)
class Seeds:
    """The fields to write a new seed into, in the graph's order; all hold whole numbers now.

    `dice`: a node draws a seed by itself whenever the graph runs.
    """

    spots: tuple[Spot, ...]
    dice: bool


@dataclass(slots=True)
class _Search:
    graph: Graph
    found: set[Spot] = field(default_factory=set[Spot])
    passed: set[Spot] = field(default_factory=set[Spot])
    dice: bool = False

    def follow(self, spot: Spot) -> None:
        """Up the wires of a field that holds a seed, to the numbers that it comes from."""
        waiting = [spot]
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
        seen: set[str] = set()
        waiting = [(node_id, direct)]
        while waiting:
            each, near = waiting.pop()
            if each in seen:
                continue
            seen.add(each)
            kind = self.graph.type_of(each)
            if kind in _DICE:
                self.dice = self.dice or self.graph.nodes[each].get("use_cache") is not True
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
    search = _Search(graph)
    takers = [name for name in graph.nodes if graph.type_of(name) != METADATA and has_seed(graph, name)]
    wired = [name for name in takers if any(graph.feeding(Spot(name, SEED)))]
    noisy = [name for name in takers if _NOISE in graph.type_of(name) or "denoise" in graph.type_of(name)]
    for name in [*wired, *noisy] if wired or noisy else takers:
        search.follow(Spot(name, SEED))
    if not search.found and not search.dice:
        for name in takers:
            search.follow(Spot(name, SEED))
    if not search.found and not search.dice:
        for name in graph.of_type(_INTEGER):
            if name.startswith(SEED) and any(graph.below(name)):
                search.follow(Spot(name, "value"))
    if search.found:
        for name in graph.of_type(METADATA):
            search.follow(Spot(name, SEED))
    order = {name: place for place, name in enumerate(graph.nodes)}
    return Seeds(tuple(sorted(search.found, key=lambda spot: (order[spot.node_id], spot.field))), search.dice)


def has_seed(graph: Graph, node_id: str) -> bool:
    spot = Spot(node_id, SEED)
    return whole(graph.nodes[node_id].get(SEED)) or any(graph.feeding(spot))


def whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
