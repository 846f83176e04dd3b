"""Runs one node: progress on the way, a result or NodeFailed at the end."""

import asyncio
import base64
import io
import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

from PIL import Image, ImageFilter
from pydantic import TypeAdapter

from sandbox.invokeai import failures, pictures
from sandbox.invokeai.images import ImageNotFound, ImageStore, encode
from sandbox.invokeai.item import Item
from sandbox.invokeai.nodes import (
    BlankImage,
    CoreMetadata,
    ImageBlur,
    ImageResize,
    Node,
    SandboxDraw,
    SandboxFilm,
)
from sandbox.invokeai.session import Prepared, Session
from sandbox.invokeai.videos import FPS, FRAMES, HEIGHT, WIDTH, VideoStore, film

Json = dict[str, Any]
Progress = Callable[[str, float | None, Json | None], None]
_NODES: TypeAdapter[Any] = TypeAdapter(Node)
OUTPUT_TYPES = {
    "integer": "integer_output",
    "rand_int": "integer_output",
    "string": "string_output",
    "string_join": "string_output",
    "range": "integer_collection_output",
    "iterate": "iterate_output",
    "collect": "collect_output",
    "image_collection": "image_collection_output",
    "core_metadata": "metadata_output",
    "workflow_return_value": "workflow_return_value_output",
    "workflow_return": "workflow_return_output",
}


class Canceled(Exception):
    """The job was canceled and the node has noticed."""


class Invoker:
    """`sleep` waits between steps, `speed` shortens the wait. `app_version` is what the metadata name."""

    def __init__(
        self,
        images: ImageStore,
        videos: VideoStore,
        sleep: Callable[[float], Awaitable[None]],
        speed: float,
        *,
        app_version: str,
    ) -> None:
        self._images = images
        self._videos = videos
        self._app_version = app_version
        self._sleep = sleep
        self._speed = speed

    async def run(
        self,
        item: Item,
        session: Session,
        prepared: Prepared,
        *,
        progress: Progress,
        is_canceled: Callable[[], bool],
    ) -> Json:
        """The node's output as `session.results` carries it."""
        node = _NODES.validate_python(prepared.node)
        if isinstance(node, SandboxFilm):
            return await self._film(node, item, session, prepared, progress=progress, is_canceled=is_canceled)
        if isinstance(node, SandboxDraw):
            picture = await self._draw(node, progress, is_canceled)
        elif isinstance(node, BlankImage):
            color = node.color
            rgba = (color.r, color.g, color.b, color.a)[: len(node.mode)]
            picture = Image.new(node.mode, (node.width, node.height), rgba)
        elif isinstance(node, ImageResize | ImageBlur):
            picture = await asyncio.to_thread(_change, node, self._input(node))
        else:
            return self._value(node, prepared)
        progress("Saving image", None, None)
        graph = await asyncio.to_thread(_graph_text, session.graph)
        encoded = await asyncio.to_thread(
            encode, picture, metadata=node.metadata, graph=graph, workflow=item.workflow
        )
        image = self._images.add(
            encoded,
            is_intermediate=node.is_intermediate,
            session_id=session.id,
            node_id=prepared.id,
            metadata=node.metadata,
            graph=graph,
            workflow=item.workflow,
            user=item.user,
        )
        return {
            "output_meta": None,
            "image": {"image_name": image.image_name},
            "width": image.width,
            "height": image.height,
            "type": "image_output",
        }

    def _input(self, node: ImageResize | ImageBlur) -> Image.Image:
        if node.image is None:
            raise failures.no_image(node.type)
        try:
            return self._images.open(node.image.image_name)
        except ImageNotFound as error:
            raise failures.missing_image() from error

    async def _draw(
        self, node: SandboxDraw, progress: Progress, is_canceled: Callable[[], bool]
    ) -> Image.Image:
        fails_at = node.fail_at_step
        if node.fail_with is not None and fails_at < 1:
            fails_at = node.steps // 2 + 1
        picture: Image.Image | None = None
        for step in range(1, node.steps + 1):
            if is_canceled():
                raise Canceled
            if step == fails_at:
                raise failures.told_to_fail(step, node.fail_with)
            await self._sleep(node.seconds / node.steps / self._speed)
            picture = picture or await asyncio.to_thread(_drawn, node)
            url = await asyncio.to_thread(_preview, picture, step / node.steps, node.seed)
            image: Json = {"width": node.width, "height": node.height, "dataURL": url}
            progress("Denoising", step / node.steps, image)
        return picture or await asyncio.to_thread(_drawn, node)

    async def _film(
        self,
        node: SandboxFilm,
        item: Item,
        session: Session,
        prepared: Prepared,
        *,
        progress: Progress,
        is_canceled: Callable[[], bool],
    ) -> Json:
        for step in range(1, node.steps + 1):
            if is_canceled():
                raise Canceled
            await self._sleep(node.seconds / node.steps / self._speed)
            progress("Denoising", step / node.steps, None)
        progress("Saving video", None, None)
        video = self._videos.add(
            film(node.prompt, node.padding),
            is_intermediate=node.is_intermediate,
            session_id=session.id,
            node_id=prepared.id,
            metadata=node.metadata,
            user=item.user,
        )
        return {
            "output_meta": None,
            "video": {"video_name": video.video_name},
            "width": WIDTH,
            "height": HEIGHT,
            "num_frames": FRAMES,
            "fps": FPS,
            "duration": FRAMES / FPS,
            "type": "video_output",
        }

    def _value(self, node: Any, prepared: Prepared) -> Json:
        """The output of the nodes that make no picture."""
        output: Json
        match node.type:
            case "integer" | "string" | "rand_int":
                output = {"value": _given(node)}
            case "string_join":
                output = {"value": node.string_left + node.string_right}
            case "range":
                output = {"collection": list(range(node.start, node.stop, node.step))}
            case "iterate":
                output = {
                    "item": node.collection[node.index],
                    "index": node.index,
                    "total": len(node.collection),
                }
            case "collect":
                output = {"collection": node.collection}
            case "image_collection":
                output = {"collection": prepared.node["collection"] or prepared.node["images"] or []}
            case "workflow_return_value":
                if not node.key.strip():
                    raise ValueError("Workflow return key must not be empty.")
                output = {"value": {"key": node.key.strip(), "value": node.value}}
            case "workflow_return":
                values: list[Json] = node.named_values()
                output = {"values": {value["key"]: value["value"] for value in values}}
            case _:
                output = {"metadata": _metadata(node) | {"app_version": self._app_version}}
        return {"output_meta": None, **output, "type": OUTPUT_TYPES[node.type]}


def _given(node: Any) -> Any:
    return random.randint(node.low, node.high) if node.type == "rand_int" else node.value


def _change(node: ImageResize | ImageBlur, picture: Image.Image) -> Image.Image:
    if isinstance(node, ImageResize):
        return pictures.resized(picture, node.width, node.height, node.resample_mode)
    blur = ImageFilter.GaussianBlur if node.blur_type == "gaussian" else ImageFilter.BoxBlur
    return picture.filter(blur(node.radius))


def _metadata(node: CoreMetadata) -> Json:
    own = {"id", "type", "is_intermediate", "use_cache"}
    return node.model_dump(mode="json", exclude=own, exclude_none=True)


def _graph_text(graph: Json) -> str:
    return json.dumps(graph, separators=(",", ":"))


def _preview(picture: Image.Image, done: float, seed: int) -> str:
    """A small JPEG as a data URL; the nearer the end, the sharper."""
    jpeg = io.BytesIO()
    pictures.half_done(picture, done, seed).save(jpeg, "JPEG", quality=75)
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.getvalue()).decode()


def _drawn(node: SandboxDraw) -> Image.Image:
    picture = pictures.draw(node.prompt, node.seed, node.width, node.height)
    return pictures.grained(picture, node.grain) if node.grain else picture
