"""By what reads can be narrowed beside filters: tags and metadata of nodes; and that a path must name something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custom_registry.api.consul.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from custom_registry.core.model import ServiceDefinition


def has_tags(service: ServiceDefinition, tags: Iterable[str]) -> bool:
    """Return whether a service carries all of some tags, in whatever case."""
    if not tags:
        return True
    carried = {tag.lower() for tag in service.tags or ()}
    return all(tag.lower() in carried for tag in tags)


def has_meta(meta: Mapping[str, str] | None, demanded: Mapping[str, str]) -> bool:
    """Return whether a node's metadata have all that is demanded of them."""
    if not demanded:
        return True
    carried = meta or {}
    return all(carried.get(key) == value for key, value in demanded.items())


def require(text: str, otherwise: str) -> None:
    """See that a path names what it reads.

    Raises:
        Refused: it does not; the text says what is missing.
    """
    if not text:
        raise Refused(400, otherwise)
