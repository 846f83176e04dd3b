"""A picture's bytes without the prompt and graph that InvokeAI writes into the file; slow, for a thread."""

from io import BytesIO

from bot.images.decoding import opened, plain_mode
from bot.images.picture import Picture, sniff

SIGNATURE = 8
FRAME = 12
"""Bytes of a PNG chunk beside its data: length, kind, checksum."""
PIXELS = frozenset(
    [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"pHYs"]
)
"""The PNG chunks that tell what the picture looks like, and nothing else."""


def without_metadata(data: bytes) -> bytes | None:
    """The same pixels and no words: of a PNG its own chunks, of anything else a new PNG. None if damaged."""
    if sniff(data) == "png":
        return _png(data)
    image = opened(data)
    if image is None:
        return None
    made = BytesIO()
    plain_mode(image).save(made, "PNG", compress_level=1)
    return made.getvalue()


def bare(picture: Picture, limit: int) -> Picture:
    """The picture with nothing in its file but pixels, `limit` bytes at most; else without data, and why."""
    if picture.data is None or picture.what is not None:  # what was made smaller holds pixels only
        return picture
    pixels = without_metadata(picture.data)
    if pixels is None:
        return Picture(picture.name, None, "its prompt can't be taken out of the file")
    if len(pixels) > limit:
        return Picture(picture.name, None, "it is too large without the prompt in its file")
    return Picture(picture.name, pixels, None)


def _png(data: bytes) -> bytes | None:
    view = memoryview(data)
    kept, place = [view[:SIGNATURE]], SIGNATURE
    while place + FRAME <= len(data):
        kind = data[place + 4 : place + 8]
        end = place + FRAME + int.from_bytes(view[place : place + 4])
        if end > len(data):
            return None
        if kind in PIXELS:
            kept.append(view[place:end])
        if kind == b"IEND":
            return b"".join(kept)
        place = end
    return None
