"""Foreign picture bytes opened with care, and brought into a mode that every format takes."""

from io import BytesIO

from PIL import Image, ImageOps

MAX_PIXELS = 80_000_000
"""Pixels of a picture that is opened: 8192 × 8192 is, 20000 × 20000 is not. Below Pillow's own line."""

_FORMATS = ("PNG", "WEBP", "JPEG")


def opened(data: bytes, *, whole: bool = True) -> Image.Image | None:
    """The picture upright, `whole` with its pixels, else only looked at and not to be used.

    None for what is no PNG, WebP or JPEG, is damaged or cut off, or has more pixels than `MAX_PIXELS`.
    """
    try:
        image = Image.open(BytesIO(data), formats=_FORMATS)
        if image.width * image.height > MAX_PIXELS:
            return None
        if whole:
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
        else:
            image.verify()
    except Exception:  # noqa: BLE001 - hostile bytes: a decoder can raise anything, and the answer is None
        return None
    return image


def plain_mode(image: Image.Image) -> Image.Image:
    """The same picture in RGB, RGBA or L, with nothing but its pixels: no text, no EXIF, no profile.

    It may be the very image, cleared.
    """
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    elif "transparency" in image.info or image.mode == "LA":
        image = image.convert("RGBA")
    elif image.mode not in ("RGB", "RGBA", "L"):
        image = image.convert("RGB")
    image.info.clear()
    return image


def flat(image: Image.Image) -> Image.Image:
    """Without transparency, on white."""
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit greys by their high byte (they lie low byte first); Pillow itself cuts them off at 255."""
    if image.mode != "I;16":
        return image.convert("L")
    return Image.frombytes("L", image.size, image.tobytes()[1::2])
