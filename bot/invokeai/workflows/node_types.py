"""What a server's nodes take: the slice of its OpenAPI document that tells. Pure, and never raises."""

import gzip
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from bot.domain.workflows import FieldKind, Limits, Option
from bot.invokeai.foreign_json import mapping, number, sequence, text, whole

_RELEASE = re.compile(r"\d+\.\d+\.\d+")
_PLAIN = {
    "string": FieldKind.TEXT,
    "integer": FieldKind.WHOLE_NUMBER,
    "number": FieldKind.NUMBER,
    "boolean": FieldKind.YES_NO,
}
_LISTS = {
    "string": FieldKind.TEXTS,
    "integer": FieldKind.WHOLE_NUMBERS,
    "number": FieldKind.NUMBERS,
}
_NAMED = {
    "ModelIdentifierField": FieldKind.MODEL,
    "BoardField": FieldKind.BOARD,
    "ImageField": FieldKind.IMAGE,
    "ColorField": FieldKind.COLOR,
}
_SELECTED_ELSEWHERE = ("SavedWorkflowField",)

# Before 6.8 a model field told by `ui_type` which models it takes: (bases, types).
_BY_UI_TYPE: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "MainModelField": ((), ("main",)),
    "CogView4MainModelField": (("cogview4",), ("main",)),
    "FluxMainModelField": (("flux",), ("main",)),
    "SD3MainModelField": (("sd-3",), ("main",)),
    "SDXLMainModelField": (("sdxl",), ("main",)),
    "SDXLRefinerModelField": (("sdxl-refiner",), ("main",)),
    "ONNXModelField": ((), ("onnx",)),
    "VAEModelField": ((), ("vae",)),
    "FluxVAEModelField": (("flux",), ("vae",)),
    "LoRAModelField": ((), ("lora",)),
    "ControlNetModelField": ((), ("controlnet",)),
    "IPAdapterModelField": ((), ("ip_adapter",)),
    "T2IAdapterModelField": ((), ("t2i_adapter",)),
    "T5EncoderModelField": ((), ("t5_encoder",)),
    "CLIPEmbedModelField": ((), ("clip_embed",)),
    "CLIPLEmbedModelField": ((), ("clip_embed",)),
    "CLIPGEmbedModelField": ((), ("clip_embed",)),
    "SpandrelImageToImageModelField": ((), ("spandrel_image_to_image",)),
    "ControlLoRAModelField": ((), ("control_lora",)),
    "SigLipModelField": ((), ("siglip",)),
    "FluxReduxModelField": ((), ("flux_redux",)),
    "LLaVAModelField": ((), ("llava_onevision",)),
}


@dataclass(frozen=True, slots=True)
class InputType:
    """One input of a node. `default` is what stands in when nobody sets it."""

    kind: FieldKind
    label: str = ""
    help: str = ""
    required: bool = False
    multiline: bool = False
    default: Any = field(default=None, repr=False)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class NodeType:
    title: str
    inputs: Mapping[str, InputType] = field(repr=False)


class NodeTypes:
    """All nodes that an OpenAPI document tells of. Each is read when it is asked for.

    `custom`: whether it tells of nodes that were installed beside InvokeAI's own, too.
    """

    def __init__(self, document: object, *, custom: bool = True) -> None:
        self.custom = custom
        self._schemas = mapping(mapping(mapping(document).get("components")).get("schemas"))
        self._read: dict[str, NodeType] = {}
        self._by_type: dict[str, Mapping[str, Any]] = {}
        for schema in map(mapping, self._schemas.values()):
            kind = mapping(mapping(schema.get("properties")).get("type")).get("const")
            if schema.get("class") == "invocation" and isinstance(kind, str):
                self._by_type[kind] = schema

    def __len__(self) -> int:
        return len(self._by_type)

    def get(self, kind: str) -> NodeType | None:
        """By the node's type; None if it is not told of."""
        schema = self._by_type.get(kind)
        if schema is not None and kind not in self._read:
            inputs = _inputs(mapping(schema.get("properties")), self._schemas)
            self._read[kind] = NodeType(text(schema.get("title")), dict(inputs))
        return self._read.get(kind)


def released_nodes(version: str) -> NodeTypes | None:
    """What InvokeAI's own nodes take in that release, from the package; None for one that is not there."""
    if not _RELEASE.fullmatch(version):
        return None
    table = files("bot.invokeai.workflows").joinpath("node_tables", f"{version}.json.gz")
    try:
        document = json.loads(gzip.decompress(table.read_bytes()))
    except FileNotFoundError:
        return None
    return NodeTypes(document, custom=False)


def _inputs(properties: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[tuple[str, InputType]]:
    for name, each in properties.items():
        told = mapping(each)
        if told.get("field_kind") == "input" or name == "board":
            yield name, _input_type(told, schemas)


def _input_type(told: Mapping[str, Any], schemas: Mapping[str, Any]) -> InputType:
    shape, kind = _shape(told, schemas)
    return InputType(
        kind=kind,
        label=text(told.get("title")),
        help=text(told.get("description")),
        required=told.get("orig_required") is True,
        multiline=told.get("ui_component") == "textarea",
        default=told.get("orig_default"),
        limits=_limits(told, shape, kind),
    )


def _shape(told: Mapping[str, Any], schemas: Mapping[str, Any]) -> tuple[Mapping[str, Any], FieldKind]:
    """The part of the schema that says what one value is, and what that means for a person."""
    if told.get("input") == "connection" or told.get("ui_type") in _SELECTED_ELSEWHERE:
        return told, FieldKind.OTHER
    listed = sequence(told.get("anyOf")) or sequence(told.get("allOf")) or [told]
    shapes = [mapping(each) for each in listed if mapping(each).get("type") != "null"]
    single = [each for each in shapes if each.get("type") != "array"]
    chosen = (single or shapes or [told])[0]
    if "$ref" in chosen:
        name = text(chosen["$ref"]).rpartition("/")[2]
        named = mapping(schemas.get(name))
        return (named, FieldKind.CHOICE) if "enum" in named else (chosen, _NAMED.get(name, FieldKind.OTHER))
    if "enum" in chosen:
        return chosen, FieldKind.CHOICE
    if chosen.get("type") == "array":
        return chosen, _LISTS.get(text(mapping(chosen.get("items")).get("type")), FieldKind.OTHER)
    return chosen, _PLAIN.get(text(chosen.get("type")), FieldKind.OTHER)


def _limits(told: Mapping[str, Any], shape: Mapping[str, Any], kind: FieldKind) -> Limits:
    both = {**told, **shape}
    bases, types = _BY_UI_TYPE.get(text(told.get("ui_type")), ((), ()))
    labels = mapping(told.get("ui_choice_labels"))
    options = [each for each in sequence(both.get("enum")) if isinstance(each, str)]
    minimum, maximum = number(both.get("minimum")), number(both.get("maximum"))
    above, below = number(both.get("exclusiveMinimum")), number(both.get("exclusiveMaximum"))
    if kind is FieldKind.WHOLE_NUMBER:
        minimum, above = (minimum, above) if above is None else (math.floor(above) + 1, None)
        maximum, below = (maximum, below) if below is None else (math.ceil(below) - 1, None)
    return Limits(
        minimum=minimum,
        maximum=maximum,
        above=above,
        below=below,
        multiple_of=number(both.get("multipleOf")),
        max_length=whole(both.get("maxLength")),
        options=tuple(Option(each, text(labels.get(each)) or each) for each in options)
        if kind is FieldKind.CHOICE
        else (),
        model_types=_texts(told.get("ui_model_type")) or types,
        model_bases=_texts(told.get("ui_model_base")) or bases,
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in sequence(value) if isinstance(each, str))
