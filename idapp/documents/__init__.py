"""Official papers of the school, in the form of Decree 30/2020/NĐ-CP: one description, drawn as .docx and as a page.

paper      what stands on a paper: head, title, text, tables, signatures
docx_file  the paper as a Word file; ``templates/documents/paper.html`` draws the same for the printer
head       what every paper of this school begins and ends with

Who makes a paper (the report, the minutes, a letter) says what stands on it; nothing here knows what it is about.
"""

from idapp.documents.docx_file import DOCX, docx_of, shown
from idapp.documents.head import office_addressed, place_of_papers, school_paper
from idapp.documents.paper import Block, OfficialPaper, Signature, Table, Text

__all__ = [
    "DOCX",
    "Block",
    "OfficialPaper",
    "Signature",
    "Table",
    "Text",
    "docx_of",
    "office_addressed",
    "place_of_papers",
    "school_paper",
    "shown",
]
