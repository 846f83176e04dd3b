"""Many pictures as one contact sheet for a phone, each with its number in a corner. Slow: for a thread."""

from collections.abc import Sequence
from io import BytesIO
from math import ceil, sqrt

from PIL import Image, ImageDraw, ImageFont

from bot.images.decoding import flat, opened, plain_mode

MAX_TILES = 25
MAX_COLUMNS = 4
WIDTH = 1200
_GAP = 6
_TALLEST = 2.0
"""A tile is at most this many times as tall as it is wide."""
_LABEL_OF_WIDTH, _LABEL_OF_HEIGHT = 6, 8
"""A label is at least this part of its tile's width and height high: to be read on a phone."""
_GROUND, _EMPTY, _INK = "#313338", "#1e1f22", "#ffffff"
_QUALITIES = (88, 75, 60, 40)
_NARROWEST = 200


def sheet(pictures: Sequence[tuple[str, bytes]], limit: int) -> bytes | None:
    """A JPEG at most 1200 pixels wide, within `limit` bytes, of 1 to 25 (ValueError) labels and pictures.

    Each row is full, whatever their number. Labels are cut to the width of their tile. A picture that
    can't be read is an empty tile with its label. None if not even a tiny sheet fits.
    """
    if not 1 <= len(pictures) <= MAX_TILES:
        raise ValueError(f"a sheet has 1 to {MAX_TILES} pictures, not {len(pictures)}")
    drawn = _drawn(pictures)
    while drawn.width >= _NARROWEST:
        for quality in _QUALITIES:
            out = BytesIO()
            drawn.save(out, "JPEG", quality=quality)
            if out.tell() <= limit:
                return out.getvalue()
        drawn = drawn.reduce(2)
    return None


def lengths(count: int) -> list[int]:
    """How many tiles each row has: at most 4, and about the same in all, the longer rows first."""
    across = count if count < MAX_COLUMNS else min(MAX_COLUMNS, ceil(sqrt(count)))
    rows = ceil(count / across)
    fewest, longer = divmod(count, rows)
    return [fewest + 1] * longer + [fewest] * (rows - longer)


def _drawn(pictures: Sequence[tuple[str, bytes]]) -> Image.Image:
    left = iter(pictures)
    rows = [_row([next(left) for _ in range(length)]) for length in lengths(len(pictures))]
    ground = Image.new("RGB", (WIDTH, sum(row.height + _GAP for row in rows) + _GAP), _GROUND)
    top = _GAP
    for row in rows:
        ground.paste(row, (0, top))
        top += row.height + _GAP
    return ground


def _row(pictures: Sequence[tuple[str, bytes]]) -> Image.Image:
    side = (WIDTH - _GAP * (len(pictures) + 1)) // len(pictures)
    tiles = [_tile(data, label, side) for label, data in pictures]
    row = Image.new("RGB", (WIDTH, max(tile.height for tile in tiles)), _GROUND)
    for column, tile in enumerate(tiles):
        start = _GAP + column * (side + _GAP)
        row.paste(tile, (start + (side - tile.width) // 2, (row.height - tile.height) // 2))
    return row


def _tile(data: bytes, label: str, side: int) -> Image.Image:
    """As large as its place allows: InvokeAI's small pictures are smaller than that."""
    image = opened(data)
    if image is None:
        tile = Image.new("RGB", (side, side), _EMPTY)
    else:
        image = plain_mode(image)
        scale = min(side / image.width, side * _TALLEST / image.height)
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        tile = flat(image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0))  # pyright: ignore[reportUnknownMemberType]  # Pillow names numpy's array there
    _write(tile, label, max(ceil(side / _LABEL_OF_WIDTH), ceil(tile.height / _LABEL_OF_HEIGHT)))
    return tile


def _write(tile: Image.Image, label: str, tall: int) -> None:
    """The label, so `tall`, on a dark ground in the upper left corner."""
    font = ImageFont.load_default(size=round(tall * 0.7))
    inset = tall // 5
    shown = _cut(label, font, tile.width - 2 * inset)
    if shown:
        pen = ImageDraw.Draw(tile)
        pen.rectangle((0, 0, font.getlength(shown) + 2 * inset, tall), fill=_EMPTY)
        pen.text((inset, tall / 2), shown, fill=_INK, font=font, anchor="lm")


def _cut(label: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, room: int) -> str:
    shown = "".join(character for character in label[:100] if character.isprintable())
    while shown and font.getlength(shown) > room:
        shown = shown[:-1]
    return shown
