"""Random sequences of requests, sent to two agents at once, which must answer alike at each step.

The same sequences are sent in each run, and must agree. Beyond them each run sends others, from a fresh seed that it
says: what these find is new knowledge about Consul and no fault of the change that is tested, and so is told as a
warning, unless it was looked for: ``SEQUENCES_SEED`` brings a run back, ``SEQUENCES_SECONDS`` makes it longer (``make
hunt``), and with either a find fails. What is found is written as a transcript below ``results/sequences``.
"""

from __future__ import annotations

import os
import random
import threading
import warnings
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from compare.sources import TargetMissing
from compare.wire.sources import WireSource, resolve
from compare.wire.transcript import BadTranscript, matching
from tests.sequences.faults import FAULTS, Fault
from tests.sequences.hunt import Hunt
from tests.sequences.pair import Pair
from tests.support.consul import missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.sequences.hunt import Find

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

RESULTS = Path(__file__).parents[2] / "results" / "sequences"
SEED = os.environ.get("SEQUENCES_SEED")
SECONDS = os.environ.get("SEQUENCES_SECONDS")
_FRESH_SECONDS = 15.0
_SAME = range(1, 4)
_NOISE = range(1, 2)
_AT_MOST = 180.0  # seconds; far above the usual, for a busy machine


class NewDisagreement(UserWarning):
    """A fresh sequence is answered in another way than Consul's."""


@dataclass(frozen=True)
class Consul:
    """The installed Consul, and of which version it is."""

    source: WireSource
    version: str


@pytest.fixture(scope="module")
def consul() -> Consul:
    try:
        source = resolve("consul")
        return Consul(source, matching(source.version(threading.Event())))
    except (TargetMissing, BadTranscript) as error:
        missing(str(error))


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print in any case, not only where a test fails."""

    def printed(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}", end=" ")  # noqa: T201 - said by a test

    return printed


def _hunted(hunt: Hunt, seeds: Iterable[int], seconds: float, say: Callable[[str], None]) -> list[Find]:
    found = list(hunt.finds(seeds, seconds))
    say(f"{hunt.sequences} sequences of {hunt.requests} requests in all")
    for each in hunt.passing:
        say(f"seen, but not again: {' '.join(each.signature)}")
    return found


def _told(found: list[Find], target: str) -> str:
    """Write what was found as transcripts, and return it in words."""
    return "\n\n".join(
        f"SEQUENCES_SEED={find.seed} finds this{'' if find.shows else ', though not on fresh agents'}; "
        f"it stands in {find.written(RESULTS)}\n{find.disagreement.told('consul', target)}"
        for find in found
    )


def test_the_facade_answers_these_sequences_as_consul_does(consul: Consul, say: Callable[[str], None]) -> None:
    facade = f"facade:{consul.version}"
    with Pair(consul.source, resolve(facade)) as pair:
        found = _hunted(Hunt(pair, consul.version), _SAME, _AT_MOST, say)
    if found:
        pytest.fail(_told(found, facade), pytrace=False)


@pytest.mark.filterwarnings("always::tests.sequences.test_sequences.NewDisagreement")
@pytest.mark.timeout(float(SECONDS or _FRESH_SECONDS) + 600)
def test_the_facade_answers_any_sequence_as_consul_does(consul: Consul, say: Callable[[str], None]) -> None:
    facade = f"facade:{consul.version}"
    first = int(SEED or random.SystemRandom().randrange(10**9))
    say(f"SEQUENCES_SEED={first}:")
    with Pair(consul.source, resolve(facade)) as pair:
        found = _hunted(Hunt(pair, consul.version), count(first), float(SECONDS or _FRESH_SECONDS), say)
    if found and (SEED or SECONDS):
        pytest.fail(_told(found, facade), pytrace=False)
    if found:
        warnings.warn(_told(found, facade), NewDisagreement, stacklevel=1)


def test_consul_answers_any_sequence_as_another_consul_does(consul: Consul, say: Callable[[str], None]) -> None:
    """Measures the noise: what shows here would show between Consul and anything."""
    with Pair(consul.source, resolve("consul")) as pair:
        found = _hunted(Hunt(pair, consul.version), _NOISE, _AT_MOST, say)
    if found:
        pytest.fail(_told(found, "another consul"), pytrace=False)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_planted_fault_is_found_and_shrunk(consul: Consul, fault: Fault, tmp_path: Path) -> None:
    """Both are real agents; the fault stands before one of them."""
    with Pair(consul.source, resolve("consul"), fault.through) as pair:
        find = next(Hunt(pair, consul.version).finds(count(1), _AT_MOST), None)
    assert find is not None, "it is not found"
    told = find.disagreement.told("consul", "consul with a fault")
    assert find.shows, told
    assert len(find.disagreement.requests) <= fault.shows_in, told
    assert find.written(tmp_path).read_text(encoding="utf-8") == find.transcript.text()
