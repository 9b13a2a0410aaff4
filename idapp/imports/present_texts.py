"""The present residence of a row: left out where it is not asked for, taken apart where a list has it in one text."""

from collections.abc import Mapping

from idapp.rules import places, record

_PARTS = ("present_province", "present_district", "present_commune")


def present_texts(texts: Mapping[str, str], context: record.RecordContext) -> dict[str, str]:
    """The texts of a row with its present residence as it is to be stored.

    One text in the last cell is a whole address where it is certain in the places of the record; else it stays
    there to the letter, which loses nothing. An address of the other epoch is never converted.
    """
    if not context.with_present:
        return {name: text for name, text in texts.items() if name not in record.PRESENT}
    if any(texts.get(name) for name in _PARTS):
        return dict(texts)
    return {**texts, **_parts_of(texts.get("present_address", ""), context)}


def _parts_of(whole: str, context: record.RecordContext) -> dict[str, str]:
    """The four texts of a whole address; {} where it is not exactly one."""
    if not whole:
        return {}
    finding = places.read_address(whole, context.epoch, context.today)
    home = finding.home
    if finding.kind != "exact" or home is None or home.commune is None:
        return {}
    parts = {f"present_{level}": name for level, name in finding.values().items() if name}
    return {**parts, "present_address": finding.rest}
