"""Which browser on which system: what the header User-Agent says, in words by which somebody knows the own machine.

Only the kind is kept. The header itself names versions and models, by which a machine could be followed.
"""

from __future__ import annotations

# The first that stands in the header: others than Chrome call themselves Chrome too, all of them Safari.
_BROWSERS = (
    ("Zalo", "Zalo"),
    ("FBAN", "Facebook"),
    ("FBAV", "Facebook"),
    ("coc_coc_browser", "Cốc Cốc"),
    ("SamsungBrowser", "Samsung Internet"),
    ("EdgiOS", "Edge"),
    ("EdgA", "Edge"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "Chromebook"),
    ("Mac OS", "máy Mac"),
    ("Linux", "Linux"),
)


def kind_of(header: str) -> str:
    """The kind of browser and its system; "" where neither is known.

    >>> kind_of("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0")
    'Edge trên Windows'
    >>> kind_of("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile Safari/604.1")
    'Safari trên iPhone'
    >>> kind_of("Mozilla/5.0 (Linux; Android 14) Chrome/120.0 Mobile Safari/537.36 Zalo android/24")
    'Zalo trên Android'
    >>> kind_of("Mozilla/5.0 (X11; Fedora; Linux x86_64) Gecko Firefox/130.0"), kind_of("curl/8")
    ('Firefox trên Linux', '')
    """
    names = (_first_of(_BROWSERS, header), _first_of(_SYSTEMS, header))
    return " trên ".join(name for name in names if name)


def _first_of(words: tuple[tuple[str, str], ...], header: str) -> str:
    for mark, name in words:
        if mark in header:
            return name
    return ""
