"""Derives the id of an instance registered without one: one rule for every backend that derives ids."""

from __future__ import annotations

from discovery.address import parse_address


def derive_id(service: str, address: str, port: int | None = None) -> str:
    """Return ``service@address``, the same for the same instance every time.

    A port that stands beside an address without one is part of it: ``user-service@10.0.0.7:8001``. Two services at one
    address, or one service at two, have different ids, as long as no service's name contains ``//``.

    Args:
        service: its name.
        address: as registered. One that cannot be taken apart is used as it is, since backends differ in what they
            refuse.
        port: as registered.
    """
    if port is None:
        return f"{service}@{address}"
    try:
        stands_alone = parse_address(address).port is None
    except ValueError:
        stands_alone = True
    if not stands_alone:
        return f"{service}@{address}"
    bare_ipv6 = ":" in address and "://" not in address and not address.startswith("[")
    return f"{service}@[{address}]:{port}" if bare_ipv6 else f"{service}@{address}:{port}"
