"""Derived ids are as different as what they are derived from, for every name that the native API takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from discovery.identity import derive_id

addresses = st.sampled_from(["h", "h.test", "10.0.0.7", "::1", "::1:80", "http://h", "http://u@h:1", "h:80"])
names = st.text("ab@:/.", min_size=1, max_size=6).filter(lambda name: "//" not in name and not name.endswith("/"))


@given(names, addresses, names, addresses)
def test_other_services_or_addresses_have_other_ids(one: str, here: str, other: str, there: str) -> None:
    assert (derive_id(one, here) == derive_id(other, there)) == ((one, here) == (other, there))


def test_a_bare_ipv6_address_with_a_port_is_not_taken_for_a_longer_address() -> None:
    assert derive_id("web", "::1", 80) != derive_id("web", "::1:80")
