"""How a browser lays down an answer to an edit: each `hx-partial` replaces its target, the row takes over the state."""

import re

_PARTIAL = re.compile(
    r'<hx-partial hx-target="#([^"]+)" hx-swap="outerHTML">(.*?)</hx-partial>', re.DOTALL
)


def partials(answer: str) -> dict[str, str]:
    """{id of the target: its new HTML}."""
    return {target: html.strip() for target, html in _PARTIAL.findall(answer)}


def swapped(page: str, answer: str) -> str:
    """The page after the answer was laid over it."""
    for target, html in partials(answer).items():
        tag = html[1 : html.index(" ")]
        found = re.compile(
            rf'<{tag}[^>]* id="{target}".*?</{tag}>|<{tag} id="{target}".*?</{tag}>', re.DOTALL
        )
        page, times = found.subn(lambda _, html=html: html, page)
        assert times == 1, f"#{target} is {times} times on the page"
        if state := re.search(r'data-status="([a-z_]+)"', html):
            row = target.removeprefix("s-")
            page = re.sub(
                rf'(<tr id="r-{row}"[^>]*data-status=)"[a-z_]+"', rf'\1"{state[1]}"', page
            )
    return page


def plain(page: str) -> list[str]:
    """A page for comparing: no indentation, and without what is drawn once a page (deadline strip, newest change)."""
    page = re.sub(r"<aside class=\"deadline.*?</aside>", "", page, flags=re.DOTALL)
    page = re.sub(r"<span id=\"pulse\".*?</span>", "", page)
    return [line.strip() for line in page.splitlines() if line.strip()]


def cell(page: str, person_id: int, field: str) -> str:
    found = re.search(rf'<td id="c-{person_id}-{field}".*?</td>', page, re.DOTALL)
    assert found, f"no cell {field} of {person_id}"
    return found[0]
