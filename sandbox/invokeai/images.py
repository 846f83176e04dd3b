"""The image store: PNG files with their text chunks, their records (ImageDTO), thumbnails."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sandbox.invokeai.item import stamp
from sandbox.invokeai.users import SYSTEM, User

Json = dict[str, Any]
THUMBNAIL_PX = 256


class ImageNotFound(Exception):
    """No image of this name."""


@dataclass
class StoredImage:
    image_name: str
    png: bytes
    thumbnail: bytes
    width: int
    height: int
    created_at: str
    updated_at: str
    is_intermediate: bool
    session_id: str
    node_id: str
    metadata: Json | None
    graph: str
    workflow: Json | None
    user: User = SYSTEM
    starred: bool = False
    board_id: str | None = None

    def as_json(self, *, with_subfolder: bool) -> Json:
        subfolder = {"image_subfolder": ""} if with_subfolder else {}
        return {
            **urls(self.image_name),
            "image_origin": "internal",
            "image_category": "general",
            "width": self.width,
            "height": self.height,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "deleted_at": None,
            "is_intermediate": self.is_intermediate,
            "session_id": self.session_id,
            "node_id": self.node_id,
            "starred": self.starred,
            "has_workflow": True,
            **subfolder,
            "board_id": self.board_id,
        }


def urls(image_name: str) -> Json:
    """Relative, without a leading slash, as InvokeAI gives them."""
    place = f"api/v1/images/i/{image_name}"
    return {"image_name": image_name, "image_url": f"{place}/full", "thumbnail_url": f"{place}/thumbnail"}


@dataclass(frozen=True)
class Encoded:
    png: bytes
    thumbnail: bytes
    width: int
    height: int


def encode(picture: Image.Image, *, metadata: Json | None, graph: str, workflow: Json | None) -> Encoded:
    """PNG with InvokeAI's text chunks, and the webp thumbnail. Slow: run it off the event loop."""
    chunks = PngInfo()
    if metadata is not None:
        chunks.add_text("invokeai_metadata", json.dumps(metadata, separators=(",", ":")))
    if workflow is not None:
        chunks.add_text("invokeai_workflow", json.dumps(workflow, separators=(",", ":")))
    chunks.add_text("invokeai_graph", graph)
    png = io.BytesIO()
    picture.save(png, "PNG", pnginfo=chunks, compress_level=1)
    small = picture.convert("RGB")
    small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    webp = io.BytesIO()
    small.save(webp, "WEBP")
    return Encoded(png.getvalue(), webp.getvalue(), picture.width, picture.height)


class ImageStore:
    def __init__(self, *, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._clock = clock
        self._new_id = new_id
        self._images: dict[str, StoredImage] = {}

    def add(
        self,
        encoded: Encoded,
        *,
        is_intermediate: bool,
        session_id: str,
        node_id: str,
        metadata: Json | None,
        graph: str,
        workflow: Json | None,
        user: User = SYSTEM,
    ) -> StoredImage:
        now = stamp(self._clock())
        image = StoredImage(
            image_name=f"{self._new_id()}.png",
            png=encoded.png,
            thumbnail=encoded.thumbnail,
            width=encoded.width,
            height=encoded.height,
            created_at=now,
            updated_at=now,
            is_intermediate=is_intermediate,
            session_id=session_id,
            node_id=node_id,
            metadata=metadata,
            graph=graph,
            workflow=workflow,
            user=user,
        )
        self._images[image.image_name] = image
        return image

    def find(self, image_name: str) -> StoredImage:
        try:
            return self._images[image_name]
        except KeyError:
            raise ImageNotFound(image_name) from None

    def newest(self) -> str | None:
        """The name of the last one that is no intermediate."""
        names = [name for name, image in self._images.items() if not image.is_intermediate]
        return names[-1] if names else None

    def on_board(self, board_id: str) -> list[StoredImage]:
        """Oldest first."""
        return [image for image in self._images.values() if image.board_id == board_id]

    def known(self, image_names: list[str]) -> list[StoredImage]:
        return [self._images[name] for name in image_names if name in self._images]

    def open(self, image_name: str) -> Image.Image:
        picture = Image.open(io.BytesIO(self.find(image_name).png))
        picture.load()
        return picture

    def clear(self) -> None:
        self._images.clear()

    def delete(self, image_names: list[str]) -> list[str]:
        """The names that were there."""
        return [name for name in image_names if self._images.pop(name, None) is not None]

    def star(self, image_names: list[str], *, starred: bool) -> list[str]:
        """The names that are there."""
        known = [name for name in image_names if name in self._images]
        for name in known:
            self._images[name].starred = starred
        return known

    def listed(
        self, *, is_intermediate: bool | None, starred_first: bool, newest_first: bool, viewer: User = SYSTEM
    ) -> list[StoredImage]:
        found = [
            image
            for image in self._images.values()
            if (is_intermediate is None or image.is_intermediate == is_intermediate)
            and viewer.may_see(image.user)
        ]
        if newest_first:
            found.reverse()
        return sorted(found, key=lambda image: not image.starred) if starred_first else found
