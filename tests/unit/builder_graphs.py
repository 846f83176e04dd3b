"""Graphs as InvokeAI's page builds them for each base model, written from its builders' rules.

`plain` names the nodes as InvokeAI 7 does: without a random part.
"""

from dataclasses import dataclass
from typing import Any

Graph = dict[str, Any]
PROMPT, NEGATIVE, SEED, SIZE, SCALED = "a red fox", "blurry", 1234, (832, 1216), (1024, 1024)


@dataclass(frozen=True)
class Base:
    """`negative`: a string node's text ("node"), the encoder's own ("literal"), or none. `noise`: a node.

    `steps`: the field of the denoiser that has them; none: the model chooses.
    """

    denoise: str
    encoder: str
    conditioning: str = "positive_conditioning"
    negative: str = "literal"
    collected: bool = False
    noise: bool = False
    styled: bool = False
    through: str | None = None
    grid: int = 16
    prompt: str = "positive_prompt"
    steps: str = "steps"


BASES = {
    "sd-1": Base("denoise_latents", "compel", negative="node", collected=True, noise=True, grid=8),
    "sdxl": Base(
        "denoise_latents",
        "sdxl_compel_prompt",
        negative="node",
        collected=True,
        noise=True,
        styled=True,
        grid=8,
    ),
    "sd-3": Base("sd3_denoise", "sd3_text_encoder", negative="node"),
    "flux": Base(
        "flux_denoise",
        "flux_text_encoder",
        "positive_text_conditioning",
        negative="",
        collected=True,
        steps="num_steps",
    ),
    "flux2": Base(
        "flux2_denoise",
        "flux2_klein_text_encoder",
        "positive_text_conditioning",
        negative="",
        collected=True,
        steps="num_steps",
    ),
    "cogview4": Base("cogview4_denoise", "cogview4_text_encoder", grid=32),
    "qwen-image": Base("qwen_image_denoise", "qwen_image_text_encoder"),
    "z-image": Base(
        "z_image_denoise", "z_image_text_encoder", collected=True, through="z_image_seed_variance_enhancer"
    ),
    "anima": Base("anima_denoise", "anima_text_encoder", collected=True),
    "ernie-image": Base("ernie_image_denoise", "ernie_image_text_encoder"),
    "krea2": Base("krea2_denoise", "krea2_text_encoder", collected=True, through="krea2_seed_variance"),
    "wan": Base("wan_denoise", "wan_text_encoder"),
    "ideogram-4": Base(
        "ideogram4_denoise", "ideogram4_text_encoder", negative="", prompt="ideogram4_prompt", steps=""
    ),
}


class _Builder:
    def __init__(self, plain: bool) -> None:
        self.plain = plain
        self.nodes: Graph = {}
        self.edges: list[Graph] = []

    def node(self, name: str, kind: str, **fields: Any) -> str:
        node_id = name if self.plain else f"{name}:aB3dE6gH9k"
        self.nodes[node_id] = {
            "id": node_id,
            "type": kind,
            "is_intermediate": True,
            "use_cache": True,
            **fields,
        }
        return node_id

    def edge(self, source: str, output: str, target: str, field: str) -> None:
        self.edges.append(
            {
                "source": {"node_id": source, "field": output},
                "destination": {"node_id": target, "field": field},
            }
        )


def built(name: str, *, plain: bool = False, scaled: bool = False, canvas: bool = False) -> Graph:
    """Text to image. `scaled`: made larger and brought back; `canvas`: to be staged."""
    base, make = BASES[name], _Builder(plain)
    prompt = make.node(base.prompt if not plain else "positive_prompt", "string", value=PROMPT)
    seed = make.node("seed", "integer", value=SEED)
    loader = make.node("model_loader", f"{name}_model_loader", model=model(name))
    positive = make.node("pos_cond", base.encoder, prompt="")
    size = dict(zip(("width", "height"), SCALED if scaled else SIZE, strict=True))
    steps = {base.steps: 30} if base.steps else {}
    denoise = make.node("denoise_latents", base.denoise, **steps, **({} if base.noise else size))
    output = make.node("l2i" if scaled else "canvas_output", "l2i")
    told: Graph = {
        "width": SIZE[0],
        "height": SIZE[1],
        "model": model(name),
        "generation_mode": "txt2img",
        **({"steps": 30} if base.steps else {}),
    }
    metadata = make.node("core_metadata", "core_metadata", **told)
    make.edge(loader, "clip", positive, "clip")
    _prompted(make, base, prompt, positive)
    _conditioned(make, base, positive, denoise, base.conditioning)
    _with_negative(make, base, loader, denoise, metadata)
    if base.noise:
        noise = make.node("noise", "noise", seed=0, use_cpu=True, **size)
        make.edge(seed, "value", noise, "seed")
        make.edge(noise, "noise", denoise, "noise")
    else:
        make.edge(seed, "value", denoise, "seed")
    make.edge(denoise, "latents", output, "latents")
    if scaled:
        before, output = output, make.node("canvas_output", "img_resize", width=SIZE[0], height=SIZE[1])
        make.edge(before, "image", output, "image")
    make.nodes[output] |= {"is_intermediate": canvas, "use_cache": False}
    make.edge(seed, "value", metadata, "seed")
    make.edge(prompt, "value", metadata, "positive_prompt")
    make.edge(metadata, "metadata", output, "metadata")
    return {"id": f"{name}_graph", "nodes": make.nodes, "edges": make.edges}


def _prompted(make: _Builder, base: Base, prompt: str, positive: str) -> None:
    if base.denoise == "ideogram4_denoise":
        caption = make.node("ideogram4_caption_builder", "ideogram4_caption_builder", prompt="")
        make.edge(prompt, "value", caption, "prompt")
        make.edge(caption, "value", positive, "prompt")
    elif base.denoise == "ernie_image_denoise":
        size = {"width": SIZE[0], "height": SIZE[1]}
        enhancer = make.node("prompt_enhancer", "ernie_image_prompt_enhancer", prompt="", **size)
        make.edge(prompt, "value", enhancer, "prompt")
        make.edge(enhancer, "value", positive, "prompt")
    else:
        make.edge(prompt, "value", positive, "prompt")
    if base.styled:
        make.edge(prompt, "value", positive, "style")


def _conditioned(make: _Builder, base: Base, source: str, denoise: str, field: str) -> None:
    seed = next(iter(name for name in make.nodes if name.startswith("seed")))
    if base.through and field == base.conditioning:
        variance = make.node("seed_variance", base.through, strength=0.1)
        make.edge(seed, "value", variance, "seed" if base.through.startswith("z_") else "variance_seed")
        make.edge(source, "conditioning", variance, "conditioning")
        source = variance
    if base.collected:
        collect = make.node(f"{field}_collect", "collect", collection=[])
        make.edge(source, "conditioning", collect, "item")
        make.edge(collect, "collection", denoise, field)
    else:
        make.edge(source, "conditioning", denoise, field)


def _with_negative(make: _Builder, base: Base, loader: str, denoise: str, metadata: str) -> None:
    if not base.negative:
        return
    text = (
        make.node("negative_prompt", "string", value=NEGATIVE)
        if base.negative == "node" or make.plain
        else None
    )
    encoder = make.node("neg_cond", base.encoder, prompt="" if text else NEGATIVE)
    make.edge(loader, "clip", encoder, "clip")
    if text:
        make.edge(text, "value", encoder, "prompt")
        make.edge(text, "value", metadata, "negative_prompt")
        if base.styled:
            make.edge(text, "value", encoder, "style")
    else:
        make.nodes[metadata]["negative_prompt"] = NEGATIVE
    _conditioned(make, base, encoder, denoise, "negative_conditioning")


def external(*, seeded: bool = True) -> Graph:
    """A model behind a provider's API; some have no seed."""
    make = _Builder(plain=False)
    prompt = make.node("positive_prompt", "string", value=PROMPT)
    size = {"width": SIZE[0], "height": SIZE[1]}
    output = make.node(
        "canvas_output", "openai_image_generation", model=model("external"), num_images=1, **size
    )
    make.nodes[output] |= {"is_intermediate": False, "use_cache": False}
    metadata = make.node("core_metadata", "core_metadata", model=model("external"), **size)
    make.edge(prompt, "value", output, "prompt")
    make.edge(prompt, "value", metadata, "positive_prompt")
    make.edge(metadata, "metadata", output, "metadata")
    if seeded:
        seed = make.node("seed", "integer", value=SEED)
        make.edge(seed, "value", output, "seed")
        make.edge(seed, "value", metadata, "seed")
    return {"id": "external_graph", "nodes": make.nodes, "edges": make.edges}


def image_to_image(*, resized: bool) -> Graph:
    """On the canvas, to be staged. `resized`: the image is brought to the picture's size and back."""
    graph = built("sd-1", canvas=True, scaled=resized)
    make = _Builder(plain=False)
    make.nodes, make.edges = graph["nodes"], graph["edges"]
    encoder = make.node("i2l", "i2l")
    make.edge(encoder, "latents", "denoise_latents:aB3dE6gH9k", "latents")
    image = {"image_name": "layers.png"}
    if resized:
        before = make.node(
            "initial_image_resize_in", "img_resize", image=image, width=SCALED[0], height=SCALED[1]
        )
        make.edge(before, "image", encoder, "image")
    else:
        make.nodes[encoder]["image"] = image
    make.nodes["core_metadata:aB3dE6gH9k"] |= {
        "generation_mode": "img2img",
        "canvas_v2_metadata": {"rasterLayers": []},
    }
    return graph


def upscaling() -> Graph:
    """The upscaling tab: the image gives the size."""
    graph = built("sd-1")
    make = _Builder(plain=False)
    make.nodes, make.edges = graph["nodes"], graph["edges"]
    scaled = make.node(
        "spandrel_autoscale", "spandrel_image_to_image_autoscale", image={"image_name": "small.png"}
    )
    noise = make.nodes["noise:aB3dE6gH9k"]
    for side in ("width", "height"):
        noise.pop(side)
        make.edge(scaled, side, noise["id"], side)
    encoder = make.node("i2l", "i2l")
    make.edge(scaled, "image", encoder, "image")
    make.edge(encoder, "latents", "denoise_latents:aB3dE6gH9k", "latents")
    return graph


def model(base: str) -> Graph:
    return {
        "key": f"key-{base}",
        "hash": f"blake3:{base}",
        "name": f"The {base}",
        "base": base,
        "type": "main",
    }
