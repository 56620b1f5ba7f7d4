"""The Discovery interface and the capabilities that only some backends have; it must know no backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

from discovery.model import Health

if TYPE_CHECKING:
    from discovery.model import Instance, Registration, ServiceSummary, Snapshot


@runtime_checkable
class Discovery(Protocol):
    """A service registry, as its users see it.

    Every backend keeps what the methods below promise. What they leave open is where backends differ by nature; the
    comparison in ``compare/`` exists to show it. A backend may be used by several threads at once.

    Every method raises ``BackendUnavailable`` when nothing answers, ``BackendTimeout`` when an answer does not come in
    time, ``PermissionDenied`` when credentials do not suffice, ``NotOffered`` when the backend has not got the
    operation, and ``BackendError`` when an answer makes no sense. No other exception than those of
    ``discovery.errors`` leaves a backend.
    """

    def register(self, registration: Registration) -> str:
        """Register an instance and return its id.

        Guaranteed: once this returns, ``discover`` finds the instance, passing, with its address, port, tags and
        metadata. Registering the same again changes nothing but renews it.

        Left open: which names, addresses and ports are accepted; how an id is derived; the shortest ttl and the one
        that applies without any; whether one address may stand there twice under two ids; what becomes of an id that
        is registered under another service; what survives a restart of the backend.

        Raises:
            InvalidRegistration: the backend refuses it; nothing has changed.
        """
        ...

    def heartbeat(self, instance_id: str, *, status: Health = Health.PASSING, note: str = "") -> None:
        """Say that an instance is alive (or, with a status, how it is), and begin its ttl anew.

        Guaranteed: until its ttl has passed again, the instance's health is ``status``.

        Left open: how long a change of health takes to show (a moment, where answers come from a catalog that is
        brought up to date in the background, as Consul's is); whether an instance that had lapsed comes back by this
        or must register again; whether ``note`` can be read anywhere.

        Args:
            instance_id: as ``register`` returned it.
            status: passing, warning or critical.
            note: a few words for people, kept by the backend if it can.

        Raises:
            UnknownInstance: there is no such instance, or it has no ttl to renew.
        """
        ...

    def deregister(self, instance_id: str) -> bool | None:
        """Remove an instance.

        Guaranteed: once this returns, ``discover`` does not find the instance. An unknown id is not an error here.

        Returns:
            Whether something was removed; ``None`` where the backend cannot know.
        """
        ...

    def discover(self, service: str, *, healthy_only: bool = True, tag: str | None = None) -> list[Instance]:
        """Find the instances of a service.

        Guaranteed: every instance that is registered, and, with ``healthy_only``, no instance that has a check which
        is not passing. An instance whose ttl passed without a heartbeat is unhealthy. A service that nobody registered
        has no instances; that is not an error.

        Left open: the order; how long after its ttl a lapse shows; whether and when a lapsed instance is removed
        altogether; whether names are told apart by case.

        Args:
            service: its name.
            healthy_only: leave out instances in warning or critical.
            tag: only instances that carry this tag.

        Raises:
            InvalidRequest: the backend cannot hold a service of that name.
        """
        ...

    def services(self) -> dict[str, ServiceSummary]:
        """List all services by name.

        Guaranteed: every service with at least one instance is in it, with the number of its instances and of its
        healthy ones.

        Left open: services of the backend's own (Consul lists ``consul``); how long a service stays that has no
        instances left.
        """
        ...

    def ping(self) -> str:
        """Ask the backend whether it serves, and return its name and version: ``"Consul 1.8.7"``."""
        ...

    def close(self) -> None:
        """Let go of all connections. Nothing is deregistered. A second call does nothing."""
        ...

    def __enter__(self) -> Self:
        """Enter a ``with`` block at whose end the backend is closed."""
        ...

    def __exit__(self, *exception: object) -> None:
        """Close the backend."""
        ...


@runtime_checkable
class Watchable(Protocol):
    """A backend that can wait for a service to change, instead of being asked again and again."""

    def watch(
        self,
        service: str,
        *,
        index: int = 0,
        timeout: float = 60.0,
        healthy_only: bool = True,
        tag: str | None = None,
    ) -> Snapshot:
        """Wait until a service has changed since ``index``, and return its instances.

        Guaranteed: with an ``index`` of 0 it returns at once. Otherwise it returns as soon as the service has changed
        after the snapshot that ``index`` is from, and at the latest after the timeout (a backend may take a sixteenth
        longer) with what there is.

        Left open: whether it may return though nothing changed; whether a change of another service wakes it; whether
        a heartbeat is a change. When the returned index is smaller than the one given, the backend began anew, and so
        does the watcher: it has to go on from what was returned.

        Args:
            service: its name.
            index: 0, or the ``index`` of an earlier snapshot of the same service.
            timeout: seconds, even infinitely many; a backend may have a longest of its own, and return then.
            healthy_only: as for ``discover``.
            tag: as for ``discover``.

        Raises:
            InvalidRequest: the timeout is no number, or the backend cannot hold a service of that name.
        """
        ...
