"""The model and the LoRAs that a denoiser works with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.domain.jobs import Lora
from bot.invokeai.foreign_json import mapping
from bot.invokeai.graph import Graph, Spot, each_of
from bot.invokeai.recipes.values import Values, name_of, real

MAX_LORAS = 50
_NAMED = ("model", "text_llm_model", "vllm_model")
"""Where a node that needs no loader has its model."""
_CARRIERS = ("unet", "transformer")
"""The wires by which a model goes from its loader through LoRAs to the denoiser."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Names of the models, and the LoRAs in the order in which they were put on."""

    models: tuple[str, ...] = ()
    loras: tuple[Lora, ...] = ()


@dataclass(slots=True)
class _LoaderSearch:
    graph: Graph
    values: Values
    models: dict[str, None] = field(default_factory=dict[str, None])
    loras: dict[Lora, None] = field(default_factory=dict[Lora, None])


def loaded_by(values: Values, node_id: str) -> Loaded:
    """What comes in at a node: what its loaders gave out when they ran, else what they are to load.

    A node that asks another service, or writes a text, names the model itself.
    """
    named = (model for name in _NAMED for model in values.at(node_id, name))
    own = [name for model in named if (name := name_of(model))]
    if own:
        return Loaded(tuple(dict.fromkeys(own)))
    search = _LoaderSearch(values.graph, values)
    sources = [source for carrier in _CARRIERS for source in values.graph.feeding(Spot(node_id, carrier))]
    given = [
        mapping(result.get(source.field))
        for source in sources
        for result in values.graph.results.get(source.node_id, ())
    ]
    for carried in given:
        _take_carried(search, carried)
    if not search.models:
        _take_loaders(search, sources)
    return Loaded(tuple(search.models), tuple(search.loras)[:MAX_LORAS])


def _take_carried(search: _LoaderSearch, carried: Mapping[str, Any]) -> None:
    """`{"unet": {"name"}, "loras": [{"lora": {"name"}, "weight"}]}`, as a loader gives it out."""
    for carrier in _CARRIERS:
        name = name_of(carried.get(carrier))
        if name:
            search.models[name] = None
    for applied in (carried.get("loras"), carried.get("loras_low_noise")):
        search.loras.update(dict.fromkeys(read_loras(applied)))


def _take_loaders(search: _LoaderSearch, sources: list[Spot]) -> None:
    """Up the wires from the denoiser: LoRA loaders, then the loader of the model."""
    waiting = list(sources)
    seen: set[str] = set()
    loras: list[Lora] = []
    while waiting:
        each = waiting.pop().node_id
        if each in seen:
            continue
        seen.add(each)
        loras[:0] = _loras_of(search.values, each)
        names = [name for model in search.values.at(each, "model") if (name := name_of(model))]
        search.models.update(dict.fromkeys(names))
        if not names:
            waiting.extend(
                source for carrier in _CARRIERS for source in search.graph.feeding(Spot(each, carrier))
            )
    search.loras.update(dict.fromkeys(loras))


def _loras_of(values: Values, node_id: str) -> list[Lora]:
    weight = values.real(node_id, "weight")
    one = [Lora(name, weight) for lora in values.at(node_id, "lora") if (name := name_of(lora))]
    return [*one, *(lora for loras in values.at(node_id, "loras") for lora in read_loras(loras))][:MAX_LORAS]


def read_loras(value: object) -> Iterator[Lora]:
    """`{"model" or "lora": {"name"}, "weight"}`, one or a list of them; InvokeAI 3 wrote `model_name`."""
    for each in map(mapping, each_of(value)[:MAX_LORAS]):
        name = name_of(each.get("model") or each.get("lora"))
        if name:
            yield Lora(name, real(each.get("weight")))
