"""IP addresses of the wire formats (contracts/wire/ip.ts): the address as one number, hexadecimal or decimal."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv6Address


def ip_number(text: str) -> int | None:
    """The address as a number; None for any other text, an address with a zone included."""
    try:
        return int(IPv6Address(text)) if ":" in text and "%" not in text else int(IPv4Address(text))
    except AddressValueError:
        return None


def ip_hex(text: str) -> str:
    """Lower-case hex without leading zeros; empty for no address."""
    number = ip_number(text)
    return "" if number is None else f"{number:x}"


def ip_decimal(text: str) -> str:
    """Decimal; empty for no address."""
    number = ip_number(text)
    return "" if number is None else str(number)
