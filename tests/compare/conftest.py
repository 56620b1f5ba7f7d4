from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compare import runner
from compare.stage import Stage
from tests.compare.fakes import FakeBackend

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.stage import Clock


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], FakeBackend]]:
    """What stands behind ``fake://<name>``: each scenario gets a backend, and with it a manual clock, of its own."""
    makers: dict[str, Callable[[], FakeBackend]] = {}

    def open_fake(url: str) -> FakeBackend:
        return makers.get(url.removeprefix("fake://"), FakeBackend)()

    def stage(backend: FakeBackend, clock: Clock, restart: Callable[[], None] | None) -> Stage:
        clock.wait(0)
        return Stage(backend, backend.clock, restart)

    monkeypatch.setattr(runner, "open_discovery", open_fake)
    monkeypatch.setattr(runner, "Stage", stage)
    return makers
