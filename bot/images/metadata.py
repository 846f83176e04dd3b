"""A picture's bytes without the prompt and graph that InvokeAI writes into the file; slow, for a thread."""

import zlib
from collections.abc import Iterator
from io import BytesIO

from bot.errors import ImageUnusable
from bot.images.decoding import opened, plain_mode
from bot.images.picture import Picture, sniff
from bot.own_secrets import hide

MAX_WORDS = 4 * 1024 * 1024
"""So many bytes of a file's texts are looked through; one with more goes out without any."""
SIGNATURE = 8
FRAME = 12
"""Bytes of a PNG chunk beside its data: length, kind, checksum."""
LAST = b"IEND"
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


def guarded(data: bytes) -> bytes:
    """The same file; of a PNG whose words hold a secret of our own the pixels alone, or ImageUnusable."""
    if sniff(data) != "png":
        return data
    words = _all_words(data)
    if words is not None and hide(words) == words:
        return data
    pixels = _png(data)
    if pixels is None:
        raise ImageUnusable("It is damaged, and its words are not for anybody.")
    return pixels


def _png(data: bytes) -> bytes | None:
    kept = [memoryview(data)[:SIGNATURE]]
    for chunk in _chunks(data):
        kind = bytes(chunk[4:8])
        if kind in PIXELS:
            kept.append(chunk)
        if kind == LAST:
            return b"".join(kept)
    return None


def _chunks(data: bytes) -> Iterator[memoryview]:
    """Those that are whole, in order, up to the last one: what stands behind it is no part of the picture."""
    view, place = memoryview(data), SIGNATURE
    while place + FRAME <= len(view):
        end = place + FRAME + int.from_bytes(view[place : place + 4])
        if end > len(view):
            return
        yield view[place:end]
        if bytes(view[place + 4 : place + 8]) == LAST:
            return
        place = end


def _all_words(data: bytes) -> str | None:
    """What a PNG says in letters; None if that is more than anybody should read."""
    found, room = list[bytes](), MAX_WORDS
    for chunk in _chunks(data):
        words = _words(chunk, room + 1)
        room -= len(words)
        if room < 0:
            return None
        found.append(words)
    return b"\n".join(found).decode("utf-8", "replace")


def _words(chunk: memoryview, most: int) -> bytes:
    """What a chunk says in letters, also where it is compressed, of that `most` bytes; nothing for pixels."""
    kind, said = bytes(chunk[4:8]), bytes(chunk[8:-4])
    if kind in PIXELS:
        return b""
    keyword, _, rest = said.partition(b"\0")
    if kind == b"zTXt":
        return keyword + b" " + _inflated(rest[1:], most)
    if kind == b"iTXt" and rest[:1] == b"\1":
        return keyword + b" " + _inflated(rest[2:].split(b"\0", 2)[-1], most)
    return said


def _inflated(data: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        return b""
