from base64 import b64encode
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from bot.images.preview import MAX_SIDE, preview


def url(image: Image.Image, kind: str = "JPEG", **saved: object) -> str:
    data = BytesIO()
    image.save(data, kind, **saved)
    return f"data:image/{kind.lower()};base64,{b64encode(data.getvalue()).decode()}"


def test_a_preview_is_a_jpeg_of_its_pixels_alone() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("invokeai_metadata", "a secret prompt")
    small = preview(url(Image.new("RGBA", (64, 32), "red"), "PNG", pnginfo=words))
    assert small is not None
    assert b"secret" not in small
    with Image.open(BytesIO(small)) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (64, 32))


def test_a_large_one_is_made_small_and_keeps_its_shape() -> None:
    small = preview(url(Image.new("RGB", (1024, 512))))
    assert small is not None
    with Image.open(BytesIO(small)) as image:
        assert image.size == (MAX_SIDE, MAX_SIDE // 2)


def test_one_of_too_many_pixels_is_not_decoded() -> None:
    assert preview(url(Image.new("L", (4096, 4096)))) is None


@pytest.mark.parametrize(
    "words",
    [
        "",
        "data:image/jpeg;base64,",
        "data:image/jpeg;base64,not base64!",
        "data:image/jpeg,%FF%D8",
        "data:text/html;base64,PGI+",
        "https://example.org/cat.jpg",
        url(Image.new("RGB", (8, 8)), "GIF"),
        url(Image.new("RGB", (64, 64)))[:-60],
    ],
)
def test_what_is_no_such_picture_is_none(words: str) -> None:
    assert preview(words) is None


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fall(data: bytes) -> None:
    preview(f"data:image/jpeg;base64,{b64encode(data).decode()}")
