"""A running program takes over the changed source of one file: each of its functions gets its new code."""

import gc
from collections import defaultdict
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FunctionType


class Loaded:
    """The functions in memory by the files they are written in, and those that keep their answers."""

    def __init__(self) -> None:
        self._functions: dict[str, list[FunctionType]] = defaultdict(list)
        self._keeping: list[_lru_cache_wrapper] = []
        gc.unfreeze()  # what is frozen is not told
        for one in gc.get_objects():
            if isinstance(one, FunctionType):
                self._functions[one.__code__.co_filename].append(one)
            elif isinstance(one, _lru_cache_wrapper) and one.__module__.startswith("idapp"):
                self._keeping.append(one)
        gc.freeze()  # a fork shares with its parent what no search for garbage touches

    def change(self, path: Path, before: bytes, after: bytes) -> int:
        """How many functions were changed; answers kept until now are forgotten."""
        file = str(path.resolve())
        old, new = (list(_codes_in(compile(source, file, "exec"))) for source in (before, after))
        codes = {was: becomes for was, becomes in zip(old, new, strict=True) if was != becomes}
        changed = [one for one in self._functions[file] if one.__code__ in codes]
        for function in changed:
            function.__code__ = codes[function.__code__]
        for keeping in self._keeping:
            keeping.cache_clear()
        return len(changed)


def _codes_in(code: CodeType) -> Iterator[CodeType]:
    """Itself and those of the functions and classes in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes_in(constant)
