"""The sheet of instructions in an exported workbook, in the words of a school office."""

from idapp.workbook import Letter

NAME = "Hướng dẫn"
_OWN = (
    "# Cách điền tệp này",
    "1. Sửa thẳng vào các ô của sheet “Danh sách”, lưu lại, rồi vào mục Nhập tệp của hệ thống "
    "và gửi tệp lên. "
    "Hệ thống cho xem trước từng thay đổi; chưa bấm lưu thì chưa có gì thay đổi.",
    "2. Thêm người mới: điền vào dòng trống ngay dưới danh sách. "
    "Dòng trống đã có sẵn định dạng chữ và danh sách chọn.",
    "3. Không cần xóa dòng của người không sửa: dòng không có gì thay đổi được bỏ qua.",
)
_FORM = (
    "# Cách điền mẫu 4.1.6",
    "1. Thứ tự cột và các sheet danh mục đúng như mẫu của Bộ. "
    "Học sinh được nhận diện bằng Mã định danh Bộ GD&ĐT; cột Họ tên ở cuối chỉ để đọc cho dễ.",
    "2. Các cột Giới tính, Dân tộc, Quốc tịch, {columns} "
    "chỉ nhận giá trị có trong sheet danh mục cùng tên.",
    "3. Điền xong, gửi tệp này lên mục Nhập tệp của hệ thống để cập nhật hồ sơ của trường.",
)
_BOTH = (
    "# Từng cột",
    "Số định danh: đủ 12 chữ số. Cột này ở dạng chữ để giữ số 0 đầu. "
    "Khi dán từ nơi khác, hãy chọn “Chỉ dán giá trị” (Paste Special > Values) "
    "để không mất định dạng.",
    "Ngày sinh: ngày/tháng/năm, ví dụ 25/05/2010. Nếu chỉ biết năm thì ghi riêng năm.",
    "Nơi thường trú: chọn Tỉnh trước, rồi {places}; danh sách của ô sau theo ô trước.",
    "Họ tên: ghi như trong giấy khai sinh, có dấu, không viết tắt.",
    "# Những điều nên biết",
    "Ô để trống không xóa dữ liệu đang có. Muốn xóa một ô, hãy gõ chữ xóa vào ô ấy{erase}.",
    "Nếu trong lúc tệp ở ngoài mà có người sửa cùng ô ấy trong hệ thống, "
    "hệ thống sẽ hỏi lấy giá trị nào.",
    "Các cột ẩn và sheet ẩn giúp hệ thống nhận lại đúng hồ sơ: xin đừng xóa. {sort}",
    "Tệp có dữ liệu cá nhân của học sinh và cán bộ: chỉ giữ trên máy của trường, "
    "gửi xong nên xóa các bản thừa.",
)
_STAFF = (
    "Vị trí việc làm: chọn trong danh sách. Số CMND 9 số cần được thay bằng số định danh 12 số.",
)


def guide_of(kind: str, epoch: str, *, is_form: bool) -> Letter:
    """The sheet for a workbook of ``student`` or ``staff`` records, in our own shape or in the ministry's form."""
    words = {
        "erase": "; Excel hỏi lại thì chọn Yes",
        "sort": "Có thể sắp xếp, lọc, đổi cột.",
        "places": "Huyện, rồi Xã",
        "columns": "Tỉnh, Huyện, Xã",
    }
    shape = _OWN
    if is_form:
        shape = _FORM
        # where the list is strict, Excel takes no other word
        words["erase"] = " (ở cột không có danh sách chọn)"
        words["sort"] = "Mẫu này khóa cột Họ tên nên lọc được mà không sắp xếp được."
    if epoch == "2level":
        words["places"] = "Xã"
        words["columns"] = "Tỉnh, Xã"
    columns = list(_BOTH[:4])
    if kind == "staff":
        columns += _STAFF
    lines = [*shape, *columns, *_BOTH[4:]]
    return Letter(NAME, [line.format(**words) for line in lines])
