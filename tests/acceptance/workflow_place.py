"""Workflows as somebody saves them in InvokeAI's editor, of nodes that every InvokeAI of the tests has."""

from typing import Any

from sandbox.invokeai.editor import decimal, prose, whole, workflow

Json = dict[str, Any]
DRAW: Json = {"type": "sandbox_draw", "seconds": 0.1, "steps": 2, "width": 64, "height": 64}


def picture(name: str = "Foxes") -> Json:
    """A text, a number, a choice and a picture to fill in."""
    nodes: Json = {
        "prompt": {"type": "string", "value": "a fox"},
        "draw": DRAW,
        "start": {"type": "img_blur", "image": None, "radius": 4.0, "blur_type": "gaussian"},
    }
    return workflow(
        name,
        nodes,
        ("prompt.value", "draw.prompt"),
        fields=("prompt.value", "start.radius", "start.blur_type", "start.image"),
        settings={"prompt.value": prose(), "start.radius": decimal(1, 20)},
    )


def long(name: str = "Many") -> Json:
    """Seven fields."""
    nodes: Json = {
        "prompt": {"type": "string", "value": "a fox"},
        "draw": {**DRAW, "seed": 7, "fail_at_step": -1},
        "more": {"type": "string", "value": "in snow"},
    }
    numbers = {
        f"draw.{field}": whole(-1, 512) for field in ("steps", "width", "height", "seed", "fail_at_step")
    }
    return workflow(
        name,
        nodes,
        ("prompt.value", "draw.prompt"),
        fields=("prompt.value", *numbers, "more.value"),
        settings=numbers,
    )


def two(name: str = "Two") -> Json:
    """Nothing to fill in, and two jobs."""
    nodes: Json = {"words": {"type": "string_batch", "strings": ["a fox", "a hen"]}, "draw": DRAW}
    return workflow(name, nodes, ("words.value", "draw.prompt"))


def lost(name: str = "Lost") -> Json:
    """With a node that InvokeAI no longer has."""
    nodes: Json = {"lost": {"type": "canny_image_processor", "label": "Edges", "image": None}}
    return workflow(name, nodes, fields=("lost.image",))
