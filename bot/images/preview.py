"""The preview of a running job: a foreign data URL becomes a small JPEG of ours. Slow, for a thread."""

import base64
import binascii
from io import BytesIO

from bot.images.decoding import flat, opened, plain_mode

MAX_SIDE = 512
"""Pixels: enough for a phone, small enough to be sent every few seconds."""
MAX_PIXELS = 2048 * 2048
_QUALITY = 80


def preview(data_url: str) -> bytes | None:
    """Nothing but its pixels, at most MAX_SIDE wide and high. None for what is no such picture."""
    head, comma, body = data_url.partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        return None
    try:
        data = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return None
    looked_at = opened(data, whole=False)
    if looked_at is None or looked_at.width * looked_at.height > MAX_PIXELS:
        return None
    image = opened(data)
    if image is None:
        return None
    image = flat(plain_mode(image))
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    small = BytesIO()
    image.save(small, "JPEG", quality=_QUALITY)
    return small.getvalue()
