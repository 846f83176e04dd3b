"""What stands where in a graph that becomes a style. Pure, and never raises."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bot.domain.styles import StyleCheck, StylePart
from bot.invokeai.graph import METADATA, Graph, Spot
from bot.invokeai.model_references import models_in
from bot.invokeai.requeue.inputs import images_into
from bot.invokeai.requeue.prompts import negative_spot, prompt_spot
from bot.invokeai.requeue.seeds import Seeds, seeds_of, whole
from bot.invokeai.requeue.sizes import SizePlace, size_place

ITERATE = "iterate"
STEPS = ("steps", "num_steps")


class Places(NamedTuple):
    """Where a style's parts stand; None and empty: it can't be told, or there is none."""

    prompt: Spot | None
    negative: Spot | None
    seeds: Seeds
    size: SizePlace | None
    image: str | None
    """The name of the one image that it starts from."""


def places_in(graph: Graph) -> Places:
    images = images_into(graph)
    return Places(
        prompt_spot(graph),
        negative_spot(graph),
        seeds_of(graph),
        size_place(graph),
        images[0] if len(images) == 1 else None,
    )


def check(graph: Mapping[str, Any]) -> StyleCheck:
    """Of a queue item's `session.graph`, not its execution graph."""
    view = Graph.read(graph)
    places = places_in(view)
    models = tuple(dict.fromkeys(model.name for model in models_in(graph)))
    steps, pictures = _steps(view), _pictures(view)
    seed = bool(places.seeds.spots or places.seeds.dice)
    told = {
        StylePart.PROMPT: places.prompt is not None,
        StylePart.NEGATIVE: places.negative is not None,
        StylePart.SEED: seed,
        StylePart.SIZE: places.size is not None,
        StylePart.STEPS: steps is not None,
        StylePart.PICTURES: pictures is not None,
        StylePart.IMAGE: places.image is not None,
        StylePart.MODEL: bool(models),
    }
    return StyleCheck(
        prompt=_text(view, places.prompt),
        negative=_text(view, places.negative),
        seed=seed,
        size=places.size.size if places.size else None,
        steps=steps,
        pictures=pictures,
        image=places.image,
        images=images_into(view),
        models=models,
        unknown=tuple(part for part, known in told.items() if not known),
    )


def _text(graph: Graph, spot: Spot | None) -> str | None:
    value = graph.literal(spot) if spot else None
    return value if isinstance(value, str) else None


def _steps(graph: Graph) -> int | None:
    """Of the one number of steps that the nodes which make the picture have."""
    found = {
        value
        for name in graph.nodes
        if graph.type_of(name) != METADATA
        for value in [graph.literal(Spot(name, field)) for field in STEPS]
        if isinstance(value, int) and whole(value)
    }
    return found.pop() if len(found) == 1 else None


def _pictures(graph: Graph) -> int | None:
    """How many pictures one job makes; None if only the run tells."""
    if any(graph.of_type(ITERATE)):
        return None
    asked = [graph.literal(Spot(name, "num_images")) for name in graph.nodes]
    found = {value for value in asked if isinstance(value, int) and whole(value)}
    return 1 if not found else found.pop() if len(found) == 1 else None
