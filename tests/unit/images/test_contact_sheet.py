"""A contact sheet: full rows, large numbers, within Discord's limits."""

import random
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from bot.images.contact_sheet import MAX_TILES, WIDTH, lengths, sheet
from bot.images.decoding import opened

COLOURS = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0), (0, 250, 250)]


def encoded(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def noise(width: int, height: int) -> bytes:
    pixels = random.Random(7).randbytes(3 * width * height)
    return encoded(Image.frombytes("RGB", (width, height), pixels))


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (50, 50)) -> bytes:
    return encoded(Image.new("RGB", size, colour))


def drawn(*pictures: tuple[str, bytes]) -> Image.Image:
    made = sheet(pictures, 10**7)
    assert made is not None
    image = opened(made)
    assert image is not None
    return image.convert("RGB")


def changed_box(difference: Image.Image) -> tuple[int, int, int, int] | None:
    """Around what is clearly not the same."""
    return ImageChops.subtract(difference, Image.new("RGB", difference.size, (60, 60, 60))).getbbox()


def like(image: Image.Image, place: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    """Whether the picture has about that colour there."""
    there = image.crop((*place, place[0] + 1, place[1] + 1)).tobytes()
    return all(abs(a - b) < 20 for a, b in zip(there, colour, strict=True))


@given(st.integers(1, MAX_TILES))
def test_every_row_is_full_and_none_is_longer_than_four(count: int) -> None:
    rows = lengths(count)
    assert sum(rows) == count
    assert max(rows) <= 4
    assert max(rows) - min(rows) <= 1


@pytest.mark.parametrize(
    ("count", "rows"),
    [(1, [1]), (3, [3]), (4, [2, 2]), (5, [3, 2]), (7, [3, 2, 2]), (11, [4, 4, 3]), (24, [4] * 6)],
)
def test_the_rows_fit_the_number_of_pictures(count: int, rows: list[int]) -> None:
    assert lengths(count) == rows


@pytest.mark.parametrize("count", [1, 3, 11, 24, 25])
def test_a_sheet_is_1200_pixels_wide_and_fits(count: int) -> None:
    tiles = [("#812", noise(300, 200)), ("#813", noise(90, 400)), ("#814", b"no picture")]
    made = sheet((tiles * 9)[:count], 600_000)
    assert made is not None
    assert len(made) <= 600_000
    image = opened(made)
    assert image is not None
    assert (image.format, image.width) == ("JPEG", WIDTH)


def test_small_pictures_fill_their_places_in_their_order() -> None:
    image = drawn(*(("", plain(colour)) for colour in COLOURS))
    upper, lower = 200, 700
    for place, colour in zip(((200, upper), (600, upper), (1000, upper)), COLOURS[:3], strict=True):
        assert like(image, place, colour)
    for place, colour in zip(
        ((10, lower), (590, lower), (610, lower), (1190, lower)), [3, 3, 4, 4], strict=True
    ):
        assert like(image, place, COLOURS[colour])


@pytest.mark.parametrize("size", [(64, 64), (64, 128), (128, 64)])
@pytest.mark.parametrize("count", [4, 24])
def test_a_label_is_at_least_an_eighth_of_its_tile_and_stands_in_its_corner(
    size: tuple[int, int], count: int
) -> None:
    tile = plain((200, 60, 60), size)
    others = [("", tile)] * (count - 1)
    changed = ImageChops.difference(drawn(("#81234", tile), *others), drawn(("", tile), *others))
    box = changed_box(changed)
    assert box is not None
    side = (WIDTH - 6 * (lengths(count)[0] + 1)) // lengths(count)[0]
    assert box[3] - box[1] >= side * size[1] / size[0] / 8 - 2
    assert box[2] <= 6 + side
    assert box[3] - box[1] >= side / 6 - 2


def test_a_long_label_stays_on_its_own_tile() -> None:
    tile = plain((200, 60, 60))
    one, other = (drawn((label, tile), ("", tile)) for label in ("W" * 100, ""))
    right = (WIDTH // 2 + 16, 0, WIDTH, one.height)
    assert one.tobytes() != other.tobytes()
    assert one.crop(right).tobytes() == other.crop(right).tobytes()


def test_a_sheet_that_is_too_large_becomes_worse_then_smaller_then_none() -> None:
    tiles = [(str(n), noise(320, 320)) for n in range(24)]
    widths: list[int] = []
    for limit in (2_500_000, 700_000, 100_000, 20_000):
        made = sheet(tiles, limit)
        assert made is not None
        assert len(made) <= limit
        image = opened(made)
        assert image is not None
        widths.append(image.width)
    assert widths == sorted(widths, reverse=True)
    assert widths[0] == WIDTH
    assert widths[-1] < WIDTH
    assert sheet(tiles, 500) is None


@pytest.mark.parametrize("count", [0, MAX_TILES + 1])
def test_a_sheet_of_no_or_too_many_pictures_is_not_drawn(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 25"):
        sheet([("#1", b"")] * count, 10**6)


@given(st.lists(st.tuples(st.text(max_size=150), st.binary(max_size=40)), min_size=1, max_size=4))
def test_foreign_labels_and_pictures_of_any_kind_are_drawn(pictures: list[tuple[str, bytes]]) -> None:
    made = sheet(pictures, 10**6)
    assert made is not None
    image = opened(made)
    assert image is not None
    ImageDraw.Draw(image)
