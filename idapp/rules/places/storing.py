"""Which texts a record keeps of an address that was read.

An address that must still be decided never keeps its old commune in a cell of today's places: without its district
"Phường Ngọc Hà, Quận Ba Đình" would be exactly another ward. The whole address stands in the commune cell then, where
the rules say what it may be and where it can be read again.
"""

from idapp.rules.places import one_text
from idapp.rules.places.finding import Finding
from idapp.rules.places.meanings import Address


def texts_to_store(
    address: Address,
    finding: Finding,
    epoch: str,
) -> dict[str, str]:
    """Level -> text for the cells of a record; {} where the texts may stay in their cells as they were written.

    >>> from idapp.rules.places.reading import read_address
    >>> address = Address("Hà Nội", "Ba Đình", "Phường Ngọc Hà")
    >>> texts_to_store(address, read_address(address, "2level"), "2level")["commune"]
    'Phường Ngọc Hà, Ba Đình, Hà Nội'
    """
    if finding.is_certain:
        names = finding.values()
        names.pop("address", None)
        return names
    if finding.kind == "empty" or not _could_be_another(address, finding, epoch):
        return {}
    province = address.province
    if finding.home and finding.home.province:
        province = finding.home.province.name
    return {"province": province, "district": "", "commune": address.label()}


def _could_be_another(address: Address, finding: Finding, epoch: str) -> bool:
    """Would the commune alone be read as something else than the address as a whole?"""
    if epoch == "3level" and address.district:
        return False  # its own cells hold it
    if one_text.has_several_parts(address.commune):
        return False  # it is a whole address already
    if finding.kind == "unknown":
        return bool(address.district)
    return bool(address.district or address.commune)
