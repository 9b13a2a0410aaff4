"""Which guide belongs to which page of the program. A test walks all pages; none is without one."""

GUIDE_OF_PAGE = {
    "accounts.login": "dang-nhap",
    "accounts.password": "dang-nhap",
    "own_account.show": "tai-khoan-cua-toi",
    "second_step.ask": "dang-nhap",
    "second_step.show": "tai-khoan-cua-toi",
    "audit.history": "hoan-tac",
    "backups.show": "sao-luu",
    "card_photos.show": "anh-the",
    "card_photos.show_one": "anh-the",
    "exports.public_list": "xuat-tep",
    "doubles.compare": "ho-so-trung",
    "doubles.duplicates": "ho-so-trung",
    "imports.new": "nhap-tep",
    "imports.show": "trang-kiem-tra",
    "ministry_entry.show": "nhap-vao-csdl-nganh",
    "notices.index": "giay-to",
    "notices.list_explanations": "giai-trinh",
    "notices.list_visits": "cong-an",
    "notices.police": "csdl-ghi-sai",
    "notices.police_letter": "csdl-ghi-sai",
    "notices.print_check_sheets": "phieu-gia-dinh",
    "notices.print_slips": "phieu-gia-dinh",
    "notices.print_explanations": "giai-trinh",
    "notices.show": "doi-chieu",
    "notices.show_visit": "cong-an",
    "people.class_moves": "chuyen-lop",
    "people.class_table": "bang-lop",
    "people.classes": "lop",
    "people.home": "bang-lop",
    "people.show_codes": "nhap-tep",
    "people.person": "ho-so",
    "people.person_history": "hoan-tac",
    "people.search": "tim-nguoi",
    "people.rechecked": "cap-nhat",
    "people.owing_papers": "chuyen-lop",
    "people.person_papers": "chuyen-lop",
    "people.staff": "bang-lop",
    "place_sets.show": "danh-muc-dia-chi",
    "places.settings": "danh-muc-dia-chi",
    "privacy.about_person": "du-lieu-ca-nhan",
    "privacy.show": "du-lieu-ca-nhan",
    "privacy.show_retention": "du-lieu-ca-nhan",
    "progress.all_schools": "co-quan-quan-ly",
    "progress.board": "tien-do",
    "progress.one_school": "co-quan-quan-ly",
    "progress.people_behind": "tien-do",
    "progress.printed": "tien-do",
    "registry.settings": "cach-gui",
    "registry.simulator": "dot-theo-doi",
    "school.classes_form": "lop",
    "school.settings": "cai-dat",
    "school.show_milestones": "cai-dat",
    "school.show_accounts": "tai-khoan",
    "school.from_staff": "tai-khoan",
    "school.sheet": "tai-khoan",
    "school_years.plan_class": "nam-hoc-moi",
    "school_years.settings": "nam-hoc-moi",
    "site.settings": "dia-chi-trang",
    "setup.campaign": "thiet-lap",
    "setup.office": "thiet-lap",
    "setup.principal": "thiet-lap",
    "setup.restore": "sao-luu",
    "setup.school": "thiet-lap",
    "setup.start": "thiet-lap",
    "verification.batches": "dot-chuan-bi",
    "verification.excluded": "dot-chuan-bi",
    "verification.new": "dot-chuan-bi",
    "verification.printed_minutes": "dot-theo-doi",
    "verification.show": "dot-theo-doi",
}
# Where another role does something else on the same page.
GUIDE_OF_ROLE = {
    ("people.classes", "teacher"): "bang-lop",
    ("people.class_table", "reviewer"): "co-quan-quan-ly",
    ("people.classes", "reviewer"): "co-quan-quan-ly",
    ("people.home", "reviewer"): "co-quan-quan-ly",
    ("people.person", "reviewer"): "co-quan-quan-ly",
    ("people.staff", "reviewer"): "co-quan-quan-ly",
    ("progress.board", "reviewer"): "co-quan-quan-ly",
}
# An answer to a form that was refused shows the page again, under the address of the form.
GUIDE_OF_SUBJECT = {
    "backups": "sao-luu",
    "card_photos": "anh-the",
    "doubles": "ho-so-trung",
    "imports": "nhap-tep",
    "notices": "giay-to",
    "own_account": "tai-khoan-cua-toi",
    "second_step": "tai-khoan-cua-toi",
    "people": "ho-so",
    "privacy": "du-lieu-ca-nhan",
    "registry": "cach-gui",
    "school": "cai-dat",
    "school_years": "nam-hoc-moi",
    "setup": "thiet-lap",
    "site": "dia-chi-trang",
    "verification": "dot-theo-doi",
}


def guide_of(endpoint: str | None, role: str) -> str:
    """The name of the guide for somebody of this role; "" where there is none. role: "" for nobody.

    >>> guide_of("imports.new", "clerk"), guide_of("imports.create", "clerk"), guide_of(None, "")
    ('nhap-tep', 'nhap-tep', '')
    """
    name = endpoint or ""
    subject = name.partition(".")[0]
    of_page = GUIDE_OF_PAGE.get(name, GUIDE_OF_SUBJECT.get(subject, ""))
    return GUIDE_OF_ROLE.get((name, role), of_page)
