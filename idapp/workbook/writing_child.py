"""The process that writes a large workbook: ``python -m idapp.workbook.writing_child``.

Sheets on standard input, as ``writing_apart`` pickled them; on standard output ``WORKBOOK`` and the file, or
``COMPLAINT`` and why there is none.
"""

import pickle
import sys

from idapp.workbook.writing_apart import COMPLAINT, WORKBOOK, written


def main() -> None:
    """Answer once, and end."""
    # only the process that started this one writes there
    sheets, meta = pickle.load(sys.stdin.buffer)  # noqa: S301
    try:
        answer = WORKBOOK + written(sheets, meta)
    except ValueError as complaint:
        answer = COMPLAINT + str(complaint).encode()
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()
