"""Under which addresses this machine can be reached in its network. Asks the kernel; sends nothing to anybody."""

import ctypes
import ctypes.util
import ipaddress
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_UP = 0x1  # flags of an interface, the same on Linux and macOS
_SECONDS_FRESH = 5
# bridges and tunnels of virtual machines and containers: no teacher sits in such a network
_VIRTUAL = (
    *("docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "lxc", "lxd", "cni", "podman"),
    *("flannel", "tun", "tap", "utun", "wg", "tailscale", "zt", "dummy", "bridge"),
)
_UNIQUE_LOCAL = ipaddress.ip_network("fc00::/7")


@dataclass(frozen=True)
class LanAddress:
    """An address of this machine, and the interface that bears it."""

    ip: IPAddress
    interface: str

    @property
    def is_virtual(self) -> bool:
        """Is it most likely a network inside this machine?"""
        return self.interface.startswith(_VIRTUAL)


class _SocketAddress(ctypes.Structure):
    """The head that all kinds share. BSD keeps a length before the family."""

    if sys.platform == "darwin":
        _fields_ = (("length", ctypes.c_uint8), ("family", ctypes.c_uint8))
    else:
        _fields_ = (("family", ctypes.c_ushort),)


class _Interface(ctypes.Structure):
    """`struct ifaddrs` as far as it is read here; the system appends more."""


_Interface._fields_ = (
    ("next", ctypes.POINTER(_Interface)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.POINTER(_SocketAddress)),
)
# family -> where the address stands behind the head, and its length in bytes
_PLACES = {socket.AF_INET: (4, 4), socket.AF_INET6: (8, 16)}


def addresses_here() -> list[LanAddress]:
    """Private IPv4 of real interfaces first, then other IPv4, then unique local IPv6; virtual networks last.

    At most five seconds old. Neither loopback nor link-local addresses: no other machine can open those.
    """
    return list(_sorted_addresses(int(time.monotonic() / _SECONDS_FRESH)))


@lru_cache(maxsize=1)
def _sorted_addresses(_: int) -> tuple[LanAddress, ...]:
    return tuple(sorted(filter(_is_reachable, _all_addresses()), key=_rank))


def _is_reachable(address: LanAddress) -> bool:
    ip = address.ip
    if ip.is_loopback or ip.is_link_local or ip.is_unspecified:
        return False
    return ip.version == 4 or ip in _UNIQUE_LOCAL


def _rank(address: LanAddress) -> tuple[bool, bool, bool, int]:
    ip = address.ip
    return address.is_virtual, ip.version == 6, not ip.is_private, int(ip)


def _all_addresses() -> list[LanAddress]:
    try:
        library = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
        return list(_by_getifaddrs(library))
    except (OSError, AttributeError):  # a system without getifaddrs
        return _by_name()


def _by_getifaddrs(library: ctypes.CDLL) -> Iterator[LanAddress]:
    head = ctypes.POINTER(_Interface)()
    if library.getifaddrs(ctypes.byref(head)):
        raise OSError(ctypes.get_errno(), "getifaddrs")
    try:
        interface = head
        while interface:
            ip = _ip_of(interface.contents)
            if ip is not None:
                yield LanAddress(ip, interface.contents.name.decode(errors="replace"))
            interface = interface.contents.next
    finally:
        library.freeifaddrs(head)


def _ip_of(interface: _Interface) -> IPAddress | None:
    """None for an interface that is down, and for an address of another kind (hardware)."""
    if not interface.flags & _UP or not interface.address:
        return None
    place = _PLACES.get(interface.address.contents.family)
    if place is None:
        return None
    offset, length = place
    start = ctypes.addressof(interface.address.contents) + offset
    return ipaddress.ip_address(ctypes.string_at(start, length))


def _by_name() -> list[LanAddress]:
    """What the system's list of hosts says of this machine's name: less, but everywhere."""
    try:
        entries = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    texts = [str(entry[4][0]).partition("%")[0] for entry in entries]
    return [LanAddress(ipaddress.ip_address(text), "") for text in dict.fromkeys(texts)]
