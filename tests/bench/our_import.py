"""``python -m tests.bench.our_import FOLDER FILE``: our import of a workbook, through the pages, in a process alone."""

import io
import json
import re
import resource
import sys
import tempfile
import time
from pathlib import Path

from idapp import accounts, imports
from idapp.database import connected
from idapp.models import Import
from idapp.web.accounts import cookie_name
from tests.bench.ground import Ground


def main(folder: str, file: str) -> None:
    data = Path(file).read_bytes()
    ground = Ground.laid(Path(tempfile.mkdtemp(dir=folder)), with_people=False)
    client = ground.client()
    with connected():
        client.set_cookie(cookie_name(), accounts.start_session(ground.cast.thu))
    begun = time.perf_counter()
    answer = client.post("/imports", data={"file": (io.BytesIO(data), "toan-truong.xlsx")})
    page = client.get(answer.location)
    checked = time.perf_counter()
    with connected():
        upload = Import.get()
        told = imports.totals_of(upload)
        begun_errors = time.perf_counter()
        imports.errors_workbook(upload)
        begun_writing = time.perf_counter()
        outcome = imports.confirm(upload, by=ground.cast.thu)
        written = time.perf_counter()
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024
    print(
        json.dumps(
            {
                "preview": checked - begun,
                "page": len(page.data),
                "errors": begun_writing - begun_errors,
                "wrong": told.views["errors"],
                "commit": written - begun_writing,
                "written": outcome["created"],
                "peak": peak,
                "child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
