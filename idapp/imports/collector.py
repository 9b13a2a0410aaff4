"""Reading and writing a long file without Python's search for cycles among objects.

The many objects of a file (cells, drafts, judged rows) are in nobody's cycle and live until the file is done; going
through all of them again and again took a tenth of the time.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_paused_by = 0  # how many files are at work; the search goes on when the last of them is done


@contextmanager
def paused_collector() -> Iterator[None]:
    """No search for cycles while the block runs. Several threads may be in such blocks at once.

    >>> with paused_collector():
    ...     with paused_collector():
    ...         pass
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    global _paused_by
    with _lock:
        _paused_by += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _paused_by -= 1
            if _paused_by == 0:
                gc.enable()
