"""Official papers on their way out: the file for Word, the page for the printer, and their row in the history."""

from flask import make_response, render_template
from werkzeug.wrappers import Response

from idapp import disclosures
from idapp.documents import DOCX, OfficialPaper, docx_of, shown
from idapp.models import Person
from idapp.web.access import current_user


def word_file(
    paper: OfficialPaper, name: str, *, subject: str = "", about: Person | None = None
) -> Response:
    """The paper as a download.

    name      ASCII, with its ending
    subject   what it is, for the history
    about     instead of ``subject``: whose data it holds, all of them
    """
    if about is None:
        disclosures.record("export", subject, by=current_user, count=paper.people, note="tệp Word")
    else:
        disclosures.record("person.exported", by=current_user, person=about)
    answer = make_response(docx_of(paper))
    answer.headers["Content-Type"] = DOCX
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def printed(
    paper: OfficialPaper,
    *,
    back: str,
    back_words: str,
    file: str,
    subject: str = "",
    about: Person | None = None,
) -> str:
    """The paper as a page to print.

    back              where one came from
    file              the address of the Word file
    subject, about    as ``word_file`` has them
    """
    if about is None:
        disclosures.record("print.paper", subject, by=current_user, count=paper.people)
    else:
        disclosures.record("person.exported", by=current_user, person=about)
    return render_template(
        "documents/paper.html",
        paper=paper,
        back=back,
        back_words=back_words,
        file=file,
        shown=shown,
    )
