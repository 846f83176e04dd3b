import time
from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin
from pydantic import SecretStr

from bot import own_secrets
from bot.errors import ImageUnusable
from bot.images.metadata import MAX_WORDS, guarded, without_metadata

SECRET = b"red fox in snow"
MAX_SECONDS = 0.1
"""Of processor time; two million empty chunks would take more than one."""
MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"]


def picture(mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.frombytes("I;16", (16, 16), bytes(range(256)) * 2)
    return Image.linear_gradient("L").crop((0, 0, 16, 256)).convert(mode)


def png(mode: str = "RGB") -> bytes:
    told = PngImagePlugin.PngInfo()
    told.add_text("invokeai_metadata", SECRET.decode())
    told.add_text("invokeai_graph", SECRET.decode() * 9, zip=True)
    told.add_itxt("workflow", SECRET.decode())
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    made = BytesIO()
    picture(mode).save(made, "PNG", pnginfo=told, exif=exif)
    return made.getvalue()


@pytest.mark.parametrize("mode", MODES)
def test_of_a_png_only_the_pixels_are_left_and_all_of_them(mode: str) -> None:
    data = png(mode)
    bare = without_metadata(data)
    assert bare is not None
    with Image.open(BytesIO(data)) as before, Image.open(BytesIO(bare)) as after:
        assert "workflow" in before.info
        assert (after.mode, after.size, after.tobytes()) == (before.mode, before.size, before.tobytes())
        assert not {"workflow", "invokeai_metadata", "invokeai_graph", "exif"} & set(after.info)
        assert not after.getexif()
    assert SECRET in data
    assert SECRET not in bare
    assert without_metadata(bare) == bare


def test_transparency_by_palette_stays() -> None:
    made = BytesIO()
    picture("P").save(made, "PNG", transparency=3)
    bare = without_metadata(made.getvalue())
    assert bare is not None
    assert Image.open(BytesIO(bare)).info["transparency"] == 3


@pytest.mark.parametrize("kind", ["WEBP", "JPEG"])
def test_another_picture_becomes_a_png(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    made = BytesIO()
    picture("RGB").save(made, kind, exif=exif)
    assert SECRET in made.getvalue()
    bare = without_metadata(made.getvalue())
    assert bare is not None
    assert bare.startswith(b"\x89PNG")
    assert SECRET not in bare


def test_what_stands_behind_the_end_is_gone() -> None:
    assert without_metadata(png() + SECRET) == without_metadata(png())


@pytest.mark.parametrize("data", [b"", b"no picture", png()[:-20], png()[:60], b"\x89PNG\r\n\x1a\n"])
def test_what_is_damaged_is_not_given(data: bytes) -> None:
    assert without_metadata(data) is None


@pytest.fixture
def secret() -> Iterator[None]:
    before = own_secrets._forms[:]  # pyright: ignore[reportPrivateUsage] - it has no other face
    own_secrets.register(SecretStr(SECRET.decode()))
    yield
    own_secrets._forms[:] = before  # pyright: ignore[reportPrivateUsage]


def told_by(chunk: str, *, compressed: bool) -> bytes:
    """A PNG that says it in that kind of chunk."""
    told, made = PngImagePlugin.PngInfo(), BytesIO()
    getattr(told, chunk)("invokeai_graph", f"a {SECRET.decode()}", zip=compressed)
    picture("RGB").save(made, "PNG", pnginfo=told)
    return made.getvalue()


@pytest.mark.parametrize("chunk", ["add_text", "add_itxt"])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.usefixtures("secret")
def test_a_png_whose_words_hold_a_secret_of_ours_goes_out_with_its_pixels_alone(
    chunk: str, *, compressed: bool
) -> None:
    data = told_by(chunk, compressed=compressed)
    assert guarded(data) == without_metadata(data)


def test_a_png_without_a_secret_of_ours_goes_out_as_it_is() -> None:
    data = png()
    assert guarded(data) is data


@pytest.mark.usefixtures("secret")
def test_a_damaged_png_whose_words_hold_a_secret_of_ours_does_not_go_out() -> None:
    with pytest.raises(ImageUnusable):
        guarded(told_by("add_text", compressed=False)[:-20])


def test_behind_its_last_chunk_a_png_is_not_looked_through() -> None:
    data = png() + bytes(25_000_000)
    begin = time.thread_time()
    assert guarded(data) is data
    assert time.thread_time() - begin < MAX_SECONDS


def test_a_png_with_more_words_than_anybody_reads_goes_out_with_its_pixels_alone() -> None:
    told, made = PngImagePlugin.PngInfo(), BytesIO()
    for _ in range(3):
        told.add_text("padding", "a" * (MAX_WORDS // 2), zip=True)
    picture("RGB").save(made, "PNG", pnginfo=told)
    assert guarded(made.getvalue()) == without_metadata(made.getvalue())
