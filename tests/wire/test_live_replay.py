"""The facade as it is served, each scenario on an agent of its own: judged by the transcripts and by a live Consul.

The same over a plain WSGI server, where whoever waits holds a thread.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from compare.sources import TargetMissing
from compare.wire.judge import judge
from compare.wire.sources import resolve
from compare.wire.transcript import BadTranscript, load_all, matching, versions
from tests.support.consul import missing
from tests.support.plain_wsgi import PlainWSGIAgents
from tests.wire.replays import exceptions, faults, faults_of, replay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from compare.wire.events import Judged

WORKERS = 4  # for each run; most of a scenario is waiting


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs that are under way at the same time, since each waits for two minutes.

    Args:
        newest: the default dialect, judged by the transcripts.
        plain: the same behind a plain WSGI server.
        beside: the dialect of the Consul that is installed, judged by it; else why there is none.
    """

    newest: Future[Judged]
    plain: Future[Judged]
    beside: Future[Judged] | str


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    with ThreadPoolExecutor(3) as pool:
        newest = pool.submit(replay, resolve("facade"), versions()[0], workers=WORKERS)
        plain = pool.submit(replay, PlainWSGIAgents(versions()[0]), versions()[0], workers=WORKERS)
        beside: Future[Judged] | str
        try:
            consul = resolve("consul")
            version = matching(consul.version(threading.Event()))
        except (TargetMissing, BadTranscript) as error:
            beside = str(error)
        else:
            beside = pool.submit(replay, resolve(f"facade:{version}"), version, consul, WORKERS)
        yield Runs(newest, plain, beside)


@pytest.fixture
def beside(runs: Runs) -> Judged:
    return missing(runs.beside) if isinstance(runs.beside, str) else runs.beside.result()


def test_served_it_agrees_with_the_transcripts(runs: Runs) -> None:
    found = faults(runs.newest.result().run)
    assert not found, "\n".join(found)


def test_over_plain_wsgi_it_agrees_with_them_too(runs: Runs) -> None:
    found = faults(runs.plain.result().run)
    assert not found, "\n".join(found)


@pytest.mark.integration
def test_served_it_agrees_with_a_live_consul(beside: Judged) -> None:
    found = faults(beside.run)
    assert not found, "\n".join(found)


@pytest.mark.integration
def test_what_it_answered_beside_consul_agrees_with_the_transcripts_too(beside: Judged) -> None:
    version = beside.run.consul
    recorded = {each.scenario: each for each in load_all(version)}
    listed = exceptions()
    verdicts = [judge(recorded[name], seen, listed.of(version, name)) for name, seen in beside.seen.items()]
    found = faults_of(verdicts)
    assert not found, "\n".join(found)
    assert sum(len(verdict.steps) for verdict in verdicts) == beside.run.total.steps
