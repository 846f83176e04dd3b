from io import BytesIO

import pytest
from PIL import Image

from bot.images.bars import HEIGHT, MAX_BARS, WIDTH, Bar, bars

GREEN, RED = (87, 167, 115), (224, 97, 106)


def drawn(*shown: Bar) -> Image.Image:
    return Image.open(BytesIO(bars(shown)))


def heights(image: Image.Image, colour: tuple[int, int, int], x: int) -> int:
    return sum(image.getpixel((x, y)) == colour for y in range(image.height))


def test_a_bar_is_as_high_as_its_share_of_the_highest_and_its_bad_part_is_on_top() -> None:
    image = drawn(Bar("Mon", 40, bad=10), Bar("Tue", 20))
    assert image.size == (WIDTH, HEIGHT)
    first, second = WIDTH // 4, WIDTH * 3 // 4
    whole = heights(image, GREEN, first) + heights(image, RED, first)
    assert heights(image, RED, first) == pytest.approx(whole / 4, abs=3)
    assert heights(image, GREEN, second) == pytest.approx(whole / 2, abs=3)


def test_where_nothing_is_to_be_shown_there_is_no_bar() -> None:
    assert heights(drawn(Bar("Mon", 0)), GREEN, WIDTH // 2) == 0


@pytest.mark.parametrize("count", [0, MAX_BARS + 1])
def test_too_few_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="bars can be drawn"):
        bars([Bar("", 1)] * count)
