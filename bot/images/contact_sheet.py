"""Many pictures as one contact sheet, each with its number below. Pure, but slow: for a thread."""

from collections.abc import Sequence
from io import BytesIO
from math import ceil, sqrt

from PIL import Image, ImageDraw, ImageFont

from bot.images.decoding import flat, opened, plain_mode

MAX_TILES = 30
WIDTH = 1600
_MAX_COLUMNS = 5
_GAP = 8
_LABEL = 32
_TALLEST = 2.0
"""A tile is at most this many times as tall as it is wide."""
_GROUND, _EMPTY, _INK = "#313338", "#1e1f22", "#f2f3f5"
_QUALITIES = (88, 75, 60, 40)
_NARROWEST = 200


def sheet(pictures: Sequence[tuple[str, bytes]], limit: int, *, columns: int | None = None) -> bytes | None:
    """A JPEG at most 1600 pixels wide, within `limit` bytes, of 1 to 30 (ValueError) labels and pictures.

    Labels are cut to the width of their tile. A picture that can't be read is an empty tile with its label.
    `columns` (1 to 30) is otherwise chosen, at most 5. None if not even a tiny sheet fits.
    """
    across = min(_MAX_COLUMNS, ceil(sqrt(len(pictures)))) if columns is None else columns
    if not 1 <= len(pictures) <= MAX_TILES or not 1 <= across <= MAX_TILES:
        raise ValueError(
            f"a sheet has 1 to {MAX_TILES} pictures and columns, not {len(pictures)} in {across}"
        )
    drawn = _drawn(pictures, min(across, len(pictures)))
    while drawn.width >= _NARROWEST:
        for quality in _QUALITIES:
            out = BytesIO()
            drawn.save(out, "JPEG", quality=quality)
            if out.tell() <= limit:
                return out.getvalue()
        drawn = drawn.reduce(2)
    return None


def _drawn(pictures: Sequence[tuple[str, bytes]], across: int) -> Image.Image:
    side = (WIDTH - _GAP * (across + 1)) // across
    tiles = [(label, _tile(data, side)) for label, data in pictures]
    rows = [tiles[start : start + across] for start in range(0, len(tiles), across)]
    tall = [max(tile.height for _, tile in row) for row in rows]
    ground = Image.new("RGB", (WIDTH, sum(tall) + len(rows) * (_LABEL + _GAP) + _GAP), _GROUND)
    pen = ImageDraw.Draw(ground)
    font = ImageFont.load_default(size=_LABEL - 10)
    top = _GAP
    for row, height in zip(rows, tall, strict=True):
        for column, (label, tile) in enumerate(row):
            left = _GAP + column * (side + _GAP)
            ground.paste(tile, (left + (side - tile.width) // 2, top + (height - tile.height) // 2))
            shown = _cut(label, font, side)
            middle = left + (side - font.getlength(shown)) / 2
            pen.text((middle, top + height + 2), shown, fill=_INK, font=font)
        top += height + _LABEL + _GAP
    return ground


def _tile(data: bytes, side: int) -> Image.Image:
    image = opened(data)
    if image is None:
        return Image.new("RGB", (side, side), _EMPTY)
    image = plain_mode(image)
    image.thumbnail((side, round(side * _TALLEST)), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return flat(image)


def _cut(label: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, side: int) -> str:
    shown = "".join(character for character in label[:100] if character.isprintable())
    while shown and font.getlength(shown) > side:
        shown = shown[:-1]
    return shown
