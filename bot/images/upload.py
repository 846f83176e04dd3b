"""A picture that a person gives, made ready for InvokeAI: upright, nothing but its pixels. Slow."""

from io import BytesIO

from bot.images.compression import Compressed
from bot.images.decoding import flat, opened, plain_mode

MAX_SIDE = 4096
"""Pixels: a longer one is made smaller."""


def prepared(data: bytes) -> Compressed | None:
    """As PNG, at most MAX_SIDE wide and high. None for what is no whole PNG, WebP or JPEG, or has too many
    pixels. Of an animation it is the first frame.
    """
    image = opened(data)
    if image is None:
        return None
    image = plain_mode(image)
    if image.mode == "L":
        image = image.convert("RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    out = BytesIO()
    image.save(out, "PNG", compress_level=1)
    return Compressed(out.getvalue(), "png", None)


def thumbnail(data: bytes, side: int) -> bytes | None:
    """A JPEG of at most `side` pixels each way; None as above."""
    image = opened(data)
    if image is None:
        return None
    small = flat(plain_mode(image))
    small.thumbnail((side, side))
    out = BytesIO()
    small.convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()
