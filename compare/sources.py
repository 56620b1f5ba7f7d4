"""What a source of targets is, and the simplest: a URL; it opens URLs and knows no particular registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from urllib.parse import urlsplit, urlunsplit

from discovery import DiscoveryError, open_discovery

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.stage import Clock


class TargetMissing(Exception):
    """A target could not be had; the message says what was tried."""


class NoConsul(TargetMissing):
    """There is no real Consul anywhere, though none in particular was asked for."""


@dataclass(frozen=True, slots=True)
class Running:
    """A target that serves.

    Args:
        url: to be opened by ``discovery.open_discovery``.
        how: how it was come by, in words.
        stop: stops what was started; does nothing for what was there before.
        restart: stops it and starts it again under the same URL; ``None`` where it is not ours.
        version: what it is, where its answer to that question is another's; else it is asked.
    """

    url: str
    how: str
    stop: Callable[[], None] = lambda: None
    restart: Callable[[], None] | None = None
    version: str = ""


class Source(Protocol):
    """Where a target comes from.

    Args:
        name: what it is called in the comparison.
        complete: whether every operation is expected of it.
    """

    @property
    def name(self) -> str:
        """Return what it is called in the comparison."""
        ...

    @property
    def complete(self) -> bool:
        """Return whether every operation is expected of it."""
        ...

    def start(self, clock: Clock, *, alone: bool) -> Running:
        """Have it serve.

        Args:
            clock: to wait by.
            alone: whether one scenario will have it for itself.

        Raises:
            TargetMissing: it cannot be had.
            Interrupted: the run was stopped meanwhile; nothing is left running.
        """
        ...


@runtime_checkable
class Follower(Protocol):
    """A source whose targets take after the reference."""

    def beside(self, reference: str) -> Source:
        """Return the source to start from.

        Args:
            reference: what the reference says of itself, as in ``Consul 1.8.7``; empty where it could not be had.
        """
        ...


@dataclass(frozen=True, slots=True)
class ByURL:
    """A registry that is there already."""

    url: str
    complete: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        """Call it by its URL, without what only the backend should know."""
        if not self.name:
            object.__setattr__(self, "name", without_secrets(self.url))

    def start(self, clock: Clock, *, alone: bool) -> Running:  # noqa: ARG002 - it is shared with whoever else uses it
        """Make sure that it answers."""
        try:
            with open_discovery(self.url) as backend:
                backend.ping()
        except DiscoveryError as error:
            raise TargetMissing(f"{without_secrets(self.url)}: {error}") from error
        return Running(self.url, without_secrets(self.url))


def without_secrets(url: str) -> str:
    """Return a URL without its settings, one of which may be a token."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=""))
