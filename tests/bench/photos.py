"""Photos of cards: the share that is read of each kind of bad photo, and a class's forty at once."""

import time
from collections.abc import Iterator

from idapp import card_photos, scans
from idapp.database import connected
from idapp.models import CardPhoto
from idapp.settings import current
from tests import photographed
from tests.bench.figures import Figure
from tests.bench.ground import Ground

_CARDS = 6  # of each kind
_STACK = 40
_BOUND = 60.0  # seconds for a class, on two cores
BARS = (f"a class of {_STACK} photos within {_BOUND:.0f} s on two cores",)


def figures(ground: Ground) -> Iterator[Figure]:
    yield from _shares()
    yield _stack(ground)


def _code(number: int) -> str:
    residence = "Số 12, Ấp Bình Lương 2, Bình Thạnh, Thủ Thừa, Long An"
    return (
        f"{100212000012 + number}|100000001|Nguyễn Thị Thu Hương|20032012|Nữ|{residence}|10072021"
    )


def _shares() -> Iterator[Figure]:
    kinds: dict[str, list[float]] = {}
    right: dict[str, int] = {}
    for number in range(_CARDS):
        for kind, data in photographed.spoiled(_code(number), seed=number):
            begun = time.perf_counter()
            codes = scans.read_card(data).codes
            kinds.setdefault(kind, []).append(time.perf_counter() - begun)
            right[kind] = right.get(kind, 0) + (codes == (_code(number),))
    for kind, times in kinds.items():
        share = f"read {right[kind]} of {_CARDS}"
        yield Figure(kind, sorted(times)[len(times) // 2], 0, "", share)


def _stack(ground: Ground) -> Figure:
    """From the first file to the last pair: encrypted, read in the confined child, encrypted again."""
    picture = photographed.noisy(8)(photographed.photo(_code(0)))
    data = photographed.jpeg(picture, 92)
    with connected():
        begun = time.perf_counter()
        for number in range(_STACK):
            card_photos.add(
                data,
                f"{number}.jpg",
                by=ground.cast.hoa,
                school_class=ground.opened_class,
                settings=current(),
            )
        done = card_photos.go_on(current())
        took = time.perf_counter() - begun
        photos = list(card_photos.stack_of(ground.opened_class, ground.cast.hoa))
        wrong = sum(photo.code != _code(0) for photo in photos)
        card_photos.drop(CardPhoto.select(), by=None, settings=current())
    name = f"{done} photos of {len(data) / 2**20:.1f} MB"
    return Figure(name, took, _BOUND, "the bound of a minute", wrong=wrong)
