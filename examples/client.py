"""A small client: finds a service, calls its instances in turn, watches it change; it names no backend.

::

    python examples/client.py find user-service
    python examples/client.py call user-service --count 6
    python examples/client.py watch user-service
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click
import requests

from discovery import (
    BackendUnavailable,
    Discovery,
    DiscoveryError,
    Instance,
    Picker,
    RandomChoice,
    RoundRobin,
    Watchable,
    WeightedChoice,
    leave_on_signals,
    open_discovery,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PICKERS: dict[str, Callable[[Discovery], Picker]] = {
    "round-robin": RoundRobin,
    "random": RandomChoice,
    "weighted": WeightedChoice,
}
POLL_INTERVAL = 1.0  # seconds, where the backend cannot wait for a change, or is down


def show(instances: Sequence[Instance]) -> None:
    """Print one line an instance."""
    for instance in sorted(instances, key=lambda instance: instance.id):
        tags = f" [{', '.join(instance.tags)}]" if instance.tags else ""
        click.echo(f"  {instance.health:8} {instance.address}{tags}")
    if not instances:
        click.echo("  none")


def changes(discovery: Discovery, service: str) -> Iterator[Sequence[Instance]]:
    """Yield all instances of a service, at once and after each change, for ever; tried on while the backend is down."""
    index = 0
    while True:
        try:
            if isinstance(discovery, Watchable):
                snapshot = discovery.watch(service, index=index, healthy_only=False)
                index = snapshot.index
                yield snapshot.instances
            else:
                yield discovery.discover(service, healthy_only=False)
                time.sleep(POLL_INTERVAL)
        except BackendUnavailable as error:
            click.echo(f"trying on: {error}", err=True)
            time.sleep(POLL_INTERVAL)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def main() -> None:
    """Find, call and watch services. DISCOVERY_URL says where: registry://127.0.0.1:5001 (the default), consul://..."""


@main.command()
@click.argument("service")
@click.option("--all", "everything", is_flag=True, help="Unhealthy instances too.")
@click.option("--tag", help="Only instances that carry this tag.")
def find(service: str, tag: str | None, *, everything: bool) -> None:
    """Print the instances of SERVICE."""
    with open_discovery() as discovery:
        show(discovery.discover(service, healthy_only=not everything, tag=tag))


@main.command()
@click.argument("service")
@click.option("--count", type=click.IntRange(1), default=3, help="How many calls.")
@click.option("--picker", type=click.Choice(list(PICKERS)), default="round-robin", help="Which instance comes next.")
def call(service: str, count: int, picker: str) -> None:
    """Call instances of SERVICE and print what they answer."""
    with open_discovery() as discovery, requests.Session() as http:
        pick = PICKERS[picker](discovery).pick
        for _ in range(count):
            instance = pick(service)
            try:
                click.echo(f"  {instance.address} answers {http.get(instance.address, timeout=5).text}")
            except requests.RequestException as error:
                click.echo(f"  {instance.address} does not answer: {error}", err=True)


@main.command()
@click.argument("service")
def watch(service: str) -> None:
    """Print the instances of SERVICE whenever they change, until Ctrl-C."""
    with leave_on_signals(), open_discovery() as discovery:
        seen = None
        for instances in changes(discovery, service):
            state = {(instance.id, instance.address, instance.health) for instance in instances}
            if state != seen:
                click.echo(f"{time.strftime('%H:%M:%S')} {service}")
                show(instances)
                seen = state


if __name__ == "__main__":
    try:
        main()
    except DiscoveryError as error:
        raise SystemExit(f"Error: {error}") from error
