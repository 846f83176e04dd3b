"""Plausible batches for the demo, as bodies of POST enqueue_batch: prompts, models, seeds, metadata."""

import random
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

PROMPTS = (
    "red fox in snow, soft morning light",
    "harbour at dusk, lanterns on the water",
    "northern lights over a wooden cabin",
    "desert road after the rain, wide angle",
    "moss forest with a narrow path, mist",
    "night train crossing a viaduct, full moon",
    "glacier lake, still water, long exposure",
    "lighthouse in a winter storm",
    "dunes at sunrise, one set of footprints",
    "old observatory under the stars",
    "canyon river seen from above",
    "sea cliffs, evening sun, gulls",
)
NEGATIVE = "blurry, watermark, text"
SCHEDULERS = ("euler", "dpmpp_2m_k", "dpmpp_sde_k", "unipc")
OUT_OF_MEMORY = (
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.25 GiB. GPU 0 has a total capacity "
    "of 11.63 GiB of which 1.02 GiB is free. Including non-PyTorch memory, this process has 10.59 GiB memory "
    "in use. Of the allocated memory 9.87 GiB is allocated by PyTorch, and 412.50 MiB is reserved by PyTorch "
    "but unallocated."
)


@dataclass(frozen=True)
class Model:
    key: str
    name: str
    base: str
    mode: str


MODELS = (
    Model("7d3b1f0a-5c1e-4f5b-9a0e-2f6f3f1c8d01", "Juggernaut XL v9", "sdxl", "sdxl_txt2img"),
    Model("0a64c2de-91ab-4a39-8b57-61d0a5e4b702", "Dreamshaper 8", "sd-1", "txt2img"),
    Model("c5f7e9b4-22d8-47cc-9f3e-7e1b0c9ad803", "FLUX.1 dev", "flux", "flux_txt2img"),
)


class Studio:
    """`seconds`: how long one picture takes at speed 1."""

    def __init__(self, rng: random.Random, *, seconds: float = 6.0) -> None:
        self._dice = rng
        self._seconds = seconds

    def one(self) -> Json:
        """A single picture."""
        return self._body(self._dice.choice(PROMPTS))

    def batch(self, count: int) -> Json:
        """`count` pictures of one prompt, a seed each."""
        body = self._body(self._dice.choice(PROMPTS))
        seeds = [self._seed() for _ in range(count)]
        body["batch"]["data"] = [[{"node_path": "seed:1", "field_name": "value", "items": seeds}]]
        return body

    def from_picture(self, image_name: str) -> Json:
        """A picture that starts from another one, as a style can."""
        body = self._body(self._dice.choice(PROMPTS))
        start = {"type": "img_resize", "image": {"image_name": image_name}, "is_intermediate": True}
        nodes = body["batch"]["graph"]["nodes"]
        nodes["initial_image_resize_in:1"] = start | {"id": "initial_image_resize_in:1"}
        return body

    def failing(self) -> Json:
        """A picture that runs out of graphics memory on its way."""
        return self._body(self._dice.choice(PROMPTS), fail_with=OUT_OF_MEMORY)

    def huge(self) -> Json:
        """A picture whose file is larger than the 10 MiB that a guild takes without boosts."""
        body = self._body(self._dice.choice(PROMPTS))
        picture = body["batch"]["graph"]["nodes"]["canvas_output:1"]
        picture |= {"width": 2816, "height": 1920, "grain": 40}
        return body

    def workflow(self) -> Json:
        """A picture of a saved workflow: nothing but the graph tells how, and it draws its own seed."""
        nodes: Json = {
            "prompt": {"type": "string", "value": self._dice.choice(PROMPTS), "is_intermediate": True},
            "dice": {"type": "rand_int", "is_intermediate": True},
            "picture": {
                "type": "sandbox_draw",
                "seconds": self._seconds,
                "steps": 20,
                "width": 512,
                "height": 512,
            },
        }
        edges = [_edge("prompt", "value", "picture", "prompt"), _edge("dice", "value", "picture", "seed")]
        return _of_editor(nodes, edges)

    def canvas(self) -> Json:
        """A picture that the canvas stages: nobody is told of it, unless a channel asks for that."""
        body = self._body(self._dice.choice(PROMPTS))
        body["batch"]["graph"]["nodes"]["canvas_output:1"]["is_intermediate"] = True
        body["batch"] |= {"origin": "canvas", "destination": f"canvas:{self._dice.randrange(10**9)}"}
        return body

    def video(self) -> Json:
        """Three seconds of northern lights."""
        prompt = "northern lights over a wooden cabin"
        nodes: Json = {
            "told": {
                "type": "core_metadata",
                "positive_prompt": prompt,
                "seed": self._seed(),
                "steps": 20,
                "is_intermediate": True,
            },
            "film": {"type": "sandbox_film", "seconds": self._seconds, "steps": 20, "prompt": prompt},
        }
        return _of_editor(nodes, [_edge("told", "metadata", "film", "metadata")])

    def text(self) -> Json:
        """A workflow that ends with words."""
        subject, _, mood = self._dice.choice(PROMPTS).partition(", ")
        words: Json = {"string_left": f"A picture of {subject}: ", "string_right": mood}
        return _of_editor({"words": {"type": "string_join", "use_cache": False, **words}}, [])

    def of_page_7(self) -> Json:
        """A picture as the page of InvokeAI 7 queues it: plain node ids, an origin that names its project."""
        body = self._body(self._dice.choice(PROMPTS))
        graph = body["batch"]["graph"]
        names = {"seed:1": "seed", "core_metadata:1": "core_metadata", "canvas_output:1": "canvas_output"}
        graph["nodes"] = {names[name]: node | {"id": names[name]} for name, node in graph["nodes"].items()}
        for edge in graph["edges"]:
            for end in edge.values():
                end["node_id"] = names[end["node_id"]]
        body["batch"]["origin"] = f"webv2:p:project-1:q:{self._dice.randrange(10**9)}"
        return body

    def _seed(self) -> int:
        return self._dice.randrange(2**32)

    def _body(self, prompt: str, fail_with: str | None = None) -> Json:
        """The seed is an `integer` node that feeds picture and metadata, as InvokeAI's own UI builds it."""
        model = self._dice.choice(MODELS)
        steps = self._dice.choice((20, 28, 30))
        width, height = self._dice.choice(((768, 512), (512, 512), (512, 768), (832, 576)))
        nodes: Json = {
            "seed:1": {"id": "seed:1", "type": "integer", "value": self._seed(), "is_intermediate": True},
            "core_metadata:1": {
                "id": "core_metadata:1",
                "type": "core_metadata",
                "is_intermediate": True,
                "generation_mode": model.mode,
                "positive_prompt": prompt,
                "negative_prompt": NEGATIVE,
                "width": width,
                "height": height,
                "rand_device": "cpu",
                "cfg_scale": self._dice.choice((4.5, 6.0, 7.5)),
                "cfg_rescale_multiplier": 0,
                "steps": steps,
                "scheduler": self._dice.choice(SCHEDULERS),
                "model": {
                    "key": model.key,
                    "hash": f"blake3:{model.key.replace('-', '')}",
                    "name": model.name,
                    "base": model.base,
                    "type": "main",
                },
            },
            "canvas_output:1": {
                "id": "canvas_output:1",
                "type": "sandbox_draw",
                "is_intermediate": False,
                "use_cache": False,
                "seconds": self._seconds * self._dice.uniform(0.7, 1.4),
                "steps": steps,
                "width": width,
                "height": height,
                "prompt": prompt,
                "negative_prompt": NEGATIVE,
                "fail_with": fail_with,
            },
        }
        edges = [
            _edge("seed:1", "value", "core_metadata:1", "seed"),
            _edge("seed:1", "value", "canvas_output:1", "seed"),
            _edge("core_metadata:1", "metadata", "canvas_output:1", "metadata"),
        ]
        batch: Json = {
            "graph": {"id": f"{model.base}_graph", "nodes": nodes, "edges": edges},
            "runs": 1,
            "origin": "generate",
            "destination": "generate",
        }
        return {"batch": batch, "prepend": False}


def _of_editor(nodes: Json, edges: list[Json]) -> Json:
    """A batch as the workflow editor queues it."""
    graph: Json = {"id": "workflow", "nodes": {name: {"id": name, **node} for name, node in nodes.items()}}
    batch: Json = {"graph": graph | {"edges": edges}, "runs": 1}
    return {"batch": batch | {"origin": "workflows", "destination": "gallery"}, "prepend": False}


def _edge(source: str, source_field: str, destination: str, destination_field: str) -> Json:
    return {
        "source": {"node_id": source, "field": source_field},
        "destination": {"node_id": destination, "field": destination_field},
    }
