"""Has wrk send a load; what it sends is ``load.lua``'s business, by a plan that is written here."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from compare.bench.jobs import LoadResult
from compare.bench.worker import GeneratorFailed

if TYPE_CHECKING:
    from compare.bench.jobs import Load
    from compare.stage import Clock

_SCRIPT = Path(__file__).with_name("load.lua")
_POLL = 0.01
_LAST_ANSWERS_WITHIN = 20.0  # seconds after the end, as of our generator
_ENDS_WITHIN = 15.0  # seconds after it is told to end
_ANSWER_WITHIN = 10  # seconds; what takes longer is counted as an error


def version() -> str | None:
    """Return wrk's version, ``wrk 4.1.0``; ``None`` where it is not installed."""
    path = shutil.which("wrk")
    if path is None:
        return None
    said = subprocess.run([path, "-v"], capture_output=True, text=True, check=False, timeout=10).stdout  # noqa: S603
    found = re.search(r"wrk \S*?(\d+\.\d+\.\d+)", said)
    return f"wrk {found[1]}" if found else "wrk"


def run(load: Load, clock: Clock) -> LoadResult:
    """Send a load. What was begun is awaited, so that each request is answered, or told as an error.

    wrk ends in order when it is interrupted, so that a load may last for parts of a second. It corrects its latencies
    by what it had sent at a steady rate, where an answer took more than twice the usual time; our generator corrects
    nothing. It keeps no example of an error.

    Raises:
        GeneratorFailed: wrk said nothing that can be read.
        Interrupted: the run was stopped meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="discovery-compare-") as folder:
        plan = Path(folder) / "plan.lua"
        plan.write_text(_plan(load), encoding="utf-8")
        said = _carry_out(load, plan, clock)
    try:
        told = json.loads(said.strip().splitlines()[-1])
        points = tuple((quantile, seconds) for quantile, seconds in told.pop("curve"))
        told["errors"] = {kind: count for kind, count in told["errors"].items() if count}
        return LoadResult(curve=points if told["answered"] else (), **told)
    except (ValueError, LookupError, TypeError) as error:
        raise GeneratorFailed(f"wrk said {said[-200:]!r}") from error


def _carry_out(load: Load, plan: Path, clock: Clock) -> str:
    longest = load.seconds + _LAST_ANSWERS_WITHIN
    duration = f"-d{int(longest + _ENDS_WITHIN)}s"  # should we be gone before it is told to end
    settings = ["-t1", f"-c{load.connections}", duration, f"--timeout={_ANSWER_WITHIN}s", f"--script={_SCRIPT}"]
    command = ["wrk", *settings, f"http://{load.host}:{load.port}/", "--", str(plan)]
    with (
        tempfile.TemporaryFile() as output,
        subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True) as process,  # noqa: S603 - ours
    ):
        try:
            deadline = clock.now() + longest
            while process.poll() is None and not _size(output) and clock.now() < deadline:
                clock.wait(_POLL)
            deadline = clock.now() + _ENDS_WITHIN
            while process.poll() is None:
                if clock.now() > deadline:
                    raise GeneratorFailed("wrk does not end")
                process.send_signal(signal.SIGINT)  # it may not heed the first, if it has hardly begun
                clock.wait(_POLL)
        finally:
            process.kill()
        output.seek(0)
        return output.read().decode(errors="replace")


def _size(output: IO[bytes]) -> int:
    """Return how much was written by now; nothing is before all is answered, or something went wrong."""
    return os.fstat(output.fileno()).st_size


def _plan(load: Load) -> str:
    """Return the load as a table of Lua."""
    slots = "".join(
        f"{{pieces={{{','.join(map(_quoted, slot.pieces))}}},stream={slot.stream + 1}}},\n" for slot in load.slots
    )
    streams = "".join(f"{{first={stream.first},span={stream.span}}}," for stream in load.streams)
    limits = f"connections={load.connections},seconds={load.seconds},most={load.most or 'math.huge'}"
    return f"return {{\nslots={{\n{slots}}},\nstreams={{{streams}}},\n{limits}\n}}\n"


def _quoted(text: str) -> str:
    return '"' + "".join(f"\\{byte:03d}" for byte in text.encode()) + '"'
