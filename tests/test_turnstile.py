"""One confined child at a time, whoever asks; the next in line comes before whoever has just been in."""

import threading
import time

import pytest

from idapp import scans, turnstile
from idapp.settings import Settings
from tests.test_scans import photo


def test_one_at_a_time_and_a_bound(settings: Settings) -> None:
    inside: list[int] = []
    most: list[int] = []

    def enter(number: int) -> None:
        with turnstile.turn():
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.03)
            inside.remove(number)

    threads = [threading.Thread(target=enter, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5
    with turnstile.turn(), pytest.raises(scans.ScanRefused) as refused:
        scans.read_card(photo(), patience=0.05)
    assert refused.value.code == "busy"


def test_who_comes_out_stands_behind_who_waits(settings: Settings) -> None:
    """A stack of photos in the background: in and out again without a pause."""
    waited = threading.Event()

    def teacher() -> None:
        with turnstile.turn():
            waited.set()

    thread = threading.Thread(target=teacher)
    turns = 0
    with turnstile.turn():
        thread.start()
        time.sleep(0.1)  # the teacher stands at the turnstile
    while not waited.is_set() and turns < 50:
        with turnstile.turn():
            turns += 1
    thread.join()
    assert turns <= 1
