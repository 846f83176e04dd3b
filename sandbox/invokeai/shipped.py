"""The three workflows of the demo, which came with its InvokeAI."""

from sandbox.invokeai.editor import Json, decimal, dropdown, prose, whole, workflow

MOODS = dropdown(
    Calm=", calm, soft morning light",
    Stormy=", stormy sky, high waves",
    Night=", at night, under a full moon",
    Snow=", in deep snow, cold light",
)


def shipped(seconds: float) -> list[Json]:
    """A picture takes about so many seconds."""
    return [_postcard(seconds), _soft_focus(), _series(seconds)]


def _drawing(seconds: float) -> Json:
    return {
        "type": "sandbox_draw",
        "label": "Picture",
        "seconds": seconds,
        "steps": 20,
        "width": 768,
        "height": 512,
        "seed": 7,
        "board": "auto",
    }


def _postcard(seconds: float) -> Json:
    """A text, a choice, numbers, a board."""
    nodes: Json = {
        "scene": {"type": "string", "value": "a lighthouse on a cliff"},
        "mood": {"type": "string", "value": ", calm, soft morning light"},
        "both": {"type": "string_join", "string_left": "", "string_right": ""},
        "draw": _drawing(seconds),
    }
    return workflow(
        "Postcard",
        nodes,
        ("scene.value", "both.string_left"),
        ("mood.value", "both.string_right"),
        ("both.value", "draw.prompt"),
        fields=("scene.value", "mood.value", "draw.steps", "draw.seed", "draw.board"),
        settings={
            "scene.value": prose(),
            "mood.value": MOODS,
            "draw.steps": whole(4, 60),
            "draw.seed": whole(0, 2**32 - 1),
        },
        labels={"scene.value": "What it shows", "mood.value": "Mood", "draw.steps": "Steps"},
    )


def _soft_focus() -> Json:
    """A picture of one's own, a number, a choice."""
    nodes: Json = {
        "blur": {"type": "img_blur", "image": None, "radius": 6.0, "blur_type": "gaussian", "board": "auto"}
    }
    return workflow(
        "Soft focus",
        nodes,
        fields=("blur.image", "blur.radius", "blur.blur_type"),
        settings={"blur.radius": decimal(1, 40)},
        labels={"blur.image": "Your picture", "blur.radius": "How soft", "blur.blur_type": "Blur"},
    )


def _series(seconds: float) -> Json:
    """A picture for each line, and more fields than one form has."""
    nodes: Json = {
        "scenes": {
            "type": "string_batch",
            "strings": ["a fox in the forest", "an owl on a branch", "a heron by the lake"],
        },
        "draw": _drawing(seconds),
    }
    numbers = {"draw.steps": whole(4, 60), "draw.seed": whole(0, 2**32 - 1)}
    numbers |= {"draw.width": whole(64, 1024), "draw.height": whole(64, 1024)}
    return workflow(
        "Series",
        nodes,
        ("scenes.value", "draw.prompt"),
        fields=("scenes.strings", *numbers, "draw.board"),
        settings=numbers,
        labels={"scenes.strings": "Scenes"},
    )
