"""Stops the leader of a Consul of three servers while clients go on, and tells for how long they could not.

::

    python scripts/failover.py                     the profile cluster of docker-compose.yml, in a project of its own
    python scripts/failover.py --processes         the same as processes, where there are no containers
    python scripts/failover.py --raft-multiplier 5 as Consul is without any setting
"""

from __future__ import annotations

import json
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TextIO

import click
import requests
from clusters import SERVICE, Cluster, Containers, Processes, leader, version, wait_until_whole
from outages import PAUSE, Client, Row, calling, summed_up

from compare.processes import StartFailed
from discovery import DiscoveryError, Registration, leave_on_signals, open_discovery

if TYPE_CHECKING:
    from discovery import Discovery

BEFORE = 2.0  # seconds in which all goes well, for comparison
AFTER = 3.0  # seconds for which all must go well again
LONGEST = 90.0  # seconds after which it is given up that a client succeeds again
WRITTEN = "failover"  # the service and id that is written

NOT_RECOVERED, NOT_STARTED, INTERRUPTED = 1, 3, 130  # exit codes; 2 is click's, for wrong usage


class Writer:
    """Registers one instance anew, each time with a higher number, and keeps the last that was acknowledged."""

    def __init__(self, discovery: Discovery) -> None:
        """Write nothing yet."""
        self._discovery = discovery
        self._tried = 0
        self.acknowledged = 0

    def __call__(self) -> None:
        """Register it once more."""
        self._tried += 1
        metadata = {"number": str(self._tried)}
        self._discovery.register(Registration(WRITTEN, "127.0.0.1", 1, id=WRITTEN, metadata=metadata))
        self.acknowledged = self._tried

    def found(self) -> int:
        """Return the number that the catalog has."""
        (instance,) = self._discovery.discover(WRITTEN, healthy_only=False)
        return int(instance.metadata["number"])


def found_stale(cluster: Cluster, http: requests.Session, timeout: float) -> None:
    """Ask whichever server the agent takes, without its leader."""
    path = f"/v1/health/service/{SERVICE}?passing&stale"
    answer = http.get(f"http://127.0.0.1:{cluster.port}{path}", timeout=timeout)
    answer.raise_for_status()
    if not answer.json():
        raise requests.RequestException(f"no {SERVICE} found")


def found(discovery: Discovery) -> None:
    """Find the service, as any client does."""
    if not discovery.discover(SERVICE):
        raise DiscoveryError(f"no {SERVICE} found")


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried; the timeout in seconds."""

    started_as: str
    raft_multiplier: int
    client_timeout: float
    signal: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went; times in seconds."""

    trial: Trial
    consul: str
    stopped: str
    leads: str
    new_leader_after: float
    clients: list[Row]
    acknowledged: int
    found: int

    @property
    def is_kept(self) -> bool:
        """Whether what was acknowledged last is there; what was tried after that may be there too."""
        return self.found >= self.acknowledged


def try_out(trial: Trial, stack: ExitStack) -> Outcome:
    """Start a cluster, stop its leader among clients, and wait until all go on.

    Args:
        trial: what is tried.
        stack: at its end all is stopped.

    Raises:
        StartFailed: the cluster does not start.
        DiscoveryError: the clients do not go on.
    """
    say(f"Three servers and an agent start as {trial.started_as}, with raft_multiplier {trial.raft_multiplier}")
    start = Processes if trial.started_as == "processes" else Containers
    cluster: Cluster = start(stack, trial.raft_multiplier)
    wait_until_whole(cluster)
    discovery = stack.enter_context(
        open_discovery(f"consul://127.0.0.1:{cluster.port}?timeout={trial.client_timeout:g}")
    )
    http = stack.enter_context(requests.Session())
    http.trust_env = False
    writer = Writer(discovery)
    writer()
    clients = [
        Client("discover", lambda: found(discovery)),
        Client("discover, stale", lambda: found_stale(cluster, http, trial.client_timeout)),
        Client("register", writer),
        Client("heartbeat", lambda: discovery.heartbeat(WRITTEN)),
    ]
    with calling(clients):
        time.sleep(BEFORE)
        stopped = leader(cluster)
        if stopped is None:
            raise DiscoveryError("nobody leads")
        moment = time.monotonic()
        cluster.end(stopped, signal.Signals[trial.signal])
        say(f"{stopped} leads, and gets {trial.signal}")
        leads = _await_leader(cluster, moment, other_than=stopped)
        new_leader_after = time.monotonic() - moment
        say(f"{leads} leads after {new_leader_after:.1f} s")
        _await_well(clients, moment)
    rows = [summed_up(client) for client in clients]
    return Outcome(trial, version(cluster), stopped, leads, new_leader_after, rows, writer.acknowledged, writer.found())


def say(text: str) -> None:
    """Tell how far it is."""
    click.echo(text, err=True)


def _await_leader(cluster: Cluster, moment: float, other_than: str) -> str:
    while (found := leader(cluster)) in {None, other_than}:
        if time.monotonic() > moment + LONGEST:
            raise DiscoveryError(f"no other server leads after {LONGEST:g} s")
        time.sleep(PAUSE)
    return str(found)


def _await_well(clients: list[Client], moment: float) -> None:
    while not all(client.is_well_since(time.monotonic() - AFTER) for client in clients):
        if time.monotonic() > moment + LONGEST:
            failing = ", ".join(client.name for client in clients if not client.is_well_since(time.monotonic() - AFTER))
            raise DiscoveryError(f"not well again after {LONGEST:g} s: {failing}")
        time.sleep(PAUSE)


def told(outcome: Outcome) -> str:
    """Return it as a table."""
    lines = [f"{'':16} {'calls':>6} {'failed':>7} {'no success for':>15} {'slowest':>9} {'usual':>9}"]
    for row in outcome.clients:
        times = f"{row.longest_without_success:13.2f} s {row.slowest:7.2f} s {row.usual * 1000:6.1f} ms"
        lines.append(f"{row.client:16} {row.calls:6} {row.failed:7} {times}")
    lines += [f"  {row.client}: {row.first_error}" for row in outcome.clients if row.first_error]
    lost = "it is there" if outcome.is_kept else f"it is lost: the catalog has number {outcome.found}"
    lines.append(f"Of the registrations the last that was acknowledged was number {outcome.acknowledged}: {lost}.")
    return "\n".join(lines)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--processes", is_flag=True, help="Start Consul as processes, and not by docker compose.")
@click.option(
    "--raft-multiplier",
    type=click.IntRange(1, 10),
    default=1,
    help="How patient the servers are with their leader: 1 is Consul's advice for production, 5 what it has by itself.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=10.0,
    metavar="SECONDS",
    help="For how long a client waits for an answer.",
)
@click.option("--gracefully", is_flag=True, help="Stop the leader by SIGTERM, and not by SIGKILL.")
@click.option("--json", "file", type=click.File("w"), metavar="FILE", help="Write the outcome there too; - for here.")
def main(raft_multiplier: int, timeout: float, file: TextIO | None, *, processes: bool, gracefully: bool) -> None:
    """Stop the leader of a Consul of three servers while clients go on; tell for how long they could not.

    The clients speak with an agent, twenty times a second each at most: one discovers a service, one does so of any
    server's stale knowledge, one registers, one sends heartbeats. What is started is stopped at the end, on Ctrl-C too.

    Exit codes: 0 all went on and nothing acknowledged is lost, 1 not so, 2 wrong usage, 3 it could not be started, 130
    Ctrl-C.
    """
    trial = Trial(
        started_as="processes" if processes else "containers",
        raft_multiplier=raft_multiplier,
        client_timeout=timeout,
        signal="SIGTERM" if gracefully else "SIGKILL",
    )
    code = INTERRUPTED
    with leave_on_signals(), ExitStack() as stack:
        try:
            outcome = try_out(trial, stack)
            if file is not None:
                json.dump(asdict(outcome), file, indent=2)
                file.write("\n")
            if file is not sys.stdout:
                click.echo(told(outcome))
            code = 0 if outcome.is_kept else NOT_RECOVERED
        except StartFailed as error:
            click.echo(f"Error: {error}", err=True)
            code = NOT_STARTED
        except (DiscoveryError, requests.RequestException) as error:
            click.echo(f"Error: {error}", err=True)
            code = NOT_RECOVERED
    if code == INTERRUPTED:
        click.echo("interrupted; all that was started has been stopped", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
