"""Faults are put into a registry on purpose; with known.toml in force, each must be found, in the right scenario."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from compare.events import RunFinished
from compare.judgement import Judgement
from compare.known import KNOWN, load_known
from compare.loading import SCENARIOS, load_scenarios, select
from compare.runner import Plan, execute
from discovery import Health, Instance, NotOffered, Registration, ServiceSummary, Snapshot, UnknownInstance
from tests.compare.fakes import FakeBackend, FakeSource

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY = load_scenarios(SCENARIOS)


class LosesTags(FakeBackend):
    def register(self, registration: Registration) -> str:
        return super().register(replace(registration, tags=()))


class LosesMetadata(FakeBackend):
    def register(self, registration: Registration) -> str:
        return super().register(replace(registration, metadata={}))


class IgnoresTtl(FakeBackend):
    def register(self, registration: Registration) -> str:
        return super().register(replace(registration, ttl=None))


class LapsesLate(FakeBackend):
    def register(self, registration: Registration) -> str:
        return super().register(replace(registration, ttl=(registration.ttl or 30) + 1.5))


class IgnoresHeartbeats(FakeBackend):
    def heartbeat(self, instance_id: str, *, status: Health = Health.PASSING, note: str = "") -> None:
        if instance_id not in self.entries:
            super().heartbeat(instance_id, status=status, note=note)


class WelcomesTheUnknown(FakeBackend):
    def heartbeat(self, instance_id: str, *, status: Health = Health.PASSING, note: str = "") -> None:
        if instance_id in self.entries:
            super().heartbeat(instance_id, status=status, note=note)


class HidesNothing(FakeBackend):
    def discover(self, service: str, *, healthy_only: bool = True, tag: str | None = None) -> list[Instance]:  # noqa: ARG002
        return super().discover(service, healthy_only=False, tag=tag)


class IgnoresTheTag(FakeBackend):
    def discover(self, service: str, *, healthy_only: bool = True, tag: str | None = None) -> list[Instance]:  # noqa: ARG002
        return super().discover(service, healthy_only=healthy_only)


class NeverRemoves(FakeBackend):
    def deregister(self, instance_id: str) -> bool | None:  # noqa: ARG002
        return None


class ForgetsTheFirst(FakeBackend):
    def register(self, registration: Registration) -> str:
        for known in [one for one in self.entries.values() if one.registration.service == registration.service]:
            del self.entries[known.id]
        return super().register(registration)


class KeepsBothOfAnId(FakeBackend):
    def register(self, registration: Registration) -> str:
        return super().register(replace(registration, id=f"{registration.id or ''}{len(self.entries)}"))


class OrdersBackwards(FakeBackend):
    def discover(self, service: str, *, healthy_only: bool = True, tag: str | None = None) -> list[Instance]:
        return super().discover(service, healthy_only=healthy_only, tag=tag)[::-1]


class CountsWrong(FakeBackend):
    def services(self) -> dict[str, ServiceSummary]:
        return {
            name: replace(summary, active_instances=summary.total_instances)
            for name, summary in super().services().items()
        }


class WakesForAll(FakeBackend):
    def watch(self, service: str, *, index: int = 0, **options: Any) -> Snapshot:  # noqa: ARG002
        before = sum(self.indexes.values())
        if index:
            with self.changed:
                self.changed.wait_for(lambda: sum(self.indexes.values()) != before, 0.5)
        return Snapshot(1, tuple(self.discover(service)))


class NeverWakes(FakeBackend):
    def watch(self, service: str, *, index: int = 0, timeout: float = 60.0, **options: Any) -> Snapshot:  # noqa: ARG002
        if index:
            self.clock.wait(timeout)
        return Snapshot(1, tuple(self.discover(service)))


class LosesHeartbeats(FakeBackend):
    def heartbeat(self, instance_id: str, *, status: Health = Health.PASSING, note: str = "") -> None:  # noqa: ARG002
        raise NotOffered("404")


class FoldsCase(FakeBackend):
    def register(self, registration: Registration) -> str:
        return super().register(replace(registration, service=registration.service.lower()))

    def discover(self, service: str, *, healthy_only: bool = True, tag: str | None = None) -> list[Instance]:
        return super().discover(service.lower(), healthy_only=healthy_only, tag=tag)


class RefusesAfterALapse(FakeBackend):
    def heartbeat(self, instance_id: str, *, status: Health = Health.PASSING, note: str = "") -> None:
        entry = self.entries.get(instance_id)
        if entry and self._health(entry) is Health.CRITICAL and status is Health.PASSING:
            raise UnknownInstance(instance_id)
        super().heartbeat(instance_id, status=status, note=note)


FAULTS: dict[type[FakeBackend], str] = {
    LosesTags: "register_discover tags_metadata discover_by_tag register_changed",
    LosesMetadata: "register_discover tags_metadata register_changed",
    IgnoresTtl: "lapse back_by_heartbeat back_by_registering warning_lapses",
    LapsesLate: "lapse",
    IgnoresHeartbeats: "heartbeat_keeps_alive warning critical counts",
    WelcomesTheUnknown: "heartbeat_unknown heartbeat_after_leaving",
    HidesNothing: "lapse warning critical",
    IgnoresTheTag: "discover_by_tag",
    NeverRemoves: "deregister heartbeat_after_leaving burst",
    ForgetsTheFirst: "several_instances order counts two_ids_one_address",
    KeepsBothOfAnId: "register_unchanged register_changed id_moves",
    OrdersBackwards: "order",
    CountsWrong: "counts",
    WakesForAll: "watch_other",
    NeverWakes: "watch_register watch_deregister watch_health",
    LosesHeartbeats: "heartbeat_keeps_alive heartbeat_unknown back_by_heartbeat",
    FoldsCase: "case",
    RefusesAfterALapse: "back_by_heartbeat critical",
}


@pytest.mark.parametrize(
    ("fault", "scenario"), [(fault, name) for fault, names in FAULTS.items() for name in names.split()]
)
def test_a_fault_is_found_and_named(
    serve: dict[str, Callable[[], FakeBackend]], fault: type[FakeBackend], scenario: str
) -> None:
    serve["custom"] = fault
    chosen = select(EVERY, (scenario,), slow=False)
    plan = Plan((FakeSource("custom"), FakeSource("consul")), "consul", chosen, load_known(EVERY, KNOWN))
    *_, last = execute(plan, threading.Event())
    assert isinstance(last, RunFinished)
    assert last.run.judgement("custom", scenario) is Judgement.UNEXPECTED
    assert last.run.exit_code == 1
