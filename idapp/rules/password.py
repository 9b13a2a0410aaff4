"""A password that others would not guess first.

No rule about kinds of characters (NIST SP 800-63B, ASVS 5.0 6.2): what counts is what is left when everything that a
stranger tries first is taken away: words of ``data/easy_passwords.txt``, names of the person and the school, years, and
runs such as 12345 and qwert. So "matkhau2022" falls like "Matkhau@2022", and a sentence stands. What leaked collections
hold again and again, and that would not catch ("strawberry", "q1w2e3r4t5"), stands in ``data/leaked_passwords.txt``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from idapp.rules.folding import fold
from idapp.rules.problem import Problem

SHORTEST = 10
LONGEST = 200
_LEAST_LEFT = 5  # letters and digits that nobody tries first
_SHORTEST_WORD = 3
_DATA = Path(__file__).parent.parent / "data"
_RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_YEAR = re.compile(r"(?:19|20)\d\d")
_SAME = re.compile(r"(.)\1{2,}")
_IN_DISGUISE = str.maketrans("@40315$7!", "aaoeissti")


def check(password: str, names: Iterable[str] = ()) -> None:
    """Of somebody with these names (user name, full name, school). Raises Problem with what to do instead."""
    if len(password) < SHORTEST:
        sentence = f"Mật khẩu cần ít nhất {SHORTEST} ký tự, ví dụ một câu ngắn dễ nhớ."
        raise Problem("password", "short", sentence)
    if len(password) > LONGEST:
        sentence = f"Mật khẩu dài quá {LONGEST} ký tự. Hãy chọn mật khẩu ngắn hơn."
        raise Problem("password", "long", sentence)
    if _letters(password).isdigit():
        sentence = (
            "Mật khẩu chỉ có chữ số thì dễ đoán, nhất là ngày sinh hay số điện thoại. "
            "Hãy thêm vài từ, ví dụ một câu ngắn dễ nhớ."
        )
        raise Problem("password", "digits", sentence)
    if unguessable(password, names) < _LEAST_LEFT:
        sentence = (
            "Mật khẩu quá dễ đoán: chỉ gồm từ ai cũng thử trước, tên người, tên trường, năm hoặc "
            "dãy phím liền nhau. Hãy thêm vài từ khác, ví dụ một câu ngắn dễ nhớ."
        )
        raise Problem("password", "easy", sentence)
    if is_leaked(password):
        sentence = (
            "Mật khẩu này có trong các danh sách mật khẩu đã lộ trên mạng, nên người lạ thử trước. "
            "Hãy chọn mật khẩu khác, ví dụ một câu ngắn dễ nhớ."
        )
        raise Problem("password", "leaked", sentence)


def is_leaked(password: str) -> bool:
    """Do strangers try it because many others had it? Signs between its letters change nothing.

    >>> is_leaked("Strawberry"), is_leaked("straw-berry"), is_leaked("một câu dễ nhớ")
    (True, True, False)
    """
    folded = fold(password)
    return not _leaked().isdisjoint((folded, _letters(folded)))


def unguessable(password: str, names: Iterable[str] = ()) -> int:
    """How many letters and digits are left; a word of the list counts as one, whatever its length, and once.

    >>> unguessable("Matkhau@2022"), unguessable("P@ssw0rd12345"), unguessable("aaaaabbbbb")
    (1, 1, 0)
    >>> unguessable("nguyenthilan85", ["lan", "Nguyễn Thị Lan"]), unguessable("một câu dễ nhớ")
    (3, 11)
    >>> unguessable("Lop-Tet-Hue-2022"), unguessable("lan85", ["Lan"])
    (3, 2)
    """
    words_of_names = _words_of(names)
    plain = fold(password)
    # "4" may stand for an "a", and be a figure of 2024 beside it
    without_runs = _without_runs(plain)
    readings = (plain, plain.translate(_IN_DISGUISE), without_runs.translate(_IN_DISGUISE))
    return min(_left_of(_letters(reading), words_of_names) for reading in readings)


def _left_of(text: str, names: list[str]) -> int:
    seen = 0
    for (
        word
    ) in _easy_words():  # before the names: "hieutruong" is more than a "truong" of the school's
        if word in text:
            text = text.replace(word, " ")
            seen += 1
    for name in names:
        text = text.replace(name, " ")
    left = _without_runs(text).replace(" ", "")
    if len(set(left)) < _SHORTEST_WORD:  # "ababababab"
        return seen + len(set(left))
    return seen + len(left)


def _without_runs(text: str) -> str:
    text = _SAME.sub(" ", _YEAR.sub(" ", text))
    for run in _runs():
        text = text.replace(run, " ")
    return text


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text)


def _words_of(names: Iterable[str]) -> list[str]:
    """Of each name its words and all of it written together, the longest first."""
    words: set[str] = set()
    for name in names:
        folded = fold(name)
        words |= {_letters(folded), *map(_letters, folded.split())}
    return _longest_first(word for word in words if len(word) >= _SHORTEST_WORD)


@cache
def _easy_words() -> list[str]:
    words = set(_words_in("easy_passwords.txt"))
    return _longest_first(word for word in words if len(word) >= _SHORTEST_WORD)


@cache
def _leaked() -> frozenset[str]:
    return frozenset(_words_in("leaked_passwords.txt"))


def _words_in(name: str) -> list[str]:
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    text = " ".join(line for line in lines if not line.startswith("#"))
    return text.split()


@cache
def _runs() -> list[str]:
    """All pieces of three or more of the alphabet, the digits and the rows of keys, in both directions."""
    rows = [*_RUNS, *(row[::-1] for row in _RUNS)]
    pieces: set[str] = set()
    for row in rows:
        for start in range(len(row) - 2):
            pieces.update(row[start:end] for end in range(start + 3, len(row) + 1))
    return _longest_first(pieces)


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted(words, key=lambda word: (-len(word), word))
