"""Uploaded files become attachments that the sandbox serves by URL."""

import io
import mimetypes
import re

from PIL import Image, UnidentifiedImageError

from sandbox.discord.foreign import Json
from sandbox.discord.rules import Upload
from sandbox.discord.state import File
from sandbox.discord.world import World

_UNSAFE = re.compile(r"[^\w.\-]", re.ASCII)


def store(world: World, channel_id: int, upload: Upload, entry: Json) -> File:
    """`entry` is the upload's line in the message's `attachments`: its name and alt text, if any."""
    file_id = world.new_id()
    filename = _UNSAFE.sub("_", entry.get("filename") or upload.filename)
    width, height = _size(upload.data)
    file = File(
        id=file_id,
        filename=filename,
        data=upload.data,
        url=f"{world.base}/attachments/{channel_id}/{file_id}/{filename}",
        content_type=mimetypes.guess_type(filename)[0] or "application/octet-stream",
        description=entry.get("description"),
        width=width,
        height=height,
    )
    world.files[file_id] = file
    return file


def _size(data: bytes) -> tuple[int | None, int | None]:
    """Pixels of a picture; nothing for what is none."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    except (UnidentifiedImageError, Image.DecompressionBombError):
        return None, None
