"""The commands about places: the preview writes nothing, the deed is the page's, the way back is there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from idapp import people, place_sets, school
from idapp.models import Change, EpochChange, Person
from idapp.people import epochs
from idapp.rules import places
from tests.cast import Cast
from tests.place_files import CITY, changes, zipped

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """`flask --app app ...` on the cast's school; answers the output and the exit code."""

    def command(*args: object) -> Result:
        result = app.test_cli_runner().invoke(args=[str(arg) for arg in args])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return command


def test_the_change_of_epoch_is_only_shown_at_first(cast: Cast, run: Run) -> None:
    told = run("change-epoch", "2level")
    assert told.exit_code == 0
    assert "5A: 2 đổi được" in told.output
    assert "Chưa đổi gì. Thêm --yes để đổi." in told.output
    assert school.the_campaign().epoch == "3level"
    assert not EpochChange.select().exists()


def test_with_yes_it_is_the_deed_of_the_page(cast: Cast, run: Run) -> None:
    told = run("change-epoch", "2level", "--yes")
    assert told.exit_code == 0
    assert "4/4 hồ sơ" in told.output
    assert "Đã đổi sang danh mục hai cấp (tỉnh, xã): 4 đổi được." in told.output
    assert Person.get_by_id(cast.an.id).province == "Tỉnh Tây Ninh"
    assert Change.get(Change.event == "campaign.changed").user == cast.hoa


def test_the_undo_gives_every_text_back(cast: Cast, run: Run) -> None:
    run("change-epoch", "2level", "--yes")
    assert "thêm --undo" in run("change-epoch", "3level").output
    assert "4 hồ sơ trở lại" in run("change-epoch", "3level", "--undo").output
    assert Person.get_by_id(cast.an.id).district == ""
    assert run("change-epoch", "3level", "--undo", "--yes").exit_code == 0
    assert Person.get_by_id(cast.an.id).district == "Huyện Thủ Thừa"


def test_after_an_edit_there_is_no_undo(cast: Cast, run: Run) -> None:
    run("change-epoch", "2level", "--yes")
    people.change(cast.an, "commune", "Xã Thủ Thừa", seen="Xã Mỹ An", by=cast.lan)
    assert "Không hoàn tác được nữa" in run("change-epoch", "3level", "--undo").output
    refused = run("change-epoch", "3level", "--undo", "--yes")
    assert refused.exit_code == 1
    assert "1 hồ sơ được thêm hoặc sửa" in refused.output
    assert school.the_campaign().epoch == "2level"


def test_what_was_cut_off_is_finished_by_the_same_command(cast: Cast, run: Run) -> None:
    epochs.begin("2level", by=cast.hoa)
    waiting = run("change-epoch", "3level", "--yes")
    assert waiting.exit_code == 1
    assert "xong 0/4. Chạy change-epoch 2level --yes" in waiting.output
    assert run("change-epoch", "2level", "--yes").exit_code == 0
    assert EpochChange.get().state == "done"


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("3level",), 1, "đang dùng danh mục ba cấp"),
        (("3level", "--yes"), 1, "đang dùng danh mục ba cấp"),
        (("2level", "--undo", "--yes"), 1, "Không có lần đổi danh mục nào"),
        (("2level", "--user", "thu"), 1, "Chỉ hiệu trưởng"),
        (("4level",), 2, "4level"),
    ],
)
def test_a_refusal_has_its_sentence_and_code(
    cast: Cast, run: Run, args: tuple[str, ...], code: int, words: str
) -> None:
    told = run("change-epoch", *args)
    assert told.exit_code == code
    assert words in told.output
    assert school.the_campaign().epoch == "3level"


def test_newer_lists_are_compared_then_loaded_then_given_back(
    cast: Cast, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "danh-muc.zip"
    file.write_bytes(zipped({"places_2level_changes.csv": changes(CITY)}))
    compared = run("places-update", file, "--check").output
    assert "1 nơi đổi tên" in compared
    assert "Tỉnh Tây Ninh → Thành phố Tây Ninh" in compared
    assert places.by_code("2level", "80").name == "Tỉnh Tây Ninh"
    assert "Đã nạp danh-muc.zip" in run("places-update", file).output
    assert places.by_code("2level", "80").name == "Thành phố Tây Ninh"
    assert Change.get(Change.event == "places.loaded").user == cast.thu
    assert "danh-muc.zip, nạp ngày" in run("doctor").output
    assert "Đã trở lại bản kèm phần mềm" in run("places-back").output
    assert places.by_code("2level", "80").name == "Tỉnh Tây Ninh"


def test_a_huge_file_is_refused_unread(cast: Cast, run: Run, tmp_path: Path) -> None:
    huge = tmp_path / "places_2level.csv"
    with huge.open("wb") as file:
        file.truncate(100_000_000)
    told = run("places-update", huge)
    assert told.exit_code == 1
    assert "lớn hơn 10 MB" in told.output


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("places-back",), "không có gì để trở lại"),
        (("places-update", ".", "--user", "lan"), "Chỉ văn thư và hiệu trưởng"),
    ],
)
def test_what_cannot_be_done_is_said(
    cast: Cast, run: Run, args: tuple[str, ...], words: str
) -> None:
    told = run(*args)
    assert told.exit_code == 1
    assert words in told.output
    assert place_sets.earlier_sets() == []
