"""The process ``python -m compare.bench.generator``: one job on standard input, its results on standard output."""

from __future__ import annotations

import asyncio
import contextlib
import sys

import msgspec

from compare.bench.generator import calling, closed_loop, fixed_answers, lapsing, waiting
from compare.bench.jobs import Calls, FixedAnswers, Job, Lapsing, Load, Waiting

with contextlib.suppress(ImportError):  # there is none for Windows; all goes on without, more slowly
    import uvloop

    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def say(result: msgspec.Struct) -> None:
    """Tell the bench a result."""
    sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """Read the job and do it."""
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    match job:
        case Load():
            say(asyncio.run(closed_loop.run(job)))
        case Waiting():
            asyncio.run(waiting.run(job, say, sys.stdin.buffer.readline))
        case Lapsing():
            say(asyncio.run(lapsing.run(job)))
        case Calls():
            say(calling.run(job))
        case FixedAnswers():
            asyncio.run(fixed_answers.run(job, say))


if __name__ == "__main__":
    main()
