"""What stands in a node's input: its own value, or what the nodes that are wired to it give out."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.invokeai.foreign_json import mapping
from bot.invokeai.graph import Graph, Spot, each_of

MAX_VALUES = 200
MAX_DEPTH = 50
MAX_JOINED = 100_000
_INTEGERS = 2**64

REWRITERS = frozenset({"ideogram4_caption_builder", "ernie_image_prompt_enhancer"})
"""Nodes that make another text of a prompt. Like InvokeAI's metadata we tell what a person wrote."""
_SAME = {
    "string": "value",
    "integer": "value",
    "float": "value",
    "boolean": "value",
    "scheduler": "scheduler",
    "model_identifier": "model",
    "dynamic_prompt": "prompt",
}
"""Nodes that give out what one of their inputs holds."""
_COLLECTIONS = frozenset({"string_collection", "integer_collection", "float_collection"})
_JOINS = {
    "string_join": ("string_left", "string_right"),
    "string_join_three": ("string_left", "string_middle", "string_right"),
}
_MATHS: Mapping[str, Callable[[int, int], int]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
}
"""Operations on whole numbers, by the node's type or by the `operation` of `integer_math`."""


@dataclass(slots=True)
class Values:
    """Reads inputs. After a run the nodes' results tell, else what can be worked out without running.

    An input can hold several values: one for each iteration. None: what can't be told, and is unknown.
    """

    graph: Graph
    _known: dict[Spot, tuple[Any, ...]] = field(default_factory=dict[Spot, tuple[Any, ...]])

    def at(self, node_id: str, name: str, depth: int = MAX_DEPTH) -> tuple[Any, ...]:
        """The values of an input, in order, at most MAX_VALUES."""
        spot = Spot(node_id, name)
        if spot in self._known:
            return self._known[spot]
        self._known[spot] = ()  # where wires run in a circle, nothing is known
        sources = self.graph.feeding(Spot(node_id, name))
        if sources:
            found = [value for source in sources for value in self._from(source, depth)]
        else:
            found = [self.graph.nodes[node_id].get(name)]
        self._known[spot] = tuple(value for value in found if value is not None)[:MAX_VALUES]
        return self._known[spot]

    def texts(self, node_id: str, name: str) -> tuple[str, ...]:
        """Each text once; none without a letter."""
        found = (value for value in self.at(node_id, name) if isinstance(value, str) and value.strip())
        return tuple(dict.fromkeys(found))

    def text(self, node_id: str, name: str) -> str | None:
        """The one text; None if there is none, or several."""
        return only(self.texts(node_id, name))

    def whole(self, node_id: str, name: str) -> int | None:
        return only(number for value in self.at(node_id, name) if (number := whole(value)) is not None)

    def real(self, node_id: str, name: str) -> float | None:
        """The one number; a list of them, one a step, counts if all are the same."""
        numbers = (number for value in self.at(node_id, name) for number in each_of(value))
        return only(number for each in numbers if (number := real(each)) is not None)

    def _from(self, source: Spot, depth: int) -> Iterable[Any]:
        node_id, kind = source.node_id, self.graph.type_of(source.node_id)
        if depth <= 0:
            return ()
        if kind in REWRITERS:
            return self.at(node_id, "prompt", depth - 1)
        results = self.graph.results.get(node_id, ())
        given = [result[source.field] for result in results if source.field in result]
        return given or self._worked_out(source, kind, depth - 1)

    def _worked_out(self, source: Spot, kind: str, depth: int) -> Iterator[Any]:
        """What a node that has not run will give out."""
        node_id = source.node_id
        if kind in _SAME or kind in _COLLECTIONS:
            yield from self.at(node_id, _SAME.get(kind, "collection"), depth)
        elif kind in _JOINS:
            yield from self._joined(node_id, _JOINS[kind], depth)
        elif kind == "collect":
            yield [*self._iterated(node_id, depth), *self.at(node_id, "item", depth)][:MAX_VALUES]
        elif kind == "iterate":
            yield from self._iterated(node_id, depth)
        elif kind == "prompt_template":
            yield from self.at(node_id, source.field, depth)
        elif kind == "lora_selector":
            weight = self._one(node_id, "weight", depth)
            yield from ({"lora": lora, "weight": weight} for lora in self.at(node_id, "lora", depth))
        else:
            yield from self._calculated(node_id, kind, depth)

    def _one(self, node_id: str, name: str, depth: int) -> str | float | None:
        """The one text or number there."""
        return only(value for value in self.at(node_id, name, depth) if isinstance(value, str | int | float))

    def _joined(self, node_id: str, fields: Iterable[str], depth: int) -> Iterable[str]:
        parts = [self._one(node_id, name, depth) for name in fields]
        texts = [part for part in parts if isinstance(part, str)]
        readable = len(texts) == len(parts) and sum(map(len, texts)) <= MAX_JOINED
        return ["".join(texts)] if readable else ()

    def _iterated(self, node_id: str, depth: int) -> Iterator[Any]:
        """A list item by item; what is no list, is an item."""
        for value in self.at(node_id, "collection", depth):
            yield from each_of(value)[:MAX_VALUES]

    def _calculated(self, node_id: str, kind: str, depth: int) -> Iterable[int]:
        operation = self._one(node_id, "operation", depth) if kind == "integer_math" else kind
        calculate = _MATHS.get(operation.lower()) if isinstance(operation, str) else None
        if calculate is None:
            return ()
        a, b = (whole(self._one(node_id, name, depth)) for name in ("a", "b"))
        return () if a is None or b is None else (calculate(a, b),)


_T = TypeVar("_T", str, int, float, str | float)


def only(values: Iterable[_T]) -> _T | None:
    """The one value that all of these are; None if they differ, or if there is none."""
    found: _T | None = None
    for value in values:
        if found is not None and found != value:
            return None
        found = value
    return found


def whole(value: object) -> int | None:
    return (
        value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _INTEGERS else None
    )


def real(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def text(value: object) -> str | None:
    """None without a letter."""
    return value if isinstance(value, str) and value.strip() else None


def name_of(model: object) -> str | None:
    """A model's name; InvokeAI 3 wrote `model_name`."""
    return text(mapping(model).get("name") or mapping(model).get("model_name"))
