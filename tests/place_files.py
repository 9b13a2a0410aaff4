"""Newer lists of places as somebody would send them: the shipped ones with invented changes."""

import io
import zipfile
from pathlib import Path

from idapp.rules import places

SHIPPED = Path(places.__file__).parents[2] / "data"
CHANGES = "places_2level_changes.csv"
CITY = "2022-10-01,80,province,Tỉnh Tây Ninh,Thành phố Tây Ninh,bịa\n"
LATER = "2022-10-20,28066,commune,Xã Mỹ An,Phường Mỹ An,bịa\n"


def text_of(file: str) -> str:
    return (SHIPPED / file).read_text(encoding="utf-8")


def changes(*more: str) -> str:
    """The changes of names with invented ones, which hold at the day of the cast."""
    return text_of(CHANGES) + "".join(more)


def zipped(parts: dict[str, str | bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return written.getvalue()
