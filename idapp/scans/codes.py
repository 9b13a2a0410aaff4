"""The texts of the QR codes on a photo. Runs in the confined child only: what looks for codes meets hostile pixels.

zxing reads a code that is turned, skewed, small, dark or noisy by itself. What it cannot read of the photos that
phones take is mostly out of focus; sharpened, at the size where the blur is a pixel wide, half of these can be read
(``python -m tests.bench photos`` prints the share).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from idapp.scans.limits import MAX_CODE, MAX_CODES

if TYPE_CHECKING:
    from PIL.Image import Image

_LARGEST_SEARCHED = 5000  # pixels of the longer side: a larger PNG is halved for the search
_SMALL = 1600  # below, the squares of a code may have less than three pixels


def texts_on(image: Image) -> list[str]:
    """The texts of the codes on a picture that stands upright or not, [] if there is none. Leaves it as it is."""
    grey = image.convert("L")
    grey.thumbnail((_LARGEST_SEARCHED, _LARGEST_SEARCHED))
    for picture in _attempts(grey):
        texts = _texts(picture)
        if texts:
            return texts
    return []


def _attempts(grey: Image) -> Iterator[Image]:
    """The picture, then the same made clearer in one way after another, each made only when it is asked for."""
    from PIL import ImageFilter, ImageOps

    yield grey
    yield grey.filter(ImageFilter.UnsharpMask(4, 300, 0))
    yield _resized(grey, 0.5).filter(ImageFilter.UnsharpMask(3, 300, 0))
    yield _resized(grey, 0.34).filter(ImageFilter.UnsharpMask(2, 400, 0))
    if max(grey.size) < _SMALL:
        yield _resized(grey, 2)
        yield _resized(grey, 2).filter(ImageFilter.UnsharpMask(3, 300, 0))
    yield ImageOps.autocontrast(grey.filter(ImageFilter.MedianFilter(3)), 1)


def _resized(picture: Image, factor: float) -> Image:
    width = max(1, round(picture.width * factor))
    height = max(1, round(picture.height * factor))
    return picture.resize((width, height))


def _texts(picture: Image) -> list[str]:
    import zxingcpp

    codes = zxingcpp.read_barcodes(
        picture, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    )
    texts = [_printable(code.text)[:MAX_CODE] for code in codes[:MAX_CODES]]
    return list(dict.fromkeys(filter(None, texts)))


def _printable(text: str) -> str:
    """Without control characters, which no card has, and which neither a page nor PostgreSQL can show."""
    return "".join(character for character in text if character.isprintable()).strip()
