"""The gate before any parser: what kind of file is this really, and is it safe to hand on?

Runs in the web process, so it is cheap (a few dozen milliseconds) and its memory is bounded: it
holds the file (at most 10 MB) and one chunk. It decides by content, never by name; the name only
tells whether macros were announced. A packed file may be a bomb, have too many parts or parts of
the same name, hold macros, or define entities. Every refusal is ``WorkbookRefused``.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from idapp.workbook.cells import (
    MAX_FILE_BYTES,
    MAX_PARTS,
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
    WorkbookRefused,
)

FileKind = Literal["xlsx", "xls", "ods", "csv", "web_page", "spreadsheet_xml", "web_archive"]

_CHUNK = 1 << 18
_RATIO_FROM = 1_000_000  # tiny parts of one repeated letter pack very well and harm nobody
_SIGNATURES = {
    b"\x89PNG": "image",
    b"\xff\xd8\xff": "image",
    b"GIF8": "image",
    b"BM": "image",
    b"%PDF": "pdf",
    b"{\\rtf": "word",
    b"Rar!\x1a\x07": "archive",
    b"7z\xbc\xaf\x27\x1c": "archive",
    b"\x1f\x8b\x08": "archive",
}
_RAW_BIFF = re.compile(
    rb"\x09\x00\x04\x00|\x09[\x02\x04]\x06\x00|\x09\x08[\x08\x10]\x00", re.DOTALL
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NOT_XML = (
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".bmp",
    ".tif",
    ".tiff",
    ".emf",
    ".wmf",
    ".svg",
    ".bin",
    "mimetype",
)
_DTD = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_HEAD = 20_000  # bytes within which a file says what it is
_MARKUP = re.compile(
    rb"\s*<(?:[?!]|(?:html|head|meta|title|body|table|style|link|div|center|font|p|br)\b)",
    re.IGNORECASE,
)
_TABLE = re.compile(
    rb"""<table\b|<[^<>]*?\b(?:role\s*=\s*["']?(?:table|grid|row)\b|display\s*:\s*table)""",
    re.IGNORECASE,
)
_SPREADSHEET_XML = re.compile(
    rb"<(?:\w+:)?Workbook\b[^<>]*\burn:schemas-microsoft-com:office:spreadsheet\b"
)
_WEB_ARCHIVE = re.compile(rb"^MIME-Version:", re.IGNORECASE | re.MULTILINE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SPREADSHEET_NAMES = (".xlsx", ".xlsm", ".xls", ".ods", ".csv")


def kind_of(data: bytes, *, file_name: str) -> FileKind:
    """The parser these bytes may be given to; raises ``WorkbookRefused``."""
    if not data:
        raise WorkbookRefused("empty_file")
    if len(data) > MAX_FILE_BYTES:
        raise WorkbookRefused("too_big")
    if data.startswith(b"PK\x03\x04"):
        return _guard_zip(
            data, macros_announced=file_name.lower().endswith((".xlsm", ".xltm", ".xlam"))
        )
    if data.startswith(_OLE):
        return _guard_ole(data)
    if _RAW_BIFF.match(data):
        return "xls"
    return _guard_text(data)


def unpacked(data: bytes, *, ending: str, limit: int) -> dict[str, bytes]:
    """The parts of a zip archive whose names end so; together they have at most ``limit`` bytes.

    Nothing is written to the disk, so a name is only a name; one that leads out of the archive is refused all the
    same. Raises ``WorkbookRefused``: ``broken``, ``unsafe``, ``password``, ``bomb``.
    """
    if data.count(b"PK\x01\x02") > MAX_PARTS:
        raise WorkbookRefused("unsafe")
    with _opened(data) as archive:
        parts = archive.infolist()
        _guard_names(parts)
        taken: dict[str, bytes] = {}
        left = limit
        for part in parts:
            if part.filename.lower().endswith(ending):
                with archive.open(part) as stream:
                    taken[part.filename] = stream.read(left + 1)
                left -= len(taken[part.filename])
            if left < 0:
                raise WorkbookRefused("bomb")
        return taken


@contextmanager
def _opened(data: bytes) -> Iterator[zipfile.ZipFile]:
    """The archive; whatever ``zipfile`` stumbles over is a ``WorkbookRefused``."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        ValueError,
        KeyError,
        IndexError,
    ) as fault:
        raise WorkbookRefused("broken") from fault
    except (NotImplementedError, RuntimeError) as fault:
        # odd compression, encryption not marked in the directory
        raise WorkbookRefused("unsafe") from fault


def _guard_zip(data: bytes, *, macros_announced: bool) -> FileKind:
    """Refuses an archive that is no workbook, or one that may harm; tells which kind it is."""
    # zipfile builds an object for each entry before we can count them, so count the signatures first
    if data.count(b"PK\x01\x02") > MAX_PARTS:
        raise WorkbookRefused("unsafe")
    with _opened(data) as archive:
        parts = archive.infolist()
        _guard_names(parts)
        kind = _kind_of_zip({part.filename for part in parts}, archive)
        _guard_contents(parts, macros_announced=macros_announced)
        _guard_sizes(archive, parts)
        return kind


def _guard_names(parts: list[zipfile.ZipInfo]) -> None:
    """Raises ``WorkbookRefused`` for parts of the same name, strange paths, a password, odd compression."""
    names = [part.filename.lower() for part in parts]
    if len(set(names)) != len(names):
        raise WorkbookRefused("unsafe")
    for part in parts:
        if _leads_elsewhere(part.orig_filename):
            raise WorkbookRefused("unsafe")
        if part.flag_bits & 0x1:
            raise WorkbookRefused("password")
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise WorkbookRefused("unsafe")


def _leads_elsewhere(path: str) -> bool:
    """Could the path of a part lead out of the archive, or end early in the eyes of some program?"""
    if "\\" in path or "\0" in path:
        return True
    return path.startswith("/") or ".." in path.split("/")


def _kind_of_zip(names: set[str], archive: zipfile.ZipFile) -> FileKind:
    """By the names of its parts. Raises ``WorkbookRefused`` with what else the archive is."""
    lower = {name.lower() for name in names}
    if "mimetype" in lower:
        return _kind_of_open_document(archive)
    if "xl/workbook.bin" in lower:
        raise WorkbookRefused("binary_workbook")
    folders = {name.partition("/")[0] for name in lower}
    if "word" in folders:
        raise WorkbookRefused("word")
    if "[content_types].xml" in lower and "xl" in folders:
        return "xlsx"
    if any(name.endswith(_SPREADSHEET_NAMES) for name in lower):
        raise WorkbookRefused("archive")
    raise WorkbookRefused("not_workbook")


def _kind_of_open_document(archive: zipfile.ZipFile) -> FileKind:
    """Raises ``WorkbookRefused`` for a text document, and for a sheet with a password."""
    kind = archive.open("mimetype").read(200)
    if b"opendocument.text" in kind and b"opendocument.spreadsheet" not in kind:
        raise WorkbookRefused("word")
    if b"opendocument.spreadsheet" not in kind:
        raise WorkbookRefused("not_workbook")
    if b"manifest:encryption-data" in archive.open("META-INF/manifest.xml").read(_CHUNK):
        raise WorkbookRefused("password")
    return "ods"


def _guard_contents(parts: list[zipfile.ZipInfo], *, macros_announced: bool) -> None:
    """Macros that the name announces are left unread; things that open other programs are not taken
    in at all."""
    for part in parts:
        name = part.filename.lower()
        if name.endswith("vbaproject.bin") and not macros_announced:
            raise WorkbookRefused("macro")
        if "/embeddings/" in name or "/activex/" in name:
            raise WorkbookRefused("embedded")


def _guard_sizes(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    """Really unpacks each part: the sizes written in the directory are the attacker's word."""
    total = 0
    for part in parts:
        total += _guarded_size(archive, part, MAX_UNPACKED_BYTES - total)


def _guarded_size(archive: zipfile.ZipFile, part: zipfile.ZipInfo, bytes_left: int) -> int:
    """How large a part is unpacked. Raises ``WorkbookRefused`` if it grows beyond ``bytes_left``,
    packs more than a sheet can, or is XML with a document type."""
    name = part.filename.lower()
    # customXml is never parsed, and Power Query writes its part there in UTF-16
    is_xml = not name.endswith(_NOT_XML) and not name.startswith("customxml/")
    largest_by_ratio = max(_RATIO_FROM, MAX_RATIO * max(part.compress_size, 1))
    most_bytes = min(bytes_left, largest_by_ratio)
    size = 0
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            if is_xml:
                _guard_xml(tail + chunk, first=size == 0)
                tail = chunk[-16:]  # a word may be cut in two by the end of a chunk
            size += len(chunk)
            if size > most_bytes:
                raise WorkbookRefused("bomb")
    return size


def _guard_xml(chunk: bytes, *, first: bool) -> None:
    """No document type, no entities; nor an encoding in which this search would not see them."""
    if first and (chunk[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in chunk[:64]):
        raise WorkbookRefused("unsafe")
    if _DTD.search(chunk):
        raise WorkbookRefused("unsafe")


def _guard_ole(data: bytes) -> FileKind:
    """An .xls is an OLE2 file with a stream called Workbook or Book; the stream names stand in
    128-byte entries."""
    if _has_stream(data, "EncryptedPackage") or _has_stream(data, "EncryptionInfo"):
        raise WorkbookRefused("password")
    if _has_stream(data, "Workbook") or _has_stream(data, "Book"):
        return "xls"
    if _has_stream(data, "WordDocument"):
        raise WorkbookRefused("word")
    raise WorkbookRefused("not_workbook")


def _has_stream(data: bytes, name: str) -> bool:
    """Does the directory of an OLE2 file have an entry of this name?"""
    wanted = name.encode("utf-16-le") + b"\0\0"
    position = data.find(wanted)
    while position >= 0:
        if position % 128 == 0:
            return True
        position = data.find(wanted, position + 1)
    return False


def _guard_text(data: bytes) -> FileKind:
    """CSV has no signature: it is text without control characters, and neither a web page nor
    XML."""
    _refuse_by_signature(data)
    is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff")) or _looks_like_utf16(data)
    if is_utf16:
        return _kind_of_markup(_in_plain_bytes(data)) or "csv"
    kind = _kind_of_markup(data)
    if kind:
        return kind
    if _CONTROL.search(data):
        raise WorkbookRefused("not_workbook")
    return "csv"


def _refuse_by_signature(data: bytes) -> None:
    """Raises ``WorkbookRefused`` for pictures, PDF and their like, by their first bytes."""
    for signature, code in _SIGNATURES.items():
        if not data.startswith(signature):
            continue
        # "BM" may begin a text as well as a bitmap
        if signature != b"BM" or b"\0" in data[:64]:
            raise WorkbookRefused(code)


def _in_plain_bytes(data: bytes) -> bytes:
    """UTF-16 as bytes in which the tags can be looked for."""
    return data.translate(None, b"\0\xff\xfe")


def _kind_of_markup(data: bytes) -> FileKind | None:
    """What web systems call .xls: pages, XML of Excel 2003, and both in an archive of Excel. None
    for other texts."""
    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    if _WEB_ARCHIVE.search(head[:2000]):
        return "web_archive"
    if _SPREADSHEET_XML.search(head):
        if _DTD.search(data):
            raise WorkbookRefused("unsafe")
        return "spreadsheet_xml"
    # a page may begin with a title or the warning of a script
    if _TABLE.search(head):
        return "web_page"
    if not _MARKUP.match(head):
        return None  # a table far down in other text is no page
    if _TABLE.search(data):
        return "web_page"
    raise WorkbookRefused("web_page")


def _looks_like_utf16(data: bytes) -> bool:
    """Excel's "Unicode text" sometimes loses its mark on the way: every second byte of its commas
    and digits is 0."""
    head = data[:2000]
    zeros = [head[0::2].count(0), head[1::2].count(0)]
    return len(head) >= 8 and min(zeros) == 0 and max(zeros) * 4 >= len(head) / 2
