"""Codes to photograph with a phone, drawn here: no picture comes from elsewhere."""

import segno
from markupsafe import Markup


def code_of(address: str) -> Markup:
    """A QR code of a whole address, as a picture within the page."""
    # Any mask can be read; trying all eight takes three times as long, and a school prints a thousand.
    drawn = segno.make(address, error="m", mask=3).svg_inline(
        scale=3, border=2, omitsize=True, svgclass="code", lineclass=None
    )
    return Markup(drawn)  # noqa: S704  (made here, from our own address)
