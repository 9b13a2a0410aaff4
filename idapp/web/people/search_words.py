"""What a search says beside the people it finds."""

from idapp.people.searching import Query, SearchResult


def summary_of(result: SearchResult) -> str:
    """One sentence: how many there are, or why there is nobody; "" if nothing was looked for."""
    if result.hides_number:
        return "Tài khoản này không xem được số nên không tìm theo số. Hãy tìm theo họ tên."
    if result.query.is_empty:
        return ""
    if not result.people:
        return _nobody(result.query)
    return _how_many(len(result.people), result.others, result.is_more)


def _how_many(shown: int, others: int, is_more: bool) -> str:
    """
    >>> _how_many(3, 0, False), _how_many(12, 7, False)
    ('Có 3 người.', 'Còn 7 người nữa, hãy gõ thêm.')
    >>> _how_many(12, 188, True)
    'Còn hơn 188 người nữa, hãy gõ thêm.'
    """
    if not others:
        return f"Có {shown} người."
    if is_more:
        return f"Còn hơn {others} người nữa, hãy gõ thêm."
    return f"Còn {others} người nữa, hãy gõ thêm."


def _nobody(query: Query) -> str:
    """
    >>> _nobody(Query(words=("100", "2")))
    'Gõ ít nhất 4 số cuối của số định danh hoặc mã định danh, hoặc họ tên, hoặc tên lớp.'
    """
    if query.words and all(word.isdecimal() for word in query.words):
        return "Gõ ít nhất 4 số cuối của số định danh hoặc mã định danh, hoặc họ tên, hoặc tên lớp."
    return "Không có ai như vậy trong phần việc của tài khoản này."
