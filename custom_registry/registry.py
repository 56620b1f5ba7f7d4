"""The live registry: the pure state with a lock, a clock, a sweeper and those who wait. It knows no HTTP.

Nothing here decides what a command means; that is the core's. What is due has always been carried out before a command
or a read, so that the sweeper, should it be late, can never be seen to be: it exists to wake those who wait for a
lapse, to let go of what was removed, and to tell the log what time has brought.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from typing import TYPE_CHECKING, Self, TypeVar

from msgspec import Struct

from custom_registry.core import queries
from custom_registry.core.commands import Change, Command, Refusal
from custom_registry.core.intervals import CLEANUP_INTERVAL, Intervals
from custom_registry.core.state import OWN_NODE, SERVER, State
from custom_registry.core.topics import Instances
from custom_registry.events import Events
from custom_registry.subscriptions import Subscription, Subscriptions

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from custom_registry.core.instances import Instance
    from custom_registry.core.model import NodeDefinition, ServiceDefinition
    from custom_registry.core.topics import Topic
    from discovery.model import ServiceSummary

DEFAULT_HEARTBEAT_TIMEOUT = 30.0  # seconds
DEFAULT_CLEANUP_INTERVAL = CLEANUP_INTERVAL

_BREATH = 0.005  # seconds after a sweep, for those whom it has woken to be answered
_QUIET = 0.1  # seconds in which nothing fell due, after which there is time for the log
_MOST_SWEEPS = 64  # after which it is told at the latest
_TOLD_AT_ONCE = 16  # lines; with more, what falls due meanwhile would be late

_log = logging.getLogger("custom_registry")

_Answer = TypeVar("_Answer")


class Found(Struct, frozen=True):
    """What ``discover`` found: the instances, the service's index they are of, and the time they were read at."""

    instances: tuple[Instance, ...]
    index: int
    now: float


class Status(Struct, frozen=True):
    """How the registry itself is: seconds since its start, the index of its last change, how much is registered."""

    uptime: float
    index: int
    totals: queries.Totals


class Registry:
    """A registry that lives: any thread may use it at any time.

    Args:
        heartbeat_timeout: the ttl, in seconds, for those who register natively without one.
        intervals: how often what comes round, counted from now.
        node: the registry's own node.
        server: the service on it that the registry itself is, with the id ``consul``; not seen natively.
        rewrites_checks: whether a check that is registered again as it was moves an index: see ``core.catalog``.
        clock: the time in seconds; it must never go back.
    """

    def __init__(  # noqa: PLR0913 - all are settings, given by name
        self,
        *,
        heartbeat_timeout: float = DEFAULT_HEARTBEAT_TIMEOUT,
        intervals: Intervals = Intervals(),  # noqa: B008 - it is frozen
        node: NodeDefinition = OWN_NODE,
        server: ServiceDefinition = SERVER,
        rewrites_checks: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with the own node. Nothing runs until ``start``."""
        self.heartbeat_timeout = heartbeat_timeout
        self.intervals = intervals
        self.node = node
        self._clock = clock
        self._started_at = clock()
        self._state = State(
            now=self._started_at, node=node, server=server, intervals=intervals, rewrites_checks=rewrites_checks
        )
        self._lock = threading.Lock()
        self._waiting = Subscriptions()
        self._events = Events()
        self._sweeper: threading.Thread | None = None
        self._sweep_sooner = threading.Condition(self._lock)
        self._next_sweep = math.inf
        self._stopping = False

    def apply(self, command: Command) -> Change:
        """Carry out a command. When this returns, every later read sees what it did, and who waits has been called.

        Raises:
            Refusal: the command cannot be carried out, and nothing has changed.
        """
        with self._lock:
            now = self._clock()
            called = self._catch_up(now)
            outcome: Change | Refusal
            to_tell = False
            try:
                outcome = self._state.apply(command, now)
            except Refusal as refusal:
                outcome = refusal
            else:
                called += self._settle(outcome)
                to_tell = self._events.note(outcome.effects)
        _call(called)
        if to_tell:
            self._events.tell(_TOLD_AT_ONCE)
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome

    def read(self, query: Callable[[State], _Answer]) -> _Answer:
        """Ask the state, in which all that is due has been carried out: one of ``core.queries``, an index, or several.

        Args:
            query: called with the lock held. It must return at once and keep nothing of the state but frozen values.
        """
        return self._read(lambda state, _now: query(state))

    def discover(self, service: str, *, healthy_only: bool = True, tag: str | None = None) -> Found:
        """Find a service's instances; of one that nobody registered there are none. O(instances of the service)."""

        def query(state: State, now: float) -> Found:
            found = queries.discover(state, service, healthy_only=healthy_only, tag=tag)
            return Found(found, state.topic_index(Instances(service)), now)

        return self._read(query)

    def services(self) -> dict[str, ServiceSummary]:
        """Return every service that has instances, with their numbers. O(services)."""
        return self.read(queries.summaries)

    def status(self) -> Status:
        """Return how the registry is. O(1)."""
        return self._read(lambda state, now: Status(now - self._started_at, state.index, queries.totals(state)))

    def advance(self) -> None:
        """Carry out what is due, and tell the log of it; this is all that the sweeper does, if not at once."""
        self._carry_out_due()
        self._events.tell()

    def version(self, topic: Topic) -> Hashable:
        """Return what is another whenever a topic's reads show anything else: see ``State.version``.

        O(1), and without the lock unless something is due: a change that another thread is making counts from the
        moment at which it says so, as for any read that came a moment earlier.
        """
        if self._state.next_deadline <= self._clock():
            self._carry_out_due()
        return self._state.version(topic)

    def changed(self, topic: Topic, index: int) -> bool:
        """Return whether a topic has changed after ``index``."""
        return self.read(lambda state: state.topic_index(topic) > index)

    def subscribe(self, topic: Topic, index: int, callback: Callable[[], None]) -> Subscription | None:
        """Be called once, when a topic has changed after ``index``.

        A change touches only those who wait for a topic that it wakes.

        Args:
            topic: what to wait for; nothing of it need be registered.
            index: ``State.topic_index`` of an earlier read. One that this registry has not reached waits for it, as in
                Consul (transcript ``blocking``, "index ahead", 1.8.7 and 1.21.4).
            callback: called without the lock, in the thread that makes the change. It must return at once.

        Returns:
            What ends the waiting, to be cancelled by whoever stops waiting without having been called; None where
            there is nothing to wait for, since the topic has changed already. Then nobody is called.
        """

        def query(state: State) -> Subscription | None:
            if state.topic_index(topic) > index:
                return None
            subscription = Subscription(topic, index, callback, self._unsubscribe)
            self._waiting.add(subscription)
            return subscription

        return self.read(query)

    def wait(self, topic: Topic, index: int, timeout: float) -> bool:
        """Block this thread until a topic has changed after ``index``, at most ``timeout`` seconds.

        Returns:
            Whether it has changed (or the registry is stopping); False where the time ran out.
        """
        changed = threading.Event()
        subscription = self.subscribe(topic, index, changed.set)
        if subscription is None:
            return True
        try:
            return changed.wait(timeout)
        finally:
            subscription.cancel()

    @property
    def waiting(self) -> int:
        """How many wait at present."""
        with self._lock:
            return len(self._waiting)

    def start(self) -> None:
        """Start the sweeper.

        Raises:
            RuntimeError: it runs already.
        """
        with self._lock:
            if self._sweeper is not None:
                raise RuntimeError("the registry has been started already")
            self._stopping = False
            self._sweeper = threading.Thread(target=self._sweep, name="registry-sweeper", daemon=True)
            self._sweeper.start()

    def stop(self) -> None:
        """End the sweeper and call everyone who waits. What is registered can still be read. Idempotent."""
        with self._lock:
            sweeper, self._sweeper = self._sweeper, None
            self._stopping = True
            self._sweep_sooner.notify_all()
            called = self._waiting.release_all()
        _call(called)
        if sweeper is not None:
            sweeper.join()
        self._events.tell()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop."""
        self.stop()

    def _read(self, query: Callable[[State, float], _Answer]) -> _Answer:
        with self._lock:
            now = self._clock()
            called = self._catch_up(now)
            answer = query(self._state, now)
        _call(called)
        return answer

    def _carry_out_due(self) -> None:
        self._read(lambda _state, _now: None)

    def _catch_up(self, now: float) -> list[Subscription]:
        """Let time pass; return who is to be called."""
        if self._state.next_deadline > now:
            return []
        change = self._state.advance(now)
        self._events.note(change.lapses)
        return self._settle(change)

    def _settle(self, change: Change) -> list[Subscription]:
        """Take out of the waiting those whose topic changed; let the sweeper know of an earlier deadline."""
        called = self._waiting.release(change.topics, self._state.topic_index) if self._waiting else []
        if self._state.next_deadline < self._next_sweep:
            self._sweep_sooner.notify_all()
        return called

    def _unsubscribe(self, subscription: Subscription) -> None:
        with self._lock:
            self._waiting.remove(subscription)

    def _sweep(self) -> None:
        quiet, sweeps = False, 0
        while True:
            with self._lock:
                while (pause := self._pause()) > 0 and not (self._stopping or (quiet and self._events)):
                    self._next_sweep = self._state.next_deadline
                    quiet = not self._sweep_sooner.wait(min(pause, _QUIET if self._events else threading.TIMEOUT_MAX))
                self._next_sweep = -math.inf  # awake: nobody needs to call
                if self._stopping:
                    return
            if pause > 0:
                self._events.tell(_TOLD_AT_ONCE)
                sweeps = 0
            else:
                self._carry_out_due()
                time.sleep(_BREATH)
                quiet, sweeps = False, sweeps + 1
            if sweeps == _MOST_SWEEPS:
                self._events.tell()
                sweeps = 0

    def _pause(self) -> float:
        """Return the seconds until something can be due."""
        return self._state.next_deadline - self._clock()


def _call(called: list[Subscription]) -> None:
    for subscription in called:
        try:
            subscription.callback()
        except Exception:  # noqa: BLE001 - one must not keep the others, or whoever made the change, from their answer
            _log.exception("a subscriber of %s failed", subscription.topic)
