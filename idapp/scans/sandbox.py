"""The short-lived process that opens an uploaded photo or PDF: file on stdin, clean JPEG pages on stdout.

No settings, no database, no environment, limits of memory and time. Only the drawn pixels leave it, and the texts of
the QR codes on them where a card is read.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import warnings
from typing import TYPE_CHECKING

from idapp.scans.limits import (
    CPU_SECONDS,
    LONGEST_SIDE,
    MAX_PAGES,
    MAX_PIXELS,
    MEMORY,
    THUMBNAIL_SIDE,
)

if TYPE_CHECKING:
    from PIL.Image import Image

_IMAGES = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}
_HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif")
_DRAWN_AT = 2.0  # 144 dots per inch


class Refused(Exception):
    """The code of a sentence in ``idapp.scans``."""


def main(task: str) -> None:
    """Answer on stdout: a line "ok" with the sizes in bytes, then the pages; or the code of a refusal. Never raises.

    task  pages: every page of a photo or PDF; card: a photo, its thumbnail, and as JSON the texts of its codes
    """
    _limit_self()
    warnings.simplefilter("error")  # Pillow's warning about decompression bombs
    try:
        answer = _answer_to(task, sys.stdin.buffer.read())
    except Refused as refusal:
        answer = str(refusal).encode()
    except MemoryError:
        answer = b"too_heavy"
    except Exception as error:  # Pillow raises nearly everything for a damaged file
        answer = b"broken"
        if "Decompression" in type(error).__name__:
            answer = b"too_heavy"
    sys.stdout.buffer.write(answer)


def _answer_to(task: str, data: bytes) -> bytes:
    if task == "card":
        pages = _card_in(data)
    else:
        pages = [_as_jpeg(image) for image in _images_in(data)]
    sizes = [str(len(page)) for page in pages]
    head = " ".join(["ok", *sizes]) + "\n"
    return head.encode() + b"".join(pages)


def _card_in(data: bytes) -> list[bytes]:
    """The picture, its thumbnail, and the texts of its codes."""
    from idapp.scans import codes

    if b"%PDF-" in data[:1024]:
        raise Refused("no_photo")
    [image] = _images_in(data)
    texts = codes.texts_on(image)
    picture = _as_jpeg(image)
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return [picture, _as_jpeg(image), json.dumps(texts).encode()]


def _limit_self() -> None:
    with contextlib.suppress(ImportError):  # Windows: the parent's time limit remains
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _images_in(data: bytes) -> list[Image]:
    """By what the bytes are, never by the name of the file. What claims to be two things at once is refused."""
    kind = _kind_of(data)
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC:
        raise Refused("heic")
    is_pdf = b"%PDF-" in data[:1024]
    if bool(kind) == is_pdf:
        raise Refused("kind")
    if is_pdf:
        return _pages_of_pdf(data)
    return [_photo(data, kind)]


def _kind_of(data: bytes) -> str:
    """Pillow's name of the kind of image, "" for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    for magic, kind in _IMAGES.items():
        if data.startswith(magic):
            return kind
    return ""


def _photo(data: bytes, kind: str) -> Image:
    from PIL import Image, ImageOps

    # Pillow warns above this, and a warning is an error here
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    formats = [kind]
    if kind == "JPEG":
        formats.append("MPO")  # phones write it and call it JPEG
    with Image.open(io.BytesIO(data), formats=formats) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Refused("too_heavy")
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # JPEG: decode small at once
        return ImageOps.exif_transpose(image).convert("RGB")


def _pages_of_pdf(data: bytes) -> list[Image]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Refused("locked") from error
        raise Refused("broken") from error
    if len(document) > MAX_PAGES:
        raise Refused("pages")
    return [_drawn(document[number]) for number in range(len(document))]


def _drawn(page) -> Image:  # type: ignore[no-untyped-def]
    """A page of a PDF as pixels, no longer than what is kept; forms and their scripts stay out."""
    width, height = page.get_size()
    scale = min(_DRAWN_AT, LONGEST_SIDE / max(width, height, 1))
    if min(width, height) * scale < 1:
        raise Refused("broken")
    return page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")


def _as_jpeg(image: Image) -> bytes:
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # Pillow would carry the comment over; EXIF and profiles it leaves out by itself
    image.info.clear()
    target = io.BytesIO()
    image.save(target, "JPEG", quality=82, optimize=True)
    return target.getvalue()
