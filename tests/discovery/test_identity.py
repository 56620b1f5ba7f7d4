from __future__ import annotations

import pytest

from discovery.identity import derive_id


@pytest.mark.parametrize(
    ("address", "port", "derived"),
    [
        ("http://localhost:8001", None, "users@http://localhost:8001"),
        ("http://localhost:8001", 8001, "users@http://localhost:8001"),
        ("localhost:8001", None, "users@localhost:8001"),
        ("localhost:8001", 8001, "users@localhost:8001"),
        ("localhost", 8001, "users@localhost:8001"),
        ("localhost", None, "users@localhost"),
        ("::1", 8001, "users@[::1]:8001"),
        ("[::1]", 8001, "users@[::1]:8001"),
        ("", 8001, "users@:8001"),
        ("", None, "users@"),
    ],
)
def test_the_id_is_the_service_at_its_address_and_port(address: str, port: int | None, derived: str) -> None:
    assert derive_id("users", address, port) == derived
