"""The facade as it is served, each scenario on an agent of its own: judged by the transcripts and by a live Consul.

The same over a plain WSGI server, where whoever waits holds a thread.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from compare.sources import TargetMissing
from compare.wire.judge import judge
from compare.wire.sources import resolve
from compare.wire.transcript import BadTranscript, load_all, matching, versions
from tests.support.consul import missing
from tests.support.plain_wsgi import PlainWSGIAgents
from tests.wire.replays import Replay, exceptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from compare.wire.events import Judged

# What differs is played once more, one scenario after the other, and the longest wait for two minutes
pytestmark = pytest.mark.timeout(900)

NEWEST = versions()[0]
WORKERS = 4  # for each of the replays; most of a scenario is waiting


@dataclass(frozen=True, slots=True)
class Played:
    """A replay that is under way, or has ended."""

    replay: Replay
    judged: Future[Judged]

    def faults(self) -> str:
        return "\n".join(self.replay.lasting(self.judged.result().run.scenarios))


@dataclass(frozen=True, slots=True)
class Replays:
    """Those that are under way at the same time, since each waits for two minutes.

    Args:
        newest: the default dialect, judged by the transcripts.
        plain: the same behind a plain WSGI server.
        beside: the dialect of the Consul that is installed, judged by it; else why there is none.
    """

    newest: Played
    plain: Played
    beside: Played | str


@pytest.fixture(scope="module")
def replays() -> Iterator[Replays]:
    with ThreadPoolExecutor(3) as pool:

        def played(replay: Replay) -> Played:
            return Played(replay, pool.submit(replay.play, workers=WORKERS))

        newest = played(Replay(resolve("facade"), NEWEST))
        plain = played(Replay(PlainWSGIAgents(NEWEST), NEWEST))
        beside = played(found) if isinstance(found := _beside(), Replay) else found
        # What differs then is played once more with nothing beside it: many agents at once make each other late
        wait([one.judged for one in (newest, plain, beside) if isinstance(one, Played)])
        yield Replays(newest, plain, beside)


def _beside() -> Replay | str:
    try:
        consul = resolve("consul")
        version = matching(consul.version(threading.Event()))
    except (TargetMissing, BadTranscript) as error:
        return str(error)
    return Replay(resolve(f"facade:{version}"), version, consul)


@pytest.fixture
def beside(replays: Replays) -> Played:
    return missing(replays.beside) if isinstance(replays.beside, str) else replays.beside


def test_served_it_agrees_with_the_transcripts(replays: Replays) -> None:
    assert replays.newest.faults() == ""


def test_over_plain_wsgi_it_agrees_with_them_too(replays: Replays) -> None:
    assert replays.plain.faults() == ""


@pytest.mark.integration
def test_served_it_agrees_with_a_live_consul(beside: Played) -> None:
    assert beside.faults() == ""


@pytest.mark.integration
def test_what_it_answered_beside_consul_agrees_with_the_transcripts_too(beside: Played) -> None:
    version, seen = beside.replay.version, beside.judged.result().seen
    recorded = {each.scenario: each for each in load_all(version)}
    listed = exceptions()
    verdicts = [judge(recorded[name], answered, listed.of(version, name)) for name, answered in seen.items()]
    assert sum(len(verdict.steps) for verdict in verdicts) == beside.judged.result().run.total.steps
    assert Replay(beside.replay.target, version).lasting(verdicts) == []
