"""A picture made to fit a size limit. Pure, but slow: the caller runs it in a thread."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image

from bot.images.decoding import flat, opened, plain_mode
from bot.images.picture import size, sniff

SMALLEST_SIDE = 256
_SLACK = 1.1
_MAX_WEBP_SIDE = 20_000_000
"""Pixels. WebP takes some 30 bytes of memory for each, so a larger picture becomes a JPEG at once."""
_TILE = 192
_TILES = 3


@dataclass(frozen=True, slots=True)
class Compressed:
    """A picture that fits. `what` says in words what was done to it; None: it is the original."""

    data: bytes = field(repr=False)
    extension: str
    what: str | None


@dataclass(frozen=True, slots=True)
class _Rung:
    extension: str
    name: str
    options: dict[str, Any]

    def encode(self, image: Image.Image) -> bytes | None:
        """None if the format can't hold this picture: WebP has a longest side and a fullest first part."""
        out = BytesIO()
        ready = flat(image) if self.name == "JPEG" else image
        try:
            ready.save(out, self.name, **self.options)
        except (ValueError, OSError):
            return None
        return out.getvalue()


_LOSSLESS = _Rung("webp", "WEBP", {"lossless": True, "quality": 0, "method": 0})
_JPEG = _Rung("jpg", "JPEG", {"quality": 85})
_LOSSY = (
    _Rung("webp", "WEBP", {"quality": 95, "method": 2}),
    _Rung("webp", "WEBP", {"quality": 90, "method": 2}),
    _Rung("webp", "WEBP", {"quality": 80, "method": 2}),
    _JPEG,
)


def fit(data: bytes, limit: int) -> Compressed | None:
    """The first of these within `limit` bytes: original, lossless WebP, WebP, JPEG, then half the size.

    None if the bytes are no whole PNG, WebP or JPEG, if it has too many pixels (`decoding.MAX_PIXELS`), or
    if nothing fits with both sides at least 256 (or as small as they were). What is encoded anew has no
    metadata (InvokeAI's hold the prompt and the graph) and, of an animation, only the first frame. Rungs that
    can't fit, going by a sample, are not tried.
    """
    extension = sniff(data)
    if extension is None or extension == "mp4":
        return None
    if len(data) <= limit:
        sound = opened(data, whole=extension != "png")  # a PNG has checksums
        return Compressed(data, extension, None) if sound else None
    image = opened(data)
    if image is None:
        return None
    image = plain_mode(image)
    for smaller in _halves(image):
        rungs = (_LOSSLESS, *_LOSSY) if smaller.size == image.size else _LOSSY
        if smaller.width * smaller.height > _MAX_WEBP_SIDE:
            rungs = (_JPEG,)
        sample = _sample(smaller)
        for rung in rungs:
            if _hopeless(rung, sample, smaller, limit):
                continue
            made = rung.encode(smaller)
            if made is not None and len(made) <= limit:
                return Compressed(made, rung.extension, _told(rung, made, data, smaller, image))
    return None


def _halves(image: Image.Image) -> Iterator[Image.Image]:
    yield image
    while min(image.size) // 2 >= SMALLEST_SIDE:
        image = image.reduce(2)
        yield image


def _sample(image: Image.Image) -> Image.Image | None:
    """Nine tiles from all over the picture as one; None if the picture is hardly larger than that."""
    side = _TILE * _TILES
    if image.width < 2 * side or image.height < 2 * side:
        return None
    sample = Image.new(image.mode, (side, side))
    for column in range(_TILES):
        for row in range(_TILES):
            left = (image.width - _TILE) * column // (_TILES - 1)
            top = (image.height - _TILE) * row // (_TILES - 1)
            tile = image.crop((left, top, left + _TILE, top + _TILE))
            sample.paste(tile, (column * _TILE, row * _TILE))
    return sample


def _hopeless(rung: _Rung, sample: Image.Image | None, image: Image.Image, limit: int) -> bool:
    made = rung.encode(sample) if sample else None
    if made is None or sample is None:
        return False
    return len(made) * (image.width * image.height) / (sample.width * sample.height) > limit * _SLACK


def _told(rung: _Rung, made: bytes, data: bytes, smaller: Image.Image, image: Image.Image) -> str:
    """`as WebP, 4.1 MB of 44.8 MB`; with ` at 2048 × 2048` if it is smaller than it was."""
    name = "lossless WebP" if rung is _LOSSLESS else {"webp": "WebP", "jpg": "JPEG"}[rung.extension]
    at = f" at {smaller.width} × {smaller.height}" if smaller.size != image.size else ""
    return f"as {name}{at}, {size(len(made))} of {size(len(data))}"
