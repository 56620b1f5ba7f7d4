"""Asks a target one thing at a time, and checks what it answers; it measures nothing."""

from __future__ import annotations

import contextlib
import socket
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, NamedTuple

from compare.bench.api import WrongAnswer
from compare.bench.population import SPANS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compare.bench.population import Population
    from compare.bench.target import Target
    from compare.bench.workload import Asked

_WITHIN = 60.0  # seconds; a list of a hundred thousand takes its time


class Refused(Exception):
    """A target did not take a connection, or closed it without an answer."""


class Answer(NamedTuple):
    """What was answered; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(host: str, port: int, text: str, within: float = _WITHIN) -> Answer:
    """Send a request over a connection of its own and return the answer.

    Raises:
        Refused: there is none.
    """
    try:
        with socket.create_connection((host, port), timeout=within) as connection:
            connection.sendall(text.encode())
            with contextlib.closing(HTTPResponse(connection)) as response:
                response.begin()
                headers = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, headers, response.read())
    except (OSError, HTTPException) as error:
        raise Refused(f"no answer from {host}:{port}: {error!r}") from error


def ask_well(target: Target, do: str, **values: str) -> Answer:
    """Ask for what must succeed.

    Raises:
        WrongAnswer: it did not.
        Refused: there is no answer.
    """
    answer = ask(target.host, target.port, target.api.text(do, target.address, **values))
    if answer.status >= 300:  # noqa: PLR2004 - of HTTP
        raise WrongAnswer(f"{do} was answered with {answer.status} {answer.body[:80]!r}")
    return answer


def discovered(target: Target, service: str) -> tuple[list[str], str]:
    """Return the ids of a service's passing instances, and the index to wait for a change after."""
    answer = ask_well(target, "discover", service=service)
    ids: list[str] = target.api.read("ids", answer.body)
    return ids, answer.headers.get(target.api.index_header.lower(), "")


def total_of(target: Target) -> int:
    """Return how many instances a target holds, by its own count; a Consul's, by its agent's."""
    total: int = target.api.read("total", ask_well(target, "all").body)
    return total


def check_sample(target: Target, asked: Asked, population: Population, size: int) -> int:
    """Ask what a workload asks, where that changes nothing, and check the whole answer.

    Returns:
        The length of the answer's body; 0 for a write.

    Raises:
        WrongAnswer: it is not what was registered.
        Refused: there is none.
    """
    match asked.do:
        case "discover":
            answer = ask_well(target, "discover", service=population.service(asked.service))
            wanted = {population.id(number) for number in SPANS[asked.service]}
            found = target.api.read("ids", answer.body)
            if len(found) != len(wanted) or set(found) != wanted:
                raise WrongAnswer(f"{len(found)} instances of {asked.service} were found, and not its {len(wanted)}")
            return len(answer.body)
        case "services":
            answer = ask_well(target, "services")
            missing = population.names(size) - set(target.api.read("names", answer.body))
            if missing:
                raise WrongAnswer(f"{len(missing)} services are not in the list, {min(missing)} among them")
            return len(answer.body)
        case "heartbeat":
            ask_well(target, "heartbeat", id=population.id(0))
    return 0
