import random
import re
import zlib
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invokeai_answers import FIXTURES
from PIL import Image, PngImagePlugin

from bot.images import compression as fitting
from bot.images.compression import Compressed, fit
from bot.images.decoding import opened, plain_mode


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    count = width * height * len(mode)
    return Image.frombytes(mode, (width, height), random.Random(7).randbytes(count))


def smooth(width: int, height: int) -> Image.Image:
    image = Image.new("RGB", (width, height))
    image.paste(Image.radial_gradient("L").convert("RGB"), (0, 0))
    return image


def read(data: bytes) -> Image.Image:
    image = opened(data)
    assert image is not None
    return image


def fitted(data: bytes, limit: int) -> Compressed:
    made = fit(data, limit)
    assert made is not None
    assert len(made.data) <= limit
    assert read(made.data).format == {"png": "PNG", "webp": "WEBP", "jpg": "JPEG"}[made.extension]
    return made


def header(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG that says it is so large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    size = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_a_picture_that_fits_is_given_back_untouched() -> None:
    data = encoded(noise(64, 64))
    assert fit(data, len(data)) == Compressed(data, "png", None)


def test_a_picture_that_shrinks_without_loss_loses_nothing() -> None:
    image = smooth(512, 512)
    data = encoded(image, compress_level=0)
    made = fitted(data, len(data) // 10)
    assert made.what is not None
    assert made.what.startswith("as lossless WebP, ")
    assert read(made.data).convert("RGB").tobytes() == image.tobytes()


def test_what_was_done_is_said_in_words() -> None:
    data = encoded(noise(512, 512))
    what = fitted(data, 500_000).what
    assert what is not None
    assert re.fullmatch(r"as WebP, \d{3}\.\d kB of 788\.\d kB", what)


def test_the_best_rung_that_fits_is_taken_and_each_smaller_limit_takes_a_worse_one() -> None:
    data = encoded(noise(600, 600))
    sizes = [len(fitted(data, limit).data) for limit in (10**6, 700_000, 420_000, 300_000, 100_000, 60_000)]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) >= 4


def test_what_fits_at_no_quality_is_halved_until_it_does() -> None:
    made = fitted(encoded(noise(2048, 1024)), 250_000)
    assert read(made.data).size == (512, 256)
    assert made.what is not None
    assert " at 512 × 256, " in made.what


def test_no_side_becomes_smaller_than_256() -> None:
    assert fit(encoded(noise(512, 512)), 4_000) is None


def test_a_small_picture_is_never_made_smaller() -> None:
    assert fit(encoded(noise(128, 128)), 1_000) is None


def test_a_picture_too_long_for_webp_becomes_a_jpeg() -> None:
    made = fitted(encoded(smooth(16_500, 64), compress_level=0), 1_500_000)
    assert made.extension == "jpg"


def test_a_picture_too_large_for_webp_s_memory_becomes_a_jpeg() -> None:
    made = fitted(encoded(smooth(5000, 4100), compress_level=0), 10**7)
    assert made.extension == "jpg"


def test_the_prompt_in_a_png_is_not_handed_on() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("invokeai_metadata", "secret prompt")
    text.add_itxt("invokeai_graph", "secret graph")
    exif = Image.Exif()
    exif[0x010E] = "secret title"
    data = encoded(noise(600, 600), pnginfo=text, exif=exif, icc_profile=b"secret profile")
    for limit in (900_000, 300_000, 60_000):
        assert b"secret" not in fitted(data, limit).data


def test_a_jpeg_s_comment_is_not_handed_on() -> None:
    data = encoded(noise(600, 600), "JPEG", quality=100, comment=b"secret")
    for limit in (400_000, 300_000, 100_000):
        assert b"secret" not in fitted(data, limit).data


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA"])
def test_nothing_but_pixels_is_left_of_a_picture(mode: str) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("invokeai_metadata", "secret prompt")
    assert plain_mode(read(encoded(smooth(40, 40).convert(mode), pnginfo=text))).info == {}


def test_a_rung_that_can_not_fit_is_seen_from_a_sample() -> None:
    for picture, hopeless in ((noise(1200, 1200), True), (smooth(1200, 1200), False)):
        sample = fitting._sample(picture)  # pyright: ignore[reportPrivateUsage] - only time shows it
        lossless = fitting._LOSSLESS  # pyright: ignore[reportPrivateUsage] - as above
        skip = fitting._hopeless  # pyright: ignore[reportPrivateUsage] - as above
        assert skip(lossless, sample, picture, 500_000) is hopeless


def test_a_captured_picture_fits() -> None:
    data = (FIXTURES / "v6.14.2" / "image_full.png").read_bytes()
    assert fitted(data, 10**6).data == data
    assert b"invokeai" not in fitted(data, len(data) - 1).data


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_mode_is_taken(mode: str) -> None:
    drawn = (
        smooth(600, 600)
        .convert("RGBA" if mode == "PA" else "L")
        .convert({"PA": "P", "I;16": "I"}.get(mode, mode))
    )
    if mode == "I;16":
        drawn = Image.frombytes("I;16", (600, 600), random.Random(7).randbytes(720_000))
    options = {"transparency": 3} if mode == "PA" else {}
    kind = "JPEG" if mode == "CMYK" else "PNG"
    data = encoded(drawn, kind, **({"quality": 100} if kind == "JPEG" else {"compress_level": 0}), **options)
    for limit in (len(data) - 1, 25_000 if mode != "I;16" else 50_000):
        assert len(fitted(data, limit).data) <= limit


def test_sixteen_bits_become_eight_and_are_not_cut_off() -> None:
    values = b"".join(value.to_bytes(2, "little") for value in (0, 257, 32_896, 65_535))
    image = read(encoded(Image.frombytes("I;16", (4, 1), values)))
    assert list(plain_mode(image).tobytes()) == [0, 1, 128, 255]


def test_transparency_outlives_webp_and_is_white_in_jpeg() -> None:
    clear = Image.new("RGBA", (16_500, 64), (255, 0, 0, 0))
    data = encoded(clear, compress_level=0)
    assert read(fitted(data, 100_000).data).getpixel((9, 9)) == (255, 255, 255)
    small = encoded(clear.crop((0, 0, 600, 600)), compress_level=0)
    pixel = read(fitted(small, 100_000).data).getpixel((9, 9))
    assert isinstance(pixel, tuple)
    assert pixel[3] == 0


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [noise(300, 300), smooth(300, 300)]
    data = encoded(frames[0], save_all=True, append_images=frames[1:])
    made = read(fitted(data, 280_000).data)
    assert not getattr(made, "is_animated", False)
    assert made.convert("RGB").tobytes() != frames[1].tobytes()


def test_a_photograph_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(noise(300, 600), "JPEG", quality=100, exif=exif)
    assert read(fitted(data, len(data) - 1).data).size == (600, 300)


@pytest.mark.parametrize("size", [(20_000, 20_000), (1, 2**31 - 1), (9_000, 9_000)])
def test_a_picture_of_too_many_pixels_is_refused_unopened(size: tuple[int, int]) -> None:
    for limit in (10, 10**7):
        assert fit(header(*size), limit) is None


def test_a_picture_of_8192_by_8192_is_not_refused_for_its_pixels() -> None:
    assert fit(header(8192, 8192), 10**7) is not None


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
def test_a_picture_cut_off_is_none(kind: str) -> None:
    data = encoded(noise(300, 300), kind)
    for limit in (10**7, 20_000):
        assert fit(data[: len(data) // 2], limit) is None


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"<svg/>", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"\xff\xd8\xff"]
)
@pytest.mark.parametrize("limit", [0, 5, 10**6])
def test_what_is_no_picture_is_none(data: bytes, limit: int) -> None:
    assert fit(data, limit) is None


@given(
    st.sampled_from(["PNG", "WEBP", "JPEG"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=5),
    st.integers(0, 40_000),
)
def test_damaged_bytes_are_answered_not_raised(
    kind: str, faults: list[tuple[float, int]], limit: int
) -> None:
    data = bytearray(encoded(noise(80, 80), kind))
    for place, value in faults:
        data[int(place * (len(data) - 1))] = value
    made = fit(bytes(data), limit)
    assert made is None or len(made.data) <= limit
