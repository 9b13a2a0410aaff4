"""What the operator reads when the site is up: where it is here, and where it is for everybody else."""

import io
import shutil
import sys

import segno

from idapp import setup, site_address
from idapp.lan_listeners import wanted_hosts
from idapp.settings import Settings
from idapp.setup import code


def text(settings: Settings) -> str:
    """Where the site is, and before the set-up the address that leads through it. Needs an open database."""
    here = own_address(settings)
    lines = [f"idapp: {here}"]
    if setup.is_needed():
        address = f"{here}{code.path_of(settings)}"
        lines.append(f"Chưa có trường nào. Mở địa chỉ này để thiết lập:\n\n    {address}\n")
    else:
        # of a process that ended between the set-up and this
        code.forget(settings)
    return "\n".join(lines + _for_others(settings))


def own_address(settings: Settings) -> str:
    """Under which address this machine reaches itself: where all addresses are listened on, none of them is one."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    return site_address.address_of(host, settings) + settings.prefix


def _for_others(settings: Settings) -> list[str]:
    """Addresses for other machines, if any may come in; in a terminal also as a code to photograph."""
    choice = site_address.chosen()
    listens = site_address.listens_beyond_this_machine(settings)
    if not listens and not wanted_hosts(settings) and not choice.address:
        return []
    if not site_address.is_safe_to_serve(settings, choice):
        return [site_address.NOT_AGREED]
    best = site_address.address_for_paper()
    addresses = [best, *site_address.possible_addresses(settings)]
    if settings.https:  # the proxy's address, which only the choice knows
        addresses = [best]
    lines = [f"    {address}" for address in dict.fromkeys(addresses) if address]
    if not lines:
        return []
    return ["Máy khác trong mạng mở:", *lines, *_code_lines(lines[0].strip())]


def _code_lines(address: str) -> list[str]:
    """The code in half blocks; nothing where nobody looks or it does not fit."""
    if not sys.stdout.isatty():
        return []
    drawn = io.StringIO()
    segno.make(address, error="m").terminal(out=drawn, compact=True, border=2)
    size = shutil.get_terminal_size()
    lines = drawn.getvalue().splitlines()
    if len(lines) > size.lines - 4 or segno.make(address).symbol_size()[0] > size.columns:
        return []
    return lines
