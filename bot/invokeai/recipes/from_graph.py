"""A job's recipe from its graph: for jobs that have no metadata, and for what metadata does not tell."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from bot.domain.jobs import Lora, Recipe
from bot.invokeai.graph import Graph, Spot
from bot.invokeai.recipes.generators import NEGATIVE, POSITIVE, encoders, generators, is_denoiser, whole_image
from bot.invokeai.recipes.models import MAX_LORAS, loaded_by
from bot.invokeai.recipes.values import REWRITERS, Values, text

MAX_PROMPTS = 10
MAX_TEXTS = 50
BETWEEN = " / "
"""Stands between the prompts of a job that has several."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one node makes."""

    prompts: tuple[str, ...]
    negatives: tuple[str, ...]
    texts: tuple[str, ...]
    models: tuple[str, ...]
    loras: tuple[Lora, ...]
    seed: int | None
    size: tuple[int | None, int | None]
    steps: int | None
    cfg_scale: float | None
    scheduler: str | None


def recipe_from_graph(values: Values) -> Recipe:
    """Each prompt and model of the final outputs, and of everything else what they have in common.

    The size is the one at which was generated. Of a job that has not run yet it is what will be, as far as
    that can be told.
    """
    parts = [_part(values, node_id) for node_id in generators(values.graph)]
    width, height = _agreed(part.size for part in parts) or (None, None)
    return Recipe(
        prompt=_together(each for part in parts for each in part.prompts),
        negative_prompt=_together(each for part in parts for each in part.negatives),
        model=_together(each for part in parts for each in part.models),
        seed=_agreed(part.seed for part in parts),
        width=width,
        height=height,
        steps=_agreed(part.steps for part in parts),
        cfg_scale=_agreed(part.cfg_scale for part in parts),
        scheduler=_agreed(part.scheduler for part in parts),
        loras=tuple(dict.fromkeys(lora for part in parts for lora in part.loras))[:MAX_LORAS],
        texts=tuple(dict.fromkeys(each for part in parts for each in part.texts))[:MAX_TEXTS],
    )


def _part(values: Values, node_id: str) -> _Part:
    graph, loaded = values.graph, loaded_by(values, node_id)
    denoises = is_denoiser(graph, node_id)
    positive = encoders(graph, node_id, POSITIVE) if denoises else [node_id]
    negative = encoders(graph, node_id, NEGATIVE)
    noise = _behind(graph, node_id, "noise", "seed") or node_id
    sized = node_id if graph.has(node_id, "width") else _behind(graph, node_id, "noise", "width")
    return _Part(
        prompts=_prompts(values, whole_image(graph, positive)),
        negatives=_prompts(values, whole_image(graph, negative)),
        texts=tuple(each for encoder in (*positive, *negative) for each in _texts(values, encoder)),
        models=loaded.models,
        loras=loaded.loras,
        seed=values.whole(noise, "seed"),
        size=(values.whole(sized, "width"), values.whole(sized, "height")) if sized else (None, None),
        steps=_first(values.whole(node_id, name) for name in ("steps", "num_steps")),
        cfg_scale=_first(values.real(node_id, name) for name in ("cfg_scale", "guidance_scale")),
        scheduler=text(values.text(node_id, "scheduler")),
    )


def _prompts(values: Values, encoders: Iterable[str]) -> tuple[str, ...]:
    found = (values.texts(each, "prompt") or values.texts(each, "style") for each in encoders)
    return tuple(dict.fromkeys(prompt for prompts in found for prompt in prompts))


def _texts(values: Values, encoder: str) -> Iterator[str]:
    """All that a person wrote there, and what was made of it."""
    yield from values.texts(encoder, "prompt")
    yield from values.texts(encoder, "style")
    for source in values.graph.feeding(Spot(encoder, "prompt")):
        if values.graph.type_of(source.node_id) in REWRITERS:
            rewritten = (result.get(source.field) for result in values.graph.results.get(source.node_id, ()))
            yield from (each for each in map(text, rewritten) if each)


def _behind(graph: Graph, node_id: str, field: str, wanted: str) -> str | None:
    """The nearest node up the wires of this input that has the wanted one."""
    waiting = [source.node_id for source in graph.feeding(Spot(node_id, field))]
    seen: set[str] = set()
    for each in waiting:
        if each in seen:
            continue
        seen.add(each)
        if graph.has(each, wanted):
            return each
        waiting.extend(source.node_id for source in graph.above(each))
    return None


_T = TypeVar("_T")


def _first(found: Iterable[_T | None]) -> _T | None:
    return next((value for value in found if value is not None), None)


def _agreed(found: Iterable[_T]) -> _T | None:
    """What all have; None if they differ, or if there is none."""
    values = list(found)
    return values[0] if values and all(value == values[0] for value in values) else None


def _together(found: Iterable[str]) -> str | None:
    each = list(dict.fromkeys(found))
    return BETWEEN.join(each[:MAX_PROMPTS]) or None
