"""Tags and text of a web page, as a browser would cut it. Child process only.

The standard library's ``html.parser`` does the same, but in the releases in use its time grows with
the square of the length for unclosed comments and tags (CVE-2025-6069): 60 kB of ``<a`` take it 38
s, 9 MB take us 4 s. It is also 2.5 times slower on an ordinary list. A table needs little: no tree,
no repair, only the tags in order. Each pattern here passes over every letter a fixed number of
times.
"""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

_PIECE = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<[!?][^>]*+>?"
    r"|<(?P<raw>script|style|title)\b[^<>]*+>.*?(?:</(?P=raw)\b[^>]*+>?|\Z)"
    r"""|<(?P<end>/?)(?P<name>[a-z][^\s<>/]*+)(?P<attributes>"""
    r"""(?:=\s*+"[^"]*+"|=\s*+'[^']*+'|[^<>])*+)>"""
    r"|(?P<text>[^<]++|<)",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"""([^\s"'>/=][^\s>/=]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?"""
)


class Tag(NamedTuple):
    """``attributes`` as they are written; ``attributes_of`` reads them."""

    name: str
    attributes: str
    is_end: bool


def pieces(markup: str) -> Iterator[Tag | str]:
    """Tags and the texts between them, in order. Comments, declarations, scripts and styles are
    passed over.

    >>> list(pieces("<TD class=a>Mai &amp; <b>Lan</b><!-- x --><script>1 < 2</script>"))[:2]
    [Tag(name='td', attributes=' class=a', is_end=False), 'Mai & ']
    """
    for match in _PIECE.finditer(markup):
        text = match["text"]
        if text is not None:
            yield html.unescape(text)
        elif match["name"]:
            yield Tag(match["name"].lower(), match["attributes"], bool(match["end"]))


def attributes_of(written: str) -> dict[str, str]:
    """
    >>> attributes_of(''' X:num colspan=2 title='a "b" &lt;c' ''')
    {'x:num': '', 'colspan': '2', 'title': 'a "b" <c'}
    """
    attributes: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(written):
        name, *values = match.groups(default="")
        attributes.setdefault(name.lower(), html.unescape("".join(values)))
    return attributes
