"""The bytes of a workbook; a large one is written by a short-lived process, and what that took goes with it.

XlsxWriter holds every cell until the end: a school of 2,000 takes 36 MB, of which the web server kept a part for good,
and as much again for whoever asks at the same time. So one large workbook is written at a time, outside.

The child (``writing_child``) gets nothing of our environment; it needs no settings and no database.
"""

import io
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from idapp.workbook.writing import AnySheet, Catalogue, Page, write_workbook

# cells: a class of 45 in all its columns; below it the start of a process takes longer than writing
SMALL = 6_000
_SECONDS = 120  # 50,000 rows take 20 on a slow machine
_ROOT = Path(__file__).resolve().parents[2]
_one_at_a_time = threading.Lock()
WORKBOOK, COMPLAINT = b"w", b"c"


def workbook_bytes(sheets: Sequence[AnySheet], meta: Mapping[str, str] | None = None) -> bytes:
    """A workbook of these sheets, as ``write_workbook`` makes it.

    Raises ValueError for a text longer than a cell can hold, ``subprocess.SubprocessError`` if the process that writes
    a large workbook dies or takes longer than two minutes.
    """
    listed = [_with_rows_listed(sheet) for sheet in sheets]
    if sum(map(_cells, listed)) <= SMALL:
        return written(listed, meta)
    with _one_at_a_time:
        return _by_child(listed, meta)


def _with_rows_listed(sheet: AnySheet) -> AnySheet:
    """Rows that are made one by one can be counted once only."""
    if isinstance(sheet, Page):
        return replace(sheet, rows=list(sheet.rows))
    return sheet


def _cells(sheet: AnySheet) -> int:
    """How many it has, about; letters and papers are small."""
    if isinstance(sheet, Catalogue):
        return len(sheet.values)
    if isinstance(sheet, Page):
        return len(sheet.columns) * sum(1 for _ in sheet.rows)
    return 0


def written(sheets: Sequence[AnySheet], meta: Mapping[str, str] | None) -> bytes:
    """The bytes, made in this process. Raises ValueError as ``workbook_bytes`` does."""
    target = io.BytesIO()
    write_workbook(target, sheets=sheets, meta=meta)
    return target.getvalue()


def _by_child(sheets: Sequence[AnySheet], meta: Mapping[str, str] | None) -> bytes:
    """What the process answers. Its first byte says whether a workbook follows, or why there is none."""
    inherited = {name: os.environ[name] for name in ("SYSTEMROOT", "PATH") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "idapp.workbook.writing_child"],
        input=pickle.dumps((sheets, dict(meta or {}))),
        stdout=subprocess.PIPE,
        env={**inherited, "PYTHONPATH": str(_ROOT)},
        timeout=_SECONDS,
        check=True,
    )
    if done.stdout[:1] == COMPLAINT:
        raise ValueError(done.stdout[1:].decode())
    return done.stdout[1:]
