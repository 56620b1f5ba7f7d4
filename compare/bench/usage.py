"""What processes and the machine have and use, by psutil; imported only where it is asked for."""

from __future__ import annotations

import platform

import psutil

from compare.bench.run import Machine


def memory(pid: int) -> float | None:
    """Return the bytes that a process and all below it hold; ``None`` where it has ended."""
    try:
        return float(sum(process.memory_info().rss for process in _family(pid))) or None
    except psutil.NoSuchProcess:
        return None


def processor(pid: int) -> float:
    """Return the seconds of processor time that a process and all below it took so far; 0 where it has ended."""
    try:
        return sum(sum(process.cpu_times()[:2]) for process in _family(pid))
    except psutil.NoSuchProcess:
        return 0.0


def machine() -> Machine:
    """Return the machine that is measured on."""
    return Machine(
        system=f"{platform.system()} {platform.release()}",
        processor=platform.processor() or platform.machine(),
        processors=psutil.cpu_count() or 0,
        memory=psutil.virtual_memory().total,
        python=platform.python_version(),
    )


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]
