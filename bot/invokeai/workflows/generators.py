"""Generator nodes: the items that they give to a batch node. Pure; what only InvokeAI knows is a question."""

import json
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bot.errors import RequestRefused
from bot.invokeai.foreign_json import mapping, number, sequence, text, whole
from bot.invokeai.graph import Spot
from bot.invokeai.workflows.editor import BATCHES, GENERATORS, EditorNode, EditorWorkflow

MAX_ITEMS = 1000
"""So many items may come from one generator."""
DEFAULT_COUNT = 10  # the editor's own


@dataclass(frozen=True, slots=True)
class DynamicPrompts:
    """Asks InvokeAI for the prompts that a template stands for."""

    template: str = field(repr=False)
    most: int
    combinatorial: bool
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class BoardImages:
    """Asks InvokeAI for a board's images. `assets`: those that were uploaded, else those that were made."""

    board_id: str
    assets: bool


Items = Sequence[Any]


def generators_in(workflow: EditorWorkflow) -> Iterator[EditorNode]:
    """Those that feed a batch node, each once."""
    found: dict[str, None] = {}
    for source, target in workflow.wires:
        batch = BATCHES.get(workflow.nodes[target.node_id].type)
        feeds = batch is not None and target == Spot(target.node_id, batch[0])
        if feeds and workflow.nodes[source.node_id].type in GENERATORS:
            found[source.node_id] = None
    return (workflow.nodes[node_id] for node_id in found)


def items_of(node: EditorNode, rng: random.Random) -> Items | DynamicPrompts | BoardImages:
    """What the node generates, or what InvokeAI must be asked for it. RequestRefused if that can't be told.

    A seed of the node's own gives the same items each time, though not those of InvokeAI's page.
    """
    value = mapping(node.value("generator"))
    generate = _GENERATE.get(text(value.get("type")))
    items = None if generate is None else generate(value, rng)
    if items is None:
        raise RequestRefused(
            f"The bot can't tell what the node {node.title} generates. Open the workflow in InvokeAI, "
            f"set the node again and save."
        )
    if isinstance(items, DynamicPrompts | BoardImages):
        return items
    return limited(node, items)


def limited(node: EditorNode, items: Items) -> Items:
    """The same items. RequestRefused if they are too many."""
    if len(items) > MAX_ITEMS:
        raise RequestRefused(f"The node {node.title} generates more than the {MAX_ITEMS} items that may be.")
    return items


def _count(value: Mapping[str, Any]) -> int:
    count = value.get("count", DEFAULT_COUNT)
    told = whole(count)
    return 0 if told is None else max(0, min(told, MAX_ITEMS + 1))


def _rng(value: Mapping[str, Any], rng: random.Random) -> random.Random:
    seed = whole(value.get("seed"))
    return rng if seed is None else random.Random(seed)  # noqa: S311 - pictures need dice, not secrets


def _numbers(value: Mapping[str, Any], **defaults: float) -> list[float] | None:
    """The named fields; None if one is no number."""
    told = [number(value.get(name, default)) for name, default in defaults.items()]
    return None if None in told else [each for each in told if each is not None]


def _sequence_of(step: float) -> "_Generate":
    def generate(value: Mapping[str, Any], _rng: random.Random) -> Items | None:
        told = _numbers(value, start=0, step=step)
        if told is None:
            return None
        first, each = told
        return [first] if each == 0 else [first + place * each for place in range(_count(value))]

    return generate


def _linear(end: float, as_type: Callable[[float], Any]) -> "_Generate":
    def generate(value: Mapping[str, Any], _rng: random.Random) -> Items | None:
        told = _numbers(value, start=0, end=end)
        if told is None:
            return None
        (first, last), count = told, _count(value)
        if count == 1:
            return [first]
        return [first + as_type((last - first) * (place / (count - 1))) for place in range(count)]

    return generate


def _half_up(value: float) -> int:
    return math.floor(value + 0.5)


def _random_floats(value: Mapping[str, Any], rng: random.Random) -> Items | None:
    told = _numbers(value, min=0, max=1)
    if told is None:
        return None
    dice = _rng(value, rng)
    return [told[0] + dice.random() * (told[1] - told[0]) for _ in range(_count(value))]


def _random_integers(value: Mapping[str, Any], rng: random.Random) -> Items | None:
    least, most = whole(value.get("min", 0)), whole(value.get("max", 10))
    if least is None or most is None or most < least:
        return None
    dice = _rng(value, rng)
    return [dice.randint(least, most) for _ in range(_count(value))]


def _parts(value: Mapping[str, Any]) -> list[str]:
    """The separator may be written as in JSON, with a backslash and an n for a new line."""
    read, separator = text(value.get("input")), text(value.get("splitOn", ","))
    with suppress(ValueError):  # then it is meant as it stands
        separator = text(json.loads(f'"{separator}"')) or separator
    return read.split(separator) if separator else [read]


def _parsed(as_type: Callable[[str], Any]) -> "_Generate":
    def generate(value: Mapping[str, Any], _rng: random.Random) -> Items | None:
        found: list[Any] = []
        for part in _parts(value):
            try:
                found.append(as_type(part.strip()))
            except (ValueError, OverflowError):
                continue  # as InvokeAI's page leaves out what is no number
        return [each for each in found if number(each) is not None]

    return generate


def _strings(value: Mapping[str, Any], _rng: random.Random) -> Items:
    return [part for part in _parts(value) if part]


def _combinatorial(value: Mapping[str, Any], _rng: random.Random) -> DynamicPrompts:
    most = whole(value.get("maxPrompts", DEFAULT_COUNT)) or 1
    return DynamicPrompts(text(value.get("input")), max(1, min(most, MAX_ITEMS)), combinatorial=True)


def _random_prompts(value: Mapping[str, Any], rng: random.Random) -> DynamicPrompts:
    seed = whole(value.get("seed"))
    drawn = rng.randrange(2**32) if seed is None else seed
    count = max(1, min(_count(value), MAX_ITEMS))
    return DynamicPrompts(text(value.get("input")), count, combinatorial=False, seed=drawn)


def _board(value: Mapping[str, Any], _rng: random.Random) -> Items | BoardImages:
    board_id = text(value.get("board_id"))
    return BoardImages(board_id, assets=value.get("category") == "assets") if board_id else []


def _or_kept(generate: "_Generate") -> "_Generate":
    """InvokeAI 5.6 kept what a generator gave beside it, as `values`."""

    def kept(value: Mapping[str, Any], rng: random.Random) -> Items | DynamicPrompts | BoardImages | None:
        values = sequence(value.get("values"))
        fine = bool(values) and all(number(each) is not None for each in values)
        return values if fine else generate(value, rng)

    return kept


_Generate = Callable[[Mapping[str, Any], random.Random], Items | DynamicPrompts | BoardImages | None]
_GENERATE: Mapping[str, _Generate] = {
    "float_generator_arithmetic_sequence": _or_kept(_sequence_of(0.1)),
    "float_generator_linear_distribution": _or_kept(_linear(1, float)),
    "float_generator_random_distribution_uniform": _or_kept(_random_floats),
    "float_generator_parse_string": _or_kept(_parsed(float)),
    "integer_generator_arithmetic_sequence": _or_kept(_sequence_of(1)),
    "integer_generator_linear_distribution": _or_kept(_linear(10, _half_up)),
    "integer_generator_random_distribution_uniform": _or_kept(_random_integers),
    "integer_generator_parse_string": _or_kept(_parsed(lambda part: int(float(part)))),
    "string_generator_parse_string": _strings,
    "string_generator_dynamic_prompts_combinatorial": _combinatorial,
    "string_generator_dynamic_prompts_random": _random_prompts,
    "image_generator_images_from_board": _board,
}
"""By the kind that the node's `generator` field names. None: that can't be told."""
