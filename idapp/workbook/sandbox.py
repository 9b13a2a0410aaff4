"""The short-lived process that parses: ``python -m idapp.workbook.sandbox KIND``, file on stdin, JSON
on stdout.

A parser may be led to allocate without end, to loop or to abort, so it runs here,
under limits of memory and time, with nothing to lose: no settings, no database, no environment, no
file names. Answers ``{"sheets": [[name, hidden, texts, rows, hidden rows, struck rows]]}`` or
``{"refused": [code, detail]}``. ``texts`` are the different cells of a sheet, each as one letter
for its kind, a capital one where it is struck out, and its text; ``rows`` say which of them stand
where. Anything else, or nothing, means that it died.
"""

import contextlib
import gc
import json
import os
import sys
import warnings

from idapp.workbook.cells import EMPTY, LETTER_OF, Cell, Sheet, WorkbookRefused

MEMORY_LIMIT = 768 * 1024 * 1024  # address space; 50,000 x 16 cells need 160 MB of memory
CPU_SECONDS = 20


def main(kind: str) -> None:
    """Read the file on standard input as this kind and write the answer. Raises nothing."""
    # the process lives for seconds; looking for cycles among so many cells took a third of them
    gc.disable()
    _limit_self()
    warnings.simplefilter("ignore")
    try:
        # nobody holds the cells any more while the answer is written: memory is short here
        sheets = [_as_json(sheet) for sheet in _read(kind, sys.stdin.buffer.read())]
        answer = json.dumps({"sheets": sheets}, separators=(",", ":"))
    except WorkbookRefused as refusal:
        answer = _refused(refusal.code, refusal.detail)
    except MemoryError:
        answer = _refused("too_heavy")
    except Exception:  # whatever it is, the file cannot be read
        answer = _refused("broken")
    sys.stdout.write(answer)


def _refused(code: str, detail: str = "") -> str:
    """The answer about a file that is not read."""
    return json.dumps({"refused": [code, detail]})


def _limit_self() -> None:
    """From here on more memory or time than this ends the process."""
    # Windows has no resource module; the parent's time limit remains
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the pupils' data


def _read(kind: str, data: bytes) -> list[Sheet]:
    """Each parser is imported only where it is used: the start is felt."""
    if kind == "xlsx":
        from idapp.workbook.xlsx import read_xlsx

        return read_xlsx(data)
    if kind == "xls":
        from idapp.workbook.xls import read_xls

        return read_xls(data)
    if kind == "ods":
        from idapp.workbook.ods import read_ods

        return read_ods(data)
    if kind == "web_page":
        from idapp.workbook.web_table import read_web_page

        return read_web_page(data)
    if kind == "web_archive":
        from idapp.workbook.web_archive import read_web_archive

        return read_web_archive(data)
    if kind == "spreadsheet_xml":
        from idapp.workbook.spreadsheet_xml import read_spreadsheet_xml

        return read_spreadsheet_xml(data)
    from idapp.workbook.csv_text import read_csv

    return read_csv(data)


def _as_json(sheet: Sheet) -> list[object]:
    """Most cells of a real list are one and the same object as another, so each goes over the pipe
    once."""
    places: dict[int, int] = {id(EMPTY): 0}
    texts = [""]
    rows: list[list[int]] = []
    for cells in sheet.rows:
        for cell in cells:
            if id(cell) not in places:
                places[id(cell)] = len(texts)
                texts.append(_coded(cell))
        rows.append([places[id(cell)] for cell in cells])
    return [
        sheet.name,
        sheet.hidden,
        texts,
        rows,
        sorted(sheet.hidden_rows),
        sorted(sheet.struck_rows),
    ]


def _coded(cell: Cell) -> str:
    """A cell as its letter and its text."""
    letter = LETTER_OF[cell.kind]
    if cell.struck:
        letter = letter.upper()
    return letter + cell.text


if __name__ == "__main__":
    main(sys.argv[1])
    sys.stdout.flush()
    # giving a million cells back to the system one by one would take longer than writing them
    os._exit(0)
