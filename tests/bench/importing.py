"""A workbook of the whole school: preview and writing; afterwards its people are there for the other sections."""

import io
import time
from collections.abc import Iterator

from openpyxl import load_workbook

from idapp import imports
from idapp.database import connected
from tests.bench.figures import Figure, seconds_of
from tests.bench.ground import CLASS_SIZE, CLASSES, Ground, workbook


def figures(ground: Ground) -> Iterator[Figure]:
    data = workbook()
    floor = seconds_of(lambda: sum(1 for _ in load_workbook(io.BytesIO(data), read_only=True).active.iter_rows()))
    with connected():
        begun = time.perf_counter()
        upload = imports.read_bytes(data, "toan-truong.xlsx", by=ground.cast.thu)
        checked = time.perf_counter()
        outcome = imports.confirm(upload, by=ground.cast.thu)
        written = time.perf_counter()
    rows, against = len(CLASSES) * CLASS_SIZE, "openpyxl read_only of the same file"
    yield Figure(f"import {rows:,} rows: preview", checked - begun, floor, against, f"{len(data):,} bytes")
    yield Figure(f"import {rows:,} rows: confirm", written - checked, floor, against, f"rows {outcome}")
