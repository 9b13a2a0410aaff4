"""The guides as they are written, ``docs/huong-dan/*.md``, and as pages show them.

``README.md`` there is the table of contents: a heading for each kind of reader, below it a line for
each guide. Three things mean more than in plain Markdown, so that they can be tested:

- **bold** is what stands on a screen, word by word; ``…`` in it is a number or a name,
- `code` is a key, or keys that are pressed together,
- a picture lies in ``static/help`` and is made by ``make screenshots``.

Nothing here knows Flask or who reads.
"""

import re
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import mistune
from mistune.plugins.table import table

from idapp.rules.folding import fold

_ROOT = Path(__file__).resolve().parents[3]
FOLDER = _ROOT / "docs" / "huong-dan"
PICTURES = "../../static/"  # how a guide begins the address of a picture: seen from its own folder
_LINE_OF_CONTENTS = re.compile(r"- \[[^]]+\]\(([a-z0-9-]+)\.md\): (.+)")
_LINK_TO_GUIDE = re.compile(r"([a-z0-9-]+)\.md(#.*)?")


@dataclass(frozen=True)
class Section:
    """A heading of a guide and what stands below it; the first, before all headings, has none."""

    heading: str
    html: str

    @property
    def anchor(self) -> str:
        """What an address ends with to lead here.

        >>> Section("Nếu dán lệch dòng", "").anchor
        'neu-dan-lech-dong'
        """
        return re.sub(r"[^a-z0-9]+", "-", fold(self.heading)).strip("-")


@dataclass(frozen=True)
class Guide:
    """One page of help. ``about``: the sentence of the contents; ``folded``: all words, for finding."""

    name: str
    title: str
    about: str
    sections: tuple[Section, ...]
    folded: str


@dataclass(frozen=True)
class Shelf:
    """The guides of one kind of reader, in the order in which they are needed."""

    title: str
    guides: tuple[Guide, ...]


@dataclass(frozen=True)
class Library:
    """All guides: ``by_name``, and as the contents order them (one guide may stand on two shelves)."""

    by_name: dict[str, Guide]
    shelves: tuple[Shelf, ...]

    def search(self, query: str) -> list[Guide]:
        """The guides that hold every word of the query; those first that hold them in the title, then in
        the sentence about them."""
        words = fold(query).split()
        if not words:
            return []
        matches = [guide for guide in self.by_name.values() if _holds(guide.folded, words)]
        return sorted(matches, key=lambda guide: _rank(guide, words))


def _rank(guide: Guide, words: list[str]) -> int:
    if _holds(fold(guide.title), words):
        return 0
    if _holds(fold(guide.about), words):
        return 1
    return 2


def _holds(text: str, words: list[str]) -> bool:
    return all(word in text for word in words)


@cache
def library(static_url: str, root: str = "") -> Library:
    """Read and drawn once for a process.

    static_url  where the static files are, '/static/ab12'
    root        the path below which we are, '/idapp'
    """
    renderer = _Renderer(static_url, root)
    draw = mistune.Markdown(renderer=renderer, plugins=[table])
    titles_and_lines = _contents()
    by_name: dict[str, Guide] = {}
    for _, lines in titles_and_lines:
        for name, about in lines:
            by_name.setdefault(name, _read(name, about, draw))
    shelves = [
        Shelf(title, tuple(by_name[name] for name, _ in lines)) for title, lines in titles_and_lines
    ]
    return Library(by_name, tuple(shelves))


def _contents() -> list[tuple[str, list[tuple[str, str]]]]:
    """[(heading, [(name of a guide, sentence about it)])]."""
    contents: list[tuple[str, list[tuple[str, str]]]] = []
    for line in (FOLDER / "README.md").read_text("utf-8").splitlines():
        if line.startswith("## "):
            contents.append((line.removeprefix("## "), []))
        elif match := _LINE_OF_CONTENTS.fullmatch(line):
            contents[-1][1].append((match[1], match[2]))
    return contents


def _read(name: str, about: str, draw: mistune.Markdown) -> Guide:
    text = (FOLDER / f"{name}.md").read_text("utf-8")
    first, *others = re.split(r"^## ", text, flags=re.MULTILINE)
    title, _, beginning = first.partition("\n")
    sections = [Section("", str(draw(beginning)))]
    for part in others:
        heading, _, body = part.partition("\n")
        sections.append(Section(heading, str(draw(body))))
    title = title.removeprefix("# ")
    return Guide(name, title, about, tuple(sections), fold(f"{title} {about} {text}"))


class _Renderer(mistune.HTMLRenderer):
    """Markdown to our HTML; HTML in the text stays text, as our policy wants no other."""

    def __init__(self, static_url: str, root: str) -> None:
        super().__init__(escape=True)
        self.static_url = root + static_url
        self.root = root

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """To another guide, seen from the folder, or to a page of the program."""
        match = _LINK_TO_GUIDE.fullmatch(url)
        if match is not None:
            url = f"{self.root}/help/{match[1]}{match[2] or ''}"
        return super().link(text, url, title)

    def codespan(self, text: str) -> str:
        """A key."""
        return f"<kbd>{mistune.escape(text)}</kbd>"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """A picture, with its size: the text below it must not jump when it arrives."""
        path = url.removeprefix(PICTURES)
        address = mistune.escape(f"{self.static_url}/{path}")
        size = _size(_ROOT / "static" / path)
        return f'<img src="{address}" alt="{mistune.escape(text)}"{size} loading="lazy">'


def _size(picture: Path) -> str:
    """The attributes with width and height of a PNG: they stand behind the heading of its first chunk.

    "" for a picture that is not there: a table that shows its keys must not fail for it.
    """
    if not picture.is_file():
        return ""
    with picture.open("rb") as file:
        width, height = struct.unpack(">II", file.read(24)[16:])
    return f' width="{width}" height="{height}"'
