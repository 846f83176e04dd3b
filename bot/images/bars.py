"""Bars beside each other, as a PNG that a phone can read. Quick, yet for a thread: Pillow draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 900, 360
MAX_BARS = 31
_SIDE, _FOOT, _HEAD = 12, 44, 44
_GAP = 0.25
"""Of a bar's place."""
_GROUND, _GOOD, _BAD, _INK, _LINE = "#313338", "#57a773", "#e0616a", "#ffffff", "#4e5058"
_FONT = 26


@dataclass(frozen=True, slots=True)
class Bar:
    """`bad` of the `total` are drawn in another colour, at the top. No label: nothing stands below it."""

    label: str
    total: int
    bad: int = 0


def bars(shown: Sequence[Bar]) -> bytes:
    """1 to 31 bars (ValueError), the highest with its figure. All are flat where nothing is to be shown."""
    if not 1 <= len(shown) <= MAX_BARS:
        raise ValueError(f"1 to {MAX_BARS} bars can be drawn, not {len(shown)}")
    image = Image.new("RGB", (WIDTH, HEIGHT), _GROUND)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(_FONT)
    most, floor = max(bar.total for bar in shown), HEIGHT - _FOOT
    place = (WIDTH - 2 * _SIDE) / len(shown)
    draw.line((_SIDE, floor, WIDTH - _SIDE, floor), fill=_LINE, width=2)
    for number, bar in enumerate(shown):
        left = _SIDE + place * number
        middle = left + place / 2
        scale = (floor - _HEAD) / most if most else 0
        top, bad = floor - bar.total * scale, floor - (bar.total - bar.bad) * scale
        edges = left + place * _GAP / 2, left + place * (1 - _GAP / 2)
        if bar.total:
            draw.rectangle((edges[0], top, edges[1], floor), fill=_GOOD)
        if bar.bad:
            draw.rectangle((edges[0], top, edges[1], bad), fill=_BAD)
        if bar.total and bar.total == most:
            draw.text((middle, top - 6), f"{bar.total:,}", _INK, font, "ms")
        draw.text((middle, HEIGHT - 12), bar.label, _INK, font, "ms")
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
