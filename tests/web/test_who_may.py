"""Who may enter which page: the whole matrix. Lan teaches 5A, Minh 5B; 404 where a thing is not theirs.

A route that stands in neither table fails ``test_every_route_is_in_the_matrix``.
"""

import io
from collections.abc import Callable
from datetime import date
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from idapp import imports, scans, verification
from idapp.models import CardPhoto, HeadingMeaning, RegisterError, User
from idapp.notices import explanations, papers, visits
from idapp.settings import Settings
from tests.cast import Cast
from tests.test_imports import book, newcomer

pytestmark = pytest.mark.usefixtures("few_places")

# nobody, own teacher, other teacher, clerk, principal, reviewer
ROLES = ("nobody", "lan", "minh", "thu", "hoa", "phong")
SEE = {  # path: what each of ROLES gets; 302 for nobody is the way to the login page
    "/": (302, 302, 302, 302, 302, 302),
    "/classes": (302, 200, 200, 200, 200, 200),
    "/classes/{c5a}": (302, 200, 404, 200, 200, 200),
    "/classes/{c5a}/moves": (302, 403, 403, 200, 200, 403),
    "/people/{an}/papers": (302, 200, 404, 200, 200, 403),
    "/people/rechecked": (302, 403, 403, 200, 200, 403),
    "/people/owing": (302, 200, 200, 200, 200, 403),
    "/classes/by-name/5A": (302, 302, 404, 302, 302, 302),
    "/classes/{c5a}/photos": (302, 200, 404, 200, 200, 403),
    "/classes/{c5a}/photos/progress": (302, 303, 404, 303, 303, 403),
    "/people/{an}/photos/{photo}": (302, 200, 404, 404, 404, 403),  # sent by Lan, seen by her only
    "/card-photos/{photo}/whole": (302, 200, 404, 404, 404, 403),
    "/staff": (302, 403, 403, 200, 200, 200),
    "/people/codes": (302, 200, 200, 200, 200, 403),
    "/people/{an}": (302, 200, 404, 200, 200, 200),
    "/people/{an}/history": (302, 200, 404, 200, 200, 200),  # masked
    "/people/{giang}": (302, 404, 404, 200, 200, 200),
    "/people/duplicates": (302, 403, 403, 200, 200, 403),
    "/people/duplicates/count": (302, 403, 403, 200, 200, 403),
    "/people/{an}/merge/{binh}": (302, 403, 403, 200, 200, 403),
    "/classes/{c5a}/changes?after=999999": (302, 204, 404, 204, 204, 204),
    "/staff/changes?after=999999": (302, 403, 403, 204, 204, 204),
    "/people/{an}/cells/address/history": (302, 200, 404, 200, 200, 200),  # masked
    "/places?field=commune&q=my": (302, 200, 200, 200, 200, 200),  # the catalogue, of no school
    "/search?q=an": (302, 200, 200, 200, 200, 200),  # each within the own people
    "/imports/new": (302, 200, 200, 200, 200, 403),
    "/imports/{upload}": (302, 200, 404, 200, 200, 403),
    "/imports/{upload}/progress": (302, 303, 404, 303, 303, 403),
    "/imports/{upload}/errors.xlsx": (302, 200, 404, 200, 200, 403),
    "/exports/classes/{c5a}.xlsx": (302, 200, 404, 200, 200, 403),
    "/exports/classes/{c5a}/public": (302, 200, 404, 200, 200, 403),
    "/exports/classes/{c5a}/public.docx": (302, 200, 404, 200, 200, 403),
    "/exports/school.xlsx": (302, 403, 403, 200, 200, 403),
    "/exports/staff.xlsx": (302, 403, 403, 200, 200, 403),
    "/exports/changes": (302, 200, 200, 200, 200, 403),
    "/exports/changes/count?class={c5a}": (302, 200, 404, 200, 200, 403),
    "/exports/changes/school-count": (302, 403, 403, 200, 200, 403),
    "/exports/changes.xlsx": (302, 200, 200, 200, 200, 403),
    "/exports/changes?class={c5a}": (302, 200, 404, 200, 200, 403),
    "/batches": (302, 200, 200, 200, 200, 200),
    "/batches/new": (302, 403, 403, 200, 200, 403),
    "/batches/{batch}": (302, 200, 200, 200, 200, 200),
    "/batches/{batch}/progress": (302, 302, 302, 302, 302, 302),  # pieces of the page before
    "/batches/{batch}/problems": (302, 302, 302, 302, 302, 302),
    "/batches/new/excluded?scope=school&reason=incomplete": (302, 403, 403, 200, 200, 403),
    "/batches/{batch}/minutes": (302, 403, 403, 200, 200, 403),
    "/batches/{batch}/minutes.docx": (302, 403, 403, 200, 200, 403),
    "/batches/{batch}/minutes.xlsx": (302, 403, 403, 200, 200, 403),
    "/batches/{batch}/request.xlsx": (302, 403, 403, 404, 404, 403),  # not a batch of the file way
    "/notices": (302, 200, 200, 200, 200, 403),
    "/notices/{binh}": (302, 200, 404, 200, 200, 403),
    "/notices/{binh}/scans/{scan}/0": (302, 200, 404, 200, 200, 403),
    "/notices/slips?class={c5a}": (302, 200, 404, 200, 200, 403),
    "/notices/slips?person={binh}": (302, 200, 404, 200, 200, 403),
    "/notices/slips?staff=1": (302, 404, 404, 200, 200, 403),
    "/notices/slips?all=1": (302, 200, 200, 200, 200, 403),  # each within the own classes
    "/notices/check-sheets": (302, 200, 200, 200, 200, 403),
    "/notices/check-sheets?class={c5a}": (302, 200, 404, 200, 200, 403),
    "/notices/check-sheets?person={giang}": (302, 404, 404, 200, 200, 403),
    "/notices/check-sheets?staff=1": (302, 404, 404, 200, 200, 403),
    "/notices/visits": (302, 200, 200, 200, 200, 403),
    "/notices/visits/{visit}": (302, 200, 200, 200, 200, 403),
    "/notices/police": (302, 200, 200, 200, 200, 403),  # each the own pupils
    "/notices/police/{commune}": (302, 403, 403, 200, 200, 403),
    "/notices/police/{commune}.docx": (302, 403, 403, 200, 200, 403),
    "/explanations": (302, 200, 200, 200, 200, 200),
    "/explanations/list": (302, 200, 200, 200, 200, 200),  # each their own; no number
    "/explanations/list.docx": (302, 200, 200, 200, 200, 200),
    "/progress": (302, 200, 200, 200, 200, 200),
    "/progress.json": (302, 200, 200, 200, 200, 200),
    "/progress.xlsx": (302, 200, 200, 200, 200, 200),
    "/progress/people?column=left": (302, 200, 200, 200, 200, 200),
    "/progress/people?column=left&class={c5a}": (302, 200, 404, 200, 200, 200),
    "/progress/people?column=secret": (302, 404, 404, 404, 404, 404),
    "/progress/report": (302, 200, 200, 200, 200, 200),
    "/progress/report.docx": (302, 200, 200, 200, 200, 200),
    "/progress/schools": (302, 403, 403, 403, 200, 200),
    "/progress/schools/1": (302, 403, 403, 403, 404, 404),
    "/history": (302, 403, 403, 200, 200, 403),
    "/settings": (302, 403, 403, 200, 200, 403),
    "/settings/accounts": (302, 403, 403, 200, 200, 403),
    "/settings/accounts/from-staff": (302, 403, 403, 200, 200, 403),
    "/settings/accounts/sheet": (302, 403, 403, 200, 200, 403),
    "/settings/classes": (302, 403, 403, 200, 200, 403),
    "/settings/milestones": (302, 403, 403, 200, 200, 403),
    "/settings/places": (302, 403, 403, 403, 200, 403),
    "/settings/places/progress": (302, 403, 403, 403, 404, 403),  # nothing is under way
    "/settings/places/lists": (302, 403, 403, 200, 200, 403),
    "/settings/year": (302, 403, 403, 403, 200, 403),
    "/settings/year/progress": (302, 403, 403, 403, 404, 403),  # nothing is under way
    "/settings/year/classes/{c5a}": (302, 403, 403, 403, 200, 403),
    "/settings/registry": (302, 403, 403, 403, 200, 403),
    "/settings/site": (302, 403, 403, 403, 200, 403),
    "/settings/backup": (302, 403, 403, 200, 200, 403),
    "/settings/backup/progress": (302, 403, 403, 404, 404, 403),  # none was ever made
    "/settings/simulator": (302, 404, 404, 404, 404, 403),  # there in the demo only
    "/settings/retention": (302, 403, 403, 403, 200, 403),
    "/people/{an}/data": (302, 403, 403, 200, 200, 403),
    "/people/{an}/data.docx": (302, 403, 403, 200, 200, 403),
    "/privacy": (200, 200, 200, 200, 200, 200),
    "/password": (302, 200, 200, 200, 200, 200),
    "/account": (302, 200, 200, 200, 200, 200),
    "/account/second-step": (302, 302, 302, 302, 302, 302),  # nothing was begun
    "/login/code": (302, 302, 302, 302, 302, 302),  # without the password before it
    "/setup": (404, 404, 404, 404, 404, 404),  # the school is set up
    "/setup/school": (404, 404, 404, 404, 404, 404),
    "/setup/campaign": (404, 404, 404, 404, 404, 404),
    "/setup/principal": (404, 404, 404, 404, 404, 404),
    "/setup/office": (404, 404, 404, 404, 404, 404),
    "/setup/restore": (404, 404, 404, 404, 404, 404),
    "/login": (200, 302, 302, 302, 302, 302),
    "/help": (200, 200, 200, 200, 200, 200),
    "/help/bang-lop": (200, 200, 200, 200, 200, 200),
    "{static}/page.css": (200, 200, 200, 200, 200, 200),
    "/metrics": (404, 404, 404, 404, 404, 404),
    "/healthz": (200, 200, 200, 200, 200, 200),
    "/no/such/page": (404, 404, 404, 404, 404, 404),
    "/people/99999999999999999999": (302, 404, 404, 404, 404, 404),
}
DO = {  # in this order: a deed may take away what another needs
    "/exports/changes/entered": (302, 422, 422, 422, 422, 403),
    "/exports/changes/entered/undo": (302, 404, 404, 404, 404, 403),
    "/people/{an}/cells/address": (302, 200, 404, 200, 200, 403),
    "/people/{an}": (302, 303, 404, 303, 303, 403),
    "/people/{giang}": (302, 404, 404, 303, 303, 403),
    "/people/{an}/card": (302, 422, 404, 422, 422, 403),
    "/classes/{c5a}/photos": (302, 422, 404, 422, 422, 403),
    "/classes/{c5a}/photos/read": (302, 303, 404, 303, 303, 403),
    "/classes/{c5a}/photos/choose": (302, 303, 404, 303, 303, 403),
    "/classes/{c5a}/photos/confirm": (302, 422, 404, 422, 422, 403),
    "/people/{an}/photos": (302, 303, 404, 303, 303, 403),
    "/people/{an}/photos/{photo}/confirm": (302, 422, 404, 404, 404, 403),
    "/people/{an}/photos/{photo}/drop": (302, 303, 404, 404, 404, 403),
    "/people/{an}/state": (302, 403, 404, 303, 303, 403),
    "/people/{giang}/state": (302, 404, 404, 303, 303, 403),
    "/people/{an}/class": (302, 403, 404, 404, 404, 403),  # of no class
    "/people/{giang}/class": (302, 404, 404, 403, 403, 403),  # staff sit in none
    "/classes/{c5a}/moves": (302, 403, 403, 422, 422, 403),
    "/people/{an}/papers": (302, 303, 404, 303, 303, 403),
    "/people/{an}/papers/received": (302, 303, 404, 303, 303, 403),
    "/people/{an}/merge/{binh}/different": (302, 403, 403, 422, 422, 403),
    "/people/{an}/merge/{binh}": (302, 403, 403, 422, 422, 403),
    "/people/{an}/merge/{binh}/undo": (302, 403, 403, 404, 404, 403),
    "/classes/{c5a}/people": (302, 422, 404, 422, 422, 403),
    "/classes/{c5a}/paste": (302, 422, 404, 422, 422, 403),
    "/classes/{c5a}/fill": (302, 422, 404, 422, 422, 403),
    "/classes/{c5a}/clear": (302, 422, 404, 422, 422, 403),
    "/classes/{c5a}/zeros": (302, 200, 404, 200, 200, 403),
    "/staff/people": (302, 403, 403, 422, 422, 403),
    "/staff/paste": (302, 403, 403, 422, 422, 403),
    "/staff/fill": (302, 403, 403, 422, 422, 403),
    "/staff/clear": (302, 403, 403, 422, 422, 403),
    "/staff/zeros": (302, 403, 403, 200, 200, 403),
    "/classes/{c5a}": (302, 200, 404, 200, 200, 200),
    "/staff": (302, 403, 403, 200, 200, 200),
    "/notices": (302, 303, 303, 303, 303, 403),
    "/people/rechecked/seen": (302, 403, 403, 303, 303, 403),
    "/search": (302, 200, 200, 200, 200, 200),
    "/undo": (302, 303, 303, 303, 303, 403),
    "/redo": (302, 303, 303, 303, 303, 403),
    "/batches": (302, 403, 403, 422, 422, 403),  # the clerk prepares, the principal starts
    "/batches/{batch}/start": (302, 403, 403, 403, 302, 403),
    "/batches/{batch}/answers": (302, 403, 403, 404, 404, 403),  # not a batch of the file way
    "/batches/{batch}/end": (302, 403, 403, 403, 404, 403),
    "/batches/{batch}/notices": (302, 403, 403, 303, 303, 403),
    "/batches/{batch}/pause": (302, 403, 403, 403, 302, 403),
    "/batches/{batch}/resume": (302, 403, 403, 403, 302, 403),
    "/batches/{batch}/stop": (302, 403, 403, 403, 302, 403),
    "/batches/{batch}/retry": (302, 403, 403, 403, 302, 403),
    "/notices/{binh}": (302, 422, 404, 422, 422, 403),
    "/notices/{binh}/number": (302, 302, 404, 302, 302, 403),
    "/notices/{binh}/state": (302, 422, 404, 422, 422, 403),
    "/notices/{binh}/note": (302, 303, 404, 303, 303, 403),
    "/notices/{binh}/scans": (302, 422, 404, 422, 422, 403),
    "/notices/{binh}/scans/{scan}/erase": (302, 303, 404, 303, 303, 403),
    "/notices/bulk": (302, 422, 422, 422, 422, 403),
    "/notices/{an}/police": (302, 422, 404, 422, 422, 403),
    "/notices/police/answers": (302, 422, 422, 422, 422, 403),  # no outcome chosen
    "/notices/police/commune": (302, 422, 422, 422, 422, 403),
    "/notices/police/{commune}/sent": (302, 403, 403, 303, 303, 403),
    "/notices/police/undo": (302, 303, 303, 303, 303, 403),
    "/notices/visits": (302, 403, 403, 422, 422, 403),
    "/notices/visits/{visit}/people": (302, 303, 303, 303, 303, 403),
    "/notices/visits/{visit}/lines/{line}": (302, 303, 404, 303, 303, 403),
    "/people/{binh}/explanation": (302, 422, 404, 422, 422, 403),
    "/explanations/approve": (302, 403, 403, 403, 303, 403),
    "/explanations/{explanation}/return": (302, 403, 403, 403, 303, 303),
    "/explanations/{explanation}/withdraw": (302, 303, 404, 303, 303, 403),
    "/imports": (302, 422, 422, 422, 422, 403),
    "/imports/{upload}/rows": (302, 303, 404, 303, 303, 403),
    "/imports/{upload}/rows/{row}": (302, 303, 404, 303, 303, 403),
    "/imports/{upload}/columns": (302, 303, 404, 303, 303, 403),
    "/imports/{upload}/addresses": (302, 303, 404, 303, 303, 403),
    "/imports/{upload}/answers": (302, 303, 404, 303, 303, 403),
    "/imports/{upload}/read": (302, 303, 404, 303, 303, 403),
    "/imports/{upload}/confirm": (302, 303, 404, 303, 303, 403),
    "/imports/{upload}/undo": (302, 303, 404, 303, 303, 403),
    "/imports/{upload}/explain-again": (302, 303, 404, 303, 303, 403),
    "/imports/{upload}/drop": (302, 303, 404, 303, 303, 403),
    "/imports/headings/{meaning}/forget": (302, 303, 404, 404, 404, 403),  # one's own
    "/settings/school": (302, 403, 403, 403, 422, 403),
    "/settings/campaign": (302, 403, 403, 403, 422, 403),
    "/settings/campaign/close": (302, 403, 403, 403, 302, 403),
    "/settings/campaign/reopen": (302, 403, 403, 403, 302, 403),
    "/settings/campaign/next": (302, 403, 403, 403, 422, 403),
    "/progress/remarks": (302, 403, 403, 403, 403, 303),
    "/progress/remarks/1/answer": (302, 404, 404, 404, 404, 403),
    "/progress/schools": (302, 403, 403, 403, 303, 303),
    "/progress/schools/1/forget": (302, 403, 403, 403, 404, 404),
    "/settings/accounts": (302, 403, 403, 403, 403, 403),  # no role chosen
    "/settings/registry/trial": (302, 403, 403, 403, 422, 403),
    "/settings/registry": (302, 403, 403, 403, 302, 403),
    "/settings/site": (302, 403, 403, 403, 302, 403),
    "/settings/retention": (302, 403, 403, 403, 422, 403),
    "/settings/simulator": (302, 404, 404, 404, 404, 403),
    "/settings/backup": (302, 403, 403, 422, 422, 403),
    "/settings/backup/now": (302, 403, 403, 422, 422, 403),  # nobody has a key
    "/settings/backup/key": (302, 403, 403, 403, 200, 403),
    "/settings/backup/key/kept": (302, 403, 403, 403, 422, 403),
    "/settings/backup/1/download": (302, 403, 403, 404, 404, 403),
    "/settings/places": (302, 403, 403, 403, 422, 403),
    "/settings/places/undo": (302, 403, 403, 403, 422, 403),
    "/settings/places/go-on": (302, 403, 403, 403, 303, 403),
    "/settings/places/lists": (302, 403, 403, 422, 422, 403),
    "/settings/year": (302, 403, 403, 403, 303, 403),
    "/settings/year/from-file/{upload}": (302, 403, 403, 403, 303, 403),
    "/settings/year/undo": (302, 403, 403, 403, 422, 403),
    "/settings/year/go-on": (302, 403, 403, 403, 303, 403),
    "/settings/year/classes/{c5a}": (302, 403, 403, 403, 303, 403),
    "/settings/places/lists/back": (302, 403, 403, 422, 422, 403),
    "/settings/classes": (302, 403, 403, 303, 303, 403),
    "/settings/milestones": (302, 403, 403, 403, 422, 403),
    "/settings/campaign/present-residence": (302, 403, 403, 403, 302, 403),
    "/settings/milestones/1": (302, 403, 403, 403, 422, 403),
    "/settings/accounts/from-staff": (302, 403, 403, 422, 422, 403),
    "/settings/accounts/sheet": (302, 403, 403, 303, 303, 403),
    "/settings/accounts/sheet/done": (302, 403, 403, 302, 302, 403),
    "/settings/accounts/{lan}/stand-in": (302, 403, 403, 422, 422, 403),
    "/settings/accounts/{lan}/stand-in/end": (302, 403, 403, 422, 422, 403),
    "/settings/accounts/{lan}/role": (302, 403, 403, 403, 422, 403),
    "/settings/accounts/{lan}/password": (302, 403, 403, 303, 303, 403),
    "/settings/accounts/{hoa}/password": (302, 403, 403, 403, 422, 403),
    "/settings/accounts/{hoa}/disabled": (302, 403, 403, 403, 422, 403),
    "/settings/accounts/{lan}/sessions/end": (302, 403, 403, 302, 302, 403),
    "/settings/accounts/sessions/end": (302, 403, 403, 403, 302, 403),
    "/account/sessions/end": (302, 303, 303, 303, 303, 303),
    "/settings/accounts/{lan}/second-step/remove": (302, 403, 403, 302, 302, 403),
    "/account/second-step": (302, 303, 303, 303, 303, 303),
    "/account/second-step/confirm": (302, 422, 422, 422, 422, 422),
    "/account/second-step/codes": (302, 303, 303, 303, 303, 303),
    "/account/second-step/off": (302, 303, 303, 303, 303, 303),
    "/login/code": (302, 302, 302, 302, 302, 302),
    "/setup": (404, 404, 404, 404, 404, 404),
    "/setup/school": (404, 404, 404, 404, 404, 404),
    "/setup/campaign": (404, 404, 404, 404, 404, 404),
    "/setup/principal": (404, 404, 404, 404, 404, 404),
    "/setup/office": (404, 404, 404, 404, 404, 404),
    "/setup/restore": (404, 404, 404, 404, 404, 404),
    "/password": (302, 422, 422, 422, 422, 422),
    "/account/phone": (302, 303, 303, 303, 303, 403),
    "/login": (401, 401, 401, 401, 401, 401),
    "/logout": (302, 302, 302, 302, 302, 302),  # and out they are
}
ABSENT = ("/no/such/page", "/people/99999999999999999999")
SAFE = {"GET", "HEAD", "OPTIONS"}

Places = dict[str, int | str]


@pytest.fixture
def places(cast: Cast, settings: Settings, app: Flask) -> Places:
    batch = verification.start("school", by=cast.hoa)
    picture = io.BytesIO()
    Image.new("RGB", (40, 30)).save(picture, "PNG")
    scan = papers.add(
        cast.binh, picture.getvalue(), evidence="notice", by=cast.lan, settings=settings
    )
    visit = visits.plan(date(2022, 10, 18), place="", note="", by=cast.thu, today=settings.today())
    visits.invite(visit, [cast.binh], by=cast.thu)
    explanation = explanations.propose(
        cast.binh, reason="foreign", note="", evidence="Hộ chiếu", by=cast.lan
    )
    RegisterError.create(
        person=cast.chi,
        fields={"gender": ["Nữ", "Nam"]},
        hash="",
        evidence="card",
        added_by=cast.thu,
    )
    upload = imports.read_bytes(book([newcomer()]), "lop-5a.xlsx", by=cast.lan)
    meaning = HeadingMeaning.create(user=cast.lan, key="ghi chu", heading="Ghi chú", field="")
    name = scans.keep([picture.getvalue()], settings)
    photo = CardPhoto.create(user=cast.lan, person=cast.an, name=name, state="read")
    return {
        "c5a": cast.class_5a.id,
        "an": cast.an.id,
        "binh": cast.binh.id,
        "giang": cast.giang.id,
        "batch": batch.id,
        "commune": cast.chi.commune_code or "",
        "lan": cast.lan.id,
        "hoa": cast.hoa.id,
        "scan": scan.id,
        "photo": photo.id,
        "visit": visit.id,
        "line": visit.appointments.get().id,
        "explanation": explanation.id,
        "upload": upload.id,
        "row": upload.rows.get().id,
        "meaning": meaning.id,
        "static": app.static_url_path or "",
    }


@pytest.fixture
def of_role(
    cast: Cast, client: FlaskClient, client_of: Callable[[User], FlaskClient]
) -> Callable[[str], FlaskClient]:
    return lambda role: client if role == "nobody" else client_of(getattr(cast, role))


def test_every_route_is_in_the_matrix(app: Flask, places: Places) -> None:
    """A new page or deed is a decision about every role, made in the tables above."""
    addresses = app.url_map.bind("localhost")
    seen = {
        addresses.match(urlsplit(path.format(**places)).path, "GET")[0]
        for path in SEE
        if path not in ABSENT
    }
    done = {addresses.match(path.format(**places), "POST")[0] for path in DO}
    safe = {
        rule.endpoint for rule in app.url_map.iter_rules() if rule.methods and rule.methods <= SAFE
    }
    assert seen == safe
    assert done == {rule.endpoint for rule in app.url_map.iter_rules()} - safe


@pytest.mark.parametrize("role", ROLES)
def test_pages(role: str, of_role: Callable[[str], FlaskClient], places: Places) -> None:
    browser, at = of_role(role), ROLES.index(role)
    got = {path: browser.get(path.format(**places)).status_code for path in SEE}
    assert got == {path: codes[at] for path, codes in SEE.items()}


@pytest.mark.parametrize("role", ROLES)
def test_deeds(role: str, of_role: Callable[[str], FlaskClient], places: Places) -> None:
    """Posted empty: whoever may come in is told what is missing, nobody else gets that far."""
    browser, at = of_role(role), ROLES.index(role)
    got = {path: browser.post(path.format(**places)).status_code for path in DO}
    assert got == {path: codes[at] for path, codes in DO.items()}


def test_deeds_are_not_done_by_looking(
    cast: Cast, client_of: Callable[[User], FlaskClient], places: Places
) -> None:
    browser, deeds = (
        client_of(cast.hoa),
        [p for p in DO if p not in SEE and p not in ("/batches", "/search")],
    )
    got = {path: browser.get(path.format(**places)).status_code for path in deeds}
    assert got
    assert not {path: code for path, code in got.items() if code not in (404, 405)}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_another_site_can_do_nothing(
    headers: dict[str, str], cast: Cast, client_of: Callable[[User], FlaskClient], places: Places
) -> None:
    browser = client_of(cast.hoa)
    got = {path: browser.post(path.format(**places), headers=headers).status_code for path in DO}
    assert got == dict.fromkeys(DO, 403)
