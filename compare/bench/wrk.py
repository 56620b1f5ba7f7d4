"""Has wrk send a load; what it sends is ``load.lua``'s business, by a plan that is written here."""

from __future__ import annotations

import json
import re
import resource
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from compare.bench.jobs import LoadResult
from compare.bench.worker import GeneratorFailed

if TYPE_CHECKING:
    from compare.bench.jobs import Load
    from compare.stage import Clock

_SCRIPT = Path(__file__).with_name("load.lua")
_POLL = 0.01
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
    """Send a load that has no number of requests at which to end.

    wrk ends in order when it is interrupted, so that a load may last for parts of a second. It corrects its latencies
    by what it had sent at a steady rate, where an answer took more than twice the usual time.

    Raises:
        GeneratorFailed: wrk said nothing that can be read.
        Interrupted: the run was stopped meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="discovery-compare-") as folder:
        plan = Path(folder) / "plan.lua"
        plan.write_text(_plan(load), encoding="utf-8")
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = _carry_out(load, plan, clock)
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    try:
        told = json.loads(said.strip().splitlines()[-1])
        points = tuple((quantile, seconds) for quantile, seconds in told.pop("curve"))
        told["errors"] = {kind: count for kind, count in told["errors"].items() if count}
        return LoadResult(curve=points if told["answered"] else (), cpu=cpu, **told)
    except (ValueError, LookupError, TypeError) as error:
        raise GeneratorFailed(f"wrk said {said[-200:]!r}") from error


def _carry_out(load: Load, plan: Path, clock: Clock) -> str:
    longest = f"-d{int(load.seconds + _ENDS_WITHIN)}s"  # should we be gone before it is told to end
    settings = ["-t1", f"-c{load.connections}", longest, f"--timeout={_ANSWER_WITHIN}s", f"--script={_SCRIPT}"]
    command = ["wrk", *settings, f"http://{load.host}:{load.port}/", "--", str(plan)]
    with (
        tempfile.TemporaryFile() as output,
        subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True) as process,  # noqa: S603 - ours
    ):
        try:
            deadline = clock.now() + load.seconds
            while process.poll() is None and clock.now() < deadline:
                clock.wait(min(_POLL, max(0.0, deadline - clock.now())))
            process.send_signal(signal.SIGINT)
            process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            raise GeneratorFailed("wrk does not end") from None
        finally:
            process.kill()
        output.seek(0)
        return output.read().decode(errors="replace")


def _plan(load: Load) -> str:
    """Return the load as a table of Lua."""
    slots = "".join(
        f"{{pieces={{{','.join(map(_quoted, slot.pieces))}}},stream={slot.stream + 1}}},\n" for slot in load.slots
    )
    streams = "".join(f"{{first={stream.first},span={stream.span}}}," for stream in load.streams)
    return f"return {{\nslots={{\n{slots}}},\nstreams={{{streams}}}\n}}\n"


def _quoted(text: str) -> str:
    return '"' + "".join(f"\\{byte:03d}" for byte in text.encode()) + '"'
