"""Why a backup was not made, or not put in place."""

import errno
from pathlib import Path


class BackupRefused(Exception):
    """Nothing was changed. The message is a Vietnamese sentence: why, and what to do."""


def words_of(error: OSError, folder: Path) -> str:
    """What a fault of a disk means, and what to do.

    >>> words_of(OSError(28, ""), Path("/media/usb"))
    'Ổ đĩa của thư mục /media/usb đã đầy. Hãy xóa bớt tệp khác hoặc chọn ổ đĩa rộng hơn.'
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"Ổ đĩa của thư mục {folder} đã đầy. Hãy xóa bớt tệp khác hoặc chọn ổ đĩa rộng hơn."
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO):
        return f"Không thấy thư mục {folder}. Nếu ở ổ USB, hãy cắm lại ổ rồi sao lưu lại."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"Phần mềm không có quyền lưu tệp vào thư mục {folder}. Hãy chọn thư mục khác, hoặc "
            "cấp quyền cho tài khoản đang chạy phần mềm."
        )
    return (
        f"Không lưu được tệp vào thư mục {folder} ({error.strerror}). Ổ đĩa có thể bị hỏng hoặc "
        "vừa bị rút ra: hãy kiểm tra rồi sao lưu lại."
    )
