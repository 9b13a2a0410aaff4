"""Sheets of a "Single file web page" (MHTML) of Excel. Runs in the sandbox only.

An archive is a mail of several parts. A workbook of one sheet is one page; of several sheets the
first page only frames the others, names them in the order of the book and says in which part each
stands. A page of tabs is no sheet.
"""

import email
import email.policy
import html
import posixpath
import re
from collections.abc import Iterator
from email.message import Message

from idapp.workbook.budget import Budget
from idapp.workbook.cells import MAX_SHEETS, Sheet, WorkbookRefused
from idapp.workbook.web_table import page_text, sheet_of_page

_NAMED_SHEET = re.compile(
    r"""<x:Name>([^<]{1,200})</x:Name>\s*+<x:WorksheetSource\s[^>]*?HRef\s*=\s*"([^"]{1,500})""",
    re.IGNORECASE,
)
_TABLE = re.compile(r"<t[dh]\b", re.IGNORECASE)
_TABS = "tabstrip.htm"


def read_web_archive(data: bytes) -> list[Sheet]:
    """A sheet for each part that is a page with a table. Raises ``WorkbookRefused``."""
    pages = list(_pages(data))
    lists = [(file, page) for file, page in pages if file != _TABS and _TABLE.search(page)]
    if len(lists) > MAX_SHEETS:
        raise WorkbookRefused("too_many_sheets")
    if not lists:
        raise WorkbookRefused("web_page")
    names = _names_of_sheets([page for _, page in pages])
    budget = Budget()
    return [sheet_of_page(page, budget, name=names.get(file, "")) for file, page in lists]


def _pages(data: bytes) -> Iterator[tuple[str, str]]:
    """(file name, text) of each page in the archive, the one that frames the others among them."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            yield _file_name(part), _page(part)


def _names_of_sheets(pages: list[str]) -> dict[str, str]:
    """{file: name}, as the page says that frames the others."""
    names: dict[str, str] = {}
    for page in pages:
        for name, source in _NAMED_SHEET.findall(page):
            names[posixpath.basename(source).lower()] = html.unescape(name)
    return names


def _file_name(part: Message) -> str:
    """Of a part, without folders and in small letters."""
    return posixpath.basename(str(part.get("Content-Location", ""))).strip().lower()


def _page(part: Message) -> str:
    """The text of a part, "" where it cannot be decoded."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    return page_text(content, declared=part.get_content_charset("") or "")
