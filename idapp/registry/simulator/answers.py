"""The good answers of the register, in every shape clients have seen. Names, order and empty elements as observed."""

import unicodedata
from dataclasses import replace
from html import escape

from idapp.registry.simulator.people import Citizen

SHAPES = {
    "other_prefix",
    "nested_relatives",
    "plain_relatives",
    "split_name",
    "joined_name",
    "empty_district",
    "year_only",
    "sex_0",
    "announced",  # SoCongDan and other attributes on the collection
    "decomposed",  # NFD text
    "byte_order_mark",
    "empty_body",  # no match without the collection
    "counted",  # 003 as SoLuongCongDan
    "json",  # 003 as {"data": "true"}
}
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def record_answer(persons: list[Citizen], shape: str) -> str:
    """Operation 037: the collection with these persons, or one of the two forms of nobody."""
    if not persons and shape == "empty_body":
        return _enveloped("", shape)
    attributes = ' xmlns:ns1="http://www.mic.gov.vn/dancu/1.0"'
    if shape == "announced":
        attributes += f' SoCongDan="{len(persons)}" GhiChu=""'
        attributes += ' id="00000000-0000-4000-8000-000000000001"'
    records = "".join(_record(person, shape) for person in persons)
    collection = f"<ns1:CongdanCollection{attributes}>{records}</ns1:CongdanCollection>"
    return _enveloped(collection, shape)


def yes_no_answer(yes: bool, shape: str) -> str:
    """Operation 003, in one of its three forms."""
    word = str(yes).lower()
    if shape == "json":
        return f'{{"data":"{word}"}}'
    if shape == "counted":
        content = f"<dan:SoLuongCongDan>{int(yes)}</dan:SoLuongCongDan>"
        outer = "XacThucThongTinCongDanResponse"
    else:
        content = f"<dan:TonTai>{word}</dan:TonTai>"
        outer = "KetQuaXacThuc"
    space = ' xmlns:dan="http://dancuquocgia.bca"'
    return _enveloped(f"<dan:{outer}{space}>{content}</dan:{outer}>", shape)


def fault_answer(code: str, text: str) -> str:
    """SOAP 1.1; no real fault is public."""
    fault = f"<faultcode>soapenv:{code}</faultcode><faultstring>{escape(text)}</faultstring>"
    return _enveloped(f"<soapenv:Fault>{fault}</soapenv:Fault>", "")


def _enveloped(content: str, shape: str) -> str:
    space = ' xmlns:dan="http://dancuquocgia.bca"'
    text = (
        f'{_HEAD}<soapenv:Envelope xmlns:soapenv="{_SOAP}"><soapenv:Header{space}/>'
        f"<soapenv:Body{space}>{content}</soapenv:Body></soapenv:Envelope>"
    )
    if shape == "other_prefix":
        for prefix, other in {"soapenv": "S", "ns1": "a", "dan": "q"}.items():
            text = text.replace(f"{prefix}:", f"{other}:").replace(f":{prefix}=", f":{other}=")
    if shape == "decomposed":
        return unicodedata.normalize("NFD", text)
    if shape == "byte_order_mark":
        return "\ufeff" + text
    return text


def _record(person: Citizen, shape: str) -> str:
    if shape == "sex_0":
        person = replace(person, sex=0)
    if shape == "year_only":
        person = replace(person, born=person.born[:4])
    if shape == "empty_district":
        person = replace(person, district="")
    parts = [  # in the order of the register
        _of("SoDinhDanh", person.number),
        _of("SoCMND", ""),
        _name(person.full_name.upper(), split=shape == "split_name"),
        _of("GioiTinh", str(person.sex)),
        _of("DanToc", person.ethnic_group),
        _of("TonGiao", "00"),
        _of("TinhTrangHonNhan", "1"),
        _of("NhomMau", "00"),
        _birth(person),
        _place("NoiDangKyKhaiSinh", person),
        _of("QuocTich", "VN"),
        _place("QueQuan", person),
        _place("ThuongTru", person),
        _place("NoiOHienTai", person),
        _relatives(person, nested=shape == "nested_relatives"),
        _of("SoSoHoKhau", ""),
    ]
    return f"<ns1:CongDan>{''.join(parts)}</ns1:CongDan>"


def _birth(person: Citizen) -> str:
    day = ""
    if len(person.born) > 4:  # more than the year is known
        day = person.born.replace("-", "")
    content = _of("Nam", person.born[:4]) + _of("NgayThangNam", day)
    return f"<ns1:NgayThangNamSinh>{content}</ns1:NgayThangNamSinh>"


def _name(full_name: str, *, split: bool) -> str:
    words = full_name.split()
    parts = ("", "", full_name)
    if split and len(words) > 1:
        parts = (words[0], " ".join(words[1:-1]), words[-1])
    family, middle, given = parts
    content = _of("Ho", family) + _of("ChuDem", middle) + _of("Ten", given)
    return f"<ns1:HoVaTen>{content}</ns1:HoVaTen>"


def _place(name: str, person: Citizen) -> str:
    parts = [
        _of("MaTinhThanh", person.province),
        _of("MaQuanHuyen", person.district),
        _of("MaPhuongXa", person.commune),
        _of("ChiTiet", person.address),
        _of("QuocGia", "VN"),
    ]
    return f"<ns1:{name}>{''.join(parts)}</ns1:{name}>"


def _relatives(person: Citizen, *, nested: bool) -> str:
    names = {"Cha": person.father, "Me": person.mother, "VoChong": "", "NguoiDaiDien": ""}
    return "".join(_relative(role, name, nested=nested) for role, name in names.items())


def _relative(role: str, name: str, *, nested: bool) -> str:
    nationality = number = ""
    if name:
        nationality = "VN"
        number = "100084900003"
    written = _of("HoVaTen", name.upper())
    if nested:
        written = _name(name.upper(), split=True)
    parts = [
        written,
        _of("QuocTich", nationality),
        _of("SoDinhDanh", number),
        _of("SoCMND", ""),
    ]
    return f"<ns1:{role}>{''.join(parts)}</ns1:{role}>"


def _of(name: str, value: str) -> str:
    if not value:
        return f"<ns1:{name}/>"
    return f"<ns1:{name}>{escape(value)}</ns1:{name}>"
