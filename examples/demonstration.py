"""Shows services come, be called, leave and vanish, on whichever backend; it knows them only as processes to start."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import click
import requests

from discovery import Discovery, DiscoveryError, Instance, RoundRobin, leave_on_signals, open_discovery

if TYPE_CHECKING:
    from collections.abc import Callable

USERS, PAYMENTS = "user-service", "payment-service"
TTL = 2.0  # seconds
PATIENCE = 10.0  # seconds for what takes one or two
INTERRUPTED = 130  # the exit code that shells give to Ctrl-C


def demonstrate(service_program: str) -> None:
    """Run the demonstration, some ten seconds, and leave nothing behind, on Ctrl-C neither.

    Args:
        service_program: the path of the program that runs a service.
    """
    finished = False
    with leave_on_signals(), ExitStack() as stack:
        try:
            Demonstration(stack, service_program).run()
        except (DiscoveryError, requests.RequestException) as error:
            raise click.ClickException(f"{type(error).__name__}: {error}") from error
        finished = True
    if not finished:
        click.echo("interrupted; all that was started has been stopped")
        sys.exit(INTERRUPTED)


class Demonstration:
    """One run. Its instances carry a tag of their own, so that others on the same backend are left alone."""

    def __init__(self, stack: ExitStack, service_program: str) -> None:
        """Open the backend, starting a registry where none is named."""
        self._stack = stack
        self._program = service_program
        self._tag = f"demo-{uuid.uuid4().hex[:8]}"
        self._url = os.environ.get("DISCOVERY_URL") or self._start_registry()
        self._discovery: Discovery = stack.enter_context(open_discovery(self._url))
        self._http = stack.enter_context(requests.Session())
        self._http.trust_env = False  # no proxy between processes of one machine
        stack.callback(self._remove_leftovers)

    def run(self) -> None:
        """Go through it."""
        click.echo(f"{self._discovery.ping()} at {self._url.partition('?')[0]}")

        _headline("Three user-services and a payment-service start and register")
        services = [self._start_service(name) for name in (USERS, USERS, USERS, PAYMENTS)]
        self._await(lambda: len(self._find(USERS)) == 3 and len(self._find(PAYMENTS)) == 1)  # noqa: PLR2004 - as above
        for instance in self._find(USERS) + self._find(PAYMENTS):
            pid = instance.metadata.get("pid")
            click.echo(f"  {instance.service:16} {instance.address:24} process {pid:8} {instance.health}")

        _headline(f"Six calls of {USERS}, round robin")
        self._call(6)

        _headline("One leaves gracefully: it deregisters and is gone at once")
        self._end(services[0], signal.SIGTERM)

        _headline(f"One is killed: it stays until its ttl of {TTL:g} s has passed without a heartbeat")
        self._end(services[1], signal.SIGKILL)

        _headline("The one that is left answers all calls")
        self._call(2)

    def _call(self, times: int) -> None:
        picker = RoundRobin(self._discovery)
        for _ in range(times):
            instance = picker.pick(USERS, tag=self._tag)
            answer = self._http.get(instance.address, timeout=PATIENCE)
            click.echo(f"  {instance.address} answers {answer.text}")

    def _end(self, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        """Send a signal to a service and follow how it vanishes."""
        began = time.monotonic()
        process.send_signal(number)
        click.echo(f"  process {process.pid} gets {number.name}")
        vanished = self._await(
            lambda: all(found.metadata.get("pid") != str(process.pid) for found in self._find(USERS)),
            meanwhile=lambda: click.echo(f"  {time.monotonic() - began:4.1f} s: still discovered"),
        )
        click.echo(f"  {vanished:4.1f} s: no longer discovered; {len(self._find(USERS))} left")

    def _find(self, service: str, *, healthy_only: bool = True) -> list[Instance]:
        return self._discovery.discover(service, healthy_only=healthy_only, tag=self._tag)

    def _await(self, condition: Callable[[], bool], meanwhile: Callable[[], None] | None = None) -> float:
        """Return how many seconds it took until the condition was met; say each half second that it is not."""
        began = said = time.monotonic()
        while not condition():
            now = time.monotonic()
            if now - began > PATIENCE:
                raise click.ClickException(f"nothing of the kind within {PATIENCE:g} s: something is wrong")
            if meanwhile is not None and now - said >= 0.5:  # noqa: PLR2004 - half a second
                meanwhile()
                said = now
            time.sleep(0.05)
        return time.monotonic() - began

    def _start_service(self, name: str) -> subprocess.Popen[bytes]:
        arguments = [self._program, name, "0", "--ttl", str(TTL), "--tag", self._tag]
        return self._start(arguments, {"DISCOVERY_URL": self._url})

    def _start_registry(self) -> str:
        process = self._start(["-m", "custom_registry", "--host", "127.0.0.1", "--port", "0", "--profile", "full"], {})
        ready = process.stdout.readline().decode() if process.stdout is not None else ""
        found = re.search(r"http://(\S+:\d+)", ready)
        if found is None:
            raise click.ClickException("the registry did not start")
        return f"registry://{found[1]}"

    def _start(self, arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start a Python program that is stopped at the end, in a session of its own: Ctrl-C is only for us."""
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._stack.callback(_stop, process)
        return process

    def _remove_leftovers(self) -> None:
        """Deregister what was killed: a backend may keep it, as Consul does, for whoever looks into what went wrong."""
        with suppress(DiscoveryError):
            for service in (USERS, PAYMENTS):
                for instance in self._find(service, healthy_only=False):
                    self._discovery.deregister(instance.id)


def _headline(text: str) -> None:
    click.secho(f"\n{text}", bold=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
