"""One word for one thing: words that a school clerk changed once and that must never come back.

Read: every template, every sentence of the program (its strings, not its docstrings), the scripts and the guides. In a
campaign of 2022 the words of 2022 stay; they stand in the modules named here.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
VIETNAMESE = re.compile(r"[à-ỹđ]", re.IGNORECASE)
# what a file, a card or a record says ("ghi") is not what somebody saves ("lưu")
SAYS = (
    r"(?:tệp|kết quả|thẻ|dòng này|giấy tờ) không ghi|hồ sơ đã ghi nơi mới|ngày đã ghi|thường trú đã ghi theo"
    r"|được ghi (?:tên|lại|theo tên|là chưa|vào nhật)|địa chỉ đã ghi|không ghi số IP"
    r"|Chưa ghi xã|>Chưa ghi<|\*\*Chưa ghi\*\*|người ấy đã ghi|nhật ký|Nhật ký"
)
# word -> (what to say, phrases and files in which it is right)
BANNED: dict[str, tuple[str, str, str]] = {
    r"\b(?:[Đđ]ã|[Cc]hưa|[Kk]hông|[Đđ]ược|[Bb]ấm) ghi\b(?! (?:chú|nhớ))": (
        "lưu",
        SAYS,
        "commands/places.py",
    ),
    r">\s*(?:Ghi|Đặt)\s*<": ("Lưu", "", ""),
    r"(?:không|chưa) giống": ("không khớp", "", ""),
    r"căn cước công dân": ("thẻ căn cước", "", "notices/evidence.py"),
    r"\bCCCD\b": (
        "thẻ căn cước",
        r"CCCD còn hạn|“Số\s+CCCD|“Số$|^\s*CCCD”|Số CCCD|CMND/CCCD|Số thẻ CCCD|mặt trước thẻ CCCD",
        "rules/card.py",
    ),
    r"[Cc]ần giấy thông báo": ("cần giấy tờ", "", ""),
    r"Giấy thông báo số định danh": ("Thông báo số định danh", "", "notices/evidence.py"),
    r"công an (?:nơi thường trú|phường, xã)": ("công an cấp xã", "", ""),
    r"tính vào con số|chỉ có con số|các con số\.": ("số liệu", "", ""),
    r"bịa": ("giả định", "", ""),
    r"[Aa]i đang giữ": ("đang chờ ai xử lý", "", ""),
    r"đoán được|Dự đoán": ("ước tính, dự kiến", "", ""),
    r"được\s+chụp\s+lại": ("được lưu nguyên trạng", "", ""),
    r"nhịp cuối": ("cập nhật lúc", "", ""),
    r"trước đúng nay sai": ("trước khớp, nay không khớp", "", ""),
    r"\bKhông chạy được": ("Bị lỗi, chưa thực hiện", "", ""),
    r"^Đang hỏi$|Hỏi lại|sẽ hỏi lại|được hỏi lại": ("gửi", "", ""),
    r"Bây giờ|Đang đặt|ngoài đời": ("trạng thái hiện tại", "", ""),
    r"số viết tạm|đã chỉnh dạng|điều lạ|được kể ra|kể ai vắng|đụng tới": ("see wording", "", ""),
    r"^trả lời được$": ("đã có kết quả", "", ""),
    r"[Pp]hòng GD": ("reviewing_office()", "", "school.py demo/__init__.py"),
    r"mang hộ chiếu nước ngoài": ("quốc tịch nước ngoài", "", ""),
}


def sentences() -> Iterator[tuple[str, str]]:
    """(file, text) of everything that somebody may read."""
    for file in sorted((ROOT / "templates").rglob("*.html")):
        yield file.relative_to(ROOT).as_posix(), file.read_text()
    for file in sorted((ROOT / "static").rglob("*.js")):
        if "min" not in file.name:
            yield file.relative_to(ROOT).as_posix(), file.read_text()
    for file in sorted((ROOT / "docs" / "huong-dan").rglob("*.md")):
        yield file.relative_to(ROOT).as_posix(), file.read_text()
    for file in sorted((ROOT / "idapp").rglob("*.py")):
        if "migrations" not in file.parts and "rosters" not in file.parts:
            yield from strings_of(file)


def strings_of(file: Path) -> Iterator[tuple[str, str]]:
    tree = ast.parse(file.read_text())
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
    }  # a string that stands alone
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in docstrings and VIETNAMESE.search(node.value):
            yield file.relative_to(ROOT).as_posix(), node.value


@pytest.fixture(scope="module")
def texts() -> list[tuple[str, str]]:
    return list(sentences())


def test_there_is_something_to_read(texts: list[tuple[str, str]]) -> None:
    assert len(texts) > 1000


@pytest.mark.parametrize("word", BANNED)
def test_a_word_that_was_given_up_does_not_come_back(
    word: str, texts: list[tuple[str, str]]
) -> None:
    better, right, files = BANNED[word]
    met = []
    for file, text in texts:
        if any(file.endswith(name) for name in files.split()):
            continue
        for line in text.splitlines():
            rest = re.sub(right, "", line) if right else line
            if re.search(word, rest):
                met.append(f"{file}: {line.strip()}")
    assert not met, f"say: {better}"
