"""The node types it can run: fields and defaults as in 6.14.2's OpenAPI, and our `sandbox_draw`."""

from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
)

from sandbox.invokeai.node_fields import BoardField, ColorField, ImageField, ModelIdentifierField


class Invocation(BaseModel):
    """`outputs`: the fields that an edge may leave from, and the kind of what they give."""

    outputs: ClassVar[dict[str, str]] = {}

    id: str = ""
    is_intermediate: bool = False
    use_cache: bool = True


class ImageMakingInvocation(BaseModel):
    board: BoardField | Literal["auto", "none"] | None = None
    metadata: dict[str, Any] | None = None


class ImageOutputInvocation(Invocation, ImageMakingInvocation):
    outputs: ClassVar[dict[str, str]] = {"image": "image", "width": "integer", "height": "integer"}


class BlankImage(ImageOutputInvocation):
    width: int = 512
    height: int = 512
    mode: Literal["RGB", "RGBA"] = "RGB"
    color: ColorField = ColorField(r=0, g=0, b=0, a=255)
    type: Literal["blank_image"] = "blank_image"


class ImageResize(ImageOutputInvocation):
    image: ImageField | None = None
    width: int = Field(default=512, gt=0)
    height: int = Field(default=512, gt=0)
    resample_mode: Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"] = "bicubic"
    type: Literal["img_resize"] = "img_resize"


class ImageBlur(ImageOutputInvocation):
    image: ImageField | None = None
    radius: float = Field(default=8.0, ge=0)
    blur_type: Literal["gaussian", "box"] = "gaussian"
    type: Literal["img_blur"] = "img_blur"


UNUSED = ("grain", "negative_prompt")
"""Fields of SandboxDraw that are left out where they say nothing."""


class SandboxDraw(ImageOutputInvocation):
    """Draws a picture over `seconds` in `steps`. `fail_with`: "ErrorType: message", ours alone.

    `grain`: film grain, which no PNG can pack; 0 is none, 64 is much. Ours alone.
    """

    use_cache: bool = False
    seconds: float = 2.0
    steps: int = 10
    width: int = 256
    height: int = 256
    seed: int = 0
    prompt: str = ""
    negative_prompt: str = ""
    fail_at_step: int = -1
    fail_with: str | None = None
    grain: int = Field(default=0, ge=0, le=64)
    type: Literal["sandbox_draw"] = "sandbox_draw"

    @model_serializer(mode="wrap")
    def _without_what_is_unused(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As the node of a real InvokeAI, which knows no grain, would stand in a graph."""
        fields: dict[str, Any] = serialize(self)
        return {name: value for name, value in fields.items() if value or name not in UNUSED}


class SandboxFilm(Invocation, ImageMakingInvocation):
    """Makes a video over `seconds` in `steps`, larger by `padding` bytes. Ours alone."""

    outputs: ClassVar[dict[str, str]] = {"video": "video", "width": "integer", "height": "integer"}
    use_cache: bool = False
    seconds: float = 2.0
    steps: int = 10
    seed: int = 0
    prompt: str = ""
    padding: int = Field(default=0, ge=0)
    type: Literal["sandbox_film"] = "sandbox_film"


class Integer(Invocation):
    outputs: ClassVar[dict[str, str]] = {"value": "integer"}
    value: int = 0
    type: Literal["integer"] = "integer"


class RandomInt(Invocation):
    outputs: ClassVar[dict[str, str]] = {"value": "integer"}
    use_cache: bool = False
    low: int = 0
    high: int = 2_147_483_647
    type: Literal["rand_int"] = "rand_int"


class String(Invocation):
    outputs: ClassVar[dict[str, str]] = {"value": "string"}
    value: str = ""
    type: Literal["string"] = "string"


class StringJoin(Invocation):
    outputs: ClassVar[dict[str, str]] = {"value": "string"}
    string_left: str = ""
    string_right: str = ""
    type: Literal["string_join"] = "string_join"


class Range(Invocation):
    outputs: ClassVar[dict[str, str]] = {"collection": "collection"}
    start: int = 0
    stop: int = 10
    step: int = 1
    type: Literal["range"] = "range"

    @field_validator("stop")
    @classmethod
    def stop_comes_after_start(cls, stop: int, info: ValidationInfo) -> int:
        if "start" in info.data and stop <= info.data["start"]:
            raise ValueError("stop must be greater than start")
        return stop


class Iterate(Invocation):
    outputs: ClassVar[dict[str, str]] = {"item": "any", "index": "integer", "total": "integer"}
    use_cache: bool = False
    collection: list[Any] = []
    index: int = 0
    type: Literal["iterate"] = "iterate"


class Collect(Invocation):
    outputs: ClassVar[dict[str, str]] = {"collection": "collection"}
    use_cache: bool = False
    item: Any | None = None
    collection: list[Any] = []
    type: Literal["collect"] = "collect"


class ImageCollection(Invocation):
    outputs: ClassVar[dict[str, str]] = {"collection": "collection"}
    collection: list[ImageField] | None = None
    images: list[ImageField] | None = None
    type: Literal["image_collection"] = "image_collection"


class CoreMetadata(Invocation):
    """Unknown fields are kept, as InvokeAI keeps them."""

    model_config = ConfigDict(extra="allow")
    outputs: ClassVar[dict[str, str]] = {"metadata": "metadata"}

    generation_mode: str | None = None
    positive_prompt: str | None = None
    negative_prompt: str | None = None
    width: int | None = None
    height: int | None = None
    seed: int | None = None
    rand_device: str | None = None
    cfg_scale: float | None = None
    cfg_rescale_multiplier: float | None = None
    steps: int | None = None
    scheduler: str | None = None
    seamless_x: bool | None = None
    seamless_y: bool | None = None
    clip_skip: int | None = None
    model: ModelIdentifierField | None = None
    controlnets: list[Any] | None = None
    ipAdapters: list[Any] | None = None  # noqa: N815 - InvokeAI's name
    t2iAdapters: list[Any] | None = None  # noqa: N815 - InvokeAI's name
    loras: list[Any] | None = None
    strength: float | None = None
    init_image: str | None = None
    vae: ModelIdentifierField | None = None
    qwen3_encoder: ModelIdentifierField | None = None
    mistral_encoder: ModelIdentifierField | None = None
    ideogram4_caption: str | None = None
    hrf_enabled: bool | None = None
    hrf_method: str | None = None
    hrf_strength: float | None = None
    positive_style_prompt: str | None = None
    negative_style_prompt: str | None = None
    refiner_model: ModelIdentifierField | None = None
    refiner_cfg_scale: float | None = None
    refiner_steps: int | None = None
    refiner_scheduler: str | None = None
    refiner_positive_aesthetic_score: float | None = None
    refiner_negative_aesthetic_score: float | None = None
    refiner_start: float | None = None
    type: Literal["core_metadata"] = "core_metadata"


class CallSavedWorkflow(Invocation):
    """`workflow_inputs`: "saved_workflow_input::<node id>::<field name>" and the value."""

    outputs: ClassVar[dict[str, str]] = {"values": "metadata"}
    use_cache: bool = False
    workflow_id: str = ""
    workflow_inputs: dict[str, Any] = {}
    type: Literal["call_saved_workflow"] = "call_saved_workflow"


class WorkflowReturnValue(Invocation):
    outputs: ClassVar[dict[str, str]] = {"value": "metadata"}
    use_cache: bool = False
    key: str = ""
    value: Any = None
    type: Literal["workflow_return_value"] = "workflow_return_value"


class WorkflowReturn(Invocation):
    outputs: ClassVar[dict[str, str]] = {"values": "metadata"}
    use_cache: bool = False
    values: dict[str, Any] | list[dict[str, Any]] = []
    type: Literal["workflow_return"] = "workflow_return"

    def named_values(self) -> list[dict[str, Any]]:
        """Each with `key` and `value`."""
        return self.values if isinstance(self.values, list) else [self.values]


Node = Annotated[
    BlankImage
    | ImageResize
    | ImageBlur
    | SandboxDraw
    | SandboxFilm
    | Integer
    | RandomInt
    | String
    | StringJoin
    | Range
    | Iterate
    | Collect
    | ImageCollection
    | CoreMetadata
    | CallSavedWorkflow
    | WorkflowReturnValue
    | WorkflowReturn,
    Field(discriminator="type"),
]


def takes(annotation: Any, kind: str) -> bool:
    """Whether a field so annotated takes what an output of that kind gives."""
    wanted = [choice for choice in (get_args(annotation) or (annotation,)) if choice is not type(None)]
    if get_origin(annotation) in {list, dict}:
        wanted = [get_origin(annotation)]
    fitting: dict[str, tuple[Any, ...]] = {
        "image": (ImageField,),
        "video": (),
        "integer": (int, float),
        "string": (str,),
        "collection": (list,),
        "metadata": (dict,),
    }
    origins = [get_origin(choice) or choice for choice in wanted]
    return kind == "any" or Any in wanted or any(origin in fitting[kind] for origin in origins)
