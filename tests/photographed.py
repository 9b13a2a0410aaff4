"""Photos of invented cards as phones, bad light and Zalo make them, for tests and benchmarks."""

import io
import math
from collections.abc import Callable, Iterator
from random import Random

from PIL import Image, ImageChops, ImageEnhance, ImageFilter

from idapp.demo.card_photos import card_image

PHONE = (4000, 3000)
Point = tuple[float, float]
Spoil = Callable[[Image.Image], Image.Image]


def jpeg(picture: Image.Image, quality: int = 88, **more: object) -> bytes:
    target = io.BytesIO()
    picture.convert("RGB").save(target, "JPEG", quality=quality, **more)
    return target.getvalue()


def photo(
    code: str,
    *,
    size: tuple[int, int] = PHONE,
    share: float = 0.6,
    angle: float = 4,
    skew: float = 0.02,
    seed: int = 1,
) -> Image.Image:
    """A card on a table: turned by ``angle`` degrees, each corner off by up to ``skew`` of its width."""
    chance = Random(seed)
    card = card_image(code)
    width, height = size[0] * share, size[0] * share * card.height / card.width
    corners = []
    for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
        turned = _turned((x * width, y * height), math.radians(angle))
        off = (chance.uniform(-skew, skew) * width, chance.uniform(-skew, skew) * width)
        corners.append((size[0] / 2 + turned[0] + off[0], size[1] / 2 + turned[1] + off[1]))
    source = [(0, 0), (card.width, 0), (card.width, card.height), (0, card.height)]
    picture = Image.new("RGB", size, (120, 95, 70))
    lying = card.convert("RGBA").transform(
        size, Image.Transform.PERSPECTIVE, _perspective(corners, source), Image.Resampling.BICUBIC
    )
    picture.paste(lying, (0, 0), lying.getchannel("A"))
    return picture


def _turned(point: Point, angle: float) -> Point:
    sine, cosine = math.sin(angle), math.cos(angle)
    return point[0] * cosine - point[1] * sine, point[0] * sine + point[1] * cosine


def _perspective(corners: list[Point], source: list[Point]) -> list[float]:
    """The eight coefficients that lead from a point of the photo to one of the card."""
    rows = []
    for (x, y), (u, v) in zip(corners, source, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    return _solved(rows)


def _solved(rows: list[list[float]]) -> list[float]:
    """Gauss and Jordan; the last column is the right side."""
    for column in range(len(rows)):
        pivot = max(range(column, len(rows)), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for row in range(len(rows)):
            if row != column:
                factor = rows[row][column] / rows[column][column]
                pairs = zip(rows[row], rows[column], strict=True)
                rows[row] = [a - factor * b for a, b in pairs]
    return [row[-1] / row[place] for place, row in enumerate(rows)]


def smaller(factor: float) -> Spoil:
    return lambda picture: picture.resize(
        (round(picture.width * factor), round(picture.height * factor))
    )


def blurred(radius: float) -> Spoil:
    return lambda picture: picture.filter(ImageFilter.GaussianBlur(radius))


def noisy(sigma: float) -> Spoil:
    def spoil(picture: Image.Image) -> Image.Image:
        grain = Image.effect_noise(picture.size, sigma)
        return ImageChops.add(picture, Image.merge("RGB", (grain, grain, grain)), 1, -128)

    return spoil


def darker(factor: float) -> Spoil:
    return lambda picture: ImageEnhance.Brightness(picture).enhance(factor)


def shaken(pixels: int) -> Spoil:
    """The hand moved sideways while the shutter was open."""

    def spoil(picture: Image.Image) -> Image.Image:
        smeared = picture
        for step in range(1, pixels):
            smeared = Image.blend(smeared, ImageChops.offset(picture, step, 0), 1 / (step + 1))
        return smeared

    return spoil


def spoiled(code: str, seed: int) -> Iterator[tuple[str, bytes]]:
    """(what was done to it, the photo): every kind of bad photo that the benchmark counts."""
    yield "straight", jpeg(photo(code, angle=0, skew=0, seed=seed))
    for angle in (15, 45, 90, 200):
        yield f"turned by {angle}", jpeg(photo(code, angle=angle, share=0.5, seed=seed))
    yield "skewed by 12 %", jpeg(photo(code, skew=0.12, share=0.5, seed=seed))
    yield "a third of the width", jpeg(photo(code, share=0.33, seed=seed))
    usual = photo(code, seed=seed)
    yield "half size", jpeg(smaller(0.5)(usual))
    yield "quarter size", jpeg(smaller(0.25)(usual))
    yield "Zalo: 1280 px, quality 50", jpeg(smaller(0.32)(usual), 50)
    yield "quality 30", jpeg(usual, 30)
    yield "dark", jpeg(darker(0.15)(usual))
    yield "dark and noisy", jpeg(noisy(12)(darker(0.2)(usual)))
    yield "noisy", jpeg(noisy(40)(usual))
    for radius in (2, 3, 4, 5):
        yield f"out of focus by {radius} px", jpeg(blurred(radius)(usual))
    yield "shaken by 8 px", jpeg(shaken(8)(usual))
    yield "all at once", jpeg(noisy(15)(smaller(0.6)(blurred(1.5)(usual))), 40)
