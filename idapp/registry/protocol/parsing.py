"""From text to a small tree: no DTD, no entities, no depth and no number of elements that an answer never has."""

import json
from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from idapp.registry.protocol.comparing import Unclear

# a found person takes about 8 levels and 90 elements
_DEEPEST = 40
_MOST = 4000


def parse_xml(text: str) -> Element:
    """The root. A declared charset is ignored: the text is already decoded. Raises Unclear for what is no small XML."""
    parser = DefusedXMLParser(target=_SmallTree(), forbid_dtd=True)
    try:
        parser.feed(text)
        root: Element = parser.close()
    except DTDForbidden:
        raise Unclear("dtd") from None
    except (ParseError, DefusedXmlException, ValueError, AssertionError):
        raise Unclear("not_xml") from None
    return root


def parse_json(text: str) -> Any:
    """Any JSON value; raises Unclear for what is none.

    A key given twice is not readable either, for nobody knows which of the two is meant.
    """
    try:
        return json.loads(text, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError):
        raise Unclear("not_xml") from None


def only(parent: Element, space: str, name: str) -> Element | None:
    """The child of that name, or None; two of them contradict each other: raises Unclear."""
    if space:
        name = f"{{{space}}}{name}"
    children = parent.findall(name)
    if len(children) > 1:
        raise Unclear("unexpected_value")
    if not children:
        return None
    return children[0]


def leaf(parent: Element, space: str, name: str) -> str:
    """The text of the child of that name, "" when there is none. Raises Unclear for a child with children."""
    child = only(parent, space, name)
    if child is None:
        return ""
    if len(child):
        raise Unclear("unexpected_value")
    return (child.text or "").strip()


def blank(element: Element) -> bool:
    """No text of its own, only white space between its children."""
    texts = [element.text, *(child.tail for child in element)]
    return not any(text and text.strip() for text in texts)


def _without_doubles(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in pairs:
        if key in values:
            raise ValueError("a key is given twice")
        values[key] = value
    return values


class _SmallTree(TreeBuilder):
    """Stops while reading, before a hostile document has become a tree."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: Any, attrs: Any) -> Element:
        """Of an element: raises Unclear for one too many, or one too deep."""
        self._depth += 1
        self._count += 1
        if self._depth > _DEEPEST or self._count > _MOST:
            raise Unclear("too_complex")
        return super().start(tag, attrs)

    def end(self, tag: Any) -> Element:
        """One level up again."""
        self._depth -= 1
        return super().end(tag)
