"""Keeps one instance registered while a ``with`` block or a process lives; it knows no backend but by the interface."""

from __future__ import annotations

import atexit
import logging
import os
import random
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from discovery.errors import BackendError, DiscoveryError, RequestRefused
from discovery.rhythm import DEFAULT_TTL, Rhythm, Standing
from discovery.signals import leave_on_signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from discovery.interface import Discovery
    from discovery.model import Registration

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """What a registrar knows of time and chance; tests pass a manual one.

    Args:
        clock: seconds, counted from anywhere.
        wait: waits for an event for so many seconds, and says whether it was set.
        chance: a number from 0 to 1; the system's by default, which no fork duplicates.
    """

    clock: Callable[[], float] = time.monotonic
    wait: Callable[[threading.Event, float], bool] = threading.Event.wait
    chance: Callable[[], float] = random.SystemRandom().random


_REAL_TIMING = Timing()


class Registrar:
    """Registers an instance, keeps its heartbeat, registers it again when it was forgotten, and removes it at the end.

    Either for a block, or for the life of the process::

        with Registrar(discovery, registration):
            server.serve_forever()

        Registrar(discovery, registration).run_until_signal()  # or .start(), which leaves when the interpreter exits

    By itself Python ends on SIGTERM without leaving any block: ``run_until_signal`` and ``leave_on_signals`` see to it.

    A heartbeat is sent at a third of the ttl, a little earlier by chance. While the backend is down the registrar
    tries on, at growing distances of at most one heartbeat (and 30 s); what it meets stands in ``last_error`` and in
    the log ``discovery.registrar``. A program whose registry is down starts nevertheless; one that must not looks at
    ``registered`` after the start. Only what no waiting will mend, a registration that the backend refuses, is raised
    at the start.

    All calls to the backend are made by one thread, so that no late heartbeat or registration can follow the
    deregistration. A registrar runs once, in the process that started it: after a fork the child has the object but
    not the thread, and ``stop`` there leaves the parent's instance alone.

    Args:
        discovery: the backend; it stays open when the registrar stops.
        registration: what to register. Without a ttl it is registered with one of 30 s.
        patience: seconds that ``start`` waits for the backend's first answer, and ``stop`` for its last. A backend that
            hangs for longer holds up neither.
        timing: time and chance.

    Raises:
        InvalidRegistration: the ttl is not a positive, finite number.
    """

    def __init__(
        self,
        discovery: Discovery,
        registration: Registration,
        *,
        patience: float = 5.0,
        timing: Timing = _REAL_TIMING,
    ) -> None:
        """Keep what is needed; nothing is sent yet."""
        ttl = DEFAULT_TTL if registration.ttl is None else registration.ttl
        self._rhythm = Rhythm.of_ttl(ttl)
        self._discovery = discovery
        self._registration = replace(registration, ttl=ttl)
        self._patience = patience
        self._timing = timing
        self._standing = Standing()  # replaced as a whole, by the thread alone
        self._answered = threading.Event()
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"registrar-{registration.service}", daemon=True)
        self._process: int | None = None

    @property
    def registration(self) -> Registration:
        """What is registered, with the ttl that applies."""
        return self._registration

    @property
    def registered(self) -> bool:
        """Whether the backend has acknowledged the instance and has not said since that it forgot it."""
        return self._standing.registered

    @property
    def instance_id(self) -> str | None:
        """The id that the backend gave back; ``None`` before its first acknowledgement."""
        return self._standing.instance_id

    @property
    def last_error(self) -> DiscoveryError | None:
        """What the latest attempt to register or to send a heartbeat failed with; ``None`` when it succeeded."""
        return self._standing.error

    def start(self) -> None:
        """Register, and from now on send heartbeats from a thread. At the interpreter's exit ``stop`` is called.

        Returns once the backend has answered, or could not be reached, or has kept silent for ``patience`` seconds.

        Raises:
            RequestRefused: the backend refuses the registration (``InvalidRegistration``, ``PermissionDenied`` ...);
                the registrar has stopped.
            RuntimeError: it has been started before, here or in the process that this one was forked from.
        """
        if self._process is not None:
            where = "" if self._process == os.getpid() else f" in process {self._process}, from which this was forked"
            raise RuntimeError(f"this Registrar has been started already{where}: make another one")
        self._process = os.getpid()
        atexit.register(self.stop)
        try:
            self._thread.start()
            self._answered.wait(self._patience)
        except BaseException:  # a signal's, for one: __exit__ is not called when __enter__ fails
            self.stop()
            raise
        error = self._standing.error
        if isinstance(error, RequestRefused):
            self.stop()
            raise error

    def stop(self) -> None:
        """Deregister and end the thread. A second call does nothing, and so does one without a start.

        When the backend keeps silent for longer than ``patience``, the thread is left to end by itself, or with the
        process; the instance then lapses after its ttl.
        """
        if self._process != os.getpid():
            return
        atexit.unregister(self.stop)
        self._leaving.set()
        if self._thread.is_alive():  # not so when a signal has come while it was being started
            self._thread.join(self._patience)
        if self._thread.is_alive():
            _log.warning("%s: the backend keeps silent; left without waiting for it", self._registration.service)

    def run_until_signal(self) -> None:
        """Keep the instance registered until SIGTERM or SIGINT comes; for a process that works in other threads.

        Earlier signal handlers are in force again afterwards.

        Raises:
            RequestRefused: as ``start`` does.
            RuntimeError: as ``start`` does, or this is not the main thread.
        """
        with leave_on_signals(), self:
            threading.Event().wait()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop."""
        self.stop()

    def _run(self) -> None:
        delay = 0.0
        timing = self._timing
        while not timing.wait(self._leaving, delay):
            began = timing.clock()
            self._standing = self._attempt(self._standing)
            delay = self._rhythm.delay(self._standing, took=timing.clock() - began, chance=timing.chance())
            self._answered.set()
        self._leave()

    def _attempt(self, standing: Standing) -> Standing:
        """Register, or send a heartbeat, and return how things stand afterwards."""
        try:
            if standing.registered and standing.instance_id is not None:
                self._discovery.heartbeat(standing.instance_id)
                then = standing.succeeded(standing.instance_id)
            else:
                then = standing.succeeded(self._discovery.register(self._registration))
        except DiscoveryError as error:
            then = standing.failed(error)
        except Exception as error:  # noqa: BLE001 - a backend's bug must not end the thread and let the instance lapse
            _log.exception("%s: the backend failed with an error of its own", self._registration.service)
            then = standing.failed(BackendError(f"{type(error).__name__}: {error}"))
        self._report(standing, then)
        return then

    def _report(self, before: Standing, then: Standing) -> None:
        """Log what has changed; that an outage goes on is no news."""
        service = self._registration.service
        if then.registered and not before.registered:
            _log.info("%s: registered as %s", service, then.instance_id)
        elif before.registered and not then.registered:
            _log.warning("%s: the backend has forgotten %s; registering again", service, then.instance_id)
        elif then.error is None and before.error is not None:
            _log.info("%s: the backend answers again", service)
        elif then.error is not None and type(then.error) is not type(before.error):
            _log.warning("%s: trying on after %s: %s", service, type(then.error).__name__, then.error)

    def _leave(self) -> None:
        if self._standing.instance_id is None:
            return
        try:
            self._discovery.deregister(self._standing.instance_id)
        except DiscoveryError as error:
            _log.warning("%s: not deregistered, it lapses after its ttl: %s", self._registration.service, error)
            self._standing = Standing(error=error)
        else:
            _log.info("%s: deregistered %s", self._registration.service, self._standing.instance_id)
            self._standing = Standing()
