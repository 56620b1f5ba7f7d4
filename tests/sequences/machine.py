"""The state machine: which requests follow each other in a sequence. What comes of them is not its business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.sequences import requests as some

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from compare.wire.transcript import Request

_looks = st.lists(some.reads, max_size=3)
_WAITS = 1
"""In one sequence: each takes as long as all the rest."""


class Machine(RuleBasedStateMachine):
    """Sends groups of requests; after a write it looks at some of what there is to see.

    Args:
        send: what to do with a group of requests.
    """

    def __init__(self, send: Callable[[Sequence[Request]], None]) -> None:
        super().__init__()
        self._send = send
        self._waits = 0

    def _write(self, request: Request, looks: Sequence[Request]) -> None:
        for each in (request, *looks):
            self._send([each])

    def _wait(self, first: Request, waiting: Request, meanwhile: Request) -> None:
        self._waits += 1
        self._send([first])
        self._send([waiting, meanwhile])

    @rule(request=some.service_registrations, looks=_looks)
    def register_a_service(self, request: Request, looks: list[Request]) -> None:
        self._write(request, looks)

    @rule(request=some.check_registrations, looks=_looks)
    def register_a_check(self, request: Request, looks: list[Request]) -> None:
        self._write(request, looks)

    @rule(request=st.one_of(some.service_removals, some.check_removals), looks=_looks)
    def deregister(self, request: Request, looks: list[Request]) -> None:
        self._write(request, looks)

    @rule(request=some.heartbeats, looks=_looks)
    def heartbeat(self, request: Request, looks: list[Request]) -> None:
        self._write(request, looks)

    @rule(request=some.updates, looks=_looks)
    def update_a_check(self, request: Request, looks: list[Request]) -> None:
        self._write(request, looks)

    @rule(request=some.maintenance, looks=_looks)
    def switch_maintenance(self, request: Request, looks: list[Request]) -> None:
        self._write(request, looks)

    @rule(request=some.node_registrations, looks=_looks)
    def write_into_the_catalog(self, request: Request, looks: list[Request]) -> None:
        self._write(request, looks)

    @rule(request=some.node_removals, looks=_looks)
    def remove_from_the_catalog(self, request: Request, looks: list[Request]) -> None:
        self._write(request, looks)

    @rule(looks=st.lists(some.reads, min_size=1, max_size=5))
    def read(self, looks: list[Request]) -> None:
        for each in looks:
            self._send([each])

    @precondition(lambda self: self._waits < _WAITS)
    @rule(path=some.waited_paths, request=st.one_of(some.agent_writes, some.catalog_writes))
    def wait_for_an_index(self, path: str, request: Request) -> None:
        self._wait(*some.waiting_for_index(path), request)

    @precondition(lambda self: self._waits < _WAITS)
    @rule(path=some.hashed_paths, request=some.agent_writes)
    def wait_for_a_hash(self, path: str, request: Request) -> None:
        self._wait(*some.waiting_for_hash(path), request)
