from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from compare.bench.api import apis
from compare.bench.forms import FORMS
from compare.bench.measuring import Bench
from compare.bench.population import Population
from compare.bench.sources import OwnRegistry
from compare.bench.target import Target
from compare.stage import RealClock

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def clock() -> RealClock:
    return RealClock(threading.Event())


@pytest.fixture
def bench(clock: RealClock) -> Bench:
    """A tiny form, with loads of our own generator."""
    return Bench(FORMS["tiny"], Population("p"), clock, "")


@pytest.fixture(params=["consul", "native"])
def registry(request: pytest.FixtureRequest, clock: RealClock) -> Iterator[Target]:
    """Our registry, in each of its APIs."""
    started = OwnRegistry("own", request.param).start(clock)
    assert started.seconds is not None
    yield started.target
    started.target.stop()


@dataclass(frozen=True)
class At:
    """Makes targets of servers that a test began."""

    api: str = "consul"

    def __call__(self, port: int) -> Target:
        return Target("fake", apis()[self.api], "127.0.0.1", port, "", reference=False)


@pytest.fixture
def at() -> At:
    return At()
