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
    announced = f' SoCongDan="{len(persons)}" GhiChu="" id="00000000-0000-4000-8000-000000000001"'
    attributes = announced if shape == "announced" else ""
    records = "".join(_record(person, shape) for person in persons)
    space = ' xmlns:ns1="http://www.mic.gov.vn/dancu/1.0"'
    return _enveloped(
        f"<ns1:CongdanCollection{space}{attributes}>{records}</ns1:CongdanCollection>", shape
    )


def yes_no_answer(yes: bool, shape: str) -> str:
    """Operation 003, in one of its three forms."""
    if shape == "json":
        return '{"data":"true"}' if yes else '{"data":"false"}'
    space = ' xmlns:dan="http://dancuquocgia.bca"'
    if shape == "counted":
        count = f"<dan:SoLuongCongDan>{int(yes)}</dan:SoLuongCongDan>"
        outer = "XacThucThongTinCongDanResponse"
    else:
        count, outer = f"<dan:TonTai>{'true' if yes else 'false'}</dan:TonTai>", "KetQuaXacThuc"
    return _enveloped(f"<dan:{outer}{space}>{count}</dan:{outer}>", shape)


def fault_answer(code: str, text: str) -> str:
    """SOAP 1.1; no real fault is public."""
    fault = f"<faultcode>soapenv:{code}</faultcode><faultstring>{escape(text)}</faultstring>"
    return _enveloped(f"<soapenv:Fault>{fault}</soapenv:Fault>", "")


def _enveloped(content: str, shape: str) -> str:
    text = (
        f'{_HEAD}<soapenv:Envelope xmlns:soapenv="{_SOAP}"><soapenv:Header xmlns:dan="http://dancuquocgia.bca"/>'
        f'<soapenv:Body xmlns:dan="http://dancuquocgia.bca">{content}</soapenv:Body></soapenv:Envelope>'
    )
    if shape == "other_prefix":
        text = (
            text.replace("soapenv:", "S:")
            .replace(":soapenv=", ":S=")
            .replace("ns1:", "a:")
            .replace(":ns1=", ":a=")
        )
        text = text.replace("dan:", "q:").replace(":dan=", ":q=")
    text = unicodedata.normalize("NFD", text) if shape == "decomposed" else text
    return "\ufeff" + text if shape == "byte_order_mark" else text


def _record(person: Citizen, shape: str) -> str:
    if shape == "sex_0":
        person = replace(person, sex=0)
    if shape == "year_only":
        person = replace(person, born=person.born[:4])
    if shape == "empty_district":
        person = replace(person, district="")
    day = person.born.replace("-", "") if len(person.born) > 4 else ""
    birth = _of("Nam", person.born[:4]) + _of("NgayThangNam", day)
    coded = (
        ("DanToc", person.ethnic_group),
        ("TonGiao", "00"),
        ("TinhTrangHonNhan", "1"),
        ("NhomMau", "00"),
    )
    places = "".join(_place(name, person) for name in ("QueQuan", "ThuongTru", "NoiOHienTai"))
    return (
        "<ns1:CongDan>"
        + _of("SoDinhDanh", person.number)
        + _of("SoCMND", "")
        + _name(person.full_name.upper(), split=shape == "split_name")
        + _of("GioiTinh", str(person.sex))
        + "".join(_of(name, value) for name, value in coded)
        + f"<ns1:NgayThangNamSinh>{birth}</ns1:NgayThangNamSinh>"
        + _place("NoiDangKyKhaiSinh", person)
        + _of("QuocTich", "VN")
        + places
        + _relatives(person, nested=shape == "nested_relatives")
        + _of("SoSoHoKhau", "")
        + "</ns1:CongDan>"
    )


def _name(full_name: str, *, split: bool) -> str:
    words = full_name.split()
    parts = ("", "", full_name)
    if split and len(words) > 1:
        parts = (words[0], " ".join(words[1:-1]), words[-1])
    inside = "".join(
        _of(name, value) for name, value in zip(("Ho", "ChuDem", "Ten"), parts, strict=True)
    )
    return f"<ns1:HoVaTen>{inside}</ns1:HoVaTen>"


def _place(name: str, person: Citizen) -> str:
    values = (person.province, person.district, person.commune, person.address, "VN")
    names = ("MaTinhThanh", "MaQuanHuyen", "MaPhuongXa", "ChiTiet", "QuocGia")
    return (
        f"<ns1:{name}>{''.join(_of(n, v) for n, v in zip(names, values, strict=True))}</ns1:{name}>"
    )


def _relatives(person: Citizen, *, nested: bool) -> str:
    text = ""
    for relation, name in (
        ("Cha", person.father),
        ("Me", person.mother),
        ("VoChong", ""),
        ("NguoiDaiDien", ""),
    ):
        named = _name(name.upper(), split=True) if nested else _of("HoVaTen", name.upper())
        number = _of("SoDinhDanh", "100084900003" if name else "")
        rest = _of("QuocTich", "VN" if name else "") + number + _of("SoCMND", "")
        text += f"<ns1:{relation}>{named}{rest}</ns1:{relation}>"
    return text


def _of(name: str, value: str) -> str:
    return f"<ns1:{name}>{escape(value)}</ns1:{name}>" if value else f"<ns1:{name}/>"
