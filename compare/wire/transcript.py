"""Transcripts: what an agent answered, request by request, as data; it must not know who plays or judges them.

Their format is described in ``compare/transcripts/README.md``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ConfigDict, Field, ValidationError

FOLDER = Path(__file__).parents[1] / "transcripts"
"""The transcripts that come with the comparison."""

_PREFIX = "consul-"


class BadTranscript(Exception):
    """A transcript is wrong, or there is none; the message says where and what there is."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Repeated(_Part):
    """A body that is one character many times."""

    repeat: Annotated[str, Field(min_length=1, max_length=1)]
    times: Annotated[int, Field(ge=0)]


class Hex(_Part):
    """A body of bytes that are no text."""

    hex: str


class Request(_Part):
    """What was sent.

    Args:
        method: as it was sent.
        path: with its query; ``{node}`` and the names of captured values stand for what they were.
        headers: beside Host and Content-Length.
        body: ``None`` for no body at all.
        capture: which values of the answer to keep, and under which names: ``header <name>`` or ``body <path>``.
        next_after: this request blocks, and the next step is carried out so many seconds later, while it waits.
    """

    method: str
    path: str
    headers: dict[str, str] = Field(default_factory=dict)
    body: str | Hex | Repeated | None = None
    capture: dict[str, str] = Field(default_factory=dict)
    next_after: float | None = Field(default=None, alias="next_is_sent_after_seconds")

    @property
    def label(self) -> str:
        """Return it as a person names it: ``GET /v1/status/leader``."""
        return f"{self.method} {self.path}"


class Answer(_Part):
    """What came back.

    Args:
        status: of HTTP.
        headers: those that matter.
        body: parsed where it is JSON, otherwise text.
        seconds: that it took, where that was more than a moment; 0 otherwise.
    """

    status: int
    headers: dict[str, str]
    body: Any
    seconds: float = 0


class Exchange(_Part):
    """A request with its answer; a text in place of the answer says why there is none."""

    note: str = ""
    request: Request
    answer: Answer | str = Field(alias="response")

    @property
    def label(self) -> str:
        """Return the step as a person names it."""
        return self.request.label

    @property
    def seconds(self) -> float:
        """Return how long it took."""
        return 0 if isinstance(self.answer, str) else self.answer.seconds


class Pause(_Part):
    """Nothing is sent for some seconds."""

    wait_seconds: int | float

    @property
    def label(self) -> str:
        """Return the step as a person names it."""
        return f"wait {self.wait_seconds:g} s"

    @property
    def seconds(self) -> float:
        """Return how long it took."""
        return self.wait_seconds


class Repeat(_Part):
    """What is asked again and again: until when, how often and for how long."""

    method: str
    path: str
    until_body: Any
    every_seconds: int | float
    at_most_seconds: int | float


class Poll(_Part):
    """A request that was repeated until its answer had a certain body; ``None`` seconds: it never had."""

    poll: Repeat
    seconds: int | float | None

    @property
    def label(self) -> str:
        """Return the step as a person names it."""
        return f"{self.poll.method} {self.poll.path} until {json.dumps(self.poll.until_body)}"


Step: TypeAlias = Exchange | Pause | Poll


class Transcript(_Part):
    """A scenario as one agent answered it, from its start on.

    Args:
        consul: the agent's version.
        scenario: its name.
        steps: in order.
    """

    consul: str
    scenario: str
    steps: tuple[Step, ...]

    def text(self) -> str:
        """Return it as it stands in a file."""
        plain = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def load(file: Path) -> Transcript:
    """Read one transcript.

    Raises:
        BadTranscript: it is none; the message says where it is wrong.
    """
    try:
        return Transcript.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        raise BadTranscript(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (OSError, ValueError) as error:
        raise BadTranscript(f"{file}: cannot be read: {error}") from error


def versions(folder: Path = FOLDER) -> list[str]:
    """Return the versions of Consul of which there are transcripts, the newest first."""
    found = [path.name.removeprefix(_PREFIX) for path in folder.glob(f"{_PREFIX}*") if path.is_dir()]
    return sorted(found, key=Version, reverse=True)


def matching(version: str, folder: Path = FOLDER) -> str:
    """Return which of the versions is meant: this very one, or one of the same minor version (1.8 for 1.8.7).

    Raises:
        BadTranscript: there is none; the message says which there are.
    """
    there = versions(folder)
    try:
        wanted = Version(version.partition("+")[0]).release[:2]
    except InvalidVersion:
        wanted = ()
    for candidate in (version, *(each for each in there if Version(each).release[:2] == wanted)):
        if candidate in there:
            return candidate
    raise BadTranscript(f"no transcripts of Consul {version}; there are: {', '.join(there) or 'none'}")


def load_all(version: str, folder: Path = FOLDER) -> tuple[Transcript, ...]:
    """Read all transcripts of a version, by name.

    Raises:
        BadTranscript: there are none, or one is wrong.
    """
    files = sorted((folder / f"{_PREFIX}{version}").glob("*.json"))
    if not files:
        raise BadTranscript(f"no transcripts of Consul {version}; there are: {', '.join(versions(folder)) or 'none'}")
    return tuple(load(file) for file in files)
