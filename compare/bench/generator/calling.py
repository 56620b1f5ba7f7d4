"""Calls of a client library, one after the other, each checked; it opens URLs and knows no backend."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from compare.bench.jobs import LoadResult, curve
from discovery import DiscoveryError, open_discovery

if TYPE_CHECKING:
    from compare.bench.jobs import Calls
    from discovery import Discovery


def run(job: Calls) -> LoadResult:
    """Call until the time is up."""
    times: list[float] = []
    errors: dict[str, int] = {}
    example = ""
    with open_discovery(job.url) as backend:
        cpu, start = time.process_time(), time.perf_counter()
        now = start
        while now < start + job.seconds:
            begun, now = now, 0.0
            try:
                wrong = _call(backend, job)
            except DiscoveryError as error:
                wrong = str(error)
            now = time.perf_counter()
            if wrong:
                errors["status"] = errors.get("status", 0) + 1
                example = example or wrong
            else:
                times.append(now - begun)
    return LoadResult(
        answered=len(times),
        seconds=now - start,
        bytes=0,
        curve=curve(times),
        errors=errors,
        cpu=time.process_time() - cpu,
        example=example,
    )


def _call(backend: Discovery, job: Calls) -> str:
    """Call once; return what was wrong, or nothing."""
    if job.do == "heartbeat":
        backend.heartbeat(job.ids[0])
        return ""
    found = sorted(instance.id for instance in backend.discover(job.service))
    return "" if found == sorted(job.ids) else f"{len(found)} instances were found, and not those {len(job.ids)}"
