"""Web pages and archives of web pages that systems hand out under the name .xls."""

import base64
import html
import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idapp.workbook import Cell, Sheet, WorkbookRefused, read_bytes
from idapp.workbook.guard import kind_of
from idapp.workbook.web_table import read_web_page
from tests.test_workbook_csv import for_1258
from tests.workbooks import case, texts


def sheet_of(markup: str | bytes, file_name: str = "vnedu.xls") -> Sheet:
    data = markup.encode() if isinstance(markup, str) else markup
    (sheet,) = read_bytes(data, file_name=file_name)
    return sheet


def rows_of(markup: str | bytes) -> list[list[str]]:
    return texts(sheet_of(markup))


def refusal_of(markup: str | bytes) -> str:
    with pytest.raises(WorkbookRefused) as refused:
        sheet_of(markup)
    return refused.value.code


def table(*rows: str) -> str:
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


# --- the cases


def test_the_page_of_the_case_is_read() -> None:
    (sheet,) = case("html_table.xls")
    assert texts(sheet)[1] == [
        *("1", "5A", "", "Lý Thị Mộng Thu", "02/03/2016", "Nữ"),
        "100316000101",
    ]
    assert texts(sheet)[0][2] == "Mã định danh Bộ GD&ĐT"


def test_a_table_inside_a_div_is_read() -> None:
    (sheet,) = case("html_div.xls")
    assert texts(sheet) == [["Họ và tên", "Ngày sinh"]]


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx", "a.html", "a.csv", ""])
def test_the_name_of_the_file_does_not_matter(name: str) -> None:
    assert texts(sheet_of(table("<td>Mai"), name)) == [["Mai"]]


# --- letters


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("declared", ["utf-8", "windows-1252", ""])
def test_what_the_letters_are_counts_more_than_what_is_declared(
    encoding: str, declared: str
) -> None:
    page = f'<html><meta charset="{declared}">{table("<td>Nguyễn Thị Ánh")}</html>'
    assert rows_of(page.encode(encoding)) == [["Nguyễn Thị Ánh"]]


@pytest.mark.parametrize("declared", ["windows-1258", "", "nonsense"])
def test_pages_in_windows_1258(declared: str) -> None:
    page = f"<html><meta charset={declared}>{table('<td>Nguyễn Thị Ánh')}</html>"
    read = rows_of(for_1258(page).encode("windows-1258"))
    assert read == [[for_1258("Nguyễn Thị Ánh")]]


def test_pages_in_an_old_font_arrive_as_their_letters() -> None:
    page = table("<td>TrÇn ThÞ Hoa", "<td>NguyÔn V¨n ¸nh")
    assert rows_of(page.encode("windows-1252")) == [["TrÇn ThÞ Hoa"], ["NguyÔn V¨n ¸nh"]]


def test_entities_are_the_letters_they_stand_for() -> None:
    name = "Trần Thị Hoa"
    numbers = "".join(f"&#{ord(letter)};" for letter in name)
    hexadecimals = "".join(f"&#x{ord(letter):x};" for letter in name)
    assert rows_of(table(f"<td>{numbers}<td>{hexadecimals}<td>A&nbsp;&amp;&lt;b&gt;")) == [
        [name, name, "A\xa0&<b>"]
    ]


def test_blanks_and_lines_are_as_a_browser_shows_them() -> None:
    cell = "<td>\n   Nguyễn <b>Văn</b>\r\n\t An <br> <p>dòng hai</p>\n</td>"
    assert rows_of(table(cell + "<td>&nbsp;</td><td>  </td>")) == [["Nguyễn Văn An\ndòng hai"]]


# --- the shape of tables


def test_tags_that_nobody_closed() -> None:
    page = "<TABLE border=1><TR><TD>Lớp<TD nowrap>Họ tên<TR><TD>5A<TD>Mai</TABLE>"
    assert rows_of(page) == [["Lớp", "Họ tên"], ["5A", "Mai"]]


def test_quotation_marks_where_they_do_not_belong() -> None:
    page = '<table><tr><td title="a"b">5A</td><td alt=\'x>y\'>Mai</td><td =">Lan</td></tr></table>'
    assert rows_of(page) == [["5A", "Mai", "Lan"]]


def test_cells_over_columns_and_rows() -> None:
    page = table(
        "<th rowspan=2>Họ tên<th colspan=3>Nơi ở<th rowspan=2>Lớp",
        "<th>Tỉnh<th>Huyện<th>Xã",
        "<td>Mai<td>A<td>B<td>C<td rowspan=2>5A",
        "<td>Lan<td colspan=2>D<td>E",
    )
    assert rows_of(page) == [
        ["Họ tên", "Nơi ở", "", "", "Lớp"],
        ["Họ tên", "Tỉnh", "Huyện", "Xã", "Lớp"],
        ["Mai", "A", "B", "C", "5A"],
        ["Lan", "D", "", "E", "5A"],
    ]


def test_tables_below_each_other_keep_the_words_between_them() -> None:
    page = (
        "<body><h2>Trường TH A</h2><p>Lớp: <b>5A</b></p>"
        + table("<td>Họ tên<td>Ngày sinh", "<td>Mai<td>02/03/2016")
        + "<div>Lớp: 5B</div>"
        + table("<td>Họ tên<td>Ngày sinh", "<td>Lan<td>03/03/2016")
        + "<p>Người lập</p></body>"
    )
    assert rows_of(page) == [
        *(["Trường TH A"], ["Lớp: 5A"], ["Họ tên", "Ngày sinh"], ["Mai", "02/03/2016"]),
        *(["Lớp: 5B"], ["Họ tên", "Ngày sinh"], ["Lan", "03/03/2016"], ["Người lập"]),
    ]


def test_a_menu_does_not_push_the_heading_down() -> None:
    menu = "".join(f"<li>Mục {n}</li>" for n in range(200))
    read = rows_of(f"<ul>{menu}</ul>{table('<td>Họ tên<td>Lớp')}")
    assert read[-1] == ["Họ tên", "Lớp"]
    assert len(read) < 20


def test_a_list_inside_a_layout_is_a_list() -> None:
    inner = table("<td>Họ tên<td>Lớp<td>Số", "<td>Mai<td>5A<td>1", "<td>Lan<td>5A<td>2")
    page = table("<td>Trường TH A", f"<td>menu<td>{inner}", "<td>hết")
    assert rows_of(page) == [
        *(["Trường TH A"], ["menu"]),
        *(["Họ tên", "Lớp", "Số"], ["Mai", "5A", "1"], ["Lan", "5A", "2"]),
        ["hết"],
    ]


def test_a_small_table_inside_a_cell_is_its_text() -> None:
    address = table("<td>Xã<td>Mỹ An", "<td>Huyện<td>Thủ Thừa")
    page = table("<td>STT<td>Họ tên<td>Nơi ở<td>Lớp", f"<td>1<td>Mai<td>{address}<td>5A")
    assert rows_of(page)[1] == ["1", "Mai", "Xã Mỹ An\nHuyện Thủ Thừa", "5A"]


@pytest.mark.parametrize(
    ("row", "cell"),
    [("role=row", "role=gridcell"), ('style="display:table-row"', "style='display: table-cell;'")],
)
def test_a_table_made_of_divs(row: str, cell: str) -> None:
    def line(*words: str) -> str:
        return (
            f"<div {row}>{''.join(f'<div {cell}><div>{word}</div></div>' for word in words)}</div>"
        )

    page = f"<div role=grid>{line('Họ tên', 'Lớp')}{line('Mai', '5A')}</div>"
    assert rows_of(page) == [["Họ tên", "Lớp"], ["Mai", "5A"]]


def test_hidden_rows_are_told_and_hidden_words_are_not_read() -> None:
    page = (
        "<style>.off {display:none}</style>"
        + "<table><tr><td>Họ tên<td>Ngày sinh</tr>"
        + "<tr style='display:none'><td>Mai<td>02/03/2016</tr>"
        + "<tr><td>Lan<td><span class=off>20160303</span>03/03/2016</tr></table>"
        + "<div hidden><table><tr><td>Na<td>04/03/2016</table></div>"
    )
    sheet = sheet_of(page)
    assert texts(sheet)[1:] == [["Mai", "02/03/2016"], ["Lan", "03/03/2016"], ["Na", "04/03/2016"]]
    assert sheet.hidden_rows == {2, 4}


def test_scripts_styles_and_comments_are_not_read() -> None:
    page = (
        "<title>x</title><script>document.write('<table><tr><td>Giả</td></tr></table>')</script>"
        + "<!-- <table><tr><td>Cũ</table> --><style>td {content:'<td>x'}</style>"
        + "<![if !x]><table><tr><td onclick='alert(1)'>Mai<img src=x onerror=y></table><![endif]>"
    )
    assert rows_of(page) == [["Mai"]]


# --- what Excel writes about its cells


EXCEL = (
    '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><!--[if gte mso 9]><xml>'
    "<x:ExcelWorkbook><x:ExcelWorksheets><x:ExcelWorksheet><x:Name>Lớp 5A</x:Name>"
    "</x:ExcelWorksheet></x:ExcelWorksheets></x:ExcelWorkbook></xml><![endif]--><style><!--\n"
    'td {mso-number-format:General;} .xl65 {mso-style-parent:style0; mso-number-format:"\\@";}\n'
    '.xl66 {mso-number-format:"Short Date";} .xl67 {mso-number-format:"000\\\\ 000\\\\ 000";}\n'
    "--></style></head>"
)


def test_a_page_of_excel_with_its_values_and_formats() -> None:
    page = EXCEL + table(
        "<td x:num='100316000101'>1.00316E+11<td class=xl65>0100<td class=xl66 x:num='42453'>3/24/16",
        "<td class=xl67 x:num>80312012<td x:str='  Mai '>Mai<td x:err='#N/A'>#N/A<td x:num>1,5x",
        "<td x:bool='FALSE'>SAI<td x:bool>TRUE",
    )
    sheet = sheet_of(page)
    assert sheet.name == "Lớp 5A"
    assert sheet.rows == [
        (Cell("100316000101", "number"), Cell("0100", "text"), Cell("24/03/2016", "date")),
        (
            *(Cell("080 312 012", "number"), Cell("Mai", "text"), Cell("#N/A", "error")),
            Cell("1,5x", "text"),
        ),
        (Cell("FALSE", "bool"), Cell("TRUE", "bool")),
    ]


def test_days_of_the_1904_system_on_a_page() -> None:
    page = EXCEL.replace("<x:ExcelWorksheets>", "<x:Date1904/><x:ExcelWorksheets>")
    assert rows_of(page + table("<td class=xl66 x:num='40991'>x")) == [["24/03/2016"]]


# --- archives


def archive(*parts: tuple[str, str, str]) -> bytes:
    """Parts as location, encoding of the transfer, page."""
    lines = ["MIME-Version: 1.0", "X-Document-Type: Workbook"]
    lines += ['Content-Type: multipart/related; boundary="----=_x"', ""]
    for location, transfer, page in parts:
        lines += ["------=_x", f"Content-Location: file:///C:/1/{location}"]
        lines += [f"Content-Transfer-Encoding: {transfer}"]
        lines += ['Content-Type: text/html; charset="utf-8"', ""]
        if transfer == "base64":
            lines += [base64.encodebytes(page.encode()).decode()]
        else:
            lines += [quopri.encodestring(page.encode()).decode()]
    return "\r\n".join([*lines, "------=_x--", ""]).encode()


def test_an_archive_of_one_sheet() -> None:
    page = EXCEL + table("<td>Họ tên<td>Lớp", "<td>Lý Thị Mai<td>5A") + "</html>"
    for transfer in ("quoted-printable", "base64"):
        sheet = sheet_of(archive(("Book1.htm", transfer, page)))
        assert (sheet.name, texts(sheet)[1]) == ("Lớp 5A", ["Lý Thị Mai", "5A"])


def test_an_archive_of_several_sheets_keeps_their_names() -> None:
    frame = (
        "<html><xml><x:ExcelWorksheet><x:Name>Lớp 5A</x:Name>"
        '<x:WorksheetSource HRef="Book1_files/sheet001.htm"/></x:ExcelWorksheet><x:ExcelWorksheet>'
        '<x:Name>Lớp 5B</x:Name><x:WorksheetSource HRef="Book1_files/sheet002.htm"/></xml>'
        "<frameset></frameset></html>"
    )
    data = archive(
        ("Book1.htm", "quoted-printable", frame),
        ("Book1_files/sheet001.htm", "base64", table("<td>Mai")),
        ("Book1_files/tabstrip.htm", "base64", table("<td>Lớp 5A<td>Lớp 5B")),
        ("Book1_files/sheet002.htm", "base64", table("<td>Lan")),
    )
    sheets = read_bytes(data, file_name="a.mht")
    assert [(sheet.name, texts(sheet)) for sheet in sheets] == [
        ("Lớp 5A", [["Mai"]]),
        ("Lớp 5B", [["Lan"]]),
    ]


# --- pages that are no list


@pytest.mark.parametrize(
    "page",
    [
        "<html><body><h1>Phiên đăng nhập đã hết</h1></body></html>",
        '<?xml version="1.0"?><DSHS><HS ten="Mai"/></DSHS>',
        '\ufeff<?xml version="1.0"?><Workbook/>',
        "<!DOCTYPE html><div>Không có quyền</div>",
        '<html><script>x="<table><tr><td>"</script></html>',
    ],
)
def test_a_page_without_a_table_keeps_its_sentence(page: str) -> None:
    assert refusal_of(page) == "web_page"
    assert refusal_of(archive(("a.htm", "base64", page))) == "web_page"


@pytest.mark.parametrize(
    "end", ["", "</td>", "</td></tr>", "</td></tr><tr><td>La", "</td></tr><tr"]
)
def test_a_page_that_ends_inside_its_table_came_down_in_part(end: str) -> None:
    assert refusal_of(f"<html><body><table><tr><td>Họ tên</td></tr><tr><td>Mai{end}") == "broken"


def test_a_table_that_nobody_closed_on_a_whole_page_is_read() -> None:
    assert rows_of("<html><body><table><tr><td>Họ tên<tr><td>Mai</body></html>") == [
        ["Họ tên"],
        ["Mai"],
    ]


def test_a_csv_that_speaks_of_tags_stays_a_csv() -> None:
    assert kind_of(b"<STT>,Ten\n1,Mai\n", file_name="a.csv") == "csv"


ANY_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(ANY_TEXT, min_size=1, max_size=4), min_size=1, max_size=5))
def test_any_texts_come_back_from_a_page(rows: list[list[str]]) -> None:
    page = table(*("".join(f"<td>{html.escape(text)}</td>" for text in row) for row in rows))
    read = texts(read_web_page(page.encode())[0])
    wanted = [[" ".join(text.split(" ")).strip() for text in row] for row in rows]
    wanted = [[" ".join(filter(None, text.split(" "))) for text in row] for row in wanted]
    longest = max((number for number, row in enumerate(wanted, 1) if any(row)), default=0)
    assert [row + [""] * (4 - len(row)) for row in read] == [
        row + [""] * (4 - len(row)) for row in wanted[:longest]
    ]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *("<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<td rowspan=3>", "Mai"),
                *("<td colspan=2>", "<div>", "</div>", "<div role=row>", "<s>", "</s>", "<p>", "&"),
                *("<!--", "-->", "<", "<td '", '"', ">", "<style>", "</style>", "<br>", "<body>"),
            ]
        ),
        max_size=30,
    )
)
def test_any_order_of_tags_is_read_or_refused(markup: list[str]) -> None:
    try:
        assert len(read_web_page("".join(["<table><tr><td>A", *markup, "</html>"]).encode())) == 1
    except WorkbookRefused as refused:
        assert refused.code in ("web_page", "broken")
