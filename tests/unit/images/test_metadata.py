from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from bot.images.metadata import without_metadata

SECRET = b"red fox in snow"
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
