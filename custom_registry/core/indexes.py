"""The modify index, and the index of the last change of each table, node and service; it knows no row.

Which change moves which index is Consul's (transcripts ``blocking``, ``catalog_reads``, ``catalog_writes``,
``health_reads``, ``register_shapes``, 1.8.7 and 1.21.4).
"""

from __future__ import annotations

_MOST_LEFT = 1024


class Indexes:
    """All indexes of one catalog. No index is ever below 1, and none goes back but that of a name that is left.

    Of a service that has no instances no trace is kept; its index is that of the last change that left any service
    without instances. Only a name that its last instance has left for another, which Consul does not count as such a
    change, keeps its index, and shows it while there has been none (transcript ``register_shapes``; afterwards seen on
    1.8.7); and one by which a check still called its service when it was removed gets one (transcript ``sequences``,
    1.8.7). Those are forgotten beyond a thousand.
    """

    def __init__(self) -> None:
        """Begin at 1, the index of what has never changed."""
        self.current = 1
        self.nodes = 1
        self.nodes_with_services = 1
        self.services = 1
        self.checks = 1
        self.node: dict[str, int] = {}
        self.service: dict[str, int] = {}
        self._left: dict[str, int] = {}
        self._last_service_gone = 0
        self._last_node_gone = 1

    @property
    def tables(self) -> int:
        """The index of the last change of any table."""
        return max(self.nodes_with_services, self.services, self.checks)

    def service_index(self, name: str, *, found: bool, checks: bool) -> int:
        """Return the index of a read of a service.

        Args:
            name: the service's, in small letters.
            found: whether the read finds instances.
            checks: whether it also reads checks.
        """
        if not found and self._last_service_gone:
            return self._last_service_gone
        own = self.service.get(name) or self._left.get(name)
        if own is not None:
            return own
        return self.tables if checks else max(self.nodes_with_services, self.services)

    def node_index(self, name: str) -> int:
        """Return the index of one node and its services, its name in small letters."""
        return self.node.get(name, self._last_node_gone)

    def node_moved(self, name: str, index: int) -> None:
        """A node changed, or a service on it."""
        self.nodes_with_services = index
        self.node[name] = index

    def moved(self, name: str, index: int) -> None:
        """A service that has instances changed."""
        self.service[name] = index
        self._left.pop(name, None)

    def still_moved(self, name: str, index: int) -> None:
        """A check that calls its service by this name was removed, though that one has left the name."""
        if name in self.service:
            self.service[name] = index
        else:
            self._leave(name, index)

    def left(self, name: str) -> None:
        """The last instance of a service took another name."""
        self._leave(name, self.service.pop(name))

    def _leave(self, name: str, index: int) -> None:
        self._left[name] = index
        if len(self._left) > _MOST_LEFT:
            del self._left[next(iter(self._left))]

    def gone(self, name: str) -> None:
        """The last instance of a service was removed."""
        self.service.pop(name, None)
        self._last_service_gone = self.current

    def node_gone(self, name: str) -> None:
        """A node was removed."""
        del self.node[name]
        self._last_node_gone = self.current
