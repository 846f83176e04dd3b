"""Draws the pictures: layered landscapes, different for each seed, coloured by the prompt. Pure and slow."""

# pyright: reportUnknownMemberType=false
# (Pillow's annotations of resize and point name NumPy's types, and NumPy is not here)

import itertools
import random
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

Color = tuple[int, int, int]
PREVIEW_PX = 192
SUPERSAMPLED_PX = 640 * 640


@dataclass(frozen=True)
class Palette:
    """Sky from top to horizon, light of the sun or moon, far and near ridge."""

    top: Color
    horizon: Color
    light: Color
    far: Color
    near: Color
    stars: bool = False


PALETTES: dict[str, Palette] = {
    "dawn": Palette((74, 96, 160), (255, 190, 150), (255, 240, 205), (178, 140, 165), (46, 40, 66)),
    "dusk": Palette((40, 32, 84), (250, 120, 86), (255, 214, 150), (140, 74, 110), (26, 16, 40)),
    "night": Palette((6, 10, 32), (40, 66, 112), (226, 234, 255), (44, 62, 100), (5, 9, 20), stars=True),
    "aurora": Palette((8, 12, 44), (28, 120, 112), (150, 255, 204), (34, 84, 96), (6, 16, 26), stars=True),
    "snow": Palette((108, 146, 190), (236, 240, 248), (255, 255, 246), (186, 204, 224), (74, 96, 124)),
    "forest": Palette((112, 172, 178), (240, 238, 200), (255, 250, 214), (126, 168, 140), (16, 46, 34)),
    "sea": Palette((34, 108, 170), (190, 232, 236), (255, 248, 220), (92, 150, 176), (14, 52, 78)),
    "desert": Palette((86, 142, 186), (252, 214, 160), (255, 244, 214), (214, 150, 106), (110, 52, 36)),
}
WORDS = {
    "winter": "snow",
    "ice": "snow",
    "mountain": "snow",
    "moon": "night",
    "star": "night",
    "city": "night",
    "neon": "aurora",
    "northern": "aurora",
    "wood": "forest",
    "moss": "forest",
    "garden": "forest",
    "ocean": "sea",
    "lake": "sea",
    "harbour": "sea",
    "beach": "sea",
    "dune": "desert",
    "canyon": "desert",
    "sunset": "dusk",
    "evening": "dusk",
    "sunrise": "dawn",
    "morning": "dawn",
}


def palette_of(prompt: str, dice: random.Random) -> Palette:
    """The first palette that the prompt names, else one by chance."""
    words = prompt.lower()
    for name, palette in PALETTES.items():
        if name in words:
            return palette
    for word, name in WORDS.items():
        if word in words:
            return PALETTES[name]
    return PALETTES[dice.choice(list(PALETTES))]


def grained(picture: Image.Image, grain: int) -> Image.Image:
    """With film grain, which makes the file about as large as its pixels. Its dice are the system's."""
    noise = Image.effect_noise(picture.size, grain)
    return ImageChops.add(picture, Image.merge("RGB", (noise, noise, noise)), offset=-128)


def draw(prompt: str, seed: int, width: int, height: int) -> Image.Image:
    """The same picture for the same four arguments."""
    dice = random.Random(f"{seed}:{prompt}")
    palette = palette_of(prompt, dice)
    scale = 2 if width * height <= SUPERSAMPLED_PX else 1
    size = (width * scale, height * scale)
    horizon = max(1, round(size[1] * dice.uniform(0.52, 0.7)))
    picture = _sky(size, horizon, palette)
    if palette.stars:
        _stars(picture, horizon, dice)
    picture = _sun(picture, horizon, palette, dice)
    picture = _clouds(picture, palette, dice)
    layers = dice.randint(4, 6)
    for layer in range(layers):
        nearness = layer / (layers - 1)
        _ridge(picture, horizon, nearness, palette, dice)
    if dice.random() < 0.6:  # noqa: PLR2004 - three of five pictures lie by water
        picture = _water(picture, palette, dice)
    picture = ImageEnhance.Color(picture).enhance(1.15)
    return picture.resize((width, height), Image.Resampling.LANCZOS) if scale > 1 else picture


def resized(picture: Image.Image, width: int, height: int, resample_mode: str) -> Image.Image:
    """`resample_mode`: InvokeAI's word, such as "bicubic"."""
    return picture.resize((width, height), Image.Resampling[resample_mode.upper()])


def half_done(picture: Image.Image, done: float, seed: int) -> Image.Image:
    """A small, blurred and grainy look at a picture that is `done` (0 to 1) finished."""
    small = picture.convert("RGB")
    small.thumbnail((PREVIEW_PX, PREVIEW_PX))
    small = small.filter(ImageFilter.GaussianBlur((1 - done) * PREVIEW_PX / 12))
    grain = Image.frombytes("RGB", small.size, random.Random(seed).randbytes(small.width * small.height * 3))
    return Image.blend(small, grain, 0.6 * (1 - done) ** 1.5)


def _mix(one: Color, other: Color, share: float) -> Color:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _sky(size: tuple[int, int], horizon: int, palette: Palette) -> Image.Image:
    shade = Image.new("L", size, 255)
    shade.paste(Image.linear_gradient("L").resize((size[0], horizon)), (0, 0))
    return Image.composite(
        Image.new("RGB", size, palette.horizon), Image.new("RGB", size, palette.top), shade
    )


def _stars(picture: Image.Image, horizon: int, dice: random.Random) -> None:
    pen = ImageDraw.Draw(picture)
    for _ in range(picture.width // 6):
        x, y = dice.randrange(picture.width), round(horizon * dice.random() ** 1.6)
        radius = picture.width / 900 * dice.uniform(0.4, 1.6)
        glow = dice.randint(120, 255)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(glow, glow, 255))


def _sun(picture: Image.Image, horizon: int, palette: Palette, dice: random.Random) -> Image.Image:
    x, y = picture.width * dice.uniform(0.18, 0.82), horizon * dice.uniform(0.25, 0.9)
    radius = picture.width * dice.uniform(0.035, 0.08)
    small = (max(8, picture.width // 8), max(8, picture.height // 8))
    glow = Image.new("RGB", small, (0, 0, 0))
    reach = radius * 3.2
    box = tuple(edge / 8 for edge in (x - reach, y - reach, x + reach, y + reach))
    ImageDraw.Draw(glow).ellipse(box, fill=_mix((0, 0, 0), palette.light, 0.55))
    glow = glow.filter(ImageFilter.GaussianBlur(reach / 12)).resize(picture.size, Image.Resampling.BICUBIC)
    picture = ImageChops.screen(picture, glow)
    ImageDraw.Draw(picture).ellipse((x - radius, y - radius, x + radius, y + radius), fill=palette.light)
    return picture


def _clouds(picture: Image.Image, palette: Palette, dice: random.Random) -> Image.Image:
    """Noise in three octaves, wider than high, faint towards the top."""
    veil = Image.new("L", picture.size, 0)
    for octave, share in ((5, 0.55), (11, 0.3), (23, 0.15)):
        cells = (octave, octave * 3)
        noise = Image.frombytes("L", cells, dice.randbytes(cells[0] * cells[1]))
        wide = noise.resize(picture.size, Image.Resampling.BICUBIC)
        veil = ImageChops.add(veil, wide.point([round(value * share) for value in range(256)]))
    cover = dice.randint(105, 150)
    strength = dice.uniform(0.8, 1.7)
    mask = veil.point([min(150, round(max(0, value - cover) * strength)) for value in range(256)])
    return Image.composite(
        Image.new("RGB", picture.size, _mix(palette.horizon, palette.light, 0.6)), picture, mask
    )


def _ridge(
    picture: Image.Image, horizon: int, nearness: float, palette: Palette, dice: random.Random
) -> None:
    """One mountain chain by midpoint displacement; the nearest ones carry trees."""
    width, height = picture.size
    base = horizon + (height - horizon) * nearness * 0.72
    roughness = height * (0.2 - 0.09 * nearness)
    heights = _displaced(dice, roughness)
    step = width / (len(heights) - 1)
    line = [(index * step, base - rise) for index, rise in enumerate(heights)]
    color = _mix(_mix(palette.far, palette.horizon, 0.35 * (1 - nearness)), palette.near, nearness)
    pen = ImageDraw.Draw(picture)
    pen.polygon([(0, height), *line, (width, height)], fill=color)
    if nearness > 0.55:  # noqa: PLR2004 - farther trees are smaller than a pixel
        tall = height * 0.03 * (0.4 + nearness)
        for x, y in line[:: dice.randint(1, 3)]:
            if dice.random() < 0.5:  # noqa: PLR2004 - every other place stays bare
                tree = tall * dice.uniform(0.5, 1.3)
                pen.polygon([(x - tree * 0.28, y + 3), (x, y - tree), (x + tree * 0.28, y + 3)], fill=color)


def _displaced(dice: random.Random, roughness: float) -> list[float]:
    heights = [dice.uniform(0, roughness), dice.uniform(0, roughness)]
    for _ in range(8):
        roughness *= 0.52
        finer: list[float] = []
        for left, right in itertools.pairwise(heights):
            finer += [left, (left + right) / 2 + dice.uniform(-roughness, roughness)]
        heights = [*finer, heights[-1]]
    return heights


def _water(picture: Image.Image, palette: Palette, dice: random.Random) -> Image.Image:
    """A shore in the lower part: what stands above it, mirrored, blurred sideways and tinted."""
    width, height = picture.size
    shore = min(height - 1, round(height * dice.uniform(0.74, 0.84)))
    deep = height - shore
    mirror = picture.crop((0, shore - deep, width, shore)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    mirror = mirror.resize((width, max(1, deep // 10))).resize((width, deep), Image.Resampling.BICUBIC)
    tint = Image.new("RGB", mirror.size, _mix(palette.top, palette.near, 0.5))
    picture.paste(Image.blend(mirror, tint, 0.3), (0, shore))
    pen = ImageDraw.Draw(picture)
    for _ in range(26):
        y = shore + round(deep * dice.random() ** 1.5)
        x, length = dice.uniform(0, width), width * dice.uniform(0.02, 0.14)
        pen.line((x, y, x + length, y), fill=_mix(palette.horizon, palette.light, 0.4), width=1)
    return picture
