"""What may be written into a log about a fault: where it happened and of which kind, never its message.

Messages of exceptions can hold people's data (``invalid literal for int(): '1002...'``), and logs outlive records.
"""

import traceback


def redacted_traceback(error: BaseException) -> str:
    """The kind of the fault and the lines of code it came through."""
    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"
